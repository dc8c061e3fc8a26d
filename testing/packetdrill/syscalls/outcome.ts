/**
 * What a system call comes to.
 *
 * @module
 */
import { errors } from "../constants.ts";

/** What a call returns, and `errno` when that is -1. */
export interface Outcome {
  /** The return value. */
  readonly value: number;
  /** The error's number; 0 when there is none. */
  readonly errno: number;
}

/** A call under way: asked again whenever something has changed, gives `null` while it has to wait. */
export type Attempt = () => Outcome | null;

/** A call that succeeds. */
export function succeed(value: number = 0): Outcome {
  return { value, errno: 0 };
}

/**
 * A call that fails.
 *
 * @param name As `EAGAIN`.
 */
export function failWith(name: string): Outcome {
  return { value: -1, errno: errors[name]![0] };
}
