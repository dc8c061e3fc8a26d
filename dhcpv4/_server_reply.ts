/**
 * What a server puts into its answers and where they go (RFC 2131 §4.1, §4.3.1).
 *
 * @module
 */
import {
  DhcpOp,
  dhcpv4BroadcastFlag,
  dhcpv4ClientPort,
  dhcpv4DefaultMaximumLength,
  dhcpv4ServerPort,
} from "./frame.ts";
import { optionByCode } from "./_option_table.ts";
import { type Dhcpv4Message, type Dhcpv4MessageFields, writeMessage } from "./message.ts";
import { DhcpMessageType, DhcpOption } from "./option_code.ts";
import type { Dhcpv4Options } from "./option_types.ts";

const broadcastAddress = 0xffff_ffff;
const headers = 28;
const smallestAcceptable = 576;

/** An answer that waits for its turn. */
export interface Reply {
  /** The message without the options that may be left out. */
  readonly fields: Dhcpv4MessageFields;
  /** Options to add as long as there is room, the dearest first. */
  readonly extras: readonly Dhcpv4Options[];
  /** The codes in the order they are to stand. */
  readonly order: readonly number[];
  /** Where it goes, host order. */
  readonly destination: number;
  /** The port there. */
  readonly port: number;
  /** The longest message the receiver takes, in bytes. */
  readonly maximumLength: number;
}

const first: readonly number[] = [
  DhcpOption.MessageType,
  DhcpOption.ServerIdentifier,
  DhcpOption.LeaseTime,
  DhcpOption.RenewalTime,
  DhcpOption.RebindingTime,
  DhcpOption.SubnetMask,
];

/** What the relay agent wrote goes back to it as it is (RFC 3046 §2.2); what the client calls itself goes back to it (RFC 6842). */
function echoes(message: Dhcpv4Message): Dhcpv4Options {
  const { clientIdentifier, relayAgentInformation, other } = message.options;
  const raw = other?.filter((option) => option.code === DhcpOption.RelayAgentInformation) ?? [];
  return {
    ...(clientIdentifier === undefined ? {} : { clientIdentifier }),
    ...(relayAgentInformation === undefined ? {} : { relayAgentInformation }),
    ...(raw.length === 0 ? {} : { other: raw }),
  };
}

/** The options the client asks for, in its order; all there are when it asks for none. */
function select(message: Dhcpv4Message, available: Dhcpv4Options): Dhcpv4Options[] {
  const requested = message.options.parameterRequestList;
  const { other = [], ...known } = available;
  const extras: Dhcpv4Options[] = [];
  if (requested === undefined) {
    for (const [name, value] of Object.entries(known)) {
      if (value !== undefined) extras.push({ [name]: value });
    }
    for (const option of other) extras.push({ other: [option] });
    return extras;
  }
  for (const code of new Set(requested)) {
    const name = optionByCode.get(code)?.name;
    const value = name === undefined ? undefined : available[name];
    if (name !== undefined && value !== undefined) extras.push({ [name]: value });
    for (const option of other) if (option.code === code) extras.push({ other: [option] });
  }
  return extras;
}

function merge(parts: readonly Dhcpv4Options[]): Dhcpv4Options {
  const other = parts.flatMap((part) => part.other ?? []);
  const merged = Object.assign({}, ...parts) as Dhcpv4Options;
  return other.length === 0 ? merged : { ...merged, other };
}

/** What an answer says beyond what the question said. */
export interface ReplyContent {
  /** The address given, host order; 0 for none. */
  readonly yiaddr: number;
  /** The next server, host order; 0 for none. */
  readonly siaddr: number;
  /** The next server's name. */
  readonly serverName: string;
  /** The boot file's name. */
  readonly bootFile: string;
  /** Options that are always there. */
  readonly options: Dhcpv4Options;
  /** Options that are there when asked for. */
  readonly available: Dhcpv4Options;
}

/**
 * Makes the answer to a message.
 *
 * @param message What was asked.
 * @param content What to say.
 * @param mtu The longest datagram to send, in bytes.
 */
export function makeReply(message: Dhcpv4Message, content: ReplyContent, mtu: number): Reply {
  const isNak = content.options.messageType === DhcpMessageType.Nak;
  const { giaddr, ciaddr } = message;
  const isRelayed = giaddr !== 0;
  // RFC 2131 §4.1; a client without an address is reached by broadcast, as it cannot answer ARP.
  const destination = isRelayed ? giaddr : ciaddr !== 0 && !isNak ? ciaddr : broadcastAddress;
  // RFC 2131 §4.3.2: the relay agent shall broadcast a DHCPNAK.
  const flags = isRelayed && isNak ? message.flags | dhcpv4BroadcastFlag : message.flags;
  const asked = message.options.maximumMessageSize ?? 0;
  const accepted = asked >= smallestAcceptable ? asked - headers : dhcpv4DefaultMaximumLength;
  return {
    fields: {
      op: DhcpOp.Reply,
      xid: message.xid,
      hardwareType: message.hardwareType,
      hardwareAddress: message.hardwareAddress,
      flags,
      // RFC 2131 table 3: a DHCPACK repeats ciaddr, others have 0.
      ciaddr: content.options.messageType === DhcpMessageType.Ack ? ciaddr : 0,
      yiaddr: content.yiaddr,
      siaddr: content.siaddr,
      giaddr,
      serverName: content.serverName,
      bootFile: content.bootFile,
      options: merge([content.options, echoes(message)]),
    },
    extras: isNak ? [] : select(message, content.available),
    order: [...first, ...message.options.parameterRequestList ?? []],
    destination,
    port: isRelayed ? dhcpv4ServerPort : dhcpv4ClientPort,
    maximumLength: Math.min(accepted, mtu - headers),
  };
}

/**
 * Writes an answer with as many of its extras as fit.
 *
 * @returns The length in bytes, 0 when not even the bare message fits.
 */
export function writeReply(reply: Reply, bytes: Uint8Array, offset: number): number {
  const { fields, extras, order, maximumLength } = reply;
  for (let count = extras.length; count >= 0; count--) {
    const options = merge([...extras.slice(0, count), fields.options]);
    const length = writeMessage({ ...fields, options }, bytes, offset, bytes.length, {
      maximumLength,
      order,
    });
    if (length !== 0) return length;
  }
  return 0;
}
