/**
 * Builds netlink requests.
 *
 * @module
 */
import { writeHost16, writeHost32 } from "./host_order.ts";
import { alignNetlink, netlinkHeaderLength } from "./message.ts";

const nestedFlag = 0x8000;
const encoder = new TextEncoder();

/**
 * Writes one netlink message after another into a buffer that it reuses.
 *
 * @example
 * ```ts
 * import { MessageWriter, NetlinkFlag, NetlinkType } from "@octet/netlink";
 * import { assertEquals } from "@std/assert";
 *
 * const writer = new MessageWriter();
 * writer.begin(NetlinkType.GetLink, NetlinkFlag.Request, 1);
 * writer.bytes(new Uint8Array(16)); // struct ifinfomsg
 * writer.text(3, "lo"); // IFLA_IFNAME
 * assertEquals(writer.finish().length, 16 + 16 + 8);
 * ```
 */
export class MessageWriter {
  readonly #buffer: Uint8Array<ArrayBuffer>;
  #length = 0;

  /**
   * Takes a buffer.
   *
   * @param capacity The longest message, in bytes.
   */
  constructor(capacity: number = 4096) {
    this.#buffer = new Uint8Array(capacity);
  }

  /**
   * Starts a message; what was written before is forgotten.
   *
   * @param type The message type.
   * @param flags Header flags.
   * @param sequence The sequence number.
   */
  begin(type: number, flags: number, sequence: number): this {
    this.#buffer.fill(0, 0, netlinkHeaderLength);
    writeHost16(this.#buffer, 4, type);
    writeHost16(this.#buffer, 6, flags);
    writeHost32(this.#buffer, 8, sequence);
    this.#length = netlinkHeaderLength;
    return this;
  }

  /**
   * Sets the sequence number of the message begun.
   *
   * @param sequence 0 to 2^32 - 1.
   */
  stamp(sequence: number): this {
    writeHost32(this.#buffer, 8, sequence);
    return this;
  }

  /** The length of the message so far, in bytes. */
  get length(): number {
    return this.#length;
  }

  /** Sets an unsigned 16-bit number, host order, at a place already written. */
  patch16(at: number, value: number): this {
    writeHost16(this.#buffer, at, value);
    return this;
  }

  /** Appends raw bytes (a family header), padded to a multiple of 4. */
  bytes(value: Uint8Array): this {
    this.#append(value);
    return this;
  }

  /** Appends an attribute with bytes as its value. */
  attribute(type: number, value: Uint8Array): this {
    const at = this.#reserve(4 + value.length);
    writeHost16(this.#buffer, at, 4 + value.length);
    writeHost16(this.#buffer, at + 2, type);
    this.#buffer.set(value, at + 4);
    return this;
  }

  /** Appends an attribute with an unsigned 8-bit number. */
  u8(type: number, value: number): this {
    return this.attribute(type, Uint8Array.of(value));
  }

  /** Appends an attribute with an unsigned 16-bit number, host order. */
  u16(type: number, value: number): this {
    return this.attribute(type, Uint8Array.of(value, value >>> 8));
  }

  /** Appends an attribute with an unsigned 16-bit number, network order: ports and EtherTypes. */
  u16be(type: number, value: number): this {
    return this.attribute(type, Uint8Array.of(value >>> 8, value));
  }

  /** Appends an attribute with an unsigned 32-bit number, host order. */
  u32(type: number, value: number): this {
    const bytes = new Uint8Array(4);
    writeHost32(bytes, 0, value);
    return this.attribute(type, bytes);
  }

  /** Appends an attribute with text and its closing NUL byte. */
  text(type: number, value: string): this {
    return this.attribute(type, encoder.encode(value + "\0"));
  }

  /**
   * Opens an attribute that holds attributes.
   *
   * @param type The type.
   * @param isMarked Whether the type says that it is nested; `false` for what old families take without.
   * @returns A mark for {@linkcode MessageWriter.endNest}.
   */
  beginNest(type: number, isMarked: boolean = true): number {
    const at = this.#reserve(4);
    writeHost16(this.#buffer, at + 2, isMarked ? type | nestedFlag : type);
    return at;
  }

  /** Closes the attribute that {@linkcode MessageWriter.beginNest} opened. */
  endNest(mark: number): this {
    writeHost16(this.#buffer, mark, this.#length - mark);
    return this;
  }

  /** Sets the length and gives the message: a view that is good until the next `begin`. */
  finish(): Uint8Array<ArrayBuffer> {
    writeHost32(this.#buffer, 0, this.#length);
    return this.#buffer.subarray(0, this.#length);
  }

  #append(value: Uint8Array): void {
    this.#buffer.set(value, this.#reserve(value.length));
  }

  #reserve(length: number): number {
    const at = this.#length;
    const end = at + alignNetlink(length);
    if (end > this.#buffer.length) {
      throw new RangeError(
        `Cannot write ${length} more bytes of netlink message as it has ${at} of ${this.#buffer.length}`,
      );
    }
    this.#buffer.fill(0, at, end);
    this.#length = end;
    return at;
  }
}
