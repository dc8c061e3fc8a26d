/**
 * How the plain values of options lie on the wire: numbers, addresses, text, and lists of them.
 *
 * @module
 */
import { readU16, readU32 } from "@octet/wire";

/** How one type of value is read and written. */
export interface OptionKind<T> {
  /** Reads the value in `[offset, end)`; `null` when it is malformed. */
  decode(bytes: Uint8Array, offset: number, end: number): T | null;
  /** Appends the value's bytes. Throws when `value` cannot be written; `name` is for the message. */
  encode(value: T, out: number[], name: string): void;
}

/** Throws a RangeError unless `value` is an integer in the range. */
export function checkInteger(value: number, low: number, high: number, name: string): void {
  if (!Number.isInteger(value) || value < low || value > high) {
    throw new RangeError(
      `Cannot encode DHCP option ${name} as ${value} is not an integer from ${low} to ${high}`,
    );
  }
}

/** Appends 16 bits in network byte order. */
export function pushU16(value: number, out: number[]): void {
  out.push((value >>> 8) & 0xff, value & 0xff);
}

/** Appends 32 bits in network byte order. */
export function pushU32(value: number, out: number[]): void {
  out.push((value >>> 24) & 0xff, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff);
}

/** Appends bytes. */
export function pushBytes(value: Uint8Array, out: number[]): void {
  for (let i = 0; i < value.length; i++) out.push(value[i]!);
}

function refuseEmpty(length: number, name: string): void {
  if (length === 0) throw new RangeError(`Cannot encode DHCP option ${name} as it is empty`);
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const utf8Encoder = new TextEncoder();

/**
 * Text without the NULs some servers put behind it (RFC 2132 §2).
 *
 * @returns `null` when the bytes are not UTF-8 or a NUL stands inside.
 */
export function decodeText(bytes: Uint8Array, offset: number, end: number): string | null {
  let stop = end;
  while (stop > offset && bytes[stop - 1] === 0) stop--;
  let text = "";
  for (let i = offset; i < stop; i++) {
    const byte = bytes[i]!;
    if (byte === 0) return null;
    if (byte >= 0x80) {
      try {
        text = utf8.decode(bytes.subarray(offset, stop));
        return text.includes("\0") ? null : text;
      } catch {
        return null;
      }
    }
    text += String.fromCharCode(byte);
  }
  return text;
}

/** The UTF-8 bytes of text that has no NUL in it. */
export function encodeText(value: string, name: string): Uint8Array {
  if (value.includes("\0") || !value.isWellFormed()) {
    throw new SyntaxError(
      `Cannot encode DHCP option ${name} as ${JSON.stringify(value)} is not text without NUL`,
    );
  }
  return utf8Encoder.encode(value);
}

/** One byte. */
export const u8: OptionKind<number> = {
  decode: (bytes, offset, end) => end - offset === 1 ? bytes[offset]! : null,
  encode(value, out, name) {
    checkInteger(value, 0, 0xff, name);
    out.push(value);
  },
};

/** 16 bits. */
export const u16: OptionKind<number> = {
  decode: (bytes, offset, end) => end - offset === 2 ? readU16(bytes, offset) : null,
  encode(value, out, name) {
    checkInteger(value, 0, 0xffff, name);
    pushU16(value, out);
  },
};

/** 32 bits, unsigned: seconds, or an address in host order. */
export const u32: OptionKind<number> = {
  decode: (bytes, offset, end) => end - offset === 4 ? readU32(bytes, offset) : null,
  encode(value, out, name) {
    checkInteger(value, 0, 0xffff_ffff, name);
    pushU32(value, out);
  },
};

/** 32 bits, two's complement. */
export const i32: OptionKind<number> = {
  decode: (bytes, offset, end) => end - offset === 4 ? readU32(bytes, offset) | 0 : null,
  encode(value, out, name) {
    checkInteger(value, -0x8000_0000, 0x7fff_ffff, name);
    pushU32(value, out);
  },
};

/** One byte that is 0 or 1. */
export const bool: OptionKind<boolean> = {
  decode(bytes, offset, end) {
    return end - offset === 1 && bytes[offset]! <= 1 ? bytes[offset] === 1 : null;
  },
  encode(value, out) {
    out.push(value ? 1 : 0);
  },
};

/** Nothing: the option's presence is the message. `true` is the only value there is. */
export const presence: OptionKind<true> = {
  decode: (_bytes, offset, end) => end === offset ? true : null,
  encode() {},
};

/** Text, at least one character. */
export const text: OptionKind<string> = {
  decode: (bytes, offset, end) => decodeText(bytes, offset, end) || null,
  encode(value, out, name) {
    refuseEmpty(value.length, name);
    pushBytes(encodeText(value, name), out);
  },
};

/** Bytes nobody here looks into, at least one. */
export const opaque: OptionKind<Uint8Array> = {
  decode: (bytes, offset, end) => end > offset ? bytes.slice(offset, end) : null,
  encode(value, out, name) {
    refuseEmpty(value.length, name);
    pushBytes(value, out);
  },
};

/** Client identifiers: a type and at least one byte (RFC 2132 §9.14). */
export const identifier: OptionKind<Uint8Array> = {
  decode: (bytes, offset, end) => end - offset >= 2 ? bytes.slice(offset, end) : null,
  encode(value, out, name) {
    if (value.length < 2) {
      throw new RangeError(
        `Cannot encode DHCP option ${name} as ${value.length} bytes are fewer than 2`,
      );
    }
    pushBytes(value, out);
  },
};

function list(kind: OptionKind<number>, size: number, minimum: number): OptionKind<number[]> {
  return {
    decode(bytes, offset, end) {
      const length = end - offset;
      if (length % size !== 0 || length < minimum * size) return null;
      const values: number[] = [];
      for (let at = offset; at < end; at += size) values.push(kind.decode(bytes, at, at + size)!);
      return values;
    },
    encode(values, out, name) {
      if (minimum > 0) refuseEmpty(values.length, name);
      for (const value of values) kind.encode(value, out, name);
    },
  };
}

/** Bytes as a list of numbers: option codes. */
export const u8s: OptionKind<number[]> = list(u8, 1, 1);
/** 16-bit numbers. */
export const u16s: OptionKind<number[]> = list(u16, 2, 1);
/** Addresses, at least one. */
export const addresses: OptionKind<number[]> = list(u32, 4, 1);
/** Addresses, possibly none (option 68). */
export const maybeAddresses: OptionKind<number[]> = list(u32, 4, 0);
