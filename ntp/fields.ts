// NTP packets as plain objects, for tests and for people, and the text of reference identifiers (RFC 5905 §7.3).

import { formatIpv4 } from "@octet/netip/ipv4";
import { writeU16, writeU32 } from "@octet/wire";
import { NtpField, NtpFrame, ntpHeaderLength, NtpLeap, NtpMode } from "./frame.ts";

/** One extension field to write (RFC 7822 §3). */
export interface NtpExtension {
  /** The field's type, 16 bits. */
  readonly type: number;
  /** The value; padded with zeros to a multiple of four and to the least length of 12. */
  readonly value: Uint8Array;
}

/** What {@linkcode encodeNtp} writes; whatever is left out is zero. */
export interface NtpFields {
  /** Leap indicator. */
  readonly leap?: NtpLeap;
  /** Version, 0 to 7; 4 when left out. */
  readonly version?: number;
  /** Association mode; client when left out. */
  readonly mode?: NtpMode;
  /** Stratum, 0 to 255. */
  readonly stratum?: number;
  /** Poll exponent, log2 of seconds, -128 to 127. */
  readonly poll?: number;
  /** Precision, log2 of seconds, -128 to 127. */
  readonly precision?: number;
  /** Root delay in milliseconds. */
  readonly rootDelay?: number;
  /** Root dispersion in milliseconds. */
  readonly rootDispersion?: number;
  /** Reference identifier: a number in host order, or up to four ASCII characters. */
  readonly referenceId?: number | string;
  /** Reference timestamp, the 64 bits. */
  readonly reference?: bigint;
  /** Origin timestamp, the 64 bits. */
  readonly origin?: bigint;
  /** Receive timestamp, the 64 bits. */
  readonly receive?: bigint;
  /** Transmit timestamp, the 64 bits. */
  readonly transmit?: bigint;
  /** Extension fields. */
  readonly extensions?: readonly NtpExtension[];
  /** Key identifier and digest, appended as they are. */
  readonly mac?: Uint8Array;
}

/**
 * Builds an NTP packet.
 *
 * @param fields What is not zero.
 * @returns The packet's bytes.
 * @throws {TypeError} When a reference identifier's text is not one to four ASCII characters.
 * @example
 * ```ts
 * import { encodeNtp } from "@octet/ntp";
 * import { assertEquals } from "@std/assert";
 *
 * const bytes = encodeNtp({ version: 4, stratum: 1, referenceId: "GPS" });
 * assertEquals(bytes.length, 48);
 * assertEquals(bytes[0], 0x23);
 * assertEquals([...bytes.subarray(12, 16)], [0x47, 0x50, 0x53, 0]);
 * ```
 */
export function encodeNtp(fields: NtpFields): Uint8Array<ArrayBuffer> {
  const extensions = fields.extensions ?? [];
  const mac = fields.mac ?? new Uint8Array(0);
  let length = ntpHeaderLength + mac.length;
  for (const extension of extensions) length += extensionLength(extension);

  const bytes = new Uint8Array(length);
  const frame = new NtpFrame();
  frame.reset(bytes, 0, length);
  frame.clear(fields.leap ?? NtpLeap.None, fields.version ?? 4, fields.mode ?? NtpMode.Client);
  frame.stratum = fields.stratum ?? 0;
  frame.poll = fields.poll ?? 0;
  frame.precision = fields.precision ?? 0;
  frame.rootDelay = fields.rootDelay ?? 0;
  frame.rootDispersion = fields.rootDispersion ?? 0;
  frame.referenceId = parseNtpReference(fields.referenceId ?? 0);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(NtpField.Reference, fields.reference ?? 0n);
  view.setBigUint64(NtpField.Origin, fields.origin ?? 0n);
  view.setBigUint64(NtpField.Receive, fields.receive ?? 0n);
  view.setBigUint64(NtpField.Transmit, fields.transmit ?? 0n);

  let position = ntpHeaderLength;
  for (const extension of extensions) {
    writeU16(bytes, position, extension.type);
    writeU16(bytes, position + 2, extensionLength(extension));
    bytes.set(extension.value, position + 4);
    position += extensionLength(extension);
  }
  bytes.set(mac, position);
  return bytes;
}

/** RFC 7822 §3: at least 16 bytes, a multiple of four. */
function extensionLength(extension: NtpExtension): number {
  return Math.max(16, (4 + extension.value.length + 3) & ~3);
}

/**
 * A reference identifier as a number: four ASCII characters, left-justified and padded with zeros (RFC 5905 §7.3).
 *
 * @param value A number in host order, given back as it is, or one to four printable ASCII characters.
 * @returns The 32 bits, host order.
 * @throws {TypeError} When the text is not that.
 * @throws {RangeError} When the number is not an integer from 0 to 2^32 - 1.
 * @example
 * ```ts
 * import { parseNtpReference } from "@octet/ntp";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(parseNtpReference("PPS"), 0x50505300);
 * ```
 */
export function parseNtpReference(value: number | string): number {
  if (typeof value === "number") {
    if (value >>> 0 !== value) {
      throw new RangeError(
        `Cannot use ${value} as reference identifier as it is no unsigned 32-bit number`,
      );
    }
    return value;
  }
  if (!/^[\x21-\x7e]{1,4}$/.test(value)) {
    throw new TypeError(
      `Cannot use ${
        JSON.stringify(value)
      } as reference identifier as it is not one to four ASCII characters`,
    );
  }
  const bytes = new Uint8Array(4);
  for (let i = 0; i < value.length; i++) bytes[i] = value.charCodeAt(i);
  return new DataView(bytes.buffer).getUint32(0);
}

/**
 * A reference identifier as text: a kiss code for stratum 0 and a source's name for stratum 1, both
 * ASCII, otherwise the address of the server's own server (RFC 5905 §7.3).
 *
 * @param referenceId The 32 bits, host order.
 * @param stratum The packet's stratum.
 * @returns The text; characters that are not printable come out as `.`, an identifier of zeros as "".
 * @example
 * ```ts
 * import { formatNtpReference } from "@octet/ntp";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(formatNtpReference(0x47505300, 1), "GPS");
 * assertEquals(formatNtpReference(0x0a4d0001, 3), "10.77.0.1");
 * ```
 */
export function formatNtpReference(referenceId: number, stratum: number): string {
  if (stratum >= 2) return formatIpv4(referenceId);
  const bytes = new Uint8Array(4);
  writeU32(bytes, 0, referenceId);
  let length = 4;
  while (length > 0 && bytes[length - 1] === 0) length--;
  let text = "";
  for (let i = 0; i < length; i++) {
    const byte = bytes[i]!;
    text += byte > 0x20 && byte < 0x7f ? String.fromCharCode(byte) : ".";
  }
  return text;
}
