/**
 * The IPv4 addresses of an interface, or of all interfaces of a host.
 *
 * @module
 */
import { formatIpv4 } from "@octet/netip/ipv4";
import { Ipv4Prefix } from "@octet/netip/ipv4-prefix";

/** An address of an interface. */
export interface LocalAddress {
  /** The address, host order. */
  readonly address: number;
  /** The subnet it lies in. */
  readonly prefix: Ipv4Prefix;
  /** The index of the interface it belongs to. */
  readonly interfaceIndex: number;
}

/** The index of the loopback interface. */
export const loopbackIndex = 0xffff;

/** From this many addresses on, a set is quicker than looking at each. */
const setThreshold = 8;

/** Addresses in the order in which they were added: the first is the primary one. */
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
   * @param interfaceIndex The interface it belongs to; 0 when left out.
   * @throws {RangeError} When it is no unicast address, or there already.
   */
  add(address: number, prefixLength: number, interfaceIndex: number = 0): LocalAddress {
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
    const entry: LocalAddress = { address: address >>> 0, prefix, interfaceIndex };
    this.adopt(entry);
    return entry;
  }

  /** Adds an address that another table has checked. */
  adopt(entry: LocalAddress): void {
    this.#entries.push(entry);
    this.#rebuild();
  }

  /** Makes 127.0.0.0/8 the subnet of a loopback interface, with this address in it. */
  adoptLoopback(address: number): void {
    const prefix = new Ipv4Prefix(address, 8);
    this.adopt({ address: address >>> 0, prefix, interfaceIndex: loopbackIndex });
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

  /** What is known of an address, signed or unsigned; `undefined` when it is none of these. */
  find(address: number): LocalAddress | undefined {
    return this.#entries.find((entry) => entry.address === address >>> 0);
  }

  /** Whether an address, signed or unsigned, is the broadcast address of one of the subnets. */
  isBroadcast(address: number): boolean {
    const signed = address | 0;
    const broadcasts = this.#broadcasts;
    for (let i = 0; i < broadcasts.length; i++) if (broadcasts[i] === signed) return true;
    return false;
  }

  /**
   * The address to speak from (RFC 1122 §3.3.4.3, and what of RFC 6724 §5 applies to IPv4): one in the subnet of
   * the next hop, the narrowest subnet first; else the first whose scope is at least the destination's (rule 2:
   * 169.254.0.0/16 speaks to its own kind only); else the primary one.
   *
   * @param nextHop The neighbour that gets the datagram, signed or unsigned.
   * @param destination Where the datagram goes in the end; the neighbour when left out.
   * @returns Signed, 0 when there is no address at all.
   */
  toward(nextHop: number, destination: number = nextHop): number {
    return this.#entries.length <= 1 ? this.primary : this.#nearest(nextHop, destination);
  }

  #nearest(nextHop: number, destination: number): number {
    const entries = this.#entries;
    let best = -1;
    let bestLength = -1;
    for (let i = 0; i < entries.length; i++) {
      const { prefix } = entries[i]!;
      if (prefix.length > bestLength && ((nextHop ^ prefix.address) & prefix.mask) === 0) {
        best = i;
        bestLength = prefix.length;
      }
    }
    if (best >= 0) return this.#addresses[best]!;
    const isWide = !isLinkLocal(destination);
    for (let i = 0; i < entries.length; i++) {
      if (!isWide || !isLinkLocal(this.#addresses[i]!)) return this.#addresses[i]!;
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

/** Whether an address, signed or unsigned, lies in 169.254.0.0/16 (RFC 3927). */
export function isLinkLocal(address: number): boolean {
  return address >>> 16 === 0xa9fe;
}
