/**
 * Captures: pcap and pcapng files written and read, packets taken apart, and one-line summaries.
 *
 * @example
 * ```ts
 * import { Direction, openCapture, PcapngWriter } from "@octet/pcap";
 * import { assertEquals } from "@std/assert";
 *
 * const writer = new PcapngWriter({ application: "example" });
 * const lan = writer.addInterface({ name: "lan0" });
 * writer.writePacket(lan, Date.now(), new Uint8Array(60), 0, 60, Direction.In);
 *
 * const reader = openCapture(writer.take());
 * assertEquals(reader.next(), true);
 * assertEquals(reader.end - reader.offset, 60);
 * ```
 *
 * @module
 */
export * from "./capture_file.ts";
export * from "./capture_format.ts";
export * from "./dissection.ts";
export * from "./dissector.ts";
export * from "./field_table.ts";
export * from "./formatter.ts";
export * from "./pcap_file.ts";
export * from "./pcapng.ts";
export * from "./pcapng_reader.ts";
export * from "./summary.ts";
