/**
 * The neighbour cache: which hardware address belongs to which IPv4 address, how sure that is, and
 * who is being asked. States and times are those of Linux's neighbour discovery for ARP, which
 * follow RFC 4861 §7.3; RFC 1122 §2.3.2.1 demands the ageing, and a bound on how often is asked.
 *
 * An entry costs nothing while idle: only those that are being asked have a timer, and these stand
 * in lists ordered by time.
 *
 * @module
 */
import { MacAddress } from "@octet/netip/mac-address";
import { type BaseNode, type Packet, type Random, randomBelow } from "@octet/wire";
import * as wire from "@octet/wire";
import type { HeldPackets } from "./held_packets.ts";
import {
  defaultNeighbourCacheOptions,
  Learned,
  type Neighbour,
  type NeighbourCacheOptions,
  type NeighbourListener,
  NeighbourState,
} from "./neighbour_state.ts";
import { NeighbourTable, SlotList } from "./neighbour_table.ts";

// V8 folds constants of a module; what is imported it loads and checks at each use. See ARCHITECTURE.md.
const { Ignored, Refused, Taken } = Learned;
const { Delay, Failed, Incomplete, None, Permanent, Probe, Reachable, Stale } = NeighbourState;
const readI32 = wire.readI32;
const readU16 = wire.readU16;
const { Delay: delayList, Failed: failedList, Idle: idleList, Send: sendList, Wait: waitList } =
  SlotList;

/**
 * How long the same random reachable time serves all entries, in milliseconds, as Linux's does. RFC 4861 §6.3.2 asks
 * for a new one every few hours; a draw for each confirmation cost 8 bytes an exchange.
 */
const spreadTime = 300_000;
/** After how long an entry that failed is forgotten when the next one fails, in milliseconds. */
const failedTime = 60_000;

/** Who is known, who is being asked, and what waits for the answer. */
export class NeighbourCache extends NeighbourTable {
  readonly #options: Required<NeighbourCacheOptions>;
  readonly #random: Random;
  readonly #listener: NeighbourListener;
  /** How long a confirmation holds for now, in milliseconds: between half and one and a half of `reachableTime`. */
  #reachableFor = 0;
  /** When that is drawn anew. */
  #spreadUntil = -Infinity;
  /** How many milliseconds a request costs, and how many may be owed. */
  readonly #requestTime: number = 0;
  readonly #requestCredit: number = 0;
  /** When the next timer fires, or before: who was answered meanwhile counts until then. */
  #dueAt = Infinity;
  /** Whether somebody is to be asked, and too many were of late. */
  #isHeldBack = false;
  /** When all requests sent so far are paid for: the next may go when that is not further away than the credit. */
  #paidAt = -Infinity;

  /**
   * Makes an empty cache.
   *
   * @param held Where packets wait.
   * @param listener Who sends the requests and hears of failures.
   * @param random For the spread of confirmation times.
   * @param options Sizes and times.
   * @throws {RangeError} When the capacity is below 16, or requests are not to be sent at all.
   */
  constructor(
    held: HeldPackets,
    listener: NeighbourListener,
    random: Random,
    options: NeighbourCacheOptions = {},
  ) {
    const all = { ...defaultNeighbourCacheOptions, ...options };
    super(held, all.capacity);
    if (!(all.requestRate > 0 && all.requestBurst >= 1)) {
      throw new RangeError(
        `Cannot make neighbour cache as it may send ${all.requestRate} requests a second, ${all.requestBurst} at once`,
      );
    }
    this.#options = all;
    this.#listener = listener;
    this.#random = random;
    this.#requestTime = 1000 / all.requestRate;
    this.#requestCredit = this.#requestTime * (all.requestBurst - 1);
  }

