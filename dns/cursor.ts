/**
 * Walks the questions and records of a message without making objects.
 *
 * @module
 */
import { readU16, readU32, Verdict } from "@octet/wire";
import { DnsFrame } from "./frame.ts";
import { checkName } from "./name.ts";

/** The four parts of a message, in their order. */
export const Section = {
  /** What is asked. */
  Question: 0,
  /** Records that answer. */
  Answer: 1,
  /** Records that point to an authority. */
  Authority: 2,
  /** Records that may help. */
  Additional: 3,
} as const;

/** One of the parts of a message. */
export type Section = (typeof Section)[keyof typeof Section];

/**
 * Stops at each question and record in turn; one sticky verdict says whether the walk came to the
 * message's end. Names it stops at have been checked with all their pointers, the data of records
 * lies inside the message.
 *
 * @example
 * ```ts
 * import { DnsCursor, encodeMessage, Section } from "@octet/dns";
 * import { Verdict } from "@octet/wire";
 * import { assertEquals } from "@std/assert";
 *
 * const bytes = encodeMessage({ id: 1, questions: [{ name: "octet.test.", type: "A" }] });
 * const cursor = new DnsCursor();
 * cursor.reset(bytes, 0, bytes.length);
 * while (cursor.next()) {
 *   assertEquals([cursor.section, cursor.type, cursor.nameOffset], [Section.Question, 1, 12]);
 * }
 * assertEquals(cursor.verdict, Verdict.Ok);
 * ```
 */
export class DnsCursor {
  /** The header of the message. */
  readonly frame: DnsFrame = new DnsFrame();
  /** `Ok` as long as nothing malformed was met; then the walk stops and this stays. */
  verdict: Verdict = Verdict.Short;
  /** Which part of the message the cursor stands in. */
  section: Section = Section.Question;
  /** Where the owner's name begins. */
  nameOffset = 0;
  /** Record type, see {@linkcode RecordType}. */
  type = 0;
  /** Record class, see {@linkcode RecordClass}. */
  class = 0;
  /** Time to live in seconds, the 32 bits as they stand; 0 for a question. */
  ttl = 0;
  /** Where the record's data begins. */
  dataOffset = 0;
  /** Where the record's data ends (exclusive). */
  dataEnd = 0;
  /** Where the next question or record begins; after the walk, where the message really ended. */
  position = 0;
  #left = 0;

  /**
   * Starts at the first question.
   *
   * @returns `Short` when the header does not fit, or the counts promise more than the bytes can hold.
   */
  reset(bytes: Uint8Array, offset: number, end: number): Verdict {
    const frame = this.frame;
    frame.reset(bytes, offset, end);
    this.verdict = frame.validate();
    this.section = Section.Question;
    this.position = offset + DnsFrame.headerLength;
    this.#left = 0;
    if (this.verdict !== Verdict.Ok) return this.verdict;
    this.#left = frame.questionCount;
    // A question takes at least 5 bytes, a record 11: their names may be the root.
    const least = 5 * frame.questionCount +
      11 * (frame.answerCount + frame.authorityCount + frame.additionalCount);
    if (least > end - this.position) this.verdict = Verdict.Short;
    return this.verdict;
  }

  /** Goes to the next question or record; `false` at the end, or when it is malformed. */
  next(): boolean {
    if (this.verdict !== Verdict.Ok) return false;
    const frame = this.frame;
    while (this.#left === 0) {
      if (this.section === Section.Additional) return false;
      const section = (this.section + 1) as Section;
      this.section = section;
      this.#left = section === Section.Answer
        ? frame.answerCount
        : section === Section.Authority
        ? frame.authorityCount
        : frame.additionalCount;
    }
    const { bytes, end } = frame;
    const fixed = checkName(bytes, frame.offset, this.position, end);
    if (fixed < 0) return this.#fail(Verdict.BadValue);
    const isQuestion = this.section === Section.Question;
    const after = fixed + (isQuestion ? 4 : 10);
    if (after > end) return this.#fail(Verdict.Short);
    this.nameOffset = this.position;
    this.type = readU16(bytes, fixed);
    this.class = readU16(bytes, fixed + 2);
    this.ttl = isQuestion ? 0 : readU32(bytes, fixed + 4);
    this.dataOffset = after;
    this.dataEnd = isQuestion ? after : after + readU16(bytes, fixed + 8);
    if (this.dataEnd > end) return this.#fail(Verdict.BadLength);
    this.position = this.dataEnd;
    this.#left--;
    return true;
  }

  #fail(verdict: Verdict): boolean {
    this.verdict = verdict;
    return false;
  }
}
