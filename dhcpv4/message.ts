/**
 * Whole DHCP messages as plain objects (RFC 2131 §2, RFC 2132, RFC 3396).
 *
 * @module
 */
import { Verdict } from "@octet/wire";
import { decodeText, encodeText } from "./_option_kinds.ts";
import { layOutOptions, listOptions, type OptionItem } from "./_option_layout.ts";
import { optionByCode } from "./_option_table.ts";
import { Dhcpv4Frame, dhcpv4HeaderLength, dhcpv4MinimumLength } from "./frame.ts";
import { DhcpOption } from "./option_code.ts";
import { Dhcpv4OptionCursor, overloadFile, overloadSname } from "./options.ts";
import type { Dhcpv4Options, RawOption } from "./option_types.ts";

/** What a message to write must say; what else it may say has defaults. */
export interface Dhcpv4MessageFields {
  /** Who speaks: one of {@linkcode DhcpOp}. */
  readonly op: number;
  /** The transaction id, 32 bits. */
  readonly xid: number;
  /** The client's hardware address, at most 16 bytes. */
  readonly hardwareAddress: Uint8Array;
  /** ARP's hardware type; 1, Ethernet, when absent. */
  readonly hardwareType?: number;
  /** How many relay agents the message came through; 0 when absent. */
  readonly hops?: number;
  /** Seconds since the client began, 0 to 65535; 0 when absent. */
  readonly secs?: number;
  /** The 16 flags; 0 when absent. */
  readonly flags?: number;
  /** The client's address, host order; 0 when absent. */
  readonly ciaddr?: number;
  /** The address the client gets, host order; 0 when absent. */
  readonly yiaddr?: number;
  /** The next server in bootstrap, host order; 0 when absent. */
  readonly siaddr?: number;
  /** The relay agent's address, host order; 0 when absent. */
  readonly giaddr?: number;
  /** The server's name, at most 63 bytes; empty when absent. */
  readonly serverName?: string;
  /** The boot file's name, at most 127 bytes; empty when absent. */
  readonly bootFile?: string;
  /** The options. */
  readonly options: Dhcpv4Options;
}

/**
 * A message that was read. `serverName` and `bootFile` are empty when their fields hold options, or
 * no UTF-8 text that a NUL ends.
 */
export type Dhcpv4Message = Required<Dhcpv4MessageFields>;

/** How to write a message. */
export interface EncodeMessageOptions {
  /** The longest message to write, in bytes, 300 at least; 1472, what fits in an Ethernet frame, when absent. */
  readonly maximumLength?: number;
  /** Codes of options to put before others, in this order. */
  readonly order?: readonly number[];
}

const defaultMaximumLength = 1472;
const noOrder: readonly number[] = [];

/** Malformed values of these make the message unusable; others are passed on as raw options. */
const vital: ReadonlySet<number> = new Set([
  DhcpOption.MessageType,
  DhcpOption.ServerIdentifier,
  DhcpOption.LeaseTime,
  DhcpOption.RequestedAddress,
  DhcpOption.SubnetMask,
]);

