/**
 * Packets that wait for their neighbour's hardware address to become known.
 *
 * @module
 */
import { BaseNode, Packet, Verdict } from "@octet/wire";

// V8 folds constants of a module; what is imported it loads and checks at each use. See ARCHITECTURE.md.
const { NoProtocol } = Verdict;

/** What most frames fit in: Ethernet's 1514 bytes and a VLAN tag. */
const commonCapacity = 1522;
/** How many copies of that size are kept for the next ones: the burst of one neighbour. */
const pooled = 101;

/** One packet's place: in its neighbour's queue, and in the order of all that wait. */
interface Waiting {
  packet: Packet | null;
  slot: number;
  /** The next of the same neighbour. */
  next: Waiting | null;
  /** Who came before it, whatever the neighbour. */
  older: Waiting | null;
  /** Who came after it, whatever the neighbour. */
  newer: Waiting | null;
}

/** How many bytes may wait in a {@linkcode HeldPackets}. Memory counts, as in Linux's `unres_qlen_bytes`. */
export interface HeldPacketsLimits {
  /** For one neighbour. */
  readonly queueBytes: number;
  /** For all neighbours together. */
  readonly totalQueueBytes: number;
}

/**
 * The queues of those that wait, one a neighbour, and the node that gives them back to the link: it writes the very
 * payload that it kept, so the link sees a child with an IPv4 datagram to send, and resolves `packet.nextHop` once
 * more. Where there is no more room, who has waited longest goes: of the same neighbour, or of all.
 */
export class HeldPackets extends BaseNode {
  readonly #limits: HeldPacketsLimits;
  readonly #heads: (Waiting | null)[] = [];
  readonly #tails: (Waiting | null)[] = [];
  readonly #sizes: number[] = [];
  readonly #isSent: boolean[] = [];
  /** The neighbours that are known by now, and still have packets here. */
  readonly #sent: number[] = [];
  readonly #pool: Packet[] = [];
  readonly #places: Waiting[] = [];
  #oldest: Waiting | null = null;
  #newest: Waiting | null = null;
  #count = 0;
  #bytes = 0;
  #isPassing = false;

  /**
   * Makes an empty store.
   *
   * @param protocol The EtherType of what is kept.
   * @param limits How many bytes to keep.
   */
  constructor(protocol: number, limits: HeldPacketsLimits) {
    super();
    this.protocol = protocol;
    this.#limits = limits;
  }

  /** How many packets wait now. */
  get count(): number {
    return this.#count;
  }

  /** How many bytes of memory they take. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Makes queues for neighbours numbered up to `capacity`. */
  grow(capacity: number): void {
    while (this.#heads.length < capacity) {
      this.#heads.push(null);
      this.#tails.push(null);
      this.#sizes.push(0);
      this.#isSent.push(false);
    }
  }

  /**
   * Whether a packet to a known neighbour may be sent: none that came before it waits still. It is asked when
   * {@linkcode HeldPackets.count} is not 0.
   */
  mayPass(slot: number): boolean {
    const isPassing = this.#isPassing;
    this.#isPassing = false;
    return isPassing || this.#heads[slot] === null;
  }

  /**
   * Keeps a copy of a packet.
   *
   * @returns How many packets had to go for it, itself included.
   */
  keep(slot: number, packet: Packet): number {
    this.#isPassing = false;
    const { queueBytes, totalQueueBytes } = this.#limits;
    const copy = this.#copy(packet);
    const size = copy.room.length;
    let dropped = 0;
    while (this.#heads[slot] !== null && this.#sizes[slot]! + size > queueBytes) {
      this.recycle(this.take(slot)!);
      dropped++;
    }
    while (this.#oldest !== null && this.#bytes + size > totalQueueBytes) {
      this.recycle(this.take(this.#oldest.slot)!);
      dropped++;
    }
    if (size > queueBytes || size > totalQueueBytes) {
      this.recycle(copy);
      return dropped + 1;
    }
    this.#append(slot, copy, size);
    return dropped;
  }

  /** The neighbour is known: what waits for it is sent, in the order in which it came. */
  send(slot: number): void {
    if (this.#heads[slot] === null || this.#isSent[slot]) return;
    this.#isSent[slot] = true;
    this.#sent.push(slot);
    this.requestTurn();
  }

  /** Drops what waits for a neighbour; gives how many packets that was. */
  drop(slot: number): number {
    let count = 0;
    for (let packet = this.take(slot); packet !== null; packet = this.take(slot)) {
      this.recycle(packet);
      count++;
    }
    if (this.#isSent[slot]) {
      this.#isSent[slot] = false;
      this.#sent.splice(this.#sent.indexOf(slot), 1);
    }
    return count;
  }

  /** Takes the packet that has waited longest for a neighbour; {@linkcode recycle} takes it back. */
  take(slot: number): Packet | null {
    const place = this.#heads[slot]!;
    if (place === null) return null;
    const packet = place.packet!;
    this.#heads[slot] = place.next;
    if (place.next === null) this.#tails[slot] = null;
    if (place.older === null) this.#oldest = place.newer;
    else place.older.newer = place.newer;
    if (place.newer === null) this.#newest = place.older;
    else place.newer.older = place.older;
    const size = packet.room.length;
    this.#sizes[slot]! -= size;
    this.#bytes -= size;
    this.#count--;
    place.packet = null;
    place.next = place.older = place.newer = null;
    if (this.#places.length < pooled) this.#places.push(place);
    return packet;
  }

  /** Takes back the memory of a packet that {@linkcode take} gave. */
  recycle(packet: Packet): void {
    // A Packet of common capacity got the next power of two less the headroom, and nothing longer is one.
    if (packet.bytes.length < 2 * commonCapacity && this.#pool.length < pooled) {
      this.#pool.push(packet);
    } else {
      packet.release();
    }
  }

  /** Takes nothing: it stands in the way down only. */
  override demux(): Verdict {
    return NoProtocol;
  }

  /** Writes the next packet's payload; see {@linkcode BaseNode.encapsulate}. */
  override encapsulate(packet: Packet, _ipOffset: number, offset: number): number {
    const sent = this.#sent;
    while (sent.length > 0) {
      const slot = sent[0]!;
      const kept = this.take(slot);
      if (kept === null) {
        sent.shift();
        this.#isSent[slot] = false;
        continue;
      }
      // The buffer it was written in may have been larger than this one; then nothing can be done for it.
      const fits = kept.length <= packet.bytes.length;
      if (fits) packet.copyFrom(kept);
      this.recycle(kept);
      if (!fits) continue;
      this.#isPassing = true;
      return packet.length - offset;
    }
    return 0;
  }

  #copy(packet: Packet): Packet {
    const isCommon = packet.length <= commonCapacity;
    const copy = (isCommon && this.#pool.pop()) ||
      new Packet(isCommon ? commonCapacity : packet.length);
    copy.copyFrom(packet);
    return copy;
  }

  #append(slot: number, packet: Packet, size: number): void {
    const place: Waiting = this.#places.pop() ??
      { packet: null, slot: 0, next: null, older: null, newer: null };
    place.packet = packet;
    place.slot = slot;
    const tail = this.#tails[slot]!;
    if (tail === null) this.#heads[slot] = place;
    else tail.next = place;
    this.#tails[slot] = place;
    place.older = this.#newest;
    if (this.#newest === null) this.#oldest = place;
    else this.#newest.newer = place;
    this.#newest = place;
    this.#sizes[slot]! += size;
    this.#bytes += size;
    this.#count++;
  }
}
