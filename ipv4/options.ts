/**
 * The options of an IPv4 header (RFC 791 §3.1 "Options"; RFC 2113 for router alert).
 *
 * @module
 */
import { readU16, readU32, Verdict } from "@octet/wire";

/** Option types, the copied flag and the class included (IANA "ip-parameters"). */
export const Ipv4OptionType = {
  /** End of the list; a single byte. */
  End: 0,
  /** Padding between options; a single byte. */
  NoOperation: 1,
  /** Record route. */
  RecordRoute: 7,
  /** Internet timestamp. */
  Timestamp: 68,
  /** Security (RFC 1108), and what RFC 791 had in its place. */
  Security: 130,
  /** Loose source and record route. */
  LooseSourceRoute: 131,
  /** Stream identifier; obsolete. */
  StreamId: 136,
  /** Strict source and record route. */
  StrictSourceRoute: 137,
  /** Router alert (RFC 2113). */
  RouterAlert: 148,
} as const;

/** One of the numbers of {@linkcode Ipv4OptionType}. */
export type Ipv4OptionType = (typeof Ipv4OptionType)[keyof typeof Ipv4OptionType];

/** What the entries of a timestamp option are (RFC 791 §3.1). */
export const TimestampFlag = {
  /** Times alone. */
  Time: 0,
  /** Each time behind the address of who recorded it. */
  AddressAndTime: 1,
  /** The sender wrote addresses; their owners fill in the times. */
  Prespecified: 3,
} as const;

/** One of the numbers of {@linkcode TimestampFlag}. */
export type TimestampFlag = (typeof TimestampFlag)[keyof typeof TimestampFlag];

/**
 * A cursor over the options of a header. When {@linkcode Ipv4Options.next} has given `false`,
 * {@linkcode Ipv4Options.verdict} says whether the list was well formed.
 *
 * @example
 * ```ts
 * import { Ipv4Options, Ipv4OptionType } from "@octet/ipv4";
 * import { Verdict } from "@octet/wire";
 * import { assertEquals } from "@std/assert";
 *
 * const bytes = Uint8Array.of(1, 148, 4, 0, 0, 0);
 * const options = new Ipv4Options();
 * options.reset(bytes, 0, bytes.length);
 * const seen: number[] = [];
 * while (options.next()) seen.push(options.type);
 * assertEquals(seen, [Ipv4OptionType.NoOperation, Ipv4OptionType.RouterAlert]);
 * assertEquals(options.verdict, Verdict.Ok);
 * ```
 */
export class Ipv4Options {
  #bytes: Uint8Array = new Uint8Array(0);
  #start = 0;
  #offset = 0;
  #next = 0;
  #end = 0;
  #verdict: Verdict = Verdict.Ok;

  /** Aims the cursor before the first option of `bytes[offset…end)`. */
  reset(bytes: Uint8Array, offset: number, end: number): void {
    this.#bytes = bytes;
    this.#start = offset;
    this.#offset = offset;
    this.#next = offset;
    this.#end = end;
    this.#verdict = Verdict.Ok;
  }

