/**
 * Responses taken apart for sending.
 *
 * @module
 */
import { formatHttpDate } from "@octet/httpraw";

/** The fields of a response, and what they said of the body's length. */
export interface ResponseFields {
  /** The fields to write, without those that frame the body. */
  readonly fields: [name: string, value: string][];
  /** The length that Content-Length announced, or -1. */
  readonly announced: number;
}

/** Fields that the exchange writes from what it knows. */
const framing: ReadonlySet<string> = new Set(["content-length", "transfer-encoding", "host"]);

/** Reads the fields of a response; Date is added where it has none (RFC 9110 §6.6.1). */
export function responseFields(headers: Headers): ResponseFields {
  const fields: [string, string][] = [];
  let announced = -1;
  let hasDate = false;
  // Half a microsecond less than an iterator.
  headers.forEach((value, name) => {
    if (name === "content-length") {
      if (/^\d{1,15}$/.test(value)) announced = Number(value);
    } else if (!framing.has(name)) {
      if (name === "date") hasDate = true;
      fields.push([name, value]);
    }
  });
  if (!hasDate) fields.push(dateField());
  return { fields, announced };
}

let dateSecond = -1;
let date: [string, string] = ["date", ""];

/** The Date field of now; made anew once a second. */
export function dateField(): [string, string] {
  const now = Date.now();
  const second = Math.floor(now / 1000);
  if (second !== dateSecond) {
    dateSecond = second;
    date = ["date", formatHttpDate(now)];
  }
  return date;
}

/** Room enough for a head, in bytes. */
export function sizeOfHead(fields: [string, string][], reason: string): number {
  let size = 192 + reason.length;
  for (const [name, value] of fields) size += name.length + value.length + 4;
  return size;
}
