/**
 * The messages of a client (RFC 2131 §4.4.1, table 5).
 *
 * @module
 */
import {
  type Dhcpv4ClientOptions,
  Dhcpv4ClientState,
  type Dhcpv4ClientTiming,
  dhcpv4DefaultRequests,
} from "./client_options.ts";
import { DhcpOp, dhcpv4BroadcastFlag, dhcpv4DefaultMaximumLength } from "./frame.ts";
import type { Dhcpv4Lease } from "./lease.ts";
import { type Dhcpv4MessageFields, encodeMessage } from "./message.ts";
import { DhcpMessageType } from "./option_code.ts";
import type { Dhcpv4Options } from "./option_types.ts";

const State = Dhcpv4ClientState;
const broadcastAddress = 0xffff_ffff;

type Fields = Dhcpv4MessageFields;

/** A message that is sent once and not answered. */
export interface Farewell {
  /** The message. */
  readonly fields: Fields;
  /** Where it leaves from, host order. */
  readonly source: number;
  /** Where it goes, host order. */
  readonly destination: number;
  /** Whether the client stops after it. */
  readonly isLast: boolean;
}

/** Makes the messages of one client. */
export interface ClientMessages {
  /** The message of a state in which the client waits for an answer; only REQUESTING looks at the server. */
  compose(
    state: Dhcpv4ClientState,
    xid: number,
    secs: number,
    address: number,
    server: number,
  ): Fields;
  /** Somebody uses the address. */
  decline(xid: number, lease: Dhcpv4Lease): Farewell;
  /** No longer needed. */
  release(xid: number, lease: Dhcpv4Lease): Farewell;
}

/** The wait after the nth transmission, without its random part: doubling up to the limit (RFC 2131 §4.1). */
export function retransmissionBase(timing: Required<Dhcpv4ClientTiming>, count: number): number {
  return Math.min(timing.retransmission * 2 ** (count - 1), timing.maximumRetransmission);
}

/**
 * Prepares what all messages of a client have in common.
 *
 * @throws {RangeError} When an option cannot be written or the longest message has no room.
 */
export function makeClientMessages(
  settings: Dhcpv4ClientOptions,
  identifier: Uint8Array | null,
): ClientMessages {
  const hardwareAddress = new Uint8Array(6);
  settings.hardwareAddress.writeTo(hardwareAddress, 0);
  const flags = settings.broadcast ?? true ? dhcpv4BroadcastFlag : 0;
  const who: Dhcpv4Options = identifier === null ? {} : { clientIdentifier: identifier };
  const requests: Dhcpv4Options = {
    ...settings.options,
    ...who,
    ...(settings.hostName === undefined ? {} : { hostName: settings.hostName }),
    parameterRequestList: settings.parameterRequestList ?? dhcpv4DefaultRequests,
    maximumMessageSize: settings.maximumMessageSize ?? 1500,
  };
  const wishes: Dhcpv4Options = settings.leaseSeconds === undefined
    ? requests
    : { ...requests, leaseTime: settings.leaseSeconds };
  const rapid: Dhcpv4Options = settings.rapidCommit ?? true ? { rapidCommit: true } : {};
  const base = { op: DhcpOp.Request, hardwareAddress };

  const messages: ClientMessages = {
    compose(state, xid, secs, address, server) {
      switch (state) {
        case State.Requesting:
        case State.Rebooting:
          return {
            ...base,
            xid,
            secs,
            flags,
            options: {
              ...wishes,
              messageType: DhcpMessageType.Request,
              requestedAddress: address,
              ...(state === State.Requesting ? { serverIdentifier: server } : {}),
            },
          };
        case State.Renewing:
        case State.Rebinding: {
          const options = { ...wishes, messageType: DhcpMessageType.Request };
          return { ...base, xid, secs, ciaddr: address, options };
        }
        case State.Informing: {
          const options = { ...requests, messageType: DhcpMessageType.Inform };
          return { ...base, xid, secs, ciaddr: address, options };
        }
        default:
          return {
            ...base,
            xid,
            secs,
            flags,
            options: {
              ...wishes,
              ...rapid,
              messageType: DhcpMessageType.Discover,
              ...(address === 0 ? {} : { requestedAddress: address }),
            },
          };
      }
    },
    decline: (xid, lease) => ({
      fields: {
        ...base,
        xid,
        options: {
          ...who,
          messageType: DhcpMessageType.Decline,
          requestedAddress: lease.address,
          serverIdentifier: lease.server,
        },
      },
      source: 0,
      destination: broadcastAddress,
      isLast: false,
    }),
    release: (xid, lease) => ({
      fields: {
        ...base,
        xid,
        ciaddr: lease.address,
        options: {
          ...who,
          messageType: DhcpMessageType.Release,
          serverIdentifier: lease.server,
        },
      },
      source: lease.address,
      destination: lease.server,
      isLast: true,
    }),
  };
  // What the settings make impossible to write is told here, not when the message is due.
  for (const state of [State.Selecting, State.Requesting]) {
    encodeMessage(messages.compose(state, 0, 0, 1, 1), {
      maximumLength: dhcpv4DefaultMaximumLength,
    });
  }
  return messages;
}