  /** Steps to the next option; `false` at the end of the list, or when it is malformed. */
  next(): boolean {
    const at = this.#next;
    if (at >= this.#end || this.#bytes[at] === Ipv4OptionType.End) return false;
    let length = 1;
    if (this.#bytes[at] !== Ipv4OptionType.NoOperation) {
      length = at + 1 < this.#end ? this.#bytes[at + 1]! : 0;
      if (length < 2 || at + length > this.#end) {
        this.#verdict = Verdict.BadOption;
        this.#offset = at;
        this.#next = this.#end;
        return false;
      }
    }
    this.#offset = at;
    this.#next = at + length;
    return true;
  }

  /** `BadOption` once a length was found that cannot be; sticky. */
  get verdict(): Verdict {
    return this.#verdict;
  }

  /** The option's type octet; see {@linkcode Ipv4OptionType}. */
  get type(): number {
    return this.#bytes[this.#offset]!;
  }

  /** Whether the option is to be copied into every fragment. */
  get isCopied(): boolean {
    return (this.type & 0x80) !== 0;
  }

  /** Where the option begins, counted from the first option's first byte; where the error lies after a `BadOption`. */
  get position(): number {
    return this.#offset - this.#start;
  }

  /** The option's length in bytes, type and length octets included. */
  get length(): number {
    return this.#next - this.#offset;
  }

  /** Where the option's data begin in the buffer. */
  get dataOffset(): number {
    return Math.min(this.#offset + 2, this.#next);
  }

  /** Where the option ends in the buffer (exclusive). */
  get dataEnd(): number {
    return this.#next;
  }

  /** The octet at `index` of the data, 0 where there is none. */
  u8(index: number = 0): number {
    return this.#has(index, 1) ? this.#bytes[this.#offset + 2 + index]! : 0;
  }

  /** The 16-bit number at `index` of the data, 0 where there is none. */
  u16(index: number = 0): number {
    return this.#has(index, 2) ? readU16(this.#bytes, this.#offset + 2 + index) : 0;
  }

  /** The 32-bit number, such as an address, at `index` of the data, 0 where there is none. */
  u32(index: number = 0): number {
    return this.#has(index, 4) ? readU32(this.#bytes, this.#offset + 2 + index) : 0;
  }

  /**
   * The pointer of a route or timestamp option: where the next entry goes, counted from 1 at the
   * option's type octet; 0 for any other option.
   */
  get pointer(): number {
    const type = this.type;
    const hasPointer = type === Ipv4OptionType.RecordRoute || type === Ipv4OptionType.Timestamp ||
      this.isSourceRoute;
    return hasPointer ? this.u8() : 0;
  }

  /** Whether the option is a source route, loose or strict. */
  get isSourceRoute(): boolean {
    const type = this.type;
    return type === Ipv4OptionType.LooseSourceRoute || type === Ipv4OptionType.StrictSourceRoute;
  }

  /** The flag of a timestamp option, see {@linkcode TimestampFlag}; 0 for any other option. */
  get timestampFlag(): number {
    return this.type === Ipv4OptionType.Timestamp ? this.u8(1) & 0x0f : 0;
  }

  /** How many hosts found no room in a timestamp option, 0 to 15; 0 for any other option. */
  get overflow(): number {
    return this.type === Ipv4OptionType.Timestamp ? this.u8(1) >>> 4 : 0;
  }

  /** How many entries a timestamp option holds room for; 0 for any other option. */
  get timestampCount(): number {
    if (this.type !== Ipv4OptionType.Timestamp) return 0;
    return Math.max(0, Math.floor((this.length - 4) / this.#timestampSize));
  }

  /**
   * Whose entry of a timestamp option it is, host order; 0 where there is none, or the option carries no
   * addresses.
   *
   * @param index From 0 to {@linkcode timestampCount} - 1.
   */
  timestampAddress(index: number): number {
    if (index >= this.timestampCount || this.#timestampSize === 4) return 0;
    return this.u32(2 + 8 * index);
  }

  /**
   * The time in an entry of a timestamp option, in milliseconds since midnight UT, or of another kind when the
   * highest bit is set; 0 where there is none.
   *
   * @param index From 0 to {@linkcode timestampCount} - 1.
   */
  timestamp(index: number): number {
    if (index >= this.timestampCount) return 0;
    const size = this.#timestampSize;
    return this.u32(2 + size * index + size - 4);
  }

  /** How many entries of a route or timestamp option have been filled in; 0 for any other option. */
  get filledCount(): number {
    const first = this.type === Ipv4OptionType.Timestamp ? 5 : 4;
    const size = first === 5 ? this.#timestampSize : 4;
    const room = first === 5 ? this.timestampCount : this.routeCount;
    return Math.max(0, Math.min(room, Math.floor((this.pointer - first) / size)));
  }

  /** How many addresses a route option holds room for; 0 for any other option. */
  get routeCount(): number {
    return this.type === Ipv4OptionType.RecordRoute || this.isSourceRoute
      ? Math.max(0, (this.length - 3) >> 2)
      : 0;
  }

  /**
   * An address of a route option, host order; 0 where there is none.
   *
   * @param index From 0 to {@linkcode routeCount} - 1.
   */
  routeAddress(index: number): number {
    return index < this.routeCount ? this.u32(1 + 4 * index) : 0;
  }

  get #timestampSize(): number {
    return this.timestampFlag === TimestampFlag.Time ? 4 : 8;
  }

  #has(index: number, length: number): boolean {
    return index >= 0 && this.#offset + 2 + index + length <= this.#next;
  }
}
