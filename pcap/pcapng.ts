/**
 * A writer of pcapng files (draft-ietf-opsawg-pcapng). It knows no file: bytes go into a buffer
 * that grows, or to a sink.
 *
 * @module
 */
import { writeU32 } from "@octet/wire";
import { Output } from "./_output.ts";
import { BlockType, OptionCode, sectionMagic } from "./_pcapng_format.ts";
import { encodeText, OptionList, writeTime } from "./_pcapng_options.ts";
import { checkTime } from "./_time.ts";
import { type CaptureSink, type Direction, LinkType, maxPacketLength } from "./capture_format.ts";

/** What the head of a section says about the capture. */
export interface PcapngSectionOptions {
  /** What to do with the bytes; without it they are kept until {@linkcode PcapngWriter.take}. */
  sink?: CaptureSink;
  /** The machine, for `shb_hardware`. */
  hardware?: string;
  /** The operating system, for `shb_os`. */
  os?: string;
  /** The program that captured, for `shb_userappl`. */
  application?: string;
  /** A remark on the whole capture. */
  comment?: string;
  /** Whether numbers are written most significant byte first; readers take both. */
  bigEndian?: boolean;
}

/** What is said about an interface. */
export interface PcapngInterfaceOptions {
  /** What packets begin with; {@linkcode LinkType}'s Ethernet when left out. */
  linkType?: number;
  /** How many bytes of each packet are kept; 0, the default, keeps all (up to 262,144). */
  snapLength?: number;
  /** Its name, such as `tap0`. */
  name?: string;
  /** What it is, in words. */
  description?: string;
  /** Its MAC address, 6 bytes. */
  hardwareAddress?: Uint8Array;
  /** Its IPv4 address and mask, host order. */
  ipv4Address?: { readonly address: number; readonly mask: number };
  /** Its speed in bits per second. */
  speed?: number;
  /** The capture filter, in tcpdump's language. */
  filter?: string;
  /** The operating system of the machine it is in. */
  os?: string;
  /** A remark. */
  comment?: string;
}

/** What may be said about a packet beside its bytes. */
export interface PcapngPacketOptions {
  /** Which way it went. */
  direction?: Direction;
  /** How long it was on the wire, where that is more than the bytes given. */
  originalLength?: number;
  /** How many packets the interface lost since the one before. */
  dropCount?: number;
  /** A remark; shown by Wireshark as "Packet comments". */
  comment?: string;
}

/** Counters of an interface, for the Interface Statistics Block. */
export interface PcapngStatistics {
  /** When the capture began, in milliseconds since 1970. */
  startTime?: number;
  /** When it ended, in milliseconds since 1970. */
  endTime?: number;
  /** Packets received by the interface. */
  received?: number;
  /** Packets the interface lost. */
  dropped?: number;
  /** Packets the filter let through. */
  accepted?: number;
  /** Packets the operating system lost. */
  systemDropped?: number;
  /** Packets handed to the program. */
  delivered?: number;
  /** A remark. */
  comment?: string;
}

/** An address and the names it goes by. */
export interface PcapngName {
  /** 4 bytes of IPv4 or 16 bytes of IPv6. */
  readonly address: Uint8Array;
  /** At least one name. */
  readonly names: readonly string[];
}

const nanosecondResolution = Uint8Array.of(9);

/** Type, two lengths and the options of a packet written without any but its direction. */
const packetOverhead = 12 + 20 + 3 + 12;

/**
 * Writes a pcapng file, one section with any number of interfaces, timestamps in nanoseconds.
 *
 * @example
 * ```ts
 * import { Direction, PcapngReader, PcapngWriter } from "@octet/pcap";
 * import { assertEquals } from "@std/assert";
 *
 * const writer = new PcapngWriter({ application: "example" });
 * const tap = writer.addInterface({ name: "tap0" });
 * writer.writePacket(tap, 1_700_000_000_000, new Uint8Array(60), 0, 60, Direction.Out);
 *
 * const reader = new PcapngReader(writer.take());
 * assertEquals(reader.next(), true);
 * assertEquals(reader.time, 1_700_000_000_000);
 * assertEquals(reader.direction, Direction.Out);
 * assertEquals(reader.interfaces[0]!.name, "tap0");
 * ```
 */