  /**
   * Sees to it that `node` gets its turn when {@linkcode expire} or {@linkcode takeRequest} has something to do, or at
   * `latest` if that is before. A double that is made to be passed on is boxed, so this is not left to the node.
   */
  wake({ turn }: BaseNode, latest: number): void {
    let time = this.#dueAt;
    if (latest < time) time = latest;
    if (this.#isHeldBack) time = Math.min(time, this.#paidAt - this.#requestCredit);
    if (time === turn.wakeTime) return;
    turn.wakeTime = time;
    turn.reschedule();
  }

  /** Whether {@linkcode expire} may have something to do at `now`. */
  isDue(now: number): boolean {
    return now >= this.#dueAt;
  }

  /** What is known of a neighbour. A confirmation that has lapsed still shows until the entry is used. */
  stateOf(address: number): NeighbourState {
    const slot = this.find(address | 0);
    return slot < 0 ? None : this.states[slot]! as NeighbourState;
  }

  /**
   * Writes the hardware address of `packet.nextHop` into the packet, or keeps a copy of the packet and asks. What is
   * kept is sent in the order in which it came (RFC 1122 §2.3.2.2 asks for the newest at least).
   *
   * @param packet What is to be sent; `length` must be set.
   * @param offset Where the address goes.
   * @param now Milliseconds.
   * @returns Whether the address was written.
   */
  resolve(packet: Packet, offset: number, now: number): boolean {
    const address = packet.nextHop | 0;
    let slot = this.find(address);
    if (slot < 0) slot = this.create(address);
    const { held } = this;
    if (this.#use(slot, now) >= Stale && (held.count === 0 || held.mayPass(slot))) {
      this.writeWords(slot, packet.view, offset);
      return true;
    }
    this.droppedPackets += held.keep(slot, packet);
    return false;
  }

  /** Asks for a neighbour's hardware address unless it is known; see {@linkcode read}. */
  query(address: number, now: number): void {
    const found = this.find(address | 0);
    this.#use(found < 0 ? this.create(address | 0) : found, now);
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
    const slot = this.find(address | 0);
    if (slot < 0 || this.states[slot]! < Stale) return false;
    this.write(slot, bytes, offset);
    return true;
  }

  /**
   * Takes news about a neighbour from an ARP packet.
   *
   * @param address The neighbour, host order.
   * @param high The upper 16 bits of its hardware address.
   * @param low The lower 32 bits, signed.
   * @param isReply Whether the packet is a reply: only a reply that was asked for confirms.
   * @param mayCreate Whether an unknown neighbour is to be remembered.
   * @param now Milliseconds.
   */
  learn(
    address: number,
    high: number,
    low: number,
    isReply: boolean,
    mayCreate: boolean,
    now: number,
  ): Learned {
    let slot = this.find(address | 0);
    if (slot < 0) {
      if (!mayCreate) return Ignored;
      slot = this.create(address | 0);
    }
    const state = this.states[slot]!;
    if (state === Permanent) return Refused;
    const isAsked = isReply &&
      (state === Incomplete || state === Probe);
    if (state >= Stale && !isAsked) {
      if (this.isSame(slot, high, low)) return Taken;
      if (isReply && !mayCreate) return Refused;
      // Of two stations that answer for one address the first wins, as with Linux's locktime.
      if (now - this.marks[2 * slot]! < this.#options.lockTime) return Refused;
    }
    if (state < Stale) this.unresolved--;
    this.store(slot, high, low, now);
    if (isAsked) this.#confirm(slot, now);
    else this.#rest(slot, Stale, now);
    if (this.held.count > 0) this.held.send(slot);
    return Taken;
  }

  /** An upper layer has seen the neighbour answer (RFC 4861 §7.3.1): its address holds. */
  confirm(address: number, now: number): void {
    const slot = this.find(address | 0);
    if (slot < 0) return;
    const state = this.states[slot]!;
    if (state >= Stale && state <= Reachable) {
      this.#confirm(slot, now);
    }
  }

  /**
   * Sets a neighbour's hardware address by hand; it is neither asked nor evicted, and no packet changes it.
   *
   * @throws {RangeError} When half of the cache is taken by such entries.
   */
  setPermanent(address: number, bytes: Uint8Array, offset: number, now: number): void {
    const found = this.find(address | 0);
    const isPermanent = found >= 0 && this.states[found] === Permanent;
    if (!isPermanent && !this.hasRoomToFix) {
      throw new RangeError(
        "Cannot set neighbour by hand as half of the cache is taken by such entries",
      );
    }
    const slot = found < 0 ? this.create(address | 0) : found;
    if (this.states[slot]! < Stale) this.unresolved--;
    this.store(slot, readU16(bytes, offset), readI32(bytes, offset + 2), now);
    this.fix(slot);
    this.held.send(slot);
  }

  /** Forgets a neighbour, and what waits for it. */
  forget(address: number): void {
    const slot = this.find(address | 0);
    if (slot >= 0) this.free(slot);
  }

  /** Who is known, and who is being asked, in no order. */
  list(): Neighbour[] {
    const found: Neighbour[] = [];
    const bytes = new Uint8Array(6);
    for (let slot = 0; slot < this.states.length; slot++) {
      const state = this.states[slot]! as NeighbourState;
      if (state === None) continue;
      const isKnown = state >= Stale;
      if (isKnown) this.write(slot, bytes, 0);
      found.push({
        address: this.addresses[slot]! >>> 0,
        hardwareAddress: isKnown ? MacAddress.read(bytes, 0) : null,
        state,
      });
    }
    return found;
  }

  /** Forgets all neighbours but those that were set by hand, and what waits for them. */
  clear(): void {
    for (let slot = 0; slot < this.states.length; slot++) {
      const state = this.states[slot];
      if (state !== None && state !== Permanent) this.free(slot);
    }
  }

  /** Does what has become due at `now`: asks again, gives up. */
  expire(now: number): void {
    const { lists, times } = this;
    let delayed = lists.first(delayList);
    while (delayed >= 0 && times[2 * delayed]! <= now) {
      this.#ask(delayed, Probe);
      delayed = lists.first(delayList);
    }
    let asked = lists.first(waitList);
    while (asked >= 0 && times[2 * asked]! <= now) {
      if (this.probesSent[asked]! >= this.#options.probes) this.#fail(asked, now);
      else this.#queue(asked);
      asked = lists.first(waitList);
    }
    this.#dueAt = Math.min(
      delayed < 0 ? Infinity : times[2 * delayed]!,
      asked < 0 ? Infinity : times[2 * asked]!,
    );
  }

  /** Whether somebody is to be asked; {@linkcode takeRequest} says whether now. */
  get hasRequests(): boolean {
    return !this.lists.isEmpty(sendList);
  }

  /**
   * The next neighbour to be asked; the caller sends the request now.
   *
   * @returns The slot, negative when nobody is to be asked now.
   */
  takeRequest(now: number): number {
    const slot = this.lists.first(sendList);
    if (slot < 0) return slot;
    this.#isHeldBack = this.#paidAt - now > this.#requestCredit;
    if (this.#isHeldBack) return -1;
    this.#paidAt = Math.max(this.#paidAt, now) + this.#requestTime;
    this.probesSent[slot] = this.probesSent[slot]! + 1;
    this.#timer(slot, waitList, now + this.#options.retransmitTime);
    return slot;
  }

  /**
   * Writes the hardware address of a slot of {@linkcode takeRequest}, if that is to be confirmed: such a request goes to
   * it alone.
   *
   * @returns Whether it was written; everybody is to be asked otherwise.
   */
  writeConfirmedAddress(slot: number, bytes: Uint8Array, offset: number): boolean {
    if (this.states[slot] !== Probe) return false;
    this.write(slot, bytes, offset);
    return true;
  }

  /** Counts a use, and moves on what a use moves on. Returns the state. */
  #use(slot: number, now: number): number {
    const state = this.states[slot]!;
    this.times[2 * slot + 1] = now;
    if (state === Reachable) {
      if (now < this.times[2 * slot]!) return state;
    } else if (state !== Stale) {
      if (state <= Failed) this.#ask(slot, Incomplete);
      return this.states[slot]!;
    }
    this.states[slot] = Delay;
    this.#timer(slot, delayList, now + this.#options.delayTime);
    this.#listener.requestWanted();
    return Delay;
  }

  #ask(slot: number, state: number): void {
    this.states[slot] = state;
    this.probesSent[slot] = 0;
    this.#queue(slot);
  }

  #queue(slot: number): void {
    if (this.states[slot] === Probe) this.lists.moveFirst(slot, sendList);
    else this.lists.move(slot, sendList);
    this.#listener.requestWanted();
  }

