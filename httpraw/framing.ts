// Where a body ends (RFC 9112 §6), and whether the connection goes on after it (§9.3).

import { equalsIgnoreCase, tokenBytes } from "./characters.ts";
import type { FieldSection } from "./fields.ts";
import type { RequestHead, ResponseHead } from "./head.ts";
import { HttpVerdict } from "./verdict.ts";

const COMMA = 0x2c;
const HTAB = 0x9;
const SP = 0x20;

const CONTENT_LENGTH = tokenBytes("content-length");
const TRANSFER_ENCODING = tokenBytes("transfer-encoding");
const CHUNKED = tokenBytes("chunked");
const CONNECTION = tokenBytes("connection");
const CLOSE = tokenBytes("close");
const KEEP_ALIVE = tokenBytes("keep-alive");
const EXPECT = tokenBytes("expect");
const CONTINUE = tokenBytes("100-continue");
const HOST = tokenBytes("host");

/** How the end of a body is known (RFC 9112 §6.3). */
export const BodyKind = {
  /** There is no body. */
  None: 0,
  /** Content-Length says how many bytes. */
  Length: 1,
  /** Chunks, until the last one. */
  Chunked: 2,
  /** All bytes until the connection is closed; responses only. */
  UntilClose: 3,
  /** No longer HTTP: a CONNECT that succeeded, or a switch of protocols. */
  Tunnel: 4,
} as const;

/** One of the kinds of {@linkcode BodyKind}. */
export type BodyKind = (typeof BodyKind)[keyof typeof BodyKind];

/**
 * The framing of one message's body. Strict where two parties could be made to see different messages: see the
 * README for what is refused.
 *
 * @example
 * ```ts
 * import { BodyFraming, BodyKind, HttpVerdict, RequestHead } from "@octet/httpraw";
 * import { assertEquals } from "@std/assert";
 *
 * const bytes = new TextEncoder().encode("PUT /a HTTP/1.1\r\nHost: a\r\nContent-Length: 42\r\n\r\n");
 * const head = new RequestHead();
 * head.parse(bytes, 0, bytes.length);
 * const framing = new BodyFraming();
 * assertEquals(framing.ofRequest(head), HttpVerdict.Ok);
 * assertEquals(framing.kind, BodyKind.Length);
 * assertEquals(framing.length, 42);
 * ```
 */
export class BodyFraming {
  /** How the end is known. */
  kind: BodyKind = BodyKind.None;
  /** The body's length in bytes where `kind` is `Length`, otherwise 0. */
  length = 0;
  /** Whether the message's framing is such that the connection must not be used again. */
  mustClose = false;

  /**
   * Reads a request's framing (RFC 9112 §6.3).
   *
   * @param head A head whose verdict is ok.
   * @returns `Ok`, or why the request is to be refused and the connection closed.
   */
  ofRequest(head: RequestHead): HttpVerdict {
    this.kind = BodyKind.None;
    this.length = 0;
    this.mustClose = false;
    const hasLength = head.findField(CONTENT_LENGTH) >= 0;
    if (head.findField(TRANSFER_ENCODING) < 0) {
      return hasLength ? this.#readLength(head) : HttpVerdict.Ok;
    }
    if (hasLength) return HttpVerdict.AmbiguousLength;
    // RFC 9112 §6.1: HTTP/1.0 knows no transfer codings; who sends one has been tampered with.
    if (head.minorVersion === 0) return HttpVerdict.BadTransferEncoding;
    return this.#readCodings(head);
  }

  /**
   * Reads a response's framing (RFC 9112 §6.3).
   *
   * @param head A head whose verdict is ok.
   * @param method The method of the request that is answered.
   * @returns `Ok`, or why the response cannot be read.
   */
  ofResponse(head: ResponseHead, method: string): HttpVerdict {
    const status = head.status;
    this.kind = BodyKind.None;
    this.length = 0;
    this.mustClose = false;
    if (status === 101 || method === "CONNECT" && status >= 200 && status < 300) {
      this.kind = BodyKind.Tunnel;
      return HttpVerdict.Ok;
    }
    if (method === "HEAD" || status < 200 || status === 204 || status === 304) {
      return HttpVerdict.Ok;
    }
    const hasLength = head.findField(CONTENT_LENGTH) >= 0;
    if (head.findField(TRANSFER_ENCODING) >= 0) {
      if (head.minorVersion === 0) return HttpVerdict.BadTransferEncoding;
      // Transfer-Encoding overrides Content-Length, but such a response smells of splitting (RFC 9112 §6.3, item 3).
      this.mustClose = hasLength;
      return this.#readCodings(head);
    }
    if (hasLength) return this.#readLength(head);
    this.kind = BodyKind.UntilClose;
    this.mustClose = true;
    return HttpVerdict.Ok;
  }

