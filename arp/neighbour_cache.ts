/**
 * The neighbour cache: which hardware address belongs to which IPv4 address, how sure that is, and
 * who is being asked. States and times are those of Linux's neighbour discovery for ARP, which
 * follow RFC 4861 §7.3; RFC 1122 §2.3.2.1 demands the ageing.
 *
 * An entry costs nothing while idle: only those that are being asked have a timer, and these stand
 * in lists ordered by time.
 *
 * @module
 */
import {
  type BaseNode,
  type Packet,
  type Random,
  randomBelow,
  readI32,
  readU16,
} from "@octet/wire";
import { AddressIndex } from "./address_index.ts";
import type { HeldPackets } from "./held_packets.ts";
import {
  Learned,
  type NeighbourCacheOptions,
  type NeighbourListener,
  NeighbourState,
} from "./neighbour_state.ts";
import { SlotLists } from "./slot_lists.ts";

/** The lists a slot may stand on. Each waits for one constant time, so each is ordered by deadline. */
const List = { Free: 0, Idle: 1, Send: 2, Wait: 3, Delay: 4 } as const;

/**
 * How long the same random reachable time serves all entries, in milliseconds, as Linux's does. RFC 4861 §6.3.2 asks
 * for a new one every few hours; a draw for each confirmation cost 8 bytes an exchange.
 */
const spreadTime = 300_000;
const initialCapacity = 16;

/** The table. Slots are numbers that hold until the entry is forgotten or evicted. */
export class NeighbourCache {
  /** The address in each slot, signed. Kept for the index. */
  addresses: Int32Array<ArrayBuffer> = new Int32Array(0);
  /** How many entries had to go to make room for others. */
  evictions = 0;
  /** How many packets were dropped while they waited, for any reason. */
  droppedPackets = 0;

  readonly #options: Required<NeighbourCacheOptions>;
  readonly #random: Random;
  /** How long a confirmation holds for now, in milliseconds: between half and one and a half of `reachableTime`. */
  #reachableFor = 0;
  /** When that is drawn anew. */
  #spreadUntil = -Infinity;
  readonly #held: HeldPackets;
  readonly #listener: NeighbourListener;
  readonly #index: AddressIndex = new AddressIndex(this);
  readonly #lists: SlotLists = new SlotLists(5);
  #capacity = 0;
  #count = 0;
  #lastSlot = 0;
  #states: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  #probesSent: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  /** Eight bytes a slot, of which six are used. */
  #hardware: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  /** Two moments a slot: when its timer fires or its confirmation lapses, and when it was last used. */
  #times: Float64Array<ArrayBuffer> = new Float64Array(0);
  /** Two moments a slot: when its address last changed, and when it was queued as idle. */
  #marks: Float64Array<ArrayBuffer> = new Float64Array(0);
  #packets: (Packet | null)[] = [];

  /**
   * Makes an empty cache.
   *
   * @param held Where packets wait.
   * @param listener Who sends the requests and hears of failures.
   * @param random For the spread of confirmation times.
   * @param options Sizes and times.
   * @throws {RangeError} When the capacity is below 16.
   */
  constructor(
    held: HeldPackets,
    listener: NeighbourListener,
    random: Random,
    options: NeighbourCacheOptions = {},
  ) {
    const { capacity = 1024, reachableTime = 30_000, retransmitTime = 1000 } = options;
    const { delayTime = 5000, probes = 3, lockTime = 1000 } = options;
    if (!(capacity >= initialCapacity)) {
      throw new RangeError(`Cannot make neighbour cache as its capacity ${capacity} is below 16`);
    }
    this.#options = { capacity, reachableTime, retransmitTime, delayTime, probes, lockTime };
    this.#held = held;
    this.#listener = listener;
    this.#random = random;
    this.#grow(initialCapacity);
  }

  /** How many neighbours are remembered, those that failed included. */
  get count(): number {
    return this.#count;
  }

  /** The earliest time at which {@linkcode expire} has something to do, in milliseconds; Infinity for never. */
  get deadline(): number {
    const slot = this.#earliest();
    return slot < 0 ? Infinity : this.#times[2 * slot]!;
  }

