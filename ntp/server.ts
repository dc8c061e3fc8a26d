// The server: answers clients, holds no state of them beyond the bounded table of the rate limiter (RFC 5905 §9.2).

import { BaseNode, type Packet, readI32, Verdict, writeU32 } from "@octet/wire";
import { parseNtpReference } from "./fields.ts";
import { NtpField, NtpFrame, ntpHeaderLength, NtpLeap, NtpMode, ntpPort } from "./frame.ts";
import { RateDecision, RateLimiter } from "./rate_limiter.ts";
import { writeNtpTimestamp } from "./timestamp.ts";

/** What an {@linkcode NtpServer} is to know. */
export interface NtpServerOptions {
  /** The wall clock: Unix milliseconds at a `now`. */
  readonly wallTime: (now: number) => number;
  /** The UDP port; 123. */
  readonly port?: number;
  /** The stratum, 1 to 16; 1. From 16 on the server says that it is not synchronised. */
  readonly stratum?: number;
  /** The reference identifier: up to four ASCII characters for stratum 1, an IPv4 address above; "LOCL". */
  readonly referenceId?: number | string;
  /** Precision of the clock, log2 of seconds; -20, a microsecond. */
  readonly precision?: number;
  /** Least average time between requests of one address, in milliseconds; 2000. 0 switches the limit off. */
  readonly rateInterval?: number;
  /** Requests that one address may send at once; 8. */
  readonly rateBurst?: number;
  /** Addresses whose rate is remembered, a power of two; 1024. */
  readonly rateTable?: number;
  /** Replies that may wait to be sent, a power of two; 64. */
  readonly queue?: number;
}

const RATE = 0x52415445;
const INIT = 0x494e4954;

/** Bytes kept of a request that waits for its reply: flags, then origin and receive timestamps. */
const SLOT = 20;
const Flag = { Kiss: 1, CryptoNak: 2 } as const;

/**
 * A server on port 123. What describes its clock are plain fields that may be set at any time, so
 * that a client's measurement can be passed on to clients of our own.
 *
 * @example
 * ```ts
 * import { encodeNtp, NtpFrame, NtpMode, NtpServer } from "@octet/ntp";
 * import { Packet, Verdict } from "@octet/wire";
 * import { assertEquals } from "@std/assert";
 *
 * const server = new NtpServer({ wallTime: (now) => 1_700_000_000_000 + now, stratum: 3 });
 * const packet = new Packet(1514);
 * packet.bytes.set(encodeNtp({ transmit: 42n }));
 * packet.source = 0x0a4d0002;
 * packet.sourcePort = 50000;
 * packet.destination = 0x0a4d0001;
 * assertEquals(server.demux(packet, 0, 48, 0), Verdict.Ok);
 *
 * assertEquals(server.encapsulate(packet, 0, 0, 0), 48);
 * assertEquals(packet.destination, 0x0a4d0002);
 * const frame = new NtpFrame();
 * frame.reset(packet.bytes, 0, 48);
 * assertEquals(frame.mode, NtpMode.Server);
 * assertEquals(frame.stratum, 3);
 * packet.release();
 * ```
 */
export class NtpServer extends BaseNode {
  /** The IP protocol: UDP. */
  override protocol = 17;
  /** The stratum; from 16 on, 0 with leap indicator 3 is sent (RFC 5905 §7.3). */
  stratum: number;
  /** The leap indicator; 3 says that the clock is not synchronised. */
  leap: NtpLeap = NtpLeap.None;
  /** The reference identifier, host order. */
  referenceId: number;
  /** Precision of the clock, log2 of seconds. */
  precision: number;
  /** Delay to the primary reference, in milliseconds. */
  rootDelay = 0;
  /** Dispersion to the primary reference, in milliseconds. */
  rootDispersion = 0;
  /** When the clock was last set, Unix milliseconds; NaN stands for "just now". */
  referenceTime: number = NaN;
  /** Requests answered with the time. */
  answered = 0;
  /** Requests answered with a kiss-o'-death. */
  kissed = 0;
  /** Requests not answered: malformed, of another mode, too frequent, or too many at once. */
  dropped = 0;

  readonly #wallTime: (now: number) => number;
  readonly #limiter: RateLimiter | null;
  readonly #frame: NtpFrame = new NtpFrame();
  readonly #mask: number;
  /** The replies that wait, a ring: addresses and ports, and what their packets need. */
  readonly #clients: Float64Array;
  readonly #locals: Float64Array;
  readonly #ports: Uint16Array;
  readonly #slots: Uint8Array;
  #head = 0;
  #waiting = 0;

  /**
   * Makes a server.
   *
   * @param options The clock, and how it is to be presented.
   * @throws {RangeError} When a number is out of its range.
   * @throws {TypeError} When the reference identifier's text is not one to four ASCII characters.
   */
  constructor(options: NtpServerOptions) {
    super();
    this.#wallTime = options.wallTime;
    this.localPort = check("port", options.port ?? ntpPort, 1, 65535);
    this.stratum = check("stratum", options.stratum ?? 1, 1, 255);
    this.referenceId = parseNtpReference(options.referenceId ?? "LOCL");
    this.precision = check("precision", options.precision ?? -20, -128, 127);
    const interval = options.rateInterval ?? 2000;
    this.#limiter = interval === 0
      ? null
      : new RateLimiter(options.rateTable ?? 1024, interval, options.rateBurst ?? 8);
    const queue = check("queue", options.queue ?? 64, 1, 65536);
    if ((queue & (queue - 1)) !== 0) {
      throw new RangeError(
        `Cannot make NTP server as its queue must be a power of two: it is ${queue}`,
      );
    }
    this.#mask = queue - 1;
    this.#clients = new Float64Array(queue);
    this.#locals = new Float64Array(queue);
    this.#ports = new Uint16Array(queue);
    this.#slots = new Uint8Array(queue * SLOT);
  }

