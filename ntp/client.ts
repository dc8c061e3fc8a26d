// The client: a burst of requests to one server, and the offset of its clock from ours (RFC 5905 §8 to §11).
//
// Getters say where it stands. `demux` is what the network does to it, `start` and `stop` what the application does,
// `encapsulate` and `deadline` what it wants. Its wall clock is a function of `now`, given at construction.

import { BaseNode, type Packet, type Random, randomBelow, Verdict, writeU32 } from "@octet/wire";
import { formatNtpReference } from "./fields.ts";
import { ClockFilter, clockTolerance } from "./filter.ts";
import { NtpField, NtpFrame, ntpHeaderLength, NtpLeap, NtpMode, ntpPort } from "./frame.ts";
import {
  copyNtpTimestamp,
  equalNtpTimestamps,
  isNtpTimestampZero,
  ntpDifference,
  writeNtpTimestamp,
} from "./timestamp.ts";

/** Where a client stands. */
export const NtpClientState = {
  /** Not asked to do anything yet, or stopped. */
  Idle: 0,
  /** Sends requests and waits for replies. */
  Measuring: 1,
  /** Done: {@linkcode NtpClient.result} holds the measurement. */
  Synchronized: 2,
  /** Done, without a result: {@linkcode NtpClient.failure} says why. */
  Failed: 3,
} as const;

/** One of the states of {@linkcode NtpClientState}. */
export type NtpClientState = (typeof NtpClientState)[keyof typeof NtpClientState];

/** Why a measurement failed. */
export const NtpFailure = {
  /** It did not. */
  None: "none",
  /** No usable reply in time. */
  Timeout: "timeout",
  /** The server answers, but says that it is not synchronised (leap 3, stratum 0 or 16 and above). */
  Unsynchronized: "unsynchronized",
  /** The server's distance to the primary reference is above the limit. */
  TooDistant: "too distant",
  /** Kiss-o'-death DENY or RSTR: the server must not be asked again (RFC 5905 §7.4). */
  Denied: "denied",
  /** Kiss-o'-death RATE, also after waiting longer. */
  RateLimited: "rate limited",
} as const;

/** One of the causes of {@linkcode NtpFailure}. */
export type NtpFailure = (typeof NtpFailure)[keyof typeof NtpFailure];

/** What a burst found out. */
export interface NtpMeasurement {
  /** The server's clock less ours, in milliseconds: add it to our time. */
  readonly offset: number;
  /** Round-trip delay of the best sample, in milliseconds, the server's own time taken out. */
  readonly delay: number;
  /** Largest error that clock readings and drift may have made, in milliseconds. */
  readonly dispersion: number;
  /** Root mean square of the samples' distance from the best offset, in milliseconds. */
  readonly jitter: number;
  /** Largest error relative to the primary reference, in milliseconds (RFC 5905 §11.2). */
  readonly rootDistance: number;
  /** The server's delay to the primary reference, in milliseconds. */
  readonly rootDelay: number;
  /** The server's dispersion to the primary reference, in milliseconds. */
  readonly rootDispersion: number;
  /** The server's stratum, 1 to 15. */
  readonly stratum: number;
  /** What the server is synchronised to: a source's name for stratum 1, an address above. */
  readonly reference: string;
  /** Announcement of a leap second. */
  readonly leap: NtpLeap;
  /** Precision of the server's clock, log2 of seconds. */
  readonly precision: number;
  /** How many samples this is made from. */
  readonly samples: number;
  /** When it was finished, in milliseconds on the clock of `now`. */
  readonly time: number;
}

/** What an {@linkcode NtpClient} is to know. */
export interface NtpClientOptions {
  /** The server's IPv4 address, host order. */
  readonly server: number;
  /** The wall clock: Unix milliseconds at a `now`. */
  readonly wallTime: (now: number) => number;
  /** Where cookies and the local port come from; must be hard to guess outside of tests. */
  readonly random: Random;
  /** The server's UDP port; 123. */
  readonly port?: number;
  /** Our UDP port; one of 49152 to 65535 at random (RFC 9109). */
  readonly localPort?: number;
  /** The version to speak, 1 to 4; 4. */
  readonly version?: number;
  /** Good samples wanted, 1 to 8; 4. */
  readonly samples?: number;
  /** Time between requests of the burst, in milliseconds; 2000 (RFC 5905 figure 27: BTIME). */
  readonly interval?: number;
  /** How long to wait for a reply, in milliseconds; 1000. */
  readonly timeout?: number;
  /** Requests that may stay without a usable reply before the burst ends; 3. */
  readonly retries?: number;
  /** Greatest root distance accepted, in milliseconds; 1500. */
  readonly maxRootDistance?: number;
  /** Log2 of seconds of our clock's precision; -20, a microsecond. */
  readonly precision?: number;
  /** Called when {@linkcode NtpClient.state} has changed. */
  readonly onChange?: () => void;
}

