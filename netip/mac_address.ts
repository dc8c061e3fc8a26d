/**
 * 48-bit MAC addresses, the EUI-48 of IEEE 802-2014 §8.
 *
 * @module
 */
const COLON_FORM = /^[0-9a-f]{2}(?::[0-9a-f]{2}){5}$/i;
const HYPHEN_FORM = /^[0-9a-f]{2}(?:-[0-9a-f]{2}){5}$/i;
const DOT_FORM = /^[0-9a-f]{4}(?:\.[0-9a-f]{4}){2}$/i;
const LIMIT = 2 ** 48;

/**
 * A 48-bit MAC address that never changes (IEEE 802-2014 §8).
 *
 * @example
 * ```ts
 * import { MacAddress } from "@octet/netip";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const address = MacAddress.parse("02:00:00:00:00:01");
 * assert(address.isLocal);
 * assert(!address.isMulticast);
 * assertEquals(`${address}`, "02:00:00:00:00:01");
 * ```
 */
export class MacAddress {
  /** ff:ff:ff:ff:ff:ff, every station on the link. */
  static readonly broadcast: MacAddress = /* @__PURE__ */ new MacAddress(0xffff, -1);

  /** 00:00:00:00:00:00, which no station has; ARP uses it for "not known yet" (RFC 5227 §1.1). */
  static readonly zero: MacAddress = /* @__PURE__ */ new MacAddress(0, 0);

  readonly #high: number;
  // Signed, so that V8 keeps it as a small integer.
  readonly #low: number;

  private constructor(high: number, low: number) {
    this.#high = high;
    this.#low = low;
  }

  /**
   * Parses six octets as `02:00:5e:10:00:ff`, `02-00-5E-10-00-FF` or `0200.5e10.00ff`, in either case.
   *
   * @param text The text to parse.
   * @returns The address.
   * @throws {SyntaxError} If the text is in none of the three forms.
   * @example
   * ```ts
   * import { MacAddress } from "@octet/netip";
   * import { assertEquals, assertThrows } from "@std/assert";
   *
   * assertEquals(`${MacAddress.parse("0200.5E10.00FF")}`, "02:00:5e:10:00:ff");
   * assertThrows(() => MacAddress.parse("2:0:5e:10:0:ff"), SyntaxError);
   * ```
   */
  static parse(text: string): MacAddress {
    const address = MacAddress.tryParse(text);
    if (address === undefined) {
      throw new SyntaxError(
        `Cannot parse a MAC address as ${JSON.stringify(text)} is not six octets like ` +
          `"02:00:00:00:00:01"`,
      );
    }
    return address;
  }

  /**
   * Parses as {@linkcode MacAddress.parse} does, without throwing.
   *
   * @param text The text to parse.
   * @returns The address, or `undefined` when the text is not one.
   * @example
   * ```ts
   * import { MacAddress } from "@octet/netip";
   * import { assertEquals } from "@std/assert";
   *
   * assertEquals(MacAddress.tryParse("02:00:00-00:00:01"), undefined);
   * ```
   */
  static tryParse(text: string): MacAddress | undefined {
    if (!COLON_FORM.test(text) && !HYPHEN_FORM.test(text) && !DOT_FORM.test(text)) {
      return undefined;
    }
    return MacAddress.fromNumber(parseInt(text.replace(/[:.-]/g, ""), 16));
  }

  /**
   * Reads an address from six bytes.
   *
   * @param bytes The buffer; `offset + 6` must lie inside it, which is not checked.
   * @param offset Where the address starts.
   * @returns The address.
   * @example
   * ```ts
   * import { MacAddress } from "@octet/netip";
   * import { assertEquals } from "@std/assert";
   *
   * const address = MacAddress.read(Uint8Array.of(2, 0, 0, 0, 0, 1), 0);
   * assertEquals(`${address}`, "02:00:00:00:00:01");
   * ```
   */
  static read(bytes: Uint8Array, offset: number): MacAddress {
    return new MacAddress(
      bytes[offset]! << 8 | bytes[offset + 1]!,
      bytes[offset + 2]! << 24 | bytes[offset + 3]! << 16 | bytes[offset + 4]! << 8 |
        bytes[offset + 5]!,
    );
  }

  /**
   * Makes an address from its value as a 48-bit number, first octet highest.
   *
   * @param value An integer from 0 to 2^48 - 1.
   * @returns The address.
   * @throws {RangeError} If the value is not such an integer.
   * @example
   * ```ts
   * import { MacAddress } from "@octet/netip";
   * import { assertEquals } from "@std/assert";
   *
   * assertEquals(`${MacAddress.fromNumber(0x020000000001)}`, "02:00:00:00:00:01");
   * ```
   */
  static fromNumber(value: number): MacAddress {
    if (!Number.isInteger(value) || value < 0 || value >= LIMIT) {
      throw new RangeError(`Cannot make a MAC address as ${value} is not a 48-bit number`);
    }
    return new MacAddress(Math.floor(value / 2 ** 32), value | 0);
  }

  /**
   * Draws a random, locally administered, individual address (IEEE 802-2014 §8.2.2).
   *
   * @param uint32 Gives a random integer from 0 to 2^32 - 1; called twice.
   * @returns An address with the local bit set and the group bit clear.
   * @example
   * ```ts
   * import { MacAddress } from "@octet/netip";
   * import { assertEquals } from "@std/assert";
   *
   * assertEquals(`${MacAddress.random(() => 0xffffffff)}`, "fe:ff:ff:ff:ff:ff");
   * assertEquals(`${MacAddress.random(() => 0)}`, "02:00:00:00:00:00");
   * ```
   */
  static random(uint32: () => number): MacAddress {
    const high = uint32() & 0xfcff | 0x0200;
    return new MacAddress(high, uint32() | 0);
  }

