/**
 * A reader of pcapng files (draft-ietf-opsawg-pcapng), in place. A program opened the file, so what
 * is wrong with it throws: a `SyntaxError` that names the byte, after all that came before it was read.
 *
 * @module
 */
import { BlockType, OptionCode, sectionMagic } from "./_pcapng_format.ts";
import { SourceNumbers } from "./_source.ts";
import { CaptureTime } from "./_time.ts";
import { type CaptureReader, Direction, maxPacketLength } from "./capture_format.ts";

/** The head of a section. */
export interface PcapngSection {
  /** Whether its numbers are written most significant byte first. */
  readonly bigEndian: boolean;
  /** The machine (`shb_hardware`); empty when not said. */
  readonly hardware: string;
  /** The operating system (`shb_os`); empty when not said. */
  readonly os: string;
  /** The program that captured (`shb_userappl`); empty when not said. */
  readonly application: string;
  /** Remarks. */
  readonly comments: readonly string[];
}

/** An interface of a section. */
export interface PcapngInterface {
  /** What packets begin with, see `LinkType`. */
  readonly linkType: number;
  /** How many bytes of each packet were kept; 0 for all. */
  readonly snapLength: number;
  /** Its name; empty when not said. */
  readonly name: string;
  /** What it is, in words; empty when not said. */
  readonly description: string;
  /** Its MAC address, 6 bytes, or `null`. */
  readonly hardwareAddress: Uint8Array | null;
  /** The capture filter in tcpdump's language; empty when not said. */
  readonly filter: string;
  /** The byte of `if_tsresol`: 9 is nanoseconds, 6 (the default) microseconds, 0x80 + n is 2^-n seconds. */
  readonly timeResolution: number;
  /** Seconds to be added to every timestamp (`if_tsoffset`). */
  readonly timeOffset: number;
}

/** An address with the names that the file gives it. */
export interface PcapngNameRecord {
  /** 4 bytes of IPv4 or 16 bytes of IPv6. */
  readonly address: Uint8Array;
  /** The names. */
  readonly names: readonly string[];
}

/** Counters of an interface; those the file does not say are `undefined`. */
export interface PcapngCounters {
  /** Which interface of the section. */
  readonly interfaceId: number;
  /** Packets received by the interface. */
  readonly received: number | undefined;
  /** Packets the interface lost. */
  readonly dropped: number | undefined;
}

const decoder = new TextDecoder();

/**
 * Reads the packets of a pcapng file one after another.
 *
 * @example
 * ```ts
 * import { PcapngReader, PcapngWriter } from "@octet/pcap";
 * import { assertEquals } from "@std/assert";
 *
 * const writer = new PcapngWriter();
 * writer.writePacket(writer.addInterface(), 1000.5, Uint8Array.of(1, 2, 3), 0, 3);
 * const reader = new PcapngReader(writer.take());
 * while (reader.next()) {
 *   assertEquals(reader.bytes.slice(reader.offset, reader.end), Uint8Array.of(1, 2, 3));
 *   assertEquals([reader.seconds, reader.nanoseconds], [1, 500_000]);
 * }
 * ```
 */
export class PcapngReader implements CaptureReader {
  /** The file. */
  readonly bytes: Uint8Array;
  /** Where the packet begins in `bytes`. */
  offset = 0;
  /** Where the packet ends in `bytes` (exclusive). */
  end = 0;
  /** How long the packet was on the wire, in bytes. */
  originalLength = 0;
  /** Which interface of the section it was seen on. */
  interfaceId = 0;
  /** Which way it went. */
  direction: Direction = Direction.Unknown;
  /** How many packets were lost since the one before, as far as the file says. */
  dropCount = 0;

  /** The section the packet stands in. */
  section: PcapngSection;
  /** The interfaces of the section so far. */
  interfaces: PcapngInterface[] = [];
  /** The names that have been met so far. */
  readonly names: PcapngNameRecord[] = [];
  /** The interface counters that have been met so far. */
  readonly statistics: PcapngCounters[] = [];

  readonly #time: CaptureTime = new CaptureTime();
  readonly #numbers: SourceNumbers;
  #at = 0;
  #options = 0;
  #optionsEnd = 0;

  /**
   * Reads the head of the first section.
   *
   * @param bytes The whole file. It is not copied.
   * @throws {SyntaxError} When the file does not begin with a section header.
   */
  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.#numbers = new SourceNumbers(bytes);
    if (bytes.length < 28 || this.#numbers.u32(0) !== BlockType.Section) {
      throw new SyntaxError(
        "Cannot read pcapng file as it does not begin with a section header block",
      );
    }
    this.section = this.#readSection(this.#blockEnd());
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

  /** What the packet's first bytes are, see `LinkType`. */
  get linkType(): number {
    return this.interfaces[this.interfaceId]?.linkType ?? 0;
  }

  /** The remarks on the packet. */
  get comments(): string[] {
    return this.#texts(OptionCode.Comment, this.#options, this.#optionsEnd);
  }

