/**
 * The tables of a NAT: mappings by either end, sessions by mapping and remote end. Chains run through the objects, and
 * those that end are used again, so nothing is allocated while the tables do not grow.
 *
 * @module
 */
import { Mapping, Session } from "./mapping.ts";

const smallest = 64;

function hash(a: number, b: number, c: number): number {
  let h = Math.imul(a, 0x9e3779b1) ^ Math.imul(b, 0x85ebca6b) ^ c;
  h = Math.imul(h ^ (h >>> 15), 0xc2b2ae35);
  return h ^ (h >>> 13);
}

/** Mappings by the endpoint inside and by the one outside. */
export class MappingTable {
  #internal: (Mapping | null)[] = new Array(smallest).fill(null);
  #external: (Mapping | null)[] = new Array(smallest).fill(null);
  readonly #unused: Mapping[] = [];
  readonly #key: number;
  #size = 0;

  /** Makes an empty table; `key` keeps outsiders from choosing what collides. */
  constructor(key: number) {
    this.#key = key;
  }

  /** How many mappings there are. */
  get size(): number {
    return this.#size;
  }

  /** The mapping of an endpoint inside to an external address, `null` when there is none. */
  findInternal(
    protocol: number,
    address: number,
    port: number,
    external: number,
  ): Mapping | null {
    const at = hash(address, port ^ this.#key, protocol) & (this.#internal.length - 1);
    for (let m = this.#internal[at] ?? null; m !== null; m = m.nextInternal) {
      if (
        m.internalPort === port && m.internalAddress === address && m.protocol === protocol &&
        m.externalAddress === external
      ) return m;
    }
    return null;
  }

  /** The mapping that has an endpoint inside, whatever its external address. */
  findAnyInternal(protocol: number, address: number, port: number): Mapping | null {
    const at = hash(address, port ^ this.#key, protocol) & (this.#internal.length - 1);
    for (let m = this.#internal[at] ?? null; m !== null; m = m.nextInternal) {
      if (m.internalPort === port && m.internalAddress === address && m.protocol === protocol) {
        return m;
      }
    }
    return null;
  }

  /** The mapping that has an endpoint outside, `null` when there is none. */
  findExternal(protocol: number, address: number, port: number): Mapping | null {
    const at = hash(address, port ^ this.#key, protocol) & (this.#external.length - 1);
    for (let m = this.#external[at] ?? null; m !== null; m = m.nextExternal) {
      if (m.externalPort === port && m.externalAddress === address && m.protocol === protocol) {
        return m;
      }
    }
    return null;
  }

  /** Adds a mapping whose ends are not in the table. */
  add(
    protocol: number,
    internalAddress: number,
    internalPort: number,
    externalAddress: number,
    externalPort: number,
  ): Mapping {
    if (this.#size === this.#internal.length) this.#grow();
    const mapping = this.#unused.pop() ?? new Mapping();
    mapping.protocol = protocol;
    mapping.internalAddress = internalAddress;
    mapping.internalPort = internalPort;
    mapping.externalAddress = externalAddress;
    mapping.externalPort = externalPort;
    mapping.isForward = false;
    mapping.sessions = null;
    this.#size++;
    this.#place(mapping);
    return mapping;
  }

  /** Takes a mapping out. */
  remove(mapping: Mapping): void {
    const { protocol } = mapping;
    const mask = this.#internal.length - 1;
    const inside = hash(mapping.internalAddress, mapping.internalPort ^ this.#key, protocol) & mask;
    const outside = hash(mapping.externalAddress, mapping.externalPort ^ this.#key, protocol) &
      mask;
    let m = this.#internal[inside]!;
    if (m === mapping) this.#internal[inside] = mapping.nextInternal;
    else {
      while (m!.nextInternal !== mapping) m = m!.nextInternal!;
      m!.nextInternal = mapping.nextInternal;
    }
    m = this.#external[outside]!;
    if (m === mapping) this.#external[outside] = mapping.nextExternal;
    else {
      while (m!.nextExternal !== mapping) m = m!.nextExternal!;
      m!.nextExternal = mapping.nextExternal;
    }
    mapping.nextInternal = null;
    mapping.nextExternal = null;
    this.#size--;
    this.#unused.push(mapping);
  }

  /** All mappings, in no order. */
  *[Symbol.iterator](): IterableIterator<Mapping> {
    for (const head of this.#internal) {
      for (let m = head; m !== null;) {
        const next = m.nextInternal;
        yield m;
        m = next;
      }
    }
  }

  #place(mapping: Mapping): void {
    const { protocol } = mapping;
    const mask = this.#internal.length - 1;
    const inside = hash(mapping.internalAddress, mapping.internalPort ^ this.#key, protocol) & mask;
    const outside = hash(mapping.externalAddress, mapping.externalPort ^ this.#key, protocol) &
      mask;
    mapping.nextInternal = this.#internal[inside]!;
    this.#internal[inside] = mapping;
    mapping.nextExternal = this.#external[outside]!;
    this.#external[outside] = mapping;
  }

  #grow(): void {
    const all = [...this];
    const length = this.#internal.length * 2;
    this.#internal = new Array(length).fill(null);
    this.#external = new Array(length).fill(null);
    for (const mapping of all) this.#place(mapping);
  }
}

/** Sessions by mapping and remote end. */
export class SessionTable {
  #slots: (Session | null)[] = new Array(smallest).fill(null);
  readonly #unused: Session[] = [];
  readonly #key: number;
  #size = 0;

  /** Makes an empty table; `key` keeps outsiders from choosing what collides. */
  constructor(key: number) {
    this.#key = key;
  }

  /** How many sessions there are. */
  get size(): number {
    return this.#size;
  }

  /** The session of a mapping with a remote end, `null` when there is none. */
  find(mapping: Mapping, address: number, port: number): Session | null {
    for (
      let s = this.#slots[this.#home(mapping, address, port)] ?? null;
      s !== null;
      s = s.nextInTable
    ) {
      if (s.remotePort === port && s.remoteAddress === address && s.mapping === mapping) return s;
    }
    return null;
  }

  /** Adds a session that is not in the table. */
  add(mapping: Mapping, address: number, port: number): Session {
    if (this.#size === this.#slots.length) this.#grow();
    const session = this.#unused.pop() ?? new Session();
    session.mapping = mapping;
    session.remoteAddress = address;
    session.remotePort = port;
    session.tcp = 0;
    const first = mapping.sessions;
    session.nextOfMapping = first;
    session.previousOfMapping = null;
    if (first !== null) first.previousOfMapping = session;
    mapping.sessions = session;
    this.#size++;
    this.#place(session);
    return session;
  }

  /** Takes a session out, and out of its mapping. */
  remove(session: Session): void {
    const mapping = session.mapping!;
    const at = this.#home(mapping, session.remoteAddress, session.remotePort);
    let s = this.#slots[at]!;
    if (s === session) this.#slots[at] = session.nextInTable;
    else {
      while (s!.nextInTable !== session) s = s!.nextInTable!;
      s!.nextInTable = session.nextInTable;
    }
    const { nextOfMapping, previousOfMapping } = session;
    if (previousOfMapping === null) mapping.sessions = nextOfMapping;
    else previousOfMapping.nextOfMapping = nextOfMapping;
    if (nextOfMapping !== null) nextOfMapping.previousOfMapping = previousOfMapping;
    session.mapping = null;
    session.nextInTable = null;
    session.nextOfMapping = null;
    session.previousOfMapping = null;
    this.#size--;
    this.#unused.push(session);
  }

  #home(mapping: Mapping, address: number, port: number): number {
    const { externalPort, externalAddress, protocol } = mapping;
    const local = externalAddress ^ (externalPort << 8) ^ protocol ^ this.#key;
    return hash(address, port, local) & (this.#slots.length - 1);
  }

  #place(session: Session): void {
    const at = this.#home(session.mapping!, session.remoteAddress, session.remotePort);
    session.nextInTable = this.#slots[at]!;
    this.#slots[at] = session;
  }

  #grow(): void {
    const old = this.#slots;
    this.#slots = new Array(old.length * 2).fill(null);
    for (const head of old) {
      for (let s = head; s !== null;) {
        const next = s.nextInTable;
        this.#place(s);
        s = next;
      }
    }
  }
}
