import { allocate, type Block, copyBytes, release } from "@octet/wire";
import type { CaptureSink } from "./capture_format.ts";

/** With a sink, bytes are handed on as soon as so many are there: one system call for 40 full frames. */
const threshold = 65_536;

/** A buffer that grows, or that is emptied into a sink; numbers are written in either byte order. */
export class Output {
  /** The buffer; `bytes[0…length)` has been written. */
  bytes: Uint8Array<ArrayBuffer>;
  /** How many bytes stand in the buffer. */
  length = 0;
  #block: Block;
  readonly #sink: CaptureSink | null;
  readonly #bigEndian: boolean;

  constructor(sink: CaptureSink | null, bigEndian: boolean) {
    this.#sink = sink;
    this.#bigEndian = bigEndian;
    this.#block = allocate(sink === null ? 4096 : 2 * threshold);
    this.bytes = this.#block.bytes;
  }

  /** Makes room for `count` more bytes. */
  reserve(count: number): void {
    if (this.length + count <= this.bytes.length) return;
    if (this.#sink !== null) this.flush();
    if (this.length + count <= this.bytes.length) return;
    const old = this.#block;
    const block = allocate(Math.max(this.length + count, 2 * old.bytes.length));
    copyBytes(old.bytes, old.address, 0, block.bytes, block.address, 0, this.length);
    this.#block = block;
    this.bytes = block.bytes;
    release(old);
  }

  /** Writes the low 8 bits. */
  u8(value: number): void {
    this.bytes[this.length++] = value;
  }

  /** Writes the low 16 bits. */
  u16(value: number): void {
    const bytes = this.bytes;
    const at = this.length;
    this.length = at + 2;
    if (this.#bigEndian) {
      bytes[at] = value >>> 8;
      bytes[at + 1] = value;
    } else {
      bytes[at] = value;
      bytes[at + 1] = value >>> 8;
    }
  }

  /** Writes the low 32 bits. */
  u32(value: number): void {
    const bytes = this.bytes;
    const at = this.length;
    this.length = at + 4;
    if (this.#bigEndian) {
      bytes[at] = value >>> 24;
      bytes[at + 1] = value >>> 16;
      bytes[at + 2] = value >>> 8;
      bytes[at + 3] = value;
    } else {
      bytes[at] = value;
      bytes[at + 1] = value >>> 8;
      bytes[at + 2] = value >>> 16;
      bytes[at + 3] = value >>> 24;
    }
  }

  /** Writes a non-negative safe integer in 64 bits. */
  u64(value: number): void {
    const high = Math.floor(value / 0x1_0000_0000);
    this.u32(this.#bigEndian ? high : value);
    this.u32(this.#bigEndian ? value : high);
  }

  /** Copies bytes; `address` is where `from` begins in the slab, -1 when outside. */
  copy(from: Uint8Array, address: number, offset: number, count: number): void {
    copyBytes(from, address, offset, this.bytes, this.#block.address, this.length, count);
    this.length += count;
  }

  /** Fills up with zeros to a multiple of four of what was written since `start`. */
  pad(start: number): void {
    while (((this.length - start) & 3) !== 0) this.bytes[this.length++] = 0;
  }

  /** Ends a record: hands everything on when there is enough of it. */
  commit(): void {
    if (this.#sink !== null && this.length >= threshold) this.flush();
  }

  /** Hands everything on to the sink, if there is one. */
  flush(): void {
    if (this.#sink === null || this.length === 0) return;
    const length = this.length;
    this.length = 0;
    this.#sink(this.bytes.subarray(0, length));
  }

  /** Gives a copy of everything that has not been handed on, and forgets it. */
  take(): Uint8Array<ArrayBuffer> {
    const taken = this.bytes.slice(0, this.length);
    this.length = 0;
    return taken;
  }

  /** Hands on what is left and gives the memory back; nothing may be written afterwards. */
  close(): void {
    this.flush();
    release(this.#block);
    this.#block = { bytes: new Uint8Array(0), address: -1 };
    this.bytes = this.#block.bytes;
    this.length = 0;
  }
}
