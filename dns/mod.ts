/**
 * @module
 */
export * from "./constants.ts";
export * from "./name.ts";
export * from "./frame.ts";
export * from "./cursor.ts";
export * from "./record.ts";
export * from "./svcb.ts";
export * from "./edns.ts";
export * from "./message.ts";
export * from "./decode.ts";
export * from "./encode.ts";
export * from "./stream.ts";
export * from "./format.ts";
export * from "./zone_file.ts";
export * from "./zone.ts";
export * from "./server.ts";
export * from "./cache.ts";
export * from "./special_names.ts";
export * from "./query.ts";
export * from "./resolver.ts";
