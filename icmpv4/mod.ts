/**
 * ICMP for IPv4: messages (RFC 792), the node that answers echo requests and reports errors, and an
 * echo client.
 *
 * @example
 * ```ts
 * import { encodeIcmpv4, Icmpv4Frame, Icmpv4Type, UnreachableCode } from "@octet/icmpv4";
 * import { Verdict } from "@octet/wire";
 * import { assertEquals } from "@std/assert";
 *
 * const bytes = encodeIcmpv4({
 *   type: Icmpv4Type.DestinationUnreachable,
 *   code: UnreachableCode.FragmentationNeeded,
 *   info: 1400,
 *   payload: new Uint8Array(28),
 * });
 * const frame = new Icmpv4Frame();
 * frame.reset(bytes, 0, bytes.length);
 * assertEquals(frame.validate(), Verdict.Ok);
 * assertEquals(frame.nextHopMtu, 1400);
 * ```
 *
 * @module
 */
export * from "./echo_client.ts";
export * from "./frame.ts";
export * from "./icmpv4.ts";
export * from "./message_type.ts";
