// What the heads that both sides write have in common: fields of the caller beside those that frame the message.

import { checkHostText } from "./framing.ts";
import type { FieldList, HeadWriter } from "./write.ts";

/** What the caller's fields said about the connection. */
export interface WrittenFields {
  /** A Connection field was among them. */
  readonly hasConnection: boolean;
  /** It said `close`. */
  readonly closes: boolean;
}

/** Writes the caller's fields; those that say where the message ends are the exchange's own business. */
export function writeFields(writer: HeadWriter, fields: FieldList): WrittenFields {
  let hasConnection = false;
  let closes = false;
  for (const [name, value] of fields) {
    const lower = name.toLowerCase();
    if (lower === "content-length" || lower === "transfer-encoding" || lower === "host") {
      throw new TypeError(`Cannot write field ${name} as the exchange writes it from its options`);
    }
    if (lower === "connection") {
      hasConnection = true;
      closes ||= value.toLowerCase().split(",").some((token) => token.trim() === "close");
    }
    writer.field(name, value);
  }
  return { hasConnection, closes };
}

/** Checks a Host field's value before it is written. */
export function checkHostValue(host: string): string {
  if (!checkHostText(host)) {
    throw new TypeError(`Cannot write Host ${JSON.stringify(host)} as it is not a host and port`);
  }
  return host;
}

/** Checks the length of a body to be announced. */
export function checkBodyLength(length: number): number {
  if (!Number.isSafeInteger(length) || length < 0) {
    throw new RangeError(`Cannot announce a body of ${length} bytes as that is not a length`);
  }
  return length;
}