const RATE = 0x52415445;
const DENY = 0x44454e59;
const RSTR = 0x52535452;
/** RFC 5905 figure 5: MAXDISP, the dispersion that means "not synchronised", in milliseconds. */
const MAX_DISPERSION = 16_000;

/**
 * Measures the offset of one server's clock. A request carries nothing but version, mode and a random
 * number where the time of sending would stand, so it tells nothing of our clock and a blind
 * attacker cannot forge the reply.
 *
 * @example
 * ```ts
 * import { NtpClient, NtpClientState } from "@octet/ntp";
 * import { Packet, SeededRandom } from "@octet/wire";
 * import { assertEquals } from "@std/assert";
 *
 * const client = new NtpClient({
 *   server: 0x0a4d0001,
 *   wallTime: (now) => 1_700_000_000_000 + now,
 *   random: new SeededRandom(1),
 * });
 * client.start(0);
 * const packet = new Packet(1514);
 * assertEquals(client.encapsulate(packet, 0, 0, 0), 48);
 * assertEquals(packet.bytes[0], 0x23);
 * assertEquals(packet.destinationPort, 123);
 * assertEquals(client.state, NtpClientState.Measuring);
 * packet.release();
 * ```
 */
export class NtpClient extends BaseNode {
  /** The IP protocol: UDP. */
  override protocol = 17;
  /** The server's IPv4 address, host order. */
  readonly server: number;
  /** The server's UDP port. */
  readonly port: number;
  /** Replies dropped because they answer no request of ours, were seen before, or are malformed. */
  bogus = 0;
  /** Requests sent since {@linkcode NtpClient.start}. */
  sent = 0;

  #state: NtpClientState = NtpClientState.Idle;
  #failure: NtpFailure = NtpFailure.None;
  #result: NtpMeasurement | null = null;
  #denied = false;

  readonly #options: NtpClientOptions;
  readonly #random: Random;
  readonly #version: number;
  readonly #wanted: number;
  readonly #retries: number;
  readonly #timeout: number;
  readonly #precision: number;
  readonly #filter: ClockFilter = new ClockFilter();
  readonly #frame: NtpFrame = new NtpFrame();
  /** Eight bytes each: the cookie of the request under way, that of the last one answered, and T1. */
  readonly #cookie: Uint8Array = new Uint8Array(8);
  readonly #answered: Uint8Array = new Uint8Array(8);
  readonly #t1: Uint8Array = new Uint8Array(8);

  #waiting = false;
  #sentAt = 0;
  #due = Infinity;
  #interval: number;
  #wasted = 0;
  #lastTrouble: NtpFailure = NtpFailure.None;

  #stratum = 0;
  #leap: NtpLeap = NtpLeap.Unknown;
  #referenceId = 0;
  #serverPrecision = 0;
  #rootDelay = 0;
  #rootDispersion = 0;

  /**
   * Makes a client that is idle.
   *
   * @param options The server, the clock, the random numbers, and the pace.
   * @throws {RangeError} When a port, a version, a count or a time is out of its range.
   */
  constructor(options: NtpClientOptions) {
    super();
    this.#options = options;
    this.#random = options.random;
    this.server = checkInteger("server address", options.server, 1, 0xffff_ffff);
    this.port = checkInteger("port", options.port ?? ntpPort, 1, 65535);
    this.localPort = checkInteger(
      "local port",
      options.localPort ?? 49152 + randomBelow(options.random, 16384),
      1,
      65535,
    );
    this.#version = checkInteger("version", options.version ?? 4, 1, 4);
    this.#wanted = checkInteger("number of samples", options.samples ?? 4, 1, 8);
    this.#retries = checkInteger("number of retries", options.retries ?? 3, 0, 1000);
    this.#interval = checkInterval("interval", options.interval ?? 2000);
    this.#timeout = checkInterval("timeout", options.timeout ?? 1000);
    this.#precision = checkInteger("precision", options.precision ?? -20, -63, 0);
  }

  /** Where the client stands. */
  get state(): NtpClientState {
    return this.#state;
  }

  /** Why there is no result. */
  get failure(): NtpFailure {
    return this.#failure;
  }

  /** The measurement, `null` until there is one. */
  get result(): NtpMeasurement | null {
    return this.#result;
  }

  /** The time between requests in milliseconds; it doubles with every RATE the server sends. */
  get interval(): number {
    return this.#interval;
  }

  /**
   * Our wall clock with the measured offset added.
   *
   * @param now Milliseconds.
   * @returns Unix milliseconds; uncorrected while there is no result.
   */
  correctedTime(now: number): number {
    return this.#options.wallTime(now) + (this.#result === null ? 0 : this.#result.offset);
  }

