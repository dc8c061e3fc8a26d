/**
 * What became of a frame: the one answer every codec and every node gives. What the network sends
 * never throws; it yields one of these codes, and the node that decided counts it.
 *
 * @module
 */

/** The codes. `Ok` is 0, so `if (verdict)` reads "if something was wrong". */
export const Verdict = {
  /** Taken: well formed, and somebody wanted it. */
  Ok: 0,
  /** The buffer ends before the header does. */
  Short: 1,
  /** A version field names a version this codec does not speak. */
  BadVersion: 2,
  /** A length field contradicts the buffer or the protocol's minimum. */
  BadLength: 3,
  /** The checksum does not match the bytes. */
  BadChecksum: 4,
  /** An option list is malformed. */
  BadOption: 5,
  /** A field has a value the protocol forbids. */
  BadValue: 6,
  /** Addressed to somebody else. */
  NotForUs: 7,
  /** No node answers to this EtherType or IP protocol number. */
  NoProtocol: 8,
  /** No socket is bound to this port. */
  NoPort: 9,
  /** No route leads to the destination. */
  NoRoute: 10,
  /** A queue or buffer that should have kept it is full. */
  QueueFull: 11,
  /** Well formed, but not what the receiver's state waits for (wrong id, outside the window). */
  Unexpected: 12,
  /** Already seen: a copy of what was taken before. */
  Duplicate: 13,
  /** A rule forbids it: martian source, filtered, rate limited. */
  Filtered: 14,
  /** A feature that this node does not carry (a source route, an unknown operation). */
  Unsupported: 15,
} as const;

/** One of the codes of {@linkcode Verdict}. */
export type Verdict = (typeof Verdict)[keyof typeof Verdict];

const names: readonly string[] = /* @__PURE__ */ Object.keys(Verdict);

/**
 * The name of a verdict, for messages and tests.
 *
 * @example
 * ```ts
 * import { Verdict, verdictName } from "@octet/wire";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(verdictName(Verdict.BadChecksum), "BadChecksum");
 * ```
 *
 * @param verdict The code.
 * @returns Its name as written in {@linkcode Verdict}.
 */
export function verdictName(verdict: Verdict): string {
  return names[verdict] ?? String(verdict);
}
