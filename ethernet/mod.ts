/**
 * Ethernet: frames with IEEE 802.1Q tags, EtherTypes, the frame check sequence, and the link that a
 * stack stands on.
 *
 * @example
 * ```ts
 * import { encodeEthernet, EthernetFrame, EtherType } from "@octet/ethernet";
 * import { MacAddress } from "@octet/netip";
 * import { Verdict } from "@octet/wire";
 * import { assertEquals } from "@std/assert";
 *
 * const bytes = encodeEthernet({
 *   destination: MacAddress.parse("ff:ff:ff:ff:ff:ff"),
 *   source: MacAddress.parse("02:00:00:00:00:01"),
 *   etherType: EtherType.Ipv4,
 *   tags: [{ id: 42, priority: 3 }],
 * });
 * const frame = new EthernetFrame();
 * frame.reset(bytes, 0, bytes.length);
 * assertEquals(frame.validate(), Verdict.Ok);
 * assertEquals(frame.vlanId(), 42);
 * assertEquals(frame.etherType, EtherType.Ipv4);
 * ```
 *
 * @module
 */
export * from "./crc32.ts";
export * from "./ether_type.ts";
export * from "./frame.ts";
export * from "./link.ts";
