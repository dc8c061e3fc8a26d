/**
 * A device lent and borrowed over HTTP, so that only the lender needs privilege.
 *
 * @module
 */
export { isLoopbackAddress, isToken } from "./access.ts";
export * from "./client.ts";
export * from "./server.ts";
export type { HttpTapInfo } from "./wire_form.ts";
