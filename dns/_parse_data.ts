/**
 * The data of a record from the text of master files.
 *
 * @module
 */
import { parseIpv4 } from "@octet/netip/ipv4";
import { parseIpv6 } from "@octet/netip/ipv6";
import { unescape } from "./_escape.ts";
import { type FieldKind, isOpaque, layoutOf } from "./_layout.ts";
import { readData } from "./_read_data.ts";
import { latin1, WireReader } from "./_reader.ts";
import { readSvcParams } from "./_svcb_codec.ts";
import type { Token } from "./_tokens.ts";
import { formatName, parseName } from "./name.ts";
import { SvcParamKey, type SvcParams } from "./svcb.ts";

/** Reads a decimal number below a bound. */
export function parseNumber(text: string, bound: number): number {
  const value = /^(0|[1-9]\d{0,9})$/.test(text) ? Number(text) : bound;
  if (value >= bound) throw new SyntaxError(`"${text}" is not a number below ${bound}`);
  return value;
}

const secondsIn: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86400, w: 604800 };

/** Seconds, plain or with BIND's units (`1h30m`); `undefined` when the text is not such. */
export function tryParseTime(text: string): number | undefined {
  if (/^\d{1,10}$/.test(text)) return Number(text) < 2 ** 32 ? Number(text) : undefined;
  if (!/^(\d{1,10}[smhdw])+$/i.test(text)) return undefined;
  let sum = 0;
  for (const part of text.toLowerCase().match(/\d+[smhdw]/g)!) {
    sum += parseInt(part) * secondsIn[part.at(-1)!]!;
  }
  return sum < 2 ** 32 ? sum : undefined;
}

/** A name that is relative to `origin` unless it ends in a dot; `@` is the origin. */
export function absoluteName(token: Token, origin: string): string {
  const { text } = token;
  if (text === "@" && !token.isQuoted) return origin;
  // A dot behind an odd number of backslashes is escaped: it belongs to the last label.
  const isAbsolute = /(^|[^\\])(\\\\)*\.$/.test(text);
  const full = isAbsolute ? text : `${text}${origin === "." ? "." : "." + origin}`;
  return formatName(parseName(full), 0, 0);
}

function parseHex(tokens: readonly Token[]): Uint8Array<ArrayBuffer> {
  const text = tokens.map((token) => token.text).join("");
  if (!/^([0-9a-f]{2})*$/i.test(text)) throw new SyntaxError(`"${text}" is not hexadecimal`);
  return Uint8Array.from(text.match(/../g) ?? [], (digits) => parseInt(digits, 16));
}

function paramKey(name: string): number {
  const upper = name.toUpperCase().replaceAll("-", "_");
  const known: Readonly<Record<string, number>> = SvcParamKey;
  if (name === name.toLowerCase() && Object.hasOwn(known, upper)) return known[upper]!;
  const number = /^key(\d+)$/.exec(name)?.[1];
  if (number === undefined) throw new SyntaxError(`"${name}" is not a service parameter`);
  return parseNumber(number, 0xffff);
}

/** RFC 9460 appendix A.1: items between commas, `\,` and `\\` within them. */
function splitList(value: Uint8Array): string[] {
  const items = [""];
  const text = latin1(value);
  for (let i = 0; i < text.length; i++) {
    if (text[i] === ",") items.push("");
    else {
      if (text[i] === "\\" && i + 1 < text.length) i++;
      items[items.length - 1] += text[i];
    }
  }
  return items;
}

function parseParams(tokens: readonly Token[]): SvcParams {
  const params: SvcParams = {};
  const others: { key: number; value: Uint8Array }[] = [];
  const seen = new Set<number>();
  for (const { text } of tokens) {
    const equals = text.indexOf("=");
    const key = paramKey(equals < 0 ? text : text.slice(0, equals));
    const raw = equals < 0 ? "" : text.slice(equals + 1);
    if (seen.has(key)) throw new SyntaxError(`service parameter ${key} is given twice`);
    seen.add(key);
    // The form keyNNN takes a known key's value in wire form too.
    if (text.startsWith("key") || key > SvcParamKey.OHTTP) {
      others.push({ key, value: unescape(raw) });
      continue;
    }
    switch (key) {
      case SvcParamKey.MANDATORY:
        params.mandatory = raw.split(",").map(paramKey).sort((a, b) => a - b);
        break;
      case SvcParamKey.ALPN:
        params.alpn = splitList(unescape(raw));
        if (params.alpn.includes("")) throw new SyntaxError("a protocol id is empty");
        break;
      case SvcParamKey.PORT:
        params.port = parseNumber(raw, 0x1_0000);
        break;
      case SvcParamKey.IPV4HINT:
        params.ipv4hint = raw.split(",").map(parseIpv4);
        break;
      case SvcParamKey.IPV6HINT:
        params.ipv6hint = raw.split(",").map((address) => parseIpv6(address));
        break;
      case SvcParamKey.ECH:
        params.ech = parseBase64(raw);
        break;
      case SvcParamKey.DOHPATH:
        params.dohpath = new TextDecoder("utf-8", { fatal: true }).decode(unescape(raw));
        break;
      default:
        if (raw !== "") throw new SyntaxError(`"${text}" takes no value`);
        if (key === SvcParamKey.OHTTP) params.ohttp = true;
        else params.noDefaultAlpn = true;
    }
  }
  // RFC 9460 §8: each key once, not `mandatory` itself, and those keys must be there.
  for (const [i, key] of (params.mandatory ?? []).entries()) {
    if (key === 0 || !seen.has(key)) throw new SyntaxError(`mandatory key ${key} is not given`);
    if (key === params.mandatory![i - 1]) throw new SyntaxError(`mandatory key ${key} is repeated`);
  }
  if (params.noDefaultAlpn && !params.alpn) throw new SyntaxError("no-default-alpn wants alpn");
  return others.length > 0 ? mergeOthers(params, others) : params;
}

