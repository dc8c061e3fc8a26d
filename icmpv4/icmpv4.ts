/**
 * The ICMP node (RFC 792, RFC 1122 §3.2.2): answers echo requests, reports errors, hands errors that
 * others report to the transport concerned, and carries echo clients.
 *
 * @module
 */
import type { ErrorReporter } from "@octet/ipv4";
import * as ipv4Frame from "@octet/ipv4/frame";
import * as optionEncode from "@octet/ipv4/option-encode";
import * as optionRules from "@octet/ipv4/option-rules";
import { Ipv4Options } from "@octet/ipv4/options";
import { BranchNode, type Packet, type Random, randomBelow, Verdict } from "@octet/wire";
import * as wire from "@octet/wire";
import type { EchoClient } from "./echo_client.ts";
import * as frame from "./frame.ts";
import { Icmpv4Type } from "./message_type.ts";
import * as messageType from "./message_type.ts";
import { MessageQueue } from "./message_queue.ts";
import { TokenBucket } from "./token_bucket.ts";

// V8 folds constants of a module; what is imported it loads and checks at each use. See ARCHITECTURE.md.
const copyEchoedOptions = optionRules.copyEchoedOptions;
const ipv4HeaderLength = ipv4Frame.ipv4HeaderLength;
const ipv4MaximumOptions = optionEncode.ipv4MaximumOptions;
const readU16 = wire.readU16;
const readU32 = wire.readU32;
const writeU16 = wire.writeU16;
const writeU32 = wire.writeU32;
const { icmpv4HeaderLength } = frame;
const { isIcmpv4Error } = messageType;
const { BadChecksum, BadVersion, Filtered, NoPort, Ok, QueueFull, Short, Unsupported } = Verdict;
const {
  AddressMaskRequest,
  DestinationUnreachable,
  Echo,
  EchoReply,
  ParameterProblem,
  Redirect,
  SourceQuench,
  TimeExceeded,
  Timestamp,
  TimestampReply,
} = Icmpv4Type;

/** What the ICMP node needs of the IP layer. */
export interface IcmpNetwork {
  /** Whether datagrams to an address come back to us. */
  isLocal(address: number): boolean;
  /** Whether an address is a broadcast address. */
  isBroadcast(address: number): boolean;
  /** Whether datagrams for others are passed on, and their senders told when they cannot be. */
  readonly isForwarding: boolean;
  /** The time at `now` milliseconds as timestamp messages carry it: milliseconds since midnight UT. */
  timestamp(now: number): number;
  /** Hands an error to the transport that sent the quoted datagram. */
  deliverError(
    type: number,
    code: number,
    info: number,
    packet: Packet,
    offset: number,
    end: number,
    now: number,
  ): Verdict;
}

/** How an {@linkcode Icmpv4} node is set up. */
export interface Icmpv4Options {
  /** The IP layer. */
  readonly network: IcmpNetwork;
  /** For identifiers. */
  readonly random: Random;
  /** Whether echo requests are answered; `true` when left out. */
  readonly answersEcho?: boolean;
  /** Whether timestamp requests are answered, which tells our clock to anybody; `false` when left out. */
  readonly answersTimestamp?: boolean;
  /** About how many errors are reported a second; 1000 when left out. */
  readonly errorRate?: number;
  /** About how many errors are reported at once; 50 when left out. */
  readonly errorBurst?: number;
  /** How many messages wait to be sent at most; 256 when left out. */
  readonly queueLimit?: number;
  /** How many bytes of messages wait to be sent at most; 262,144 when left out. */
  readonly queueBytes?: number;
}

/** What an {@linkcode Icmpv4} node has counted; `Icmp` before the name gives that of Linux's `nstat`. */
export interface Icmpv4Counters {
  /** Messages received. */
  inMsgs: number;
  /** Messages that were malformed. */
  inErrors: number;
  /** Messages with a wrong checksum. */
  inCsumErrors: number;
  /** "Destination unreachable" received. */
  inDestUnreachs: number;
  /** "Time exceeded" received. */
  inTimeExcds: number;
  /** "Parameter problem" received. */
  inParmProbs: number;
  /** "Source quench" received; it is ignored (RFC 6633). */
  inSrcQuenchs: number;
  /** Redirects received; they are ignored. */
  inRedirects: number;
  /** Echo requests received. */
  inEchos: number;
  /** Echo replies received. */
  inEchoReps: number;
  /** Timestamp requests received. */
  inTimestamps: number;
  /** Address mask requests received; they are ignored (RFC 6918). */
  inAddrMasks: number;
  /** Messages sent. */
  outMsgs: number;
  /** Messages not sent as too many wait. */
  outErrors: number;
  /** Errors not reported as too many were reported lately. */
  outRateLimitGlobal: number;
  /** "Destination unreachable" sent. */
  outDestUnreachs: number;
  /** "Time exceeded" sent. */
  outTimeExcds: number;
  /** Redirects sent. */
  outRedirects: number;
  /** "Parameter problem" sent. */
  outParmProbs: number;
  /** Echo requests sent. */
  outEchos: number;
  /** Echo replies sent. */
  outEchoReps: number;
  /** Timestamp replies sent. */
  outTimestampReps: number;
}

