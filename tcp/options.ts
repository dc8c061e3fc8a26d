/**
 * TCP options: maximum segment size (RFC 9293 §3.7.1), window scale and timestamps (RFC 7323), SACK
 * (RFC 2018).
 *
 * @module
 */
import { Verdict } from "@octet/wire";
import * as wire from "@octet/wire";

// V8 folds constants of a module; what is imported it loads and checks at each use. See ARCHITECTURE.md.
const readI32 = wire.readI32;
const readU16 = wire.readU16;
const writeU16 = wire.writeU16;
const writeU32 = wire.writeU32;
const { BadOption, Ok } = Verdict;

/** Option kinds, from the IANA registry of TCP parameters. */
export const TcpOption = {
  /** End of option list. */
  End: 0,
  /** No operation. */
  Nop: 1,
  /** Maximum segment size. */
  Mss: 2,
  /** Window scale. */
  WindowScale: 3,
  /** SACK permitted. */
  SackPermitted: 4,
  /** SACK blocks. */
  Sack: 5,
  /** Timestamps. */
  Timestamps: 8,
  /** User timeout (RFC 5482). */
  UserTimeout: 28,
  /** Authentication (RFC 5925). */
  Authentication: 29,
  /** Multipath TCP (RFC 8684). */
  Mptcp: 30,
  /** Fast open cookie (RFC 7413). */
  FastOpen: 34,
} as const;

/** The largest window scale (RFC 7323 §2.3). */
export const maxWindowScale = 14;

/**
 * Walks an option list.
 *
 * @example
 * ```ts
 * import { TcpOption, TcpOptionCursor } from "@octet/tcp";
 * import { assertEquals } from "@std/assert";
 *
 * const cursor = new TcpOptionCursor();
 * cursor.reset(Uint8Array.of(1, 2, 4, 0x05, 0xb4, 0), 0, 6);
 * assertEquals(cursor.next(), true);
 * assertEquals(cursor.kind, TcpOption.Mss);
 * assertEquals(cursor.u16(), 1460);
 * assertEquals(cursor.next(), false);
 * ```
 */
export class TcpOptionCursor {
  /** What is wrong with the list, or `Ok`; once set it stays. */
  verdict: Verdict = Ok;
  /** The kind of the current option. */
  kind: number = 0;
  /** Where the current option's data begins. */
  dataOffset: number = 0;
  /** Length of the current option's data in bytes, without kind and length. */
  dataLength: number = 0;
  #bytes: Uint8Array = new Uint8Array(0);
  #at = 0;
  #end = 0;

  /** Aims the cursor before the first option in `bytes[offset…end)`. */
  reset(bytes: Uint8Array, offset: number, end: number): void {
    this.#bytes = bytes;
    this.#at = offset;
    this.#end = end;
    this.verdict = Ok;
  }

  /** Moves to the next option that is not padding; `false` at the end, or when the list is malformed. */
  next(): boolean {
    const bytes = this.#bytes;
    while (this.#at < this.#end) {
      const kind = bytes[this.#at]!;
      if (kind === TcpOption.End) return false;
      if (kind === TcpOption.Nop) {
        this.#at++;
        continue;
      }
      const length = this.#at + 1 < this.#end ? bytes[this.#at + 1]! : 0;
      if (length < 2 || this.#at + length > this.#end) {
        this.verdict = BadOption;
        this.#at = this.#end;
        return false;
      }
      this.kind = kind;
      this.dataOffset = this.#at + 2;
      this.dataLength = length - 2;
      this.#at += length;
      return true;
    }
    return false;
  }

  /** The current option's only octet; 0 and a bad verdict when it has another length. */
  u8(): number {
    return this.#has(1) ? this.#bytes[this.dataOffset]! : 0;
  }

  /** The current option's 16-bit number; 0 and a bad verdict when it has another length. */
  u16(): number {
    return this.#has(2) ? readU16(this.#bytes, this.dataOffset) : 0;
  }

  /** A signed 32-bit number `at` bytes into the data; 0 and a bad verdict when the data ends before. */
  i32(at: number): number {
    if (at + 4 <= this.dataLength) return readI32(this.#bytes, this.dataOffset + at);
    this.verdict = BadOption;
    return 0;
  }

  #has(length: number): boolean {
    if (this.dataLength === length) return true;
    this.verdict = BadOption;
    return false;
  }
}

/** Writes an MSS option; returns its length, 4. */
export function writeMss(bytes: Uint8Array, offset: number, mss: number): number {
  bytes[offset] = TcpOption.Mss;
  bytes[offset + 1] = 4;
  writeU16(bytes, offset + 2, mss);
  return 4;
}

/** Writes NOP and a window scale option; returns their length, 4. */
export function writeWindowScale(bytes: Uint8Array, offset: number, shift: number): number {
  bytes[offset] = TcpOption.Nop;
  bytes[offset + 1] = TcpOption.WindowScale;
  bytes[offset + 2] = 3;
  bytes[offset + 3] = shift;
  return 4;
}

/** Writes two NOPs and a timestamps option (RFC 7323 appendix A); returns their length, 12. */
export function writeTimestamps(
  bytes: Uint8Array,
  offset: number,
  value: number,
  echo: number,
): number {
  bytes[offset] = TcpOption.Nop;
  bytes[offset + 1] = TcpOption.Nop;
  bytes[offset + 2] = TcpOption.Timestamps;
  bytes[offset + 3] = 10;
  writeU32(bytes, offset + 4, value);
  writeU32(bytes, offset + 8, echo);
  return 12;
}

/** Writes SACK permitted and a timestamps option, six bytes less than with padding; returns their length, 12. */
export function writeSackPermittedTimestamps(
  bytes: Uint8Array,
  offset: number,
  value: number,
  echo: number,
): number {
  writeTimestamps(bytes, offset, value, echo);
  bytes[offset] = TcpOption.SackPermitted;
  bytes[offset + 1] = 2;
  return 12;
}

/** Writes two NOPs and a SACK permitted option; returns their length, 4. */
export function writeSackPermitted(bytes: Uint8Array, offset: number): number {
  bytes[offset] = TcpOption.Nop;
  bytes[offset + 1] = TcpOption.Nop;
  bytes[offset + 2] = TcpOption.SackPermitted;
  bytes[offset + 3] = 2;
  return 4;
}

/**
 * Writes two NOPs and a SACK option.
 *
 * @param edges Left and right edges in turn.
 * @param count How many blocks, 1 to 4.
 * @returns The length, 4 + 8 for each block.
 */
export function writeSack(
  bytes: Uint8Array,
  offset: number,
  edges: Int32Array,
  count: number,
): number {
  bytes[offset] = TcpOption.Nop;
  bytes[offset + 1] = TcpOption.Nop;
  bytes[offset + 2] = TcpOption.Sack;
  bytes[offset + 3] = 2 + 8 * count;
  for (let i = 0; i < 2 * count; i++) writeU32(bytes, offset + 4 + 4 * i, edges[i]!);
  return 4 + 8 * count;
}
