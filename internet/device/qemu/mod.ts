/**
 * Wires to virtual machines: QEMU's `-netdev stream` and `-netdev dgram` over Unix sockets.
 *
 * @module
 */
export * from "./datagram.ts";
export type { QemuCounters, QemuOptions } from "./options.ts";
export * from "./stream.ts";