function join(pieces: readonly Uint8Array[]): Uint8Array {
  if (pieces.length === 1) return pieces[0]!;
  let length = 0;
  for (const piece of pieces) length += piece.length;
  const whole = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

function readOptions(cursor: Dhcpv4OptionCursor, bytes: Uint8Array): Dhcpv4Options | Verdict {
  const pieces = new Map<number, Uint8Array[]>();
  while (cursor.next()) {
    const piece = bytes.subarray(cursor.valueOffset, cursor.valueEnd);
    const before = pieces.get(cursor.code);
    if (before === undefined) pieces.set(cursor.code, [piece]);
    else before.push(piece);
  }
  if (cursor.verdict !== Verdict.Ok) return cursor.verdict;
  const known: Record<string, unknown> = {};
  const other: RawOption[] = [];
  for (const [code, list] of pieces) {
    const data = join(list);
    const entry = optionByCode.get(code);
    const value = entry?.kind.decode(data, 0, data.length) ?? null;
    if (entry !== undefined && value !== null) known[entry.name] = value;
    else if (vital.has(code)) return Verdict.BadOption;
    else other.push({ code, data: data.slice() });
  }
  if (other.length === 0) return known;
  other.sort((a, b) => a.code - b.code);
  return { ...known, other };
}

function readField(bytes: Uint8Array, offset: number, end: number): string {
  let stop = offset;
  while (stop < end && bytes[stop] !== 0) stop++;
  return stop === end ? "" : decodeText(bytes, offset, stop) ?? "";
}

/**
 * Reads a message. Options that come in several pieces are put together (RFC 3396), those in
 * overloaded fields are found.
 *
 * @example
 * ```ts
 * import { decodeMessage, DhcpMessageType, DhcpOp, encodeMessage } from "@octet/dhcpv4";
 * import { Verdict } from "@octet/wire";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const bytes = encodeMessage({
 *   op: DhcpOp.Request,
 *   xid: 1,
 *   hardwareAddress: Uint8Array.of(2, 0, 0, 0, 0, 1),
 *   options: { messageType: DhcpMessageType.Discover, hostName: "octet" },
 * });
 * const message = decodeMessage(bytes);
 * assert(typeof message === "object" && message.options.hostName === "octet");
 * assertEquals(decodeMessage(bytes, 0, 200), Verdict.Short);
 * ```
 *
 * @param bytes The buffer.
 * @param offset Where the message begins.
 * @param end Where it stops (exclusive).
 * @returns The message, which shares no memory with the buffer, or a {@linkcode Verdict}: `Short`,
 *     `BadValue`, `BadLength` for the header, `BadOption` when an option reaches beyond its field or
 *     a message type, server identifier, lease time, requested address or mask is malformed.
 */
export function decodeMessage(
  bytes: Uint8Array,
  offset: number = 0,
  end: number = bytes.length,
): Dhcpv4Message | Verdict {
  const frame = new Dhcpv4Frame().reset(bytes, offset, end);
  const verdict = frame.validate();
  if (verdict !== Verdict.Ok) return verdict;
  const cursor = new Dhcpv4OptionCursor().resetFrame(frame);
  const options = readOptions(cursor, bytes);
  if (typeof options === "number") return options;
  const address = frame.hardwareAddressOffset;
  const overload = cursor.overload;
  return {
    op: frame.op,
    xid: frame.xid,
    hardwareAddress: bytes.slice(address, address + frame.hardwareLength),
    hardwareType: frame.hardwareType,
    hops: frame.hops,
    secs: frame.secs,
    flags: frame.flags,
    ciaddr: frame.ciaddr,
    yiaddr: frame.yiaddr,
    siaddr: frame.siaddr,
    giaddr: frame.giaddr,
    serverName: (overload & overloadSname) !== 0
      ? ""
      : readField(bytes, frame.snameOffset, frame.snameEnd),
    bootFile: (overload & overloadFile) !== 0
      ? ""
      : readField(bytes, frame.fileOffset, frame.fileEnd),
    options,
  };
}

function checkField(value: number, high: number, name: string): void {
  if (!Number.isInteger(value) || value < 0 || value > high) {
    throw new RangeError(
      `Cannot encode DHCP message as ${name} ${value} is not an integer from 0 to ${high}`,
    );
  }
}

function writeField(bytes: Uint8Array, offset: number, end: number, text: string): void {
  const encoded = encodeText(text, "name field");
  if (encoded.length >= end - offset) {
    throw new RangeError(
      `Cannot encode DHCP message as a name of ${encoded.length} bytes does not fit in ` +
        `${end - offset - 1}`,
    );
  }
  bytes.set(encoded, offset);
}

function writeHeader(message: Dhcpv4MessageFields, frame: Dhcpv4Frame): void {
  const { hardwareAddress, hardwareType = 1, hops = 0, secs = 0, flags = 0 } = message;
  const { ciaddr = 0, yiaddr = 0, siaddr = 0, giaddr = 0 } = message;
  checkField(message.op, 0xff, "op");
  checkField(message.xid, 0xffff_ffff, "xid");
  checkField(hardwareAddress.length, 16, "hardware address length");
  checkField(hardwareType, 0xff, "hardware type");
  checkField(hops, 0xff, "hops");
  checkField(secs, 0xffff, "secs");
  checkField(flags, 0xffff, "flags");
  for (const address of [ciaddr, yiaddr, siaddr, giaddr]) {
    checkField(address, 0xffff_ffff, "address");
  }
  frame.clear();
  frame.op = message.op;
  frame.hardwareType = hardwareType;
  frame.hardwareLength = hardwareAddress.length;
  frame.hops = hops;
  frame.xid = message.xid;
  frame.secs = secs;
  frame.flags = flags;
  frame.ciaddr = ciaddr;
  frame.yiaddr = yiaddr;
  frame.siaddr = siaddr;
  frame.giaddr = giaddr;
  frame.bytes.set(hardwareAddress, frame.hardwareAddressOffset);
  writeField(frame.bytes, frame.snameOffset, frame.snameEnd, message.serverName ?? "");
  writeField(frame.bytes, frame.fileOffset, frame.fileEnd, message.bootFile ?? "");
}

function sortItems(items: OptionItem[], order: readonly number[]): OptionItem[] {
  if (order.length === 0) return items;
  const rank = new Map<number, number>();
  for (const code of order) if (!rank.has(code)) rank.set(code, rank.size);
  const rankOf = (item: OptionItem): number =>
    item.code === DhcpOption.RelayAgentInformation
      ? rank.size + 1
      : rank.get(item.code) ?? rank.size;
  return items.sort((a, b) => rankOf(a) - rankOf(b));
}

/**
 * Writes a message into a buffer: at least 300 bytes, options that do not fit into the options field
 * in the file and sname fields where these are free (RFC 2132 §9.3), values longer than 255 bytes in
 * pieces (RFC 3396).
 *
 * @param message What to write.
 * @param bytes The buffer.
 * @param offset Where the message begins.
 * @param end Where the room ends (exclusive).
 * @param options How to write it.
 * @returns The length in bytes; 0 when it does not fit, and the buffer's content is undefined then.
 * @throws {RangeError} When a number is out of range, or text or a list too long or empty.
 * @throws {SyntaxError} When text is not what the option holds.
 * @throws {TypeError} When `options.other` repeats an option that has a property.
 */
export function writeMessage(
  message: Dhcpv4MessageFields,
  bytes: Uint8Array,
  offset: number,
  end: number,
  options: EncodeMessageOptions = {},
): number {
  const items = sortItems(listOptions(message.options), options.order ?? noOrder);
  const limit = Math.min(end, offset + (options.maximumLength ?? defaultMaximumLength));
  if (limit - offset < dhcpv4MinimumLength) return 0;
  const frame = new Dhcpv4Frame().reset(bytes, offset, limit);
  writeHeader(message, frame);
  const stop = layOutOptions(items, frame, {
    mayUseFile: (message.bootFile ?? "") === "",
    mayUseSname: (message.serverName ?? "") === "",
  });
  if (stop === 0) return 0;
  const length = Math.max(stop - offset, dhcpv4MinimumLength);
  bytes.fill(0, stop, offset + length);
  return length;
}

/**
 * Writes a message into a buffer of its own. See {@linkcode writeMessage}.
 *
 * @example
 * ```ts
 * import { DhcpMessageType, DhcpOp, encodeMessage } from "@octet/dhcpv4";
 * import { assertEquals } from "@std/assert";
 *
 * const bytes = encodeMessage({
 *   op: DhcpOp.Reply,
 *   xid: 0x01020304,
 *   hardwareAddress: Uint8Array.of(2, 0, 0, 0, 0, 1),
 *   yiaddr: 0x0a4d0032,
 *   options: { messageType: DhcpMessageType.Ack, leaseTime: 120 },
 * });
 * assertEquals(bytes.length, 300);
 * assertEquals([...bytes.subarray(240, 250)], [53, 1, 5, 51, 4, 0, 0, 0, 120, 255]);
 * ```
 *
 * @param message What to write.
 * @param options How to write it.
 * @returns The message, at least 300 bytes.
 * @throws {RangeError} When it does not fit, a number is out of range, or text or a list too long or empty.
 * @throws {SyntaxError} When text is not what the option holds.
 * @throws {TypeError} When `options.other` repeats an option that has a property.
 */
export function encodeMessage(
  message: Dhcpv4MessageFields,
  options: EncodeMessageOptions = {},
): Uint8Array {
  const maximumLength = options.maximumLength ?? defaultMaximumLength;
  checkField(maximumLength, 0xffff, "maximum length");
  const bytes = new Uint8Array(Math.max(maximumLength, dhcpv4HeaderLength));
  const length = writeMessage(message, bytes, 0, bytes.length, options);
  if (length === 0) {
    throw new RangeError(
      `Cannot encode DHCP message as it does not fit in ${maximumLength} bytes`,
    );
  }
  return bytes.slice(0, length);
}
