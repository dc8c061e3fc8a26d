/**
 * How a run ended.
 *
 * @module
 */
import type { ScriptEvent } from "./ast.ts";
import { Mismatch, ScriptSyntaxError, Unsupported } from "./errors.ts";

/** How a run ended. */
export interface RunResult {
  /** `unsupported` is neither good nor bad: the script asks for what cannot be expressed. */
  readonly verdict: "pass" | "fail" | "unsupported";
  /** How many events were run. */
  readonly events: number;
  /** How much time passed for the stack, in microseconds. */
  readonly time: number;
  /** What is to be said besides, such as settings that have no counterpart. */
  readonly notes: readonly string[];
  /** Everything that happened, when that was asked for. */
  readonly trace: readonly string[];
  /** The line where it ended, from 1. */
  readonly line?: number;
  /** The text of that line. */
  readonly text?: string;
  /** What differs, or what is not supported. */
  readonly reason?: string;
  /** What the script says. */
  readonly expected?: string;
  /** What happened. */
  readonly actual?: string;
}

/** What a run had come to when it was broken off. */
export interface Circumstances {
  /** The event under way. */
  readonly event: ScriptEvent | null;
  /** How many were done. */
  readonly events: number;
  /** The script's clock, in microseconds. */
  readonly time: number;
  /** What is to be said besides. */
  readonly notes: readonly string[];
  /** Everything that happened. */
  readonly trace: readonly string[];
}

/** Turns what broke a run off into its result. */
export function explain(error: unknown, at: Circumstances): RunResult {
  const { event, ...rest } = at;
  const where = event === null ? {} : { line: event.line, text: event.text };
  if (error instanceof Unsupported) {
    const line = error.line === 0 ? {} : { line: error.line };
    return { verdict: "unsupported", ...rest, ...where, ...line, reason: error.message };
  }
  if (error instanceof Mismatch) {
    const { message: reason, expected, actual } = error;
    return { verdict: "fail", ...rest, ...where, reason, expected, actual };
  }
  if (error instanceof ScriptSyntaxError) {
    return { verdict: "fail", ...rest, line: error.line, reason: error.message };
  }
  const reason = error instanceof Error ? error.message : String(error);
  return { verdict: "fail", ...rest, ...where, reason };
}

/** Microseconds as seconds. */
export function formatTime(microseconds: number): string {
  return (microseconds / 1e6).toFixed(6);
}