/** RFC 1812 §4.3.2.3: an error is 576 bytes long at most, its own IP header included. */
const errorLimit = 576 - 20;

/** RFC 1812 §4.3.2.5: errors go out with precedence "internetwork control", as Linux does it. */
const errorTrafficClass = 0xc0;

/** RFC 792: a timestamp message has three times behind its header. */
const timestampLength = icmpv4HeaderLength + 12;

/** The ICMP node, child of an IP node, parent of echo clients. */
export class Icmpv4 extends BranchNode implements ErrorReporter {
  /** Whether echo requests are answered. */
  answersEcho: boolean;
  /** Whether timestamp requests are answered (RFC 1122 §3.2.2.8 leaves it open). */
  answersTimestamp: boolean;
  /** What was counted so far. */
  readonly counters: Icmpv4Counters = {
    inMsgs: 0,
    inErrors: 0,
    inCsumErrors: 0,
    inDestUnreachs: 0,
    inTimeExcds: 0,
    inParmProbs: 0,
    inSrcQuenchs: 0,
    inRedirects: 0,
    inEchos: 0,
    inEchoReps: 0,
    inTimestamps: 0,
    inAddrMasks: 0,
    outMsgs: 0,
    outErrors: 0,
    outRateLimitGlobal: 0,
    outDestUnreachs: 0,
    outTimeExcds: 0,
    outRedirects: 0,
    outParmProbs: 0,
    outEchos: 0,
    outEchoReps: 0,
    outTimestampReps: 0,
  };

  readonly #network: IcmpNetwork;
  readonly #random: Random;
  readonly #queue: MessageQueue;
  readonly #bucket: TokenBucket;
  readonly #clients: Map<number, EchoClient> = new Map();
  readonly #header: Uint8Array<ArrayBuffer> = new Uint8Array(icmpv4HeaderLength);
  readonly #cursor: Ipv4Options = new Ipv4Options();
  readonly #options: Uint8Array<ArrayBuffer> = new Uint8Array(ipv4MaximumOptions);

  /** Makes a node without clients. */
  constructor(options: Icmpv4Options) {
    super();
    this.protocol = 1;
    this.answersEcho = options.answersEcho ?? true;
    this.answersTimestamp = options.answersTimestamp ?? false;
    this.#network = options.network;
    this.#random = options.random;
    this.#queue = new MessageQueue(options.queueBytes ?? 262_144, options.queueLimit ?? 256);
    const { errorRate = 1000, errorBurst = 50 } = options;
    this.#bucket = new TokenBucket(errorRate, errorBurst, options.random);
  }

