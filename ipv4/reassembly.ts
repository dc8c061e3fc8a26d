/**
 * Putting fragments together again (RFC 791 §3.2, RFC 815, RFC 1122 §3.3.2), with the two rules
 * that keep attackers from using it: memory has a limit, and a datagram with overlapping fragments is
 * discarded whole (RFC 5722 §4, written for IPv6 and as right here).
 *
 * @module
 */
import { copyBytes, Packet, Verdict } from "@octet/wire";
import { ipv4MaximumHeaderLength, ipv4MaximumLength } from "./frame.ts";

/** Bounds of a {@linkcode Reassembler}. */
export interface ReassemblyOptions {
  /** How much memory incomplete datagrams take at most, in bytes; 1 MiB when left out. */
  readonly memoryLimit?: number;
  /** How many incomplete datagrams there are at most; 64 when left out. */
  readonly datagramLimit?: number;
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
}

/** Called with the first fragment of a datagram that was given up for time, if that came. */
export type ReassemblyTimeout = (packet: Packet, offset: number, end: number, now: number) => void;

/** Gaps tolerated in one datagram; who sends more is not in earnest. */
const rangeLimit = 32;

/** The payload begins here in a datagram's packet, so that the header fits before it whatever its length. */
const base = ipv4MaximumHeaderLength;

/** One incomplete datagram. */
class Datagram {
  readonly source: number;
  readonly destination: number;
  readonly key: number;
  readonly deadline: number;
  packet: Packet | null = null;
  /** The pieces that have come, as pairs of start and end, in order and apart from each other. */
  readonly ranges: Int32Array<ArrayBuffer> = new Int32Array(2 * rangeLimit);
  rangeCount = 0;
  /** The payload's length, -1 until the last fragment has come. */
  total = -1;
  headerLength = 0;
  firstEnd = 0;
  isCongested = false;

  constructor(source: number, destination: number, key: number, deadline: number) {
    this.source = source;
    this.destination = destination;
    this.key = key;
    this.deadline = deadline;
  }
}

/** Collects fragments until their datagrams are complete. */
export class Reassembler {
  /** What was counted so far. */
  readonly counters: ReassemblyCounters = {
    requests: 0,
    completed: 0,
    failed: 0,
    timedOut: 0,
    overlapped: 0,
  };
  /** What became of the fragment given to {@linkcode add} last. */
  verdict: Verdict = Verdict.Ok;

  readonly #memoryLimit: number;
  readonly #datagramLimit: number;
  readonly #timeout: number;
  readonly #onTimeout: ReassemblyTimeout;
  /** In order of arrival, which is the order of their deadlines too. */
  readonly #datagrams: Datagram[] = [];
  #memory = 0;

  /**
   * Makes an empty collection.
   *
   * @param onTimeout Called with what is known of a datagram that took too long.
   * @param options Bounds.
   */
  constructor(onTimeout: ReassemblyTimeout, options: ReassemblyOptions = {}) {
    this.#onTimeout = onTimeout;
    this.#memoryLimit = options.memoryLimit ?? 1024 * 1024;
    this.#datagramLimit = options.datagramLimit ?? 64;
    this.#timeout = options.timeout ?? 30_000;
  }

  /** How much memory incomplete datagrams take, in bytes. */
  get memory(): number {
    return this.#memory;
  }

  /** How many incomplete datagrams there are, those included that were discarded and are remembered for it. */
  get count(): number {
    return this.#datagrams.length;
  }

