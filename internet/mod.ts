/**
 * The composition: {@linkcode Stack}, all protocols as one sans-IO node; {@linkcode Host}, a stack
 * that runs on a device with the API that Deno has for its own network; and the devices, from a
 * TAP of Linux to a LAN in memory.
 *
 * @example
 * ```ts
 * import { Host, Lan } from "@octet/internet";
 * import { assertEquals } from "@std/assert";
 *
 * const lan = new Lan();
 * await using server = new Host(lan.attach(), { address: { address: "10.0.0.1/24" } });
 * await using client = new Host(lan.attach(), { address: { address: "10.0.0.2/24" } });
 * assertEquals((await client.ping("10.0.0.1")).address, "10.0.0.1");
 * ```
 *
 * @module
 */
export * from "./counters.ts";
export * from "./device/mod.ts";
export * from "./host/mod.ts";
export * from "./http/mod.ts";
export * from "./gateway_monitor.ts";
export * from "./interface.ts";
export * from "./stack.ts";
export type * from "./stack_options.ts";