  /**
   * Adds an echo client; when its identifier is 0 it gets a random free one.
   *
   * @throws {RangeError} When another client has the identifier.
   */
  register(client: EchoClient): void {
    if (client.localPort !== 0 && this.#clients.has(client.localPort)) {
      throw new RangeError(
        `Cannot register echo client as identifier ${client.localPort} is already taken`,
      );
    }
    if (this.#clients.size >= 0xffff) {
      throw new RangeError("Cannot register echo client as all 65535 identifiers are taken");
    }
    let identifier = client.localPort || 1 + randomBelow(this.#random, 0xffff);
    while (this.#clients.has(identifier)) identifier = identifier % 0xffff + 1;
    client.attach(this);
    client.localPort = identifier;
    this.#clients.set(identifier, client);
  }

  /** Takes an echo client away. */
  unregister(client: EchoClient): void {
    if (this.#clients.get(client.localPort) !== client) return;
    this.#clients.delete(client.localPort);
    client.detach();
  }

  /** Takes a message; see {@linkcode BaseNode.demux}. */
  override demux(packet: Packet, offset: number, end: number, now: number): Verdict {
    const counters = this.counters;
    counters.inMsgs++;
    if (end - offset < icmpv4HeaderLength) {
      counters.inErrors++;
      return Short;
    }
    if (!packet.checksumVerified && packet.sum(offset, end, 0) !== 0xffff) {
      counters.inCsumErrors++;
      counters.inErrors++;
      return BadChecksum;
    }
    const type = packet.bytes[offset]!;
    switch (type) {
      case Echo:
        counters.inEchos++;
        return this.#takeEcho(packet, offset, end);
      case EchoReply:
        counters.inEchoReps++;
        return this.#takeEchoReply(packet, offset, end, now);
      case DestinationUnreachable:
        counters.inDestUnreachs++;
        return this.#takeError(type, packet, offset, end, now);
      case TimeExceeded:
        counters.inTimeExcds++;
        return this.#takeError(type, packet, offset, end, now);
      case ParameterProblem:
        counters.inParmProbs++;
        return this.#takeError(type, packet, offset, end, now);
      case Timestamp:
        counters.inTimestamps++;
        return this.#takeTimestamp(packet, offset, end, now);
      case AddressMaskRequest:
        // RFC 1122 §3.2.2.9: only who is told to be an authority on it answers; RFC 6918 deprecates it.
        counters.inAddrMasks++;
        return Unsupported;
      case SourceQuench:
        // RFC 6633 §3: silently ignored.
        counters.inSrcQuenchs++;
        return Filtered;
      case Redirect:
        // Nobody proves on a LAN that he is the router; hosts may ignore redirects (RFC 1122 §3.2.2.2).
        counters.inRedirects++;
        return Filtered;
      default:
        return Unsupported;
    }
  }

  /** Writes the next reply, error or request; see {@linkcode BaseNode.encapsulate}. */
  override encapsulate(packet: Packet, ipOffset: number, offset: number, now: number): number {
    const queue = this.#queue;
    if (queue.count > 0) {
      const length = queue.nextLength;
      if (offset + length > packet.bytes.length) {
        this.requestTurn();
        this.hasMore = true;
        return -length;
      }
      packet.mayFragment = true;
      this.hasMore = true;
      queue.take(packet, offset);
      this.#countSent(packet.bytes[offset + packet.optionsLength]!);
      return length;
    }
    const length = this.giveTurns(packet, ipOffset, offset, now);
    if (length > 0) this.#countSent(Echo);
    return length;
  }

  /** Sends an error about a datagram; see {@linkcode ErrorReporter.reportError}. */
  reportError(
    type: number,
    code: number,
    info: number,
    packet: Packet,
    offset: number,
    end: number,
    now: number,
  ): void {
    const bytes = packet.bytes;
    const payload = offset + ((bytes[offset]! & 0x0f) << 2);
    if (packet.isLinkBroadcast || !this.#mayReportTo(packet.source | 0)) return;
    const isTransit = !this.#network.isLocal(packet.destination | 0);
    if (isTransit && !this.#network.isForwarding) return;
    if ((readU16(bytes, offset + 6) & 0x1fff) !== 0) return;
    if (bytes[offset + 9] === this.protocol) {
      if (payload >= end || isIcmpv4Error(bytes[payload]!)) return;
    }
    if (!this.#bucket.take(now)) {
      this.counters.outRateLimitGlobal++;
      return;
    }
    const quoteEnd = Math.min(end, offset + errorLimit - icmpv4HeaderLength);
    const header = this.#header;
    header[0] = type;
    header[1] = code;
    writeU32(header, 4, info);
    const sum = (type << 8) + code + (info >>> 16) + (info & 0xffff);
    writeU16(header, 2, ~packet.sum(offset, quoteEnd, sum));
    // RFC 1812 §4.3.2.4: a router speaks from the interface by which the error leaves; the route there tells.
    const { destination } = packet;
    if (isTransit) packet.destination = 0;
    this.#push(packet, offset, quoteEnd, errorTrafficClass, 0);
    packet.destination = destination;
  }

  /** Hands an error about an echo request to its client. */
  networkError(
    type: number,
    code: number,
    info: number,
    packet: Packet,
    offset: number,
    _end: number,
    now: number,
  ): void {
    if (packet.bytes[offset] !== Echo) return;
    const client = this.#clients.get(readU16(packet.bytes, offset + 4));
    client?.takeError(type, code, info, packet, readU16(packet.bytes, offset + 6), now);
  }

  #takeEcho(packet: Packet, offset: number, end: number): Verdict {
    // RFC 1122 §3.2.2.6: an echo request to a broadcast or multicast address may be discarded.
    if (packet.isLinkBroadcast || !this.answersEcho) return Filtered;
    const bytes = packet.bytes;
    const header = this.#header;
    for (let i = 0; i < icmpv4HeaderLength; i++) header[i] = bytes[offset + i]!;
    header[0] = EchoReply;
    // RFC 1624: the type went from 8 to 0, and the checksum with it.
    const sum = readU16(bytes, offset + 2) + 0x0800;
    writeU16(header, 2, (sum & 0xffff) + (sum >>> 16));
    return this.#answer(packet, offset + icmpv4HeaderLength, end);
  }

  #takeTimestamp(packet: Packet, offset: number, end: number, now: number): Verdict {
    if (packet.isLinkBroadcast || !this.answersTimestamp) return Filtered;
    if (end - offset < timestampLength) {
      this.counters.inErrors++;
      return Short;
    }
    const bytes = packet.bytes;
    const header = this.#header;
    for (let i = 0; i < icmpv4HeaderLength; i++) header[i] = bytes[offset + i]!;
    header[0] = TimestampReply;
    header[1] = 0;
    // What was asked is read no more; the times go where the reply's belong.
    const time = this.#network.timestamp(now);
    writeU32(bytes, offset + 12, time);
    writeU32(bytes, offset + 16, time);
    const start = offset + icmpv4HeaderLength;
    const stop = offset + timestampLength;
    const sum = (TimestampReply << 8) + readU16(bytes, offset + 4) +
      readU16(bytes, offset + 6);
    writeU16(header, 2, ~packet.sum(start, stop, sum));
    return this.#answer(packet, start, stop);
  }

  /** Queues the reply to a request: it goes back as the request came, with the options it brought. */
  #answer(packet: Packet, start: number, end: number): Verdict {
    const options = this.#echoedOptions(packet);
    return this.#push(packet, start, end, packet.trafficClass, options) ? Ok : QueueFull;
  }

  /** RFC 1122 §3.2.2.6: record route and timestamp come back whole; the IP layer enters us when the reply leaves. */
  #echoedOptions(packet: Packet): number {
    const { bytes, networkOffset } = packet;
    const headerLength = (bytes[networkOffset]! & 0x0f) << 2;
    if (headerLength <= ipv4HeaderLength) return 0;
    const cursor = this.#cursor;
    cursor.reset(bytes, networkOffset + ipv4HeaderLength, networkOffset + headerLength);
    return copyEchoedOptions(cursor, bytes, this.#options);
  }

  #takeEchoReply(packet: Packet, offset: number, end: number, now: number): Verdict {
    const client = this.#clients.get(readU16(packet.bytes, offset + 4));
    return client === undefined ? NoPort : client.demux(packet, offset, end, now);
  }

  #takeError(type: number, packet: Packet, offset: number, end: number, now: number): Verdict {
    if (packet.isLinkBroadcast) return Filtered;
    packet.nextHop = packet.source;
    const info = readU32(packet.bytes, offset + 4);
    const code = packet.bytes[offset + 1]!;
    const quote = offset + icmpv4HeaderLength;
    const verdict = this.#network.deliverError(type, code, info, packet, quote, end, now);
    if (verdict === Short || verdict === BadVersion) this.counters.inErrors++;
    return verdict;
  }

  /** RFC 1122 §3.2.2: errors go to a single host only. */
  #mayReportTo(source: number): boolean {
    const first = source >>> 24;
    return first !== 0 && first < 224 && !this.#network.isBroadcast(source) &&
      (first !== 127 || this.#network.isLocal(source));
  }

  /** Queues a message to whom the packet came from, from whom it went to. */
  #push(
    packet: Packet,
    offset: number,
    end: number,
    trafficClass: number,
    optionsLength: number,
  ): boolean {
    const options = this.#options;
    const queue = this.#queue;
    if (!queue.push(this.#header, packet, offset, end, trafficClass, options, optionsLength)) {
      this.counters.outErrors++;
      return false;
    }
    this.requestTurn();
    return true;
  }

  #countSent(type: number): void {
    const counters = this.counters;
    counters.outMsgs++;
    if (type === EchoReply) counters.outEchoReps++;
    else if (type === Echo) counters.outEchos++;
    else if (type === TimestampReply) counters.outTimestampReps++;
    else if (type === DestinationUnreachable) counters.outDestUnreachs++;
    else if (type === TimeExceeded) counters.outTimeExcds++;
    else if (type === Redirect) counters.outRedirects++;
    else counters.outParmProbs++;
  }
}
