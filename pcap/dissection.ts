/**
 * A packet taken apart: which layers it has, and where each of their fields lies. Kept in typed
 * arrays that are used again for the next packet, so that taking apart allocates nothing. Of a
 * header with a fixed form only its place is noted; its fields are laid out when somebody asks.
 *
 * @module
 */
import { Verdict } from "@octet/wire";
import { fixedCount, fixedOffset, fixedShape, fixedStart, type Protocol } from "./field_table.ts";

/** How many layers are kept. */
export const maxLayers = 24;

/** How many fields are kept. */
export const maxFields = 1024;

/** The layers and fields of one packet. Offsets of fields are in bits from the packet's first. */
export class Dissection {
  /** The buffer that holds the packet. */
  bytes: Uint8Array = new Uint8Array(0);
  /** Where the packet begins. */
  offset = 0;
  /** Where it ends (exclusive). */
  end = 0;
  /** The first thing that was wrong, or Ok. */
  verdict: Verdict = Verdict.Ok;
  /** Whether the packet has more layers or fields than are kept. */
  isCut = false;

  /** How many layers there are. */
  layerCount = 0;
  /** For each layer, one of `Protocol`. */
  readonly layerProtocols: Uint8Array = new Uint8Array(maxLayers);
  /** For each layer, where it begins, in bytes from the packet's first. */
  readonly layerOffsets: Int32Array = new Int32Array(maxLayers);
  /** For each layer, how many bytes it takes: the header, or for an application's layer all of it. */
  readonly layerLengths: Int32Array = new Int32Array(maxLayers);
  /** For each layer, what was wrong with it. */
  readonly layerVerdicts: Uint8Array = new Uint8Array(maxLayers);
  /** For each layer, the index of its first field; its fields end where the next layer's begin. */
  readonly layerFields: Uint16Array = new Uint16Array(maxLayers + 1);
  /** For each layer, how many fields its fixed header has; those come first. */
  readonly layerFixed: Uint8Array = new Uint8Array(maxLayers);

  /** How many fields there are. */
  fieldCount = 0;
  /** The id in the low ten bits, the length in bits above them. */
  readonly #shapes: Int32Array = new Int32Array(maxFields);
  /** Where the field begins, in bits from the packet's first. */
  readonly #offsets: Int32Array = new Int32Array(maxFields);
  /** Of how many layers the fixed header's fields have been laid out. */
  #laidOut = 0;

  /** Forgets what was there and aims at a packet. */
  reset(bytes: Uint8Array, offset: number, end: number): void {
    this.bytes = bytes;
    this.offset = offset;
    this.end = end;
    this.verdict = Verdict.Ok;
    this.isCut = false;
    this.layerCount = 0;
    this.fieldCount = 0;
    this.layerFields[0] = 0;
    this.#laidOut = 0;
  }

  /**
   * Adds a layer.
   *
   * @param protocol What it is.
   * @param offset Where it begins in `bytes`.
   * @param length How many bytes it takes.
   */
  addLayer(protocol: Protocol, offset: number, length: number): void {
    const index = this.layerCount;
    if (index === maxLayers) {
      this.isCut = true;
      return;
    }
    this.layerProtocols[index] = protocol;
    this.layerOffsets[index] = offset - this.offset;
    this.layerLengths[index] = length;
    this.layerVerdicts[index] = Verdict.Ok;
    this.layerFixed[index] = 0;
    this.layerCount = index + 1;
    this.layerFields[index + 1] = this.fieldCount;
  }

  /**
   * Adds the layer of a fixed header with all its fields.
   *
   * @param protocol What it is.
   * @param offset Where it begins in `bytes`.
   * @param length How many bytes it takes.
   */
  addHeader(protocol: Protocol, offset: number, length: number): void {
    this.addLayer(protocol, offset, length);
    const count = fixedCount[protocol]!;
    const after = this.fieldCount + count;
    if (this.isCut || after > maxFields) {
      this.isCut = true;
      return;
    }
    const layer = this.layerCount;
    this.layerFixed[layer - 1] = count;
    this.layerFields[layer] = after;
    this.fieldCount = after;
  }

  /**
   * Adds a field of whole bytes to the last layer.
   *
   * @param id Its id in the field table.
   * @param offset Where it begins in `bytes`.
   * @param length How many bytes it takes.
   */
  addField(id: number, offset: number, length: number): void {
    const at = this.fieldCount;
    if (this.isCut || at === maxFields) {
      this.isCut = true;
      return;
    }
    this.#shapes[at] = id | length << 13;
    this.#offsets[at] = (offset - this.offset) * 8;
    this.fieldCount = at + 1;
    this.layerFields[this.layerCount] = at + 1;
  }

  /** Records what is wrong with the last layer. */
  fail(verdict: Verdict): void {
    if (this.verdict === Verdict.Ok) this.verdict = verdict;
    if (this.layerCount > 0) this.layerVerdicts[this.layerCount - 1] = verdict;
  }

  /**
   * Finds a field.
   *
   * @param id Its id in the field table.
   * @param from The index to begin at, to find the next of several.
   * @returns Its index, or -1.
   */
  find(id: number, from: number = 0): number {
    for (let i = from; i < this.fieldCount; i++) if (this.fieldId(i) === id) return i;
    return -1;
  }

  /** The id of a field in the field table. */
  fieldId(index: number): number {
    if (this.#laidOut < this.layerCount) this.#layOut();
    return this.#shapes[index]! & 0x3ff;
  }

  /** Where a field begins, in bits from the packet's first. */
  fieldOffset(index: number): number {
    if (this.#laidOut < this.layerCount) this.#layOut();
    return this.#offsets[index]!;
  }

  /** The length of a field in bits. */
  fieldLength(index: number): number {
    if (this.#laidOut < this.layerCount) this.#layOut();
    return this.#shapes[index]! >>> 10;
  }

  /**
   * The value of a field of up to 32 bits.
   *
   * @param index Its index, not its id.
   * @returns A number in host order; of a longer field its first 32 bits.
   */
  number(index: number): number {
    return readBits(
      this.bytes,
      this.offset * 8 + this.fieldOffset(index),
      Math.min(this.fieldLength(index), 32),
    );
  }

  #layOut(): void {
    for (; this.#laidOut < this.layerCount; this.#laidOut++) {
      const layer = this.#laidOut;
      const base = this.layerOffsets[layer]! * 8;
      let id = fixedStart[this.layerProtocols[layer]!]!;
      let at = this.layerFields[layer]!;
      for (const stop = id + this.layerFixed[layer]!; id < stop; id++, at++) {
        this.#shapes[at] = fixedShape[id]!;
        this.#offsets[at] = base + fixedOffset[id]!;
      }
    }
  }
}

/**
 * Reads up to 32 bits that begin at any bit.
 *
 * @example
 * ```ts
 * import { readBits } from "@octet/pcap";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(readBits(Uint8Array.of(0x6a, 0xb0), 4, 8), 0xab);
 * ```
 *
 * @param bytes The buffer.
 * @param offset The first bit; bit 0 is the highest of the first byte.
 * @param length How many, 0 to 32.
 */
export function readBits(bytes: Uint8Array, offset: number, length: number): number {
  let at = Math.floor(offset / 8);
  const skip = offset - at * 8;
  const last = skip + length;
  let value = bytes[at]! & (0xff >>> skip);
  let have = 8;
  for (; have + 8 <= last; have += 8) value = value * 256 + bytes[++at]!;
  if (have < last) {
    const rest = last - have;
    return value * 2 ** rest + (bytes[at + 1]! >>> (8 - rest));
  }
  return have === last ? value : value >>> (have - last);
}
