/**
 * When an acknowledgement may wait for data to ride on (RFC 9293 §3.8.6.3, RFC 5681 §4.2), by the
 * rules of Linux: never at the beginning, so that the peer's slow start is not held up; always
 * in an exchange of questions and answers; else for as long as the peer's segments are apart.
 *
 * The state of a connection is one small number, so that an idle one pays for no object: how many
 * acknowledgements are still to go at once, whether the exchange is interactive, and the timeout.
 *
 * @module
 */

/**
 * How long an acknowledgement waits at first, and at least, in milliseconds. RFC 1122 §4.2.3.2 allows 500; 40 is
 * what Linux takes.
 */
export const delayedAckTimeout = 40;
/** How long one waits at most, in milliseconds: well below the smallest retransmission timeout of any peer. */
export const maxDelayedAckTimeout = 200;
/** How many acknowledgements go at once at the beginning of a connection, and after a pause. */
export const quickAckSegments = 16;

/** After how long a gap the peer has lost its window, and begins in slow start again (RFC 2861); in milliseconds. */
const pause = 1000;

// V8 folds constants of a module, but not what it exports. See ARCHITECTURE.md.
const shortest: number = delayedAckTimeout;
const longest: number = maxDelayedAckTimeout;

const quickMask = 0x1f;
const interactiveBit = 0x20;
const timeoutShift = 6;

/** The state before the first data. */
export const freshAck = 0;

function pack(quick: number, interactive: number, timeout: number): number {
  return quick | interactive | (timeout << timeoutShift);
}

/** Whether the peer may be in slow start: data comes for the first time, or after a pause. */
export function beginsAnew(state: number, gap: number): boolean {
  return state >> timeoutShift === 0 || gap > pause;
}

/**
 * Data has come.
 *
 * @param gap Milliseconds since the data before.
 * @param quick How many acknowledgements go at once where {@linkcode beginsAnew} says that the peer may be in slow start.
 */
export function dataArrived(state: number, gap: number, quick: number): number {
  const timeout = state >> timeoutShift;
  const interactive = state & interactiveBit;
  const left = state & quickMask;
  if (timeout === 0) return pack(Math.max(left, quick), interactive, shortest);
  if (gap <= shortest / 2) {
    return pack(left, interactive, (timeout >> 1) + shortest / 2);
  }
  if (gap < timeout) {
    return pack(left, interactive, Math.min((timeout >> 1) + gap, longest));
  }
  return gap > pause ? pack(Math.max(left, quick), interactive, timeout) : state;
}

/** Data goes out, `gap` milliseconds after data has come: soon enough, and it is an answer. */
export function dataSent(state: number, gap: number): number {
  return gap >= 0 && gap < state >> timeoutShift ? state | interactiveBit : state;
}

/** An acknowledgement has gone out. */
export function ackSent(state: number): number {
  return (state & quickMask) === 0 ? state : state - 1;
}

/**
 * Something was wrong, as when data comes twice, or beyond a gap: the peer is to know at once, and soon again. A path
 * that loses segments loses acknowledgements too, and with a small window there are few of them: here
 * Linux is less eager, and its peers run into more timeouts.
 */
export function hurry(state: number, quick: number): number {
  return pack(Math.max(state & quickMask, quick), 0, shortest);
}

/** Whether what comes now is acknowledged at once. */
export function acksAtOnce(state: number): boolean {
  return (state & quickMask) > 0 && (state & interactiveBit) === 0;
}

/** How long an acknowledgement waits, in milliseconds; `srtt` is the round trip, which is not to be outwaited. */
export function ackDelay(state: number, srtt: number): number {
  const timeout = state >> timeoutShift;
  if (timeout <= shortest) return shortest;
  return Math.min(timeout, Math.max(srtt, shortest), longest);
}

/** Nothing came to ride on: an exchange that was interactive is so no longer, another waits longer. */
export function waitedInVain(state: number): number {
  const quick = state & quickMask;
  if ((state & interactiveBit) !== 0) return pack(quick, 0, shortest);
  return pack(quick, 0, Math.min((state >> timeoutShift) * 2, longest));
}
