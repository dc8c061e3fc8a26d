/**
 * A listener under a flood of SYNs: once its queue of handshakes is full it answers with cookies and
 * remembers nothing (RFC 4987 §3.6); who completes the handshake is let in.
 *
 * @module
 */
import { type Packet, writeU16, writeU32 } from "@octet/wire";
import type { TcpConnection } from "./connection.ts";
import { Ecn } from "./ecn.ts";
import { TcpFlag, tcpHeaderLength } from "./frame.ts";
import { takeSyn } from "./handshake.ts";
import { type KeyedHash, timestampOffset } from "./isn.ts";
import {
  writeMss,
  writeSackPermittedTimestamps,
  writeTimestamps,
  writeWindowScale,
} from "./options.ts";
import { Segment } from "./segment.ts";
import {
  makeCookie,
  openCookie,
  readOptions,
  stampOptions,
  type SynOptions,
} from "./syn_cookie.ts";
import { seqAdd } from "./seq.ts";
import type { TcpSettings } from "./settings.ts";

/** How many answers wait at most; what comes beyond in one turn is dropped, as a full card would. */
const capacity = 256;
/** Words of one entry: addresses, ports, cookie, acknowledgement, TSval, TSecr, flags with scale and MSS, window. */
const width = 9;
const hasTimestampsFlag = 1;
const sackFlag = 2;
const scaleFlag = 4;
const ecnFlag = 8;
/** Where in the same word our window shift stands. */
const scaleShift = 4;
/** Where in the same word our MSS stands. */
const mssShift = 16;
/** For how long after a cookie was sent acknowledgements are looked at for one, in milliseconds. */
const memory = 128_000;

/** The cookies of one stack. */
export class SynFlood {
  readonly #hash: KeyedHash;
  readonly #words: Int32Array = new Int32Array(capacity * width);
  readonly #syn: Segment = new Segment();
  readonly #options: SynOptions = { windowScale: -1, sackPermitted: false, ecn: false };
  #head = 0;
  #length = 0;
  #lastSent = -Infinity;

  /** Makes an idle guard. */
  constructor(hash: KeyedHash) {
    this.#hash = hash;
  }

  /** Whether no answer waits. */
  get isEmpty(): boolean {
    return this.#length === 0;
  }

