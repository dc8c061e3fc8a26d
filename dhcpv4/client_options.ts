/**
 * The settings of a DHCP client.
 *
 * @module
 */
import type { MacAddress } from "@octet/netip";
import type { Random } from "@octet/wire";
import { DhcpOption } from "./option_code.ts";
import type { Dhcpv4Options } from "./option_types.ts";

/** Where a client stands: the states of RFC 2131 §4.4 figure 5, and those it leaves out. */
export const Dhcpv4ClientState = {
  /** Not started, or stopped. */
  Stopped: "stopped",
  /** Waiting before it looks for servers. */
  Init: "init",
  /** DHCPDISCOVER sent, waiting for offers. */
  Selecting: "selecting",
  /** An offer chosen and requested, waiting for the server's word. */
  Requesting: "requesting",
  /** About to ask for the address it had before. */
  InitReboot: "init-reboot",
  /** Asked for it, waiting for a server's word. */
  Rebooting: "rebooting",
  /** It has a lease. */
  Bound: "bound",
  /** It has a lease, and asks its server to extend it. */
  Renewing: "renewing",
  /** It has a lease, and asks any server to extend it. */
  Rebinding: "rebinding",
  /** DHCPINFORM sent, waiting for the configuration. */
  Informing: "informing",
  /** It has the configuration that goes with an address of its own. */
  Informed: "informed",
} as const;

/** One of {@linkcode Dhcpv4ClientState}. */
export type Dhcpv4ClientState = (typeof Dhcpv4ClientState)[keyof typeof Dhcpv4ClientState];

/** The client's patience; all in milliseconds unless said otherwise. */
export interface Dhcpv4ClientTiming {
  /** The wait before the very first DHCPDISCOVER is random up to this; 0, at once, when absent (RFC 2131 §4.4.1 has 1 to 10 s). */
  readonly initialDelay?: number;
  /** The wait after the first transmission; 4000 when absent (RFC 2131 §4.1). */
  readonly retransmission?: number;
  /** The wait doubles up to this; 64000 when absent (RFC 2131 §4.1). */
  readonly maximumRetransmission?: number;
  /** Each wait is longer or shorter at random by up to this; 1000 when absent (RFC 2131 §4.1). */
  readonly jitter?: number;
  /** How often an offer is requested before the client starts over; 4 when absent (RFC 2131 §3.1.5). */
  readonly requestAttempts?: number;
  /** How often the former address is requested before the client starts over; 2 when absent. */
  readonly rebootAttempts?: number;
  /** The least wait between requests to extend a lease; 60000 when absent (RFC 2131 §4.4.5). */
  readonly minimumRenewal?: number;
  /** The wait after a DHCPDECLINE; 10000 when absent (RFC 2131 §3.1.5). */
  readonly declineDelay?: number;
}

/** The client's patience where nothing is said: what RFC 2131 asks for. */
export const dhcpv4DefaultTiming: Required<Dhcpv4ClientTiming> = {
  initialDelay: 0,
  retransmission: 4000,
  maximumRetransmission: 64_000,
  jitter: 1000,
  requestAttempts: 4,
  rebootAttempts: 2,
  minimumRenewal: 60_000,
  declineDelay: 10_000,
};

/** What a client is made of. */
export interface Dhcpv4ClientOptions {
  /** The interface's MAC address. */
  readonly hardwareAddress: MacAddress;
  /** Where transaction ids and jitter come from. */
  readonly random: Random;
  /** The host's name, for the server to know. */
  readonly hostName?: string;
  /** The client identifier, at least 2 bytes; type 1 and the MAC address when absent, none when `null`. */
  readonly clientIdentifier?: Uint8Array | null;
  /** Codes of the options to ask for, dearest first; {@linkcode dhcpv4DefaultRequests} when absent. */
  readonly parameterRequestList?: readonly number[];
  /** More options to send with DHCPDISCOVER, DHCPREQUEST and DHCPINFORM: vendor class, user class, FQDN, and so on. */
  readonly options?: Dhcpv4Options;
  /** Whether servers are to answer by broadcast while the client has no address; `true` when absent. */
  readonly broadcast?: boolean;
  /** Whether to offer the exchange of two messages (RFC 4039); `true` when absent. */
  readonly rapidCommit?: boolean;
  /** The lease time to ask for, in seconds; up to the server when absent. */
  readonly leaseSeconds?: number;
  /** The longest datagram to accept, in bytes, headers included; 1500 when absent. */
  readonly maximumMessageSize?: number;
  /** The client's patience. */
  readonly timing?: Dhcpv4ClientTiming;
  /** Called when state or lease have changed, once per change, from whichever method changed them. */
  readonly onChange?: () => void;
}

/** What a client asks for. Classless routes stand before routers, as RFC 3442 demands. */
export const dhcpv4DefaultRequests: readonly number[] = [
  DhcpOption.SubnetMask,
  DhcpOption.ClasslessStaticRoute,
  DhcpOption.Router,
  DhcpOption.StaticRoute,
  DhcpOption.DomainNameServer,
  DhcpOption.DomainName,
  DhcpOption.DomainSearch,
  DhcpOption.HostName,
  DhcpOption.InterfaceMtu,
  DhcpOption.BroadcastAddress,
  DhcpOption.NtpServers,
  DhcpOption.LeaseTime,
  DhcpOption.RenewalTime,
  DhcpOption.RebindingTime,
];
