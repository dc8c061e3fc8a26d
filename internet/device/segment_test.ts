import { checksum, Packet, readU16, readU32, sumBytes, writeU16, writeU32 } from "@octet/wire";
import { assert, assertEquals } from "@std/assert";
import { DatagramCutter } from "./datagram_cutter.ts";
import type { LinkKind } from "./device.ts";
import { Segmenter } from "./segment.ts";

const flagCwr = 0x80;
const flagAck = 0x10;
const flagPsh = 0x08;
const flagFin = 0x01;

interface Shape {
  readonly link?: LinkKind;
  readonly version?: 4 | 6;
  readonly vlan?: boolean;
  readonly payload: number;
  readonly segmentSize: number;
  readonly flags?: number;
  readonly sequence?: number;
  readonly identification?: number;
}

/** A TCP super-segment with 12 bytes of options, on a packet full of 0xa5; gives where the IP header is. */
function build(packet: Packet, shape: Shape): number {
  const { link = "ethernet", version = 4, vlan = false } = shape;
  const { bytes } = packet;
  packet.clear();
  bytes.fill(0xa5);
  let ip = 0;
  if (link === "ethernet") {
    ip = vlan ? 18 : 14;
    if (vlan) writeU32(bytes, 12, 0x8100_0007);
    writeU16(bytes, ip - 2, version === 4 ? 0x0800 : 0x86dd);
  }
  const tcp = ip + (version === 4 ? 20 : 40);
  const length = 32 + shape.payload;
  if (version === 4) {
    bytes.fill(0, ip, tcp);
    bytes[ip] = 0x45;
    writeU16(bytes, ip + 2, 20 + length);
    writeU16(bytes, ip + 4, shape.identification ?? 0x1234);
    bytes[ip + 8] = 64;
    bytes[ip + 9] = 6;
    writeU32(bytes, ip + 12, 0x0a000001);
    writeU32(bytes, ip + 16, 0x0a000002);
  } else {
    bytes[ip] = 0x60;
    writeU16(bytes, ip + 4, length);
    bytes[ip + 6] = 6;
  }
  writeU32(bytes, tcp + 4, shape.sequence ?? 1000);
  bytes[tcp + 12] = 0x80;
  bytes[tcp + 13] = shape.flags ?? flagAck;
  for (let i = 0; i < shape.payload; i++) bytes[tcp + 32 + i] = i % 251;
  packet.length = tcp + length;
  packet.segmentSize = shape.segmentSize;
  packet.checksumStart = tcp;
  packet.checksumOffset = 16;
  return ip;
}

function cut(packet: Packet, link: LinkKind = "ethernet"): Packet[] {
  const segmenter = new Segmenter();
  assert(segmenter.reset(packet, link));
  const pieces: Packet[] = [];
  for (;;) {
    const piece = new Packet(2048);
    piece.bytes.fill(0xa5);
    if (!segmenter.next(piece)) return pieces;
    pieces.push(piece);
  }
}

/** The transport checksum over a piece, pseudo header included, by the book (RFC 9293 §3.1, RFC 8200 §8.1). */
function transportSum(piece: Packet, ip: number, version: 4 | 6): number {
  const tcp = ip + (version === 4 ? 20 : 40);
  const pseudo = version === 4
    ? sumBytes(piece.bytes, ip + 12, ip + 20)
    : sumBytes(piece.bytes, ip + 8, ip + 40);
  return sumBytes(piece.bytes, tcp, piece.length, pseudo + 6 + piece.length - tcp);
}