  /** When the oldest datagram is to be given up, in milliseconds; Infinity when there is none. */
  get deadline(): number {
    return this.#datagrams.length === 0 ? Infinity : this.#datagrams[0]!.deadline;
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
   *     releases; `null` while pieces are missing. Then {@linkcode verdict} says what became of this one.
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
    const datagram = this.#find(packet, (bytes[offset + 4]! << 8) | bytes[offset + 5]!, now);
    if (datagram.packet === null && datagram.total === 0) {
      this.verdict = Verdict.Filtered;
      return null;
    }
    const stop = start + length;
    if (
      length === 0 || (!isLast && length % 8 !== 0) ||
      stop > ipv4MaximumLength - (payloadOffset - offset)
    ) {
      return this.#discard(datagram, Verdict.BadLength);
    }
    const furthest = datagram.rangeCount === 0 ? 0 : datagram.ranges[2 * datagram.rangeCount - 1]!;
    const isBeyond = datagram.total >= 0 && stop > datagram.total;
    const isEarlyEnd = isLast &&
      (furthest > stop || (datagram.total >= 0 && datagram.total !== stop));
    if (isBeyond || isEarlyEnd) {
      return this.#discard(datagram, Verdict.BadLength);
    }
    if (!this.#reserve(datagram, packet, stop)) return null;
    if (!this.#place(datagram, packet, payloadOffset, start, stop)) return null;
    if (isLast) datagram.total = stop;
    if ((bytes[offset + 1]! & 3) === 3) datagram.isCongested = true;
    if (start === 0) this.#keepHeader(datagram, packet, offset, payloadOffset, stop);
    const isWhole = datagram.rangeCount === 1 && datagram.ranges[0] === 0 &&
      datagram.ranges[1] === datagram.total;
    return isWhole ? this.#complete(datagram) : null;
  }

  /** Gives up the datagrams whose time is over. */
  expire(now: number): void {
    while (this.#datagrams.length > 0 && this.#datagrams[0]!.deadline <= now) {
      const datagram = this.#datagrams.shift()!;
      const packet = datagram.packet;
      if (packet === null) continue;
      this.counters.failed++;
      this.counters.timedOut++;
      // RFC 1122 §3.3.2: only who sent a first fragment hears of it.
      if (datagram.headerLength > 0) {
        this.#onTimeout(packet, packet.networkOffset, base + datagram.firstEnd, now);
      }
      this.#release(datagram);
    }
  }

  /** Drops everything and gives the memory back. */
  clear(): void {
    for (const datagram of this.#datagrams) this.#release(datagram);
    this.#datagrams.length = 0;
  }

  #find(packet: Packet, identification: number, now: number): Datagram {
    const source = packet.source | 0;
    const destination = packet.destination | 0;
    const key = (packet.protocol << 16) | identification;
    const datagrams = this.#datagrams;
    for (let i = datagrams.length - 1; i >= 0; i--) {
      const item = datagrams[i]!;
      if (item.key === key && item.source === source && item.destination === destination) {
        return item;
      }
    }
    if (datagrams.length >= this.#datagramLimit) this.#evict(0);
    const created = new Datagram(source, destination, key, now + this.#timeout);
    datagrams.push(created);
    return created;
  }

  /** Gives up a datagram and remembers that, so that its other fragments do not begin it anew. */
  #discard(datagram: Datagram, verdict: Verdict): null {
    this.verdict = verdict;
    this.counters.failed++;
    this.#release(datagram);
    datagram.total = 0;
    datagram.headerLength = 0;
    return null;
  }

  #evict(index: number): void {
    const [datagram] = this.#datagrams.splice(index, 1);
    if (datagram!.packet !== null) this.counters.failed++;
    this.#release(datagram!);
  }

  #release(datagram: Datagram): void {
    const packet = datagram.packet;
    if (packet === null) return;
    this.#memory -= packet.bytes.length;
    packet.release();
    datagram.packet = null;
  }

  /** Sees to it that the datagram's packet holds `stop` bytes of payload. */
  #reserve(datagram: Datagram, fragment: Packet, stop: number): boolean {
    const old = datagram.packet;
    if (old !== null && old.bytes.length >= base + stop) return true;
    const created = new Packet(Math.max(base + stop, old === null ? 0 : 2 * old.bytes.length));
    const size = created.bytes.length;
    while (this.#memory + size > this.#memoryLimit && this.#datagrams[0] !== datagram) {
      this.#evict(0);
    }
    if (this.#memory + size > this.#memoryLimit) {
      created.release();
      this.#discard(datagram, Verdict.QueueFull);
      return false;
    }
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
    this.#memory += size;
    datagram.packet = created;
    return true;
  }

  /** Copies a piece into its place; `false` when it overlaps others, or is a copy of what is there. */
  #place(
    datagram: Datagram,
    fragment: Packet,
    from: number,
    start: number,
    stop: number,
  ): boolean {
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
          this.verdict = Verdict.Duplicate;
        } else {
          this.counters.overlapped++;
          this.#discard(datagram, Verdict.Filtered);
        }
        return false;
      }
      const after = high === start ? index + 1 : index;
      if (after < datagram.rangeCount && ranges[2 * after]! < stop) {
        this.counters.overlapped++;
        this.#discard(datagram, Verdict.Filtered);
        return false;
      }
    }
    if (!insertRange(datagram, index, start, stop)) {
      this.#discard(datagram, Verdict.QueueFull);
      return false;
    }
    const length = stop - start;
    copyBytes(
      fragment.bytes,
      fragment.address,
      from,
      packet.bytes,
      packet.address,
      base + start,
      length,
    );
    packet.length = Math.max(packet.length, base + stop);
    return true;
  }

  #keepHeader(
    datagram: Datagram,
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

  #complete(datagram: Datagram): Packet {
    const packet = datagram.packet!;
    const bytes = packet.bytes;
    const header = packet.networkOffset;
    const total = datagram.headerLength + datagram.total;
    bytes[header + 2] = total >>> 8;
    bytes[header + 3] = total;
    bytes[header + 6] = 0;
    bytes[header + 7] = 0;
    // RFC 3168 §5.3: one fragment marked is the datagram marked.
    if (datagram.isCongested) {
      packet.trafficClass |= 3;
      bytes[header + 1] = packet.trafficClass;
    }
    packet.length = base + datagram.total;
    this.#datagrams.splice(this.#datagrams.indexOf(datagram), 1);
    this.#memory -= bytes.length;
    datagram.packet = null;
    this.counters.completed++;
    return packet;
  }
}

/** Enters a range before or beside that at `index`; `false` when there are too many. */
function insertRange(datagram: Datagram, index: number, start: number, stop: number): boolean {
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
