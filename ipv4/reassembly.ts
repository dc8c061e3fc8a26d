/**
 * Putting fragments together again (RFC 791 §3.2, RFC 815, RFC 1122 §3.3.2), with the rules that keep
 * attackers from using it: memory has a limit for each source and in all, a datagram with overlapping fragments is
 * discarded whole (RFC 5722 §4, written for IPv6 and as right here), and no fragment may hide a TCP header
 * (RFC 1858, RFC 3128).
 *
 * @module
 */
import { copyBytes, Packet, Verdict } from "@octet/wire";
import { ipv4MaximumHeaderLength, ipv4MaximumLength } from "./frame.ts";
import { IpProtocol } from "./protocol.ts";
import { type PartialDatagram, rangeLimit, ReassemblyShards } from "./reassembly_shards.ts";

/** Bounds of a {@linkcode Reassembler}. */
export interface ReassemblyOptions {
  /** How much memory incomplete datagrams take at most, in bytes; 4 MiB when left out. */
  readonly memoryLimit?: number;
  /** How much of it those from one source take, in bytes; 1 MiB when left out. */
  readonly sourceMemoryLimit?: number;
  /** How many incomplete datagrams there are at most; 1024 when left out. */
  readonly datagramLimit?: number;
  /** How many of them from one source; 64 when left out. */
  readonly sourceDatagramLimit?: number;
  /** How long a datagram may take from its first fragment to its last, in milliseconds; 30,000 when left out. */
  readonly timeout?: number;
}

/** What a {@linkcode Reassembler} has counted. */
export interface ReassemblyCounters {
  /** Fragments received. */
  requests: number;
  /** Datagrams put together. */
  completed: number;
  /** Datagrams given up, for any reason. */
  failed: number;
  /** Datagrams given up as fragments were missing for too long. */
  timedOut: number;
  /** Datagrams given up as fragments overlapped. */
  overlapped: number;
  /** Datagrams given up as a fragment was too small to be honest (RFC 1858). */
  tiny: number;
}

/** Called with the first fragment of a datagram that was given up for time, if that came. */
export type ReassemblyTimeout = (packet: Packet, offset: number, end: number, now: number) => void;

/** The payload begins here in a datagram's packet, so that the header fits before it whatever its length. */
const base = ipv4MaximumHeaderLength;

/** RFC 1858 §3.2.1: so much of a TCP header, its flags included, is in the first fragment. */
const leastTcpHeader = 16;

/** Memory for a datagram comes in these sizes, in bytes; a datagram moves up as it grows. */
const smallestShift = 11;
const sizeCount = 4;
const sizeShift = 2;
/** Packets of each size that are kept for the next datagram. */
const keptPackets = 2;

/** Congestion experienced (RFC 3168 §5), and the codepoints as bits. */
const congested = 3;
const sawCongestion = 1 << congested;
const sawIncapable = 1;

/** Collects fragments until their datagrams are complete. */
export class Reassembler {
  /** What was counted so far. */
  readonly counters: ReassemblyCounters = {
    requests: 0,
    completed: 0,
    failed: 0,
    timedOut: 0,
    overlapped: 0,
    tiny: 0,
  };
  /** What became of the fragment given to {@linkcode add} last. */
  verdict: Verdict = Verdict.Ok;

  readonly #timeout: number;
  readonly #onTimeout: ReassemblyTimeout;
  readonly #shards: ReassemblyShards;
  readonly #kept: Packet[][] = Array.from({ length: sizeCount }, () => []);

