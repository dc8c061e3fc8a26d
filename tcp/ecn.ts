/**
 * Explicit congestion notification (RFC 3168 §6.1): routers mark instead of dropping, the receiver
 * echoes the mark, the sender reacts as to a loss, once a window.
 *
 * @module
 */
import type { Archive } from "./archive.ts";
import { TcpFlag } from "./frame.ts";
import * as seq from "./seq.ts";

// V8 folds constants of a module; what is imported it loads and checks at each use. See ARCHITECTURE.md.
const { seqBefore } = seq;
const { Cwr, Ece, Syn } = TcpFlag;

/** The two ECN bits of the IP header (RFC 3168 §5). */
export const EcnCodepoint = {
  /** The transport does not speak ECN. */
  NotEct: 0,
  /** ECN-capable transport, codepoint 1. */
  Ect1: 1,
  /** ECN-capable transport, codepoint 0: what we send. */
  Ect0: 2,
  /** Congestion experienced. */
  Ce: 3,
} as const;

/** One of the values of {@linkcode EcnCodepoint}. */
export type EcnCodepoint = (typeof EcnCodepoint)[keyof typeof EcnCodepoint];

/** Both halves' ECN state of one connection. */
export class Ecn {
  /** Whether both sides speak ECN. */
  enabled: boolean = false;
  /** Whether ECE is set on what we send, until the peer says CWR. */
  isEchoing: boolean = false;
  /** Whether CWR is to be set on the next new data. */
  owesCwr: boolean = false;
  /** SND.NXT when the window was last reduced for a mark: no further reduction before that is acknowledged. */
  #reducedUntil = 0;

  /** A connection begins at `iss`. */
  reset(iss: number): void {
    this.enabled = false;
    this.isEchoing = false;
    this.owesCwr = false;
    this.#reducedUntil = iss;
  }

  /** Keeps what a connection needs beyond an idle time; see {@linkcode Archive}. */
  archive(archive: Archive): void {
    this.enabled = archive.flag(this.enabled);
    this.isEchoing = archive.flag(this.isEchoing);
    this.owesCwr = archive.flag(this.owesCwr);
    this.#reducedUntil = archive.int(this.#reducedUntil);
  }

  /** What a SYN is to carry besides SYN: an ECN-setup SYN has both flags (§6.1.1). */
  static readonly synFlags: number = Ece | Cwr;

  /** Whether a SYN is an ECN-setup SYN. */
  static isSetupSyn(flags: number): boolean {
    return (flags & Ecn.synFlags) === Ecn.synFlags;
  }

  /** Whether a SYN-ACK is an ECN-setup SYN-ACK: ECE without CWR. */
  static isSetupSynAck(flags: number): boolean {
    return (flags & Ecn.synFlags) === Ece;
  }

  /**
   * A segment has come: CE starts the echo, CWR ends it (§6.1.3).
   *
   * @param trafficClass The IP header's octet.
   * @param flags The TCP flags.
   * @returns Whether the segment is to be acknowledged at once, as the echo has changed.
   */
  received(trafficClass: number, flags: number): boolean {
    if (!this.enabled) return false;
    const before = this.isEchoing;
    if ((flags & Cwr) !== 0) this.isEchoing = false;
    if ((trafficClass & 3) === EcnCodepoint.Ce) this.isEchoing = true;
    return this.isEchoing !== before;
  }

  /**
   * An acknowledgement has come.
   *
   * @returns Whether it calls for a smaller window: ECE, and not for the window that was reduced already (§6.1.2).
   */
  acknowledged(flags: number, una: number, nxt: number): boolean {
    if (!this.enabled || (flags & (Ece | Syn)) !== Ece) return false;
    if (seqBefore(una, this.#reducedUntil)) return false;
    this.reduced(nxt);
    return true;
  }

  /** The window has been reduced, for whatever reason (§6.1.2: CWR tells the peer). */
  reduced(nxt: number): void {
    if (!this.enabled) return;
    this.#reducedUntil = nxt;
    this.owesCwr = true;
  }

  /** The flags of a segment that goes out now. `isNewData`: it carries data that was not sent before. */
  takeFlags(isNewData: boolean): number {
    let flags = this.isEchoing ? Ece : 0;
    if (isNewData && this.owesCwr) {
      flags |= Cwr;
      this.owesCwr = false;
    }
    return flags;
  }
}
