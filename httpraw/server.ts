// The server's side of a connection: requests in, one after another, each answered before the next is looked at.
//
// Getters say where it stands. `receive` and `receiveEnd` are what the network does to it, the `write` methods and
// `responseBody` what the application does. It holds no bytes: those received stay in the caller's buffer.

import { BodyReader } from "./body_reader.ts";
import { BodyWriter } from "./body_writer.ts";
import { HttpEvent } from "./event.ts";
import type { FieldOptions, FieldSection } from "./fields.ts";
import { BodyFraming, BodyKind, checkHost, expectsContinue, isPersistent } from "./framing.ts";
import { RequestHead } from "./head.ts";
import { checkBodyLength, writeFields } from "./outgoing.ts";
import { checkTarget } from "./target.ts";
import { HttpVerdict, httpVerdictStatus } from "./verdict.ts";
import { type FieldList, HeadWriter, reasonPhrase } from "./write.ts";

/** A response to write. */
export interface HttpResponseHead {
  /** The status code, 101 or 200 to 999. */
  readonly status: number;
  /** The reason phrase; the standard one when left out. */
  readonly reason?: string;
  /** Further fields, in this order, Date among them; not what frames the body. */
  readonly fields?: FieldList;
  /**
   * The body: its length in bytes, `"chunked"` where it is not known; empty when left out. For HEAD it is what a
   * GET would have had, and nothing of it is sent.
   */
  readonly body?: number | "chunked" | undefined;
  /** Whether the connection is to be closed after this; writes `Connection: close`. */
  readonly close?: boolean;
}

/** Limits of a server. */
export interface HttpServerOptions extends FieldOptions {
  /** The longest request body in bytes; Infinity. */
  readonly maxBodyLength?: number;
}

const In = { Head: 0, Body: 1, Done: 2, Tunnel: 3, Failed: 4 } as const;
type In = (typeof In)[keyof typeof In];
const Out = { Waiting: 0, Body: 1, Done: 2 } as const;
type Out = (typeof Out)[keyof typeof Out];

/**
 * Reads requests and writes their responses on one connection.
 *
 * @example
 * ```ts
 * import { HttpEvent, HttpServerExchange } from "@octet/httpraw";
 * import { assertEquals } from "@std/assert";
 *
 * const exchange = new HttpServerExchange();
 * const input = new TextEncoder().encode("GET /a HTTP/1.1\r\nHost: example.org\r\n\r\n");
 * assertEquals(exchange.receive(input, 0, input.length), HttpEvent.Head);
 * assertEquals(exchange.head.target, "/a");
 * assertEquals(exchange.receive(input, exchange.position, input.length), HttpEvent.End);
 *
 * const out = new Uint8Array(512);
 * let position = exchange.writeHead(out, 0, out.length, { status: 200, body: 2 });
 * position += exchange.responseBody.open(out, position, 2);
 * out.set([0x68, 0x69], position);
 * position += 2;
 * position += exchange.responseBody.close(out, position);
 * position += exchange.responseBody.finish(out, position);
 * assertEquals(
 *   new TextDecoder().decode(out.subarray(0, position)),
 *   "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi",
 * );
 * assertEquals(exchange.shouldClose, false);
 * ```
 */
export class HttpServerExchange {
  /** The request's head: valid from the event `Head` until the bytes move. */
  readonly head: RequestHead;
  /** Frames the response's body. */
  readonly responseBody: BodyWriter = new BodyWriter();
  /** Up to where the bytes have been read. */
  position = 0;
  /** What is wrong when the event is `Error`. */
  verdict: HttpVerdict = HttpVerdict.Ok;

  readonly #framing: BodyFraming = new BodyFraming();
  readonly #reader: BodyReader;
  readonly #writer: HeadWriter = new HeadWriter();
  #in: In = In.Head;
  #out: Out = Out.Waiting;
  #persistent = true;
  #expectsContinue = false;
  #isHead = false;
  #isConnect = false;
  #minorVersion = 1;
  #isPartial = false;

  /**
   * Makes the exchange of a new connection.
   *
   * @param options Limits and latitude.
   */
  constructor(options: HttpServerOptions = {}) {
    this.head = new RequestHead(options);
    this.#reader = new BodyReader(options.maxBodyLength, options);
  }

  /** Where the data of the last `Data` event begins. */
  get dataOffset(): number {
    return this.#reader.dataOffset;
  }

  /** Where it ends (exclusive). */
  get dataEnd(): number {
    return this.#reader.dataEnd;
  }

