/**
 * What every protocol of Octet shares: the {@linkcode StackNode} interface and the tree that nodes
 * form, verdicts, the Internet checksum, byte access, packet memory, the timer queue, and random
 * numbers from a seed.
 *
 * @example
 * ```ts
 * import { checksum, Packet, writeU16 } from "@octet/wire";
 * import { assertEquals } from "@std/assert";
 *
 * const packet = new Packet(1514);
 * writeU16(packet.bytes, 0, 0x0102);
 * assertEquals(checksum(packet.bytes, 0, 2), 0xfefd);
 * packet.release();
 * ```
 *
 * @module
 */
export * from "./byte_order.ts";
export * from "./checksum.ts";
export * from "./memory.ts";
export * from "./node.ts";
export * from "./packet.ts";
export * from "./random.ts";
export * from "./ready_list.ts";
export * from "./ring_buffer.ts";
export * from "./timer_queue.ts";
export * from "./turn.ts";
export * from "./verdict.ts";
