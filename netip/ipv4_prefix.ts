/**
 * IPv4 prefixes in CIDR form (RFC 4632 §3.1).
 *
 * @module
 */
import { checkPrefixLength, parsePrefixLength } from "./_cidr.ts";
import { formatIpv4, Ipv4, tryParseIpv4 } from "./ipv4.ts";
import { ipv4Mask, ipv4MaskLength } from "./ipv4_mask.ts";

const BITS = 32;
const LAST = 0xffffffff;

/**
 * A block of IPv4 addresses that share their first `length` bits; it never changes.
 *
 * @example
 * ```ts
 * import { formatIpv4, Ipv4Prefix, parseIpv4 } from "@octet/netip";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const prefix = Ipv4Prefix.parse("10.77.0.0/24");
 * assert(prefix.contains(parseIpv4("10.77.0.2")));
 * assertEquals(formatIpv4(prefix.broadcast), "10.77.0.255");
 * assertEquals([...prefix.subnets(25)].join(" "), "10.77.0.0/25 10.77.0.128/25");
 * ```
 */
export class Ipv4Prefix {
  /** 0.0.0.0/0, which contains every address: the prefix of a default route. */
  static readonly all: Ipv4Prefix = /* @__PURE__ */ new Ipv4Prefix(0, 0);

  /** The network address: the lowest of the block, host order. */
  readonly address: number;
  /** How many leading bits the addresses of the block share, 0 to 32. */
  readonly length: number;
  /** The netmask: `length` ones, then zeros, host order. */
  readonly mask: number;

  /**
   * Makes the prefix of a length that holds an address; host bits are cleared.
   *
   * @param address Any address of the block, host order.
   * @param length Bits in the prefix, 0 to 32.
   * @throws {RangeError} If either is out of range.
   */
  constructor(address: number, length: number) {
    if (!Number.isInteger(address) || address < 0 || address > LAST) {
      throw new RangeError(
        `Cannot make an IPv4 prefix as address ${address} is not an unsigned 32-bit number`,
      );
    }
    checkPrefixLength(length, 0, BITS, "make an IPv4 prefix");
    this.mask = ipv4Mask(length);
    this.address = (address & this.mask) >>> 0;
    this.length = length;
  }

  /**
   * Parses CIDR notation such as `10.0.0.0/8`, strictly.
   *
   * @param text Address, slash, length from 0 to 32 without leading zeros; host bits must be zero.
   * @returns The prefix.
   * @throws {SyntaxError} If the text is anything else; {@linkcode parseIpv4Interface} takes host bits.
   * @example
   * ```ts
   * import { Ipv4Prefix } from "@octet/netip";
   * import { assertEquals, assertThrows } from "@std/assert";
   *
   * assertEquals(Ipv4Prefix.parse("10.0.0.0/8").length, 8);
   * assertThrows(() => Ipv4Prefix.parse("10.0.0.1/8"), SyntaxError);
   * ```
   */
  static parse(text: string): Ipv4Prefix {
    const prefix = Ipv4Prefix.tryParse(text);
    if (prefix === undefined) {
      throw new SyntaxError(
        `Cannot parse an IPv4 prefix as ${JSON.stringify(text)} is not like "10.0.0.0/8" with no ` +
          "bit set after the prefix",
      );
    }
    return prefix;
  }

  /**
   * Parses as {@linkcode Ipv4Prefix.parse} does, without throwing.
   *
   * @param text The text to parse.
   * @returns The prefix, or `undefined` when the text is not one.
   * @example
   * ```ts
   * import { Ipv4Prefix } from "@octet/netip";
   * import { assertEquals } from "@std/assert";
   *
   * assertEquals(Ipv4Prefix.tryParse("10.0.0.0/33"), undefined);
   * ```
   */
  static tryParse(text: string): Ipv4Prefix | undefined {
    const slash = text.indexOf("/");
    if (slash < 0) return undefined;
    const address = tryParseIpv4(text.slice(0, slash));
    const length = parsePrefixLength(text.slice(slash + 1), BITS);
    if (address === undefined || length < 0) return undefined;
    const prefix = new Ipv4Prefix(address, length);
    return prefix.address === address ? prefix : undefined;
  }

