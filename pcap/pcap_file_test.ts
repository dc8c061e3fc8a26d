import { assertEquals, assertInstanceOf, assertThrows } from "@std/assert";
import { openCapture } from "./capture_file.ts";
import { LinkType } from "./capture_format.ts";
import { PcapFileReader, PcapFileWriter } from "./pcap_file.ts";
import { PcapngWriter } from "./pcapng.ts";
import { PcapngReader } from "./pcapng_reader.ts";

function hex(text: string): Uint8Array {
  return Uint8Array.from(
    text.replaceAll(/\s/g, "").match(/../g) ?? [],
    (pair) => parseInt(pair, 16),
  );
}

// draft-ietf-opsawg-pcap §4 and §5: one packet of 3 bytes, cut from 60, at 1.5 s.
const files: [string, boolean, boolean][] = [
  [
    "d4c3b2a1 0200 0400 00000000 00000000 03000000 01000000 01000000 20a10700 03000000 3c000000 010203",
    false,
    false,
  ],
  [
    "4d3cb2a1 0200 0400 00000000 00000000 03000000 01000000 01000000 0065cd1d 03000000 3c000000 010203",
    false,
    true,
  ],
  [
    "a1b2c3d4 0002 0004 00000000 00000000 00000003 00000001 00000001 0007a120 00000003 0000003c 010203",
    true,
    false,
  ],
  [
    "a1b23c4d 0002 0004 00000000 00000000 00000003 00000001 00000001 1dcd6500 00000003 0000003c 010203",
    true,
    true,
  ],
];

Deno.test("PcapFileReader and PcapFileWriter know both byte orders and both units", () => {
  for (const [text, bigEndian, nanoseconds] of files) {
    const file = hex(text);
    const writer = new PcapFileWriter({ bigEndian, nanoseconds, snapLength: 3 });
    const frame = new Uint8Array(60);
    frame.set([1, 2, 3]);
    writer.writePacket(1500, frame, 0, 60);
    assertEquals(writer.pending, file.length);
    assertEquals(writer.take(), file);
    const reader = new PcapFileReader(file);
    assertEquals(reader.next(), true);
    assertEquals(
      [reader.time, reader.seconds, reader.nanoseconds, reader.originalLength, reader.linkType],
      [1500, 1, 500_000_000, 60, LinkType.Ethernet],
    );
    assertEquals(reader.bytes.slice(reader.offset, reader.end), Uint8Array.of(1, 2, 3));
    assertEquals([reader.snapLength, reader.next()], [3, false]);
  }
});

Deno.test("PcapFileReader refuses files cut anywhere but between records", () => {
  const file = hex(files[0]![0]);
  for (let length = 0; length < file.length; length++) {
    const read = () => {
      const reader = new PcapFileReader(file.subarray(0, length));
      while (reader.next());
    };
    if (length === 24) read();
    else assertThrows(read, SyntaxError, "Cannot read pcap");
  }
});

Deno.test("PcapFileReader names the lie", () => {
  const cases: [number, number, string][] = [
    [0, 0, "magic"],
    [4, 3, "version 3.4"],
    [32, 4, "packet of 4 bytes is cut off after 3"],
    [34, 0x10, "cannot be"],
    [31, 0xff, "a second of fractions"],
  ];
  for (const [at, value, message] of cases) {
    const file = hex(files[0]![0]);
    file[at] = value;
    assertThrows(() => new PcapFileReader(file).next(), SyntaxError, message);
  }
});

Deno.test("PcapFileWriter refuses what a file cannot say", () => {
  assertThrows(() => new PcapFileWriter({ linkType: -1 }), RangeError);
  assertThrows(() => new PcapFileWriter({ snapLength: 0 }), RangeError);
  const writer = new PcapFileWriter();
  const bytes = new Uint8Array(4);
  assertThrows(() => writer.writePacket(-1, bytes, 0, 4), RangeError);
  assertThrows(() => writer.writePacket(2 ** 32 * 1000, bytes, 0, 4), RangeError, "after 2106");
  assertThrows(() => writer.writePacket(0, bytes, 0, 5), RangeError, "no range");
  assertEquals(writer.pending, 24);
});

Deno.test("PcapFileWriter empties into a sink", () => {
  let handed = 0;
  const writer = new PcapFileWriter({ sink: (bytes) => void (handed += bytes.length) });
  for (let i = 0; i < 100; i++) writer.writePacket(i, new Uint8Array(1500), 0, 1500);
  assertEquals(handed >= 65_536, true);
  writer.flush();
  writer.close();
  assertEquals(handed, 24 + 100 * 1516);
});

Deno.test("openCapture tells the formats apart", () => {
  assertInstanceOf(openCapture(new PcapngWriter().take()), PcapngReader);
  assertInstanceOf(openCapture(new PcapFileWriter().take()), PcapFileReader);
  assertThrows(() => openCapture(new Uint8Array(0)), SyntaxError);
  assertThrows(() => openCapture(new TextEncoder().encode("GIF89a".repeat(9))), SyntaxError);
});
