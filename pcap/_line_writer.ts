const encoder = new TextEncoder();
const digits = encoder.encode("0123456789abcdef");
const decoder = new TextDecoder();

/** Two digits for each number below 100. */
const pairs = encoder.encode(
  Array.from({ length: 100 }, (_, value) => String(value).padStart(2, "0")).join(""),
);

/** ASCII text as bytes, for {@linkcode LineWriter.put}. */
export function ascii(text: string): Uint8Array<ArrayBuffer> {
  return encoder.encode(text);
}

/** A buffer of ASCII text that grows and is used again. */
export class LineWriter {
  /** The buffer; `bytes[0…length)` has been written. */
  bytes: Uint8Array<ArrayBuffer> = new Uint8Array(1024);
  /** How many bytes stand in it. */
  length = 0;

  /** Makes room for `count` more bytes. */
  reserve(count: number): void {
    const needed = this.length + count;
    if (needed <= this.bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, 2 * this.bytes.length));
    grown.set(this.bytes);
    this.bytes = grown;
  }

  /** Writes text that is bytes already. */
  put(text: Uint8Array): void {
    const count = text.length;
    this.reserve(count);
    const bytes = this.bytes;
    let at = this.length;
    for (let i = 0; i < count; i++) bytes[at++] = text[i]!;
    this.length = at;
  }

  /** Writes ASCII text; for what is rare. */
  text(text: string): void {
    this.reserve(text.length);
    for (let i = 0; i < text.length; i++) this.bytes[this.length++] = text.charCodeAt(i);
  }

  /** Writes one byte. */
  byte(value: number): void {
    this.reserve(1);
    this.bytes[this.length++] = value;
  }

  /** Writes an unsigned integer in decimal, with spaces before it up to `width` characters. */
  decimal(value: number, width: number = 1): void {
    this.reserve(16 + width);
    const bytes = this.bytes;
    let count = 1;
    for (let limit = 10; value >= limit; limit *= 10) count++;
    let at = this.length;
    for (let i = count; i < width; i++) bytes[at++] = 0x20;
    at += count;
    this.length = at;
    do {
      const rest = Math.floor(value / 10);
      bytes[--at] = 0x30 + value - rest * 10;
      value = rest;
    } while (--count > 0);
  }

  /** Writes two decimal digits. */
  two(value: number): void {
    this.reserve(2);
    this.bytes[this.length++] = pairs[2 * value]!;
    this.bytes[this.length++] = pairs[2 * value + 1]!;
  }

  /** Writes a number below 2^32 in so many hexadecimal digits. */
  hex(value: number, count: number): void {
    this.reserve(count);
    const bytes = this.bytes;
    let at = this.length + count;
    this.length = at;
    for (; count > 0; count--) {
      bytes[--at] = digits[value & 15]!;
      value >>>= 4;
    }
  }

  /** Writes an IPv4 address that lies in a packet. */
  ipv4(from: Uint8Array, offset: number): void {
    this.reserve(16);
    const bytes = this.bytes;
    let at = this.length;
    for (let i = 0; i < 4; i++) {
      if (i > 0) bytes[at++] = 0x2e;
      let value = from[offset + i]!;
      if (value >= 100) {
        const hundreds = value >= 200 ? 2 : 1;
        bytes[at++] = 0x30 + hundreds;
        value -= 100 * hundreds;
        bytes[at++] = pairs[2 * value]!;
      } else if (value >= 10) bytes[at++] = pairs[2 * value]!;
      bytes[at++] = pairs[2 * value + 1]!;
    }
    this.length = at;
  }

  /** Writes an IPv6 address that lies in a packet, in the form of RFC 5952 §4. */
  ipv6(from: Uint8Array, offset: number): void {
    // The first of the longest runs of two zero groups or more becomes "::".
    let best = -1;
    let bestLength = 1;
    for (let i = 0; i < 8; i++) {
      let length = 0;
      while (
        i + length < 8 && from[offset + 2 * (i + length)] === 0 &&
        from[offset + 2 * (i + length) + 1] === 0
      ) length++;
      if (length > bestLength) {
        best = i;
        bestLength = length;
      }
      i += length;
    }
    for (let i = 0; i < 8; i++) {
      if (i === best) {
        this.byte(0x3a);
        i += bestLength - 1;
        if (i === 7) this.byte(0x3a);
        continue;
      }
      if (i > 0) this.byte(0x3a);
      const group = from[offset + 2 * i]! << 8 | from[offset + 2 * i + 1]!;
      this.hex(group, group > 0xfff ? 4 : group > 0xff ? 3 : group > 0xf ? 2 : 1);
    }
  }

  /** Writes a MAC address that lies in a packet. */
  mac(from: Uint8Array, offset: number): void {
    this.reserve(17);
    const bytes = this.bytes;
    let at = this.length;
    for (let i = 0; i < 6; i++) {
      if (i > 0) bytes[at++] = 0x3a;
      const value = from[offset + i]!;
      bytes[at++] = digits[value >>> 4]!;
      bytes[at++] = digits[value & 15]!;
    }
    this.length = at;
  }

  /** Writes one byte of text from the network: what is not printable, and `special`, as `\xNN`. */
  escaped(value: number, special: number): void {
    if (value < 0x20 || value > 0x7e || value === special || value === 0x5c) {
      this.byte(0x5c);
      this.byte(0x78);
      this.hex(value, 2);
    } else this.byte(value);
  }

  /** Gives what was written from `start` on as a string. */
  toString(start: number = 0): string {
    return decoder.decode(this.bytes.subarray(start, this.length));
  }
}