  /**
   * Makes the prefix that holds an address under a netmask.
   *
   * @param address Any address of the block, host order.
   * @param mask The netmask, host order.
   * @returns The prefix.
   * @throws {RangeError} If the ones of the mask are not all in front.
   * @example
   * ```ts
   * import { Ipv4Prefix, parseIpv4 } from "@octet/netip";
   * import { assertEquals } from "@std/assert";
   *
   * const prefix = Ipv4Prefix.fromMask(parseIpv4("10.77.0.2"), parseIpv4("255.255.255.0"));
   * assertEquals(`${prefix}`, "10.77.0.0/24");
   * ```
   */
  static fromMask(address: number, mask: number): Ipv4Prefix {
    const length = ipv4MaskLength(mask);
    if (length === undefined) {
      throw new RangeError(`Cannot make an IPv4 prefix as mask ${formatIpv4(mask)} has holes`);
    }
    return new Ipv4Prefix(address, length);
  }

  /** The lowest address of the block, host order; the same as `address`. */
  get first(): number {
    return this.address;
  }

  /** The highest address of the block, host order. */
  get last(): number {
    return (this.address | ~this.mask) >>> 0;
  }

  /**
   * The broadcast address of the subnet, host order (RFC 919 §7): the highest of the block. A /31 and
   * a /32 have none of their own, so theirs is the limited one, 255.255.255.255 (RFC 3021 §2.2).
   */
  get broadcast(): number {
    return this.length >= 31 ? Ipv4.broadcast : this.last;
  }

  /** The lowest address that a host may have, host order: not the network address below /31. */
  get firstHost(): number {
    return this.length >= 31 ? this.address : this.address + 1;
  }

  /** The highest address that a host may have, host order: not the broadcast address below /31. */
  get lastHost(): number {
    return this.length >= 31 ? this.last : this.last - 1;
  }

  /** How many addresses the block has: 1 to 2^32. */
  get size(): number {
    return 2 ** (BITS - this.length);
  }

  /** How many addresses hosts may have: two fewer than `size`, but all of a /31 and a /32 (RFC 3021). */
  get hostCount(): number {
    return this.length >= 31 ? this.size : this.size - 2;
  }

  /**
   * Tells whether an address lies in the block; allocates nothing.
   *
   * @param address The address, host order.
   * @returns True when it does.
   * @example
   * ```ts
   * import { Ipv4Prefix, parseIpv4 } from "@octet/netip";
   * import { assert } from "@std/assert";
   *
   * assert(Ipv4Prefix.parse("10.0.0.0/8").contains(parseIpv4("10.255.0.1")));
   * ```
   */
  contains(address: number): boolean {
    return ((address ^ this.address) & this.mask) === 0;
  }

  /**
   * Tells whether another block lies wholly in this one.
   *
   * @param other The other prefix.
   * @returns True when it does; a prefix contains itself.
   * @example
   * ```ts
   * import { Ipv4Prefix } from "@octet/netip";
   * import { assert } from "@std/assert";
   *
   * assert(Ipv4Prefix.parse("10.0.0.0/8").containsPrefix(Ipv4Prefix.parse("10.1.0.0/16")));
   * ```
   */
  containsPrefix(other: Ipv4Prefix): boolean {
    return other.length >= this.length && this.contains(other.address);
  }

