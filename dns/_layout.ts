/**
 * What the data of each record type is made of. One table serves four readers: from the wire, to
 * the wire, to text, from text. A new type is a line here and an interface in `record.ts`.
 *
 * @module
 */

/**
 * What a field is: a number of 8, 16 or 32 bits; seconds (32 bits, units allowed in text); a name
 * that may be compressed (RFC 1035 types only, RFC 3597 §4); one that is not to be written so; one that must
 * not even be read so (RFC 9460 §2.2); an address; one string with a length before it; such strings to the
 * end; a CAA tag; text to the end; bytes to the end; service parameters.
 */
export type FieldKind =
  | "u8"
  | "u16"
  | "u32"
  | "time"
  | "name"
  | "longName"
  | "plainName"
  | "ipv4"
  | "ipv6"
  | "string"
  | "strings"
  | "tag"
  | "text"
  | "bytes"
  | "params";

/** A field's name in the record object, and what it is. */
export type Field = readonly [name: string, kind: FieldKind];

const target: readonly Field[] = [["target", "name"]];
const strings: readonly Field[] = [["strings", "strings"]];
const binding: readonly Field[] = [
  ["priority", "u16"],
  ["target", "plainName"],
  ["params", "params"],
];
/** The field of a type that is not taken apart. */
const opaque: readonly Field[] = [["data", "bytes"]];

const layouts: Readonly<Record<string, readonly Field[]>> = {
  A: [["address", "ipv4"]],
  AAAA: [["address", "ipv6"]],
  CNAME: target,
  NS: target,
  PTR: target,
  DNAME: [["target", "longName"]],
  MX: [["preference", "u16"], ["exchange", "name"]],
  TXT: strings,
  HINFO: strings,
  SOA: [
    ["mname", "name"],
    ["rname", "name"],
    ["serial", "u32"],
    ["refresh", "time"],
    ["retry", "time"],
    ["expire", "time"],
    ["minimum", "time"],
  ],
  SRV: [["priority", "u16"], ["weight", "u16"], ["port", "u16"], ["target", "longName"]],
  NAPTR: [
    ["order", "u16"],
    ["preference", "u16"],
    ["flags", "string"],
    ["services", "string"],
    ["regexp", "string"],
    ["replacement", "longName"],
  ],
  CAA: [["flags", "u8"], ["tag", "tag"], ["value", "text"]],
  SVCB: binding,
  HTTPS: binding,
  DS: [["keyTag", "u16"], ["algorithm", "u8"], ["digestType", "u8"], ["digest", "bytes"]],
};

/** The fields of a record type's data, in their order. */
export function layoutOf(type: string): readonly Field[] {
  return Object.hasOwn(layouts, type) ? layouts[type]! : opaque;
}

/** Whether a type's data is kept as it is. */
export function isOpaque(type: string): boolean {
  return layoutOf(type) === opaque;
}
