/**
 * IPv6 prefixes in CIDR form (RFC 4291 §2.3).
 *
 * @module
 */
import { checkPrefixLength, parsePrefixLength } from "./_cidr.ts";
import { formatIpv6, tryParseIpv6 } from "./ipv6.ts";
import { writeIpv6 } from "./ipv6_bytes.ts";

const BITS = 128;
const LAST = 0xffff_ffff_ffff_ffff_ffff_ffff_ffff_ffffn;

/**
 * A block of IPv6 addresses that share their first `length` bits; it never changes (RFC 4291 §2.3).
 *
 * @example
 * ```ts
 * import { Ipv6Prefix, parseIpv6 } from "@octet/netip";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const prefix = Ipv6Prefix.parse("2001:db8::/32");
 * assert(prefix.contains(parseIpv6("2001:db8::1")));
 * assertEquals([...prefix.subnets(33)].join(" "), "2001:db8::/33 2001:db8:8000::/33");
 * ```
 */
export class Ipv6Prefix {
  /** ::/0, which contains every address: the prefix of a default route. */
  static readonly all: Ipv6Prefix = /* @__PURE__ */ new Ipv6Prefix(0n, 0);

  /** The network address: the lowest of the block. */
  readonly address: bigint;
  /** How many leading bits the addresses of the block share, 0 to 128. */
  readonly length: number;
  /** The mask: `length` ones, then zeros. */
  readonly mask: bigint;
  readonly #bytes: Uint8Array = new Uint8Array(16);

