/**
 * TCP options: as a script writes them, as bytes, and back.
 *
 * @module
 */
import { readU16, readU32, writeU16, writeU32 } from "@octet/wire";
import { TcpOption } from "@octet/tcp";
import type { TcpOptionSpec } from "./ast.ts";
import { ScriptSyntaxError, Unsupported } from "./errors.ts";
import type { TokenStream } from "./token_stream.ts";

const md5Type = 19;
const fastOpenType = 34;
const experimentalType = 254;
/** What RFC 7413 §4.1.1's experimental form begins with. */
const fastOpenMagic = [0xf9, 0x89];

/** Reads options up to and with the closing `>`. */
export function parseOptions(stream: TokenStream): TcpOptionSpec[] {
  const options: TcpOptionSpec[] = [];
  do options.push(parseOption(stream)); while (stream.takeIf(","));
  stream.expect(">");
  return options;
}

function parseOption(stream: TokenStream): TcpOptionSpec {
  const { text: name, line } = stream.expectKind("word");
  switch (name) {
    case "nop":
    case "eol":
    case "sackOK":
      return { kind: name };
    case "mss":
    case "wscale":
      return { kind: name, value: stream.integer() };
    case "TS": {
      stream.expect("val");
      const value = stream.integer();
      stream.expect("ecr");
      return { kind: "TS", value, echo: stream.integer() };
    }
    case "sack":
      return parseSack(stream);
    case "md5":
      return { kind: "raw", name, type: md5Type, data: parseHex(stream) };
    case "FO":
      return { kind: "raw", name, type: fastOpenType, data: parseHex(stream) };
    case "FOEXP": {
      const data = [...fastOpenMagic, ...parseHex(stream)];
      return { kind: "raw", name, type: experimentalType, data };
    }
    default:
      throw new Unsupported(`TCP option ${name}`, line);
  }
}

function parseSack(stream: TokenStream): TcpOptionSpec {
  const blocks: [number, number][] = [];
  do {
    const left = stream.integer();
    stream.expect(":");
    blocks.push([left, stream.integer()]);
  } while (stream.next.kind === "integer");
  return { kind: "sack", blocks };
}

function parseHex(stream: TokenStream): number[] {
  const { next } = stream;
  if (next.kind !== "word" && next.kind !== "integer") return [];
  const text = stream.take().text;
  if (/_/.test(text)) throw new Unsupported(`the name ${text}`, next.line);
  if (!/^(?:[0-9a-fA-F]{2})+$/.test(text)) {
    throw new ScriptSyntaxError(
      `Cannot read script as ${text} is not made of hex digits`,
      next.line,
    );
  }
  return text.match(/../g)!.map((pair) => parseInt(pair, 16));
}

/** Writes options as bytes, as they are: alignment is the script's. */
export function encodeOptions(options: readonly TcpOptionSpec[]): Uint8Array {
  const bytes: number[] = [];
  for (const option of options) bytes.push(...encodeOption(option));
  return Uint8Array.from(bytes);
}

function encodeOption(option: TcpOptionSpec): number[] {
  switch (option.kind) {
    case "nop":
      return [TcpOption.Nop];
    case "eol":
      return [TcpOption.End];
    case "sackOK":
      return [TcpOption.SackPermitted, 2];
    case "mss":
      return [TcpOption.Mss, 4, ...bytesOf16(option.value)];
    case "wscale":
      return [TcpOption.WindowScale, 3, option.value];
    case "TS":
      return [TcpOption.Timestamps, 10, ...bytesOf32(option.value), ...bytesOf32(option.echo)];
    case "sack":
      return [
        TcpOption.Sack,
        2 + 8 * option.blocks.length,
        ...option.blocks.flat().flatMap(bytesOf32),
      ];
    case "raw":
      return [option.type, 2 + option.data.length, ...option.data];
  }
}

function bytesOf16(value: number): number[] {
  const bytes = new Uint8Array(2);
  writeU16(bytes, 0, value);
  return [...bytes];
}

function bytesOf32(value: number): number[] {
  const bytes = new Uint8Array(4);
  writeU32(bytes, 0, value);
  return [...bytes];
}

/** Takes the options of a segment apart, padding and all; `null` when a length is wrong. */
export function decodeOptions(
  bytes: Uint8Array,
  start: number,
  end: number,
): TcpOptionSpec[] | null {
  const options: TcpOptionSpec[] = [];
  for (let at = start; at < end;) {
    const type = bytes[at]!;
    if (type === TcpOption.Nop || type === TcpOption.End) {
      options.push({ kind: type === TcpOption.End ? "eol" : "nop" });
      at++;
      continue;
    }
    const length = at + 1 < end ? bytes[at + 1]! : 0;
    if (length < 2 || at + length > end) return null;
    options.push(decodeOption(bytes, at, type, length));
    at += length;
  }
  return options;
}

function decodeOption(bytes: Uint8Array, at: number, type: number, length: number): TcpOptionSpec {
  const data = at + 2;
  if (type === TcpOption.SackPermitted && length === 2) return { kind: "sackOK" };
  if (type === TcpOption.Mss && length === 4) return { kind: "mss", value: readU16(bytes, data) };
  if (type === TcpOption.WindowScale && length === 3) {
    return { kind: "wscale", value: bytes[data]! };
  }
  if (type === TcpOption.Timestamps && length === 10) {
    return { kind: "TS", value: readU32(bytes, data), echo: readU32(bytes, data + 4) };
  }
  if (type === TcpOption.Sack && length % 8 === 2) {
    const blocks: [number, number][] = [];
    for (let edge = data; edge < at + length; edge += 8) {
      blocks.push([readU32(bytes, edge), readU32(bytes, edge + 4)]);
    }
    return { kind: "sack", blocks };
  }
  const name = type === fastOpenType ? "FO" : type === md5Type ? "md5" : `kind-${type}`;
  return { kind: "raw", name, type, data: [...bytes.slice(data, at + length)] };
}

/** An option as a script writes it. */
export function formatOption(option: TcpOptionSpec): string {
  switch (option.kind) {
    case "mss":
    case "wscale":
      return `${option.kind} ${option.value}`;
    case "TS":
      return `TS val ${option.value} ecr ${option.echo}`;
    case "sack":
      return `sack ${option.blocks.map(([left, right]) => `${left}:${right}`).join(" ")}`;
    case "raw":
      return [
        option.name,
        option.data.map((byte) => byte.toString(16).padStart(2, "0")).join(""),
      ].join(" ").trim();
    default:
      return option.kind;
  }
}
