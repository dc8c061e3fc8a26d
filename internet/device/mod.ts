/**
 * Devices: what a stack has below it. A TUN/TAP of Linux, ports of an in-memory LAN, and wrappers
 * that show, print or impair what passes.
 *
 * @module
 */
export * from "./capture.ts";
export { type ImpairmentCounters } from "./delay_line.ts";
export * from "./device.ts";
export * from "./impair.ts";
export * from "./impairment.ts";
export * from "./lan.ts";
export * from "./segment.ts";
export * from "./sniff.ts";
export * from "./tun.ts";
export * from "./wrapper.ts";
export type { Direction } from "@octet/pcap";
export type { MacAddress } from "@octet/netip";
export type { Packet, Random } from "@octet/wire";
