/**
 * A server's settings, checked and looked up: which pool serves a link, which host a message is from.
 *
 * @module
 */
import { formatIpv4 } from "@octet/netip/ipv4";
import { Ipv4Prefix } from "@octet/netip/ipv4-prefix";
import { LeaseRange } from "./_lease_table.ts";
import { DhcpOp } from "./frame.ts";
import { dhcpv4InfiniteLease } from "./lease.ts";
import { type Dhcpv4Message, encodeMessage } from "./message.ts";
import { RelayAgentOption } from "./option_code.ts";
import type { Dhcpv4Options } from "./option_types.ts";
import type { Dhcpv4Host, Dhcpv4Pool, Dhcpv4ServerOptions } from "./server_options.ts";

const largestRange = 2 ** 20;
const longestMessage = 0xffff;

/** A pool ready for use. */
export interface Subnet {
  /** The subnet. */
  readonly prefix: Ipv4Prefix;
  /** The addresses to give. */
  readonly range: LeaseRange;
  /** The pool's settings. */
  readonly pool: Dhcpv4Pool;
}

/** Throws unless options can be written. */
function tryOut(options: Dhcpv4Options): void {
  encodeMessage({ op: DhcpOp.Reply, xid: 0, hardwareAddress: new Uint8Array(6), options }, {
    maximumLength: longestMessage,
  });
}

function checkSeconds(seconds: number | undefined, what: string): void {
  if (seconds === undefined) return;
  if (!Number.isInteger(seconds) || seconds < 1 || seconds > dhcpv4InfiniteLease) {
    throw new RangeError(
      `Cannot make DHCP server as ${what} ${seconds} is not an integer from 1 to 2^32 - 1`,
    );
  }
}

function makeSubnet(pool: Dhcpv4Pool): Subnet {
  const prefix = new Ipv4Prefix(pool.first, pool.prefixLength);
  const { first, last } = pool;
  if (!Number.isInteger(last) || last < first || last - first >= largestRange) {
    throw new RangeError(`Cannot make DHCP server as a pool of ${last - first + 1} is no range`);
  }
  if (first < prefix.firstHost || last > prefix.lastHost || pool.prefixLength === 0) {
    throw new RangeError(
      `Cannot make DHCP server as ${formatIpv4(first)} to ${formatIpv4(last)} are not all hosts ` +
        `of ${prefix}`,
    );
  }
  checkSeconds(pool.leaseSeconds, "lease time");
  tryOut(pool.options ?? {});
  return { prefix, range: new LeaseRange(first, last), pool };
}

/**
 * Makes the subnets of a server and checks all of its settings.
 *
 * @throws {RangeError} When an address, range, time or option is out of range.
 */
export function makeSubnets(settings: Dhcpv4ServerOptions): Subnet[] {
  const subnets = settings.pools.map(makeSubnet);
  tryOut(settings.options ?? {});
  const { minimumLeaseSeconds, offerSeconds, declineSeconds } = settings;
  for (
    const seconds of [settings.leaseSeconds, minimumLeaseSeconds, offerSeconds, declineSeconds]
  ) {
    checkSeconds(seconds, "time");
  }
  for (const host of settings.hosts ?? []) {
    if (!subnets.some(({ prefix }) => prefix.contains(host.address))) {
      throw new RangeError(
        `Cannot make DHCP server as host ${formatIpv4(host.address)} is in no pool's subnet`,
      );
    }
    checkSeconds(host.leaseSeconds, "lease time");
    tryOut({
      ...host.options,
      ...(host.hostName === undefined ? {} : { hostName: host.hostName }),
    });
  }
  encodeMessage({
    op: DhcpOp.Reply,
    xid: 0,
    hardwareAddress: new Uint8Array(6),
    siaddr: settings.nextServer ?? 0,
    serverName: settings.serverName ?? "",
    bootFile: settings.bootFile ?? "",
    options: { serverIdentifier: settings.address },
  });
  return subnets;
}

function addressOf(message: Dhcpv4Message, code: number): number {
  const data = message.options.relayAgentInformation?.find((option) => option.code === code)?.data;
  if (data === undefined || data.length !== 4) return 0;
  return ((data[0]! << 24) | (data[1]! << 16) | (data[2]! << 8) | data[3]!) >>> 0;
}

/** The server identifier the relay agent wants in answers, 0 for none (RFC 5107). */
export function identifierOverride(message: Dhcpv4Message): number {
  return message.giaddr === 0 ? 0 : addressOf(message, RelayAgentOption.ServerIdentifierOverride);
}

/**
 * An address of the link the client is on: what the relay agent (RFC 3527) or the client (RFC 3011)
 * selects, the relay agent's own, the one the client renews by unicast, the server's.
 */
export function linkOf(message: Dhcpv4Message, server: number): number {
  if (message.giaddr === 0) {
    return message.ciaddr !== 0 && message.options.requestedAddress === undefined
      ? message.ciaddr
      : message.options.subnetSelection ?? server;
  }
  return addressOf(message, RelayAgentOption.LinkSelection) || message.options.subnetSelection ||
    message.giaddr;
}

function isSame(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a !== undefined && b !== undefined && a.length === b.length &&
    a.every((byte, i) => byte === b[i]);
}

/** The host a message is from, if it has an address in one of the subnets. */
export function findHost(
  hosts: readonly Dhcpv4Host[],
  message: Dhcpv4Message,
  subnets: readonly Subnet[],
): Dhcpv4Host | undefined {
  const here = hosts.filter((host) => subnets.some(({ prefix }) => prefix.contains(host.address)));
  const { hardwareAddress, hardwareType } = message;
  return here.find((host) => isSame(host.clientIdentifier, message.options.clientIdentifier)) ??
    here.find((host) =>
      host.clientIdentifier === undefined && hardwareType === 1 && hardwareAddress.length === 6 &&
      host.hardwareAddress?.equals(hardwareAddress, 0) === true
    );
}
