import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { writeU16 } from "./byte_order.ts";
import { checksum, foldSum, pseudoHeaderSum, sumBytes } from "./checksum.ts";
import { isAccelerated } from "./memory.ts";
import { Packet } from "./packet.ts";
import { SeededRandom } from "./random.ts";

/** RFC 1071 §1 as it is written, on big integers. */
function model(bytes: Uint8Array, offset: number, end: number, initial: number): number {
  let sum = BigInt(initial);
  for (let at = offset; at < end; at += 2) {
    sum += BigInt(bytes[at]! * 256 + (at + 1 < end ? bytes[at + 1]! : 0));
  }
  while (sum > 0xffffn) sum = (sum & 0xffffn) + (sum >> 16n);
  return Number(sum);
}

const seed = new SeededRandom(1071);
const packet = new Packet(70_000);
for (let i = 0; i < packet.bytes.length; i++) packet.bytes[i] = seed.uint32();

/** Both implementations against the model, over one range of the packet. */
function assertSum(offset: number, length: number, initial: number): void {
  const end = offset + length;
  const expected = model(packet.bytes, offset, end, initial);
  const place = `offset ${offset}, length ${length}, initial ${initial}`;
  assertEquals(sumBytes(packet.bytes, offset, end, initial), expected, `JavaScript: ${place}`);
  assertEquals(packet.sum(offset, end, initial), expected, `packet: ${place}`);
}

Deno.test("the example of RFC 1071 §3", () => {
  const bytes = Uint8Array.of(0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7);
  assertEquals(sumBytes(bytes, 0, 8), 0xddf2);
  assertEquals(checksum(bytes, 0, 8), 0x220d);
});

Deno.test("an IPv4 header from the wire sums up to all ones", () => {
  const header = Uint8Array.fromHex("45000073000040004011b861c0a80001c0a800c7");
  assertEquals(sumBytes(header, 0, 20), 0xffff);
  assertEquals(checksum(header, 0, 20), 0);
  writeU16(header, 10, 0);
  assertEquals(checksum(header, 0, 20), 0xb861);
});

Deno.test("this machine sums with compiled code, so that both implementations are under test", () => {
  assert(isAccelerated());
  assert(packet.address >= 0);
});

Deno.test("both implementations agree with the model: every alignment, lengths 0 to 300", () => {
  for (let offset = 0; offset < 16; offset++) {
    for (let length = 0; length <= 300; length++) assertSum(offset, length, 0);
  }
  for (let length = 0; length <= 300; length++) assertSum(length, 300 - length, 0xffff);
});

Deno.test("both implementations agree with the model: large ranges, odd ones too", () => {
  for (const length of [1459, 1460, 1461, 4095, 16_385, 65_159, 65_160, 65_535, 69_990]) {
    for (const offset of [0, 1, 7, 10]) assertSum(offset, length, 0x1_fffe);
  }
});

Deno.test("both implementations agree with the model: any initial sum below 2^32", () => {
  for (const initial of [0, 1, 0xfffe, 0xffff, 0x1_0000, 0x1_ffff, 0x7fff_ffff, 0x8000_0000]) {
    for (const length of [0, 1, 2, 63, 64, 65, 1460]) assertSum(3, length, initial);
  }
  for (const length of [0, 1, 64, 1460]) assertSum(0, length, 0xffff_ffff);
  fc.assert(fc.property(
    fc.nat(1000),
    fc.nat(2000),
    fc.nat(0xffff_ffff),
    assertSum,
  ));
});

Deno.test("both implementations agree with the model: all bytes alike, up to 1 MiB", () => {
  const big = new Packet(1 << 20);
  for (const byte of [0, 0xff, 0x80, 0x01]) {
    big.bytes.fill(byte);
    for (const length of [0, 1, 2, 3, 64, 65, 1460, 65_535, 1 << 20]) {
      const expected = model(big.bytes, 0, length, 0);
      assertEquals(sumBytes(big.bytes, 0, length), expected, `JavaScript: ${byte}, ${length}`);
      assertEquals(big.sum(0, length, 0), expected, `packet: ${byte}, ${length}`);
    }
  }
  big.release();
});

Deno.test("zero has two faces: a sum is 0 only when everything is", () => {
  const bytes = new Uint8Array(64);
  assertEquals([sumBytes(bytes, 0, 64), checksum(bytes, 0, 64)], [0, 0xffff]);
  bytes.fill(0xff);
  assertEquals([sumBytes(bytes, 0, 64), checksum(bytes, 0, 64)], [0xffff, 0]);
  assertEquals(sumBytes(bytes, 0, 0), 0);
  assertEquals(sumBytes(bytes, 0, 0, 0xffff), 0xffff);
  assertEquals(sumBytes(bytes, 0, 0, 0x1_fffe), 0xffff);
});

Deno.test("a sum may be taken in pieces of even length (RFC 1071 §2A)", () => {
  fc.assert(fc.property(
    fc.uint8Array({ maxLength: 400 }),
    fc.array(fc.nat(200), { maxLength: 5 }),
    (bytes: Uint8Array, cuts: number[]) => {
      const borders = cuts.map((cut) => Math.min(2 * cut, bytes.length & ~1)).sort((a, b) => a - b);
      let sum = 0;
      let from = 0;
      for (const border of [...borders, bytes.length]) {
        sum = sumBytes(bytes, from, border, sum);
        from = border;
      }
      assertEquals(sum, sumBytes(bytes, 0, bytes.length));
    },
  ));
});

