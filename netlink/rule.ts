/**
 * Rules of policy routing, which say what table a packet is looked up in: `struct fib_rule_hdr` and
 * its attributes (`linux/fib_rules.h`).
 *
 * @module
 */
import { AddressFamily, familyOf, formatAddressBytes, parsePrefixBytes } from "./address_bytes.ts";
import { AttributeCursor } from "./attribute.ts";
import { readHost32 } from "./host_order.ts";
import { NetlinkFlag, type NetlinkMessage, NetlinkType } from "./message.ts";
import { mainTable } from "./route_constants.ts";
import type { MessageWriter } from "./writer.ts";

/** Attributes of a rule. */
export const RuleAttribute = {
  /** The destination prefix's address. */
  Destination: 1,
  /** The source prefix's address. */
  Source: 2,
  /** The name of the incoming link. */
  InName: 3,
  /** The priority of the rule to go on with. */
  Goto: 4,
  /** The priority: the lowest comes first. */
  Priority: 6,
  /** The packet's mark. */
  Mark: 10,
  /** The routing table, 32 bits wide. */
  Table: 15,
  /** Which bits of the mark count. */
  Mask: 16,
  /** The name of the outgoing link. */
  OutName: 17,
  /** Who made it. */
  Origin: 21,
} as const;

/** What a rule does (`FR_ACT_…`). */
export const RuleAction = {
  /** Looks the packet up in a table. */
  Table: 1,
  /** Goes on with another rule. */
  Goto: 2,
  /** Nothing. */
  Nop: 3,
  /** Drops in silence. */
  Blackhole: 6,
  /** Answers with ICMP unreachable. */
  Unreachable: 7,
  /** Answers with ICMP "administratively prohibited". */
  Prohibit: 8,
} as const;

/** A rule as the kernel describes it. */
export interface Rule {
  /** 4 or 6. */
  readonly version: 4 | 6;
  /** The priority: the lowest comes first. */
  readonly priority: number;
  /** What it does, see {@linkcode RuleAction}. */
  readonly action: number;
  /** The table that it looks in. */
  readonly table: number;
  /** The prefix that a packet's source must be in; absent for any. */
  readonly source?: string;
  /** The prefix that a packet's destination must be in; absent for any. */
  readonly destination?: string;
  /** The link that a packet must have come in by. */
  readonly inName?: string;
  /** The link that a packet must leave by. */
  readonly outName?: string;
  /** The mark that a packet must have. */
  readonly mark?: number;
  /** Which bits of the mark count. */
  readonly mask?: number;
  /** The priority of the rule to go on with. */
  readonly goto?: number;
  /** Flags: 0x2 turns the match round. */
  readonly flags: number;
  /** Who made it, as in {@linkcode RouteOrigin}. */
  readonly origin: number;
}

/** What a rule to be added or removed is like. */
export interface RuleOptions {
  /** The priority; the kernel chooses one when absent. */
  readonly priority?: number;
  /** What it does, see {@linkcode RuleAction}; `Table` by default. */
  readonly action?: number;
  /** The table that it looks in, the main one by default. */
  readonly table?: number;
  /** The prefix that a packet's source must be in. */
  readonly source?: string;
  /** The prefix that a packet's destination must be in. */
  readonly destination?: string;
  /** The link that a packet must have come in by. */
  readonly inName?: string;
  /** The link that a packet must leave by. */
  readonly outName?: string;
  /** The mark that a packet must have. */
  readonly mark?: number;
  /** Which bits of the mark count. */
  readonly mask?: number;
  /** The version when neither prefix says it; 4 by default. */
  readonly version?: 4 | 6;
}

const headerLength = 12;

/**
 * Reads a message of type {@linkcode NetlinkType}`.NewRule` or `DeleteRule`.
 *
 * @param message A message that {@linkcode NetlinkMessage.validate} found well formed.
 * @returns The rule, or `undefined` when the payload is malformed or of another family than IP.
 */
