/**
 * What a NAT knows of a TCP connection that passes through it (RFC 5382 §4, RFC 7857 §2): enough to tell for how long to
 * remember it, and no more.
 *
 * @module
 */
import { Lifetime, type Session } from "./mapping.ts";

const sawOut = 1;
const sawIn = 2;
const isOpen = 4;
const finOut = 8;
const finIn = 16;
const wasReset = 32;

const flagFin = 0x01;
const flagSyn = 0x02;
const flagRst = 0x04;
const flagAck = 0x10;

/**
 * Takes note of a segment.
 *
 * @param session The connection's.
 * @param flags The flags of the segment.
 * @param isOut Whether it goes out.
 * @returns How long the connection lives when idle from now on.
 */
export function trackTcp(session: Session, flags: number, isOut: boolean): Lifetime {
  let seen = session.tcp;
  const isSyn = (flags & flagSyn) !== 0;
  // A connection that has ended makes way for a new one between the same ends.
  const hasEnded = (seen & wasReset) !== 0 || (seen & (finOut | finIn)) === (finOut | finIn);
  if (isSyn && hasEnded) seen = 0;
  seen |= isOut ? sawOut : sawIn;
  if ((flags & flagRst) !== 0) {
    seen |= wasReset;
  } else if (!isSyn) {
    // RFC 7857 §2: a forged reset does not end a connection whose ends go on.
    seen &= ~wasReset;
    const both = sawOut | sawIn;
    if ((flags & flagAck) !== 0 && (seen & both) === both) seen |= isOpen;
    if ((flags & flagFin) !== 0) seen |= isOut ? finOut : finIn;
  }
  session.tcp = seen;
  const isEnding = (seen & wasReset) !== 0 || (seen & (finOut | finIn)) === (finOut | finIn);
  return (seen & isOpen) !== 0 && !isEnding ? Lifetime.Established : Lifetime.Transitory;
}
