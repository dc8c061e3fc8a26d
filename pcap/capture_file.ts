/**
 * Opening a capture whichever format it is in.
 *
 * @module
 */
import type { CaptureReader } from "./capture_format.ts";
import { PcapFileReader } from "./pcap_file.ts";
import { PcapngReader } from "./pcapng_reader.ts";

/**
 * Opens a pcap or pcapng file, whichever its first byte says it is.
 *
 * @example
 * ```ts
 * import { openCapture, PcapngReader, PcapngWriter } from "@octet/pcap";
 * import { assert } from "@std/assert";
 *
 * assert(openCapture(new PcapngWriter().take()) instanceof PcapngReader);
 * ```
 *
 * @param bytes The whole file. It is not copied.
 * @returns A cursor before the first packet.
 * @throws {SyntaxError} When it is neither.
 */
export function openCapture(bytes: Uint8Array): CaptureReader {
  return bytes[0] === 0x0a ? new PcapngReader(bytes) : new PcapFileReader(bytes);
}
