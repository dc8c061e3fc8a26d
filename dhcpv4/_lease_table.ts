/**
 * Which client has which address: the server's memory (RFC 2131 §4.3.1). It is bounded by the
 * addresses there are to give, and by a limit.
 *
 * @module
 */

/** What an address is doing. */
export type LeaseStatus = "offered" | "bound" | "free" | "declined";

/** An address and the client that has, or had, it. */
export interface LeaseRecord {
  /** The client: see {@linkcode clientKey}; empty for a quarantined address. */
  readonly key: string;
  /** The address, host order. */
  readonly address: number;
  /** ARP's hardware type. */
  readonly hardwareType: number;
  /** The hardware address. */
  readonly hardwareAddress: Uint8Array;
  /** The client identifier, `null` when the client sent none. */
  readonly clientIdentifier: Uint8Array | null;
  /** The client's host name, empty when it sent none. */
  readonly hostName: string;
  /** What the address is doing. */
  status: LeaseStatus;
  /** Until when, in milliseconds. */
  expiresAt: number;
}

/** A range of addresses to give. */
export class LeaseRange {
  /** The first address, host order. */
  readonly first: number;
  /** The last address, host order. */
  readonly last: number;
  /** How many of them have a record or are reserved. */
  used = 0;
  /** Until when a search for a dead record is known to be in vain, in milliseconds. */
  noneDeadUntil: number = -Infinity;

  constructor(first: number, last: number) {
    this.first = first;
    this.last = last;
  }

  /** How many addresses there are. */
  get size(): number {
    return this.last - this.first + 1;
  }

  /** Whether the address is one of them. */
  contains(address: number): boolean {
    return address >= this.first && address <= this.last;
  }
}

/** What a client is known by: its identifier, else its hardware type and address (RFC 2131 §4.2). */
export function clientKey(
  clientIdentifier: Uint8Array | null,
  hardwareType: number,
  hardwareAddress: Uint8Array,
): string {
  const bytes = clientIdentifier ?? hardwareAddress;
  let key = clientIdentifier === null ? `h${hardwareType}:` : "i:";
  for (const byte of bytes) key += byte.toString(16).padStart(2, "0");
  return key;
}

/** FNV-1a: spreads clients over a range so that each finds its own address again. */
function hash(key: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < key.length; i++) value = Math.imul(value ^ key.charCodeAt(i), 0x01000193);
  return (value ^ (value >>> 15)) >>> 0;
}

/** Records by client and by address. */
export class LeaseTable {
  readonly #byKey = new Map<string, LeaseRecord>();
  /** In the order of their last change, so that the longest unused come first. */
  readonly #byAddress = new Map<number, LeaseRecord>();
  readonly #ranges: readonly LeaseRange[];
  readonly #reserved: ReadonlySet<number>;
  readonly #limit: number;

  constructor(ranges: readonly LeaseRange[], reserved: ReadonlySet<number>, limit: number) {
    this.#ranges = ranges;
    this.#reserved = reserved;
    this.#limit = limit;
    for (const address of reserved) this.#count(address, 1);
  }

  /** How many records there are. */
  get size(): number {
    return this.#byAddress.size;
  }

  /** The client's record. */
  find(key: string): LeaseRecord | undefined {
    return this.#byKey.get(key);
  }

  /** All records. */
  records(): Iterable<LeaseRecord> {
    return this.#byAddress.values();
  }

  /** Whether the record keeps its address from others. */
  isHeld(record: LeaseRecord, now: number): boolean {
    return record.status !== "free" && record.expiresAt > now;
  }

  /** Whether the client could have the address as far as other clients are concerned. */
  isAvailable(address: number, key: string, now: number): boolean {
    const record = this.#byAddress.get(address);
    return record === undefined || (record.key === key && record.status !== "declined") ||
      !this.isHeld(record, now);
  }

  /** Whether the client may have the address from one of the ranges. */
  isAllocatable(
    address: number,
    ranges: readonly LeaseRange[],
    key: string,
    now: number,
  ): boolean {
    return !this.#reserved.has(address) && ranges.some((range) => range.contains(address)) &&
      this.isAvailable(address, key, now);
  }

  /**
   * Chooses an address (RFC 2131 §4.3.1): the one the client has or had, the one it wishes for, one
   * nobody had, one nobody has.
   *
   * @returns The address, 0 when none is left.
   */
  choose(key: string, ranges: readonly LeaseRange[], wish: number, now: number): number {
    const own = this.#byKey.get(key)?.address ?? 0;
    if (own !== 0 && this.isAllocatable(own, ranges, key, now)) return own;
    if (wish !== 0 && this.isAllocatable(wish, ranges, key, now)) {
      if (this.size < this.#limit || this.#byAddress.has(wish)) return wish;
    }
    for (const range of ranges) {
      const address = this.#chooseUnused(range, key);
      if (address !== 0) return address;
    }
    for (const range of ranges) {
      const address = this.#chooseDead(range, now);
      if (address !== 0) return address;
    }
    return 0;
  }

  #chooseUnused(range: LeaseRange, key: string): number {
    const { first, size } = range;
    if (range.used >= size || this.size >= this.#limit) return 0;
    const start = hash(key) % size;
    for (let i = 0; i < size; i++) {
      const address = first + (start + i) % size;
      if (!this.#byAddress.has(address) && !this.#reserved.has(address)) return address;
    }
    return 0;
  }

  #chooseDead(range: LeaseRange, now: number): number {
    if (now < range.noneDeadUntil) return 0;
    let earliest = Infinity;
    for (const record of this.#byAddress.values()) {
      if (!range.contains(record.address) || this.#reserved.has(record.address)) continue;
      if (!this.isHeld(record, now)) return record.address;
      earliest = Math.min(earliest, record.expiresAt);
    }
    range.noneDeadUntil = earliest;
    return 0;
  }

  /** Stores a record: the client's former one and the address's former one go. */
  put(record: LeaseRecord): void {
    const former = this.#byKey.get(record.key);
    if (former !== undefined) this.remove(former);
    const holder = this.#byAddress.get(record.address);
    if (holder !== undefined) this.remove(holder);
    if (record.key !== "") this.#byKey.set(record.key, record);
    this.#byAddress.set(record.address, record);
    this.#touch(record.address);
    if (!this.#reserved.has(record.address)) this.#count(record.address, 1);
  }

  /** Lets go of an address; the client gets it back as long as nobody else needed it. */
  free(record: LeaseRecord, now: number): void {
    record.status = "free";
    record.expiresAt = now;
    this.#touch(record.address);
  }

  /** Forgets a record. */
  remove(record: LeaseRecord): void {
    if (record.key !== "") this.#byKey.delete(record.key);
    this.#byAddress.delete(record.address);
    this.#touch(record.address);
    if (!this.#reserved.has(record.address)) this.#count(record.address, -1);
  }

  #touch(address: number): void {
    for (const range of this.#ranges) if (range.contains(address)) range.noneDeadUntil = -Infinity;
  }

  #count(address: number, step: number): void {
    for (const range of this.#ranges) if (range.contains(address)) range.used += step;
  }
}