  /**
   * Tells whether two blocks share an address.
   *
   * @param other The other prefix.
   * @returns True when one of them contains the other.
   * @example
   * ```ts
   * import { Ipv4Prefix } from "@octet/netip";
   * import { assert } from "@std/assert";
   *
   * assert(Ipv4Prefix.parse("10.1.0.0/16").overlaps(Ipv4Prefix.parse("10.0.0.0/8")));
   * ```
   */
  overlaps(other: Ipv4Prefix): boolean {
    return this.containsPrefix(other) || other.containsPrefix(this);
  }

  /**
   * Counts the subnets of a longer length in this block.
   *
   * @param length Bits in the subnets' prefix, from this length to 32.
   * @returns 1 to 2^32.
   * @throws {RangeError} If the length is out of range.
   * @example
   * ```ts
   * import { Ipv4Prefix } from "@octet/netip";
   * import { assertEquals } from "@std/assert";
   *
   * assertEquals(Ipv4Prefix.parse("10.0.0.0/8").subnetCount(24), 65536);
   * ```
   */
  subnetCount(length: number): number {
    checkPrefixLength(length, this.length, BITS, `count subnets of ${this}`);
    return 2 ** (length - this.length);
  }

  /**
   * Enumerates the subnets of a longer length, one at a time from low to high.
   *
   * @param length Bits in the subnets' prefix, from this length to 32.
   * @returns A lazy iterator.
   * @throws {RangeError} If the length is out of range.
   * @example
   * ```ts
   * import { Ipv4Prefix } from "@octet/netip";
   * import { assertEquals } from "@std/assert";
   *
   * const subnets = Ipv4Prefix.parse("10.0.0.0/8").subnets(24);
   * assertEquals(`${subnets.next().value}`, "10.0.0.0/24");
   * assertEquals(`${subnets.next().value}`, "10.0.1.0/24");
   * ```
   */
  subnets(length: number): Generator<Ipv4Prefix, undefined> {
    const count = this.subnetCount(length);
    return enumerateSubnets(this.address, length, count);
  }

  /**
   * Enumerates every address of the block, one at a time from low to high.
   *
   * @returns A lazy iterator over addresses in host order.
   * @example
   * ```ts
   * import { formatIpv4, Ipv4Prefix } from "@octet/netip";
   * import { assertEquals } from "@std/assert";
   *
   * const all = [...Ipv4Prefix.parse("10.0.0.4/30").addresses()].map(formatIpv4);
   * assertEquals(all, ["10.0.0.4", "10.0.0.5", "10.0.0.6", "10.0.0.7"]);
   * ```
   */
  *addresses(): Generator<number, undefined> {
    const last = this.last;
    for (let address = this.address; address <= last; address++) yield address;
    return undefined;
  }

  /**
   * Enumerates the addresses that hosts may have, from `firstHost` to `lastHost`.
   *
   * @returns A lazy iterator over addresses in host order.
   * @example
   * ```ts
   * import { formatIpv4, Ipv4Prefix } from "@octet/netip";
   * import { assertEquals } from "@std/assert";
   *
   * const hosts = [...Ipv4Prefix.parse("10.0.0.4/30").hosts()].map(formatIpv4);
   * assertEquals(hosts, ["10.0.0.5", "10.0.0.6"]);
   * ```
   */
  *hosts(): Generator<number, undefined> {
    const last = this.lastHost;
    for (let address = this.firstHost; address <= last; address++) yield address;
    return undefined;
  }

  /**
   * Gives the block of the same length after this one.
   *
   * @returns The next prefix, or `undefined` at the end of the address space.
   * @example
   * ```ts
   * import { Ipv4Prefix } from "@octet/netip";
   * import { assertEquals } from "@std/assert";
   *
   * assertEquals(`${Ipv4Prefix.parse("10.0.0.0/24").next()}`, "10.0.1.0/24");
   * ```
   */
  next(): Ipv4Prefix | undefined {
    const last = this.last;
    return last === LAST ? undefined : new Ipv4Prefix(last + 1, this.length);
  }