  /**
   * Makes an empty collection.
   *
   * @param onTimeout Called with what is known of a datagram that took too long.
   * @param options Bounds.
   * @param seed A secret number, so that nobody can tell which sources share a bound.
   */
  constructor(onTimeout: ReassemblyTimeout, options: ReassemblyOptions = {}, seed: number = 0) {
    const { memoryLimit = 4 * 1024 * 1024, datagramLimit = 1024 } = options;
    this.#onTimeout = onTimeout;
    this.#timeout = options.timeout ?? 30_000;
    this.#shards = new ReassemblyShards({
      memory: memoryLimit,
      sourceMemory: Math.min(memoryLimit, options.sourceMemoryLimit ?? 1024 * 1024),
      datagrams: datagramLimit,
      sourceDatagrams: Math.min(datagramLimit, options.sourceDatagramLimit ?? 64),
    }, seed);
  }

  /** How much memory incomplete datagrams take, in bytes. */
  get memory(): number {
    return this.#shards.memory;
  }

  /** How many incomplete datagrams there are, those included that were discarded and are remembered for it. */
  get count(): number {
    return this.#shards.count;
  }

  /** When the oldest datagram is to be given up, in milliseconds; Infinity when there is none. */
  get deadline(): number {
    const { oldest } = this.#shards;
    return oldest === null ? Infinity : oldest.deadline;
  }

  /**
   * Takes a fragment whose header has been validated.
   *
   * @param packet Where it lies; `source`, `destination` and `protocol` are set.
   * @param offset Where its IP header begins.
   * @param payloadOffset Where its payload begins.
   * @param end Where its payload ends (exclusive).
   * @param now Milliseconds.
   * @returns The whole datagram, its header at `networkOffset` and its end at `length`, which the caller
   *     gives back with {@linkcode recycle}; `null` while pieces are missing. Then {@linkcode verdict} says what
   *     became of this one.
   */
  add(
    packet: Packet,
    offset: number,
    payloadOffset: number,
    end: number,
    now: number,
  ): Packet | null {
    this.counters.requests++;
    const bytes = packet.bytes;
    const flags = (bytes[offset + 6]! << 8) | bytes[offset + 7]!;
    const start = (flags & 0x1fff) << 3;
    const length = end - payloadOffset;
    const isLast = (flags & 0x2000) === 0;
    this.verdict = Verdict.Ok;
    if (now >= this.deadline) this.expire(now);
    const datagram = this.#begin(packet, (bytes[offset + 4]! << 8) | bytes[offset + 5]!, now);
    if (datagram.isDiscarded) return this.#refuse(Verdict.Filtered);
    const stop = start + length;
    if (
      length === 0 || (!isLast && length % 8 !== 0) ||
      stop > ipv4MaximumLength - (payloadOffset - offset)
    ) {
      return this.#discard(datagram, Verdict.BadLength);
    }
    if (
      packet.protocol === IpProtocol.Tcp &&
      (start === 8 || (start === 0 && length < leastTcpHeader))
    ) {
      this.counters.tiny++;
      return this.#discard(datagram, Verdict.Filtered);
    }
    const furthest = datagram.rangeCount === 0 ? 0 : datagram.ranges[2 * datagram.rangeCount - 1]!;
    const isBeyond = datagram.total >= 0 && stop > datagram.total;
    const isEarlyEnd = isLast &&
      (furthest > stop || (datagram.total >= 0 && datagram.total !== stop));
    if (isBeyond || isEarlyEnd) return this.#discard(datagram, Verdict.BadLength);
    if (!this.#reserve(datagram, packet, stop)) return this.#discard(datagram, Verdict.QueueFull);
    const placed = this.#place(datagram, packet, payloadOffset, start, stop);
    if (placed === Verdict.Duplicate) return this.#refuse(placed);
    if (placed !== Verdict.Ok) return this.#discard(datagram, placed);
    if (isLast) datagram.total = stop;
    datagram.codepoints |= 1 << (bytes[offset + 1]! & congested);
    if (start === 0) keepHeader(datagram, packet, offset, payloadOffset, stop);
    const isWhole = datagram.rangeCount === 1 && datagram.ranges[0] === 0 &&
      datagram.ranges[1] === datagram.total;
    return isWhole ? this.#complete(datagram) : null;
  }

  /** Takes back the memory of a datagram that {@linkcode add} gave. */
  recycle(packet: Packet): void {
    const kept = this.#kept[sizeIndex(packet.bytes.length)];
    if (kept === undefined || kept.length >= keptPackets) packet.release();
    else kept.push(packet);
  }

  /** Gives up the datagrams whose time is over. */
  expire(now: number): void {
    const shards = this.#shards;
    while (shards.oldest !== null && shards.oldest.deadline <= now) {
      const datagram = shards.oldest;
      const packet = datagram.packet;
      if (packet !== null) {
        this.counters.failed++;
        this.counters.timedOut++;
        // RFC 1122 §3.3.2: only who sent a first fragment hears of it.
        if (datagram.headerLength > 0) {
          this.#onTimeout(packet, packet.networkOffset, base + datagram.firstEnd, now);
        }
        this.#release(datagram);
      }
      shards.remove(datagram);
    }
  }

  /** Drops everything and gives the memory back. */
  clear(): void {
    const shards = this.#shards;
    for (let datagram = shards.oldest; datagram !== null; datagram = shards.oldest) {
      this.#release(datagram);
      shards.remove(datagram);
    }
    for (const kept of this.#kept) while (kept.length > 0) kept.pop()!.release();
  }

  #begin(packet: Packet, identification: number, now: number): PartialDatagram {
    const source = packet.source | 0;
    const destination = packet.destination | 0;
    const key = (packet.protocol << 16) | identification;
    const shards = this.#shards;
    const found = shards.find(source, destination, key);
    if (found !== null) return found;
    const crowded = shards.crowded(source);
    if (crowded !== null) this.#evict(crowded);
    return shards.begin(source, destination, key, now + this.#timeout);
  }

  #refuse(verdict: Verdict): null {
    this.verdict = verdict;
    return null;
  }

  /** Gives up a datagram and remembers that. */
  #discard(datagram: PartialDatagram, verdict: Verdict): null {
    this.verdict = verdict;
    this.counters.failed++;
    this.#release(datagram);
    datagram.isDiscarded = true;
    return null;
  }

  #evict(datagram: PartialDatagram): void {
    if (datagram.packet !== null) this.counters.failed++;
    this.#release(datagram);
    this.#shards.remove(datagram);
  }

  #release(datagram: PartialDatagram): void {
    const packet = datagram.packet;
    if (packet === null) return;
    this.#shards.charge(datagram, -packet.bytes.length);
    this.recycle(packet);
    datagram.packet = null;
  }

  /** Sees to it that the datagram's packet holds `stop` bytes of payload. */
  #reserve(datagram: PartialDatagram, fragment: Packet, stop: number): boolean {
    const old = datagram.packet;
    const capacity = old === null ? 0 : old.bytes.length;
    if (capacity >= base + stop) return true;
    const index = sizeIndex(base + stop);
    const size = (1 << (smallestShift + sizeShift * index)) - Packet.headroom;
    for (;;) {
      const crowded = this.#shards.crowdedFor(datagram, size - capacity);
      if (crowded === datagram) return false;
      if (crowded === null) break;
      this.#evict(crowded);
    }
    const created = this.#kept[index]!.pop() ?? new Packet(size);
    if (old === null) {
      created.clear();
      created.interfaceIndex = fragment.interfaceIndex;
      created.isLinkBroadcast = fragment.isLinkBroadcast;
      created.source = fragment.source;
      created.destination = fragment.destination;
      created.protocol = fragment.protocol;
      created.hopLimit = fragment.hopLimit;
      created.trafficClass = fragment.trafficClass;
    } else {
      created.copyFrom(old);
    }
    this.#release(datagram);
    this.#shards.charge(datagram, created.bytes.length);
    datagram.packet = created;
    return true;
  }

  /** Copies a piece into its place; `Duplicate` when it is a copy of what is there, else why it cannot be. */
  #place(
    datagram: PartialDatagram,
    fragment: Packet,
    from: number,
    start: number,
    stop: number,
  ): Verdict {
    const ranges = datagram.ranges;
    let index = 0;
    while (index < datagram.rangeCount && ranges[2 * index + 1]! < start) index++;
    const packet = datagram.packet!;
    if (index < datagram.rangeCount) {
      const low = ranges[2 * index]!;
      const high = ranges[2 * index + 1]!;
      if (low <= start && stop <= high) {
        // A fragment that the network doubled is no attack; one that says something else is.
        if (isEqual(packet.bytes, base + start, fragment.bytes, from, stop - start)) {
          return Verdict.Duplicate;
        }
        this.counters.overlapped++;
        return Verdict.Filtered;
      }
      const after = high === start ? index + 1 : index;
      if (after < datagram.rangeCount && ranges[2 * after]! < stop) {
        this.counters.overlapped++;
        return Verdict.Filtered;
      }
    }
    if (!insertRange(datagram, index, start, stop)) return Verdict.QueueFull;
    const at = base + start;
    const length = stop - start;
    copyBytes(fragment.bytes, fragment.address, from, packet.bytes, packet.address, at, length);
    packet.length = Math.max(packet.length, base + stop);
    return Verdict.Ok;
  }

  #complete(datagram: PartialDatagram): Packet | null {
    const packet = datagram.packet!;
    const bytes = packet.bytes;
    const header = packet.networkOffset;
    const total = datagram.headerLength + datagram.total;
    // The first fragment's header may be longer than those whose pieces were measured.
    if (total > ipv4MaximumLength) return this.#discard(datagram, Verdict.BadLength);
    bytes[header + 2] = total >>> 8;
    bytes[header + 3] = total;
    bytes[header + 6] = 0;
    bytes[header + 7] = 0;
    // RFC 3168 §5.3: one fragment marked is the datagram marked, unless another could not have been.
    if ((datagram.codepoints & sawCongestion) !== 0) {
      if ((datagram.codepoints & sawIncapable) !== 0) {
        return this.#discard(datagram, Verdict.Filtered);
      }
      packet.trafficClass |= congested;
      bytes[header + 1] = packet.trafficClass;
    }
    packet.length = base + datagram.total;
    this.#shards.charge(datagram, -bytes.length);
    datagram.packet = null;
    this.#shards.remove(datagram);
    this.counters.completed++;
    return packet;
  }
}