/** Puts parameters in `keyNNN` form where they belong, by way of the wire. */
function mergeOthers(params: SvcParams, others: { key: number; value: Uint8Array }[]): SvcParams {
  const known = others.filter(({ key }) => key <= SvcParamKey.OHTTP);
  const unknown = others.filter(({ key }) => key > SvcParamKey.OHTTP).sort((a, b) => a.key - b.key);
  for (const { key, value } of known) {
    const bytes = Uint8Array.of(0, key, value.length >> 8, value.length, ...value);
    const reader = new WireReader(bytes, 0, 0, bytes.length);
    Object.assign(params, readSvcParams(reader));
    if (!reader.ok) throw new SyntaxError(`the value of key${key} is malformed`);
  }
  if (unknown.length > 0) params.others = unknown;
  return params;
}

function parseBase64(text: string): Uint8Array<ArrayBuffer> {
  if (!/^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text)) {
    throw new SyntaxError(`"${text}" is not base64`);
  }
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

function parseString(token: Token): Uint8Array {
  const bytes = unescape(token.text);
  if (bytes.length > 255) throw new SyntaxError("a string is longer than 255 bytes");
  return bytes;
}

/** Adds the fields of its type to a record. Takes all tokens. */
export function parseData(
  record: Record<string, unknown> & { type: string },
  tokens: Token[],
  origin: string,
): void {
  if (tokens[0]?.text === "\\#" && !tokens[0].isQuoted) {
    const data = parseHex(tokens.slice(2));
    if (tokens[1] === undefined || data.length !== parseNumber(tokens[1].text, 0x1_0000)) {
      throw new SyntaxError("the data is not as long as it says");
    }
    const reader = new WireReader(data, 0, 0, data.length);
    if (!readData(reader, record)) throw new SyntaxError("the data is malformed");
    return;
  }
  if (isOpaque(record.type)) throw new SyntaxError(`${record.type} data must be given as \\#`);
  let next = 0;
  for (const [field, kind] of layoutOf(record.type)) {
    if (kind === "params") {
      record[field] = parseParams(tokens.slice(next));
      next = tokens.length;
      continue;
    }
    const token = tokens[next++] ?? (kind === "bytes" ? { text: "", isQuoted: false } : undefined);
    if (token === undefined) throw new SyntaxError(`${field} is missing`);
    record[field] = parseField(kind, token, tokens, next, origin);
    if (kind === "strings" || kind === "bytes") next = tokens.length;
  }
  if (next < tokens.length) throw new SyntaxError(`"${tokens[next]!.text}" is too much`);
}

function parseField(
  kind: FieldKind,
  token: Token,
  tokens: readonly Token[],
  next: number,
  origin: string,
): unknown {
  switch (kind) {
    case "u8":
      return parseNumber(token.text, 0x100);
    case "u16":
      return parseNumber(token.text, 0x1_0000);
    case "u32":
      return parseNumber(token.text, 0x1_0000_0000);
    case "time": {
      const time = tryParseTime(token.text);
      if (time === undefined) throw new SyntaxError(`"${token.text}" is not a time`);
      return time;
    }
    case "ipv4":
      return parseIpv4(token.text);
    case "ipv6":
      return parseIpv6(token.text);
    case "string":
      return parseString(token);
    case "strings":
      return tokens.slice(next - 1).map(parseString);
    case "tag":
      if (!/^[0-9A-Za-z]+$/.test(token.text)) throw new SyntaxError(`"${token.text}" is not a tag`);
      return token.text;
    case "text":
      return unescape(token.text);
    case "bytes":
      return parseHex(tokens.slice(next - 1));
    default:
      return absoluteName(token, origin);
  }
}
