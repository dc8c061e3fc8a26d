/**
 * IGMP messages: version 1 (RFC 1112 appendix I), 2 (RFC 2236 §2) and 3 (RFC 3376 §4).
 *
 * @module
 */
import { checksum, readU16, readU32, sumBytes, Verdict, writeU16, writeU32 } from "@octet/wire";

/** Bytes of the shortest message. */
export const igmpHeaderLength = 8;
/** Bytes of a version 3 query without sources. */
export const igmpQueryLength = 12;

/** Message types (IANA "igmp-type-numbers"). */
export const IgmpType = {
  /** A router asks who is in a group. */
  Query: 0x11,
  /** A host is in a group, version 1. */
  ReportV1: 0x12,
  /** A host is in a group, version 2. */
  ReportV2: 0x16,
  /** A host leaves a group, version 2. */
  Leave: 0x17,
  /** What a host wants to hear, version 3. */
  ReportV3: 0x22,
} as const;

/** One of the types of {@linkcode IgmpType}. */
export type IgmpType = (typeof IgmpType)[keyof typeof IgmpType];

/** What a group record says (RFC 3376 §4.2.12). */
export const GroupRecordType = {
  /** These sources are heard. */
  ModeIsInclude: 1,
  /** All but these sources are heard. */
  ModeIsExclude: 2,
  /** From now on these sources are heard. */
  ChangeToInclude: 3,
  /** From now on all but these sources are heard. */
  ChangeToExclude: 4,
  /** These sources are heard as well. */
  AllowNewSources: 5,
  /** These sources are heard no more. */
  BlockOldSources: 6,
} as const;

/** One of the types of {@linkcode GroupRecordType}. */
export type GroupRecordType = (typeof GroupRecordType)[keyof typeof GroupRecordType];

const recordHeaderLength = 8;

/**
 * A view of an IGMP message in place. Call {@linkcode IgmpFrame.validate} first: once it says ok, no getter reads
 * outside the range given to {@linkcode IgmpFrame.reset}. Getters of fields that the message's type does not have
 * give 0.
 *
 * @example
 * ```ts
 * import { encodeIgmpQuery, IgmpFrame, IgmpType } from "@octet/ipv4";
 * import { Verdict } from "@octet/wire";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const bytes = encodeIgmpQuery({ version: 3, maxResponseTime: 10_000 });
 * const frame = new IgmpFrame();
 * frame.reset(bytes, 0, bytes.length);
 * assertEquals(frame.validate(), Verdict.Ok);
 * assert(frame.hasValidChecksum);
 * assertEquals([frame.type, frame.queryVersion, frame.maxResponseTime], [IgmpType.Query, 3, 10_000]);
 * ```
 */
export class IgmpFrame {
  #bytes: Uint8Array = new Uint8Array(0);
  #offset = 0;
  #end = 0;

  /** Aims the view at `bytes[offset…end)`; the message ends where the IP payload ends. */
  reset(bytes: Uint8Array, offset: number, end: number): void {
    this.#bytes = bytes;
    this.#offset = offset;
    this.#end = end;
  }

