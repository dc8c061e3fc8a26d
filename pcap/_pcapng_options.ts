import { nanosecondsOf } from "./_time.ts";
import type { Output } from "./_output.ts";

const encoder = new TextEncoder();

/** Longest value of an option: its length field has 16 bits. */
const maxLength = 0xffff;

/** Writes nanoseconds since 1970 as two 32-bit numbers, the upper one first in either byte order (§4.3). */
export function writeTime(output: Output, time: number): void {
  const seconds = Math.floor(time / 1000);
  // Seconds times 10^9 needs 61 bits: multiplied 16 bits at a time, doubles hold it exactly.
  const high = Math.floor(seconds / 0x1_0000) * 1e9;
  const carry = Math.floor(high / 0x1_0000);
  const low = (high - carry * 0x1_0000) * 0x1_0000 + (seconds % 0x1_0000) * 1e9 +
    nanosecondsOf(time);
  output.u32(carry + Math.floor(low / 0x1_0000_0000));
  output.u32(low % 0x1_0000_0000);
}

/** Text as UTF-8. */
export function encodeText(text: string, used: number = 0): Uint8Array {
  const bytes = encoder.encode(text);
  if (bytes.length + used > maxLength) {
    throw new RangeError(
      `Cannot write text of ${bytes.length + used} bytes as an option holds ${maxLength}`,
    );
  }
  return bytes;
}

/** Checks a counter that a program gave. */
export function checkCount(value: number): void {
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new RangeError(`Cannot write counter as ${value} is not a non-negative safe integer`);
  }
}

/**
 * The options of a block, collected before its first byte is written: what is wrong with one throws
 * while the file is still whole, and the length is known when room is reserved.
 */
export class OptionList {
  /** How many bytes {@linkcode OptionList.write} writes. */
  length = 0;
  readonly #writers: ((output: Output) => void)[] = [];

  /** Adds text, unless it is `undefined`. */
  text(code: number, value: string | undefined): void {
    if (value !== undefined) this.data(code, encodeText(value));
  }

  /** Adds bytes. */
  data(code: number, value: Uint8Array): void {
    this.#add(code, value.length, (output) => {
      const start = output.length;
      output.copy(value, -1, 0, value.length);
      output.pad(start);
    });
  }

  /** Adds a 32-bit number. */
  u32(code: number, value: number): void {
    this.#add(code, 4, (output) => output.u32(value));
  }

  /** Adds a counter of 64 bits, unless it is `undefined`. */
  count(code: number, value: number | undefined): void {
    if (value === undefined) return;
    checkCount(value);
    this.#add(code, 8, (output) => output.u64(value));
  }

  /** Adds a time, unless it is `undefined`. */
  time(code: number, value: number | undefined): void {
    if (value !== undefined) this.#add(code, 8, (output) => writeTime(output, value));
  }

  /** Writes all, and what ends them where there are any. */
  write(output: Output): void {
    for (const write of this.#writers) write(output);
    if (this.#writers.length > 0) output.u32(0);
  }

  #add(code: number, length: number, write: (output: Output) => void): void {
    if (this.#writers.length === 0) this.length = 4;
    this.length += 4 + ((length + 3) & ~3);
    this.#writers.push((output) => {
      output.u16(code);
      output.u16(length);
      write(output);
    });
  }
}
