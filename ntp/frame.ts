// The NTP packet header (RFC 5905 §7.3), with what may follow it: extension fields (RFC 7822) and a MAC.

import { readU16, readU32, Verdict, writeU32 } from "@octet/wire";
import { readNtpShort, readNtpTimestamp, writeNtpShort, writeNtpTimestamp } from "./timestamp.ts";

/** The UDP port of NTP servers. */
export const ntpPort = 123;

/** Association modes (RFC 5905 figure 10). */
export const NtpMode = {
  /** Reserved; NTP version 1 clients send it, as that version had no modes. */
  Reserved: 0,
  /** Symmetric active. */
  SymmetricActive: 1,
  /** Symmetric passive. */
  SymmetricPassive: 2,
  /** A client asks. */
  Client: 3,
  /** A server answers. */
  Server: 4,
  /** Broadcast. */
  Broadcast: 5,
  /** NTP control message (RFC 9327), another format altogether. */
  Control: 6,
  /** Reserved for private use. */
  Private: 7,
} as const;

/** One of the modes of {@linkcode NtpMode}. */
export type NtpMode = (typeof NtpMode)[keyof typeof NtpMode];

/** Leap indicator (RFC 5905 figure 9). */
export const NtpLeap = {
  /** No warning. */
  None: 0,
  /** The last minute of the day has 61 seconds. */
  Insert: 1,
  /** The last minute of the day has 59 seconds. */
  Delete: 2,
  /** The clock is not synchronised. */
  Unknown: 3,
} as const;

/** One of the values of {@linkcode NtpLeap}. */
export type NtpLeap = (typeof NtpLeap)[keyof typeof NtpLeap];

/** Where the four timestamps stand, relative to the header's first byte (RFC 5905 figure 8). */
export const NtpField = {
  /** When the sender's clock was last set. */
  Reference: 16,
  /** When the request left the client, on the client's clock: T1. */
  Origin: 24,
  /** When the request came to the server, on the server's clock: T2. */
  Receive: 32,
  /** When this packet left its sender, on the sender's clock: T3. */
  Transmit: 40,
} as const;

/** One of the timestamps of {@linkcode NtpField}. */
export type NtpField = (typeof NtpField)[keyof typeof NtpField];

/** Length of the header in bytes. */
export const ntpHeaderLength = 48;

/**
 * An NTP packet over `bytes[offset…end)`. `validate` comes first; after it says ok every getter
 * stays inside. Setters and getters work in place, in network byte order.
 *
 * @example
 * ```ts
 * import { encodeNtp, NtpFrame, NtpMode } from "@octet/ntp";
 * import { Verdict } from "@octet/wire";
 * import { assertEquals } from "@std/assert";
 *
 * const bytes = encodeNtp({ mode: NtpMode.Server, stratum: 2, rootDelay: 15.625 });
 * const frame = new NtpFrame();
 * frame.reset(bytes, 0, bytes.length);
 * assertEquals(frame.validate(), Verdict.Ok);
 * assertEquals(frame.stratum, 2);
 * assertEquals(frame.rootDelay, 15.625);
 * ```
 */
export class NtpFrame {
  /** The buffer. */
  bytes: Uint8Array = new Uint8Array(0);
  /** Where the header begins. */
  offset = 0;
  /** Where the packet ends (exclusive). */
  end = 0;
  /** Where the MAC begins, `end` when there is none; set by {@linkcode NtpFrame.validate}. */
  macOffset = 0;

  /**
   * Aims this view at a packet.
   *
   * @param bytes The buffer.
   * @param offset Where the header begins.
   * @param end Where the UDP payload ends (exclusive).
   */
  reset(bytes: Uint8Array, offset: number, end: number): void {
    this.bytes = bytes;
    this.offset = offset;
    this.end = end;
    this.macOffset = end;
  }

