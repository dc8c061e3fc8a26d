/**
 * Connections that sleep. An idle connection is remembered as 480 bytes of numbers, and its objects
 * serve others; the first thing that happens to it wakes it. Those used lately stay awake, so a busy
 * stack never notices: who has been used since the hand of the clock came by last gets another round
 * (the "clock" of page replacement).
 *
 * @module
 */
import { Archive, archiveInts, archiveReals } from "./archive.ts";
import type { TcpConnection } from "./connection.ts";
import { type ConnectionParts, returnParts } from "./connection_parts.ts";
import { TcpState } from "./state.ts";

/** How many connections may be awake before the idle ones among them are put to sleep. */
const awakeLimit = 256;
/** How many connections the hand looks at in one turn at most. */
const steps = 4;
/** How many connections' numbers stand in one chunk. */
const chunkShift = 8;
const chunkSize = 1 << chunkShift;

/** Numbers of {@linkcode chunkSize} connections. */
interface Chunk {
  readonly ints: Int32Array;
  readonly reals: Float64Array;
}

/** The sleep of one stack's connections. */
export class Hibernation {
  /** Whether more are awake than may be, or some have ended: asked for each segment, both ways. */
  isCrowded: boolean = false;
  readonly #awake: TcpConnection[] = [];
  readonly #chunks: Chunk[] = [];
  readonly #free: number[] = [];
  readonly #archive: Archive = new Archive();
  readonly #retired: TcpConnection[] = [];
  #limit = awakeLimit;
  #hand = 0;

  /** How many connections may be awake. */
  get limit(): number {
    return this.#limit;
  }

  set limit(limit: number) {
    this.#limit = limit;
    this.#count();
  }

  /** How many connections are awake, those included that ended lately. */
  get awake(): number {
    return this.#awake.length;
  }

  /** A connection has its parts. */
  awoke(connection: TcpConnection): void {
    connection.isUsed = true;
    if (connection.awakeIndex >= 0) return;
    connection.awakeIndex = this.#awake.length;
    this.#awake.push(connection);
    this.#count();
  }

  /** A connection has ended that its application has closed before: nobody asks for its parts again. */
  retire(connection: TcpConnection): void {
    this.#retired.push(connection);
    this.isCrowded = true;
  }

  /** Puts idle connections to sleep. To be called when nobody works with any part. */
  settle(): void {
    while (this.#retired.length > 0) {
      const connection = this.#retired.pop()!;
      if (connection.state !== TcpState.Closed) continue;
      if (connection.awakeIndex >= 0) this.#leave(connection);
      connection.surrender();
    }
    const awake = this.#awake;
    for (let step = 0; step < steps && awake.length > this.#limit; step++) {
      if (this.#hand >= awake.length) this.#hand = 0;
      const connection = awake[this.#hand]!;
      if (connection.state === TcpState.Closed) {
        this.#leave(connection);
      } else if (connection.isUsed) {
        connection.isUsed = false;
        this.#hand++;
      } else if (connection.mayHibernate) {
        this.#sleep(connection);
        this.#leave(connection);
      } else {
        this.#hand++;
      }
    }
    this.#count();
  }

  /** Gives a connection that wakes its numbers back. */
  restore(parts: ConnectionParts, slot: number): void {
    const { ints, reals } = this.#chunks[slot >> chunkShift]!;
    this.#archive.open(ints, reals, slot & (chunkSize - 1), true);
    parts.archive(this.#archive);
    this.forget(slot);
  }

  /** A connection that sleeps has ended: its numbers are nobody's. */
  forget(slot: number): void {
    this.#free.push(slot);
  }

  #count(): void {
    this.isCrowded = this.#awake.length > this.#limit || this.#retired.length > 0;
  }

  #sleep(connection: TcpConnection): void {
    const slot = this.#take();
    const { ints, reals } = this.#chunks[slot >> chunkShift]!;
    this.#archive.open(ints, reals, slot & (chunkSize - 1), false);
    const parts = connection.hibernate(slot);
    parts.archive(this.#archive);
    returnParts(parts);
  }

  #leave(connection: TcpConnection): void {
    const last = this.#awake.pop()!;
    if (last !== connection) {
      this.#awake[connection.awakeIndex] = last;
      last.awakeIndex = connection.awakeIndex;
    }
    connection.awakeIndex = -1;
  }

  #take(): number {
    if (this.#free.length === 0) {
      const first = this.#chunks.length << chunkShift;
      this.#chunks.push({
        ints: new Int32Array(chunkSize * archiveInts),
        reals: new Float64Array(chunkSize * archiveReals),
      });
      for (let slot = first + chunkSize - 1; slot >= first; slot--) this.#free.push(slot);
    }
    return this.#free.pop()!;
  }
}