export class PcapngWriter {
  readonly #output: Output;
  readonly #snapLengths: number[] = [];
  #start = 0;

  /**
   * Writes the section header.
   *
   * @param options What it says, and where the bytes go.
   * @throws {RangeError} When a text is longer than 65,535 bytes.
   */
  constructor(options: PcapngSectionOptions = {}) {
    const list = new OptionList();
    list.text(OptionCode.Comment, options.comment);
    list.text(OptionCode.SectionHardware, options.hardware);
    list.text(OptionCode.SectionOs, options.os);
    list.text(OptionCode.SectionApplication, options.application);
    this.#output = new Output(options.sink ?? null, options.bigEndian ?? false);
    this.#begin(BlockType.Section, 16 + list.length);
    const output = this.#output;
    output.u32(sectionMagic);
    output.u16(1);
    output.u16(0);
    // A section length of -1: not known (§4.1).
    output.u32(-1);
    output.u32(-1);
    list.write(output);
    this.#finish();
  }

  /** How many interfaces have been added. */
  get interfaceCount(): number {
    return this.#snapLengths.length;
  }

  /** How many bytes wait to be taken or to be handed to the sink. */
  get pending(): number {
    return this.#output.length;
  }

  /**
   * Describes an interface; packets refer to it by the number returned.
   *
   * @param options What is known about it.
   * @returns Its index, from 0.
   * @throws {RangeError} When a number is out of its field's range or a text too long.
   * @throws {TypeError} When `hardwareAddress` is not 6 bytes long.
   */
  addInterface(options: PcapngInterfaceOptions = {}): number {
    const linkType = options.linkType ?? LinkType.Ethernet;
    const snapLength = options.snapLength ?? 0;
    if (!Number.isInteger(linkType) || linkType < 0 || linkType > 0xffff) {
      throw new RangeError(`Cannot add interface as the link type ${linkType} is not of 16 bits`);
    }
    if (!Number.isInteger(snapLength) || snapLength < 0 || snapLength > 0xffff_ffff) {
      throw new RangeError(
        `Cannot add interface as the snap length ${snapLength} is not of 32 bits`,
      );
    }
    const hardwareAddress = options.hardwareAddress;
    if (hardwareAddress !== undefined && hardwareAddress.length !== 6) {
      throw new TypeError(
        `Cannot add interface as its hardware address has ${hardwareAddress.length} bytes, not 6`,
      );
    }
    const list = new OptionList();
    list.text(OptionCode.Comment, options.comment);
    list.text(OptionCode.InterfaceName, options.name);
    list.text(OptionCode.InterfaceDescription, options.description);
    if (options.ipv4Address !== undefined) {
      // Addresses stand as on the wire, whatever the byte order of the section (§4.2).
      const data = new Uint8Array(8);
      writeU32(data, 0, options.ipv4Address.address);
      writeU32(data, 4, options.ipv4Address.mask);
      list.data(OptionCode.InterfaceIpv4, data);
    }
    if (hardwareAddress !== undefined) list.data(OptionCode.InterfaceMac, hardwareAddress);
    list.count(OptionCode.InterfaceSpeed, options.speed);
    list.data(OptionCode.InterfaceTimeResolution, nanosecondResolution);
    if (options.filter !== undefined) {
      // A first byte of 0 says that the filter follows as text (§4.2).
      list.text(OptionCode.InterfaceFilter, `\0${options.filter}`);
    }
    list.text(OptionCode.InterfaceOs, options.os);
    this.#begin(BlockType.Interface, 8 + list.length);
    const output = this.#output;
    output.u16(linkType);
    output.u16(0);
    output.u32(snapLength);
    list.write(output);
    this.#finish();
    return this.#snapLengths.push(
      snapLength === 0 ? maxPacketLength : Math.min(snapLength, maxPacketLength),
    ) - 1;
  }

  /**
   * Writes a packet. Nothing is allocated while the buffer is large enough and both it and the
   * packet lie in packet memory.
   *
   * @param interfaceId What {@linkcode PcapngWriter.addInterface} gave.
   * @param time When it was seen: milliseconds since 1970, fractions allowed.
   * @param bytes The buffer.
   * @param offset Where the packet begins.
   * @param end Where it ends (exclusive).
   * @param direction Which way it went.
   * @param address Where `bytes` begins in packet memory, -1 when outside (`packet.address`).
   * @throws {RangeError} When there is no such interface, the time is before 1970, or the range is none.
   */
  writePacket(
    interfaceId: number,
    time: number,
    bytes: Uint8Array,
    offset: number,
    end: number,
    direction: Direction = 0,
    address: number = -1,
  ): void {
    this.#checkPacket(interfaceId, time, bytes, offset, end);
    const output = this.#output;
    this.#begin(BlockType.EnhancedPacket, packetOverhead + end - offset);
    this.#body(interfaceId, time, bytes, offset, end, end - offset, address);
    if (direction !== 0) {
      output.u16(OptionCode.PacketFlags);
      output.u16(4);
      output.u32(direction);
      output.u32(0);
    }
    this.#finish();
  }

  /**
   * Writes a packet with everything that can be said about it.
   *
   * @param interfaceId What {@linkcode PcapngWriter.addInterface} gave.
   * @param time When it was seen: milliseconds since 1970, fractions allowed.
   * @param packet Its bytes.
   * @param options What else is known.
   * @throws {RangeError} When there is no such interface, the time is before 1970, a number is out of range,
   *     or the comment too long.
   */
  writePacketWith(
    interfaceId: number,
    time: number,
    packet: Uint8Array,
    options: PcapngPacketOptions = {},
  ): void {
    const length = packet.length;
    const original = options.originalLength ?? length;
    if (!Number.isInteger(original) || original < length || original > 0xffff_ffff) {
      throw new RangeError(
        `Cannot write packet as its original length ${original} is not from ${length} to 4294967295`,
      );
    }
    const list = new OptionList();
    list.text(OptionCode.Comment, options.comment);
    if (options.direction !== undefined) list.u32(OptionCode.PacketFlags, options.direction);
    list.count(OptionCode.PacketDropCount, options.dropCount);
    this.#checkPacket(interfaceId, time, packet, 0, length);
    this.#begin(BlockType.EnhancedPacket, packetOverhead + length + list.length);
    this.#body(interfaceId, time, packet, 0, length, original, -1);
    list.write(this.#output);
    this.#finish();
  }

  /**
   * Writes the counters of an interface, usually at the end of a capture.
   *
   * @param interfaceId What {@linkcode PcapngWriter.addInterface} gave.
   * @param time When they were read: milliseconds since 1970, fractions allowed.
   * @param statistics The counters.
   * @throws {RangeError} When there is no such interface or a counter is not a non-negative safe integer.
   */
  writeStatistics(interfaceId: number, time: number, statistics: PcapngStatistics = {}): void {
    this.#checkInterface(interfaceId);
    checkTime(time);
    if (statistics.startTime !== undefined) checkTime(statistics.startTime);
    if (statistics.endTime !== undefined) checkTime(statistics.endTime);
    const list = new OptionList();
    list.text(OptionCode.Comment, statistics.comment);
    list.time(OptionCode.StatisticsStart, statistics.startTime);
    list.time(OptionCode.StatisticsEnd, statistics.endTime);
    list.count(OptionCode.StatisticsReceived, statistics.received);
    list.count(OptionCode.StatisticsDropped, statistics.dropped);
    list.count(OptionCode.StatisticsAccepted, statistics.accepted);
    list.count(OptionCode.StatisticsSystemDropped, statistics.systemDropped);
    list.count(OptionCode.StatisticsDelivered, statistics.delivered);
    this.#begin(BlockType.Statistics, 12 + list.length);
    this.#output.u32(interfaceId);
    writeTime(this.#output, time);
    list.write(this.#output);
    this.#finish();
  }

  /**
   * Writes addresses and their names, which Wireshark then shows.
   *
   * @param names The addresses.
   * @throws {TypeError} When an address is neither 4 nor 16 bytes long or has no name.
   * @throws {RangeError} When an address has more than 65 kB of names.
   */
  writeNames(names: readonly PcapngName[]): void {
    const list = new OptionList();
    for (const { address, names: texts } of names) {
      const length = address.length;
      if ((length !== 4 && length !== 16) || texts.length === 0) {
        throw new TypeError(
          `Cannot write name record as it has an address of ${length} bytes and ${texts.length} names`,
        );
      }
      const text = encodeText(texts.map((name) => `${name}\0`).join(""), length);
      const record = new Uint8Array(length + text.length);
      record.set(address);
      record.set(text, length);
      // Records have the form of options: type 1 is IPv4, 2 is IPv6, 0 ends them (§4.5).
      list.data(length === 4 ? 1 : 2, record);
    }
    if (names.length === 0) return;
    this.#begin(BlockType.Names, list.length);
    list.write(this.#output);
    this.#finish();
  }

  /**
   * Writes a block of a kind of one's own (§4.9), which readers that do not know it skip, and tools
   * copy along.
   *
   * @param enterpriseNumber The IANA private enterprise number of who defined the content.
   * @param data The content.
   * @throws {RangeError} When the number does not fit 32 bits.
   */
  writeCustom(enterpriseNumber: number, data: Uint8Array): void {
    if (
      !Number.isInteger(enterpriseNumber) || enterpriseNumber < 0 || enterpriseNumber > 0xffff_ffff
    ) {
      throw new RangeError(
        `Cannot write custom block as the enterprise number ${enterpriseNumber} is not of 32 bits`,
      );
    }
    this.#begin(BlockType.Custom, 8 + data.length);
    this.#output.u32(enterpriseNumber);
    const start = this.#output.length;
    this.#output.copy(data, -1, 0, data.length);
    this.#output.pad(start);
    this.#finish();
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

  #checkInterface(interfaceId: number): void {
    if (!(interfaceId >= 0 && interfaceId < this.#snapLengths.length)) {
      throw new RangeError(
        `Cannot write to interface ${interfaceId} as ${this.#snapLengths.length} have been added`,
      );
    }
  }

  #checkPacket(
    interfaceId: number,
    time: number,
    bytes: Uint8Array,
    offset: number,
    end: number,
  ): void {
    this.#checkInterface(interfaceId);
    checkTime(time);
    if (!(offset >= 0 && end >= offset && end <= bytes.length)) {
      throw new RangeError(
        `Cannot write packet as ${offset} to ${end} is no range of ${bytes.length} bytes`,
      );
    }
  }

  /** Writes the fixed part of an Enhanced Packet Block and the packet (§4.3). */
  #body(
    interfaceId: number,
    time: number,
    bytes: Uint8Array,
    offset: number,
    end: number,
    originalLength: number,
    address: number,
  ): void {
    const output = this.#output;
    const kept = Math.min(end - offset, this.#snapLengths[interfaceId]!);
    output.u32(interfaceId);
    writeTime(output, time);
    output.u32(kept);
    output.u32(originalLength);
    output.copy(bytes, address, offset, kept);
    output.pad(this.#start);
  }

  /** Writes type and a place for the length, with room for a body of `bodyLength` bytes. */
  #begin(type: number, bodyLength: number): void {
    const output = this.#output;
    output.reserve(bodyLength + 12);
    this.#start = output.length;
    output.u32(type);
    output.u32(0);
  }

  /** Writes the length at both ends of the block. */
  #finish(): void {
    const output = this.#output;
    const end = output.length + 4;
    output.u32(end - this.#start);
    output.length = this.#start + 4;
    output.u32(end - this.#start);
    output.length = end;
    output.commit();
  }
}