  /**
   * Moves on to the next packet; on the way it takes in sections, interfaces, names and statistics,
   * and skips blocks that it does not know.
   *
   * @returns Whether there is one.
   * @throws {SyntaxError} When a block is cut off or contradicts itself; what came before was good.
   */
  next(): boolean {
    while (this.#at < this.bytes.length) {
      if (this.#readBlock()) return true;
    }
    return false;
  }

  #fail(what: string): SyntaxError {
    return new SyntaxError(`Cannot read pcapng block at byte ${this.#at} as ${what}`);
  }

  /** Checks the lengths of the block at `#at`; gives where its body ends. */
  #blockEnd(): number {
    const numbers = this.#numbers;
    const at = this.#at;
    const left = this.bytes.length - at;
    if (left < 12) throw this.#fail(`the file ends ${left} bytes later`);
    if (numbers.u32(at) === BlockType.Section) this.#setByteOrder();
    const length = numbers.u32(at + 4);
    if (length < 12 || (length & 3) !== 0) throw this.#fail(`its length says ${length}`);
    if (length > left) throw this.#fail(`it says ${length} bytes and the file has ${left} left`);
    const again = numbers.u32(at + length - 4);
    if (again !== length) throw this.#fail(`its lengths contradict: ${length} and ${again}`);
    return at + length - 4;
  }

  /** A section header says by its magic in which order it was written; its type is a palindrome. */
  #setByteOrder(): void {
    this.#numbers.bigEndian = true;
    const magic = this.#numbers.u32(this.#at + 8);
    if (magic === sectionMagic) return;
    this.#numbers.bigEndian = false;
    if (this.#numbers.u32(this.#at + 8) !== sectionMagic) {
      throw this.#fail(`its byte-order magic is 0x${magic.toString(16)}`);
    }
  }

  /** Reads one block; gives whether it was a packet. */
  #readBlock(): boolean {
    const end = this.#blockEnd();
    let isPacket = false;
    switch (this.#numbers.u32(this.#at)) {
      case BlockType.Section:
        this.section = this.#readSection(end);
        return false;
      case BlockType.Interface:
        this.#readInterface(end);
        break;
      case BlockType.EnhancedPacket:
        this.#readPacket(end, 4);
        isPacket = true;
        break;
      case BlockType.Packet:
        this.#readPacket(end, 2);
        isPacket = true;
        break;
      case BlockType.SimplePacket:
        this.#readSimplePacket(end);
        isPacket = true;
        break;
      case BlockType.Names:
        this.#readNames(end);
        break;
      case BlockType.Statistics:
        this.#readStatistics(end);
        break;
      default:
        break;
    }
    this.#at = end + 4;
    return isPacket;
  }

  #need(end: number, length: number): number {
    const body = this.#at + 8;
    if (end - body < length) throw this.#fail(`its body of ${end - body} bytes is too short`);
    return body;
  }

  #readSection(end: number): PcapngSection {
    const body = this.#need(end, 16);
    const major = this.#numbers.u16(body + 4);
    if (major !== 1) throw this.#fail(`version ${major} is not known`);
    this.#checkOptions(body + 16, end);
    this.interfaces = [];
    const section = {
      bigEndian: this.#numbers.bigEndian,
      hardware: this.#text(OptionCode.SectionHardware, body + 16, end),
      os: this.#text(OptionCode.SectionOs, body + 16, end),
      application: this.#text(OptionCode.SectionApplication, body + 16, end),
      comments: this.#texts(OptionCode.Comment, body + 16, end),
    };
    this.#at = end + 4;
    return section;
  }

  #readInterface(end: number): void {
    const options = this.#need(end, 8) + 8;
    this.#checkOptions(options, end);
    const mac = this.#find(OptionCode.InterfaceMac, options, end, 6);
    const resolution = this.#find(OptionCode.InterfaceTimeResolution, options, end, 1);
    const offset = this.#find(OptionCode.InterfaceTimeOffset, options, end, 8);
    const filter = this.#text(OptionCode.InterfaceFilter, options, end);
    this.interfaces.push({
      linkType: this.#numbers.u16(options - 8),
      snapLength: this.#numbers.u32(options - 4),
      name: this.#text(OptionCode.InterfaceName, options, end),
      description: this.#text(OptionCode.InterfaceDescription, options, end),
      hardwareAddress: mac < 0 ? null : this.bytes.slice(mac, mac + 6),
      filter: filter.startsWith("\0") ? filter.slice(1) : "",
      timeResolution: resolution < 0 ? 6 : this.bytes[resolution]!,
      timeOffset: offset < 0 ? 0 : this.#numbers.i64(offset),
    });
  }

  /** An Enhanced Packet Block (§4.3), or the obsolete Packet Block with a 16-bit interface (appendix A). */
  #readPacket(end: number, interfaceWidth: 2 | 4): void {
    const body = this.#need(end, 20);
    const numbers = this.#numbers;
    const interfaceId = interfaceWidth === 4 ? numbers.u32(body) : numbers.u16(body);
    const found = this.interfaces[interfaceId];
    if (found === undefined) throw this.#fail(`it names interface ${interfaceId}, not described`);
    const kept = numbers.u32(body + 12);
    const offset = body + 20;
    if (kept > maxPacketLength || kept > end - offset) {
      throw this.#fail(`its packet of ${kept} bytes does not fit`);
    }
    const options = offset + ((kept + 3) & ~3);
    this.#checkOptions(options, end);
    this.interfaceId = interfaceId;
    this.offset = offset;
    this.end = offset + kept;
    this.originalLength = numbers.u32(body + 16);
    this.#options = options;
    this.#optionsEnd = end;
    this.#time.set(numbers.u32(body + 4), numbers.u32(body + 8), found.timeResolution);
    this.#time.seconds += found.timeOffset;
    const flags = this.#find(OptionCode.PacketFlags, options, end, 4);
    const direction = flags < 0 ? 0 : numbers.u32(flags) & 3;
    this.direction = direction === 3 ? Direction.Unknown : direction as Direction;
    const drops = this.#find(OptionCode.PacketDropCount, options, end, 8);
    this.dropCount = drops >= 0 ? numbers.u64(drops) : 0;
    if (interfaceWidth === 2) {
      const count = numbers.u16(body + 2);
      if (count !== 0xffff) this.dropCount = count;
    }
  }

  /** A Simple Packet Block (§4.4): of the first interface, without time, cut at its snap length. */
  #readSimplePacket(end: number): void {
    const body = this.#need(end, 4);
    const first = this.interfaces[0];
    if (first === undefined) throw this.#fail("it names interface 0, not described");
    const original = this.#numbers.u32(body);
    const limit = first.snapLength === 0 ? original : Math.min(original, first.snapLength);
    if (limit > end - body - 4) throw this.#fail(`its packet of ${limit} bytes does not fit`);
    this.interfaceId = 0;
    this.offset = body + 4;
    this.end = body + 4 + limit;
    this.originalLength = original;
    this.direction = Direction.Unknown;
    this.dropCount = 0;
    this.#options = end;
    this.#optionsEnd = end;
    this.#time.set(0, 0, 6);
  }

  /** Records have the form of options: 1 is IPv4, 2 is IPv6, 0 ends them (§4.5). */
  #readNames(end: number): void {
    const numbers = this.#numbers;
    let at = this.#at + 8;
    while (end - at >= 4) {
      const type = numbers.u16(at);
      const length = numbers.u16(at + 2);
      if (type === 0) return;
      if (length > end - at - 4) throw this.#fail(`a name record of ${length} bytes is cut off`);
      const width = type === 1 ? 4 : type === 2 ? 16 : 0;
      if (width > 0 && length > width) {
        const text = decoder.decode(this.bytes.subarray(at + 4 + width, at + 4 + length));
        this.names.push({
          address: this.bytes.slice(at + 4, at + 4 + width),
          names: text.split("\0").filter((name) => name !== ""),
        });
      }
      at += 4 + ((length + 3) & ~3);
    }
  }

  #readStatistics(end: number): void {
    const body = this.#need(end, 12);
    const options = body + 12;
    this.#checkOptions(options, end);
    const received = this.#find(OptionCode.StatisticsReceived, options, end, 8);
    const dropped = this.#find(OptionCode.StatisticsDropped, options, end, 8);
    this.statistics.push({
      interfaceId: this.#numbers.u32(body),
      received: received < 0 ? undefined : this.#numbers.u64(received),
      dropped: dropped < 0 ? undefined : this.#numbers.u64(dropped),
    });
  }

  /** After this, walking the options stays inside the block. */
  #checkOptions(at: number, end: number): void {
    while (end - at >= 4) {
      if (this.#numbers.u16(at) === OptionCode.End) return;
      const length = this.#numbers.u16(at + 2);
      at += 4 + ((length + 3) & ~3);
      if (at > end) throw this.#fail(`an option of ${length} bytes is cut off`);
    }
  }

  /** Where the value of the first option `code` begins, or -1 when there is none of at least `length` bytes. */
  #find(code: number, at: number, end: number, length: number): number {
    while (end - at >= 4) {
      const found = this.#numbers.u16(at);
      if (found === OptionCode.End) return -1;
      const has = this.#numbers.u16(at + 2);
      if (found === code && has >= length) return at + 4;
      at += 4 + ((has + 3) & ~3);
    }
    return -1;
  }

  #text(code: number, at: number, end: number): string {
    const value = this.#find(code, at, end, 0);
    if (value < 0) return "";
    const length = this.#numbers.u16(value - 2);
    return decoder.decode(this.bytes.subarray(value, value + length));
  }

  #texts(code: number, at: number, end: number): string[] {
    const texts: string[] = [];
    for (;;) {
      const value = this.#find(code, at, end, 0);
      if (value < 0) return texts;
      const length = this.#numbers.u16(value - 2);
      texts.push(decoder.decode(this.bytes.subarray(value, value + length)));
      at = value + ((length + 3) & ~3);
    }
  }
}