  /**
   * Sees to it that `node` gets a turn at the {@linkcode deadline}, if that comes before the turn that it
   * has asked for. A double that is passed on is boxed, so this is not left to the node.
   */
  wake(node: BaseNode): void {
    const slot = this.#earliest();
    if (slot < 0 || this.#times[2 * slot]! >= node.wakeTime) return;
    node.wakeTime = this.#times[2 * slot]!;
    node.parent?.timers.schedule(node);
  }

  /** Whether {@linkcode expire} has something to do at `now`. */
  isDue(now: number): boolean {
    const wait = this.#lists.first(List.Wait);
    if (wait >= 0 && this.#times[2 * wait]! <= now) return true;
    const delay = this.#lists.first(List.Delay);
    return delay >= 0 && this.#times[2 * delay]! <= now;
  }

  /** What is known of a neighbour. A confirmation that has lapsed still shows until the entry is used. */
  stateOf(address: number): NeighbourState {
    const slot = this.#index.find(address | 0);
    return slot < 0 ? NeighbourState.None : this.#states[slot]! as NeighbourState;
  }

  /**
   * Writes the hardware address of `packet.nextHop` into the packet, or keeps a copy of the packet
   * and asks. The neighbour's newest packet is kept, an older one is dropped (RFC 1122 §2.3.2.2).
   *
   * @param packet What is to be sent; `length` must be set.
   * @param offset Where the address goes.
   * @param now Milliseconds.
   * @returns Whether the address was written.
   */
  resolve(packet: Packet, offset: number, now: number): boolean {
    const address = packet.nextHop | 0;
    let slot = this.#lastSlot;
    if (this.addresses[slot] !== address || this.#states[slot] === NeighbourState.None) {
      slot = this.#index.find(address);
      if (slot < 0) slot = this.#create(address, now);
      this.#lastSlot = slot;
    }
    const state = this.#use(slot, now);
    if (state >= NeighbourState.Stale) {
      this.#write(slot, packet.bytes, offset);
      return true;
    }
    const older = this.#packets[slot]!;
    if (older !== null) {
      this.#held.drop(older);
      this.droppedPackets++;
    }
    this.#packets[slot] = this.#held.keep(packet);
    if (this.#packets[slot] === null) this.droppedPackets++;
    return false;
  }

  /** Asks for a neighbour's hardware address unless it is known; see {@linkcode read}. */
  query(address: number, now: number): void {
    const found = this.#index.find(address | 0);
    this.#use(found < 0 ? this.#create(address | 0, now) : found, now);
  }

  /**
   * Writes a neighbour's hardware address if it is known.
   *
   * @param address The neighbour, host order.
   * @param bytes Where to write six bytes.
   * @param offset At which offset.
   * @returns Whether it is known.
   */
  read(address: number, bytes: Uint8Array, offset: number): boolean {
    const slot = this.#index.find(address | 0);
    if (slot < 0 || this.#states[slot]! < NeighbourState.Stale) return false;
    this.#write(slot, bytes, offset);
    return true;
  }

  /**
   * Takes news about a neighbour from an ARP packet.
   *
   * @param address The neighbour, host order.
   * @param bytes Where its hardware address lies.
   * @param offset At which offset.
   * @param isReply Whether the packet is a reply: only a reply that was asked for confirms.
   * @param mayCreate Whether an unknown neighbour is to be remembered.
   * @param now Milliseconds.
   */
  learn(
    address: number,
    bytes: Uint8Array,
    offset: number,
    isReply: boolean,
    mayCreate: boolean,
    now: number,
  ): Learned {
    let slot = this.#index.find(address | 0);
    if (slot < 0) {
      if (!mayCreate) return Learned.Ignored;
      slot = this.#create(address | 0, now);
    }
    const state = this.#states[slot]!;
    if (state === NeighbourState.Permanent) return Learned.Refused;
    const isAsked = isReply &&
      (state === NeighbourState.Incomplete || state === NeighbourState.Probe);
    if (state >= NeighbourState.Stale && !isAsked) {
      if (this.#isSame(slot, bytes, offset)) return Learned.Taken;
      if (isReply && !mayCreate) return Learned.Refused;
      // Of two stations that answer for one address the first wins, as with Linux's locktime.
      if (now - this.#marks[2 * slot]! < this.#options.lockTime) return Learned.Refused;
    }
    this.#store(slot, bytes, offset, now);
    if (isAsked) this.#confirm(slot, now);
    else this.#rest(slot, NeighbourState.Stale, now);
    const packet = this.#packets[slot]!;
    if (packet !== null) {
      this.#packets[slot] = null;
      this.#held.send(packet);
    }
    return Learned.Taken;
  }

  /** An upper layer has seen the neighbour answer (RFC 4861 §7.3.1): its address holds. */
  confirm(address: number, now: number): void {
    const slot = this.#index.find(address | 0);
    if (slot < 0) return;
    const state = this.#states[slot]!;
    if (state >= NeighbourState.Stale && state <= NeighbourState.Reachable) {
      this.#confirm(slot, now);
    }
  }

  /**
   * Sets a neighbour's hardware address by hand; it is neither asked nor evicted, and no packet changes it.
   *
   * @throws {RangeError} When the cache is full of such entries.
   */
  setPermanent(address: number, bytes: Uint8Array, offset: number, now: number): void {
    const found = this.#index.find(address | 0);
    const slot = found < 0 ? this.#create(address | 0, now) : found;
    this.#store(slot, bytes, offset, now);
    this.#rest(slot, NeighbourState.Permanent, now);
    const packet = this.#packets[slot]!;
    this.#packets[slot] = null;
    if (packet !== null) this.#held.send(packet);
  }

  /** Forgets a neighbour, and the packet that waits for it. */
  forget(address: number): void {
    const slot = this.#index.find(address | 0);
    if (slot >= 0) this.#free(slot);
  }

  /** Does what has become due at `now`: asks again, gives up. */
  expire(now: number): void {
    const lists = this.#lists;
    for (;;) {
      const slot = lists.first(List.Delay);
      if (slot < 0 || this.#times[2 * slot]! > now) break;
      this.#ask(slot, NeighbourState.Probe);
    }
    for (;;) {
      const slot = lists.first(List.Wait);
      if (slot < 0 || this.#times[2 * slot]! > now) break;
      if (this.#probesSent[slot]! < this.#options.probes) lists.move(slot, List.Send);
      else this.#fail(slot, now);
    }
    if (lists.first(List.Send) >= 0) this.#listener.requestWanted();
  }

  /**
   * The next neighbour to be asked; the caller sends the request now.
   *
   * @returns The slot, -1 when nobody is to be asked.
   */
  takeRequest(now: number): number {
    const slot = this.#lists.first(List.Send);
    if (slot < 0) return -1;
    this.#probesSent[slot] = this.#probesSent[slot]! + 1;
    this.#times[2 * slot] = now + this.#options.retransmitTime;
    this.#lists.move(slot, List.Wait);
    return slot;
  }

  /**
   * Writes where the request for a slot of {@linkcode takeRequest} goes: to the address that is to be
   * confirmed, or to everybody.
   */
  writeRequestDestination(slot: number, bytes: Uint8Array, offset: number): void {
    if (this.#states[slot] === NeighbourState.Probe) this.#write(slot, bytes, offset);
    else for (let i = 0; i < 6; i++) bytes[offset + i] = 0xff;
  }

  /** The slot whose timer fires first, -1 when there is none. */
  #earliest(): number {
    const wait = this.#lists.first(List.Wait);
    const delay = this.#lists.first(List.Delay);
    if (wait < 0 || delay < 0) return wait < 0 ? delay : wait;
    return this.#times[2 * wait]! <= this.#times[2 * delay]! ? wait : delay;
  }

  /** Counts a use, and moves on what a use moves on. Returns the state. */
  #use(slot: number, now: number): number {
    const state = this.#states[slot]!;
    this.#times[2 * slot + 1] = now;
    if (state === NeighbourState.Reachable) {
      if (now < this.#times[2 * slot]!) return state;
    } else if (state !== NeighbourState.Stale) {
      if (state <= NeighbourState.Failed) this.#ask(slot, NeighbourState.Incomplete);
      return this.#states[slot]!;
    }
    this.#states[slot] = NeighbourState.Delay;
    this.#times[2 * slot] = now + this.#options.delayTime;
    this.#lists.move(slot, List.Delay);
    this.#listener.requestWanted();
    return NeighbourState.Delay;
  }

  #ask(slot: number, state: number): void {
    this.#states[slot] = state;
    this.#probesSent[slot] = 0;
    this.#lists.move(slot, List.Send);
    this.#listener.requestWanted();
  }

  #confirm(slot: number, now: number): void {
    this.#rest(slot, NeighbourState.Reachable, now);
    if (now >= this.#spreadUntil) {
      const base = this.#options.reachableTime;
      this.#reachableFor = base / 2 + randomBelow(this.#random, base);
      this.#spreadUntil = now + spreadTime;
    }
    this.#times[2 * slot] = now + this.#reachableFor;
  }

  /** Puts a slot on the list of those without a timer. */
  #rest(slot: number, state: number, now: number): void {
    this.#states[slot] = state;
    this.#times[2 * slot] = Infinity;
    this.#marks[2 * slot + 1] = now;
    this.#lists.move(slot, List.Idle);
  }

  #fail(slot: number, now: number): void {
    const packet = this.#packets[slot]!;
    this.#packets[slot] = null;
    this.#rest(slot, NeighbourState.Failed, now);
    if (packet !== null) this.droppedPackets++;
    this.#listener.unreachable(this.addresses[slot]! >>> 0, packet, now);
    if (packet !== null) this.#held.drop(packet);
  }

  #create(address: number, now: number): number {
    let slot = this.#lists.first(List.Free);
    if (slot < 0) {
      if (this.#capacity < this.#options.capacity) {
        this.#grow(Math.min(2 * this.#capacity, this.#options.capacity));
      } else {
        this.#evict();
      }
      slot = this.#lists.first(List.Free);
    }
    this.addresses[slot] = address;
    this.#index.insert(slot);
    this.#states[slot] = NeighbourState.Failed;
    this.#marks[2 * slot] = -Infinity;
    this.#times[2 * slot + 1] = now;
    this.#count++;
    this.#rest(slot, NeighbourState.Failed, now);
    return slot;
  }

  #free(slot: number): void {
    const packet = this.#packets[slot]!;
    if (packet !== null) {
      this.#packets[slot] = null;
      this.#held.drop(packet);
      this.droppedPackets++;
    }
    this.#index.remove(slot);
    this.#states[slot] = NeighbourState.None;
    this.#lists.move(slot, List.Free);
    this.#count--;
  }

  /**
   * Makes room: the idle entry that has gone unused longest goes. Uses are not sorted as they
   * happen; an entry that was used since it was queued gets a second chance at the end of the list.
   */
  #evict(): void {
    const lists = this.#lists;
    for (let tries = 2 * this.#capacity; tries > 0; tries--) {
      const slot = lists.first(List.Idle);
      if (slot < 0) break;
      const used = this.#times[2 * slot + 1]!;
      if (this.#states[slot] !== NeighbourState.Permanent && used <= this.#marks[2 * slot + 1]!) {
        this.evictions++;
        this.#free(slot);
        return;
      }
      this.#marks[2 * slot + 1] = used;
      lists.move(slot, List.Idle);
    }
    for (const list of [List.Wait, List.Send, List.Delay]) {
      const slot = lists.first(list);
      if (slot < 0) continue;
      this.evictions++;
      this.#free(slot);
      return;
    }
    throw new RangeError(
      `Cannot add neighbour as all ${this.#capacity} entries of the cache are permanent`,
    );
  }

  #grow(capacity: number): void {
    const used = this.#capacity;
    this.addresses = widened(this.addresses, new Int32Array(capacity));
    this.#states = widened(this.#states, new Uint8Array(capacity));
    this.#probesSent = widened(this.#probesSent, new Uint8Array(capacity));
    this.#hardware = widened(this.#hardware, new Uint8Array(8 * capacity));
    this.#times = widened(this.#times, new Float64Array(2 * capacity));
    this.#marks = widened(this.#marks, new Float64Array(2 * capacity));
    while (this.#packets.length < capacity) this.#packets.push(null);
    this.#lists.grow(capacity, List.Free);
    this.#index.grow(1 << (32 - Math.clz32(capacity - 1)), used);
    this.#capacity = capacity;
  }

  #store(slot: number, bytes: Uint8Array, offset: number, now: number): void {
    const hardware = this.#hardware;
    for (let i = 0; i < 6; i++) hardware[8 * slot + i] = bytes[offset + i]!;
    this.#marks[2 * slot] = now;
  }

  #write(slot: number, bytes: Uint8Array, offset: number): void {
    const hardware = this.#hardware;
    const at = 8 * slot;
    bytes[offset] = hardware[at]!;
    bytes[offset + 1] = hardware[at + 1]!;
    bytes[offset + 2] = hardware[at + 2]!;
    bytes[offset + 3] = hardware[at + 3]!;
    bytes[offset + 4] = hardware[at + 4]!;
    bytes[offset + 5] = hardware[at + 5]!;
  }

  #isSame(slot: number, bytes: Uint8Array, offset: number): boolean {
    const hardware = this.#hardware;
    return readI32(hardware, 8 * slot + 2) === readI32(bytes, offset + 2) &&
      readU16(hardware, 8 * slot) === readU16(bytes, offset);
  }
}

function widened<A extends { set(from: A): void }>(from: A, to: A): A {
  to.set(from);
  return to;
}