  /**
   * Begins a burst; one that is under way begins anew. After DENY or RSTR nothing is sent any more
   * (RFC 5905 §7.4) and the client stays failed.
   *
   * @param now Milliseconds.
   */
  start(now: number): void {
    if (this.#denied) return;
    this.#filter.clear();
    this.#result = null;
    this.#failure = NtpFailure.None;
    this.#lastTrouble = NtpFailure.None;
    this.#waiting = false;
    this.#wasted = 0;
    // A server that has asked for patience gets it, over the end of a burst too.
    if (this.#due < now || this.#due === Infinity) this.#due = now;
    this.sent = 0;
    this.#enter(NtpClientState.Measuring);
    this.#arm(now);
  }

  /** Gives the burst up. */
  stop(): void {
    this.#waiting = false;
    this.wakeAt(Infinity);
    this.#enter(NtpClientState.Idle);
  }

  /** Sends the next request when it is due, and counts one that was not answered in time. */
  override encapsulate(packet: Packet, _ipOffset: number, offset: number, now: number): number {
    if (this.#state !== NtpClientState.Measuring) return 0;
    if (this.#waiting && now >= this.#sentAt + this.#timeout) {
      this.#waiting = false;
      this.#waste(NtpFailure.Timeout, now);
      if (this.#state !== NtpClientState.Measuring) return 0;
    }
    if (this.#waiting || now < this.#due) {
      this.#arm(now);
      return 0;
    }
    const frame = this.#frame;
    frame.reset(packet.bytes, offset, offset + ntpHeaderLength);
    frame.clear(NtpLeap.None, this.#version, NtpMode.Client);
    do {
      writeU32(this.#cookie, 0, this.#random.uint32());
      writeU32(this.#cookie, 4, this.#random.uint32());
    } while (isNtpTimestampZero(this.#cookie, 0));
    copyNtpTimestamp(this.#cookie, 0, packet.bytes, offset + NtpField.Transmit);
    writeNtpTimestamp(this.#t1, 0, this.#options.wallTime(now));
    this.#sentAt = now;
    this.#due = now + this.#interval;
    this.#waiting = true;
    this.sent++;
    packet.destination = this.server;
    packet.destinationPort = this.port;
    packet.source = 0;
    packet.sourcePort = this.localPort;
    this.#arm(now);
    return ntpHeaderLength;
  }

  /** Takes a reply. What does not carry the cookie of the request under way changes nothing (RFC 5905 §8, tests 1 to 3). */
  override demux(packet: Packet, offset: number, end: number, now: number): Verdict {
    if (packet.source !== this.server || packet.sourcePort !== this.port) return Verdict.NotForUs;
    const verdict = this.#check(packet.bytes, offset, end);
    if (verdict !== Verdict.Ok) {
      this.bogus++;
      return verdict;
    }
    const elapsed = now - this.#sentAt;
    this.#waiting = false;
    copyNtpTimestamp(this.#cookie, 0, this.#answered, 0);
    const frame = this.#frame;
    if (frame.stratum === 0) return this.#kiss(frame, now);
    if (frame.leap === NtpLeap.Unknown || frame.stratum > 15) {
      this.#waste(NtpFailure.Unsynchronized, now);
      return Verdict.Ok;
    }
    const rootDelay = frame.rootDelay;
    const rootDispersion = frame.rootDispersion;
    const transmit = offset + NtpField.Transmit;
    const receive = offset + NtpField.Receive;
    const reference = offset + NtpField.Reference;
    const bytes = packet.bytes;
    // RFC 5905 §8, tests 6 and 7: a clock set in the future, or too far from its source, is no clock.
    const future = !isNtpTimestampZero(bytes, reference) &&
      ntpDifference(bytes, transmit, bytes, reference) < 0;
    if (future || rootDelay / 2 + rootDispersion >= MAX_DISPERSION) {
      this.#waste(NtpFailure.Unsynchronized, now);
      return Verdict.BadValue;
    }

    this.#stratum = frame.stratum;
    this.#leap = frame.leap;
    this.#referenceId = frame.referenceId;
    this.#serverPrecision = frame.precision;
    this.#rootDelay = rootDelay;
    this.#rootDispersion = rootDispersion;

    // RFC 5905 §8: the offset is ((T2-T1)+(T3-T4))/2 and the delay (T4-T1)-(T3-T2), which makes the offset (T2-T1)-delay/2.
    // T4-T1 is taken from the monotonic clock, so that a step of the wall clock in between does no harm.
    const delay = elapsed - ntpDifference(bytes, transmit, bytes, receive);
    const sampleOffset = ntpDifference(bytes, receive, this.#t1, 0) - delay / 2;
    const resolution = 1000 * 2 ** this.#precision;
    const dispersion = resolution + 1000 * 2 ** Math.min(frame.precision, 0) +
      clockTolerance * elapsed;
    this.#filter.add(sampleOffset, Math.max(delay, resolution), dispersion, now);
    if (this.#filter.count >= this.#wanted) this.#finish(now);
    else this.#arm(now);
    return Verdict.Ok;
  }

  /** Whether the bytes are a server's reply to the request under way; aims the frame at them. */
  #check(bytes: Uint8Array, offset: number, end: number): Verdict {
    const frame = this.#frame;
    frame.reset(bytes, offset, end);
    const verdict = frame.validate();
    if (verdict !== Verdict.Ok) return verdict;
    if (frame.mode !== NtpMode.Server || frame.version > this.#version) return Verdict.Unexpected;
    const origin = offset + NtpField.Origin;
    if (isNtpTimestampZero(bytes, origin)) return Verdict.Unexpected;
    if (!this.#waiting || !equalNtpTimestamps(bytes, origin, this.#cookie, 0)) {
      return equalNtpTimestamps(bytes, origin, this.#answered, 0)
        ? Verdict.Duplicate
        : Verdict.Unexpected;
    }
    if (frame.hasMac || frame.isCryptoNak) return Verdict.Unsupported;
    // A kiss-o'-death may leave its timestamps empty; a time may not.
    if (frame.stratum !== 0) {
      if (isNtpTimestampZero(bytes, offset + NtpField.Transmit)) return Verdict.BadValue;
      if (isNtpTimestampZero(bytes, offset + NtpField.Receive)) return Verdict.BadValue;
    }
    return Verdict.Ok;
  }

  /** RFC 5905 §7.4: stop asking on DENY and RSTR, ask more slowly on RATE, otherwise take note that there is no time to be had. */
  #kiss(frame: NtpFrame, now: number): Verdict {
    const code = frame.referenceId;
    if (code === DENY || code === RSTR) {
      this.#denied = true;
      this.#fail(NtpFailure.Denied);
    } else if (code === RATE) {
      // At least double the interval, and no less than the poll interval asked for, within a day (RFC 5905 figure 5: MAXPOLL).
      const asked = 1000 * 2 ** Math.min(Math.max(frame.poll, 0), 17);
      this.#interval = Math.max(this.#interval * 2, asked);
      this.#due = now + this.#interval;
      if (this.#filter.count > 0) this.#finish(now);
      else this.#waste(NtpFailure.RateLimited, now);
    } else {
      this.#waste(NtpFailure.Unsynchronized, now);
    }
    return Verdict.Ok;
  }

  /** One request was in vain; when too many were, the burst ends with what it has. */
  #waste(cause: NtpFailure, now: number): void {
    this.#lastTrouble = cause;
    if (++this.#wasted <= this.#retries) this.#arm(now);
    else if (this.#filter.count > 0) this.#finish(now);
    else this.#fail(this.#lastTrouble);
  }

  #finish(now: number): void {
    const filter = this.#filter;
    filter.update(now);
    const rootDistance = (this.#rootDelay + filter.delay) / 2 + this.#rootDispersion +
      filter.dispersion + filter.jitter;
    if (rootDistance > (this.#options.maxRootDistance ?? 1500)) {
      this.#fail(NtpFailure.TooDistant);
      return;
    }
    this.#result = {
      offset: filter.offset,
      delay: filter.delay,
      dispersion: filter.dispersion,
      jitter: filter.jitter,
      rootDistance,
      rootDelay: this.#rootDelay,
      rootDispersion: this.#rootDispersion,
      stratum: this.#stratum,
      reference: formatNtpReference(this.#referenceId, this.#stratum),
      leap: this.#leap,
      precision: this.#serverPrecision,
      samples: filter.count,
      time: now,
    };
    this.wakeAt(Infinity);
    this.#enter(NtpClientState.Synchronized);
  }

  #fail(cause: NtpFailure): void {
    this.#failure = cause;
    this.wakeAt(Infinity);
    this.#enter(NtpClientState.Failed);
  }

  #arm(now: number): void {
    const time = this.#waiting ? this.#sentAt + this.#timeout : this.#due;
    if (time <= now) this.requestTurn();
    else this.wakeAt(time);
  }

  #enter(state: NtpClientState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#options.onChange?.();
  }
}

function checkInteger(what: string, value: number, least: number, most: number): number {
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new RangeError(
      `Cannot make NTP client as its ${what} must be an integer from ${least} to ${most}: it is ${value}`,
    );
  }
  return value;
}

function checkInterval(what: string, value: number): number {
  if (!(value >= 0 && value < Infinity)) {
    throw new RangeError(
      `Cannot make NTP client as its ${what} must be milliseconds from 0: it is ${value}`,
    );
  }
  return value;
}
