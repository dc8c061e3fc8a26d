import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { Packet } from "@octet/wire";
import { Direction, LinkType } from "./capture_format.ts";
import { PcapngWriter } from "./pcapng.ts";
import { PcapngReader } from "./pcapng_reader.ts";

function hex(text: string): Uint8Array {
  return Uint8Array.from(
    text.replaceAll(/\s/g, "").match(/../g) ?? [],
    (pair) => parseInt(pair, 16),
  );
}

/** 2023-11-14T22:13:20.123456789Z: 1,700,000,000,123,456,789 ns are 0x17979cfe3d85cd15. */
const seconds = 1_700_000_000;

// Written by hand from draft-ietf-opsawg-pcapng §4.1, §4.2 and §4.3, little-endian.
const known = `
  0a0d0d0a 28000000 4d3c2b1a 0100 0000 ffffffffffffffff
    0400 0300 61 62 63 00  00000000  28000000
  01000000 28000000 0100 0000 00000000
    0200 0400 74617030  0900 0100 09 000000  00000000  28000000
  06000000 34000000 00000000 fe9c9717 15cd853d 05000000 05000000
    0102030405 000000  0200 0400 02000000  00000000  34000000`;

Deno.test("PcapngWriter writes the blocks of the specification", () => {
  const writer = new PcapngWriter({ application: "abc" });
  writer.addInterface({ name: "tap0" });
  writer.writePacket(0, seconds * 1000, Uint8Array.of(9, 1, 2, 3, 4, 5, 9), 1, 6, Direction.Out);
  // 1,700,000,000 s are 0x17979cfe_362a0000 ns.
  assertEquals(writer.take(), hex(known.replace("15cd853d", "00002a36")));
});

Deno.test("PcapngWriter writes the same numbers big-endian", () => {
  const writer = new PcapngWriter({ bigEndian: true });
  writer.addInterface();
  writer.writePacket(0, seconds * 1000, Uint8Array.of(1), 0, 1);
  assertEquals(
    writer.take(),
    hex(`0a0d0d0a 0000001c 1a2b3c4d 0001 0000 ffffffffffffffff 0000001c
      00000001 00000020 0001 0000 00000000 0009 0001 09 000000 00000000 00000020
      00000006 00000024 00000000 17979cfe 362a0000 00000001 00000001 01 000000 00000024`),
  );
});

Deno.test("PcapngReader keeps all nanoseconds of a timestamp", () => {
  const reader = new PcapngReader(hex(known));
  assertEquals(reader.next(), true);
  assertEquals([reader.seconds, reader.nanoseconds], [seconds, 123_456_789]);
  assertEquals(reader.section.application, "abc");
});

Deno.test("what PcapngWriter is told, PcapngReader says", () => {
  for (const bigEndian of [false, true]) {
    const writer = new PcapngWriter({
      hardware: "x86-64",
      os: "Octet",
      application: "test ✓",
      comment: "a remark",
      bigEndian,
    });
    const tap = writer.addInterface({
      name: "tap0",
      description: "a TAP",
      hardwareAddress: Uint8Array.of(2, 0, 0, 0, 0, 1),
      ipv4Address: { address: 0x0a000001, mask: 0xffffff00 },
      speed: 10e9,
      filter: "tcp port 80",
      os: "Linux",
      comment: "first",
    });
    const tun = writer.addInterface({ linkType: LinkType.Raw, snapLength: 4 });
    writer.writeNames([
      { address: Uint8Array.of(10, 0, 0, 1), names: ["gateway.octet.test", "gw"] },
      { address: new Uint8Array(16).fill(1), names: ["six"] },
    ]);
    writer.writeNames([]);
    writer.writePacketWith(tap, 1.5, Uint8Array.of(1, 2, 3), {
      direction: Direction.In,
      originalLength: 1500,
      dropCount: 7,
      comment: "look here",
    });
    writer.writeCustom(32473, Uint8Array.of(1, 2, 3, 4, 5));
    writer.writePacket(tun, 2, Uint8Array.of(1, 2, 3, 4, 5, 6), 0, 6);
    writer.writeStatistics(tap, 3, {
      startTime: 1,
      endTime: 3,
      received: 2 ** 40 + 1,
      dropped: 3,
      accepted: 4,
      systemDropped: 5,
      delivered: 6,
      comment: "done",
    });
    const reader = new PcapngReader(writer.take());
    assertEquals(reader.section, {
      bigEndian,
      hardware: "x86-64",
      os: "Octet",
      application: "test ✓",
      comments: ["a remark"],
    });
    assertEquals(reader.next(), true);
    assertEquals(reader.interfaces[0], {
      linkType: 1,
      snapLength: 0,
      name: "tap0",
      description: "a TAP",
      hardwareAddress: Uint8Array.of(2, 0, 0, 0, 0, 1),
      filter: "tcp port 80",
      timeResolution: 9,
      timeOffset: 0,
    });
    assertEquals(reader.names.map((record) => record.names), [["gateway.octet.test", "gw"], [
      "six",
    ]]);
    assertEquals(reader.bytes.slice(reader.offset, reader.end), Uint8Array.of(1, 2, 3));
    assertEquals(
      [reader.time, reader.direction, reader.originalLength, reader.dropCount, reader.linkType],
      [1.5, Direction.In, 1500, 7, LinkType.Ethernet],
    );
    assertEquals(reader.comments, ["look here"]);
    assertEquals(reader.next(), true);
    assertEquals(
      [reader.end - reader.offset, reader.originalLength, reader.interfaceId, reader.linkType],
      [4, 6, tun, LinkType.Raw],
    );
    assertEquals([reader.direction, reader.dropCount, reader.comments], [0, 0, []]);
    assertEquals(reader.next(), false);
    assertEquals(reader.next(), false);
    assertEquals(reader.statistics, [{ interfaceId: 0, received: 2 ** 40 + 1, dropped: 3 }]);
  }
});

