/**
 * One line of text for each frame that passes a device.
 *
 * @module
 */
import type { Direction } from "@octet/pcap";
import { capture, type CapturedDevice, type CaptureOptions, type FrameFacts } from "./capture.ts";
import type { Device } from "./device.ts";

/** Says in a line what a frame is. */
export type FrameSummary = (
  bytes: Uint8Array<ArrayBuffer>,
  length: number,
  direction: Direction,
  time: number,
  facts: FrameFacts,
) => string;

/**
 * Prints every frame that passes a device.
 *
 * @example
 * ```ts
 * import { Lan, sniff } from "@octet/internet";
 * import { Packet } from "@octet/wire";
 * import { assertEquals } from "@std/assert";
 *
 * const lines: string[] = [];
 * const summary = (_bytes: Uint8Array, length: number) => `${length} bytes`;
 * using port = sniff(new Lan().attach(), summary, (line) => lines.push(line));
 * const packet = new Packet(1518);
 * packet.length = 60;
 * port.transmit(packet);
 * assertEquals(lines, ["60 bytes"]);
 * ```
 *
 * @param device The device; it belongs to the wrapper from then on.
 * @param summary Says what a frame is, in a line.
 * @param print Where the lines go.
 * @param options The clock.
 * @returns The device.
 */
export function sniff(
  device: Device,
  summary: FrameSummary,
  print: (line: string) => void,
  options: CaptureOptions = {},
): CapturedDevice {
  const frame: FrameSummary = (bytes, length, direction, time, facts) => {
    const line = summary(bytes, length, direction, time, facts);
    print(line);
    return line;
  };
  return capture(device, { frame }, options);
}
