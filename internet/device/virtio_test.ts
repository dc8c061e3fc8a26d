import { Packet, writeU16 } from "@octet/wire";
import { assert, assertEquals } from "@std/assert";
import { readVirtioHeader, writeVirtioHeader } from "./virtio.ts";

function frame(version: 4 | 6, payload: number, flags: number): Packet {
  const packet = new Packet(4096);
  packet.room.fill(0xa5);
  const { bytes } = packet;
  writeU16(bytes, 12, version === 4 ? 0x0800 : 0x86dd);
  const tcp = version === 4 ? 34 : 54;
  if (version === 4) {
    bytes[14] = 0x45;
    writeU16(bytes, 16, 40 + payload);
    writeU16(bytes, 20, 0x4000);
    bytes[23] = 6;
  } else {
    bytes[14] = 0x60;
    writeU16(bytes, 18, 20 + payload);
    bytes[20] = 6;
  }
  bytes[tcp + 12] = 0x50;
  bytes[tcp + 13] = flags;
  packet.length = tcp + 20 + payload;
  return packet;
}

function header(packet: Packet): number[] {
  return [...packet.room.subarray(0, 10)];
}

Deno.test("The header says what the kernel has to do", () => {
  const plain = frame(4, 100, 0x10);
  assert(writeVirtioHeader(plain, "ethernet"));
  assertEquals(header(plain), [0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);

  plain.checksumStart = 34;
  plain.checksumOffset = 16;
  assert(writeVirtioHeader(plain, "ethernet"));
  assertEquals(header(plain), [1, 0, 0, 0, 0, 0, 34, 0, 16, 0]);

  // VIRTIO_NET_HDR_GSO_TCPV4 (1) and TCPV6 (4), with ECN (0x80) when CWR is set.
  const large = frame(4, 3000, 0x10);
  large.checksumStart = 34;
  large.checksumOffset = 16;
  large.segmentSize = 1460;
  assert(writeVirtioHeader(large, "ethernet"));
  assertEquals(header(large), [1, 1, 54, 0, 0xb4, 5, 34, 0, 16, 0]);
  // VIRTIO_NET_HDR_GSO_UDP_L4 (5).
  const datagrams = frame(4, 3000, 0);
  datagrams.bytes[23] = 17;
  datagrams.checksumStart = 34;
  datagrams.checksumOffset = 6;
  datagrams.segmentSize = 1000;
  assert(writeVirtioHeader(datagrams, "ethernet"));
  assertEquals(header(datagrams), [1, 5, 42, 0, 0xe8, 3, 34, 0, 6, 0]);
  large.bytes[47] = 0x90;
  assert(writeVirtioHeader(large, "ethernet"));
  assertEquals(header(large)[1], 0x81);

  const six = frame(6, 3000, 0x90);
  six.checksumStart = 54;
  six.checksumOffset = 16;
  six.segmentSize = 1440;
  assert(writeVirtioHeader(six, "ethernet"));
  assertEquals(header(six), [1, 0x84, 74, 0, 0xa0, 5, 54, 0, 16, 0]);
});

Deno.test("A payload that fits in one segment is no super-segment", () => {
  const packet = frame(4, 1460, 0x10);
  packet.checksumStart = 34;
  packet.checksumOffset = 16;
  packet.segmentSize = 1460;
  assert(writeVirtioHeader(packet, "ethernet"));
  assertEquals(header(packet), [1, 0, 0, 0, 0, 0, 34, 0, 16, 0]);
});

Deno.test("A super-segment that is no TCP, or whose checksum is complete, is refused", () => {
  const packet = frame(4, 3000, 0x10);
  packet.segmentSize = 1460;
  assert(!writeVirtioHeader(packet, "ethernet"));
  packet.checksumStart = 34;
  packet.bytes[23] = 132;
  assert(!writeVirtioHeader(packet, "ethernet"));
});

Deno.test("The kernel's header becomes facts", () => {
  const cases: [header: number[], facts: [boolean, number, number, number]][] = [
    [[0, 0, 0, 0, 0, 0, 0, 0, 0, 0], [false, 0, 0, 0]],
    [[2, 0, 0, 0, 0, 0, 0, 0, 0, 0], [true, 0, 0, 0]],
    [[1, 0, 0, 0, 0, 0, 34, 0, 16, 0], [true, 34, 16, 0]],
    [[1, 1, 54, 0, 0xb4, 5, 34, 0, 16, 0], [true, 34, 16, 1460]],
    [[1, 0x84, 74, 0, 0xa0, 5, 54, 0, 16, 0], [true, 54, 16, 1440]],
    // A checksum beyond the frame of 100 bytes is none.
    [[1, 0, 0, 0, 0, 0, 98, 0, 1, 0], [false, 0, 0, 0]],
    [[1, 0, 0, 0, 0, 0, 255, 255, 255, 255], [false, 0, 0, 0]],
  ];
  const packet = new Packet(256);
  for (const [bytes, facts] of cases) {
    packet.room.set(bytes);
    packet.length = 100;
    readVirtioHeader(packet);
    assertEquals(
      [packet.checksumVerified, packet.checksumStart, packet.checksumOffset, packet.segmentSize],
      facts,
    );
  }
});
