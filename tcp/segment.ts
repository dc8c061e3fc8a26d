/**
 * A segment that has arrived, taken apart once: numbers instead of bytes, in one reused object.
 *
 * @module
 */
import { type Packet, Verdict } from "@octet/wire";
import { TcpFlag } from "./frame.ts";
import * as frame from "./frame.ts";
import { TcpOption, TcpOptionCursor } from "./options.ts";
import * as optionsModule from "./options.ts";
import * as seq from "./seq.ts";

// V8 folds constants of a module; what is imported it loads and checks at each use. See ARCHITECTURE.md.
const { tcpHeaderLength } = frame;
const { maxWindowScale } = optionsModule;
const { seqAdd, seqBefore } = seq;
const { BadLength, Ok, Short } = Verdict;
const { Fin, Syn } = TcpFlag;
const { Mss, Sack, SackPermitted, Timestamps, WindowScale } = TcpOption;

/** Two NOPs, kind 8, length 10: how every stack writes timestamps (RFC 7323 appendix A). */
const timestampsAlone = 0x0101080a;

/** The header's fields and the options of one segment. Sequence numbers are signed 32-bit. */
export class Segment {
  /** The sender's port. */
  sourcePort: number = 0;
  /** Our port. */
  destinationPort: number = 0;
  /** SEG.SEQ. */
  sequence: number = 0;
  /** SEG.ACK. */
  acknowledgment: number = 0;
  /** Control bits. */
  flags: number = 0;
  /** SEG.WND as it stands, not scaled. */
  window: number = 0;
  /** Where the payload begins in the packet. */
  payloadOffset: number = 0;
  /** Length of the payload in bytes. */
  payloadLength: number = 0;
  /** MSS option, 0 when absent. */
  mss: number = 0;
  /** Window scale option, -1 when absent. */
  windowScale: number = -1;
  /** Whether SACK is permitted. */
  sackPermitted: boolean = false;
  /** Whether there is a timestamps option. */
  hasTimestamps: boolean = false;
  /** TSval. */
  timestampValue: number = 0;
  /** TSecr. */
  timestampEcho: number = 0;
  /** Left and right edges of the SACK blocks in turn. */
  readonly sackEdges: Int32Array = new Int32Array(8);
  /** How many SACK blocks there are. */
  sackCount: number = 0;
  readonly #cursor: TcpOptionCursor = new TcpOptionCursor();

  /** SEG.LEN: octets of sequence space, SYN and FIN included (RFC 9293 §3.3.1). */
  get length(): number {
    return this.payloadLength + ((this.flags & Syn) >>> 1) + (this.flags & Fin);
  }

  /** The sequence number after the segment's last. */
  get endSequence(): number {
    return seqAdd(this.sequence, this.length);
  }

  /** Whether all the bits of `flags` are set. */
  has(flags: number): boolean {
    return (this.flags & flags) === flags;
  }

  /** Takes the segment in `packet.bytes[offset…end)` apart; the checksum is the caller's. */
  parse(packet: Packet, offset: number, end: number): Verdict {
    const available = end - offset;
    if (available < tcpHeaderLength) return Short;
    const { view } = packet;
    const control = view.getInt32(offset + 12);
    const headerLength = (control >>> 26) & 0x3c;
    if (headerLength < tcpHeaderLength || headerLength > available) return BadLength;
    const ports = view.getInt32(offset);
    const flags = (control >>> 16) & 0xff;
    this.sourcePort = ports >>> 16;
    this.destinationPort = ports & 0xffff;
    this.sequence = view.getInt32(offset + 4);
    this.acknowledgment = view.getInt32(offset + 8);
    this.flags = flags;
    this.window = control & 0xffff;
    this.payloadOffset = offset + headerLength;
    this.payloadLength = available - headerLength;
    this.sackCount = 0;
    this.hasTimestamps = false;
    const isSyn = (flags & Syn) !== 0;
    if (headerLength === 32 && !isSyn && view.getInt32(offset + 20) === timestampsAlone) {
      this.hasTimestamps = true;
      this.timestampValue = view.getInt32(offset + 24);
      this.timestampEcho = view.getInt32(offset + 28);
    } else if (headerLength > tcpHeaderLength || isSyn) {
      this.#options(packet.bytes, offset + tcpHeaderLength, this.payloadOffset);
    }
    return Ok;
  }

  /**
   * Reads what options there are. A malformed list ends the reading and nothing else: what came
   * before it counts, as in every stack that people run.
   */
  #options(bytes: Uint8Array, offset: number, end: number): void {
    const cursor = this.#cursor;
    const syn = (this.flags & Syn) !== 0;
    this.mss = 0;
    this.windowScale = -1;
    this.sackPermitted = false;
    cursor.reset(bytes, offset, end);
    while (cursor.next()) {
      switch (cursor.kind) {
        case Mss:
          if (syn && cursor.dataLength === 2) this.mss = cursor.u16();
          break;
        case WindowScale:
          // RFC 7323 §2.3: a larger shift is taken as 14.
          if (syn && cursor.dataLength === 1) {
            this.windowScale = Math.min(cursor.u8(), maxWindowScale);
          }
          break;
        case SackPermitted:
          if (syn && cursor.dataLength === 0) this.sackPermitted = true;
          break;
        case Timestamps:
          if (cursor.dataLength === 8) {
            this.hasTimestamps = true;
            this.timestampValue = cursor.i32(0);
            this.timestampEcho = cursor.i32(4);
          }
          break;
        case Sack:
          if (!syn) this.#sack(cursor);
          break;
      }
    }
  }

  #sack(cursor: TcpOptionCursor): void {
    const blocks = Math.min(cursor.dataLength >>> 3, 4);
    let count = 0;
    for (let i = 0; i < blocks; i++) {
      const left = cursor.i32(8 * i);
      const right = cursor.i32(8 * i + 4);
      if (!seqBefore(left, right)) continue;
      this.sackEdges[2 * count] = left;
      this.sackEdges[2 * count + 1] = right;
      count++;
    }
    this.sackCount = count;
  }
}
