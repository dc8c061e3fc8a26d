/**
 * Devices: what a stack has below it. A TUN/TAP or another interface of Linux, ports of an in-memory LAN, and wrappers
 * that show, print or impair what passes.
 *
 * @module
 */
export * from "./capture.ts";
export type { ImpairmentCounters } from "./delay_line.ts";
export * from "./descriptor_device.ts";
export * from "./device.ts";
export * from "./httptap/mod.ts";
export * from "./impair.ts";
export * from "./impairment.ts";
export * from "./lan.ts";
export * from "./packet_filter.ts";
export * from "./packet_socket.ts";
export * from "./qemu/mod.ts";
export * from "./replay.ts";
export * from "./segment.ts";
export * from "./sniff.ts";
export * from "./tun.ts";
export type { TunOptions } from "./tun_options.ts";
export * from "./wrapper.ts";
export type { Direction } from "@octet/pcap";
export type { MacAddress } from "@octet/netip";
export type { Packet, Random } from "@octet/wire";
export { DescriptorWait } from "./wait.ts";
export { Poller, type Sleeper } from "./poller.ts";