Deno.test("a range that carries its checksum verifies, and a changed bit shows (RFC 1071 §1)", () => {
  fc.assert(fc.property(
    fc.uint8Array({ minLength: 2, maxLength: 300 }),
    fc.nat(),
    (bytes: Uint8Array, at: number) => {
      writeU16(bytes, 0, 0);
      writeU16(bytes, 0, checksum(bytes, 0, bytes.length));
      assertEquals(checksum(bytes, 0, bytes.length), 0);
      bytes[at % bytes.length]! ^= 1 << (at & 7);
      assert(checksum(bytes, 0, bytes.length) !== 0);
    },
  ));
});

Deno.test("folding leaves the remainder of 65,535, and zero only for zero", () => {
  for (const total of [0, 1, 0xffff, 0x1_0000, 0xffff_ffff, 2 ** 40, Number.MAX_SAFE_INTEGER]) {
    const folded = foldSum(total);
    assert(folded >= 0 && folded <= 0xffff);
    assertEquals(folded % 0xffff, total % 0xffff);
    assertEquals(folded === 0, total === 0);
  }
});

Deno.test("the pseudo header counts addresses, protocol and length (RFC 9293 §3.1)", () => {
  const cases: [number, number, number, number][] = [
    [0xc0a8_0001, 0xc0a8_00c7, 17, 28],
    [0xffff_ffff, 0xffff_ffff, 255, 65_535],
    [0, 0, 0, 0],
    [0x8000_0000, 0x7fff_ffff, 6, 20],
  ];
  for (const [source, destination, protocol, length] of cases) {
    const header = new Uint8Array(12);
    const view = new DataView(header.buffer);
    view.setUint32(0, source);
    view.setUint32(4, destination);
    view.setUint8(9, protocol);
    view.setUint16(10, length);
    const sum = foldSum(pseudoHeaderSum(source, destination, protocol, length));
    assertEquals(sum, sumBytes(header, 0, 12));
  }
});

// A query for example.com from 192.168.1.5 to 192.168.1.1, as a kernel sent it.
const udp = "d431003500254b71" + "123401000001000000000000" +
  "076578616d706c6503636f6d0000010001";

function udpPacket(): Packet {
  const bytes = Uint8Array.fromHex(udp);
  const result = new Packet(100);
  result.bytes.set(bytes, 20);
  result.length = 20 + bytes.length;
  result.source = 0xc0a8_0105;
  result.destination = 0xc0a8_0101;
  return result;
}

Deno.test("a checksum is begun with the pseudo header and completed over the rest", () => {
  const packet = udpPacket();
  const length = packet.length - 20;
  packet.startChecksum(17, 20, length, 6);
  assertEquals([packet.checksumStart, packet.checksumOffset], [20, 6]);
  packet.completeChecksum();
  assertEquals(packet.checksumStart, 0);
  assertEquals(packet.verifyTransport(17, 20, packet.length), true);
  const header = new Uint8Array(12);
  const view = new DataView(header.buffer);
  view.setUint32(0, packet.source);
  view.setUint32(4, packet.destination);
  view.setUint8(9, 17);
  view.setUint16(10, length);
  const initial = model(header, 0, 12, 0);
  assertEquals(model(packet.bytes, 20, packet.length, initial), 0xffff);
  packet.bytes[30]! ^= 4;
  assertEquals(packet.verifyTransport(17, 20, packet.length), false);
  packet.checksumVerified = true;
  assertEquals(packet.verifyTransport(17, 20, packet.length), true);
  packet.release();
});

Deno.test("completing does nothing where no checksum was begun", () => {
  const packet = udpPacket();
  const before = packet.bytes.slice(0, packet.length);
  packet.completeChecksum();
  assertEquals(packet.bytes.slice(0, packet.length), before);
  packet.release();
});

Deno.test("TCP's checksum stays zero when it comes out so: only UDP has all ones for it", () => {
  const packet = new Packet(100);
  packet.bytes.fill(0x5c, 0, 64);
  packet.length = 64;
  packet.source = 0x0a4d0001;
  packet.destination = 0x0a4d0002;
  packet.bytes.fill(0, 60, 62);
  packet.startChecksum(6, 20, 44, 16);
  writeU16(packet.bytes, 60, 0xffff - packet.sum(20, packet.length, 0));
  packet.completeChecksum();
  assertEquals([packet.bytes[36], packet.bytes[37]], [0, 0]);
  assertEquals(packet.verifyTransport(6, 20, packet.length), true);
  packet.release();
});

Deno.test("a checksum that comes out as zero is sent as all ones (RFC 768)", () => {
  const packet = udpPacket();
  const length = packet.length - 20;
  // Two bytes of the payload are set so that everything else sums up to them.
  packet.bytes.fill(0, 40, 42);
  packet.startChecksum(17, 20, length, 6);
  const rest = packet.sum(20, packet.length, 0);
  writeU16(packet.bytes, 40, 0xffff - rest);
  packet.completeChecksum();
  assertEquals([packet.bytes[26], packet.bytes[27]], [0xff, 0xff]);
  assertEquals(packet.verifyTransport(17, 20, packet.length), true);
  packet.release();
});
