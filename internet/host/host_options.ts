/**
 * What the methods of a host take, and what its interfaces tell: Deno's options of the same names.
 *
 * @module
 */
import type { Hosts } from "@octet/dns";
import type { TcpConnectionOptions } from "@octet/tcp";
import type { Random } from "@octet/wire";
import type { StaticAddress } from "./address_configuration.ts";

/** How a `Host` is set up. */
export interface HostOptions {
  /** A fixed address; without one the host asks for a lease when `Host.configure` is called. */
  address?: StaticAddress;
  /** Name servers; those of the lease when not given. */
  nameServers?: readonly string[];
  /** Domains to look for short names in; those of the lease when not given. */
  search?: readonly string[];
  /** Names that are known beforehand, with their addresses. */
  hosts?: Hosts;
  /** The name told to the DHCP server; `"octet"` when not given. */
  hostname?: string;
  /** Settings of TCP connections. */
  tcp?: TcpConnectionOptions;
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

/** Where to receive datagrams; as `Deno.UdpListenOptions`. */
export interface ListenDatagramOptions {
  /** The port; 0, or none, for any that is free. */
  port?: number;
  /** The address to bind; `"0.0.0.0"`, all of the host's, when not given. */
  hostname?: string;
  /** `"udp"`. */
  transport?: "udp";
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