  /** Starts the timer of a slot: `list` is for those that wait equally long. */
  #timer(slot: number, list: number, time: number): void {
    this.times[2 * slot] = time;
    if (time < this.#dueAt) this.#dueAt = time;
    this.lists.move(slot, list);
  }

  #confirm(slot: number, now: number): void {
    this.#rest(slot, Reachable, now);
    if (now >= this.#spreadUntil) {
      const base = this.#options.reachableTime;
      this.#reachableFor = base / 2 + randomBelow(this.#random, base);
      this.#spreadUntil = now + spreadTime;
    }
    this.times[2 * slot] = now + this.#reachableFor;
  }

  /** Puts a slot on the list of those without a timer. */
  #rest(slot: number, state: number, now: number): void {
    this.states[slot] = state;
    this.marks[2 * slot + 1] = now;
    this.lists.move(slot, idleList);
  }

  #fail(slot: number, now: number): void {
    const { held, lists } = this;
    if (this.states[slot]! >= Stale) this.unresolved++;
    this.#rest(slot, Failed, now);
    lists.move(slot, failedList);
    this.#listener.failed(this.addresses[slot]! >>> 0, now);
    let packet = held.take(slot);
    while (packet !== null) {
      this.droppedPackets++;
      this.#listener.undelivered(packet, now);
      held.recycle(packet);
      packet = held.take(slot);
    }
    held.drop(slot);
    for (;;) {
      const oldest = lists.first(failedList);
      if (oldest < 0 || now - this.marks[2 * oldest + 1]! < failedTime) break;
      this.free(oldest);
    }
  }
}
