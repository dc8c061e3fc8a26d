/**
 * The datagrams that wait for fragments: found by their source, aged in one list, and bounded for each source and in
 * all, so that nobody can take the room of everybody (RFC 4963 §4, RFC 1858).
 *
 * @module
 */
import type { Packet } from "@octet/wire";

/** Gaps tolerated in one datagram; who sends more is not in earnest. */
export const rangeLimit = 32;

const shardBits = 8;
const keptDatagrams = 16;
/** 2³² divided by the golden ratio: multiples of it are far apart. */
const goldenRatio = 0x9e3779b1;

/** One incomplete datagram. */
export class PartialDatagram {
  source = 0;
  destination = 0;
  /** Protocol and identification. */
  key = 0;
  deadline = 0;
  packet: Packet | null = null;
  /** The pieces that have come, as pairs of start and end, in order and apart from each other. */
  readonly ranges: Int32Array<ArrayBuffer> = new Int32Array(2 * rangeLimit);
  rangeCount = 0;
  /** The payload's length, -1 until the last fragment has come. */
  total = -1;
  headerLength = 0;
  firstEnd = 0;
  /** Whether it was given up; it stays so that its other fragments do not begin it anew. */
  isDiscarded = false;
  /** Which codepoints of ECN its fragments had, as bits. */
  codepoints = 0;
  /** Which shard it is in; the links of its two lists follow. */
  shard = 0;
  older: PartialDatagram | null = null;
  newer: PartialDatagram | null = null;
  olderInShard: PartialDatagram | null = null;
  newerInShard: PartialDatagram | null = null;
}

/** The bounds of {@linkcode ReassemblyShards}. */
export interface ShardLimits {
  /** How many datagrams there are at most. */
  readonly datagrams: number;
  /** How many of them from one source. */
  readonly sourceDatagrams: number;
  /** How much memory they take at most, in bytes. */
  readonly memory: number;
  /** How much those from one source. */
  readonly sourceMemory: number;
}

/**
 * Incomplete datagrams by source. Sources whose addresses come to one of 256 keyed hashes share a bound, and which
 * ones do nobody can tell from outside.
 */
export class ReassemblyShards {
  /** How many there are. */
  count = 0;
  /** How much memory they take, in bytes. */
  memory = 0;
  /** The one that was begun first, and so is to be given up first. */
  oldest: PartialDatagram | null = null;

  readonly #limits: ShardLimits;
  readonly #key: number;
  readonly #newest: (PartialDatagram | null)[] = new Array(1 << shardBits).fill(null);
  readonly #oldest: (PartialDatagram | null)[] = new Array(1 << shardBits).fill(null);
  readonly #counts: Uint16Array<ArrayBuffer> = new Uint16Array(1 << shardBits);
  readonly #memory: Int32Array<ArrayBuffer> = new Int32Array(1 << shardBits);
  readonly #free: PartialDatagram[] = [];
  #last: PartialDatagram | null = null;

  /** Makes an empty collection; `seed` is secret. */
  constructor(limits: ShardLimits, seed: number) {
    this.#limits = limits;
    this.#key = (seed ^ goldenRatio) | 1;
  }

  /** Finds a datagram by signed addresses and key. */
  find(source: number, destination: number, key: number): PartialDatagram | null {
    let datagram: PartialDatagram | null = this.#newest[this.#shardOf(source)]!;
    while (
      datagram !== null &&
      (datagram.key !== key || datagram.source !== source || datagram.destination !== destination)
    ) {
      datagram = datagram.olderInShard;
    }
    return datagram;
  }

  /** Which datagram must go before another of a source can be begun; `null` when none must. */
  crowded(source: number): PartialDatagram | null {
    const shard = this.#shardOf(source);
    if (this.#counts[shard]! >= this.#limits.sourceDatagrams) return this.#oldest[shard]!;
    return this.count >= this.#limits.datagrams ? this.oldest : null;
  }

  /**
   * Which datagram must go before `datagram` can take `more` bytes: itself, when nothing else would help; `null` when
   * none must.
   */
  crowdedFor(datagram: PartialDatagram, more: number): PartialDatagram | null {
    const { shard } = datagram;
    if (this.#memory[shard]! + more > this.#limits.sourceMemory) {
      return withMemory(this.#oldest[shard]!, datagram, true);
    }
    if (this.memory + more > this.#limits.memory) return withMemory(this.oldest!, datagram, false);
    return null;
  }

  /** Begins a datagram. */
  begin(source: number, destination: number, key: number, deadline: number): PartialDatagram {
    const datagram = this.#free.pop() ?? new PartialDatagram();
    const shard = this.#shardOf(source);
    datagram.source = source;
    datagram.destination = destination;
    datagram.key = key;
    datagram.deadline = deadline;
    datagram.rangeCount = 0;
    datagram.total = -1;
    datagram.headerLength = 0;
    datagram.firstEnd = 0;
    datagram.isDiscarded = false;
    datagram.codepoints = 0;
    datagram.shard = shard;
    datagram.older = this.#last;
    if (this.#last === null) this.oldest = datagram;
    else this.#last.newer = datagram;
    this.#last = datagram;
    const before = this.#newest[shard]!;
    datagram.olderInShard = before;
    if (before === null) this.#oldest[shard] = datagram;
    else before.newerInShard = datagram;
    this.#newest[shard] = datagram;
    this.#counts[shard]!++;
    this.count++;
    return datagram;
  }

  /** Accounts for memory that a datagram takes, or gives back when negative. */
  charge(datagram: PartialDatagram, bytes: number): void {
    this.#memory[datagram.shard]! += bytes;
    this.memory += bytes;
  }

  /** Takes a datagram out; it must not be used any more. Its memory has been given back before. */
  remove(datagram: PartialDatagram): void {
    const { shard, older, newer, olderInShard, newerInShard } = datagram;
    if (older === null) this.oldest = newer;
    else older.newer = newer;
    if (newer === null) this.#last = older;
    else newer.older = older;
    if (olderInShard === null) this.#oldest[shard] = newerInShard;
    else olderInShard.newerInShard = newerInShard;
    if (newerInShard === null) this.#newest[shard] = olderInShard;
    else newerInShard.olderInShard = olderInShard;
    datagram.older =
      datagram.newer =
      datagram.olderInShard =
      datagram.newerInShard =
        null;
    this.#counts[shard]!--;
    this.count--;
    if (this.#free.length < keptDatagrams) this.#free.push(datagram);
  }

  #shardOf(source: number): number {
    return Math.imul(source ^ (source >>> 15), this.#key) >>> (32 - shardBits);
  }
}

/** The oldest from `from` on that holds memory and is another; `except` when there is none. */
function withMemory(
  from: PartialDatagram,
  except: PartialDatagram,
  isInShard: boolean,
): PartialDatagram {
  let datagram: PartialDatagram | null = from;
  while (datagram !== null && (datagram.packet === null || datagram === except)) {
    datagram = isInShard ? datagram.newerInShard : datagram.newer;
  }
  return datagram ?? except;
}