  /**
   * Checks the lengths: `Short` when the header does not fit, `BadLength` when a query is of no version's length or its
   * sources, or the records of a report, do not fit.
   */
  validate(): Verdict {
    const length = this.#end - this.#offset;
    if (length < igmpHeaderLength) return Verdict.Short;
    switch (this.type) {
      case IgmpType.Query: {
        if (length === igmpHeaderLength) return Verdict.Ok;
        // RFC 3376 §7.1: queries of any other length are ignored.
        if (length < igmpQueryLength) return Verdict.BadLength;
        const sources = readU16(this.#bytes, this.#offset + 10);
        return igmpQueryLength + 4 * sources > length ? Verdict.BadLength : Verdict.Ok;
      }
      case IgmpType.ReportV3: {
        let at = this.#offset + igmpHeaderLength;
        for (let left = this.recordCount; left > 0; left--) {
          if (at + recordHeaderLength > this.#end) return Verdict.BadLength;
          at = recordEnd(this.#bytes, at);
          if (at > this.#end) return Verdict.BadLength;
        }
        return Verdict.Ok;
      }
      default:
        return Verdict.Ok;
    }
  }

  /** What the message is; see {@linkcode IgmpType}. */
  get type(): number {
    return this.#bytes[this.#offset]!;
  }

  /** The checksum as it stands in the message. */
  get checksum(): number {
    return readU16(this.#bytes, this.#offset + 2);
  }

  /** Whether the checksum holds. */
  get hasValidChecksum(): boolean {
    return sumBytes(this.#bytes, this.#offset, this.#end) === 0xffff;
  }

  /** The version of a query, by its length and its response time (RFC 3376 §7.1); 0 for any other message. */
  get queryVersion(): number {
    if (this.type !== IgmpType.Query) return 0;
    if (this.#end - this.#offset >= igmpQueryLength) return 3;
    return this.#bytes[this.#offset + 1] === 0 ? 1 : 2;
  }

  /** Within how many milliseconds a query is to be answered; ten seconds for one of version 1. */
  get maxResponseTime(): number {
    const code = this.#bytes[this.#offset + 1]!;
    switch (this.queryVersion) {
      case 0:
        return 0;
      case 1:
        return 10_000;
      case 2:
        return 100 * code;
      default:
        return 100 * floatingCode(code);
    }
  }

  /** The group, host order; 0 for a query about all groups, and for a report of version 3. */
  get group(): number {
    return this.type === IgmpType.ReportV3 ? 0 : readU32(this.#bytes, this.#offset + 4);
  }

  /** Whether other routers are to leave their timers alone: the S flag of a version 3 query. */
  get suppressesRouters(): boolean {
    return this.queryVersion === 3 && (this.#bytes[this.#offset + 8]! & 8) !== 0;
  }

  /** How often the querier has what may be lost repeated, 1 to 7; 0 when it does not say (version 3 only). */
  get robustness(): number {
    return this.queryVersion === 3 ? this.#bytes[this.#offset + 8]! & 7 : 0;
  }

  /** The time between the querier's queries in milliseconds; 0 when it does not say (version 3 only). */
  get queryInterval(): number {
    return this.queryVersion === 3 ? 1000 * floatingCode(this.#bytes[this.#offset + 9]!) : 0;
  }

  /** How many sources a version 3 query asks about. */
  get sourceCount(): number {
    return this.queryVersion === 3 ? readU16(this.#bytes, this.#offset + 10) : 0;
  }

  /** A source that a query asks about, host order; 0 where there is none. */
  source(index: number): number {
    if (index < 0 || index >= this.sourceCount) return 0;
    return readU32(this.#bytes, this.#offset + igmpQueryLength + 4 * index);
  }

  /** How many group records a version 3 report has. */
  get recordCount(): number {
    return this.type === IgmpType.ReportV3 ? readU16(this.#bytes, this.#offset + 6) : 0;
  }

  /** Where the message ends (exclusive). */
  get end(): number {
    return this.#end;
  }

  /** Where the group records of a report begin. */
  get recordsOffset(): number {
    return this.#offset + igmpHeaderLength;
  }
}

/** A cursor over the group records of a valid version 3 report. */
export class IgmpRecords {
  #bytes: Uint8Array = new Uint8Array(0);
  #offset = 0;
  #next = 0;
  #left = 0;

  /** Aims the cursor before the first of `count` records at `offset`; {@linkcode IgmpFrame.validate} has said ok. */
  reset(bytes: Uint8Array, offset: number, count: number): void {
    this.#bytes = bytes;
    this.#offset = offset;
    this.#next = offset;
    this.#left = count;
  }

  /** Steps to the next record; `false` at the end. */
  next(): boolean {
    if (this.#left === 0) return false;
    this.#left--;
    this.#offset = this.#next;
    this.#next = recordEnd(this.#bytes, this.#offset);
    return true;
  }

  /** What the record says; see {@linkcode GroupRecordType}. */
  get type(): number {
    return this.#bytes[this.#offset]!;
  }

  /** The group, host order. */
  get group(): number {
    return readU32(this.#bytes, this.#offset + 4);
  }

  /** How many sources it names. */
  get sourceCount(): number {
    return readU16(this.#bytes, this.#offset + 2);
  }

  /** A source, host order; 0 where there is none. */
  source(index: number): number {
    if (index < 0 || index >= this.sourceCount) return 0;
    return readU32(this.#bytes, this.#offset + recordHeaderLength + 4 * index);
  }
}

/** Sources, then auxiliary data in units of four bytes (RFC 3376 §4.2.6). */
function recordEnd(bytes: Uint8Array, at: number): number {
  return at + recordHeaderLength + 4 * readU16(bytes, at + 2) + 4 * bytes[at + 1]!;
}

/** RFC 3376 §4.1.1: from 128 on the code is a small floating-point number. */
function floatingCode(code: number): number {
  return code < 128 ? code : ((code & 0x0f) | 0x10) << (((code >>> 4) & 7) + 3);
}

/** The code of a number, or of the largest that is smaller. */
function codeOf(value: number): number {
  if (value < 128) return value;
  const exponent = Math.min(7, 31 - Math.clz32(value) - 7);
  return 0x80 | (exponent << 4) | (Math.min(value >>> (exponent + 3), 0x1f) & 0x0f);
}

/** What {@linkcode encodeIgmpQuery} writes. */
export interface IgmpQueryFields {
  /** The version, 1 to 3. */
  readonly version: 1 | 2 | 3;
  /** The group, host order; all of them when left out. */
  readonly group?: number;
  /** Within how many milliseconds to answer; 10,000 when left out. */
  readonly maxResponseTime?: number;
  /** How often what may be lost is repeated, 0 to 7; 2 when left out. Version 3 only. */
  readonly robustness?: number;
  /** The time between queries in milliseconds; 125,000 when left out. Version 3 only. */
  readonly queryInterval?: number;
  /** The sources asked about, host order; none when left out. Version 3 only. */
  readonly sources?: readonly number[];
}

/**
 * Builds a query, for tests and for crafting.
 *
 * @example
 * ```ts
 * import { encodeIgmpQuery } from "@octet/ipv4";
 * import { assertEquals } from "@std/assert";
 *
 * const bytes = encodeIgmpQuery({ version: 2, maxResponseTime: 10_000 });
 * assertEquals([...bytes], [0x11, 100, 0xee, 0x9b, 0, 0, 0, 0]);
 * ```
 *
 * @param fields What to write.
 * @returns The message.
 */
export function encodeIgmpQuery(fields: IgmpQueryFields): Uint8Array<ArrayBuffer> {
  const { version, sources = [], maxResponseTime = 10_000 } = fields;
  const bytes = new Uint8Array(version === 3 ? igmpQueryLength + 4 * sources.length : 8);
  const time = Math.round(maxResponseTime / 100);
  bytes[0] = IgmpType.Query;
  if (version === 2) bytes[1] = time;
  writeU32(bytes, 4, fields.group ?? 0);
  if (version === 3) {
    bytes[1] = codeOf(time);
    bytes[8] = fields.robustness ?? 2;
    bytes[9] = codeOf(Math.round((fields.queryInterval ?? 125_000) / 1000));
    writeU16(bytes, 10, sources.length);
    sources.forEach((source, i) => writeU32(bytes, igmpQueryLength + 4 * i, source));
  }
  writeU16(bytes, 2, checksum(bytes, 0, bytes.length));
  return bytes;
}

/** One of the records that {@linkcode encodeIgmpReport} writes. */
export interface IgmpRecordFields {
  /** What it says. */
  readonly type: GroupRecordType;
  /** The group, host order. */
  readonly group: number;
  /** The sources, host order. */
  readonly sources: readonly number[];
}

/** Bytes that a record takes in a report. */
export function igmpRecordLength(sourceCount: number): number {
  return recordHeaderLength + 4 * sourceCount;
}

/**
 * Writes a version 3 report with its checksum.
 *
 * @param bytes Where it goes.
 * @param offset Where it begins.
 * @param records What it says.
 * @returns Its length in bytes.
 */
export function writeIgmpReport(
  bytes: Uint8Array,
  offset: number,
  records: readonly IgmpRecordFields[],
): number {
  writeU32(bytes, offset, IgmpType.ReportV3 << 24);
  writeU32(bytes, offset + 4, records.length);
  let at = offset + igmpHeaderLength;
  for (const { type, group, sources } of records) {
    writeU16(bytes, at, type << 8);
    writeU16(bytes, at + 2, sources.length);
    writeU32(bytes, at + 4, group);
    at += recordHeaderLength;
    for (const source of sources) {
      writeU32(bytes, at, source);
      at += 4;
    }
  }
  writeU16(bytes, offset + 2, checksum(bytes, offset, at));
  return at - offset;
}

/**
 * Builds a version 3 report, for tests and for crafting.
 *
 * @example
 * ```ts
 * import { encodeIgmpReport, GroupRecordType } from "@octet/ipv4";
 * import { assertEquals } from "@std/assert";
 *
 * const type = GroupRecordType.ChangeToExclude;
 * const bytes = encodeIgmpReport([{ type, group: 0xe00000fb, sources: [] }]);
 * assertEquals(bytes.toHex(), "2200f90200000001" + "04000000e00000fb");
 * ```
 *
 * @param records What it says.
 * @returns The message.
 */
export function encodeIgmpReport(records: readonly IgmpRecordFields[]): Uint8Array<ArrayBuffer> {
  const length = records.reduce((sum, { sources }) => sum + igmpRecordLength(sources.length), 8);
  const bytes = new Uint8Array(length);
  writeIgmpReport(bytes, 0, records);
  return bytes;
}

/** Writes a version 1 or 2 message of 8 bytes with its checksum: a report or a leave. */
export function writeIgmpMessage(
  bytes: Uint8Array,
  offset: number,
  type: number,
  group: number,
): void {
  writeU32(bytes, offset, type << 24);
  writeU32(bytes, offset + 4, group);
  writeU16(bytes, offset + 2, checksum(bytes, offset, offset + igmpHeaderLength));
}
