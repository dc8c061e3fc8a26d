/**
 * Hosts: a stack that runs on a device, with the API that Deno has for its own network.
 *
 * @module
 */
export { describeLease, type StaticAddress } from "./address_configuration.ts";
export * from "./datagram_conn.ts";
export { type ErrorName, type NetworkError, networkError } from "./errors.ts";
export * from "./host.ts";
export * from "./host_options.ts";
export { type PingOptions, type PingReply } from "./ping.ts";
export * from "./tcp_conn.ts";
export * from "./tcp_listener.ts";
export { type QueryTimeOptions } from "./time_service.ts";
