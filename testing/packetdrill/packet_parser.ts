/**
 * Reads packets: TCP segments and ICMP messages.
 *
 * @module
 */
import type { IcmpPacket, IpInfo, SequenceRange, TcpOptionSpec, TcpPacket } from "./ast.ts";
import { ScriptSyntaxError, Unsupported } from "./errors.ts";
import { parseOptions } from "./options.ts";
import type { TokenStream } from "./token_stream.ts";

/** The letters of the flags; bit 8 is AE (RFC 9768), once NS. */
export const flagLetters: readonly (readonly [string, number])[] = [
  ["F", 0x01],
  ["S", 0x02],
  ["R", 0x04],
  ["P", 0x08],
  [".", 0x10],
  ["U", 0x20],
  ["E", 0x40],
  ["W", 0x80],
  ["A", 0x100],
];

/** The two ECN bits of the IP header (RFC 3168 §5). */
const ecnMarks: Readonly<Record<string, number | "ect01">> = {
  noecn: 0,
  ect1: 1,
  ect0: 2,
  ce: 3,
  ect01: "ect01",
};

/** Reads a packet, from its direction on. */
export function parsePacket(stream: TokenStream): TcpPacket | IcmpPacket {
  const { line } = stream.next;
  const direction = stream.take().text === "<" ? "in" : "out";
  for (const header of ["ipv4", "ipv6", "gre", "GREv0", "mpls"]) {
    if (stream.is(header)) throw new Unsupported(`${header} encapsulation`, line);
  }
  const ip = parseIpInfo(stream);
  if (stream.is("udp")) throw new Unsupported("UDP", line);
  if (stream.takeIf("icmp")) return parseIcmp(stream, direction, ip);
  const ports = parsePorts(stream);
  const { flags, ace } = parseFlags(stream);
  const sequence = parseSequence(stream);
  const ack = stream.takeIf("ack") ? stream.integer() : 0;
  const window = stream.takeIf("win") ? stream.integer() : undefined;
  const urgentPointer = stream.takeIf("urg") ? stream.integer() : 0;
  const options = parseOptionList(stream, direction);
  if (direction === "in" && window === undefined) {
    throw new ScriptSyntaxError("Cannot read script as a packet to inject names no window", line);
  }
  return {
    kind: "tcp",
    direction,
    ip,
    flags,
    sequence,
    ack,
    urgentPointer,
    ...(ace === undefined ? {} : { ace }),
    ...(ports === undefined ? {} : { ports }),
    ...(window === undefined ? {} : { window }),
    ...(options === undefined ? {} : { options }),
  };
}

function parseIpInfo(stream: TokenStream): IpInfo {
  const isBracket = stream.is("[");
  if (!isBracket && !stream.is("(")) return {};
  const { line } = stream.take();
  let info: IpInfo = {};
  do {
    const name = stream.expectKind("word").text;
    const ecn = ecnMarks[name];
    if (ecn !== undefined) info = { ...info, ecn };
    else if (name === "tos") info = { ...info, tos: stream.integer() };
    else if (name === "ttl") info = { ...info, ttl: stream.integer() };
    else if (name === "flowlabel") throw new Unsupported("IPv6 flow labels", line);
    else throw new Unsupported(`IP field ${name}`, line);
  } while (stream.takeIf(","));
  stream.expect(isBracket ? "]" : ")");
  return info;
}

function parsePorts(stream: TokenStream): readonly [number, number] | undefined {
  if (stream.next.kind !== "integer" || stream.second.text !== ">") return undefined;
  const source = stream.integer();
  stream.expect(">");
  return [source, stream.integer()];
}

/** Letters and a dot; the dot may be followed by the digit of AccECN's counter. */
function parseFlags(stream: TokenStream): { flags: number; ace?: number } {
  if (stream.takeIf("-")) return { flags: 0 };
  let flags = 0;
  if (stream.next.kind === "word") {
    const { text, line } = stream.take();
    for (const letter of text) {
      const entry = flagLetters.find(([name]) => name === letter);
      if (entry === undefined) {
        throw new ScriptSyntaxError(`Cannot read script as there is no TCP flag ${letter}`, line);
      }
      flags |= entry[1];
    }
    if (stream.takeIf(".")) return { flags: flags | 0x10 };
    if (!isFloat(stream)) return { flags };
  } else if (stream.takeIf(".")) {
    return { flags: 0x10 };
  }
  if (!isFloat(stream)) stream.fail("TCP flags");
  const { text } = stream.take();
  const ace = Number(text.slice(1));
  flags |= 0x10 | (ace & 4 ? 0x100 : 0) | (ace & 2 ? 0x80 : 0) | (ace & 1 ? 0x40 : 0);
  return { flags, ace };
}

function isFloat(stream: TokenStream): boolean {
  return stream.next.kind === "float";
}

function parseSequence(stream: TokenStream): SequenceRange {
  const { line } = stream.next;
  const start = stream.integer();
  stream.expect(":");
  const end = stream.integer();
  stream.expect("(");
  const length = stream.integer();
  stream.expect(")");
  if (end >>> 0 !== (start + length) >>> 0) {
    throw new ScriptSyntaxError(
      `Cannot read script as ${start}:${end} is not ${length} bytes long`,
      line,
    );
  }
  return { start, length };
}

function parseOptionList(
  stream: TokenStream,
  direction: "in" | "out",
): TcpOptionSpec[] | undefined {
  if (!stream.is("<")) return [];
  const { line } = stream.take();
  if (!stream.takeIf("...")) return parseOptions(stream);
  stream.expect(">");
  if (direction === "in") {
    throw new ScriptSyntaxError(
      "Cannot read script as only what is sent may have any options",
      line,
    );
  }
  return undefined;
}

function parseIcmp(stream: TokenStream, direction: "in" | "out", ip: IpInfo): IcmpPacket {
  const type = stream.expectKind("word").text;
  const hasCode = stream.next.kind === "word" && !stream.is("mtu") && !stream.is("id");
  const code = hasCode ? stream.take().text : "";
  const mtu = stream.takeIf("mtu") ? stream.integer() : 0;
  const identifier = stream.takeIf("id") ? stream.integer() : 0;
  let quoted: SequenceRange = { start: 0, length: 0 };
  if (stream.takeIf("[")) {
    if (stream.next.kind === "word") {
      throw new Unsupported(`ICMP that quotes ${stream.next.text}`, stream.next.line);
    }
    quoted = parseSequence(stream);
    stream.expect("]");
  }
  return { kind: "icmp", direction, ip, type, code, mtu, identifier, quoted };
}
