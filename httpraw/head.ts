// Heads of requests and responses (RFC 9112 §2 to §5), found as offsets into the caller's bytes and left as they are.

import { latin1, textTable, tokenTable } from "./characters.ts";
import { type FieldOptions, FieldSection } from "./fields.ts";
import { HttpVerdict } from "./verdict.ts";

const token = tokenTable;
const CR = 0xd;
const LF = 0xa;
const SP = 0x20;

const SLASH = 0x2f;
const DOT = 0x2e;
const ZERO = 0x30;
const STAR = 0x2a;

/** The methods whose names need no making (RFC 9110 §9.3, RFC 5789). */
const methods: readonly string[] = [
  "GET",
  "HEAD",
  "POST",
  "PUT",
  "DELETE",
  "CONNECT",
  "OPTIONS",
  "TRACE",
  "PATCH",
];

/** The four forms of a request target (RFC 9112 §3.2). */
export const TargetForm = {
  /** A path, with or without a query. */
  Origin: "origin",
  /** A whole URI, as proxies get it. */
  Absolute: "absolute",
  /** Host and port, for CONNECT. */
  Authority: "authority",
  /** `*`, for OPTIONS. */
  Asterisk: "asterisk",
} as const;

/** One of the forms of {@linkcode TargetForm}. */
export type TargetForm = (typeof TargetForm)[keyof typeof TargetForm];

/** Whether `HTTP/1.` and a digit stand at `offset`; a verdict. Eight bytes must be there. */
/** Whether what has come of a status line may become one: another protocol's greeting may be all that ever comes. */
function beginsVersion(bytes: Uint8Array, offset: number, end: number): HttpVerdict {
  const name = "HTTP/";
  for (let i = 0; i < name.length && offset + i < end; i++) {
    if (bytes[offset + i] !== name.charCodeAt(i)) return HttpVerdict.BadStartLine;
  }
  return HttpVerdict.Incomplete;
}

function versionVerdict(bytes: Uint8Array, offset: number): HttpVerdict {
  const isHttp = bytes[offset] === 0x48 && bytes[offset + 1] === 0x54 &&
    bytes[offset + 2] === 0x54 && bytes[offset + 3] === 0x50 && bytes[offset + 4] === SLASH &&
    bytes[offset + 6] === DOT;
  const major = bytes[offset + 5]! - ZERO;
  const minor = bytes[offset + 7]! - ZERO;
  if (!isHttp || major < 0 || major > 9 || minor < 0 || minor > 9) return HttpVerdict.BadStartLine;
  return major === 1 ? HttpVerdict.Ok : HttpVerdict.BadVersion;
}

/**
 * The head of a request. `parse` may be called again with more bytes until its verdict is other than `Incomplete`.
 *
 * @example
 * ```ts
 * import { HttpVerdict, RequestHead } from "@octet/httpraw";
 * import { assertEquals } from "@std/assert";
 *
 * const bytes = new TextEncoder().encode("GET /a?b HTTP/1.1\r\nHost: example.org\r\n\r\n");
 * const head = new RequestHead();
 * assertEquals(head.parse(bytes, 0, bytes.length), HttpVerdict.Ok);
 * assertEquals(head.method, "GET");
 * assertEquals(head.target, "/a?b");
 * assertEquals(head.minorVersion, 1);
 * assertEquals(head.get("host"), "example.org");
 * assertEquals(head.end, bytes.length);
 * ```
 */
export class RequestHead extends FieldSection {
  /** Where the method begins: behind empty lines before it (RFC 9112 §2.2). */
  methodOffset = 0;
  /** Where the method ends (exclusive). */
  methodEnd = 0;
  /** Where the target begins. */
  targetOffset = 0;
  /** Where the target ends (exclusive). */
  targetEnd = 0;
  /** The digit after `HTTP/1.`: 0 or 1; above is to be treated as 1 (RFC 9110 §2.5). */
  minorVersion = 1;

