/**
 * The Network Time Protocol: packets of versions 1 to 4 over bytes, timestamps with their eras, a client that
 * measures the offset of a server's clock, and a server (RFC 5905, RFC 7822).
 *
 * @example
 * ```ts
 * import { NtpClient, NtpClientState, NtpServer } from "@octet/ntp";
 * import { Packet, SeededRandom } from "@octet/wire";
 * import { assertEquals } from "@std/assert";
 *
 * const start = Date.UTC(2026, 0);
 * const server = new NtpServer({ wallTime: (now) => start + now, referenceId: "GPS" });
 * const client = new NtpClient({
 *   server: 0x0a4d0001,
 *   wallTime: (now) => start + now - 250,
 *   random: new SeededRandom(1),
 *   samples: 1,
 * });
 *
 * const packet = new Packet(1514);
 * client.start(0);
 * const asked = client.encapsulate(packet, 0, 0, 0);
 * packet.destination = client.server;
 * packet.source = 0x0a4d0002;
 * server.demux(packet, 0, asked, 5);
 * const answered = server.encapsulate(packet, 0, 0, 6);
 * packet.source = 0x0a4d0001;
 * client.demux(packet, 0, answered, 11);
 *
 * assertEquals(client.state, NtpClientState.Synchronized);
 * assertEquals(Math.round(client.result!.offset), 250);
 * assertEquals(Math.round(client.result!.delay), 10);
 * assertEquals(client.result!.reference, "GPS");
 * packet.release();
 * ```
 *
 * @module
 */
export * from "./client.ts";
export * from "./date.ts";
export * from "./fields.ts";
export * from "./filter.ts";
export * from "./frame.ts";
export * from "./rate_limiter.ts";
export * from "./server.ts";
export * from "./timestamp.ts";
