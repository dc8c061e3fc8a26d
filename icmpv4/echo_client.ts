/**
 * An echo client: what `ping` and `traceroute` do, without I/O.
 *
 * @module
 */
import { ipv4HeaderLength } from "@octet/ipv4/frame";
import { ipv4MaximumOptions } from "@octet/ipv4/option-encode";
import { BaseNode, checksum, type Packet, readU16, Verdict, writeU16, writeU32 } from "@octet/wire";
import { icmpv4HeaderLength } from "./frame.ts";
import { Icmpv4Type } from "./message_type.ts";

/** How an {@linkcode EchoClient} is set up. */
export interface EchoClientOptions {
  /** Whom to ask, host order. */
  readonly destination: number;
  /** The source address, host order; 0, or left out, leaves it to the IP layer. */
  readonly source?: number;
  /** Which requests are this client's, 1 to 65,535; a random free one when left out. */
  readonly identifier?: number;
  /** How many bytes each request carries behind the ICMP header, 0 to 65,507; 56 when left out. */
  readonly length?: number;
  /** Time to live of the requests; the stack's default when left out. */
  readonly hopLimit?: number;
  /** The type-of-service octet; 0 when left out. */
  readonly trafficClass?: number;
  /** Whether the requests may be fragmented; `true` when left out. */
  readonly mayFragment?: boolean;
  /** IPv4 options of the requests, a multiple of four up to 40 bytes: record route, timestamp. None when left out. */
  readonly options?: Uint8Array;
  /** Called when a result can be taken. */
  readonly onResult?: () => void;
}

/** What became of a request. */
export interface EchoResult {
  /** `reply`, or `error` when somebody on the way reported one. */
  readonly kind: "reply" | "error";
  /** The request's sequence number. */
  readonly sequence: number;
  /** Who answered, host order. */
  readonly source: number;
  /** The round-trip time in milliseconds, by the `now` of sending and receiving. */
  readonly roundTripTime: number;
  /** The time to live the answer arrived with. */
  readonly hopLimit: number;
  /** How many bytes the reply carried behind the ICMP header; 0 for an error. */
  readonly length: number;
  /** Whether the same request was answered before. */
  readonly isDuplicate: boolean;
  /** The ICMP type. */
  readonly type: number;
  /** The ICMP code. */
  readonly code: number;
  /** The 32 bits behind the ICMP checksum of an error. */
  readonly info: number;
  /** The IPv4 options that a reply came with, to be read with `Ipv4Options`; empty when it had none. */
  readonly options: Uint8Array;
}

/** How many of the latest requests can still be matched. */
const window = 1024;
const resultLimit = 256;
const fields = 9;
const noOptions = new Uint8Array(0);

/**
 * Sends echo requests when told to, and matches what comes back. Register it in an {@linkcode Icmpv4}
 * node. It repeats nothing and has no timeout: who asks decides how long to wait.
 */
export class EchoClient extends BaseNode {
  /** Whom to ask, host order. */
  readonly destination: number;
  /** Time to live of the next requests; 0 for the stack's default. */
  hopLimit: number;
  /** The type-of-service octet of the next requests. */
  trafficClass: number;
  /** How many bytes the next requests carry behind the ICMP header. */
  length: number;
  /** How many requests were sent. */
  sent = 0;
  /** How many answers were lost as nobody took the results in time. */
  dropped = 0;

  readonly #source: number;
  readonly #mayFragment: boolean;
  readonly #options: Uint8Array;
  /** The options of replies that wait, by where their result stands. */
  readonly #replyOptions: Map<number, Uint8Array> = new Map();
  readonly #onResult: (() => void) | undefined;
  /** When each of the latest requests was sent, by sequence number modulo the window. */
  readonly #sentAt: Float64Array<ArrayBuffer> = new Float64Array(window).fill(-Infinity);
  readonly #sequences: Int32Array<ArrayBuffer> = new Int32Array(window).fill(-1);
  readonly #isAnswered: Uint8Array<ArrayBuffer> = new Uint8Array(window);
  #results: Float64Array<ArrayBuffer> = new Float64Array(0);
  #head = 0;
  #count = 0;
  #next = 1;
  #wanted = 0;

  /**
   * Makes a client that has not asked yet.
   *
   * @throws {RangeError} When identifier, length or hop limit are out of range.
   */
  constructor(options: EchoClientOptions) {
    super();
    const { identifier = 0, length = 56, hopLimit = 0 } = options;
    if (!(Number.isInteger(identifier) && identifier >= 0 && identifier <= 0xffff)) {
      throw new RangeError(`Cannot ping as identifier ${identifier} is not from 1 to 65535`);
    }
    if (!(Number.isInteger(length) && length >= 0 && length <= 65_507)) {
      throw new RangeError(`Cannot ping as length ${length} is not from 0 to 65507`);
    }
    if (!(Number.isInteger(hopLimit) && hopLimit >= 0 && hopLimit <= 255)) {
      throw new RangeError(`Cannot ping as time to live ${hopLimit} is not from 1 to 255`);
    }
    const { options: ipOptions = noOptions } = options;
    if (ipOptions.length > ipv4MaximumOptions || ipOptions.length % 4 !== 0) {
      throw new RangeError(
        `Cannot ping as ${ipOptions.length} bytes of options are not a multiple of four up to 40`,
      );
    }
    this.protocol = 1;
    this.localPort = identifier;
    this.#options = ipOptions;
    this.destination = options.destination;
    this.hopLimit = hopLimit;
    this.trafficClass = options.trafficClass ?? 0;
    this.length = length;
    this.#source = options.source ?? 0;
    this.#mayFragment = options.mayFragment ?? true;
    this.#onResult = options.onResult;
  }