Deno.test("A super-segment is cut into segments that join to the same stream", () => {
  const packet = new Packet(65_553);
  for (const link of ["ethernet", "ip"] as const) {
    for (const version of [4, 6] as const) {
      for (const vlan of link === "ethernet" ? [false, true] : [false]) {
        for (const payload of [1001, 2000, 2001, 2999, 3000, 60_000]) {
          const flags = flagCwr | flagAck | flagPsh | flagFin;
          const shape = { link, version, vlan, payload, segmentSize: 1000, flags };
          const ip = build(packet, { ...shape, sequence: 0xffff_fe00, identification: 0xffff });
          const tcp = ip + (version === 4 ? 20 : 40);
          const pieces = cut(packet, link);
          assertEquals(pieces.length, Math.ceil(payload / 1000));
          pieces.forEach((piece, i) => {
            const isLast = i === pieces.length - 1;
            const size = isLast ? payload - i * 1000 : 1000;
            assertEquals(piece.length, tcp + 32 + size);
            assertEquals(piece.bytes.slice(0, ip), packet.bytes.slice(0, ip));
            if (version === 4) {
              assertEquals(readU16(piece.bytes, ip + 2), piece.length - ip);
              assertEquals(readU16(piece.bytes, ip + 4), (0xffff + i) & 0xffff);
              assertEquals(checksum(piece.bytes, ip, tcp), 0);
            } else assertEquals(readU16(piece.bytes, ip + 4), piece.length - tcp);
            assertEquals(readU32(piece.bytes, tcp + 4), (0xffff_fe00 + i * 1000) % 2 ** 32);
            const expected = flagAck | (i === 0 ? flagCwr : 0) | (isLast ? flagPsh | flagFin : 0);
            assertEquals(piece.bytes[tcp + 13], expected);
            assertEquals(transportSum(piece, ip, version), 0xffff);
            assertEquals(
              piece.bytes.slice(tcp + 32, piece.length),
              packet.bytes.slice(tcp + 32 + i * 1000, tcp + 32 + i * 1000 + size),
            );
            assertEquals([piece.segmentSize, piece.checksumStart], [0, 0]);
          });
          for (const piece of pieces) piece.release();
        }
      }
    }
  }
  packet.release();
});

Deno.test("A frame that needs no cutting comes out as it is, with its partial checksum", () => {
  const packet = new Packet(4096);
  for (const segmentSize of [0, 500, 1000]) {
    build(packet, { payload: 500, segmentSize });
    const [piece, ...others] = cut(packet);
    assertEquals(others.length, 0);
    assertEquals(piece!.bytes.slice(0, piece!.length), packet.bytes.slice(0, packet.length));
    assertEquals([piece!.checksumStart, piece!.checksumOffset, piece!.segmentSize], [34, 16, 0]);
  }
});

Deno.test("What is not a TCP segment is not cut, wherever the frame ends and whatever its lengths say", () => {
  const packet = new Packet(4096);
  const segmenter = new Segmenter();
  for (const version of [4, 6] as const) {
    const ip = build(packet, { version, payload: 2500, segmentSize: 1000 });
    const whole = packet.length;
    for (let length = 0; length < whole; length++) {
      packet.length = length;
      assert(!segmenter.reset(packet, "ethernet"));
      assert(!segmenter.next(packet));
    }
    packet.length = whole;
    const lengths = version === 4 ? [ip, ip + 2, ip + 3, ip + 9] : [ip, ip + 4, ip + 5, ip + 6];
    for (const at of [...lengths, ip + (version === 4 ? 32 : 52)]) {
      const kept = packet.bytes[at]!;
      for (const value of [0, 1, 0x0f, 0x4f, 0x40, 0x7f, 0xff]) {
        packet.bytes[at] = value;
        const piece = new Packet(8192);
        let count = 0;
        if (segmenter.reset(packet, "ethernet")) { while (segmenter.next(piece)) count++; }
        assert(count <= 4);
        piece.release();
      }
      packet.bytes[at] = kept;
    }
  }
  build(packet, { payload: 2500, segmentSize: 1000 });
  packet.bytes[20] = 0x20; // More fragments.
  assert(!segmenter.reset(packet, "ethernet"));
  build(packet, { payload: 2500, segmentSize: 1000 });
  packet.bytes[23] = 132;
  assert(!segmenter.reset(packet, "ethernet"));
});

