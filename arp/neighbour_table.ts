/**
 * The memory of a neighbour cache: slots in typed arrays, found by address, each on one list.
 *
 * @module
 */
import * as wire from "@octet/wire";
import { AddressIndex } from "./address_index.ts";
import type { HeldPackets } from "./held_packets.ts";
import { NeighbourState } from "./neighbour_state.ts";
import { SlotLists } from "./slot_lists.ts";

// V8 folds constants of a module; what is imported it loads and checks at each use. See ARCHITECTURE.md.
const writeU16 = wire.writeU16;
const writeU32 = wire.writeU32;
const { Failed, Incomplete, None, Permanent, Stale } = NeighbourState;

/** The lists a slot may stand on. Each waits for one constant time at most, so each is ordered by deadline. */
export const SlotList = {
  /** Without an entry. */
  Free: 0,
  /** Known, without a timer. */
  Idle: 1,
  /** Did not answer. */
  Failed: 2,
  /** To be asked: those whose address is known, and may not hold any more, stand in front. */
  Send: 3,
  /** Asked; its answer is awaited. */
  Wait: 4,
  /** Its upper layers' word is awaited. */
  Delay: 5,
  /** Set by hand. */
  Permanent: 6,
} as const;

const { Delay: delayList, Failed: failedList, Free: freeList, Idle: idleList } = SlotList;
const { Permanent: permanentList, Send: sendList, Wait: waitList } = SlotList;

const listCount = 7;

/** The fewest entries a table has room for. */
export const minimumCapacity = 16;

/** Entries in slots. A slot's number holds until the entry is forgotten or evicted. */
export abstract class NeighbourTable {
  /** The address in each slot, signed. Kept for the index. */
  addresses: Int32Array<ArrayBuffer> = new Int32Array(0);
  /** How many entries had to go to make room for others. */
  evictions = 0;
  /** How many packets were dropped while they waited, for any reason. */
  droppedPackets = 0;

  /** Where packets wait. */
  declare protected readonly held: HeldPackets;
  /**
   * From address to slot.
   *
   * @internal
   */
  protected readonly index: AddressIndex = new AddressIndex(this);
  /**
   * In which order slots have their turn.
   *
   * @internal
   */
  protected readonly lists: SlotLists = new SlotLists(listCount);
  /** A {@linkcode NeighbourState} a slot. */
  protected states: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  /** How often each was asked. */
  protected probesSent: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  /** Two moments a slot: when its timer fires or its confirmation lapses, and when it was last used. */
  protected times: Float64Array<ArrayBuffer> = new Float64Array(0);
  /** Two moments a slot: when its address last changed, and when it was queued as idle. */
  protected marks: Float64Array<ArrayBuffer> = new Float64Array(0);
  /** How many entries have no hardware address. */
  protected unresolved = 0;

  /** The hardware addresses, two numbers a slot: the upper 16 bits, and the lower 32 as a signed number. */
  #hardware: Int32Array<ArrayBuffer> = new Int32Array(0);
  readonly #limit: number = 0;
  #capacity = 0;
  #count = 0;
  #permanent = 0;
  #lastSlot = 0;

  /**
   * Makes an empty table.
   *
   * @param held Where packets wait.
   * @param limit How many entries there may be.
   * @throws {RangeError} When the limit is below 16.
   */
  constructor(held: HeldPackets, limit: number) {
    if (!(limit >= minimumCapacity)) {
      throw new RangeError(`Cannot make neighbour cache as its capacity ${limit} is below 16`);
    }
    this.held = held;
    this.#limit = Math.floor(limit);
    this.#grow(minimumCapacity);
  }

  /** How many neighbours are remembered, those that failed included. */
  get count(): number {
    return this.#count;
  }

  /** The slot of an address, signed; -1 when it has none. The one that was found last is looked at first. */
  protected find(address: number): number {
    const last = this.#lastSlot;
    if (this.addresses[last] === address && this.states[last] !== None) return last;
    const slot = this.index.find(address);
    if (slot >= 0) this.#lastSlot = slot;
    return slot;
  }