/** The smallest of the sizes that holds so many bytes. */
function sizeIndex(length: number): number {
  const shift = 32 - Math.clz32(length + Packet.headroom - 1);
  return Math.max(0, Math.ceil((shift - smallestShift) / sizeShift));
}

function keepHeader(
  datagram: PartialDatagram,
  fragment: Packet,
  offset: number,
  payloadOffset: number,
  stop: number,
): void {
  const packet = datagram.packet!;
  const length = payloadOffset - offset;
  for (let i = 0; i < length; i++) packet.bytes[base - length + i] = fragment.bytes[offset + i]!;
  packet.networkOffset = base - length;
  packet.hopLimit = fragment.hopLimit;
  packet.trafficClass = fragment.trafficClass;
  datagram.headerLength = length;
  datagram.firstEnd = stop;
}

/** Enters a range before or beside that at `index`; `false` when there are too many. */
function insertRange(
  datagram: PartialDatagram,
  index: number,
  start: number,
  stop: number,
): boolean {
  const ranges = datagram.ranges;
  const count = datagram.rangeCount;
  const touchesLow = index < count && ranges[2 * index + 1] === start;
  const next = touchesLow ? index + 1 : index;
  const touchesHigh = next < count && ranges[2 * next] === stop;
  if (touchesLow && touchesHigh) {
    ranges[2 * index + 1] = ranges[2 * next + 1]!;
    ranges.copyWithin(2 * next, 2 * next + 2, 2 * count);
    datagram.rangeCount--;
  } else if (touchesLow) {
    ranges[2 * index + 1] = stop;
  } else if (touchesHigh) {
    ranges[2 * next] = start;
  } else {
    if (count === rangeLimit) return false;
    ranges.copyWithin(2 * index + 2, 2 * index, 2 * count);
    ranges[2 * index] = start;
    ranges[2 * index + 1] = stop;
    datagram.rangeCount++;
  }
  return true;
}

function isEqual(
  a: Uint8Array,
  aOffset: number,
  b: Uint8Array,
  bOffset: number,
  length: number,
): boolean {
  for (let i = 0; i < length; i++) if (a[aOffset + i] !== b[bOffset + i]) return false;
  return true;
}
