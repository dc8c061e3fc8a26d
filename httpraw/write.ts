// Heads written into bytes (RFC 9112 §2 to §5). What would be read as another message is refused.

import { textTable, tokenTable } from "./characters.ts";

const CR = 0xd;
const LF = 0xa;
const SP = 0x20;
const HTAB = 0x9;
const COLON = 0x3a;
const ZERO = 0x30;

/** Name and value of fields to write, in this order. */
export type FieldList = Iterable<readonly [name: string, value: string]>;

/**
 * Writes a head piece by piece. Texts are one byte a character: a field's value may hold
 * characters up to U+00FF.
 *
 * @example
 * ```ts
 * import { HeadWriter } from "@octet/httpraw";
 * import { assertEquals, assertThrows } from "@std/assert";
 *
 * const bytes = new Uint8Array(100);
 * const writer = new HeadWriter();
 * writer.reset(bytes, 0, bytes.length);
 * writer.requestLine("GET", "/");
 * writer.field("Host", "example.org");
 * const end = writer.end();
 * assertEquals(
 *   new TextDecoder().decode(bytes.subarray(0, end)),
 *   "GET / HTTP/1.1\r\nHost: example.org\r\n\r\n",
 * );
 * assertThrows(() => writer.field("X", "a\r\nSet-Cookie: b"), TypeError);
 * ```
 */
export class HeadWriter {
  /** Where the next byte goes. */
  position = 0;
  #bytes: Uint8Array = new Uint8Array(0);
  #offset = 0;
  #end = 0;

  /**
   * Aims the writer at room for a head.
   *
   * @param bytes The buffer.
   * @param offset Where the head begins.
   * @param end Where the room ends (exclusive).
   * @throws {RangeError} When that is not inside the buffer.
   */
  reset(bytes: Uint8Array, offset: number, end: number): void {
    if (!(offset >= 0 && offset <= end && end <= bytes.length)) {
      throw new RangeError(
        `Cannot write head at ${offset} to ${end} as the buffer has ${bytes.length} bytes`,
      );
    }
    this.#bytes = bytes;
    this.#offset = offset;
    this.#end = end;
    this.position = offset;
  }

  /**
   * Writes a request line.
   *
   * @param method A token; methods are case-sensitive.
   * @param target The request target: visible ASCII, already percent-encoded.
   * @param minorVersion The digit after `HTTP/1.`.
   * @throws {TypeError} When method or target hold a character they must not.
   * @throws {RangeError} When the line does not fit.
   */
  requestLine(method: string, target: string, minorVersion = 1): void {
    checkToken("method", method);
    if (!/^[\x21-\x7e]+$/.test(target)) {
      throw new TypeError(
        `Cannot write target ${JSON.stringify(target)} as it is not visible ASCII throughout`,
      );
    }
    this.#room(method.length + target.length + 12);
    this.#text(method);
    this.#byte(SP);
    this.#text(target);
    this.#byte(SP);
    this.#version(minorVersion);
    this.#lineEnd();
  }

  /**
   * Writes a status line.
   *
   * @param status The status code, 100 to 999.
   * @param reason The reason phrase, without control characters; may be empty.
   * @param minorVersion The digit after `HTTP/1.`.
   * @throws {TypeError} When the reason holds a character it must not.
   * @throws {RangeError} When the status is out of range or the line does not fit.
   */
  statusLine(status: number, reason: string, minorVersion = 1): void {
    if (!Number.isInteger(status) || status < 100 || status > 999) {
      throw new RangeError(`Cannot write status as it must be 100 to 999: it is ${status}`);
    }
    if (this.#fits(reason.length + 15)) {
      const begin = this.position;
      this.#version(minorVersion);
      this.#byte(SP);
      this.#byte(ZERO + (status / 100 | 0));
      this.#byte(ZERO + (status / 10 | 0) % 10);
      this.#byte(ZERO + status % 10);
      this.#byte(SP);
      if (this.#take(reason, textTable)) return this.#lineEnd();
      this.position = begin;
    }
    checkText("reason phrase", reason);
    throw this.#full();
  }

  /**
   * Writes a field line.
   *
   * @param name A token.
   * @param value No control characters, no character above U+00FF; blanks at its ends are dropped by every reader.
   * @throws {TypeError} When name or value hold a character they must not.
   * @throws {RangeError} When the line does not fit.
   */
  field(name: string, value: string): void {
    if (this.#fits(name.length + value.length + 4) && name !== "") {
      const begin = this.position;
      if (this.#take(name, tokenTable)) {
        this.#byte(COLON);
        this.#byte(SP);
        if (this.#take(value, textTable)) return this.#lineEnd();
      }
      this.position = begin;
    }
    checkToken("field name", name);
    checkText(`value of ${name}`, value);
    throw this.#full();
  }

  /**
   * Writes the empty line.
   *
   * @returns Where the head ends, which is where the body begins.
   * @throws {RangeError} When it does not fit.
   */
  end(): number {
    this.#room(2);
    this.#lineEnd();
    return this.position;
  }

  #version(minorVersion: number): void {
    if (minorVersion !== 0 && minorVersion !== 1) {
      throw new RangeError(`Cannot write version HTTP/1.${minorVersion} as only 1.0 and 1.1 exist`);
    }
    this.#text("HTTP/1.");
    this.#byte(ZERO + minorVersion);
  }

  #fits(length: number): boolean {
    return this.position + length <= this.#end;
  }

