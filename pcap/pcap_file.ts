/**
 * Classic pcap files (draft-ietf-opsawg-pcap): both byte orders, microseconds and nanoseconds. As
 * with pcapng, what is wrong with a file throws a `SyntaxError`.
 *
 * @module
 */
import { Output } from "./_output.ts";
import { SourceNumbers } from "./_source.ts";
import { CaptureTime, checkTime, nanosecondsOf } from "./_time.ts";
import {
  type CaptureReader,
  type CaptureSink,
  Direction,
  LinkType,
  maxPacketLength,
} from "./capture_format.ts";

const microsecondMagic = 0xa1b2c3d4;
const nanosecondMagic = 0xa1b23c4d;

/** What the head of a pcap file says. */
export interface PcapFileOptions {
  /** What to do with the bytes; without it they are kept until {@linkcode PcapFileWriter.take}. */
  sink?: CaptureSink;
  /** What packets begin with; {@linkcode LinkType}'s Ethernet when left out. */
  linkType?: number;
  /** How many bytes of each packet are kept; 262,144 when left out. */
  snapLength?: number;
  /** Whether timestamps are in nanoseconds, as all readers of this century understand; `true` when left out. */
  nanoseconds?: boolean;
  /** Whether numbers are written most significant byte first. */
  bigEndian?: boolean;
}

/**
 * Writes a classic pcap file: one link type, no directions, no remarks, understood everywhere.
 *
 * @example
 * ```ts
 * import { PcapFileReader, PcapFileWriter } from "@octet/pcap";
 * import { assertEquals } from "@std/assert";
 *
 * const writer = new PcapFileWriter();
 * writer.writePacket(1000.5, Uint8Array.of(1, 2, 3), 0, 3);
 * const reader = new PcapFileReader(writer.take());
 * assertEquals(reader.next(), true);
 * assertEquals(reader.time, 1000.5);
 * assertEquals(reader.next(), false);
 * ```
 */
export class PcapFileWriter {
  readonly #output: Output;
  readonly #snapLength: number;
  readonly #nanoseconds: boolean;

