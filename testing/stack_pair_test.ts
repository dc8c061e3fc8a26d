import { assert, assertEquals } from "@std/assert";
import { Packet } from "@octet/wire";
import type { TcpConnection } from "@octet/tcp";
import { StackPair, type StackPairOptions } from "./stack_pair.ts";

function connect(options: StackPairOptions = {}): {
  pair: StackPair;
  client: TcpConnection;
  server: TcpConnection;
} {
  const pair = new StackPair(options);
  const listener = pair.right.tcp.listen(80);
  const client = pair.left.tcp.connect({ address: StackPair.rightAddress, port: 80 }, pair.now);
  pair.exchange();
  return { pair, client, server: listener.accept()! };
}

/** Takes what a stack has to send now off the wire: it is lost. */
function lose(pair: StackPair): number {
  const packet = new Packet(pair.left.mtu + 18);
  let count = 0;
  while (pair.left.egress(packet, pair.now) > 0) count++;
  packet.release();
  return count;
}

Deno.test("two stacks find each other and talk, without a step of time", () => {
  const { pair, client, server } = connect();
  assertEquals([client.isOpen, server.isOpen, pair.now], [true, true, 1000]);
  // ARP both ways and the three segments of the handshake.
  assertEquals(pair.frames, 5);
  client.write(Uint8Array.of(1, 2, 3));
  assertEquals(pair.toRight(), 1);
  assertEquals(server.readable, 3);
});

Deno.test("one direction at a time", () => {
  const { pair, client, server } = connect();
  client.write(Uint8Array.of(1));
  server.write(Uint8Array.of(2));
  assertEquals(pair.toLeft(), 1);
  assertEquals([client.readable, server.readable], [1, 0]);
  pair.toRight();
  assertEquals(server.readable, 1);
});

Deno.test("time passes from deadline to deadline: what was lost is sent again", () => {
  const { pair, client, server } = connect();
  client.write(Uint8Array.of(1, 2, 3));
  assertEquals(lose(pair), 1);
  pair.exchange();
  assertEquals(server.readable, 0);
  const before = pair.now;
  pair.run(before + 5000);
  assertEquals(server.readable, 3);
  assertEquals(pair.now, before + 5000);
});

Deno.test("a run without end stops when neither waits for anything", () => {
  const { pair, client, server } = connect();
  client.write(new Uint8Array(10));
  pair.exchange();
  server.read(new Uint8Array(10));
  client.closeWrite();
  pair.exchange();
  server.closeWrite();
  const before = pair.now;
  pair.run(Infinity);
  assertEquals([pair.left.deadline(), pair.right.deadline()], [Infinity, Infinity]);
  // TIME-WAIT was sat out, and neither keeps the connection.
  assert(pair.now > before + 1000);
  assertEquals([...pair.left.tcp.connections(), ...pair.right.tcp.connections()].length, 0);
});

Deno.test("the same seed gives the same run, another one another", () => {
  const numbers = [1, 1, 2].map((seed) => {
    const { client, server } = connect({ seed });
    return [client.localPort, client.sender.iss, server.sender.iss];
  });
  assertEquals(numbers[0], numbers[1]);
  assert(numbers[0]!.join() !== numbers[2]!.join());
});

Deno.test("frames are as long as the MTU allows, or pass whole where segments may be long", () => {
  const size = 30_000;
  const sent = [{ mtu: 576 }, { mtu: 1500 }, { mtu: 9000 }, { mtu: 1500, maxSegment: 65_535 }].map(
    (options) => {
      const { pair, client, server } = connect(options);
      const data = Uint8Array.from({ length: size }, (_, i) => i % 251);
      const got = new Uint8Array(size);
      const { frames } = pair;
      for (let written = 0, read = 0; read < size; read += server.read(got, read)) {
        written += client.write(data, written);
        pair.exchange();
      }
      assertEquals(got, data);
      return pair.frames - frames;
    },
  );
  for (let i = 1; i < sent.length; i++) assert(sent[i]! < sent[i - 1]!, `${sent}`);
});

Deno.test("settings of connections reach both", () => {
  const { client, server } = connect({ tcp: { timestamps: false, sack: false } });
  assertEquals([client.timestamps.enabled, server.timestamps.enabled], [false, false]);
});