  /** How the end of the request's body is known, and its length: valid from the event `Head` on. */
  get framing(): Readonly<BodyFraming> {
    return this.#framing;
  }

  /** The trailer section; read it at the event `End`, before the bytes move. It is empty unless the body was chunked. */
  get trailers(): FieldSection {
    return this.#reader.trailers;
  }

  /** The status to answer an `Error` with, where {@linkcode HttpServerExchange.canRespond}; the connection is to be closed then. */
  get errorStatus(): number {
    return httpVerdictStatus(this.verdict);
  }

  /** Whether the client waits for `100 Continue` before it sends its body, and has not got it. */
  get expectsContinue(): boolean {
    return this.#expectsContinue;
  }

  /** Whether a request, or what was meant to be one, waits for its response: `writeHead` may be called. */
  get canRespond(): boolean {
    const asked = this.#in === In.Body || this.#in === In.Done || this.#in === In.Failed;
    return asked && this.#out === Out.Waiting;
  }

  /** Whether the response is complete. */
  get isAnswered(): boolean {
    return this.#out === Out.Done || this.#out === Out.Body && this.responseBody.isComplete;
  }

  /** Whether the connection is to be closed now: the last response is complete. */
  get shouldClose(): boolean {
    return this.isAnswered && !this.#persistent && this.#in !== In.Tunnel;
  }