/** A UDP super-datagram on a packet full of 0xa5; gives where the IP header is. */
function buildUdp(packet: Packet, version: 4 | 6, payload: number, size: number): number {
  const ip = build(packet, { version, payload, segmentSize: size });
  const { bytes } = packet;
  const udp = ip + (version === 4 ? 20 : 40);
  bytes[ip + (version === 4 ? 9 : 6)] = 17;
  bytes.fill(0xa5, udp);
  writeU16(bytes, ip + (version === 4 ? 2 : 4), (version === 4 ? 28 : 8) + payload);
  writeU16(bytes, udp, 7);
  writeU16(bytes, udp + 2, 9);
  writeU16(bytes, udp + 4, 8 + payload);
  for (let i = 0; i < payload; i++) bytes[udp + 8 + i] = i % 251;
  packet.length = udp + 8 + payload;
  packet.checksumOffset = 6;
  return ip;
}

Deno.test("A UDP super-datagram becomes datagrams, each with its length and checksum", () => {
  for (const version of [4, 6] as const) {
    const frame = new Packet(65_600);
    const ip = buildUdp(frame, version, 1000, 300);
    const udp = ip + (version === 4 ? 20 : 40);
    const segmenter = new Segmenter();
    const piece = new Packet(2048);
    assert(segmenter.reset(frame, "ethernet"));
    const sizes: number[] = [];
    let at = 0;
    for (let index = 0; segmenter.next(piece); index++) {
      const { bytes, length } = piece;
      const size = length - udp - 8;
      assertEquals(readU16(bytes, udp + 4), 8 + size);
      assertEquals([readU16(bytes, udp), readU16(bytes, udp + 2)], [7, 9]);
      if (version === 4) {
        assertEquals(readU16(bytes, ip + 2), length - ip);
        assertEquals(readU16(bytes, ip + 4), 0x1234 + index);
        assertEquals(sumBytes(bytes, ip, udp), 0xffff);
      } else assertEquals(readU16(bytes, ip + 4), 8 + size);
      const addresses = ip + (version === 4 ? 12 : 8);
      const pseudo = sumBytes(bytes, addresses, udp) + 17 + 8 + size;
      assertEquals(sumBytes(bytes, udp, length, pseudo), 0xffff);
      for (let i = 0; i < size; i++) assertEquals(bytes[udp + 8 + i], (at + i) % 251);
      assertEquals([piece.segmentSize, piece.checksumStart], [0, 0]);
      at += size;
      sizes.push(size);
    }
    assertEquals(sizes, [300, 300, 300, 100]);
  }
});

Deno.test("What lies about its lengths is no UDP super-datagram", () => {
  const frame = new Packet(4096);
  const ip = buildUdp(frame, 4, 1000, 300);
  const segmenter = new Segmenter();
  writeU16(frame.bytes, ip + 2, 27);
  assert(!segmenter.reset(frame, "ethernet"));
  writeU16(frame.bytes, ip + 2, 1029);
  assert(!segmenter.reset(frame, "ethernet"));
  writeU16(frame.bytes, ip + 2, 1028);
  assert(segmenter.reset(frame, "ethernet"));
});

Deno.test("Pieces go one by one to a kernel that takes none at once, and on where there was no room", () => {
  const frame = new Packet(4096);
  buildUdp(frame, 4, 1000, 300);
  const cutter = new DatagramCutter("ethernet");
  const lengths: number[] = [];
  let calls = 0;
  const send = (piece: Packet) => {
    if (++calls % 2 === 1) return false;
    lengths.push(piece.length - 42);
    return true;
  };
  let rounds = 1;
  assert(cutter.wants(frame));
  while (!cutter.send(frame, send)) {
    assert(cutter.wants(frame));
    rounds++;
  }
  assertEquals([lengths, rounds], [[300, 300, 300, 100], 5]);
  buildUdp(frame, 4, 500, 300);
  assert(cutter.send(frame, (piece) => lengths.push(piece.length - 42) > 0));
  assertEquals(lengths.slice(4), [300, 200]);
  build(frame, { payload: 1000, segmentSize: 300 });
  assert(!cutter.wants(frame));
  cutter.close();
});