  /** Which requests are this client's; 0 before it is registered. */
  get identifier(): number {
    return this.localPort;
  }

  /** How many results can be taken. */
  get resultCount(): number {
    return this.#count;
  }

  /**
   * Asks once. The request leaves at the stack's next `egress`.
   *
   * @returns The request's sequence number.
   */
  request(): number {
    this.#wanted++;
    this.requestTurn();
    return (this.#next + this.#wanted - 1) & 0xffff;
  }

  /** Takes the oldest result; `null` when there is none. */
  takeResult(): EchoResult | null {
    if (this.#count === 0) return null;
    const results = this.#results;
    const at = fields * this.#head;
    const options = this.#replyOptions.get(at) ?? noOptions;
    this.#replyOptions.delete(at);
    this.#head = (this.#head + 1) % resultLimit;
    this.#count--;
    const type = results[at + 6]!;
    return {
      kind: type === Icmpv4Type.EchoReply ? "reply" : "error",
      sequence: results[at]!,
      source: results[at + 1]!,
      roundTripTime: results[at + 2]!,
      hopLimit: results[at + 3]!,
      length: results[at + 4]!,
      isDuplicate: results[at + 5] === 1,
      type,
      code: results[at + 7]!,
      info: results[at + 8]!,
      options,
    };
  }

  /** Takes an echo reply with this client's identifier; see {@linkcode BaseNode.demux}. */
  override demux(packet: Packet, offset: number, end: number, now: number): Verdict {
    const sequence = readU16(packet.bytes, offset + 6);
    const slot = sequence % window;
    if (this.#sequences[slot] !== sequence) return Verdict.Unexpected;
    const isDuplicate = this.#isAnswered[slot]!;
    this.#isAnswered[slot] = 1;
    const length = end - offset - icmpv4HeaderLength;
    this.#keepOptions(packet);
    return this.#keep(
      sequence,
      packet.source,
      now,
      packet.hopLimit,
      length,
      isDuplicate,
      Icmpv4Type.EchoReply,
      0,
      0,
    );
  }

  /** Takes an error about one of this client's requests; `packet.nextHop` is who reports. */
  takeError(
    type: number,
    code: number,
    info: number,
    packet: Packet,
    sequence: number,
    now: number,
  ): void {
    if ((packet.destination | 0) !== (this.destination | 0)) return;
    if (this.#sequences[sequence % window] !== sequence) return;
    this.#keep(sequence, packet.nextHop, now, packet.hopLimit, 0, 0, type, code, info);
  }

  /** Writes a request that was asked for; see {@linkcode BaseNode.encapsulate}. */
  override encapsulate(packet: Packet, _ipOffset: number, offset: number, now: number): number {
    if (this.#wanted === 0) return 0;
    const options = this.#options;
    const total = options.length + icmpv4HeaderLength + this.length;
    if (offset + total > packet.bytes.length) {
      this.requestTurn();
      return -total;
    }
    this.#wanted--;
    const sequence = this.#next;
    this.#next = (sequence + 1) & 0xffff;
    const slot = sequence % window;
    this.#sequences[slot] = sequence;
    this.#sentAt[slot] = now;
    this.#isAnswered[slot] = 0;
    this.sent++;
    const bytes = packet.bytes;
    for (let i = 0; i < options.length; i++) bytes[offset + i] = options[i]!;
    const at = offset + options.length;
    writeU32(bytes, at, Icmpv4Type.Echo << 24);
    writeU16(bytes, at + 4, this.localPort);
    writeU16(bytes, at + 6, sequence);
    for (let i = 0; i < this.length; i++) bytes[at + 8 + i] = i;
    writeU16(bytes, at + 2, checksum(bytes, at, offset + total));
    packet.optionsLength = options.length;
    packet.source = this.#source;
    packet.destination = this.destination;
    packet.hopLimit = this.hopLimit;
    packet.trafficClass = this.trafficClass;
    packet.mayFragment = this.#mayFragment;
    return total;
  }

  /** Sets the options of a reply aside for the result that is kept next. */
  #keepOptions(packet: Packet): void {
    const { bytes, networkOffset } = packet;
    const headerLength = (bytes[networkOffset]! & 0x0f) << 2;
    if (headerLength <= ipv4HeaderLength || this.#count === resultLimit) return;
    const at = fields * ((this.#head + this.#count) % resultLimit);
    const first = networkOffset + ipv4HeaderLength;
    this.#replyOptions.set(at, bytes.slice(first, networkOffset + headerLength));
  }

  #keep(
    sequence: number,
    source: number,
    now: number,
    hopLimit: number,
    length: number,
    isDuplicate: number,
    type: number,
    code: number,
    info: number,
  ): Verdict {
    if (this.#results.length === 0) this.#results = new Float64Array(fields * resultLimit);
    if (this.#count === resultLimit) {
      this.dropped++;
      return Verdict.QueueFull;
    }
    const results = this.#results;
    const at = fields * ((this.#head + this.#count++) % resultLimit);
    results[at] = sequence;
    results[at + 1] = source;
    results[at + 2] = now - this.#sentAt[sequence % window]!;
    results[at + 3] = hopLimit;
    results[at + 4] = length;
    results[at + 5] = isDuplicate;
    results[at + 6] = type;
    results[at + 7] = code;
    results[at + 8] = info;
    this.#onResult?.();
    return Verdict.Ok;
  }
}
