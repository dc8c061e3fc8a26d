// The client's side of an exchange: one request out, interim responses and one final response in.
//
// Getters say where it stands. `receive` and `receiveEnd` are what the network does to it, `writeHead` and
// `requestBody` what the application does. It holds no bytes: those received stay in the caller's buffer.

import { BodyReader } from "./body_reader.ts";
import { BodyWriter } from "./body_writer.ts";
import { HttpEvent } from "./event.ts";
import type { FieldOptions, FieldSection } from "./fields.ts";
import { BodyFraming, BodyKind, isPersistent } from "./framing.ts";
import { ResponseHead } from "./head.ts";
import { checkBodyLength, checkHostValue, writeFields } from "./outgoing.ts";
import { HttpVerdict } from "./verdict.ts";
import { type FieldList, HeadWriter } from "./write.ts";

/** A request to write. */
export interface HttpRequestHead {
  /** The method; GET when left out. */
  readonly method?: string;
  /** The request target, percent-encoded: a path for an origin server, `host:port` for CONNECT. */
  readonly target: string;
  /** The Host field: host, and port where it is not the scheme's own. */
  readonly host: string;
  /** Further fields, in this order; neither Host nor what frames the body. */
  readonly fields?: FieldList;
  /** The body: its length in bytes, `"chunked"` where it is not known; no body when left out. */
  readonly body?: number | "chunked";
  /** Whether the connection is not to be used after this; writes `Connection: close`. */
  readonly close?: boolean;
  /** Whether the body waits for a `100 Continue`; writes `Expect: 100-continue`. */
  readonly expectContinue?: boolean;
}

/** Limits of a client. */
export interface HttpClientOptions extends FieldOptions {
  /** The longest response body in bytes; Infinity. */
  readonly maxBodyLength?: number;
}

/** Interim responses taken for one request before the server is held to be a nuisance. */
const MAX_INTERIM = 32;

const State = { Idle: 0, Head: 1, Body: 2, Done: 3, Tunnel: 4, Failed: 5 } as const;
type State = (typeof State)[keyof typeof State];

/**
 * Writes a request and reads its response, one exchange after another on one connection.
 *
 * @example
 * ```ts
 * import { HttpClientExchange, HttpEvent } from "@octet/httpraw";
 * import { assertEquals } from "@std/assert";
 *
 * const exchange = new HttpClientExchange();
 * const out = new Uint8Array(512);
 * const end = exchange.writeHead(out, 0, out.length, { target: "/", host: "example.org" });
 * assertEquals(
 *   new TextDecoder().decode(out.subarray(0, end)),
 *   "GET / HTTP/1.1\r\nHost: example.org\r\n\r\n",
 * );
 *
 * const input = new TextEncoder().encode("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
 * let position = 0;
 * let body = "";
 * for (;;) {
 *   const event = exchange.receive(input, position, input.length);
 *   position = exchange.position;
 *   if (event === HttpEvent.Head) assertEquals(exchange.head.status, 200);
 *   else if (event === HttpEvent.Data) {
 *     body += new TextDecoder().decode(input.subarray(exchange.dataOffset, exchange.dataEnd));
 *   } else {
 *     assertEquals(event, HttpEvent.End);
 *     break;
 *   }
 * }
 * assertEquals(body, "hi");
 * assertEquals(exchange.canReuse, true);
 * ```
 */
export class HttpClientExchange {
  /** The response's head: valid from the event `Head` or `Informational` until the bytes move. */
  readonly head: ResponseHead;
  /** Frames the request's body. */
  readonly requestBody: BodyWriter = new BodyWriter();
  /** Up to where the bytes have been read. */
  position = 0;
  /** What is wrong when the event is `Error`. */
  verdict: HttpVerdict = HttpVerdict.Ok;
  /** Whether a byte of the response has come: until then a lost connection may be tried anew. */
  hasResponse = false;
  /** Whether the server has asked for the body by `100 Continue`. */
  mayContinue = false;

  readonly #framing: BodyFraming = new BodyFraming();
  readonly #reader: BodyReader;
  readonly #writer: HeadWriter = new HeadWriter();
  #state: State = State.Idle;
  #method = "GET";
  #interim = 0;
  #persistent = false;