  #room(length: number): void {
    if (!this.#fits(length)) throw this.#full();
  }

  #full(): RangeError {
    return new RangeError(
      `Cannot write head as it does not fit the ${this.#end - this.#offset} bytes there are`,
    );
  }

  #byte(value: number): void {
    this.#bytes[this.position++] = value;
  }

  #lineEnd(): void {
    this.#bytes[this.position++] = CR;
    this.#bytes[this.position++] = LF;
  }

  /** Writes a text and checks it on the way; whether it holds nothing but what `table` allows. */
  #take(text: string, table: Uint8Array): boolean {
    const bytes = this.#bytes;
    let position = this.position;
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code > 255 || table[code] === 0) return false;
      bytes[position++] = code;
    }
    this.position = position;
    return true;
  }

  #text(text: string): void {
    const bytes = this.#bytes;
    let position = this.position;
    for (let i = 0; i < text.length; i++) bytes[position++] = text.charCodeAt(i);
    this.position = position;
  }
}

function checkToken(what: string, text: string): void {
  let ok = text.length > 0;
  for (let i = 0; ok && i < text.length; i++) {
    const code = text.charCodeAt(i);
    ok = code < 128 && tokenTable[code] === 1;
  }
  if (!ok) {
    throw new TypeError(`Cannot write ${what} ${JSON.stringify(text)} as it is not a token`);
  }
}

function checkText(what: string, text: string): void {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 32 && code !== HTAB || code === 127 || code > 255) {
      throw new TypeError(
        `Cannot write ${what} as it holds the character U+${
          code.toString(16).toUpperCase().padStart(4, "0")
        }`,
      );
    }
  }
}

/**
 * The standard reason phrase of a status code (RFC 9110 §15 and the IANA registry).
 *
 * @example
 * ```ts
 * import { reasonPhrase } from "@octet/httpraw";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(reasonPhrase(404), "Not Found");
 * assertEquals(reasonPhrase(599), "");
 * ```
 *
 * @param status The status code.
 * @returns The phrase; an empty text for a code without one.
 */
export function reasonPhrase(status: number): string {
  return phrases.get(status) ?? "";
}

const phrases: ReadonlyMap<number, string> = new Map([
  [100, "Continue"],
  [101, "Switching Protocols"],
  [103, "Early Hints"],
  [200, "OK"],
  [201, "Created"],
  [202, "Accepted"],
  [203, "Non-Authoritative Information"],
  [204, "No Content"],
  [205, "Reset Content"],
  [206, "Partial Content"],
  [207, "Multi-Status"],
  [208, "Already Reported"],
  [226, "IM Used"],
  [300, "Multiple Choices"],
  [301, "Moved Permanently"],
  [302, "Found"],
  [303, "See Other"],
  [304, "Not Modified"],
  [305, "Use Proxy"],
  [307, "Temporary Redirect"],
  [308, "Permanent Redirect"],
  [400, "Bad Request"],
  [401, "Unauthorized"],
  [402, "Payment Required"],
  [403, "Forbidden"],
  [404, "Not Found"],
  [405, "Method Not Allowed"],
  [406, "Not Acceptable"],
  [407, "Proxy Authentication Required"],
  [408, "Request Timeout"],
  [409, "Conflict"],
  [410, "Gone"],
  [411, "Length Required"],
  [412, "Precondition Failed"],
  [413, "Content Too Large"],
  [414, "URI Too Long"],
  [415, "Unsupported Media Type"],
  [416, "Range Not Satisfiable"],
  [417, "Expectation Failed"],
  [421, "Misdirected Request"],
  [422, "Unprocessable Content"],
  [423, "Locked"],
  [424, "Failed Dependency"],
  [425, "Too Early"],
  [426, "Upgrade Required"],
  [428, "Precondition Required"],
  [429, "Too Many Requests"],
  [431, "Request Header Fields Too Large"],
  [451, "Unavailable For Legal Reasons"],
  [500, "Internal Server Error"],
  [501, "Not Implemented"],
  [502, "Bad Gateway"],
  [503, "Service Unavailable"],
  [504, "Gateway Timeout"],
  [505, "HTTP Version Not Supported"],
  [506, "Variant Also Negotiates"],
  [507, "Insufficient Storage"],
  [508, "Loop Detected"],
  [511, "Network Authentication Required"],
]);
