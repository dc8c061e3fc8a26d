/**
 * What a client gets out of a DHCPOFFER or DHCPACK, checked (RFC 2131 §4.4.1, §4.4.5, RFC 3442).
 *
 * @module
 */
import { ipv4Mask, ipv4MaskLength } from "@octet/netip/ipv4-mask";
import { isLoopbackIpv4, isUnicastIpv4 } from "@octet/netip/ipv4-special";
import { Verdict } from "@octet/wire";
import type { Dhcpv4Message } from "./message.ts";
import type { Dhcpv4Options } from "./option_types.ts";
import type { ClasslessRoute } from "./option_values.ts";

/** The lease time that means for ever (RFC 2131 §3.3). */
export const dhcpv4InfiniteLease = 0xffff_ffff;

/** An address and everything that came with it. Addresses are unsigned numbers in host order. */
export interface Dhcpv4Lease {
  /** The address. */
  readonly address: number;
  /** The length of the subnet's prefix, 1 to 32; that of the address's class when the server did not say. */
  readonly prefixLength: number;
  /** The subnet's broadcast address. */
  readonly broadcast: number;
  /** Default routers in order of preference: those of classless routes where there are any (RFC 3442). */
  readonly routers: readonly number[];
  /** All routes to install, the default ones included; a router of 0 means on the link. */
  readonly routes: readonly ClasslessRoute[];
  /** DNS servers in order of preference. */
  readonly dnsServers: readonly number[];
  /** NTP servers in order of preference. */
  readonly ntpServers: readonly number[];
  /** The domain, without a dot at the end; empty when none or no domain name came. */
  readonly domain: string;
  /** Domains to search names in. */
  readonly search: readonly string[];
  /** The host name the server gave; empty when none or no host name came. */
  readonly hostName: string;
  /** The MTU in bytes; 0 when none came. */
  readonly mtu: number;
  /** The server's identifier: its address. */
  readonly server: number;
  /** How long the address is lent, in seconds; Infinity for ever. */
  readonly leaseSeconds: number;
  /** When to begin to renew, in seconds from {@linkcode Dhcpv4Lease.obtainedAt}; Infinity for never. */
  readonly t1: number;
  /** When to begin to ask any server, in seconds from {@linkcode Dhcpv4Lease.obtainedAt}; Infinity for never. */
  readonly t2: number;
  /** When the request that this lease answers was sent, in milliseconds: from when the times above count (RFC 2131 §4.4.1). */
  readonly obtainedAt: number;
  /** When the lease ends, in milliseconds; Infinity for never. */
  readonly expiresAt: number;
  /** All options as they came. */
  readonly options: Dhcpv4Options;
}

const smallestMtu = 68;
const name =
  /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*$/i;

function isHost(address: number): boolean {
  return isUnicastIpv4(address) && !isLoopbackIpv4(address);
}

/** The prefix length of the address's class (RFC 791 §2.3). */
function classOf(address: number): number {
  return address >>> 31 === 0 ? 8 : address >>> 30 === 2 ? 16 : 24;
}

function cleanName(text: string | undefined): string {
  if (text === undefined) return "";
  const bare = text.endsWith(".") ? text.slice(0, -1) : text;
  return name.test(bare) ? bare : "";
}

function collectRoutes(options: Dhcpv4Options): ClasslessRoute[] {
  const isUsable = ({ router }: ClasslessRoute): boolean => router === 0 || isHost(router);
  const classless = options.classlessRoutes ?? options.microsoftClasslessRoutes;
  // RFC 3442: with classless routes the router option and the static routes option are ignored.
  if (classless !== undefined) return classless.filter(isUsable);
  const routes: ClasslessRoute[] = [];
  for (const { destination, router } of options.staticRoutes ?? []) {
    // RFC 2132 §5.8: the default route is an illegal destination here.
    if (!isHost(destination) || !isHost(router)) continue;
    const length = classOf(destination);
    const isNetwork = (destination & ~ipv4Mask(length)) === 0;
    routes.push({ destination, prefixLength: isNetwork ? length : 32, router });
  }
  for (const router of options.routers ?? []) {
    if (isHost(router)) routes.push({ destination: 0, prefixLength: 0, router });
  }
  return routes;
}