  /**
   * Makes an exchange that is idle.
   *
   * @param options Limits.
   */
  constructor(options: HttpClientOptions = {}) {
    this.head = new ResponseHead(options);
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

  /** How the end of the response's body is known, and its length: valid from the event `Head` on. */
  get framing(): Readonly<BodyFraming> {
    return this.#framing;
  }

  /** The trailer section; read it at the event `End`, before the bytes move. It is empty unless the body was chunked. */
  get trailers(): FieldSection {
    return this.#reader.trailers;
  }

  /**
   * Whether another request may be sent on this connection: the response is complete, both sides agreed to go on,
   * and the request was sent whole. The caller adds: no bytes are left over behind the response.
   */
  get canReuse(): boolean {
    return this.#state === State.Done && this.#persistent && this.requestBody.isComplete;
  }

  /**
   * Writes a request's head and begins its exchange. The body, if any, is framed by {@linkcode HttpClientExchange.requestBody}.
   *
   * @param bytes The buffer.
   * @param offset Where the head begins.
   * @param end Where the room ends.
   * @param request What to ask.
   * @returns Where the head ends.
   * @throws {TypeError} When an exchange is under way, or a text holds a character it must not.
   * @throws {RangeError} When it does not fit, or the body's length is none.
   */
  writeHead(bytes: Uint8Array, offset: number, end: number, request: HttpRequestHead): number {
    if (this.#state !== State.Idle && !this.canReuse) {
      throw new TypeError("Cannot write request as the connection is in use or must be closed");
    }
    const method = request.method ?? "GET";
    const body = request.body;
    const writer = this.#writer;
    writer.reset(bytes, offset, end);
    writer.requestLine(method, request.target);
    writer.field("Host", checkHostValue(request.host));
    const written = writeFields(writer, request.fields ?? []);
    // A method that usually has a body says so even when it has none (RFC 9110 §8.6).
    const length = body ?? (method === "POST" || method === "PUT" || method === "PATCH" ? 0 : null);
    if (length === "chunked") writer.field("Transfer-Encoding", "chunked");
    else if (length !== null) writer.field("Content-Length", String(checkBodyLength(length)));
    if (request.expectContinue && body !== undefined) writer.field("Expect", "100-continue");
    if (request.close && !written.closes) writer.field("Connection", "close");
    const headEnd = writer.end();

    if (body === "chunked") this.requestBody.begin(BodyKind.Chunked, 0);
    else this.requestBody.begin(body === undefined ? BodyKind.None : BodyKind.Length, body ?? 0);
    this.#method = method;
    this.#interim = 0;
    this.#persistent = !(request.close || written.closes);
    this.hasResponse = false;
    this.mayContinue = false;
    this.verdict = HttpVerdict.Ok;
    this.head.reset();
    this.#state = State.Head;
    return headEnd;
  }

  /**
   * Reads up to the next event.
   *
   * @param bytes The buffer.
   * @param offset Where to go on: `position` of the call before, wherever those bytes stand now.
   * @param end Where the bytes received end.
   * @returns The event.
   */
  receive(bytes: Uint8Array, offset: number, end: number): HttpEvent {
    this.position = offset;
    switch (this.#state) {
      case State.Head:
        return this.#receiveHead(bytes, offset, end);
      case State.Body: {
        const event = this.#reader.next(bytes, offset, end);
        this.position = this.#reader.position;
        if (event === HttpEvent.End) this.#state = State.Done;
        return event === HttpEvent.Error ? this.#fail(this.#reader.verdict) : event;
      }
      case State.Done:
        return HttpEvent.End;
      case State.Tunnel:
        return HttpEvent.Tunnel;
      case State.Idle:
        return offset < end ? this.#fail(HttpVerdict.Unexpected) : HttpEvent.NeedMore;
      default:
        return HttpEvent.Error;
    }
  }

  /**
   * The server sends no more, and all its bytes have been given.
   *
   * @returns `End` where that ends the response, `Error` where it cuts it short; `Tunnel` where it is none of HTTP's business.
   */
  receiveEnd(): HttpEvent {
    this.#persistent = false;
    switch (this.#state) {
      case State.Body: {
        const event = this.#reader.close();
        if (event === HttpEvent.Error) return this.#fail(HttpVerdict.Truncated);
        this.#state = State.Done;
        return event;
      }
      case State.Idle:
      case State.Done:
        return HttpEvent.End;
      case State.Tunnel:
        return HttpEvent.Tunnel;
      case State.Failed:
        return HttpEvent.Error;
      default:
        return this.#fail(HttpVerdict.Truncated);
    }
  }

  #receiveHead(bytes: Uint8Array, offset: number, end: number): HttpEvent {
    if (offset < end) this.hasResponse = true;
    const head = this.head;
    const verdict = head.parse(bytes, offset, end);
    if (verdict === HttpVerdict.Incomplete) return HttpEvent.NeedMore;
    if (verdict !== HttpVerdict.Ok) return this.#fail(verdict);
    this.position = head.end;
    if (head.status < 200 && head.status !== 101) {
      if (++this.#interim > MAX_INTERIM) return this.#fail(HttpVerdict.Unexpected);
      if (head.status === 100) this.mayContinue = true;
      return HttpEvent.Informational;
    }
    const framing = this.#framing;
    const framed = framing.ofResponse(head, this.#method);
    if (framed !== HttpVerdict.Ok) return this.#fail(framed);
    if (framing.kind === BodyKind.Tunnel) {
      this.#persistent = false;
      this.#state = State.Tunnel;
      return HttpEvent.Head;
    }
    this.#persistent &&= isPersistent(head) && !framing.mustClose;
    const begun = this.#reader.begin(framing);
    if (begun !== HttpVerdict.Ok) return this.#fail(begun);
    this.#state = State.Body;
    return HttpEvent.Head;
  }

  #fail(verdict: HttpVerdict): HttpEvent {
    this.verdict = verdict;
    this.#persistent = false;
    this.#state = State.Failed;
    return HttpEvent.Error;
  }
}
