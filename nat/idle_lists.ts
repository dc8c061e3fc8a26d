/**
 * Which sessions have been idle for how long: a list for each lifetime, the longest idle first. All in a list live equally
 * long, so the first is the next to go, a use moves one to the end, and nothing is ever scanned.
 *
 * @module
 */
import { type Lifetime, lifetimeCount, type Session } from "./mapping.ts";

/** Sessions by how long they have been idle. */
export class IdleLists {
  readonly #heads: (Session | null)[] = new Array(lifetimeCount).fill(null);
  readonly #tails: (Session | null)[] = new Array(lifetimeCount).fill(null);
  readonly #lifetimes: Float64Array<ArrayBuffer>;

  /**
   * Makes empty lists.
   *
   * @param lifetimes How long sessions live when idle, in milliseconds, by {@linkcode Lifetime}.
   */
  constructor(lifetimes: readonly number[]) {
    this.#lifetimes = Float64Array.from(lifetimes);
  }

  /** Adds a session that was used just now. */
  add(session: Session, lifetime: Lifetime): void {
    session.lifetime = lifetime;
    const last = this.#tails[lifetime]!;
    session.previousIdle = last;
    session.nextIdle = null;
    if (last === null) this.#heads[lifetime] = session;
    else last.nextIdle = session;
    this.#tails[lifetime] = session;
  }

  /** Takes a session out. */
  remove(session: Session): void {
    const { lifetime, nextIdle, previousIdle } = session;
    if (previousIdle === null) this.#heads[lifetime] = nextIdle;
    else previousIdle.nextIdle = nextIdle;
    if (nextIdle === null) this.#tails[lifetime] = previousIdle;
    else nextIdle.previousIdle = previousIdle;
    session.nextIdle = null;
    session.previousIdle = null;
  }

  /** Moves a session to the end of its list. */
  touch(session: Session): void {
    if (this.#tails[session.lifetime] === session) return;
    this.remove(session);
    this.add(session, session.lifetime);
  }

  /** A session whose time has come, `null` when there is none. */
  due(now: number): Session | null {
    for (let lifetime = 0; lifetime < lifetimeCount; lifetime++) {
      const first = this.#heads[lifetime]!;
      if (first !== null && first.usedAt + this.#lifetimes[lifetime]! <= now) return first;
    }
    return null;
  }

  /** When the first session's time comes, in milliseconds; Infinity when there is none. */
  deadline(): number {
    let earliest = Infinity;
    for (let lifetime = 0; lifetime < lifetimeCount; lifetime++) {
      const first = this.#heads[lifetime]!;
      if (first === null) continue;
      earliest = Math.min(earliest, first.usedAt + this.#lifetimes[lifetime]!);
    }
    return earliest;
  }
}