  /**
   * Writes the head of the file.
   *
   * @param options What it says, and where the bytes go.
   * @throws {RangeError} When a number does not fit its field.
   */
  constructor(options: PcapFileOptions = {}) {
    const linkType = options.linkType ?? LinkType.Ethernet;
    const snapLength = options.snapLength ?? maxPacketLength;
    if (!Number.isInteger(linkType) || linkType < 0 || linkType > 0xffff) {
      throw new RangeError(`Cannot write pcap file as the link type ${linkType} is not of 16 bits`);
    }
    if (!Number.isInteger(snapLength) || snapLength < 1 || snapLength > 0x7fff_ffff) {
      throw new RangeError(
        `Cannot write pcap file as the snap length ${snapLength} is not from 1 to 2147483647`,
      );
    }
    this.#snapLength = Math.min(snapLength, maxPacketLength);
    this.#nanoseconds = options.nanoseconds ?? true;
    const output = new Output(options.sink ?? null, options.bigEndian ?? false);
    output.u32(this.#nanoseconds ? nanosecondMagic : microsecondMagic);
    output.u16(2);
    output.u16(4);
    output.u32(0);
    output.u32(0);
    output.u32(snapLength);
    output.u32(linkType);
    this.#output = output;
  }

  /** How many bytes wait to be taken or to be handed to the sink. */
  get pending(): number {
    return this.#output.length;
  }

  /**
   * Writes a packet.
   *
   * @param time When it was seen: milliseconds since 1970, fractions allowed.
   * @param bytes The buffer.
   * @param offset Where the packet begins.
   * @param end Where it ends (exclusive).
   * @param address Where `bytes` begins in packet memory, -1 when outside (`packet.address`).
   * @throws {RangeError} When the time is before 1970 or after 2106, or the range is none of `bytes`.
   */
  writePacket(
    time: number,
    bytes: Uint8Array,
    offset: number,
    end: number,
    address: number = -1,
  ): void {
    checkTime(time);
    const seconds = Math.floor(time / 1000);
    if (seconds > 0xffff_ffff) {
      throw new RangeError(`Cannot write packet as the time ${time} is after 2106`);
    }
    if (!(offset >= 0 && end >= offset && end <= bytes.length)) {
      throw new RangeError(
        `Cannot write packet as ${offset} to ${end} is no range of ${bytes.length} bytes`,
      );
    }
    const kept = Math.min(end - offset, this.#snapLength);
    const output = this.#output;
    output.reserve(16 + kept);
    output.u32(seconds);
    const nanoseconds = nanosecondsOf(time);
    output.u32(this.#nanoseconds ? nanoseconds : Math.floor(nanoseconds / 1000));
    output.u32(kept);
    output.u32(end - offset);
    output.copy(bytes, address, offset, kept);
    output.commit();
  }

  /** Hands everything written so far to the sink; does nothing where there is none. */
  flush(): void {
    this.#output.flush();
  }

  /** Gives a copy of everything written and not handed on yet, and forgets it. */
  take(): Uint8Array<ArrayBuffer> {
    return this.#output.take();
  }

  /** Hands what is left to the sink and gives the buffer back; the writer must not be used afterwards. */
  close(): void {
    this.#output.close();
  }
}

/**
 * Reads the packets of a classic pcap file one after another.
 *
 * @example
 * ```ts
 * import { PcapFileReader } from "@octet/pcap";
 * import { assertThrows } from "@std/assert";
 *
 * assertThrows(() => new PcapFileReader(new Uint8Array(24)), SyntaxError);
 * ```
 */
export class PcapFileReader implements CaptureReader {
  /** The file. */
  readonly bytes: Uint8Array;
  /** What packets begin with, see `LinkType`. */
  readonly linkType: number;
  /** How many bytes of each packet were kept, as the head of the file says. */
  readonly snapLength: number;
  /** Where the packet begins in `bytes`. */
  offset = 0;
  /** Where the packet ends in `bytes` (exclusive). */
  end = 0;
  /** How long the packet was on the wire, in bytes. */
  originalLength = 0;
  /** Always 0: the format knows one interface. */
  readonly interfaceId = 0;
  /** Always unknown: the format does not say. */
  readonly direction: Direction = Direction.Unknown;

  readonly #numbers: SourceNumbers;
  readonly #time: CaptureTime = new CaptureTime();
  readonly #resolution: number;
  #at = 24;

  /**
   * Reads the head of the file.
   *
   * @param bytes The whole file. It is not copied.
   * @throws {SyntaxError} When the magic or the version is not known.
   */
  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    const numbers = new SourceNumbers(bytes);
    this.#numbers = numbers;
    if (bytes.length < 24) {
      throw new SyntaxError(`Cannot read pcap file as it has ${bytes.length} bytes, fewer than 24`);
    }
    numbers.bigEndian = bytes[0] === 0xa1;
    const magic = numbers.u32(0);
    if (magic !== microsecondMagic && magic !== nanosecondMagic) {
      throw new SyntaxError(`Cannot read pcap file as its magic is 0x${magic.toString(16)}`);
    }
    const major = numbers.u16(4);
    const minor = numbers.u16(6);
    if (major !== 2 || minor < 3) {
      throw new SyntaxError(`Cannot read pcap file as version ${major}.${minor} is not known`);
    }
    this.#resolution = magic === nanosecondMagic ? 1 : 1000;
    this.snapLength = numbers.u32(16);
    // The upper bits tell of a frame check sequence.
    this.linkType = numbers.u32(20) & 0xffff;
  }

  /** When the packet was captured: milliseconds since 1970 with fractions, exact to about 0.25 µs. */
  get time(): number {
    return this.#time.milliseconds;
  }

  /** The whole seconds of the time. */
  get seconds(): number {
    return this.#time.seconds;
  }

  /** The rest of the time, in nanoseconds. */
  get nanoseconds(): number {
    return this.#time.nanoseconds;
  }

  /**
   * Moves on to the next packet.
   *
   * @returns Whether there is one.
   * @throws {SyntaxError} When a record is cut off or its length cannot be; what came before was good.
   */
  next(): boolean {
    const at = this.#at;
    const left = this.bytes.length - at;
    if (left === 0) return false;
    if (left < 16) throw this.#fail(`the file ends ${left} bytes later`);
    const numbers = this.#numbers;
    const kept = numbers.u32(at + 8);
    if (kept > maxPacketLength) throw this.#fail(`a packet of ${kept} bytes cannot be`);
    if (kept > left - 16) {
      throw this.#fail(`its packet of ${kept} bytes is cut off after ${left - 16}`);
    }
    const fraction = numbers.u32(at + 4) * this.#resolution;
    if (fraction > 999_999_999) throw this.#fail("its time has more than a second of fractions");
    this.#time.seconds = numbers.u32(at);
    this.#time.nanoseconds = fraction;
    this.offset = at + 16;
    this.end = at + 16 + kept;
    this.originalLength = numbers.u32(at + 12);
    this.#at = this.end;
    return true;
  }

  #fail(what: string): SyntaxError {
    return new SyntaxError(`Cannot read pcap record at byte ${this.#at} as ${what}`);
  }
}
