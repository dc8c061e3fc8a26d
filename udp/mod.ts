/**
 * UDP: frames (RFC 768), the node with its ports, and a datagram socket without I/O.
 *
 * @example
 * ```ts
 * import { encodeUdp, UdpFrame } from "@octet/udp";
 * import { Verdict } from "@octet/wire";
 * import { assertEquals } from "@std/assert";
 *
 * const bytes = encodeUdp({ sourcePort: 123, destinationPort: 123, payload: new Uint8Array(48) });
 * const frame = new UdpFrame();
 * frame.reset(bytes, 0, bytes.length);
 * assertEquals(frame.validate(), Verdict.Ok);
 * assertEquals(frame.length, 56);
 * ```
 *
 * @module
 */
export * from "./endpoint.ts";
export * from "./error.ts";
export * from "./frame.ts";
export * from "./socket.ts";
export type * from "./socket_options.ts";
export * from "./source_filter.ts";
export * from "./udp.ts";