  /**
   * Answers a SYN without remembering it.
   *
   * @param mss Our MSS towards the peer, in bytes.
   * @param settings Those of the connection that may come of it.
   * @returns `false` when too many answers wait.
   */
  answer(
    segment: Segment,
    local: number,
    remote: number,
    mss: number,
    settings: TcpSettings,
    now: number,
  ): boolean {
    if (this.#length === capacity) return false;
    const ports = (segment.destinationPort << 16) | segment.sourcePort;
    const cookie = makeCookie(
      this.#hash,
      local,
      remote,
      ports,
      segment.sequence,
      segment.mss === 0 ? 536 : segment.mss,
      now,
    );
    const options = this.#options;
    options.windowScale = settings.windowScaling ? segment.windowScale : -1;
    options.sackPermitted = settings.sack && segment.sackPermitted;
    options.ecn = settings.ecn !== "off" && Ecn.isSetupSyn(segment.flags);
    const clock = (Math.floor(now) + timestampOffset(this.#hash, local, remote)) | 0;
    const at = ((this.#head + this.#length++) % capacity) * width;
    const words = this.#words;
    words[at] = local;
    words[at + 1] = remote;
    words[at + 2] = ports;
    words[at + 3] = cookie;
    words[at + 4] = seqAdd(segment.sequence, 1);
    words[at + 5] = stampOptions(clock, options);
    words[at + 6] = segment.timestampValue;
    // Without a timestamp there is nowhere to keep the other options: they are not agreed to.
    const agreed = !(settings.timestamps && segment.hasTimestamps) ? 0 : hasTimestampsFlag |
      (options.sackPermitted ? sackFlag : 0) | (options.windowScale >= 0 ? scaleFlag : 0) |
      (options.ecn ? ecnFlag : 0);
    words[at + 7] = agreed | (settings.scale << scaleShift) | (mss << mssShift);
    words[at + 8] = Math.min(settings.receiveBuffer, 0xffff);
    this.#lastSent = now;
    return true;
  }

  /** Writes the oldest answer at `offset`; gives its length in bytes. */
  write(packet: Packet, offset: number): number {
    const words = this.#words;
    const at = this.#head * width;
    const { bytes } = packet;
    const agreed = words[at + 7]!;
    packet.source = words[at]! >>> 0;
    packet.destination = words[at + 1]! >>> 0;
    writeU32(bytes, offset, words[at + 2]!);
    writeU32(bytes, offset + 4, words[at + 3]!);
    writeU32(bytes, offset + 8, words[at + 4]!);
    let length: number = tcpHeaderLength;
    length += writeMss(bytes, offset + length, agreed >>> mssShift);
    if ((agreed & hasTimestampsFlag) !== 0) {
      const write = (agreed & sackFlag) !== 0 ? writeSackPermittedTimestamps : writeTimestamps;
      length += write(bytes, offset + length, words[at + 5]!, words[at + 6]!);
    }
    if ((agreed & scaleFlag) !== 0) {
      length += writeWindowScale(bytes, offset + length, (agreed >>> scaleShift) & 0xf);
    }
    bytes[offset + 12] = length << 2;
    bytes[offset + 13] = TcpFlag.Syn | TcpFlag.Ack | ((agreed & ecnFlag) !== 0 ? TcpFlag.Ece : 0);
    writeU16(bytes, offset + 14, words[at + 8]!);
    writeU16(bytes, offset + 18, 0);
    packet.startChecksum(6, offset, length, 16);
    this.#head = (this.#head + 1) % capacity;
    this.#length--;
    return length;
  }

  /**
   * Whether an acknowledgement that belongs to no connection answers one of our cookies. Gives the MSS
   * that the cookie tells, 0 when it does not.
   */
  open(segment: Segment, local: number, remote: number, now: number): number {
    if (now - this.#lastSent > memory) return 0;
    const ports = (segment.destinationPort << 16) | segment.sourcePort;
    const peerSequence = seqAdd(segment.sequence, -1);
    const cookie = seqAdd(segment.acknowledgment, -1);
    return openCookie(this.#hash, local, remote, ports, peerSequence, cookie, now);
  }

  /** Puts a connection where it would stand had its SYN been remembered: its SYN-ACK is sent, and not acknowledged. */
  restore(connection: TcpConnection, segment: Segment, mss: number, now: number): void {
    const { sender, receiver } = connection;
    const options = this.#options;
    options.windowScale = -1;
    options.sackPermitted = false;
    options.ecn = false;
    if (segment.hasTimestamps) readOptions(segment.timestampEcho, options);
    const syn = this.#syn;
    syn.sequence = seqAdd(segment.sequence, -1);
    syn.acknowledgment = 0;
    syn.flags = TcpFlag.Syn | (options.ecn ? Ecn.synFlags : 0);
    syn.window = segment.window;
    syn.mss = mss;
    syn.windowScale = options.windowScale;
    syn.sackPermitted = options.sackPermitted;
    syn.hasTimestamps = segment.hasTimestamps;
    syn.timestampValue = segment.timestampValue;
    sender.open(seqAdd(segment.acknowledgment, -1));
    takeSyn(connection, syn, now);
    sender.nxt = segment.acknowledgment;
    const record = sender.scoreboard.add(sender.iss, sender.nxt, now);
    record.isSyn = true;
    // When the SYN-ACK was sent is not known: its acknowledgement is no measure of the round trip.
    record.transmissions = 2;
    receiver.advertise(true);
  }
}
