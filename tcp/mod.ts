/**
 * TCP (RFC 9293): the segment codec with its options, and the control logic, sans-IO: connections
 * and listeners as nodes of a stack, with selective acknowledgements, RACK, and CUBIC.
 *
 * @example
 * ```ts
 * import { encodeTcp, TcpFlag, TcpFrame } from "@octet/tcp";
 * import { Verdict } from "@octet/wire";
 * import { assertEquals } from "@std/assert";
 *
 * const segment = encodeTcp({ sourcePort: 1234, destinationPort: 80, flags: TcpFlag.Syn });
 * const frame = new TcpFrame();
 * frame.reset(segment, 0, segment.length);
 * assertEquals(frame.validate(), Verdict.Ok);
 * assertEquals(frame.flags, TcpFlag.Syn);
 * ```
 *
 * @module
 */
export { Archive } from "./archive.ts";
export { maximumReceiveBuffer, maximumSendBuffer } from "./auto_tuning.ts";
export { Chrono } from "./chrono.ts";
export * from "./congestion.ts";
export * from "./connection.ts";
export { ConnectionParts } from "./connection_parts.ts";
export * from "./counters.ts";
export * from "./cubic.ts";
export * from "./ecn.ts";
export type { PortUser } from "./ephemeral_port.ts";
export * from "./event.ts";
export * from "./frame.ts";
export * from "./hibernation.ts";
export { KeyedHash } from "./isn.ts";
export * from "./keepalive.ts";
export * from "./limits.ts";
export * from "./listener.ts";
export * from "./nagle.ts";
export type * from "./network.ts";
export * from "./new_reno.ts";
export * from "./options.ts";
export * from "./pacing.ts";
export { PathMtu } from "./path_mtu.ts";
export * from "./path_mtu_cache.ts";
export * from "./rack.ts";
export * from "./reassembly.ts";
export * from "./receiver.ts";
export * from "./recovery.ts";
export * from "./retransmit_timer.ts";
export * from "./rtt.ts";
export * from "./scoreboard.ts";
export * from "./segment.ts";
export * from "./sender.ts";
export { RecordQueue, SentSegment } from "./sent_segment.ts";
export * from "./seq.ts";
export { defaultTuning, settleOptions } from "./settings.ts";
export type { TcpConnectionOptions, TcpSettings, TcpTuning } from "./settings.ts";
export * from "./state.ts";
export * from "./tail_loss_probe.ts";
export * from "./tcp.ts";
export * from "./tcp_info.ts";
export * from "./timestamps.ts";
export * from "./undo.ts";