  /** True when the group bit is set: multicast, broadcast included (IEEE 802-2014 §8.2.2). */
  get isMulticast(): boolean {
    return (this.#high & 0x0100) !== 0;
  }

  /** True when the local bit is set: not from a manufacturer's block (IEEE 802-2014 §8.2.2). */
  get isLocal(): boolean {
    return (this.#high & 0x0200) !== 0;
  }

  /** True for ff:ff:ff:ff:ff:ff. */
  get isBroadcast(): boolean {
    return this.#high === 0xffff && this.#low === -1;
  }

  /** True for 00:00:00:00:00:00. */
  get isZero(): boolean {
    return this.#high === 0 && this.#low === 0;
  }

  /**
   * Writes the six octets.
   *
   * @param bytes The buffer; `offset + 6` must lie inside it, which is not checked.
   * @param offset Where the address goes.
   * @example
   * ```ts
   * import { MacAddress } from "@octet/netip";
   * import { assertEquals } from "@std/assert";
   *
   * const bytes = new Uint8Array(7);
   * MacAddress.parse("02:00:00:00:00:01").writeTo(bytes, 1);
   * assertEquals([...bytes], [0, 2, 0, 0, 0, 0, 1]);
   * ```
   */
  writeTo(bytes: Uint8Array, offset: number): void {
    const high = this.#high;
    const low = this.#low;
    bytes[offset] = high >>> 8;
    bytes[offset + 1] = high;
    bytes[offset + 2] = low >>> 24;
    bytes[offset + 3] = low >>> 16;
    bytes[offset + 4] = low >>> 8;
    bytes[offset + 5] = low;
  }

  /**
   * Compares with six bytes in place; allocates nothing.
   *
   * @param bytes The buffer; `offset + 6` must lie inside it, which is not checked.
   * @param offset Where the other address starts.
   * @returns True when the six octets are this address.
   * @example
   * ```ts
   * import { MacAddress } from "@octet/netip";
   * import { assert } from "@std/assert";
   *
   * assert(MacAddress.broadcast.equals(new Uint8Array(14).fill(0xff), 6));
   * ```
   */
  equals(bytes: Uint8Array, offset: number): boolean {
    return (bytes[offset + 2]! << 24 | bytes[offset + 3]! << 16 | bytes[offset + 4]! << 8 |
          bytes[offset + 5]!) === this.#low &&
      (bytes[offset]! << 8 | bytes[offset + 1]!) === this.#high;
  }

  /**
   * Tells whether another object is the same address.
   *
   * @param other The other address.
   * @returns True when all six octets agree.
   * @example
   * ```ts
   * import { MacAddress } from "@octet/netip";
   * import { assert } from "@std/assert";
   *
   * assert(MacAddress.zero.sameAs(MacAddress.parse("00:00:00:00:00:00")));
   * ```
   */
  sameAs(other: MacAddress): boolean {
    return this.#low === other.#low && this.#high === other.#high;
  }

  /**
   * Orders two addresses by their octets, first octet first.
   *
   * @param other The other address.
   * @returns -1 when this one is lower, 1 when it is higher, 0 when they are the same.
   * @example
   * ```ts
   * import { MacAddress } from "@octet/netip";
   * import { assertEquals } from "@std/assert";
   *
   * assertEquals(MacAddress.zero.compare(MacAddress.broadcast), -1);
   * ```
   */
  compare(other: MacAddress): number {
    const difference = this.toNumber() - other.toNumber();
    return difference < 0 ? -1 : difference > 0 ? 1 : 0;
  }

  /**
   * Gives the address as a 48-bit number, first octet highest: a key for a `Map`.
   *
   * @returns An integer from 0 to 2^48 - 1.
   * @example
   * ```ts
   * import { MacAddress } from "@octet/netip";
   * import { assertEquals } from "@std/assert";
   *
   * assertEquals(MacAddress.parse("02:00:00:00:00:01").toNumber(), 0x020000000001);
   * ```
   */
  toNumber(): number {
    return this.#high * 2 ** 32 + (this.#low >>> 0);
  }

  /**
   * Formats as six lower-case hexadecimal octets with colons.
   *
   * @returns Text like `02:00:00:00:00:01`.
   * @example
   * ```ts
   * import { MacAddress } from "@octet/netip";
   * import { assertEquals } from "@std/assert";
   *
   * assertEquals(MacAddress.broadcast.toString(), "ff:ff:ff:ff:ff:ff");
   * ```
   */
  toString(): string {
    const digits = this.toNumber().toString(16).padStart(12, "0");
    return `${digits.slice(0, 2)}:${digits.slice(2, 4)}:${digits.slice(4, 6)}:` +
      `${digits.slice(6, 8)}:${digits.slice(8, 10)}:${digits.slice(10)}`;
  }

  /**
   * Gives `JSON.stringify` the text of {@linkcode MacAddress.toString}.
   *
   * @returns Text like `02:00:00:00:00:01`.
   * @example
   * ```ts
   * import { MacAddress } from "@octet/netip";
   * import { assertEquals } from "@std/assert";
   *
   * assertEquals(JSON.stringify(MacAddress.zero), '"00:00:00:00:00:00"');
   * ```
   */
  toJSON(): string {
    return this.toString();
  }
}
