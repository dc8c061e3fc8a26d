/**
 * Which port outside a mapping gets (RFC 4787 §4.2): its own where that is free, else a random one of the same range and
 * parity.
 *
 * @module
 */
import { type Random, randomBelow } from "@octet/wire";
import { protocolIcmp, protocolTcp, protocolUdp } from "./mapping.ts";
import type { MappingTable } from "./table.ts";

/** RFC 4787 REQ-3 a: low ports stay low; below 512 stand the oldest services, which nobody gets by chance. */
const firstLow = 512;
const firstHigh = 1024;
/** Random ports that are tried before all are, one after another. */
const tries = 32;

/** What {@linkcode PortChooser} goes by. */
export interface PortRules {
  /** For ports that cannot be kept. */
  readonly random: Random;
  /** Whether ports are kept. */
  readonly preservesPorts: boolean;
  /** The first port of the range. */
  readonly first: number;
  /** The last port of the range. */
  readonly last: number;
  /** Whether the router itself uses a port. */
  readonly isPortInUse: (protocol: number, port: number) => boolean;
}

/** Chooses ports that no other mapping has. */
export class PortChooser {
  readonly #mappings: MappingTable;
  readonly #rules: PortRules;

  /**
   * Prepares to choose.
   *
   * @throws {RangeError} When the range of ports is none.
   */
  constructor(mappings: MappingTable, rules: PortRules) {
    const { first, last } = rules;
    const isRange = Number.isInteger(first) && Number.isInteger(last) && first >= firstHigh &&
      last <= 0xffff && last > first;
    if (!isRange) {
      throw new RangeError(`Cannot set up NAT as ports ${first} to ${last} are no range from 1024`);
    }
    this.#mappings = mappings;
    this.#rules = rules;
  }

  /**
   * Chooses a port.
   *
   * @param protocol The IP protocol number.
   * @param external The address outside, signed.
   * @param wanted The port inside.
   * @returns -1 when none is free.
   */
  choose(protocol: number, external: number, wanted: number): number {
    const hasPorts = protocol === protocolTcp || protocol === protocolUdp;
    if (!hasPorts && protocol !== protocolIcmp) return this.#isFree(protocol, external, 0) ? 0 : -1;
    const { first, last, preservesPorts } = this.#rules;
    const isLow = hasPorts && wanted < firstHigh;
    const isAllowed = !hasPorts || isLow || wanted >= first && wanted <= last;
    if (preservesPorts && isAllowed && this.#isFree(protocol, external, wanted)) return wanted;
    const from = !hasPorts ? 0 : isLow ? firstLow : first;
    const to = !hasPorts ? 0xffff : isLow ? firstHigh - 1 : last;
    return this.#search(protocol, external, wanted, from, to);
  }

  #search(protocol: number, external: number, wanted: number, from: number, to: number): number {
    const { random } = this.#rules;
    // RFC 4787 REQ-4: an even port for an even one.
    const even = from + ((from ^ wanted) & 1);
    const count = ((to - even) >> 1) + 1;
    for (let i = 0; i < tries; i++) {
      const port = even + 2 * randomBelow(random, count);
      if (this.#isFree(protocol, external, port)) return port;
    }
    const start = randomBelow(random, count);
    for (let i = 0; i < count; i++) {
      const port = even + 2 * ((start + i) % count);
      if (this.#isFree(protocol, external, port)) return port;
    }
    return -1;
  }

  #isFree(protocol: number, external: number, port: number): boolean {
    return this.#mappings.findExternal(protocol, external, port) === null &&
      !this.#rules.isPortInUse(protocol, port);
  }
}