export function decodeRule(message: NetlinkMessage): Rule | undefined {
  const { bytes, payloadOffset: at, payloadEnd: end } = message;
  if (end - at < headerLength) return undefined;
  const family = bytes[at]!;
  if (family !== AddressFamily.Inet && family !== AddressFamily.Inet6) return undefined;
  const found: { -readonly [K in keyof Rule]: Rule[K] } = {
    version: family === AddressFamily.Inet ? 4 : 6,
    priority: 0,
    action: bytes[at + 7]!,
    table: bytes[at + 4]!,
    flags: readHost32(bytes, at + 8),
    origin: 0,
  };
  const attributes = new AttributeCursor().reset(bytes, at + headerLength, end);
  while (attributes.next()) {
    const { type, valueOffset, valueEnd } = attributes;
    switch (type) {
      case RuleAttribute.Destination:
      case RuleAttribute.Source: {
        const address = formatAddressBytes(bytes, valueOffset, valueEnd);
        if (address === "") return undefined;
        if (type === RuleAttribute.Source) found.source = `${address}/${bytes[at + 2]!}`;
        else found.destination = `${address}/${bytes[at + 1]!}`;
        break;
      }
      case RuleAttribute.InName:
        found.inName = attributes.text();
        break;
      case RuleAttribute.OutName:
        found.outName = attributes.text();
        break;
      case RuleAttribute.Goto:
        found.goto = attributes.u32();
        break;
      case RuleAttribute.Priority:
        found.priority = attributes.u32();
        break;
      case RuleAttribute.Mark:
        found.mark = attributes.u32();
        break;
      case RuleAttribute.Mask:
        found.mask = attributes.u32();
        break;
      case RuleAttribute.Table:
        found.table = attributes.u32();
        break;
      case RuleAttribute.Origin:
        found.origin = attributes.u8();
        break;
    }
  }
  return attributes.verdict === 0 ? found : undefined;
}

/** Writes the request for all rules of both versions, or of one. */
export function writeGetRules(writer: MessageWriter, version?: 4 | 6): void {
  const header = new Uint8Array(headerLength);
  header[0] = familyOf(version);
  writer.begin(NetlinkType.GetRule, NetlinkFlag.Request | NetlinkFlag.Dump, 0).bytes(header);
}

function writeRule(writer: MessageWriter, type: number, flags: number, rule: RuleOptions): void {
  const source = rule.source === undefined ? undefined : parsePrefixBytes(rule.source);
  const destination = rule.destination === undefined
    ? undefined
    : parsePrefixBytes(rule.destination);
  const header = new Uint8Array(headerLength);
  header[0] = source?.family ?? destination?.family ?? familyOf(rule.version ?? 4);
  if (source !== undefined && destination !== undefined && source.family !== destination.family) {
    throw new TypeError(
      `Cannot write a rule as ${rule.source} and ${rule.destination} are of two versions of IP`,
    );
  }
  header[1] = destination?.length ?? 0;
  header[2] = source?.length ?? 0;
  const table = rule.table ?? mainTable;
  header[4] = table < 256 ? table : 0;
  header[7] = rule.action ?? RuleAction.Table;
  writer.begin(type, NetlinkFlag.Request | NetlinkFlag.Ack | flags, 0).bytes(header);
  if (destination !== undefined) writer.attribute(RuleAttribute.Destination, destination.bytes);
  if (source !== undefined) writer.attribute(RuleAttribute.Source, source.bytes);
  if (rule.inName !== undefined) writer.text(RuleAttribute.InName, rule.inName);
  if (rule.outName !== undefined) writer.text(RuleAttribute.OutName, rule.outName);
  if (rule.priority !== undefined) writer.u32(RuleAttribute.Priority, rule.priority);
  if (rule.mark !== undefined) writer.u32(RuleAttribute.Mark, rule.mark);
  if (rule.mask !== undefined) writer.u32(RuleAttribute.Mask, rule.mask);
  if (table > 255) writer.u32(RuleAttribute.Table, table);
}

/**
 * Writes the request to add a rule.
 *
 * @throws {SyntaxError} When a prefix is not one.
 * @throws {TypeError} When the prefixes are of two versions of IP.
 */
export function writeNewRule(writer: MessageWriter, rule: RuleOptions): void {
  writeRule(writer, NetlinkType.NewRule, NetlinkFlag.Create | NetlinkFlag.Exclusive, rule);
}

/**
 * Writes the request to remove a rule.
 *
 * @throws {SyntaxError} When a prefix is not one.
 * @throws {TypeError} When the prefixes are of two versions of IP.
 */
export function writeDeleteRule(writer: MessageWriter, rule: RuleOptions): void {
  writeRule(writer, NetlinkType.DeleteRule, 0, rule);
}