Deno.test("times and packets survive, whatever they are", () => {
  fc.assert(fc.property(
    fc.array(fc.record({
      time: fc.double({ min: 0, max: 4e12, noNaN: true }),
      bytes: fc.uint8Array({ maxLength: 70 }),
    })),
    fc.boolean(),
    (packets: { time: number; bytes: Uint8Array }[], bigEndian: boolean) => {
      const writer = new PcapngWriter({ bigEndian });
      writer.addInterface();
      for (const { time, bytes } of packets) {
        writer.writePacket(0, time, bytes, 0, bytes.length, Direction.In);
      }
      const reader = new PcapngReader(writer.take());
      for (const { time, bytes } of packets) {
        assertEquals(reader.next(), true);
        assertEquals(reader.bytes.slice(reader.offset, reader.end), bytes);
        // A double of today's milliseconds has steps of 0.24 µs.
        assertEquals(Math.abs(reader.time - time) < 0.0005, true, `${time} became ${reader.time}`);
      }
      assertEquals(reader.next(), false);
    },
  ));
});

Deno.test("PcapngWriter hands whole blocks to its sink, and grows for a large one", () => {
  const pieces: Uint8Array[] = [];
  const writer = new PcapngWriter({ sink: (bytes) => void pieces.push(bytes.slice()) });
  const tap = writer.addInterface();
  assertEquals(pieces.length, 0);
  const packet = new Packet(65_535);
  packet.bytes.fill(0x5a);
  for (let i = 0; i < 5; i++) {
    writer.writePacket(tap, i, packet.bytes, 0, 60_000, Direction.In, packet.address);
    for (const piece of pieces) {
      assertEquals(new DataView(piece.buffer).getUint32(0, true) > 0, true);
    }
  }
  writer.writePacket(tap, 5, new Uint8Array(250_000), 0, 250_000);
  writer.close();
  packet.release();
  const all = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  const reader = new PcapngReader(all);
  for (let i = 0; i < 5; i++) {
    assertEquals(reader.next(), true);
    assertEquals(reader.end - reader.offset, 60_000);
    assertEquals(reader.bytes[reader.end - 1], 0x5a);
  }
  assertEquals(reader.next(), true);
  assertEquals(reader.end - reader.offset, 250_000);
  assertEquals(reader.next(), false);
});

Deno.test("PcapngWriter refuses what a file cannot say, and stays whole", () => {
  const writer = new PcapngWriter();
  const packet = new Uint8Array(4);
  assertThrows(() => writer.writePacket(0, 0, packet, 0, 4), RangeError, "0 have been added");
  assertThrows(() => writer.addInterface({ linkType: 65_536 }), RangeError);
  assertThrows(() => writer.addInterface({ snapLength: -1 }), RangeError);
  assertThrows(() => writer.addInterface({ hardwareAddress: packet }), TypeError);
  assertThrows(() => writer.addInterface({ name: "x".repeat(65_536) }), RangeError);
  writer.addInterface();
  for (const time of [-1, NaN, Infinity, 2e13]) {
    assertThrows(() => writer.writePacket(0, time, packet, 0, 4), RangeError);
  }
  assertThrows(() => writer.writePacket(0, 0, packet, 0, 5), RangeError, "no range of 4 bytes");
  assertThrows(() => writer.writePacket(0, 0, packet, 3, 2), RangeError);
  assertThrows(() => writer.writePacketWith(0, 0, packet, { originalLength: 3 }), RangeError);
  assertThrows(() => writer.writePacketWith(0, 0, packet, { dropCount: -1 }), RangeError);
  assertThrows(() => writer.writeStatistics(0, 0, { received: 0.5 }), RangeError);
  assertThrows(() => writer.writeNames([{ address: packet, names: [] }]), TypeError);
  assertThrows(() => writer.writeNames([{ address: new Uint8Array(6), names: ["x"] }]), TypeError);
  assertThrows(() => writer.writeCustom(-1, packet), RangeError);
  const reader = new PcapngReader(writer.take());
  assertEquals(reader.next(), false);
  assertEquals(reader.interfaces.length, 1);
});

