// The request target (RFC 9112 §3.2): whether its form goes with the method.

import { type RequestHead, TargetForm } from "./head.ts";
import { HttpVerdict } from "./verdict.ts";

const HASH = 0x23;
const SLASH = 0x2f;
const COLON = 0x3a;
const QUESTION = 0x3f;
const AT = 0x40;

/**
 * Checks the target's form: an authority with a port for CONNECT, `*` for OPTIONS alone, otherwise a path or a
 * URI with a scheme; no fragment.
 *
 * @example
 * ```ts
 * import { checkTarget, HttpVerdict, RequestHead } from "@octet/httpraw";
 * import { assertEquals } from "@std/assert";
 *
 * const bytes = new TextEncoder().encode("GET example.org:80 HTTP/1.1\r\nHost: a\r\n\r\n");
 * const head = new RequestHead();
 * head.parse(bytes, 0, bytes.length);
 * assertEquals(checkTarget(head), HttpVerdict.BadTarget);
 * ```
 *
 * @param head A head whose verdict is ok.
 * @returns `Ok` or `BadTarget`.
 */
export function checkTarget(head: RequestHead): HttpVerdict {
  const { bytes, targetOffset, targetEnd } = head;
  for (let i = targetOffset; i < targetEnd; i++) {
    if (bytes[i] === HASH) return HttpVerdict.BadTarget;
  }
  switch (head.targetForm) {
    case TargetForm.Origin:
      return HttpVerdict.Ok;
    case TargetForm.Asterisk:
      return head.isMethod("OPTIONS") ? HttpVerdict.Ok : HttpVerdict.BadTarget;
    case TargetForm.Authority:
      return isAuthority(bytes, targetOffset, targetEnd) ? HttpVerdict.Ok : HttpVerdict.BadTarget;
    default:
      return hasScheme(bytes, targetOffset, targetEnd) ? HttpVerdict.Ok : HttpVerdict.BadTarget;
  }
}

/** Host, colon and a port of digits, with no user, path or query (RFC 9112 §3.2.3). */
function isAuthority(bytes: Uint8Array, offset: number, end: number): boolean {
  let port = end;
  while (port > offset && bytes[port - 1]! >= 0x30 && bytes[port - 1]! <= 0x39) port--;
  if (port === end || end - port > 5 || port - 1 <= offset || bytes[port - 1] !== COLON) {
    return false;
  }
  for (let i = offset; i < port; i++) {
    const byte = bytes[i];
    if (byte === SLASH || byte === QUESTION || byte === AT) return false;
  }
  return true;
}

/** scheme "://" and something behind it (RFC 3986 §3.1; the only schemes with a host are of use here). */
function hasScheme(bytes: Uint8Array, offset: number, end: number): boolean {
  let i = offset;
  for (; i < end && bytes[i] !== COLON; i++) {
    const letter = bytes[i]! | 0x20;
    const isLetter = letter >= 0x61 && letter <= 0x7a;
    const isOther = bytes[i]! >= 0x30 && bytes[i]! <= 0x39 || bytes[i] === 0x2b ||
      bytes[i] === 0x2d || bytes[i] === 0x2e;
    if (!isLetter && (!isOther || i === offset)) return false;
  }
  return i > offset && end - i > 3 && bytes[i + 1] === SLASH && bytes[i + 2] === SLASH;
}
