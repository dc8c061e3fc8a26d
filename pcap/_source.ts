/** Numbers of a file in either byte order. The caller has checked that they are there. */
export class SourceNumbers {
  /** Whether the most significant byte comes first. */
  bigEndian = false;
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** An unsigned 16-bit number. */
  u16(at: number): number {
    const bytes = this.#bytes;
    return this.bigEndian ? (bytes[at]! << 8) | bytes[at + 1]! : bytes[at]! | (bytes[at + 1]! << 8);
  }

  /** An unsigned 32-bit number. */
  u32(at: number): number {
    const bytes = this.#bytes;
    const a = bytes[at]!;
    const b = bytes[at + 1]!;
    const c = bytes[at + 2]!;
    const d = bytes[at + 3]!;
    return (this.bigEndian
      ? (a << 24) | (b << 16) | (c << 8) | d
      : (d << 24) | (c << 16) | (b << 8) | a) >>> 0;
  }

  /** An unsigned 64-bit number, as near as a double comes. */
  u64(at: number): number {
    const high = this.u32(this.bigEndian ? at : at + 4);
    return high * 0x1_0000_0000 + this.u32(this.bigEndian ? at + 4 : at);
  }

  /** A signed 64-bit number, as near as a double comes. */
  i64(at: number): number {
    const high = this.u32(this.bigEndian ? at : at + 4) | 0;
    return high * 0x1_0000_0000 + this.u32(this.bigEndian ? at + 4 : at);
  }
}
