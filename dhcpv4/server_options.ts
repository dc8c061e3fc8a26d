/**
 * The settings of a DHCP server, and what it tells about its leases.
 *
 * @module
 */
import type { MacAddress } from "@octet/netip";
import type { Dhcpv4Options } from "./option_types.ts";

/** A subnet and the addresses to give in it. Several pools may share a subnet. */
export interface Dhcpv4Pool {
  /** The first address to give, host order. */
  readonly first: number;
  /** The last address to give, host order; at most 2^20 addresses on. */
  readonly last: number;
  /** The length of the subnet's prefix, 1 to 32. */
  readonly prefixLength: number;
  /** Options for clients of this pool, before those of the server. */
  readonly options?: Dhcpv4Options;
  /** The lease time in seconds, instead of the server's. */
  readonly leaseSeconds?: number;
}

/** A client with an address of its own. It is known by its identifier, else by its MAC address. */
export interface Dhcpv4Host {
  /** The address, host order, in the subnet of a pool; inside the range or not. */
  readonly address: number;
  /** The client's MAC address. */
  readonly hardwareAddress?: MacAddress;
  /** The client's identifier. */
  readonly clientIdentifier?: Uint8Array;
  /** The host name to give. */
  readonly hostName?: string;
  /** Options for this client, before those of the pool. */
  readonly options?: Dhcpv4Options;
  /** The lease time in seconds, instead of the pool's; 2^32 - 1 is for ever. */
  readonly leaseSeconds?: number;
}

/** What has happened to a lease. */
export type Dhcpv4LeaseChange = "offered" | "bound" | "renewed" | "released" | "declined";

/** A lease as a plain object, for tables and files. */
export interface Dhcpv4ServerLease {
  /** The address, host order. */
  readonly address: number;
  /** ARP's hardware type; 1 is Ethernet. */
  readonly hardwareType: number;
  /** The client's hardware address, at most 16 bytes. */
  readonly hardwareAddress: Uint8Array;
  /** The client's identifier, `null` when it sent none. */
  readonly clientIdentifier: Uint8Array | null;
  /** The client's host name, empty when it sent none that is a host name. */
  readonly hostName: string;
  /** How many seconds it lasts yet; Infinity for ever. */
  readonly remainingSeconds: number;
}

/** What a server is made of. */
export interface Dhcpv4ServerOptions {
  /** The server's address on the link it serves, host order: its identifier. */
  readonly address: number;
  /** Subnets and ranges. That of the server's own link is the one its address is in; others are reached through relays. */
  readonly pools: readonly Dhcpv4Pool[];
  /** Clients with an address of their own. */
  readonly hosts?: readonly Dhcpv4Host[];
  /** Options for all clients; each gets those it asks for. Mask and broadcast address come from the pool. */
  readonly options?: Dhcpv4Options;
  /** The lease time in seconds, and the longest a client may ask for; 3600 when absent, 2^32 - 1 is for ever. */
  readonly leaseSeconds?: number;
  /** The shortest lease a client may ask for, in seconds; 60 when absent. */
  readonly minimumLeaseSeconds?: number;
  /** How long an offered address is kept for the client, in seconds; 60 when absent. */
  readonly offerSeconds?: number;
  /** How long a declined address is not given, in seconds; 600 when absent. */
  readonly declineSeconds?: number;
  /** Whether to answer at once clients that allow it (RFC 4039); `false` when absent. */
  readonly rapidCommit?: boolean;
  /** Whether this is the only server: clients it does not know get the address they ask for when it is free and a DHCPNAK when not, rather than silence; `false` when absent. */
  readonly authoritative?: boolean;
  /** The next server in bootstrap, host order. */
  readonly nextServer?: number;
  /** The next server's name. */
  readonly serverName?: string;
  /** The boot file's name. */
  readonly bootFile?: string;
  /** How many clients to remember; 65536 when absent. */
  readonly maximumLeases?: number;
  /** The longest datagram to send, in bytes, headers included; 1500 when absent. */
  readonly mtu?: number;
  /** Called when a lease has changed. */
  readonly onChange?: (lease: Dhcpv4ServerLease, change: Dhcpv4LeaseChange) => void;
}