  /**
   * Gives the block of the same length before this one.
   *
   * @returns The previous prefix, or `undefined` at the start of the address space.
   * @example
   * ```ts
   * import { Ipv4Prefix } from "@octet/netip";
   * import { assertEquals } from "@std/assert";
   *
   * assertEquals(`${Ipv4Prefix.parse("10.0.1.0/24").previous()}`, "10.0.0.0/24");
   * ```
   */
  previous(): Ipv4Prefix | undefined {
    return this.address === 0 ? undefined : new Ipv4Prefix(this.address - 1, this.length);
  }

  /**
   * Gives the shorter prefix that holds this block.
   *
   * @param length Bits in the wider prefix, 0 to this length; one bit fewer when left out.
   * @returns The wider prefix.
   * @throws {RangeError} If the length is out of range, as it is for 0.0.0.0/0 by default.
   * @example
   * ```ts
   * import { Ipv4Prefix } from "@octet/netip";
   * import { assertEquals } from "@std/assert";
   *
   * assertEquals(`${Ipv4Prefix.parse("10.1.0.0/16").supernet(8)}`, "10.0.0.0/8");
   * ```
   */
  supernet(length: number = this.length - 1): Ipv4Prefix {
    checkPrefixLength(length, 0, this.length, `widen ${this}`);
    return new Ipv4Prefix(this.address, length);
  }

  /**
   * Tells whether another object is the same prefix.
   *
   * @param other The other prefix.
   * @returns True when address and length agree.
   * @example
   * ```ts
   * import { Ipv4Prefix } from "@octet/netip";
   * import { assert } from "@std/assert";
   *
   * assert(Ipv4Prefix.parse("10.0.0.0/8").equals(new Ipv4Prefix(0x0a010203, 8)));
   * ```
   */
  equals(other: Ipv4Prefix): boolean {
    return this.address === other.address && this.length === other.length;
  }

  /**
   * Orders two prefixes by address, then the wider one first.
   *
   * @param other The other prefix.
   * @returns -1 when this one comes first, 1 when it comes second, 0 when they are the same.
   * @example
   * ```ts
   * import { Ipv4Prefix } from "@octet/netip";
   * import { assertEquals } from "@std/assert";
   *
   * const prefixes = ["10.1.0.0/16", "10.0.0.0/16", "10.0.0.0/8"].map(Ipv4Prefix.parse);
   * prefixes.sort((a, b) => a.compare(b));
   * assertEquals(prefixes.join(" "), "10.0.0.0/8 10.0.0.0/16 10.1.0.0/16");
   * ```
   */
  compare(other: Ipv4Prefix): number {
    if (this.address !== other.address) return this.address < other.address ? -1 : 1;
    return Math.sign(this.length - other.length);
  }

  /**
   * Formats in CIDR notation.
   *
   * @returns Text like `10.0.0.0/8`.
   * @example
   * ```ts
   * import { Ipv4Prefix } from "@octet/netip";
   * import { assertEquals } from "@std/assert";
   *
   * assertEquals(new Ipv4Prefix(0x0a000001, 8).toString(), "10.0.0.0/8");
   * ```
   */
  toString(): string {
    return `${formatIpv4(this.address)}/${this.length}`;
  }

  /**
   * Gives `JSON.stringify` the text of {@linkcode Ipv4Prefix.toString}.
   *
   * @returns Text like `10.0.0.0/8`.
   * @example
   * ```ts
   * import { Ipv4Prefix } from "@octet/netip";
   * import { assertEquals } from "@std/assert";
   *
   * assertEquals(JSON.stringify(Ipv4Prefix.all), '"0.0.0.0/0"');
   * ```
   */
  toJSON(): string {
    return this.toString();
  }
}

function* enumerateSubnets(
  address: number,
  length: number,
  count: number,
): Generator<Ipv4Prefix, undefined> {
  const step = 2 ** (BITS - length);
  for (let i = 0; i < count; i++) yield new Ipv4Prefix(address + i * step, length);
  return undefined;
}
