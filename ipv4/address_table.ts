/**
 * The IPv4 addresses of an interface.
 *
 * @module
 */
import { formatIpv4, Ipv4Prefix } from "@octet/netip";

/** An address of an interface. */
export interface LocalAddress {
  /** The address, host order. */
  readonly address: number;
  /** The subnet it lies in. */
  readonly prefix: Ipv4Prefix;
}

/** From this many addresses on, a set is quicker than looking at each. */
const setThreshold = 8;

/** The addresses of an interface, in the order in which they were added: the first is the primary one. */
export class AddressTable {
  readonly #entries: LocalAddress[] = [];
  #addresses: Int32Array<ArrayBuffer> = new Int32Array(0);
  #broadcasts: Int32Array<ArrayBuffer> = new Int32Array(0);
  #set: Set<number> | null = null;

  /** The addresses, the primary one first. */
  get entries(): readonly LocalAddress[] {
    return this.#entries;
  }

  /** The primary address as a signed number, 0 when there is none. */
  get primary(): number {
    return this.#addresses.length === 0 ? 0 : this.#addresses[0]!;
  }

  /**
   * Adds an address.
   *
   * @param address Host order.
   * @param prefixLength 0 to 32.
   * @throws {RangeError} When it is no unicast address, or there already.
   */
  add(address: number, prefixLength: number): LocalAddress {
    const prefix = new Ipv4Prefix(address, prefixLength);
    const first = address >>> 24;
    if (first === 0 || first === 127 || first >= 224) {
      throw new RangeError(`Cannot add address ${formatIpv4(address)} as it is no host address`);
    }
    if (prefixLength < 31 && (address === prefix.first || address === prefix.last)) {
      throw new RangeError(
        `Cannot add address ${formatIpv4(address)} as it names the subnet ${prefix} as a whole`,
      );
    }
    if (this.owns(address)) {
      throw new RangeError(`Cannot add address ${formatIpv4(address)} as it is there already`);
    }
    const entry: LocalAddress = { address: address >>> 0, prefix };
    this.#entries.push(entry);
    this.#rebuild();
    return entry;
  }

  /**
   * Takes an address away.
   *
   * @param address Host order.
   * @returns What it was, `undefined` when it was not there.
   */
  remove(address: number): LocalAddress | undefined {
    const index = this.#entries.findIndex((entry) => entry.address === address >>> 0);
    if (index < 0) return undefined;
    const [entry] = this.#entries.splice(index, 1);
    this.#rebuild();
    return entry;
  }

  /** Whether an address, signed or unsigned, is one of these. */
  owns(address: number): boolean {
    const signed = address | 0;
    if (this.#set !== null) return this.#set.has(signed);
    const addresses = this.#addresses;
    for (let i = 0; i < addresses.length; i++) if (addresses[i] === signed) return true;
    return false;
  }

  /** Whether an address, signed or unsigned, is the broadcast address of one of the subnets. */
  isBroadcast(address: number): boolean {
    const signed = address | 0;
    const broadcasts = this.#broadcasts;
    for (let i = 0; i < broadcasts.length; i++) if (broadcasts[i] === signed) return true;
    return false;
  }

  /**
   * The address to speak from toward a neighbour: one in its subnet, or else the primary one.
   *
   * @param neighbour Signed or unsigned.
   * @returns Signed, 0 when there is no address at all.
   */
  toward(neighbour: number): number {
    const entries = this.#entries;
    if (entries.length > 1) {
      for (let i = 0; i < entries.length; i++) {
        const prefix = entries[i]!.prefix;
        if (((neighbour ^ prefix.address) & prefix.mask) === 0) return this.#addresses[i]!;
      }
    }
    return this.primary;
  }

  #rebuild(): void {
    const entries = this.#entries;
    this.#addresses = Int32Array.from(entries, (entry) => entry.address | 0);
    // RFC 3021: a subnet of two has no broadcast address.
    const wide = entries.filter((entry) => entry.prefix.length < 31);
    const broadcasts = new Set(wide.map((entry) => entry.prefix.last | 0));
    this.#broadcasts = Int32Array.from(broadcasts);
    this.#set = entries.length > setThreshold ? new Set(this.#addresses) : null;
  }
}