  /** Takes a request, with the time that it came. */
  override demux(packet: Packet, offset: number, end: number, now: number): Verdict {
    const verdict = this.#admit(packet, offset, end, now);
    if (verdict !== Verdict.Ok) this.dropped++;
    return verdict;
  }

  /** Writes the reply that has waited longest. */
  override encapsulate(packet: Packet, _ipOffset: number, offset: number, now: number): number {
    if (this.#waiting === 0) return 0;
    const index = this.#head;
    this.#head = (index + 1) & this.#mask;
    this.#waiting--;
    const slot = index * SLOT;
    const slots = this.#slots;
    const flags = slots[slot]!;
    const length = ntpHeaderLength + ((flags & Flag.CryptoNak) !== 0 ? 4 : 0);
    const frame = this.#frame;
    frame.reset(packet.bytes, offset, offset + length);
    if ((flags & Flag.Kiss) !== 0) this.#writeKiss(frame, slot);
    else this.#writeTime(frame, slot, now);
    for (let i = 0; i < 16; i++) packet.bytes[offset + NtpField.Origin + i] = slots[slot + 4 + i]!;
    writeNtpTimestamp(packet.bytes, offset + NtpField.Transmit, this.#wallTime(now));
    if (length > ntpHeaderLength) writeU32(packet.bytes, offset + ntpHeaderLength, 0);
    packet.destination = this.#clients[index]!;
    packet.destinationPort = this.#ports[index]!;
    packet.source = this.#locals[index]!;
    packet.sourcePort = this.localPort;
    if (this.#waiting > 0) this.requestTurn();
    return length;
  }

  #admit(packet: Packet, offset: number, end: number, now: number): Verdict {
    const frame = this.#frame;
    frame.reset(packet.bytes, offset, end);
    const verdict = frame.validate();
    if (verdict !== Verdict.Ok) return verdict;
    // Version 1 had no modes: its clients send 0 (RFC 4330 §5).
    const asks = frame.mode === NtpMode.Client ||
      (frame.mode === NtpMode.Reserved && frame.version === 1);
    if (!asks) return Verdict.Unsupported;
    // A reply to these would go to many, or to nobody.
    const source = packet.source;
    if (
      packet.isLinkBroadcast || source === 0 || source >= 0xe000_0000 || packet.sourcePort === 0
    ) {
      return Verdict.Filtered;
    }
    let flags = 0;
    if (this.#limiter !== null) {
      const decision = this.#limiter.take(source, now);
      if (decision === RateDecision.Drop) return Verdict.Filtered;
      if (decision === RateDecision.Kiss) flags |= Flag.Kiss;
    }
    if (this.#waiting > this.#mask) return Verdict.QueueFull;
    // We hold no keys, so that a MAC cannot be verified, and say so (RFC 5905 §9.2).
    if (frame.hasMac) flags |= Flag.CryptoNak;
    const index = (this.#head + this.#waiting++) & this.#mask;
    const slot = index * SLOT;
    const slots = this.#slots;
    slots[slot] = flags;
    slots[slot + 1] = frame.version;
    slots[slot + 2] = frame.poll;
    for (let i = 0; i < 8; i++) slots[slot + 4 + i] = packet.bytes[offset + NtpField.Transmit + i]!;
    writeNtpTimestamp(slots, slot + 12, this.#wallTime(now));
    this.#clients[index] = source;
    this.#ports[index] = packet.sourcePort;
    this.#locals[index] = packet.destination;
    this.requestTurn();
    return Verdict.Ok;
  }

  #writeTime(frame: NtpFrame, slot: number, now: number): void {
    const synchronized = this.stratum < 16 && this.leap !== NtpLeap.Unknown;
    const leap = synchronized ? this.leap : NtpLeap.Unknown;
    frame.clear(leap, this.#slots[slot + 1]!, NtpMode.Server);
    frame.stratum = synchronized ? this.stratum : 0;
    frame.poll = this.#slots[slot + 2]!;
    frame.precision = this.precision;
    frame.rootDelay = this.rootDelay;
    frame.rootDispersion = this.rootDispersion;
    frame.referenceId = synchronized ? this.referenceId : INIT;
    if (synchronized) {
      // The reference time comes before the receive timestamp even when it is "now": a client refuses a clock set in its future.
      if (Number.isNaN(this.referenceTime)) this.#copyReceive(frame, slot);
      else {frame.setTimestamp(
          NtpField.Reference,
          Math.min(this.referenceTime, this.#wallTime(now)),
        );}
    }
    this.answered++;
  }

  #writeKiss(frame: NtpFrame, slot: number): void {
    frame.clear(NtpLeap.Unknown, this.#slots[slot + 1]!, NtpMode.Server);
    const poll = this.#slots[slot + 2]! << 24 >> 24;
    frame.poll = Math.max(poll, this.#limiter!.pollExponent);
    frame.precision = this.precision;
    frame.referenceId = RATE;
    this.kissed++;
  }

  #copyReceive(frame: NtpFrame, slot: number): void {
    const at = frame.offset + NtpField.Reference;
    writeU32(frame.bytes, at, readI32(this.#slots, slot + 12));
    writeU32(frame.bytes, at + 4, readI32(this.#slots, slot + 16));
  }
}

function check(what: string, value: number, least: number, most: number): number {
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new RangeError(
      `Cannot make NTP server as its ${what} must be an integer from ${least} to ${most}: it is ${value}`,
    );
  }
  return value;
}
