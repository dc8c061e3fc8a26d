/**
 * Resets: those that answer what belongs to no connection (RFC 9293 §3.10.7.1), those that end one,
 * and the defence against forged ones (RFC 5961).
 *
 * @module
 */
import { type Packet, writeU16, writeU32 } from "@octet/wire";
import type { TcpConnection } from "./connection.ts";
import { TcpFlag, tcpHeaderLength } from "./frame.ts";
import { writeTimestamps } from "./options.ts";
import type { Segment } from "./segment.ts";
import { seqAdd } from "./seq.ts";

/** How many answers to strangers wait at most: more would only serve who floods us. */
const maxAnswers = 32;
/** Words of one entry: addresses, ports, sequence and acknowledgement number, flags, TSval, TSecr. */
const width = 8;
/** Bit of the flags' word: the segment carries timestamps. */
const hasTimestamps = 0x100;

/** How many challenge acknowledgements a connection sends in a second (RFC 5961 §7). */
const challengesPerSecond = 10;

/** Segments of no connection that wait to be sent. */
export class ResetQueue {
  #words: Int32Array = new Int32Array(maxAnswers * width);
  #capacity = maxAnswers;
  #head = 0;
  #length = 0;

  /** Whether nothing waits. */
  get isEmpty(): boolean {
    return this.#length === 0;
  }

  /** Answers a segment that no connection takes. Gives `false` when the queue is full, or nothing is to be said. */
  answer(segment: Segment, local: number, remote: number): boolean {
    if (segment.has(TcpFlag.Rst) || this.#length >= maxAnswers) return false;
    const ports = (segment.destinationPort << 16) | segment.sourcePort;
    if (segment.has(TcpFlag.Ack)) {
      this.#push(local, remote, ports, segment.acknowledgment, 0, TcpFlag.Rst);
    } else {
      this.#push(local, remote, ports, 0, segment.endSequence, TcpFlag.Rst | TcpFlag.Ack);
    }
    return true;
  }

  /**
   * Tells the peer of a connection that it has ended (RFC 9293 §3.10.5), with timestamps where it has them (RFC 7323
   * §3.2); there is always room for that.
   */
  end(connection: TcpConnection, now: number): void {
    const ports = (connection.localPort << 16) | connection.remotePort;
    const { timestamps } = connection;
    if (this.#length === this.#capacity) this.#grow();
    this.#push(
      connection.localAddress,
      connection.remoteAddress,
      ports,
      connection.sender.nxt,
      connection.receiver.nxt,
      TcpFlag.Rst | TcpFlag.Ack | (timestamps.enabled ? hasTimestamps : 0),
      timestamps.value(now),
      timestamps.recent,
    );
  }

  /** Writes the oldest at `offset`; gives its length in bytes. */
  write(packet: Packet, offset: number): number {
    const words = this.#words;
    const at = this.#head * width;
    const { bytes } = packet;
    packet.source = words[at]! >>> 0;
    packet.destination = words[at + 1]! >>> 0;
    writeU32(bytes, offset, words[at + 2]!);
    writeU32(bytes, offset + 4, words[at + 3]!);
    writeU32(bytes, offset + 8, words[at + 4]!);
    let length: number = tcpHeaderLength;
    if ((words[at + 5]! & hasTimestamps) !== 0) {
      length += writeTimestamps(bytes, offset + length, words[at + 6]!, words[at + 7]!);
    }
    bytes[offset + 12] = length << 2;
    bytes[offset + 13] = words[at + 5]! & 0xff;
    writeU16(bytes, offset + 14, 0);
    writeU16(bytes, offset + 18, 0);
    packet.startChecksum(6, offset, length, 16);
    this.#head = (this.#head + 1) % this.#capacity;
    this.#length--;
    return length;
  }

  #push(
    local: number,
    remote: number,
    ports: number,
    sequence: number,
    ack: number,
    flags: number,
    timestamp: number = 0,
    echo: number = 0,
  ): void {
    const at = ((this.#head + this.#length++) % this.#capacity) * width;
    this.#words[at] = local;
    this.#words[at + 1] = remote;
    this.#words[at + 2] = ports;
    this.#words[at + 3] = sequence;
    this.#words[at + 4] = ack;
    this.#words[at + 5] = flags;
    this.#words[at + 6] = timestamp;
    this.#words[at + 7] = echo;
  }

  #grow(): void {
    const words = new Int32Array(this.#words.length * 2);
    const split = this.#head * width;
    words.set(this.#words.subarray(split));
    words.set(this.#words.subarray(0, split), this.#words.length - split);
    this.#words = words;
    this.#capacity *= 2;
    this.#head = 0;
  }
}

/** Whether one more segment that carries nothing for us is answered in this second (RFC 5961 §7); counts it. */
export function mayAnswer(connection: TcpConnection, now: number): boolean {
  if (now - connection.receiver.challengeWindow >= 1000) {
    connection.receiver.challengeWindow = now;
    connection.receiver.challenges = 0;
  }
  if (connection.receiver.challenges >= challengesPerSecond) return false;
  connection.receiver.challenges++;
  return true;
}

/**
 * Asks the peer to prove itself: an acknowledgement that only the true peer can answer with an exact
 * sequence number (RFC 5961 §3.2, §4.2, §5.2), no more than some a second.
 */
export function challenge(connection: TcpConnection, now: number): void {
  if (!mayAnswer(connection, now)) return;
  connection.tcp!.counters.TcpExtTCPChallengeACK++;
  connection.receiver.ackNow = true;
  connection.requestTurn();
}

/** Whether a reset in the window stands exactly where it must (RFC 5961 §3.2). */
export function isExactReset(connection: TcpConnection, segment: Segment): boolean {
  return segment.sequence === connection.receiver.nxt ||
    // A reset that follows our duplicate of the peer's FIN stands one further.
    (connection.receiver.finReached && segment.sequence === seqAdd(connection.receiver.nxt, -1));
}