  /** Parses a head from its first byte, or goes on with one that was incomplete. See {@linkcode FieldSection.parse}. */
  override parse(bytes: Uint8Array, offset: number, end: number): HttpVerdict {
    this.bytes = bytes;
    const limit = end - offset > this.maxLength ? offset + this.maxLength : end;
    let position = offset;
    if (this.resume >= 0) {
      if (!this.canResume(bytes, offset, limit)) return HttpVerdict.Incomplete;
      position = offset + this.resume;
    } else {
      this.fieldCount = 0;
    }
    this.offset = offset;
    let verdict: HttpVerdict = HttpVerdict.Ok;
    if (this.resume <= 0) {
      this.resume = -1;
      verdict = this.#parseRequestLine(bytes, position, limit);
      position = this.end;
    }
    if (verdict === HttpVerdict.Ok) verdict = this.parseLines(bytes, position, limit);
    return this.settle(verdict, limit);
  }

  /** Parses the request line; `end` is then where the next line begins. */
  #parseRequestLine(bytes: Uint8Array, position: number, end: number): HttpVerdict {
    let i = position;
    if (i >= end) return HttpVerdict.Incomplete;
    let byte = bytes[i]!;
    while (byte === CR || byte === LF) {
      if (byte === CR) {
        if (++i >= end) return HttpVerdict.Incomplete;
        if (bytes[i] !== LF) return HttpVerdict.BadLineEnd;
      } else if (!this.bareLineFeed) {
        return HttpVerdict.BadLineEnd;
      }
      if (++i >= end) return HttpVerdict.Incomplete;
      byte = bytes[i]!;
    }
    this.methodOffset = i;
    while (token[byte] === 1) {
      if (++i >= end) return HttpVerdict.Incomplete;
      byte = bytes[i]!;
    }
    this.methodEnd = i;
    if (byte !== SP || i === this.methodOffset) return HttpVerdict.BadStartLine;
    if (++i >= end) return HttpVerdict.Incomplete;
    this.targetOffset = i;
    byte = bytes[i]!;
    while (byte > 32 && byte < 127) {
      if (++i >= end) return HttpVerdict.Incomplete;
      byte = bytes[i]!;
    }
    this.targetEnd = i;
    if (byte !== SP || i === this.targetOffset) return HttpVerdict.BadStartLine;
    i++;
    if (end - i < 9) return HttpVerdict.Incomplete;
    const verdict = versionVerdict(bytes, i);
    if (verdict !== HttpVerdict.Ok) return verdict;
    this.minorVersion = bytes[i + 7]! - ZERO;
    i += 8;
    if (bytes[i] === CR) {
      if (++i >= end) return HttpVerdict.Incomplete;
      if (bytes[i] !== LF) return HttpVerdict.BadLineEnd;
    } else if (bytes[i] !== LF) {
      return HttpVerdict.BadStartLine;
    } else if (!this.bareLineFeed) {
      return HttpVerdict.BadLineEnd;
    }
    this.end = i + 1;
    return HttpVerdict.Ok;
  }

  /** Shifts what was found: the bytes stand elsewhere now. */
  protected override move(by: number): void {
    super.move(by);
    this.methodOffset += by;
    this.methodEnd += by;
    this.targetOffset += by;
    this.targetEnd += by;
  }

  /** Whether the method is this one; methods are case-sensitive (RFC 9110 §9.1). */
  isMethod(method: string): boolean {
    const length = this.methodEnd - this.methodOffset;
    if (length !== method.length) return false;
    for (let i = 0; i < length; i++) {
      if (this.bytes[this.methodOffset + i] !== method.charCodeAt(i)) return false;
    }
    return true;
  }

  /** The method; the common ones cost no new string. */
  get method(): string {
    for (const method of methods) {
      if (this.isMethod(method)) return method;
    }
    return latin1(this.bytes, this.methodOffset, this.methodEnd);
  }

  /** The target as it was sent. */
  get target(): string {
    return latin1(this.bytes, this.targetOffset, this.targetEnd);
  }

  /** The target's form, as its first bytes and the method tell (RFC 9112 §3.2). */
  get targetForm(): TargetForm {
    if (this.isMethod("CONNECT")) return TargetForm.Authority;
    const first = this.bytes[this.targetOffset]!;
    if (first === SLASH) return TargetForm.Origin;
    if (first === STAR && this.targetEnd - this.targetOffset === 1) return TargetForm.Asterisk;
    return TargetForm.Absolute;
  }
}

