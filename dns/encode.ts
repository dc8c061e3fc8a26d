/**
 * From plain objects to bytes.
 *
 * @module
 */
import { writeU16 } from "@octet/wire";
import { RecordClass, recordTypeNumber } from "./constants.ts";
import { writeEdns } from "./_edns_codec.ts";
import { checkNumber, writeData } from "./_write_data.ts";
import { WireWriter } from "./_writer.ts";
import { DnsFrame } from "./frame.ts";
import type { DnsMessageInit } from "./message.ts";
import type { DnsQuestion, DnsRecord } from "./record.ts";

/** How a message is to be encoded. */
export interface EncodeOptions {
  /** Whether names become pointers where they can (RFC 1035 §4.1.4); `true` when left out. */
  compress?: boolean;
  /** The most bytes the message may have, 12 to 65535; 65535 when left out. */
  maxSize?: number;
}

function typeNumber(type: string): number {
  const number = recordTypeNumber(type);
  if (number < 0) throw new TypeError(`Cannot encode record type "${type}" as it is unknown`);
  return number;
}

function writeRecord(writer: WireWriter, record: DnsRecord): void {
  writer.name(record.name, true);
  writer.u16(typeNumber(record.type));
  writer.u16(record.class ?? RecordClass.IN);
  writer.u32(checkNumber(record.ttl, "ttl", 32));
  const data = writer.openLength();
  writeData(writer, record);
  if (writer.position - data > 0xffff) {
    throw new RangeError(
      `Cannot encode ${record.type} record as its data is ${writer.position - data} bytes long`,
    );
  }
  writer.closeLength(data);
}

function writeQuestion(writer: WireWriter, question: DnsQuestion): void {
  writer.name(question.name, true);
  writer.u16(typeNumber(question.type));
  writer.u16(question.class ?? RecordClass.IN);
}

/**
 * The data of a record alone, uncompressed, as RFC 3597 and RFC 4034 compare it.
 *
 * @param record The record.
 * @returns The bytes.
 * @throws {RangeError} When a field is out of its range.
 * @throws {SyntaxError} When a name is malformed.
 */
export function encodeRecordData(record: DnsRecord): Uint8Array<ArrayBuffer> {
  const writer = new WireWriter(0xffff, false, 64);
  writeData(writer, record);
  if (writer.overflow) {
    throw new RangeError(
      `Cannot encode ${record.type} record as its data is over 65535 bytes long`,
    );
  }
  return writer.finish();
}

/**
 * Puts a message together. When it is longer than `maxSize`, records are left off from the end,
 * never part of one; the OPT record stays. TC is set when a record of the answer or authority
 * section is left off, or glue of a referral (RFC 2181 §9, RFC 9471); other additional records are
 * left off without a word.
 *
 * @example
 * ```ts
 * import { decodeMessage, encodeMessage } from "@octet/dns";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const strings = [new Uint8Array(200)];
 * const bytes = encodeMessage({
 *   isResponse: true,
 *   questions: [{ name: "octet.test.", type: "TXT" }],
 *   answers: [1, 2, 3].map(() => ({ name: "octet.test.", type: "TXT", ttl: 1, strings })),
 * }, { maxSize: 512 });
 * assertEquals(bytes.length, 12 + 16 + 2 * 213);
 * const message = decodeMessage(bytes);
 * assert(typeof message !== "number" && message.isTruncated);
 * ```
 *
 * @param message The message; what is left out is 0, `false` or empty.
 * @param options Compression and the size limit.
 * @returns The bytes.
 * @throws {RangeError} When a field is out of its range, or header, questions and OPT alone are longer than
 *     `maxSize`.
 * @throws {SyntaxError} When a name is malformed.
 * @throws {TypeError} When a record type is unknown, or `rcode` is above 15 without `edns`.
 */
export function encodeMessage(
  message: DnsMessageInit,
  options: EncodeOptions = {},
): Uint8Array<ArrayBuffer> {
  const maxSize = options.maxSize ?? 0xffff;
  const writer = new WireWriter(maxSize, options.compress ?? true);
  const frame = new DnsFrame();
  const rcode = message.rcode ?? 0;
  const edns = message.edns ?? null;
  if (rcode > 15 && edns === null) {
    throw new TypeError(`Cannot encode response code ${rcode} as the message has no OPT record`);
  }
  writer.reserve(DnsFrame.headerLength);
  const questions = message.questions ?? [];
  for (const question of questions) writeQuestion(writer, question);

  const opt = new WireWriter(0xffff, false, edns === null ? 0 : 64);
  if (edns !== null) writeEdns(opt, edns, rcode >> 4);
  if (writer.overflow || opt.overflow || writer.position + opt.position > maxSize) {
    throw new RangeError(`Cannot encode message as its questions do not fit in ${maxSize} bytes`);
  }
  writer.limit = maxSize - opt.position;

  const sections = [message.answers ?? [], message.authorities ?? [], message.additionals ?? []];
  const counts = [0, 0, 0];
  const isReferral = sections[0]!.length === 0 &&
    sections[1]!.some((record) => record.type === "NS");
  let isCut = false;
  for (let i = 0; i < 3 && !isCut; i++) {
    for (const record of sections[i]!) {
      const position = writer.position;
      writeRecord(writer, record);
      if (writer.overflow) {
        writer.rollback(position);
        isCut = true;
        break;
      }
      counts[i]!++;
    }
  }
  const isTruncated = isCut &&
    (counts[0]! < sections[0]!.length || counts[1]! < sections[1]!.length || isReferral);
  writer.limit = maxSize;
  writer.put(opt.finish());

  frame.reset(writer.bytes, 0, writer.position);
  frame.id = checkNumber(message.id ?? 0, "id", 16);
  frame.flags = 0;
  frame.isResponse = message.isResponse ?? false;
  frame.opcode = checkNumber(message.opcode ?? 0, "opcode", 4);
  frame.isAuthoritative = message.isAuthoritative ?? false;
  frame.isTruncated = isTruncated || (message.isTruncated ?? false);
  frame.recursionDesired = message.recursionDesired ?? false;
  frame.recursionAvailable = message.recursionAvailable ?? false;
  frame.authenticData = message.authenticData ?? false;
  frame.checkingDisabled = message.checkingDisabled ?? false;
  frame.rcode = checkNumber(rcode, "rcode", 12);
  frame.questionCount = questions.length;
  frame.answerCount = counts[0]!;
  frame.authorityCount = counts[1]!;
  writeU16(writer.bytes, 10, counts[2]! + (edns === null ? 0 : 1));
  return writer.finish();
}
