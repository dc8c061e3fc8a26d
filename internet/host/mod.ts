/**
 * Hosts: a stack that runs on a device, with the API that Deno has for its own network.
 *
 * @module
 */
export { describeLease, type StaticAddress } from "./address_configuration.ts";
export * from "./datagram_conn.ts";
export { type ErrorName, type NetworkError, networkError } from "./errors.ts";
export * from "./host.ts";
export { HostInterface, type HostInterfaceOptions } from "./host_interface.ts";
export type * from "./host_options.ts";
export type { AddressConflict, AddressConflictOptions } from "./interface_addresses.ts";
export type { MulticastSources, MulticastV4Membership } from "./multicast_membership.ts";
export type { NeighbourInfo } from "./neighbour_info.ts";
export type { PingOptions, PingReply } from "./ping.ts";
export * from "./ping_session.ts";
export type {
  TracerouteHop,
  TracerouteOptions,
  TracerouteProbe,
} from "../traceroute/traceroute.ts";
export * from "./tcp_conn.ts";
export * from "./tcp_listener.ts";
export type { QueryTimeOptions } from "./time_service.ts";