  /**
   * Checks the version, the length, and that extension fields and MAC fill the packet exactly
   * (RFC 5905 §7.3, RFC 7822 §3).
   *
   * @returns `Ok`; `Short` below 48 bytes; `BadVersion` outside 1 to 4; `Unsupported` for modes 6 and 7, whose
   *     format is another; `BadOption` where an extension field is malformed; `BadLength` where what is left is no MAC.
   */
  validate(): Verdict {
    const length = this.end - this.offset;
    if (length < 1) return Verdict.Short;
    const version = this.version;
    if (version === 0 || version > 4) return Verdict.BadVersion;
    if (this.mode >= NtpMode.Control) return Verdict.Unsupported;
    if (length < ntpHeaderLength) return Verdict.Short;
    let position = this.offset + ntpHeaderLength;
    if (version === 4) {
      // RFC 7822 §3: what is left is an extension field while it is longer than the longest MAC.
      while (this.end - position > 24) {
        const field = readU16(this.bytes, position + 2);
        if (field < 16 || (field & 3) !== 0 || field > this.end - position) {
          return Verdict.BadOption;
        }
        position += field;
      }
    }
    this.macOffset = position;
    const mac = this.end - position;
    if (mac === 0 || mac === 20 || mac === 24) return Verdict.Ok;
    // A crypto-NAK is a key identifier of zero alone; version 3 had a DES MAC of 64 bits (RFC 1305 appendix C).
    if (mac === 4 && readU32(this.bytes, position) === 0) return Verdict.Ok;
    if (mac === 12 && version < 4) return Verdict.Ok;
    return Verdict.BadLength;
  }

  /** Writes a header of zeros with this leap indicator, version and mode. */
  clear(leap: NtpLeap, version: number, mode: NtpMode): void {
    this.bytes.fill(0, this.offset, this.offset + ntpHeaderLength);
    this.bytes[this.offset] = leap << 6 | (version & 7) << 3 | mode;
  }

  /** The leap indicator. */
  get leap(): NtpLeap {
    return (this.bytes[this.offset]! >>> 6) as NtpLeap;
  }
  set leap(value: NtpLeap) {
    this.bytes[this.offset] = this.bytes[this.offset]! & 0x3f | value << 6;
  }

  /** The version number, 0 to 7. */
  get version(): number {
    return this.bytes[this.offset]! >>> 3 & 7;
  }
  set version(value: number) {
    this.bytes[this.offset] = this.bytes[this.offset]! & 0xc7 | (value & 7) << 3;
  }

  /** The association mode. */
  get mode(): NtpMode {
    return (this.bytes[this.offset]! & 7) as NtpMode;
  }
  set mode(value: NtpMode) {
    this.bytes[this.offset] = this.bytes[this.offset]! & 0xf8 | value;
  }

  /** The stratum: 1 a primary server, 2 to 15 secondary, 0 a kiss-o'-death or unspecified, 16 unsynchronised. */
  get stratum(): number {
    return this.bytes[this.offset + 1]!;
  }
  set stratum(value: number) {
    this.bytes[this.offset + 1] = value;
  }

  /** The poll exponent, log2 of seconds, signed. */
  get poll(): number {
    return this.bytes[this.offset + 2]! << 24 >> 24;
  }
  set poll(value: number) {
    this.bytes[this.offset + 2] = value;
  }

  /** The precision of the sender's clock, log2 of seconds, signed. */
  get precision(): number {
    return this.bytes[this.offset + 3]! << 24 >> 24;
  }
  set precision(value: number) {
    this.bytes[this.offset + 3] = value;
  }

  /** Round-trip delay to the primary reference, in milliseconds. */
  get rootDelay(): number {
    return readNtpShort(this.bytes, this.offset + 4);
  }
  set rootDelay(value: number) {
    writeNtpShort(this.bytes, this.offset + 4, value);
  }

  /** Dispersion to the primary reference, in milliseconds. */
  get rootDispersion(): number {
    return readNtpShort(this.bytes, this.offset + 8);
  }
  set rootDispersion(value: number) {
    writeNtpShort(this.bytes, this.offset + 8, value);
  }

  /** The reference identifier, host order: see {@linkcode formatNtpReference}. */
  get referenceId(): number {
    return readU32(this.bytes, this.offset + 12);
  }
  set referenceId(value: number) {
    writeU32(this.bytes, this.offset + 12, value);
  }