/**
 * The head of a response. A fold in a value is accepted, as a client must (RFC 9112 §5.2), and reads as a space.
 *
 * @example
 * ```ts
 * import { HttpVerdict, ResponseHead } from "@octet/httpraw";
 * import { assertEquals } from "@std/assert";
 *
 * const bytes = new TextEncoder().encode("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
 * const head = new ResponseHead();
 * assertEquals(head.parse(bytes, 0, bytes.length), HttpVerdict.Ok);
 * assertEquals(head.status, 404);
 * assertEquals(head.reason, "Not Found");
 * ```
 */
export class ResponseHead extends FieldSection {
  /** The status code, 100 to 999. */
  status = 0;
  /** The digit after `HTTP/1.`: 0 or 1; above is to be treated as 1 (RFC 9110 §2.5). */
  minorVersion = 1;
  /** Where the reason phrase begins. */
  reasonOffset = 0;
  /** Where the reason phrase ends (exclusive). */
  reasonEnd = 0;

  /**
   * Takes memory for the most fields allowed, once.
   *
   * @param options Limits and latitude.
   * @throws {RangeError} When a limit is not a positive integer.
   */
  constructor(options: FieldOptions = {}) {
    super(options);
    this.acceptsFolds = true;
  }

  /** Parses a head from its first byte, or goes on with one that was incomplete. See {@linkcode FieldSection.parse}. */
  override parse(bytes: Uint8Array, offset: number, end: number): HttpVerdict {
    this.bytes = bytes;
    const limit = end - offset > this.maxLength ? offset + this.maxLength : end;
    let position = offset;
    if (this.resume >= 0) {
      if (!this.canResume(bytes, offset, limit)) return HttpVerdict.Incomplete;
      position = offset + this.resume;
    } else {
      this.fieldCount = 0;
    }
    this.offset = offset;
    let verdict: HttpVerdict = HttpVerdict.Ok;
    if (this.resume <= 0) {
      this.resume = -1;
      verdict = this.#parseStatusLine(bytes, position, limit);
      position = this.end;
    }
    if (verdict === HttpVerdict.Ok) verdict = this.parseLines(bytes, position, limit);
    return this.settle(verdict, limit);
  }

  /** Parses the status line; `end` is then where the next line begins. */
  #parseStatusLine(bytes: Uint8Array, position: number, end: number): HttpVerdict {
    let i = position;
    if (end - i < 13) return beginsVersion(bytes, i, end);
    const verdict = versionVerdict(bytes, i);
    if (verdict !== HttpVerdict.Ok) return verdict;
    this.minorVersion = bytes[i + 7]! - ZERO;
    const hundreds = bytes[i + 9]! - ZERO;
    const tens = bytes[i + 10]! - ZERO;
    const ones = bytes[i + 11]! - ZERO;
    const isStatus = bytes[i + 8] === SP && hundreds >= 1 && hundreds <= 9 && tens >= 0 &&
      tens <= 9 && ones >= 0 && ones <= 9;
    if (!isStatus) return HttpVerdict.BadStartLine;
    this.status = hundreds * 100 + tens * 10 + ones;
    i += 12;
    // The space before an empty reason phrase is required (RFC 9112 §4) and often missing.
    if (bytes[i] === SP) i++;
    else if (bytes[i] !== CR && bytes[i] !== LF) return HttpVerdict.BadStartLine;
    this.reasonOffset = i;
    while (i < end && textTable[bytes[i]!] === 1) i++;
    if (i >= end) return HttpVerdict.Incomplete;
    this.reasonEnd = i;
    if (bytes[i] === CR) {
      if (++i >= end) return HttpVerdict.Incomplete;
      if (bytes[i] !== LF) return HttpVerdict.BadLineEnd;
    } else if (bytes[i] !== LF) {
      return HttpVerdict.BadStartLine;
    } else if (!this.bareLineFeed) {
      return HttpVerdict.BadLineEnd;
    }
    this.end = i + 1;
    return HttpVerdict.Ok;
  }

  /** Shifts what was found: the bytes stand elsewhere now. */
  protected override move(by: number): void {
    super.move(by);
    this.reasonOffset += by;
    this.reasonEnd += by;
  }

  /** The reason phrase as it was sent. */
  get reason(): string {
    return latin1(this.bytes, this.reasonOffset, this.reasonEnd);
  }
}