  /** A list of equal numbers is one number (RFC 9112 §6.3, item 5); anything else is refused. */
  #readLength(head: FieldSection): HttpVerdict {
    let length = -1;
    let index = head.findField(CONTENT_LENGTH);
    for (; index >= 0; index = head.findField(CONTENT_LENGTH, index + 1)) {
      const end = head.valueEnd(index);
      let i = head.valueOffset(index);
      for (;;) {
        let value = 0;
        let digits = 0;
        for (; i < end; i++, digits++) {
          const digit = head.bytes[i]! - 0x30;
          if (digit < 0 || digit > 9) break;
          value = value * 10 + digit;
          if (value > Number.MAX_SAFE_INTEGER) return HttpVerdict.BadContentLength;
        }
        if (digits === 0 || length >= 0 && length !== value) return HttpVerdict.BadContentLength;
        length = value;
        while (i < end && isBlank(head.bytes[i]!)) i++;
        if (i === end) break;
        if (head.bytes[i] !== COMMA) return HttpVerdict.BadContentLength;
        do i++; while (i < end && isBlank(head.bytes[i]!));
      }
    }
    this.kind = BodyKind.Length;
    this.length = length;
    return HttpVerdict.Ok;
  }

  /** `chunked` is the only coding that is spoken, and it must be there once (RFC 9112 §6.1, §7). */
  #readCodings(head: FieldSection): HttpVerdict {
    const bytes = head.bytes;
    let chunked = 0;
    let index = head.findField(TRANSFER_ENCODING);
    for (; index >= 0; index = head.findField(TRANSFER_ENCODING, index + 1)) {
      const end = head.valueEnd(index);
      let start = head.valueOffset(index);
      if (start === end) return HttpVerdict.BadTransferEncoding;
      while (start <= end) {
        let comma = start;
        while (comma < end && bytes[comma] !== COMMA) comma++;
        let last = comma;
        while (last > start && isBlank(bytes[last - 1]!)) last--;
        while (start < last && isBlank(bytes[start]!)) start++;
        if (start === last || chunked > 0) return HttpVerdict.BadTransferEncoding;
        if (!equalsIgnoreCase(bytes, start, last, CHUNKED)) {
          return isToken(head, start, last)
            ? HttpVerdict.UnknownTransferCoding
            : HttpVerdict.BadTransferEncoding;
        }
        chunked++;
        start = comma + 1;
      }
    }
    this.kind = BodyKind.Chunked;
    return HttpVerdict.Ok;
  }
}

function isBlank(byte: number): boolean {
  return byte === SP || byte === HTAB;
}

/** Whether a coding's name has the letters, digits and hyphens that registered ones have. */
function isToken(head: FieldSection, start: number, end: number): boolean {
  for (let i = start; i < end; i++) {
    const byte = head.bytes[i]! | 0x20;
    const isAlphanumeric = byte >= 0x61 && byte <= 0x7a || byte >= 0x30 && byte <= 0x39;
    if (!isAlphanumeric && head.bytes[i] !== 0x2d) return false;
  }
  return true;
}

/**
 * Whether the sender of a message wants the connection to go on after it (RFC 9112 §9.3): in HTTP/1.1 unless it said
 * `close`, in HTTP/1.0 only when it said `keep-alive`.
 *
 * @example
 * ```ts
 * import { isPersistent, RequestHead } from "@octet/httpraw";
 * import { assertEquals } from "@std/assert";
 *
 * const bytes = new TextEncoder().encode("GET / HTTP/1.1\r\nHost: a\r\nConnection: TE, Close\r\n\r\n");
 * const head = new RequestHead();
 * head.parse(bytes, 0, bytes.length);
 * assertEquals(isPersistent(head), false);
 * ```
 *
 * @param head A head whose verdict is ok.
 */
export function isPersistent(head: RequestHead | ResponseHead): boolean {
  if (head.hasToken(CONNECTION, CLOSE)) return false;
  return head.minorVersion > 0 || head.hasToken(CONNECTION, KEEP_ALIVE);
}

/**
 * Whether a client waits for `100 Continue` before it sends the body (RFC 9110 §10.1.1). HTTP/1.0 knows no such thing.
 *
 * @param head A head whose verdict is ok.
 */
export function expectsContinue(head: RequestHead): boolean {
  return head.minorVersion > 0 && head.hasToken(EXPECT, CONTINUE);
}

/**
 * Checks the Host field (RFC 9112 §3.2): HTTP/1.1 requires exactly one, HTTP/1.0 allows none; its value is a
 * host and a port (RFC 3986 §3.2.2, §3.2.3) or empty.
 *
 * @param head A head whose verdict is ok.
 * @returns `Ok` or `BadHost`.
 */
export function checkHost(head: RequestHead): HttpVerdict {
  const index = head.findField(HOST);
  if (index < 0) return head.minorVersion > 0 ? HttpVerdict.BadHost : HttpVerdict.Ok;
  if (head.findField(HOST, index + 1) >= 0) return HttpVerdict.BadHost;
  const end = head.valueEnd(index);
  for (let i = head.valueOffset(index); i < end; i++) {
    if (hostTable[head.bytes[i]!] === 0) return HttpVerdict.BadHost;
  }
  return HttpVerdict.Ok;
}

/** 1 for what may stand in a host and port: unreserved, sub-delims, `%`, `:`, `[` and `]`. */
const hostTable: Uint8Array = Uint8Array.from(
  { length: 256 },
  (_, code) => /[A-Za-z0-9\-._~!$&'()*+,;=%:[\]]/.test(String.fromCharCode(code)) ? 1 : 0,
);

/** Whether a text may be the value of a Host field that is written. */
export function checkHostText(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 127 || hostTable[code] === 0) return false;
  }
  return true;
}
