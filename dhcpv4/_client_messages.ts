/**
 * The messages of a client (RFC 2131 §4.4.1, table 5).
 *
 * @module
 */
import { type Dhcpv4ClientOptions, dhcpv4DefaultRequests } from "./client_options.ts";
import { DhcpOp, dhcpv4BroadcastFlag, dhcpv4DefaultMaximumLength } from "./frame.ts";
import type { Dhcpv4Lease } from "./lease.ts";
import { type Dhcpv4MessageFields, encodeMessage } from "./message.ts";
import { DhcpMessageType } from "./option_code.ts";
import type { Dhcpv4Options } from "./option_types.ts";

type Fields = Dhcpv4MessageFields;

/** Makes the messages of one client. */
export interface ClientMessages {
  /** Any servers? `address` is a wish, 0 for none. */
  discover(xid: number, secs: number, address: number): Fields;
  /** SELECTING (with a server) or INIT-REBOOT (server 0). */
  request(xid: number, secs: number, address: number, server: number): Fields;
  /** RENEWING or REBINDING. */
  extend(xid: number, secs: number, address: number): Fields;
  /** The rest of the configuration. */
  inform(xid: number, secs: number, address: number): Fields;
  /** Somebody uses the address. */
  decline(xid: number, lease: Dhcpv4Lease): Fields;
  /** No longer needed. */
  release(xid: number, lease: Dhcpv4Lease): Fields;
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
    discover: (xid, secs, address) => ({
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
    }),
    request: (xid, secs, address, server) => ({
      ...base,
      xid,
      secs,
      flags,
      options: {
        ...wishes,
        messageType: DhcpMessageType.Request,
        requestedAddress: address,
        ...(server === 0 ? {} : { serverIdentifier: server }),
      },
    }),
    extend: (xid, secs, address) => ({
      ...base,
      xid,
      secs,
      ciaddr: address,
      options: { ...wishes, messageType: DhcpMessageType.Request },
    }),
    inform: (xid, secs, address) => ({
      ...base,
      xid,
      secs,
      ciaddr: address,
      options: { ...requests, messageType: DhcpMessageType.Inform },
    }),
    decline: (xid, lease) => ({
      ...base,
      xid,
      options: {
        ...who,
        messageType: DhcpMessageType.Decline,
        requestedAddress: lease.address,
        serverIdentifier: lease.server,
      },
    }),
    release: (xid, lease) => ({
      ...base,
      xid,
      ciaddr: lease.address,
      options: {
        ...who,
        messageType: DhcpMessageType.Release,
        serverIdentifier: lease.server,
      },
    }),
  };
  // What the settings make impossible to write is told here, not when the message is due.
  for (const fields of [messages.discover(0, 0, 1), messages.request(0, 0, 1, 1)]) {
    encodeMessage(fields, { maximumLength: dhcpv4DefaultMaximumLength });
  }
  return messages;
}
