/**
 * The data of a record to the wire.
 *
 * @module
 */
import { writeIpv4 } from "@octet/netip/ipv4";
import { writeIpv6 } from "@octet/netip/ipv6-bytes";
import { type FieldKind, layoutOf } from "./_layout.ts";
import { writeSvcParams } from "./_svcb_codec.ts";
import type { WireWriter } from "./_writer.ts";
import type { DnsRecord } from "./record.ts";
import type { SvcParams } from "./svcb.ts";

function putString(writer: WireWriter, value: Uint8Array): void {
  if (value.length > 255) {
    throw new RangeError(`Cannot encode string as it is ${value.length} bytes long`);
  }
  writer.u8(value.length);
  writer.put(value);
}

/** The value, if it is an integer of that many bits. */
export function checkNumber(value: unknown, field: string, bits: number): number {
  if (typeof value !== "number" || !Number.isInteger(value) || value < 0 || value >= 2 ** bits) {
    throw new RangeError(`Cannot encode record as ${field} is ${String(value)}`);
  }
  return value;
}

function writeField(writer: WireWriter, field: string, kind: FieldKind, value: unknown): void {
  switch (kind) {
    case "u8":
      return writer.u8(checkNumber(value, field, 8));
    case "u16":
      return writer.u16(checkNumber(value, field, 16));
    case "u32":
    case "time":
      return writer.u32(checkNumber(value, field, 32));
    case "name":
      return writer.name(value as string, true);
    case "longName":
    case "plainName":
      return writer.name(value as string, false);
    case "ipv4": {
      checkNumber(value, field, 32);
      const at = writer.reserve(4);
      return at < 0 ? undefined : writeIpv4(writer.bytes, at, value as number);
    }
    case "ipv6": {
      const at = writer.reserve(16);
      return at < 0 ? undefined : writeIpv6(writer.bytes, at, value as bigint);
    }
    case "string":
      return putString(writer, value as Uint8Array);
    case "strings": {
      const strings = value as readonly Uint8Array[];
      if (strings.length === 0) throw new RangeError("Cannot encode record as it has no strings");
      return strings.forEach((string) => putString(writer, string));
    }
    case "tag":
      if (!/^[0-9A-Za-z]+$/.test(value as string)) {
        throw new RangeError(`Cannot encode CAA record as its tag is "${value}"`);
      }
      return putString(writer, new TextEncoder().encode(value as string));
    case "params":
      return writeSvcParams(writer, value as SvcParams);
    default:
      return writer.put(value as Uint8Array);
  }
}

/** Writes the record's data alone. */
export function writeData(writer: WireWriter, record: DnsRecord): void {
  const fields = record as unknown as Readonly<Record<string, unknown>>;
  for (const [field, kind] of layoutOf(record.type)) {
    writeField(writer, field, kind, fields[field]);
  }
}
