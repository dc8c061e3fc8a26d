/**
 * The data of a record from the wire.
 *
 * @module
 */
import { readIpv4 } from "@octet/netip/ipv4";
import { readIpv6 } from "@octet/netip/ipv6-bytes";
import { type FieldKind, layoutOf } from "./_layout.ts";
import { latin1, type WireReader } from "./_reader.ts";
import { readSvcParams } from "./_svcb_codec.ts";

function readField(reader: WireReader, kind: FieldKind): unknown {
  switch (kind) {
    case "u8":
      return reader.u8();
    case "u16":
      return reader.u16();
    case "u32":
    case "time":
      return reader.u32();
    case "name":
    case "longName":
      return reader.name();
    case "plainName":
      return reader.plainName();
    case "ipv4": {
      const at = reader.take(4);
      return at < 0 ? 0 : readIpv4(reader.bytes, at);
    }
    case "ipv6": {
      const at = reader.take(16);
      return at < 0 ? 0n : readIpv6(reader.bytes, at);
    }
    case "string":
      return reader.string();
    case "strings": {
      const strings: Uint8Array[] = [];
      // RFC 1035 §3.3.14: one or more.
      do strings.push(reader.string()); while (reader.hasMore);
      return strings;
    }
    case "tag": {
      const tag = latin1(reader.string());
      if (!/^[0-9A-Za-z]+$/.test(tag)) reader.ok = false;
      return tag;
    }
    case "params":
      return readSvcParams(reader);
    default:
      return reader.rest();
  }
}

/** Adds the fields of its type to a record; whether the data was just that, to the reader's end. */
export function readData(
  reader: WireReader,
  record: Record<string, unknown> & { type: string },
): boolean {
  for (const [field, kind] of layoutOf(record.type)) record[field] = readField(reader, kind);
  return reader.ok && !reader.hasMore;
}
