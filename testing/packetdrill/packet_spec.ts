/**
 * Whether a segment that was sent is the one that the script expects.
 *
 * @module
 */
import { TcpFlag } from "@octet/tcp";
import type { TcpOptionSpec, TcpPacket } from "./ast.ts";
import type { RunConfig } from "./config.ts";
import { Mismatch } from "./errors.ts";
import type { Flow } from "./flow.ts";
import { formatOption } from "./options.ts";
import { flagLetters } from "./packet_parser.ts";
import { firstDifference } from "./payload.ts";
import type { SentSegment } from "./wire.ts";

/** What a comparison leaves to be said although the packet passes. */
export interface MatchNotes {
  /** Whether PSH is not as the script has it. */
  readonly pushDiffers: boolean;
}

/**
 * Compares a segment with what the script expects.
 *
 * @throws {Mismatch} When they differ.
 */
export function matchSegment(
  packet: TcpPacket,
  sent: SentSegment,
  flow: Flow,
  config: RunConfig,
  microseconds: number,
): MatchNotes {
  const wanted = formatPacket(packet);
  const got = translate(sent, flow);
  const timestamp = learnTimestamp(packet, sent, flow);
  const shown = formatPacket(withTimestamp(got, flow, timestamp !== undefined));
  const fail = (what: string): never => {
    throw new Mismatch(what, wanted, shown);
  };
  const ignoredFlags = config.strictPush ? 0 : TcpFlag.Psh;
  const differing = packet.flags ^ sent.flags;
  if ((differing & ~ignoredFlags) !== 0) fail("flags differ");
  if (got.sequence.start !== packet.sequence.start >>> 0) fail("sequence numbers differ");
  if (sent.payload.length !== packet.sequence.length) fail("lengths differ");
  if ((sent.flags & TcpFlag.Ack) !== 0 && got.ack !== packet.ack >>> 0) {
    fail("acknowledgement numbers differ");
  }
  if (packet.window !== undefined && sent.window !== packet.window) fail("windows differ");
  if (sent.urgentPointer !== packet.urgentPointer) fail("urgent pointers differ");
  if (packet.options !== undefined) {
    compareOptions(packet.options, got.options ?? [], fail);
    checkTimestamp(timestamp, flow, config, microseconds, fail);
  }
  compareIp(packet, sent, fail);
  const isSyn = (sent.flags & TcpFlag.Syn) !== 0;
  const difference = firstDifference(sent.payload, isSyn ? 0 : got.sequence.start - 1);
  if (difference >= 0) fail(`byte ${difference} of the payload differs`);
  return { pushDiffers: (differing & TcpFlag.Psh) !== 0 };
}

/** A segment with the numbers of the script. */
export function translate(sent: SentSegment, flow: Flow): TcpPacket {
  const isSyn = (sent.flags & TcpFlag.Syn) !== 0;
  const remote = flow.remoteOffset(isSyn);
  const options = (sent.options ?? []).map((option): TcpOptionSpec =>
    option.kind !== "sack" ? option : {
      kind: "sack",
      blocks: option.blocks.map(([left, right]) =>
        [(left - remote) >>> 0, (right - remote) >>> 0] as const
      ),
    }
  );
  const ecn = sent.trafficClass & 3;
  // A reset that answers a segment without ACK begins at 0, in nobody's counting.
  const isBareReset = sent.sequence === 0 && (sent.flags & TcpFlag.Rst) !== 0;
  return {
    kind: "tcp",
    direction: "out",
    ip: ecn === 0 ? {} : { ecn },
    flags: sent.flags,
    sequence: {
      start: isBareReset ? 0 : (sent.sequence - flow.localOffset(isSyn)) >>> 0,
      length: sent.payload.length,
    },
    ack: (sent.flags & TcpFlag.Ack) === 0 ? 0 : (sent.ack - remote) >>> 0,
    window: sent.window,
    urgentPointer: sent.urgentPointer,
    options,
  };
}

interface Timestamp {
  readonly script: number;
  readonly live: number;
}