  /**
   * Reads up to the next event. A body is given also when it was answered already, so that the caller may drop it
   * and go on with the next request.
   *
   * @param bytes The buffer.
   * @param offset Where to go on: `position` of the call before, wherever those bytes stand now.
   * @param end Where the bytes received end.
   * @returns The event.
   */
  receive(bytes: Uint8Array, offset: number, end: number): HttpEvent {
    this.position = offset;
    switch (this.#in) {
      case In.Head:
        return this.#receiveHead(bytes, offset, end);
      case In.Body: {
        const event = this.#reader.next(bytes, offset, end);
        this.position = this.#reader.position;
        if (this.position > offset) this.#expectsContinue = false;
        if (event === HttpEvent.End) this.#in = In.Done;
        return event === HttpEvent.Error ? this.#fail(this.#reader.verdict) : event;
      }
      case In.Done:
        if (!this.isAnswered || !this.#persistent) return HttpEvent.Paused;
        this.#in = In.Head;
        this.#out = Out.Waiting;
        this.head.reset();
        return this.#receiveHead(bytes, offset, end);
      case In.Tunnel:
        return HttpEvent.Tunnel;
      default:
        return HttpEvent.Error;
    }
  }

  /**
   * The client sends no more, and all its bytes have been given.
   *
   * @returns `End` where no request is cut short by it, otherwise `Error`; `Tunnel` where it is none of HTTP's business.
   */
  receiveEnd(): HttpEvent {
    this.#persistent = false;
    switch (this.#in) {
      case In.Head:
        return this.#isPartial ? this.#fail(HttpVerdict.Truncated) : HttpEvent.End;
      case In.Body:
        if (this.#reader.close() === HttpEvent.Error) return this.#fail(HttpVerdict.Truncated);
        this.#in = In.Done;
        return HttpEvent.End;
      case In.Tunnel:
        return HttpEvent.Tunnel;
      case In.Failed:
        return HttpEvent.Error;
      default:
        return HttpEvent.End;
    }
  }

  /**
   * Writes an interim response: `100 Continue`, or `103 Early Hints` with fields. HTTP/1.0 clients get none (RFC 9110 §15.2).
   *
   * @param bytes The buffer.
   * @param offset Where it begins.
   * @param end Where the room ends.
   * @param status 100, or 102 to 199.
   * @param fields Its fields.
   * @returns Where it ends: `offset` for an HTTP/1.0 client.
   * @throws {TypeError} When no request waits for its response, or a text holds a character it must not.
   * @throws {RangeError} When the status is another, or it does not fit.
   */
  writeInformational(
    bytes: Uint8Array,
    offset: number,
    end: number,
    status = 100,
    fields: FieldList = [],
  ): number {
    if (!(status >= 100 && status < 200) || status === 101) {
      throw new RangeError(`Cannot write interim response as status ${status} is not one`);
    }
    this.#checkWaiting();
    if (this.#minorVersion === 0) return offset;
    const writer = this.#writer;
    writer.reset(bytes, offset, end);
    writer.statusLine(status, reasonPhrase(status));
    writeFields(writer, fields);
    if (status === 100) this.#expectsContinue = false;
    return writer.end();
  }

  /**
   * Writes the response's head. The body is framed by {@linkcode HttpServerExchange.responseBody}, which has none after a HEAD.
   *
   * @param bytes The buffer.
   * @param offset Where the head begins.
   * @param end Where the room ends.
   * @param response What to answer.
   * @returns Where the head ends.
   * @throws {TypeError} When no request waits for its response, or a text holds a character it must not.
   * @throws {RangeError} When it does not fit, or the status or the body's length is none.
   */
  writeHead(bytes: Uint8Array, offset: number, end: number, response: HttpResponseHead): number {
    const { status } = response;
    if (status < 200 && status !== 101) {
      throw new RangeError(`Cannot write response as status ${status} is not a final one`);
    }
    this.#checkWaiting();
    const switches = status === 101 || this.#isConnect && status < 300 && this.#in !== In.Failed;
    const length = response.body ?? 0;
    const isBare = switches || status === 204;
    const hasBody = !isBare && !this.#isHead && status !== 304;
    const untilClose = hasBody && length === "chunked" && this.#minorVersion === 0;
    const writer = this.#writer;
    writer.reset(bytes, offset, end);
    writer.statusLine(status, response.reason ?? reasonPhrase(status));
    const written = writeFields(writer, response.fields ?? []);
    if (!isBare) {
      if (length !== "chunked") {
        // Of a 304 the length is that of what was not sent (RFC 9110 §8.6): unknown unless the caller says it.
        if (hasBody || response.body !== undefined) {
          writer.field("Content-Length", String(checkBodyLength(length)));
        }
      } else if (this.#minorVersion > 0) {
        writer.field("Transfer-Encoding", "chunked");
      }
    }
    // A client that still waits for 100 may send its body or not: nobody knows where the next request begins.
    const closes = response.close === true || written.closes || untilClose || !this.#persistent ||
      this.#in === In.Failed || this.#expectsContinue;
    if (closes && !switches && !written.closes) writer.field("Connection", "close");
    else if (!closes && this.#minorVersion === 0 && !written.hasConnection) {
      writer.field("Connection", "keep-alive");
    }
    const headEnd = writer.end();

    this.#persistent = !closes && !switches;
    this.#out = Out.Body;
    if (switches) {
      this.#in = In.Tunnel;
      this.responseBody.begin(BodyKind.Tunnel, 0);
    } else if (!hasBody) this.responseBody.begin(BodyKind.None, 0);
    else if (untilClose) this.responseBody.begin(BodyKind.UntilClose, 0);
    else if (length === "chunked") this.responseBody.begin(BodyKind.Chunked, 0);
    else this.responseBody.begin(BodyKind.Length, length);
    return headEnd;
  }

  #checkWaiting(): void {
    if (!this.canRespond) {
      throw new TypeError("Cannot write response as no request waits for one");
    }
  }

  #receiveHead(bytes: Uint8Array, offset: number, end: number): HttpEvent {
    const head = this.head;
    const verdict = head.parse(bytes, offset, end);
    if (verdict === HttpVerdict.Incomplete) {
      this.#isPartial = offset < end;
      return HttpEvent.NeedMore;
    }
    this.#isPartial = false;
    this.#isHead = false;
    this.#isConnect = false;
    this.#minorVersion = 1;
    this.#expectsContinue = false;
    if (verdict !== HttpVerdict.Ok) return this.#fail(verdict);
    this.position = head.end;
    this.#isHead = head.isMethod("HEAD");
    this.#isConnect = head.isMethod("CONNECT");
    this.#minorVersion = Math.min(head.minorVersion, 1);
    this.#persistent &&= isPersistent(head);
    let check = checkTarget(head);
    if (check === HttpVerdict.Ok) check = checkHost(head);
    if (check === HttpVerdict.Ok) check = this.#framing.ofRequest(head);
    if (check === HttpVerdict.Ok) check = this.#reader.begin(this.#framing);
    if (check !== HttpVerdict.Ok) return this.#fail(check);
    const hasBody = this.#framing.kind === BodyKind.Chunked || this.#framing.length > 0;
    this.#expectsContinue = hasBody && expectsContinue(head);
    this.#in = In.Body;
    return HttpEvent.Head;
  }

  #fail(verdict: HttpVerdict): HttpEvent {
    this.verdict = verdict;
    this.#persistent = false;
    this.#in = In.Failed;
    return HttpEvent.Error;
  }
}
