/**
 * What the programs that serve have in common: where they are, and how they end.
 *
 * @module
 */
import { DeviceError, type LinkSettings } from "./_link.ts";
import { ExitError } from "./_program.ts";

/** A link in words. */
export function describeLink({ kind, label }: LinkSettings): string {
  return kind.open === null
    ? "LAN in memory: only this process reaches it"
    : label.startsWith(kind.name)
    ? label
    : `${kind.name} ${label}`;
}

/** How a program that serves ends: 28 when no lease came in time, 1 when the device or the port cannot be had. */
export function serverExitCode(error: unknown): number {
  if (error instanceof ExitError) return error.code;
  if (error instanceof DeviceError) return 1;
  return error instanceof Deno.errors.TimedOut ? 28 : 1;
}