  /**
   * Makes the prefix of a length that holds an address; host bits are cleared.
   *
   * @param address Any address of the block.
   * @param length Bits in the prefix, 0 to 128.
   * @throws {RangeError} If either is out of range.
   */
  constructor(address: bigint, length: number) {
    if (address < 0n || address > LAST) {
      throw new RangeError(
        `Cannot make an IPv6 prefix as address ${address} is not an unsigned 128-bit number`,
      );
    }
    checkPrefixLength(length, 0, BITS, "make an IPv6 prefix");
    this.mask = LAST ^ LAST >> BigInt(length);
    this.address = address & this.mask;
    this.length = length;
    writeIpv6(this.#bytes, 0, this.address);
  }

  /**
   * Parses CIDR notation such as `2001:db8::/32`, strictly.
   *
   * @param text Address, slash, length from 0 to 128 without leading zeros; host bits must be zero.
   * @returns The prefix.
   * @throws {SyntaxError} If the text is anything else; {@linkcode parseIpv6Interface} takes host bits.
   * @example
   * ```ts
   * import { Ipv6Prefix } from "@octet/netip";
   * import { assertEquals, assertThrows } from "@std/assert";
   *
   * assertEquals(Ipv6Prefix.parse("2001:db8::/32").length, 32);
   * assertThrows(() => Ipv6Prefix.parse("2001:db8::1/32"), SyntaxError);
   * ```
   */
  static parse(text: string): Ipv6Prefix {
    const prefix = Ipv6Prefix.tryParse(text);
    if (prefix === undefined) {
      throw new SyntaxError(
        `Cannot parse an IPv6 prefix as ${
          JSON.stringify(text)
        } is not like "2001:db8::/32" with no ` +
          "bit set after the prefix",
      );
    }
    return prefix;
  }

  /**
   * Parses as {@linkcode Ipv6Prefix.parse} does, without throwing.
   *
   * @param text The text to parse.
   * @returns The prefix, or `undefined` when the text is not one.
   * @example
   * ```ts
   * import { Ipv6Prefix } from "@octet/netip";
   * import { assertEquals } from "@std/assert";
   *
   * assertEquals(Ipv6Prefix.tryParse("2001:db8::/129"), undefined);
   * ```
   */
  static tryParse(text: string): Ipv6Prefix | undefined {
    const slash = text.indexOf("/");
    if (slash < 0) return undefined;
    const address = tryParseIpv6(text.slice(0, slash));
    const length = parsePrefixLength(text.slice(slash + 1), BITS);
    if (address === undefined || length < 0) return undefined;
    const prefix = new Ipv6Prefix(address, length);
    return prefix.address === address ? prefix : undefined;
  }

  /** The lowest address of the block; the same as `address`. */
  get first(): bigint {
    return this.address;
  }

  /** The highest address of the block. */
  get last(): bigint {
    return this.address | LAST ^ this.mask;
  }

  /** How many addresses the block has: 1 to 2^128. */
  get size(): bigint {
    return 1n << BigInt(BITS - this.length);
  }

  /**
   * Tells whether an address lies in the block.
   *
   * @param address The address.
   * @returns True when it does.
   * @example
   * ```ts
   * import { Ipv6Prefix, parseIpv6 } from "@octet/netip";
   * import { assert } from "@std/assert";
   *
   * assert(Ipv6Prefix.parse("2001:db8::/32").contains(parseIpv6("2001:db8:ffff::1")));
   * ```
   */
  contains(address: bigint): boolean {
    return (address & this.mask) === this.address;
  }

  /**
   * Tells whether the address at a place in a packet lies in the block; allocates nothing.
   *
   * @param bytes The buffer; `offset + 16` must lie inside it, which is not checked.
   * @param offset Where the address starts.
   * @returns True when it does.
   * @example
   * ```ts
   * import { Ipv6Prefix, parseIpv6, writeIpv6 } from "@octet/netip";
   * import { assert } from "@std/assert";
   *
   * const bytes = new Uint8Array(16);
   * writeIpv6(bytes, 0, parseIpv6("fe80::1"));
   * assert(Ipv6Prefix.parse("fe80::/10").containsAt(bytes, 0));
   * ```
   */
  containsAt(bytes: Uint8Array, offset: number): boolean {
    const own = this.#bytes;
    const whole = this.length >>> 3;
    for (let i = 0; i < whole; i++) {
      if (bytes[offset + i] !== own[i]) return false;
    }
    const rest = this.length & 7;
    return rest === 0 || (bytes[offset + whole]! ^ own[whole]!) >>> 8 - rest === 0;
  }

  /**
   * Tells whether another block lies wholly in this one.
   *
   * @param other The other prefix.
   * @returns True when it does; a prefix contains itself.
   * @example
   * ```ts
   * import { Ipv6Prefix } from "@octet/netip";
   * import { assert } from "@std/assert";
   *
   * assert(Ipv6Prefix.parse("2001:db8::/32").containsPrefix(Ipv6Prefix.parse("2001:db8:1::/48")));
   * ```
   */
  containsPrefix(other: Ipv6Prefix): boolean {
    return other.length >= this.length && this.contains(other.address);
  }

  /**
   * Tells whether two blocks share an address.
   *
   * @param other The other prefix.
   * @returns True when one of them contains the other.
   * @example
   * ```ts
   * import { Ipv6Prefix } from "@octet/netip";
   * import { assert } from "@std/assert";
   *
   * assert(Ipv6Prefix.parse("2001:db8:1::/48").overlaps(Ipv6Prefix.parse("2001:db8::/32")));
   * ```
   */
  overlaps(other: Ipv6Prefix): boolean {
    return this.containsPrefix(other) || other.containsPrefix(this);
  }

  /**
   * Counts the subnets of a longer length in this block.
   *
   * @param length Bits in the subnets' prefix, from this length to 128.
   * @returns 1 to 2^128.
   * @throws {RangeError} If the length is out of range.
   * @example
   * ```ts
   * import { Ipv6Prefix } from "@octet/netip";
   * import { assertEquals } from "@std/assert";
   *
   * assertEquals(Ipv6Prefix.parse("2001:db8::/32").subnetCount(48), 65536n);
   * ```
   */
  subnetCount(length: number): bigint {
    checkPrefixLength(length, this.length, BITS, `count subnets of ${this}`);
    return 1n << BigInt(length - this.length);
  }

  /**
   * Enumerates the subnets of a longer length, one at a time from low to high.
   *
   * @param length Bits in the subnets' prefix, from this length to 128.
   * @returns A lazy iterator.
   * @throws {RangeError} If the length is out of range.
   * @example
   * ```ts
   * import { Ipv6Prefix } from "@octet/netip";
   * import { assertEquals } from "@std/assert";
   *
   * const subnets = Ipv6Prefix.parse("2001:db8::/32").subnets(48);
   * assertEquals(`${subnets.next().value}`, "2001:db8::/48");
   * assertEquals(`${subnets.next().value}`, "2001:db8:1::/48");
   * ```
   */
  subnets(length: number): Generator<Ipv6Prefix, undefined> {
    const count = this.subnetCount(length);
    return enumerateSubnets(this.address, length, count);
  }

  /**
   * Enumerates every address of the block, one at a time from low to high.
   *
   * @returns A lazy iterator over addresses.
   * @example
   * ```ts
   * import { formatIpv6, Ipv6Prefix } from "@octet/netip";
   * import { assertEquals } from "@std/assert";
   *
   * const all = [...Ipv6Prefix.parse("2001:db8::4/127").addresses()].map(formatIpv6);
   * assertEquals(all, ["2001:db8::4", "2001:db8::5"]);
   * ```
   */
  *addresses(): Generator<bigint, undefined> {
    const last = this.last;
    for (let address = this.address; address <= last; address++) yield address;
    return undefined;
  }

  /**
   * Gives the block of the same length after this one.
   *
   * @returns The next prefix, or `undefined` at the end of the address space.
   * @example
   * ```ts
   * import { Ipv6Prefix } from "@octet/netip";
   * import { assertEquals } from "@std/assert";
   *
   * assertEquals(`${Ipv6Prefix.parse("2001:db8::/48").next()}`, "2001:db8:1::/48");
   * ```
   */
  next(): Ipv6Prefix | undefined {
    const last = this.last;
    return last === LAST ? undefined : new Ipv6Prefix(last + 1n, this.length);
  }

  /**
   * Gives the block of the same length before this one.
   *
   * @returns The previous prefix, or `undefined` at the start of the address space.
   * @example
   * ```ts
   * import { Ipv6Prefix } from "@octet/netip";
   * import { assertEquals } from "@std/assert";
   *
   * assertEquals(`${Ipv6Prefix.parse("2001:db8:1::/48").previous()}`, "2001:db8::/48");
   * ```
   */
  previous(): Ipv6Prefix | undefined {
    return this.address === 0n ? undefined : new Ipv6Prefix(this.address - 1n, this.length);
  }

  /**
   * Gives the shorter prefix that holds this block.
   *
   * @param length Bits in the wider prefix, 0 to this length; one bit fewer when left out.
   * @returns The wider prefix.
   * @throws {RangeError} If the length is out of range, as it is for ::/0 by default.
   * @example
   * ```ts
   * import { Ipv6Prefix } from "@octet/netip";
   * import { assertEquals } from "@std/assert";
   *
   * assertEquals(`${Ipv6Prefix.parse("2001:db8:1::/48").supernet(32)}`, "2001:db8::/32");
   * ```
   */
  supernet(length: number = this.length - 1): Ipv6Prefix {
    checkPrefixLength(length, 0, this.length, `widen ${this}`);
    return new Ipv6Prefix(this.address, length);
  }

  /**
   * Tells whether another object is the same prefix.
   *
   * @param other The other prefix.
   * @returns True when address and length agree.
   * @example
   * ```ts
   * import { Ipv6Prefix } from "@octet/netip";
   * import { assert } from "@std/assert";
   *
   * assert(Ipv6Prefix.parse("2001:db8::/32").equals(new Ipv6Prefix(0x20010db8n << 96n, 32)));
   * ```
   */
  equals(other: Ipv6Prefix): boolean {
    return this.address === other.address && this.length === other.length;
  }

  /**
   * Orders two prefixes by address, then the wider one first.
   *
   * @param other The other prefix.
   * @returns -1 when this one comes first, 1 when it comes second, 0 when they are the same.
   * @example
   * ```ts
   * import { Ipv6Prefix } from "@octet/netip";
   * import { assertEquals } from "@std/assert";
   *
   * const prefixes = ["fe80::/10", "2001:db8::/48", "2001:db8::/32"].map(Ipv6Prefix.parse);
   * prefixes.sort((a, b) => a.compare(b));
   * assertEquals(prefixes.join(" "), "2001:db8::/32 2001:db8::/48 fe80::/10");
   * ```
   */
  compare(other: Ipv6Prefix): number {
    if (this.address !== other.address) return this.address < other.address ? -1 : 1;
    return Math.sign(this.length - other.length);
  }

  /**
   * Formats in CIDR notation.
   *
   * @returns Text like `2001:db8::/32`.
   * @example
   * ```ts
   * import { Ipv6Prefix } from "@octet/netip";
   * import { assertEquals } from "@std/assert";
   *
   * assertEquals(new Ipv6Prefix(1n, 127).toString(), "::/127");
   * ```
   */
  toString(): string {
    return `${formatIpv6(this.address)}/${this.length}`;
  }

  /**
   * Gives `JSON.stringify` the text of {@linkcode Ipv6Prefix.toString}.
   *
   * @returns Text like `2001:db8::/32`.
   * @example
   * ```ts
   * import { Ipv6Prefix } from "@octet/netip";
   * import { assertEquals } from "@std/assert";
   *
   * assertEquals(JSON.stringify(Ipv6Prefix.all), '"::/0"');
   * ```
   */
  toJSON(): string {
    return this.toString();
  }
}

function* enumerateSubnets(
  address: bigint,
  length: number,
  count: bigint,
): Generator<Ipv6Prefix, undefined> {
  const step = 1n << BigInt(BITS - length);
  for (let i = 0n; i < count; i++) yield new Ipv6Prefix(address + i * step, length);
  return undefined;
}