Deno.test("PcapngReader reads what came before the cut, then says where the file is cut", () => {
  const file = hex(known);
  const blocks = [40, 80, 132];
  for (let length = 0; length < file.length; length++) {
    const read = () => {
      const reader = new PcapngReader(file.subarray(0, length));
      let count = 0;
      while (reader.next()) count++;
      return count;
    };
    if (blocks.includes(length)) assertEquals(read(), 0);
    else assertThrows(read, SyntaxError, "Cannot read pcapng");
  }
  const twice = new Uint8Array(blocks[2]! + 52);
  twice.set(file);
  twice.set(file.subarray(80), blocks[2]!);
  const reader = new PcapngReader(twice.subarray(0, twice.length - 1));
  assertEquals(reader.next(), true);
  assertThrows(() => reader.next(), SyntaxError, "at byte 132 as it says 52 bytes");
  assertThrows(() => reader.next(), SyntaxError, "at byte 132");
});

Deno.test("PcapngReader names the lie", () => {
  const cases: [string, number, number, string][] = [
    ["no section", 0, 1, "does not begin with a section header"],
    ["byte-order magic", 8, 0, "byte-order magic"],
    ["version", 12, 2, "version 2"],
    ["length not a multiple of four", 44, 41, "its length says 41"],
    ["length 0", 44, 0, "its length says 0"],
    ["length beyond the file", 45, 1, "the file has 92 left"],
    ["lengths differ", 76, 44, "its lengths contradict: 40 and 44"],
    ["length one block too far", 44, 92, "its lengths contradict: 92 and 52"],
    ["packet longer than its block", 100, 40, "packet of 40 bytes does not fit"],
    ["packet enormous", 103, 0xff, "does not fit"],
    ["unknown interface", 88, 1, "names interface 1"],
    ["option beyond its block", 118, 40, "an option of 40 bytes is cut off"],
    ["option of the interface", 58, 40, "an option of 40 bytes is cut off"],
  ];
  for (const [name, at, value, message] of cases) {
    const file = hex(known);
    file[at] = value;
    assertThrows(
      () => {
        const reader = new PcapngReader(file);
        while (reader.next());
      },
      SyntaxError,
      message,
      name,
    );
  }
});

Deno.test("PcapngReader reads sections of either order, simple and obsolete packets, and other units", () => {
  const reader = new PcapngReader(hex(
    `
    0a0d0d0a 0000001c 1a2b3c4d 0001 0000 ffffffffffffffff 0000001c
    00000001 00000028 0065 0000 00000003 0009 0001 8a 000000 000e 0008 000000000000000a 00000028
  `.replace("00000028 0065", "0000002c 0065").replace("000a 00000028", "000a 00000000 0000002c") + `
    00000003 00000014 00000008 01020300 00000014
    00000002 00000024 0000 0005 00000000 00000c00 00000002 00000002 aabb0000 00000024
    00000bad 00000010 00007ed9 00000010
    0a0d0d0a 1c000000 4d3c2b1a 0100 0000 ffffffffffffffff 1c000000
    01000000 14000000 0100 0000 00000000 14000000
    06000000 24000000 00000000 00000000 40420f00 01000000 01000000 cc000000 24000000`,
  ));
  assertEquals(reader.next(), true);
  assertEquals(reader.bytes.slice(reader.offset, reader.end), Uint8Array.of(1, 2, 3));
  assertEquals([reader.originalLength, reader.time, reader.linkType], [8, 0, LinkType.Raw]);
  assertEquals(reader.next(), true);
  // 3,072 units of 2^-10 s, and 10 s on top.
  assertEquals([reader.seconds, reader.nanoseconds, reader.dropCount], [13, 0, 5]);
  assertEquals(reader.next(), true);
  // Microseconds where nothing is said.
  assertEquals([reader.time, reader.bytes[reader.offset]], [1000, 0xcc]);
  assertEquals(reader.section.bigEndian, false);
  assertEquals(reader.next(), false);
});

Deno.test("random changes to a file give packets or a SyntaxError, nothing else", () => {
  const file = hex(known);
  fc.assert(fc.property(
    fc.array(fc.tuple(fc.nat({ max: file.length - 1 }), fc.nat({ max: 255 })), { maxLength: 8 }),
    (changes: [number, number][]) => {
      const broken = file.slice();
      for (const [at, value] of changes) broken[at] = value;
      try {
        const reader = new PcapngReader(broken);
        while (reader.next()) {
          assertEquals(reader.offset <= reader.end && reader.end <= broken.length, true);
          assertEquals(Number.isFinite(reader.time), true);
          assertEquals(Array.isArray(reader.comments), true);
        }
      } catch (error) {
        if (!(error instanceof SyntaxError)) throw error;
      }
    },
  ));
});
