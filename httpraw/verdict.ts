// What became of bytes that should be HTTP/1.1, and the status code a server answers them with.

/** The codes. `Ok` is 0 and `Incomplete` no fault; everything above is final. */
export const HttpVerdict = {
  /** Well formed, and complete. */
  Ok: 0,
  /** Well formed so far; more bytes are needed. */
  Incomplete: 1,
  /** The request line or status line is malformed (RFC 9112 §3, §4). */
  BadStartLine: 2,
  /** The version is not HTTP/1 (RFC 9112 §2.3). */
  BadVersion: 3,
  /** A field line is malformed: no token before the colon, a control character in the value, a fold (RFC 9112 §5). */
  BadField: 4,
  /** A CR without LF, or an LF without CR where that is not allowed (RFC 9112 §2.2). */
  BadLineEnd: 5,
  /** The request line alone is longer than the limit of a head. */
  StartLineTooLong: 6,
  /** The head or trailer section is longer than the limit. */
  HeadTooLong: 7,
  /** More field lines than the limit. */
  TooManyFields: 8,
  /** No Host field, more than one, or a malformed one (RFC 9112 §3.2). */
  BadHost: 9,
  /** Content-Length is no number, or several different ones (RFC 9112 §6.3). */
  BadContentLength: 10,
  /** Transfer-Encoding is malformed, `chunked` is not the last or not the only one (RFC 9112 §6.1). */
  BadTransferEncoding: 11,
  /** A transfer coding other than `chunked`. */
  UnknownTransferCoding: 12,
  /** Transfer-Encoding together with Content-Length in a request (RFC 9112 §6.3, item 3). */
  AmbiguousLength: 13,
  /** A chunk's size, extension or line end is malformed (RFC 9112 §7.1). */
  BadChunk: 14,
  /** The body is longer than the limit. */
  BodyTooLong: 15,
  /** The connection ended before the message did (RFC 9112 §8). */
  Truncated: 16,
  /** The target's form does not go with the method (RFC 9112 §3.2). */
  BadTarget: 17,
  /** The peer sent bytes that belong to no message. */
  Unexpected: 18,
} as const;

/** One of the codes of {@linkcode HttpVerdict}. */
export type HttpVerdict = (typeof HttpVerdict)[keyof typeof HttpVerdict];

const names: readonly string[] = Object.keys(HttpVerdict);

/**
 * The name of a verdict, for messages and tests.
 *
 * @example
 * ```ts
 * import { HttpVerdict, httpVerdictName } from "@octet/httpraw";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(httpVerdictName(HttpVerdict.BadHost), "BadHost");
 * ```
 *
 * @param verdict The code.
 * @returns Its name as written in {@linkcode HttpVerdict}.
 */
export function httpVerdictName(verdict: HttpVerdict): string {
  return names[verdict] ?? String(verdict);
}

/**
 * The status code that tells a client what was wrong with its request.
 *
 * @example
 * ```ts
 * import { HttpVerdict, httpVerdictStatus } from "@octet/httpraw";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(httpVerdictStatus(HttpVerdict.BadField), 400);
 * assertEquals(httpVerdictStatus(HttpVerdict.HeadTooLong), 431);
 * ```
 *
 * @param verdict What the parser said.
 * @returns 400, 413, 414, 431, 501 or 505 (RFC 9110 §15.5, §15.6; RFC 6585 §5).
 */
export function httpVerdictStatus(verdict: HttpVerdict): number {
  switch (verdict) {
    case HttpVerdict.BadVersion:
      return 505;
    case HttpVerdict.StartLineTooLong:
      return 414;
    case HttpVerdict.HeadTooLong:
    case HttpVerdict.TooManyFields:
      return 431;
    case HttpVerdict.UnknownTransferCoding:
      return 501;
    case HttpVerdict.BodyTooLong:
      return 413;
    default:
      return 400;
  }
}
