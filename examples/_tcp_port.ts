/**
 * Ports as words of a command line.
 *
 * @module
 */
import { UsageError } from "./_arguments.ts";

/**
 * Reads a port.
 *
 * @throws {UsageError} When it is none.
 */
export function readPort(text: string): number {
  const port = /^[1-9]\d{0,4}$/.test(text) ? Number(text) : NaN;
  if (port <= 65_535) return port;
  throw new UsageError(`PORT wants a whole number from 1 to 65535, not ${JSON.stringify(text)}`);
}
