import { assert, assertEquals } from "@std/assert";
import { Packet, SeededRandom } from "@octet/wire";
import { encodeTcp, TcpFlag } from "./frame.ts";
import { KeyedHash } from "./isn.ts";
import { Pair, serverAddress } from "./_pair.ts";
import type { TcpConnection } from "./connection.ts";
import { settleOptions } from "./settings.ts";
import { TcpState } from "./state.ts";
import { makeCookie, openCookie, readOptions, stampOptions } from "./syn_cookie.ts";

const hash = new KeyedHash(new SeededRandom(1));

Deno.test("a cookie tells the MSS, to the same ends and for two periods only (RFC 4987 §3.6)", () => {
  for (const [mss, told] of [[1460, 1460], [1459, 1440], [536, 536], [100, 536], [9000, 8960]]) {
    const cookie = makeCookie(hash, 1, 2, 3, 4, mss!, 1000);
    assertEquals(openCookie(hash, 1, 2, 3, 4, cookie, 1000), told);
    assertEquals(openCookie(hash, 1, 2, 3, 4, cookie, 65_000), told);
    assertEquals(openCookie(hash, 1, 2, 3, 4, cookie, 128_001), 0, "too old");
    for (const [a, b, c, d] of [[9, 2, 3, 4], [1, 9, 3, 4], [1, 2, 9, 4], [1, 2, 3, 9]]) {
      assertEquals(openCookie(hash, a!, b!, c!, d!, cookie, 1000), 0, "another connection");
    }
  }
});

Deno.test("guessing does not help: one in 2^24 fits", () => {
  const random = new SeededRandom(2);
  let hits = 0;
  for (let i = 0; i < 20_000; i++) {
    if (openCookie(hash, 1, 2, 3, 4, random.uint32() | 0, 1000) !== 0) hits++;
  }
  assertEquals(hits, 0);
});

Deno.test("the timestamp keeps the options, and never runs ahead", () => {
  for (const clock of [0, 63, 1_000_001, 0x7fff_ffff, -0x8000_0000, -1]) {
    for (const windowScale of [-1, 0, 7, 14]) {
      for (const sackPermitted of [true, false]) {
        for (const ecn of [true, false]) {
          const stamp = stampOptions(clock, { windowScale, sackPermitted, ecn });
          assert(((stamp - clock) | 0) <= 0 && ((clock - stamp) | 0) < 128, `${clock} ${stamp}`);
          const read = { windowScale: 99, sackPermitted: !sackPermitted, ecn: !ecn };
          readOptions(stamp, read);
          assertEquals(read, { windowScale, sackPermitted, ecn });
        }
      }
    }
  }
});

/** What a run loop takes from its device before the stack has its turn to send. */
const batch = 64;

/** Sends SYNs from addresses that never answer, `from` says from which on. */
function flood(pair: Pair, count: number, from: number): void {
  const packet = new Packet(60);
  for (let i = from; i < from + count; i++) {
    const syn = encodeTcp({
      sourcePort: 1024 + (i % 60_000),
      destinationPort: 80,
      sequence: i * 7919,
      flags: TcpFlag.Syn,
      window: 1024,
      options: Uint8Array.of(2, 4, 5, 180),
    });
    packet.bytes.set(syn, 20);
    packet.length = 20 + syn.length;
    packet.source = 0x0b000000 + i;
    packet.destination = serverAddress;
    packet.checksumVerified = true;
    pair.server.demux(packet, 20, packet.length, pair.now);
    if (i % batch === 0) pair.step();
  }
  packet.release();
}

Deno.test("100,000 SYNs a second: real clients connect, and memory stays bounded", () => {
  const pair = new Pair({ delay: 5, filter: (_, packet) => packet.destination < 0x0b000000 });
  const listener = pair.server.listen(80, { backlog: 128 });
  const clients: TcpConnection[] = [];
  const servers: TcpConnection[] = [];
  const before = pair.server.counters.TcpInSegs;
  for (let millisecond = 0; millisecond < 1000; millisecond++) {
    flood(pair, 100, millisecond * 100);
    if (millisecond % 100 === 50) {
      const client = pair.client.connect({ address: serverAddress, port: 80 }, pair.now);
      client.write(new TextEncoder().encode("let me in"));
      clients.push(client);
    }
    pair.run(pair.now + 1);
    for (let next = listener.accept(); next !== null; next = listener.accept()) servers.push(next);
    assert(pair.server.size <= 128 + clients.length, `${pair.server.size} connections`);
  }
  assert(pair.server.counters.TcpInSegs - before >= 100_000);
  assertEquals(clients.map(({ state }) => state), new Array(10).fill(TcpState.Established));
  assertEquals(servers.length, 10);
  assert(pair.server.counters.TcpExtSyncookiesRecv > 0, "none came in by a cookie");
  // Nobody had to say it twice: the flood does not crowd the true ones out.
  assertEquals(pair.client.counters.TcpRetransSegs, 0);
  for (const [i, server] of servers.entries()) {
    const client = clients[i]!;
    const text = new Uint8Array(32);
    assertEquals(new TextDecoder().decode(text.subarray(0, server.read(text))), "let me in");
    // All that the SYN had offered came back in the timestamp.
    assertEquals(server.tcpInfo(pair.now).options, client.tcpInfo(pair.now).options);
    assertEquals(server.sender.scale, client.settings.scale);
    client.abort(pair.now);
  }
  // The half-open are given up in the end.
  pair.run(pair.now + 120_000);
  assertEquals([pair.server.size, listener.pending, pair.deadline()], [0, 0, Infinity]);
});

Deno.test("a cookie offers what its listener's settings say, and what comes of it keeps to that", () => {
  const pair = new Pair({ delay: 1, filter: (_, packet) => packet.destination < 0x0b000000 });
  const listener = pair.server.listen(80, { backlog: 16 });
  listener.settings = settleOptions({ receiveBuffer: 1 << 24, sack: false });
  flood(pair, 16, 0);
  const client = pair.client.connect({ address: serverAddress, port: 80 }, pair.now);
  pair.run(pair.now + 10);
  assertEquals(pair.server.counters.TcpExtSyncookiesRecv, 1);
  const server = listener.accept()!;
  assertEquals([client.sender.scale, server.receiver.scale], [9, 9]);
  assertEquals([client.sender.sackPermitted, server.sender.sackPermitted], [false, false]);
  client.write(Uint8Array.of(1));
  pair.run(pair.now + 10);
  // The first acknowledgement tells the whole window: both count it alike.
  assertEquals(client.sender.wnd >> 9, server.receiver.wnd >> 9);
});

Deno.test("without a flood an acknowledgement from nowhere is reset, cookie or not", () => {
  const pair = new Pair();
  pair.server.listen(80);
  const packet = new Packet(200);
  const ack = encodeTcp({ sourcePort: 5, destinationPort: 80, flags: TcpFlag.Ack, sequence: 1 });
  packet.bytes.set(ack, 20);
  packet.length = 40;
  packet.source = 0x0b000001;
  packet.destination = serverAddress;
  packet.checksumVerified = true;
  pair.server.demux(packet, 20, 40, pair.now);
  pair.step();
  assertEquals([pair.server.size, pair.server.counters.TcpOutRsts], [0, 1]);
  packet.release();
});