function learnTimestamp(packet: TcpPacket, sent: SentSegment, flow: Flow): Timestamp | undefined {
  const wanted = packet.options?.find((option) => option.kind === "TS");
  const got = sent.options?.find((option) => option.kind === "TS");
  if (wanted === undefined || got === undefined) return undefined;
  flow.sawTimestamp(wanted.value >>> 0, got.value);
  return { script: wanted.value >>> 0, live: got.value };
}

function withTimestamp(packet: TcpPacket, flow: Flow, isKnown: boolean): TcpPacket {
  if (!isKnown) return packet;
  const options = packet.options!.map((option) =>
    option.kind === "TS" ? { ...option, value: flow.timestampToScript(option.value) } : option
  );
  return { ...packet, options };
}

function checkTimestamp(
  timestamp: Timestamp | undefined,
  flow: Flow,
  config: RunConfig,
  microseconds: number,
  fail: (what: string) => never,
): void {
  if (timestamp === undefined || config.timestampTick === 0) return;
  const off = Math.abs((flow.timestampToScript(timestamp.live) - timestamp.script) | 0);
  const tolerance = Math.max(
    config.toleranceMicroseconds,
    (microseconds * config.tolerancePercent) / 100,
  );
  if (off * config.timestampTick > tolerance) fail("timestamps differ");
}

function compareOptions(
  wanted: readonly TcpOptionSpec[],
  got: readonly TcpOptionSpec[],
  fail: (what: string) => never,
): void {
  const same = wanted.length === got.length &&
    wanted.every((option, i) => isSameOption(option, got[i]!));
  if (!same) fail("TCP options differ");
}

function isSameOption(wanted: TcpOptionSpec, got: TcpOptionSpec): boolean {
  if (wanted.kind === "TS" && got.kind === "TS") return wanted.echo >>> 0 === got.echo;
  return formatOption(wanted) === formatOption(got);
}

function compareIp(packet: TcpPacket, sent: SentSegment, fail: (what: string) => never): void {
  const { ecn, tos, ttl } = packet.ip;
  const mark = sent.trafficClass & 3;
  const isEct = mark === 1 || mark === 2;
  if (ecn === "ect01" ? !isEct : ecn !== undefined && ecn !== mark) fail("ECN marks differ");
  if (tos !== undefined && tos !== sent.trafficClass) fail("types of service differ");
  if (ttl !== undefined && ttl !== sent.timeToLive) fail("times to live differ");
}

const ecnNames = ["noecn", "ect1", "ect0", "ce"] as const;

/** A segment as a script writes it. */
export function formatPacket(packet: TcpPacket): string {
  const { ip, flags, ace, sequence, window, urgentPointer, options } = packet;
  const parts: string[] = [packet.direction === "out" ? ">" : "<"];
  if (ip.ecn !== undefined) parts.push(`[${ip.ecn === "ect01" ? ip.ecn : ecnNames[ip.ecn]}]`);
  if (ip.tos !== undefined) parts.push(`[tos 0x${ip.tos.toString(16)}]`);
  if (ip.ttl !== undefined) parts.push(`[ttl ${ip.ttl}]`);
  const ports = packet.ports;
  if (ports !== undefined) parts.push(`${ports[0]} > ${ports[1]}`);
  const aceBits = ace === undefined ? 0 : 0x1c0;
  const letters = flagLetters.filter(([, bit]) => (flags & ~aceBits & bit) !== 0);
  // As scripts have it: the dot of ACK comes last.
  const text = letters.map(([letter]) => letter).filter((letter) => letter !== ".").join("") +
    (letters.some(([letter]) => letter === ".") ? "." : "") + (ace ?? "");
  parts.push(text === "" ? "-" : text);
  parts.push(`${sequence.start}:${(sequence.start + sequence.length) >>> 0}(${sequence.length})`);
  if ((flags & TcpFlag.Ack) !== 0) parts.push(`ack ${packet.ack}`);
  if (window !== undefined) parts.push(`win ${window}`);
  if (urgentPointer !== 0) parts.push(`urg ${urgentPointer}`);
  if (options === undefined) parts.push("<...>");
  else if (options.length > 0) parts.push(`<${options.map(formatOption).join(",")}>`);
  return parts.join(" ");
}
