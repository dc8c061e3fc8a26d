/**
 * Service parameters to and from the wire (RFC 9460 §2.2, §7).
 *
 * @module
 */
import { readIpv4, writeIpv4 } from "@octet/netip/ipv4";
import { readIpv6, writeIpv6 } from "@octet/netip/ipv6-bytes";
import { latin1, WireReader } from "./_reader.ts";
import type { WireWriter } from "./_writer.ts";
import { SvcParamKey, type SvcParams, type UnknownSvcParam } from "./svcb.ts";

/** Splits the value into equal parts. The value must not be empty, nor end within a part. */
function list<T>(reader: WireReader, size: number, read: (at: number) => T): T[] {
  const items: T[] = [];
  do {
    const at = reader.take(size);
    if (at >= 0) items.push(read(at));
  } while (reader.hasMore);
  return items;
}

function isAscending(numbers: readonly number[]): boolean {
  return numbers.every((number, i) => i === 0 || number > numbers[i - 1]!);
}

/** Reads parameters to the reader's end; what is wrong shows in `reader.ok`. */
export function readSvcParams(reader: WireReader): SvcParams {
  const { bytes, start } = reader;
  const params: SvcParams = {};
  const others: UnknownSvcParam[] = [];
  let last = -1;
  while (reader.hasMore) {
    const key = reader.u16();
    const length = reader.u16();
    const at = reader.take(length);
    if (at < 0 || key <= last) {
      reader.ok = false;
      return params;
    }
    last = key;
    const value = new WireReader(bytes, start, at, at + length);
    switch (key) {
      case SvcParamKey.MANDATORY: {
        const keys = list(value, 2, (i) => (bytes[i]! << 8) | bytes[i + 1]!);
        if (keys[0] === 0 || !isAscending(keys)) value.ok = false;
        params.mandatory = keys;
        break;
      }
      case SvcParamKey.ALPN: {
        const ids: string[] = [];
        do ids.push(latin1(value.string())); while (value.hasMore);
        if (ids.includes("")) value.ok = false;
        params.alpn = ids;
        break;
      }
      case SvcParamKey.NO_DEFAULT_ALPN:
        params.noDefaultAlpn = true;
        break;
      case SvcParamKey.PORT:
        params.port = value.u16();
        break;
      case SvcParamKey.IPV4HINT:
        params.ipv4hint = list(value, 4, (i) => readIpv4(bytes, i));
        break;
      case SvcParamKey.ECH:
        params.ech = value.rest();
        break;
      case SvcParamKey.IPV6HINT:
        params.ipv6hint = list(value, 16, (i) => readIpv6(bytes, i));
        break;
      case SvcParamKey.DOHPATH:
        params.dohpath = readUtf8(value);
        break;
      case SvcParamKey.OHTTP:
        params.ohttp = true;
        break;
      default:
        others.push({ key, value: value.rest() });
    }
    if (!value.ok || value.hasMore) reader.ok = false;
  }
  if (others.length > 0) params.others = others;
  return params;
}

/** The rest of the field as UTF-8 text; anything else is a failure. */
function readUtf8(reader: WireReader): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(reader.rest());
  } catch {
    reader.ok = false;
    return "";
  }
}

/** Bytes of a text with one character a byte. */
function latin1Bytes(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/**
 * The parameters as keys and values, keys ascending.
 *
 * @throws {RangeError} When a list is empty, a protocol id empty or longer than 255 bytes, a key given twice.
 */
export function svcParamValues(params: SvcParams): UnknownSvcParam[] {
  const result: UnknownSvcParam[] = [...params.others ?? []];
  const add = (key: number, value: Uint8Array | undefined): void => {
    if (value !== undefined) result.push({ key, value });
  };
  const join = <T>(
    items: readonly T[] | undefined,
    size: (item: T) => number,
    write: (bytes: Uint8Array, at: number, item: T) => void,
  ): Uint8Array | undefined => {
    if (items === undefined) return undefined;
    if (items.length === 0) {
      throw new RangeError("Cannot encode service parameters as a list has no items");
    }
    const bytes = new Uint8Array(items.reduce((sum, item) => sum + size(item), 0));
    let at = 0;
    for (const item of items) {
      write(bytes, at, item);
      at += size(item);
    }
    return bytes;
  };
  const u16 = (bytes: Uint8Array, at: number, item: number): void => {
    bytes[at] = item >> 8;
    bytes[at + 1] = item;
  };
  const { mandatory } = params;
  if (mandatory !== undefined && (mandatory[0] === 0 || !isAscending(mandatory))) {
    throw new RangeError("Cannot encode service parameters as mandatory keys are not ascending");
  }
  add(0, join(mandatory, () => 2, u16));
  add(
    1,
    join(params.alpn, (id) => 1 + id.length, (bytes, at, id) => {
      if (id.length === 0 || id.length > 255) {
        throw new RangeError(
          `Cannot encode service parameters as protocol id "${id}" is not of 1 to 255 bytes`,
        );
      }
      bytes[at] = id.length;
      bytes.set(latin1Bytes(id), at + 1);
    }),
  );
  if (params.noDefaultAlpn) add(2, new Uint8Array(0));
  if (params.port !== undefined) add(3, join([params.port], () => 2, u16));
  add(4, join(params.ipv4hint, () => 4, writeIpv4));
  add(5, params.ech);
  add(6, join(params.ipv6hint, () => 16, writeIpv6));
  if (params.dohpath !== undefined) add(7, new TextEncoder().encode(params.dohpath));
  if (params.ohttp) add(8, new Uint8Array(0));
  result.sort((a, b) => a.key - b.key);
  if (!isAscending(result.map((param) => param.key))) {
    throw new RangeError("Cannot encode service parameters as a key is given twice");
  }
  return result;
}

/** Writes the parameters. See {@linkcode svcParamValues} for what it throws. */
export function writeSvcParams(writer: WireWriter, params: SvcParams): void {
  for (const { key, value } of svcParamValues(params)) {
    writer.u16(key);
    writer.u16(value.length);
    writer.put(value);
  }
}
