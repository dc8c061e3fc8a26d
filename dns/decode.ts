/**
 * From bytes to plain objects.
 *
 * @module
 */
import { Verdict } from "@octet/wire";
import { RecordClass, RecordType, recordTypeName } from "./constants.ts";
import { DnsCursor, Section } from "./cursor.ts";
import { readEdnsOptions } from "./_edns_codec.ts";
import { readData } from "./_read_data.ts";
import { WireReader } from "./_reader.ts";
import type { Edns } from "./edns.ts";
import type { DnsMessage } from "./message.ts";
import { formatName } from "./name.ts";
import type { DnsQuestion, DnsRecord, RecordHeader } from "./record.ts";

/** The record the cursor stands at, or `null` when its data is not what the type wants. */
function readRecord(cursor: DnsCursor): DnsRecord | null {
  const { bytes, offset } = cursor.frame;
  const type = recordTypeName(cursor.type);
  const record: RecordHeader & Record<string, unknown> & { type: string } = {
    name: formatName(bytes, offset, cursor.nameOffset),
    type,
    ttl: cursor.ttl,
  };
  if (cursor.class !== RecordClass.IN) record.class = cursor.class;
  const reader = new WireReader(bytes, offset, cursor.dataOffset, cursor.dataEnd);
  return readData(reader, record) ? record as unknown as DnsRecord : null;
}

/**
 * Reads the record a cursor stands at.
 *
 * @example
 * ```ts
 * import { decodeRecord, DnsCursor, encodeMessage } from "@octet/dns";
 * import { assertEquals } from "@std/assert";
 *
 * const bytes = encodeMessage({
 *   answers: [{ name: "octet.test.", type: "A", ttl: 60, address: 0x0a000001 }],
 * });
 * const cursor = new DnsCursor();
 * cursor.reset(bytes, 0, bytes.length);
 * cursor.next();
 * assertEquals(decodeRecord(cursor), {
 *   name: "octet.test.",
 *   type: "A",
 *   ttl: 60,
 *   address: 0x0a000001,
 * });
 * ```
 *
 * @param cursor A cursor whose `next()` has said yes, in any section but the questions.
 * @returns The record; or `BadValue` when its data is not what its type wants, or it is an OPT or another
 *     type that exists in questions only.
 */
export function decodeRecord(cursor: DnsCursor): DnsRecord | Verdict {
  const type = cursor.type;
  if (type === RecordType.OPT || (type >= RecordType.IXFR && type <= RecordType.ANY)) {
    return Verdict.BadValue;
  }
  return readRecord(cursor) ?? Verdict.BadValue;
}

/**
 * Takes a message apart. Never throws: a malformed message gives a {@linkcode Verdict}, which is a
 * number.
 *
 * @example
 * ```ts
 * import { decodeMessage, encodeMessage } from "@octet/dns";
 * import { Verdict } from "@octet/wire";
 * import { assertEquals } from "@std/assert";
 *
 * const bytes = encodeMessage({ id: 7, questions: [{ name: "octet.test.", type: "MX" }] });
 * const message = decodeMessage(bytes);
 * if (typeof message === "number") throw new Error("Malformed");
 * assertEquals(message.questions, [{ name: "octet.test.", type: "MX" }]);
 * assertEquals(decodeMessage(bytes, 0, 11), Verdict.Short);
 * ```
 *
 * @param bytes The buffer.
 * @param offset Where the message begins.
 * @param end Where it ends (exclusive); bytes after the last record are ignored.
 * @returns The message; or `Short` (cut), `BadLength` (a record's data reaches past the end), `BadOption` (OPT),
 *     `BadValue` (a name or data malformed, two OPTs).
 */
export function decodeMessage(
  bytes: Uint8Array,
  offset: number = 0,
  end: number = bytes.length,
): DnsMessage | Verdict {
  const cursor = new DnsCursor();
  if (cursor.reset(bytes, offset, end) !== Verdict.Ok) return cursor.verdict;
  const frame = cursor.frame;
  const questions: DnsQuestion[] = [];
  const records: [DnsRecord[], DnsRecord[], DnsRecord[]] = [[], [], []];
  let edns: Edns | null = null;
  let rcode = frame.rcode;
  while (cursor.next()) {
    if (cursor.section === Section.Question) {
      const question: DnsQuestion = {
        name: formatName(bytes, offset, cursor.nameOffset),
        type: recordTypeName(cursor.type),
      };
      if (cursor.class !== RecordClass.IN) question.class = cursor.class;
      questions.push(question);
    } else if (cursor.type === RecordType.OPT) {
      // RFC 6891 §6.1.1: at most one, in the additional section, owned by the root.
      const isPlaced = cursor.section === Section.Additional && bytes[cursor.nameOffset] === 0;
      if (edns !== null || !isPlaced) return Verdict.BadValue;
      const options = readEdnsOptions(bytes, cursor.dataOffset, cursor.dataEnd);
      if (typeof options === "number") return options;
      rcode |= (cursor.ttl >>> 24) << 4;
      edns = {
        udpSize: cursor.class,
        version: (cursor.ttl >>> 16) & 255,
        dnssecOk: (cursor.ttl & 0x8000) !== 0,
        options,
      };
    } else {
      const record = decodeRecord(cursor);
      if (typeof record === "number") return record;
      records[cursor.section - 1]!.push(record);
    }
  }
  if (cursor.verdict !== Verdict.Ok) return cursor.verdict;
  return {
    id: frame.id,
    isResponse: frame.isResponse,
    opcode: frame.opcode,
    isAuthoritative: frame.isAuthoritative,
    isTruncated: frame.isTruncated,
    recursionDesired: frame.recursionDesired,
    recursionAvailable: frame.recursionAvailable,
    authenticData: frame.authenticData,
    checkingDisabled: frame.checkingDisabled,
    rcode,
    questions,
    answers: records[0],
    authorities: records[1],
    additionals: records[2],
    edns,
  };
}
