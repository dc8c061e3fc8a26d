/**
 * The sender's timers: one slot for the things that exclude each other (retransmission, tail-loss
 * probe, window probe), and the reordering timer. Holds no clock.
 *
 * @module
 */

/** What the main slot is armed for. */
export const TimerKind = {
  /** Nothing. */
  None: 0,
  /** Retransmission timeout (RFC 6298). */
  Retransmit: 1,
  /** Tail-loss probe (RFC 8985 §7). */
  Probe: 2,
  /** Zero-window probe (RFC 9293 §3.8.6.1). */
  Persist: 3,
} as const;

/** One of the kinds of {@linkcode TimerKind}. */
export type TimerKind = (typeof TimerKind)[keyof typeof TimerKind];

// V8 folds constants of a module, but not what it exports. See ARCHITECTURE.md.
const { None } = TimerKind;

/** Deadlines in milliseconds, Infinity for never. */
export class RetransmitTimer {
  /** What the main slot is armed for. */
  kind: TimerKind = None;
  /** When the main slot is due. */
  at: number = Infinity;
  /** When the retransmission timeout falls due, if no probe comes before. */
  timeoutAt: number = Infinity;
  /** When RACK is to look again (RFC 8985 §6.3). */
  reorderAt: number = Infinity;
  /** Whether a probe of a closed window is to be sent. */
  windowProbeDue: boolean = false;

  /** Arms the main slot. */
  arm(kind: TimerKind, at: number): void {
    this.kind = kind;
    this.at = at;
  }

  /** Lets the main slot be due earlier. */
  hasten(at: number): void {
    if (at < this.at) this.at = at;
  }

  /** Clears the main slot. */
  stopMain(): void {
    this.kind = None;
    this.at = Infinity;
  }

  /** Clears everything. */
  stop(): void {
    this.stopMain();
    this.reorderAt = Infinity;
    this.windowProbeDue = false;
  }
}