  /**
   * One of the four timestamps as Unix time.
   *
   * @param field Which.
   * @param pivotMs A time known to be within 68 years, Unix milliseconds; it chooses the era.
   * @returns Unix milliseconds.
   */
  timestamp(field: NtpField, pivotMs: number): number {
    return readNtpTimestamp(this.bytes, this.offset + field, pivotMs);
  }

  /**
   * Writes one of the four timestamps.
   *
   * @param field Which.
   * @param unixMs Unix milliseconds.
   */
  setTimestamp(field: NtpField, unixMs: number): void {
    writeNtpTimestamp(this.bytes, this.offset + field, unixMs);
  }

  /** Where the extension fields begin. */
  get payloadOffset(): number {
    return this.offset + ntpHeaderLength;
  }

  /** Where the extension fields end and the MAC begins. */
  get payloadEnd(): number {
    return this.macOffset;
  }

  /** Whether a MAC with a digest follows (RFC 5905 §7.3). */
  get hasMac(): boolean {
    return this.end - this.macOffset > 4;
  }

  /** Whether the packet ends in a crypto-NAK: the peer could not authenticate what it got (RFC 5905 §9.2). */
  get isCryptoNak(): boolean {
    return this.end - this.macOffset === 4;
  }

  /** The MAC's key identifier; 0 where there is no MAC. */
  get keyId(): number {
    return this.end === this.macOffset ? 0 : readU32(this.bytes, this.macOffset);
  }
}

/**
 * Walks over extension fields (RFC 7822 §3).
 *
 * @example
 * ```ts
 * import { encodeNtp, NtpExtensionCursor, NtpFrame } from "@octet/ntp";
 * import { Verdict } from "@octet/wire";
 * import { assertEquals } from "@std/assert";
 *
 * const bytes = encodeNtp({ extensions: [{ type: 0x0104, value: new Uint8Array(32) }] });
 * const frame = new NtpFrame();
 * frame.reset(bytes, 0, bytes.length);
 * assertEquals(frame.validate(), Verdict.Ok);
 * const cursor = new NtpExtensionCursor();
 * cursor.reset(bytes, frame.payloadOffset, frame.payloadEnd);
 * assertEquals(cursor.next(), true);
 * assertEquals(cursor.type, 0x0104);
 * assertEquals(cursor.valueEnd - cursor.valueOffset, 32);
 * assertEquals(cursor.next(), false);
 * ```
 */
export class NtpExtensionCursor {
  #bytes: Uint8Array = new Uint8Array(0);
  #position = 0;
  #end = 0;
  /** The current field's type. */
  type = 0;
  /** Where the current field's value begins. */
  valueOffset = 0;
  /** Where the current field's value ends (exclusive), padding included. */
  valueEnd = 0;
  /** `Ok` until a field is malformed; then `BadOption`, for good. */
  verdict: Verdict = Verdict.Ok;

  /**
   * Aims the cursor at a run of extension fields.
   *
   * @param bytes The buffer.
   * @param offset Where the first field begins: {@linkcode NtpFrame.payloadOffset}.
   * @param end Where the last one ends: {@linkcode NtpFrame.payloadEnd}.
   */
  reset(bytes: Uint8Array, offset: number, end: number): void {
    this.#bytes = bytes;
    this.#position = offset;
    this.#end = end;
    this.type = 0;
    this.valueOffset = offset;
    this.valueEnd = offset;
    this.verdict = Verdict.Ok;
  }

  /** Moves to the next field; `false` at the end and where {@linkcode NtpExtensionCursor.verdict} is not ok. */
  next(): boolean {
    const left = this.#end - this.#position;
    if (left <= 0 || this.verdict !== Verdict.Ok) return false;
    const length = left < 4 ? 0 : readU16(this.#bytes, this.#position + 2);
    if (length < 16 || (length & 3) !== 0 || length > left) {
      this.verdict = Verdict.BadOption;
      return false;
    }
    this.type = readU16(this.#bytes, this.#position);
    this.valueOffset = this.#position + 4;
    this.valueEnd = this.#position += length;
    return true;
  }
}
