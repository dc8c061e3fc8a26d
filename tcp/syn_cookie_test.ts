import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { Packet, SeededRandom, writeU16 } from "@octet/wire";
import { encodeTcp, TcpFlag } from "./frame.ts";
import { KeyedHash } from "./isn.ts";
import { Pair, serverAddress } from "./_pair.ts";
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

/** Sends SYNs from addresses that never answer. */
function flood(pair: Pair, count: number, packet: Packet, seed: number): void {
  for (let i = 0; i < count; i++) {
    const syn = encodeTcp({
      sourcePort: 1024 + (i % 60_000),
      destinationPort: 80,
      sequence: i * 7919 * seed,
      flags: TcpFlag.Syn,
      window: 1024,
      options: Uint8Array.of(2, 4, 5, 180),
    });
    packet.bytes.set(syn, 20);
    writeU16(packet.bytes, 36, 0);
    packet.length = 20 + syn.length;
    packet.source = 0x0b000000 + i;
    packet.destination = serverAddress;
    packet.checksumVerified = true;
    pair.server.demux(packet, 20, packet.length, pair.now);
  }
}

Deno.test("100,000 SYNs a second: a real client connects, and memory stays bounded", () => {
  const pair = new Pair({ delay: 5, filter: (_, packet) => packet.destination < 0x0b000000 });
  const listener = pair.server.listen(80, { backlog: 128 });
  const packet = new Packet(200);
  for (let turn = 0; turn < 20; turn++) {
    flood(pair, 1000, packet, turn + 1);
    pair.step();
    pair.now += 10;
  }
  assert(pair.server.size <= 128, `${pair.server.size} connections`);
  assert(pair.server.counters.TcpExtSyncookiesSent > 1000);
  const client = pair.client.connect({ address: serverAddress, port: 80 }, pair.now);
  client.write(new TextEncoder().encode("let me in"));
  for (let turn = 0; turn < 10; turn++) {
    flood(pair, 200, packet, turn + 50);
    pair.run(pair.now + 10, () => false);
  }
  assertEquals(client.state, TcpState.Established);
  assertEquals(pair.server.counters.TcpExtSyncookiesRecv, 1);
  const server = listener.accept()!;
  assertNotEquals(server, null);
  pair.run(pair.now + 100, () => false);
  const text = new Uint8Array(32);
  assertEquals(new TextDecoder().decode(text.subarray(0, server.read(text))), "let me in");
  // All that the SYN had offered came back in the timestamp.
  assertEquals(server.tcpInfo(pair.now).options, client.tcpInfo(pair.now).options);
  assertEquals(server.sender.scale, client.offeredScale);
  packet.release();
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
