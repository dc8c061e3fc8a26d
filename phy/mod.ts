/**
 * Ethernet PHYs over MDIO: registers of clauses 22 and 45, link state and negotiation decoded, and the
 * controls, over a bus that is given.
 *
 * @example
 * ```ts
 * import { findPhys, MemoryMdioBus } from "@octet/phy";
 * import { assertEquals } from "@std/assert";
 *
 * const bus = new MemoryMdioBus(); // openLinuxMdioBus("eth0") of @octet/phy/linux on real hardware
 * bus.attach(1).plug({ modes: ["1000BASE-T", "100BASE-TX"], pause: true });
 *
 * const [phy] = findPhys(bus);
 * const { isUp, mode, speed } = phy!.linkState();
 * assertEquals([isUp, mode, speed], [true, "1000BASE-T", 1000]);
 * ```
 *
 * @module
 */
export * from "./abilities.ts";
export { type MdioBus, readMmd, writeMmd } from "./bus.ts";
export * from "./identifier.ts";
export * from "./link_mode.ts";
export * from "./link_state.ts";
export * from "./link_wait.ts";
export * from "./memory_bus.ts";
export * from "./mmd_link_state.ts";
export * from "./mmd_registers.ts";
export * from "./phy.ts";
export * from "./registers.ts";
