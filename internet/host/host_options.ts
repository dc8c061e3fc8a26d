/**
 * What the methods of a host take, and what its interfaces tell: Deno's options of the same names.
 *
 * @module
 */
import type { Hosts } from "@octet/dns/resolver";
import type { HostModel } from "@octet/ipv4";
import type { TcpOptions } from "@octet/tcp";
import type { Random } from "@octet/wire";
import type { HostInterfaceOptions } from "./host_interface.ts";

/** How a `Host` is set up, and its first interface with it. */
export interface HostOptions extends HostInterfaceOptions {
  /** Whether datagrams for others are passed on between the host's interfaces; `false` when not given. */
  forwarding?: boolean;
  /** Which addresses an interface speaks for; `"strong"` for a host, `"weak"` for one that forwards, when not given. */
  hostModel?: HostModel;
  /** Name servers; those of the lease when not given. */
  nameServers?: readonly string[];
  /** Domains to look for short names in; those of the lease when not given. */
  search?: readonly string[];
  /** Names that are known beforehand, with their addresses. */
  hosts?: Hosts;
  /** The name told to the DHCP server; `"octet"` when not given. */
  hostname?: string;
  /** Settings of TCP connections. */
  tcp?: TcpOptions;
  /** Random numbers; the platform's cryptographic ones when not given. */
  random?: Random;
}

/** Where to connect to; as `Deno.ConnectOptions`. */
export interface ConnectOptions {
  /** The port, 1 to 65,535. */
  port: number;
  /** A name or an address; `"127.0.0.1"` when not given. */
  hostname?: string;
  /** `"tcp"`. */
  transport?: "tcp";
  /** Ends the attempt. */
  signal?: AbortSignal;
}

/** Where to listen; as `Deno.TcpListenOptions`. */
export interface ListenOptions {
  /** The port; 0, or none, for any that is free. */
  port?: number;
  /** The address to listen on; `"0.0.0.0"`, all of the host's, when not given. */
  hostname?: string;
  /** `"tcp"`. */
  transport?: "tcp";
  /** How many connections may wait to be accepted; 511 when not given. */
  backlog?: number;
}

/** Where to receive datagrams; as `Deno.UdpListenOptions`, and what else a socket can be told. */
export interface ListenDatagramOptions {
  /** The port; 0, or none, for any that is free. */
  port?: number;
  /**
   * The address to bind; `"0.0.0.0"`, all of the host's, when not given. A socket bound to a multicast group or a
   * broadcast address hears what is sent there, and nothing else.
   */
  hostname?: string;
  /** `"udp"`. */
  transport?: "udp";
  /** Whether others that say so too may bind the same port; the last one gets what is sent to one host. */
  reuseAddress?: boolean;
  /** Whether others that say so too may bind the same port; its peers are shared out among them. */
  reusePort?: boolean;
  /** Whether what it sends to groups comes back to sockets of this host that are in them; `true` when not given. */
  loopback?: boolean;
  /** Whether it may send to broadcast addresses; `true` when not given, as in Deno. */
  broadcast?: boolean;
  /** Whether what it sends may be fragmented; `true` when not given. */
  fragment?: boolean;
  /** How many bytes wait to be received at most; 212,992, Linux's default, when not given. */
  receiveBuffer?: number;
  /** How many bytes wait to be sent at most; 212,992 when not given. */
  sendBuffer?: number;
}

/** Whom to ask for records; as `Deno.ResolveDnsOptions`. */
export interface ResolveDnsOptions {
  /** A server other than the host's. */
  nameServer?: {
    /** Its address. */
    ipAddr: string;
    /** Its port; 53 when not given. */
    port?: number;
  };
  /** Ends the wait. */
  signal?: AbortSignal;
}

/** One address of an interface; as `Deno.NetworkInterfaceInfo`. */
export interface NetworkInterfaceInfo {
  /** The family of the address. */
  family: "IPv4" | "IPv6";
  /** The device's name. */
  name: string;
  /** The address. */
  address: string;
  /** The netmask. */
  netmask: string;
  /** The scope of an IPv6 address. */
  scopeid: number | null;
  /** Address and prefix length. */
  cidr: string;
  /** The hardware address. */
  mac: string;
}