/** T1 and T2 as the server says where 0 < T1 < T2 < lease, else a half and seven eighths (RFC 2131 §4.4.5). */
function renewalTimes(leaseSeconds: number, options: Dhcpv4Options): [number, number] {
  if (leaseSeconds === Infinity) return [Infinity, Infinity];
  const t1 = options.renewalTime ?? 0.5 * leaseSeconds;
  const t2 = options.rebindingTime ?? 0.875 * leaseSeconds;
  return t1 > 0 && t1 < t2 && t2 < leaseSeconds
    ? [t1, t2]
    : [0.5 * leaseSeconds, 0.875 * leaseSeconds];
}

/**
 * Makes a lease of a DHCPOFFER or DHCPACK.
 *
 * @param message The message.
 * @param obtainedAt When the request it answers was sent, in milliseconds.
 * @returns The lease, or why it is not one: `BadOption` without a server identifier or lease time, or
 *     with a mask whose ones are not all in front; `BadValue` for an address no host can have.
 */
export function makeLease(message: Dhcpv4Message, obtainedAt: number): Dhcpv4Lease | Verdict {
  const { options } = message;
  const seconds = options.leaseTime ?? 0;
  if (seconds === 0) return Verdict.BadOption;
  const leaseSeconds = seconds === dhcpv4InfiniteLease ? Infinity : seconds;
  return makeConfiguration(message, message.yiaddr, leaseSeconds, obtainedAt);
}

/**
 * Makes of a DHCPACK that answers a DHCPINFORM what {@linkcode makeLease} makes of others: without a
 * lease time (RFC 2131 §4.3.5), and the address is the client's own.
 *
 * @param message The message.
 * @param address The client's address, host order.
 * @param leaseSeconds How long it lasts.
 * @param obtainedAt When the request it answers was sent, in milliseconds.
 * @returns The lease, or why it is not one.
 */
export function makeConfiguration(
  message: Dhcpv4Message,
  address: number,
  leaseSeconds: number,
  obtainedAt: number,
): Dhcpv4Lease | Verdict {
  const { options } = message;
  const server = options.serverIdentifier ?? 0;
  if (!isHost(server)) return Verdict.BadOption;
  if (!isHost(address)) return Verdict.BadValue;
  const prefixLength = options.subnetMask === undefined
    ? classOf(address)
    : ipv4MaskLength(options.subnetMask) ?? 0;
  if (prefixLength === 0) return Verdict.BadOption;
  const hostBits = ~ipv4Mask(prefixLength);
  // RFC 3021: both addresses of a /31 are hosts', and a /32 has but one.
  const isEnd = (address & hostBits) === 0 || (address & hostBits) === hostBits;
  if (isEnd && prefixLength < 31) return Verdict.BadValue;
  const routes = collectRoutes(options);
  const [t1, t2] = renewalTimes(leaseSeconds, options);
  const mtu = options.interfaceMtu ?? 0;
  return {
    address,
    prefixLength,
    broadcast: options.broadcastAddress ?? (address | hostBits) >>> 0,
    routers: routes.filter((route) => route.prefixLength === 0 && route.router !== 0)
      .map((route) => route.router),
    routes,
    dnsServers: (options.dnsServers ?? []).filter(isHost),
    ntpServers: (options.ntpServers ?? []).filter(isHost),
    domain: cleanName(options.domainName),
    search: (options.domainSearch ?? []).filter((domain) => name.test(domain)),
    hostName: cleanName(options.hostName),
    mtu: mtu >= smallestMtu ? mtu : 0,
    server,
    leaseSeconds,
    t1,
    t2,
    obtainedAt,
    expiresAt: obtainedAt + leaseSeconds * 1000,
    options,
  };
}
