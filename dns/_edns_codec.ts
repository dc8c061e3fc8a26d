/**
 * The OPT record to and from the wire (RFC 6891 §6.1).
 *
 * @module
 */
import { Verdict } from "@octet/wire";
import { WireReader } from "./_reader.ts";
import type { WireWriter } from "./_writer.ts";
import { type Edns, type EdnsOption, EdnsOptionCode } from "./edns.ts";

/**
 * Reads the options that stand in an OPT record's data.
 *
 * @returns The options, or `BadOption` when one is cut short or malformed.
 */
export function readEdnsOptions(
  bytes: Uint8Array,
  offset: number,
  end: number,
): EdnsOption[] | Verdict {
  const reader = new WireReader(bytes, offset, offset, end);
  const options: EdnsOption[] = [];
  while (reader.hasMore) {
    const code = reader.u16();
    const length = reader.u16();
    const at = reader.take(length);
    if (at < 0) return Verdict.BadOption;
    const field = new WireReader(bytes, offset, at, at + length);
    const option = readOption(code, field, length);
    if (option === null || !field.ok || field.hasMore) return Verdict.BadOption;
    options.push(option);
  }
  return reader.ok ? options : Verdict.BadOption;
}

function readOption(code: number, field: WireReader, length: number): EdnsOption | null {
  switch (code) {
    case EdnsOptionCode.NSID:
      return { kind: "nsid", data: field.rest() };
    case EdnsOptionCode.CLIENT_SUBNET: {
      const family = field.u16();
      const sourcePrefix = field.u8();
      const scopePrefix = field.u8();
      const address = field.rest();
      const bits = family === 1 ? 32 : family === 2 ? 128 : 255;
      // RFC 7871 §6: as many bytes as the prefix needs, and the bits beyond it zero.
      const spare = (8 - sourcePrefix % 8) % 8;
      const isPlain = sourcePrefix <= bits && scopePrefix <= bits &&
        address.length === Math.ceil(sourcePrefix / 8) &&
        ((address.at(-1) ?? 0) & ((1 << spare) - 1)) === 0;
      return isPlain ? { kind: "clientSubnet", family, sourcePrefix, scopePrefix, address } : null;
    }
    case EdnsOptionCode.COOKIE: {
      // RFC 7873 §4: a client cookie of 8 bytes, alone or before a server cookie of 8 to 32.
      if (length !== 8 && (length < 16 || length > 40)) return null;
      return { kind: "cookie", client: field.copy(8), server: field.rest() };
    }
    case EdnsOptionCode.KEEPALIVE:
      return length === 0 ? { kind: "keepalive" } : { kind: "keepalive", timeout: field.u16() };
    case EdnsOptionCode.PADDING:
      field.take(length);
      return { kind: "padding", length };
    case EdnsOptionCode.EXTENDED_ERROR: {
      const infoCode = field.u16();
      return { kind: "extendedError", infoCode, extraText: new TextDecoder().decode(field.rest()) };
    }
    default:
      return { kind: "unknown", code, data: field.rest() };
  }
}

/** Writes an OPT record; `extendedRcode` are the upper eight bits of the response code. */
export function writeEdns(writer: WireWriter, edns: Partial<Edns>, extendedRcode: number): void {
  writer.u8(0);
  writer.u16(41);
  writer.u16(edns.udpSize ?? 1232);
  writer.u8(extendedRcode);
  writer.u8(edns.version ?? 0);
  writer.u16(edns.dnssecOk ? 0x8000 : 0);
  const data = writer.openLength();
  for (const option of edns.options ?? []) writeOption(writer, option);
  writer.closeLength(data);
}

function writeOption(writer: WireWriter, option: EdnsOption): void {
  const open = (code: number): number => {
    writer.u16(code);
    return writer.openLength();
  };
  let value: number;
  switch (option.kind) {
    case "nsid":
      value = open(EdnsOptionCode.NSID);
      writer.put(option.data);
      break;
    case "clientSubnet":
      value = open(EdnsOptionCode.CLIENT_SUBNET);
      writer.u16(option.family);
      writer.u8(option.sourcePrefix);
      writer.u8(option.scopePrefix);
      writer.put(option.address);
      break;
    case "cookie":
      value = open(EdnsOptionCode.COOKIE);
      writer.put(option.client);
      writer.put(option.server);
      break;
    case "keepalive":
      value = open(EdnsOptionCode.KEEPALIVE);
      if (option.timeout !== undefined) writer.u16(option.timeout);
      break;
    case "padding":
      value = open(EdnsOptionCode.PADDING);
      writer.put(new Uint8Array(option.length));
      break;
    case "extendedError":
      value = open(EdnsOptionCode.EXTENDED_ERROR);
      writer.u16(option.infoCode);
      writer.put(new TextEncoder().encode(option.extraText));
      break;
    default:
      value = open(option.code);
      writer.put(option.data);
  }
  writer.closeLength(value);
}
