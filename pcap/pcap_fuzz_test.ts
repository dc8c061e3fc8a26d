import { fuzz } from "@octet/testing/fuzz";
import { openCapture } from "./capture_file.ts";
import { Direction, LinkType } from "./capture_format.ts";
import { Dissector } from "./dissector.ts";
import { Formatter } from "./formatter.ts";
import { PcapFileWriter } from "./pcap_file.ts";
import { PcapngWriter } from "./pcapng.ts";
import { frames } from "./testdata/frames.ts";

function pcapng(bigEndian: boolean): Uint8Array {
  const writer = new PcapngWriter({ bigEndian, application: "fuzz", comment: "seed" });
  const tap = writer.addInterface({ name: "tap0", filter: "tcp" });
  writer.writeNames([{ address: Uint8Array.of(10, 0, 0, 1), names: ["a.test"] }]);
  writer.writePacketWith(tap, 1.5, new Uint8Array(5), {
    direction: Direction.In,
    comment: "packet",
    dropCount: 1,
  });
  writer.writeStatistics(tap, 2, { received: 1 });
  return writer.take();
}

function pcap(bigEndian: boolean): Uint8Array {
  const writer = new PcapFileWriter({ bigEndian });
  writer.writePacket(1.5, new Uint8Array(5), 0, 5);
  return writer.take();
}

fuzz("fuzzCaptureFile", (input) => {
  try {
    const reader = openCapture(input);
    let after = 0;
    while (reader.next()) {
      if (reader.offset < after || reader.end < reader.offset || reader.end > input.length) {
        throw new RangeError("A packet lies outside the file or in the one before");
      }
      if (!Number.isFinite(reader.time)) throw new RangeError("A time is no number");
      after = reader.end;
    }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
}, { seeds: [pcapng(false), pcapng(true), pcap(false), pcap(true)] });

const dissector = new Dissector();
const formatters = [new Formatter(), new Formatter({ verbose: true })];

fuzz("fuzzDissector", (input) => {
  for (const linkType of [LinkType.Ethernet, LinkType.Raw]) {
    dissector.dissect(input, 0, input.length, linkType);
    const packet = dissector.packet;
    for (let i = 0; i < packet.fieldCount; i++) {
      if (packet.fieldOffset(i) + packet.fieldLength(i) > input.length * 8) {
        throw new RangeError("A field ends outside the packet");
      }
    }
    for (const formatter of formatters) {
      if (!/^[ -~]+$/.test(formatter.format(packet))) throw new Error("A line is not plain text");
    }
  }
}, { seeds: Object.values(frames) });