  /**
   * Enters an address as failed; the caller moves the slot to the list where it belongs. Those without a hardware
   * address take half of the room at most, so that a scan does not displace who is known.
   */
  protected create(address: number): number {
    const isCrowded = 2 * this.unresolved >= this.#limit;
    if (isCrowded) this.#evict(this.#oldestUnresolved());
    let slot = this.lists.first(freeList);
    if (slot < 0) {
      if (this.#capacity < this.#limit) this.#grow(Math.min(2 * this.#capacity, this.#limit));
      else this.#makeRoom();
      slot = this.lists.first(freeList);
    }
    this.addresses[slot] = address;
    this.index.insert(slot, address);
    this.states[slot] = Failed;
    this.unresolved++;
    this.#count++;
    this.#lastSlot = slot;
    return slot;
  }

  /** Makes an entry permanent. Half of the room at most is for such entries; see {@linkcode hasRoomToFix}. */
  protected fix(slot: number): void {
    if (this.states[slot] === Permanent) return;
    this.states[slot] = Permanent;
    this.lists.move(slot, permanentList);
    this.#permanent++;
  }

  /** Whether another entry may be made permanent. */
  protected get hasRoomToFix(): boolean {
    return 2 * (this.#permanent + 1) <= this.#limit;
  }

  /** Takes an entry out, and drops what waits for it. */
  protected free(slot: number): void {
    if (this.held.count > 0) this.droppedPackets += this.held.drop(slot);
    this.index.remove(slot);
    const state = this.states[slot]!;
    if (state < Stale) this.unresolved--;
    if (state === Permanent) this.#permanent--;
    this.states[slot] = None;
    this.lists.move(slot, freeList);
    this.#count--;
  }

  /**
   * Sets the hardware address of a slot.
   *
   * @param slot Whose.
   * @param high The address's upper 16 bits.
   * @param low Its lower 32 bits, signed.
   * @param now When it changed.
   */
  protected store(slot: number, high: number, low: number, now: number): void {
    const hardware = this.#hardware;
    hardware[2 * slot] = high;
    hardware[2 * slot + 1] = low;
    this.marks[2 * slot] = now;
  }

  /** Writes the hardware address of a slot. */
  protected write(slot: number, bytes: Uint8Array, offset: number): void {
    const hardware = this.#hardware;
    writeU16(bytes, offset, hardware[2 * slot]!);
    writeU32(bytes, offset + 2, hardware[2 * slot + 1]!);
  }

  /** Writes the hardware address of a slot into a frame, as {@linkcode write} does. */
  protected writeWords(slot: number, view: DataView, offset: number): void {
    const hardware = this.#hardware;
    view.setInt16(offset, hardware[2 * slot]!);
    view.setInt32(offset + 2, hardware[2 * slot + 1]!);
  }

  /** Whether a slot has this hardware address, given as for {@linkcode store}. */
  protected isSame(slot: number, high: number, low: number): boolean {
    const hardware = this.#hardware;
    return hardware[2 * slot + 1] === low && hardware[2 * slot] === high;
  }

  #evict(slot: number): void {
    this.evictions++;
    this.free(slot);
  }

  /** Who failed longest ago, else who was asked longest ago, else who would be asked next. There is one. */
  #oldestUnresolved(): number {
    const { lists } = this;
    let slot = lists.first(failedList);
    if (slot >= 0) return slot;
    slot = lists.first(waitList);
    while (slot >= 0 && this.states[slot] !== Incomplete) slot = lists.next(slot);
    if (slot >= 0) return slot;
    slot = lists.first(sendList);
    while (this.states[slot] !== Incomplete) slot = lists.next(slot);
    return slot;
  }

  /**
   * Who failed goes first, then the idle entry that has gone unused longest. Uses are not sorted as they happen; an
   * entry that was used since it was queued gets a second chance at the end of the list.
   */
  #makeRoom(): void {
    const { lists } = this;
    const failed = lists.first(failedList);
    if (failed >= 0) return this.#evict(failed);
    for (let tries = 2 * this.#capacity; tries > 0; tries--) {
      const slot = lists.first(idleList);
      if (slot < 0) break;
      const used = this.times[2 * slot + 1]!;
      if (used <= this.marks[2 * slot + 1]!) return this.#evict(slot);
      this.marks[2 * slot + 1] = used;
      lists.move(slot, idleList);
    }
    // Half of the room at most is taken by permanent entries, so one of these has somebody.
    for (const list of [waitList, sendList, delayList]) {
      const slot = lists.first(list);
      if (slot >= 0) return this.#evict(slot);
    }
  }

  #grow(capacity: number): void {
    const used = this.#capacity;
    this.addresses = widened(this.addresses, new Int32Array(capacity));
    this.states = widened(this.states, new Uint8Array(capacity));
    this.probesSent = widened(this.probesSent, new Uint8Array(capacity));
    this.#hardware = widened(this.#hardware, new Int32Array(2 * capacity));
    this.times = widened(this.times, new Float64Array(2 * capacity));
    this.marks = widened(this.marks, new Float64Array(2 * capacity));
    this.held.grow(capacity);
    this.lists.grow(capacity, freeList);
    this.index.grow(1 << (32 - Math.clz32(capacity - 1)), used);
    this.#capacity = capacity;
  }
}

function widened<A extends { set(from: A): void }>(from: A, to: A): A {
  to.set(from);
  return to;
}
