/**
 * Packet and socket memory: one slab, reserved once, that hands out blocks. The slab is a
 * `WebAssembly.Memory` where there is one with SIMD, so that sums and copies run in place as
 * compiled code; elsewhere blocks come from the JavaScript heap, and JavaScript does the same job.
 *
 * The slab is never grown, as growing a `WebAssembly.Memory` detaches every view of it. What it
 * cannot hold comes from the JavaScript heap instead: slower to sum, and otherwise the same.
 *
 * @module
 */
import { slabWasm } from "./slab_wasm.ts";

/** A piece of memory. */
export interface Block {
  /** The bytes; their length is the block's capacity. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Where the block begins in the slab, -1 when it lies outside. */
  readonly address: number;
}

/** A block, and where it stands while nobody has it: linked, as an array takes twice the time of both ends. */
class SlabBlock implements Block {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly address: number;
  /** Its capacity as a power of two. */
  readonly shift: number;
  next: SlabBlock | null = null;

  constructor(bytes: Uint8Array<ArrayBuffer>, address: number, shift: number) {
    this.bytes = bytes;
    this.address = address;
    this.shift = shift;
  }
}

interface SlabCode {
  sum(at: number, length: number, initial: number): number;
  copy(to: number, from: number, length: number): void;
}

const reserved = 256 * 1024 * 1024;
const pageSize = 65_536;
const smallestShift = 8;
const largestShift = 24;
/** One more than the largest shift; a literal, so that bundlers see that the lists below have no side effect. */
const shiftCount = 25;

function compile(memory: WebAssembly.Memory): SlabCode | null {
  const binary = Uint8Array.from(atob(slabWasm), (char) => char.charCodeAt(0));
  if (!WebAssembly.validate(binary)) return null;
  const instance = new WebAssembly.Instance(new WebAssembly.Module(binary), { octet: { memory } });
  return instance.exports as unknown as SlabCode;
}

function reserve(): { buffer: ArrayBuffer; code: SlabCode | null } {
  try {
    const memory = new WebAssembly.Memory({
      initial: reserved / pageSize,
      maximum: reserved / pageSize,
    });
    const code = compile(memory);
    if (code !== null) return { buffer: memory.buffer as ArrayBuffer, code };
  } catch (error) {
    // No room for the reservation, a policy against compiling, or no WebAssembly at all (a
    // ReferenceError): the heap serves.
    if (!isRefusal(error)) throw error;
  }
  return { buffer: new ArrayBuffer(0), code: null };
}

function isRefusal(error: unknown): boolean {
  return error instanceof RangeError || error instanceof ReferenceError ||
    error instanceof WebAssembly.CompileError;
}

let slab: { readonly buffer: ArrayBuffer; readonly code: SlabCode | null } | null = null;
let unused = 0;
/** The first of those that nobody has, by shift. */
const free: (SlabBlock | null)[] = /* @__PURE__ */ Array.from({ length: shiftCount }, () => null);

/**
 * Takes a block of at least `size` bytes. Its content is undefined: what was there before shows.
 *
 * @example
 * ```ts
 * import { allocate, release } from "@octet/wire";
 * import { assert } from "@std/assert";
 *
 * const block = allocate(1500);
 * assert(block.bytes.length >= 1500);
 * release(block);
 * ```
 *
 * @param size In bytes.
 * @returns A block whose capacity is the next power of two, at least 256 bytes; above 16 MiB just `size`.
 */
export function allocate(size: number): Block {
  slab ??= reserve();
  const shift = size <= 1 << smallestShift ? smallestShift : 32 - Math.clz32(size - 1);
  if (shift > largestShift) return new SlabBlock(new Uint8Array(size), -1, shift);
  const reused = free[shift]!;
  if (reused !== null) {
    free[shift] = reused.next;
    return reused;
  }
  const capacity = 1 << shift;
  if (unused + capacity > slab.buffer.byteLength) {
    return new SlabBlock(new Uint8Array(capacity), -1, shift);
  }
  const address = unused;
  unused += capacity;
  return new SlabBlock(new Uint8Array(slab.buffer, address, capacity), address, shift);
}

/**
 * Gives a block back. The caller must not touch it afterwards, nor give it back twice.
 *
 * @param block What {@linkcode allocate} gave.
 */
export function release(block: Block): void {
  if (block.address < 0) return;
  const returned = block as SlabBlock;
  returned.next = free[returned.shift]!;
  free[returned.shift] = returned;
}

/**
 * Whether blocks of this process are summed and copied by compiled code.
 *
 * @returns `false` where WebAssembly or its SIMD is missing.
 */
export function isAccelerated(): boolean {
  release(allocate(1));
  return slab!.code !== null;
}

/**
 * One's complement sum over slab memory.
 *
 * @param address Where the bytes begin in the slab.
 * @param length How many, at most 1 MiB.
 * @param initial A partial sum to add to.
 * @returns The sum, folded to 16 bits, network byte order.
 */
export function sumSlab(address: number, length: number, initial: number): number {
  return slab!.code!.sum(address, length, initial);
}

/** Up to this many bytes a loop is faster than a call of the slab's code. */
const callLimit = 8;
/** Up to this many bytes a loop is faster than `set` of a `subarray`. */
const loopLimit = 32;

/**
 * Copies bytes between blocks without allocating; the ranges may overlap when both lie in the slab, or are of
 * one view.
 *
 * @param from The bytes to read.
 * @param fromAddress Where `from` begins in the slab, -1 when outside.
 * @param fromOffset Where in `from` to begin.
 * @param to The bytes to write.
 * @param toAddress Where `to` begins in the slab, -1 when outside.
 * @param toOffset Where in `to` to begin.
 * @param length How many bytes.
 */
export function copyBytes(
  from: Uint8Array,
  fromAddress: number,
  fromOffset: number,
  to: Uint8Array,
  toAddress: number,
  toOffset: number,
  length: number,
): void {
  if (fromAddress >= 0 && toAddress >= 0 && length > callLimit) {
    slab!.code!.copy(toAddress + toOffset, fromAddress + fromOffset, length);
  } else if (length <= loopLimit) {
    if (toAddress + toOffset <= fromAddress + fromOffset) {
      for (let i = 0; i < length; i++) to[toOffset + i] = from[fromOffset + i]!;
    } else {
      for (let i = length - 1; i >= 0; i--) to[toOffset + i] = from[fromOffset + i]!;
    }
  } else if (fromOffset === 0 && length === from.length) {
    to.set(from, toOffset);
  } else {
    to.set(from.subarray(fromOffset, fromOffset + length), toOffset);
  }
}
