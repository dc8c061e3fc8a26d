/**
 * One connection of a client, and the exchange on it.
 *
 * @module
 */
import { BodyKind, HttpClientExchange, HttpEvent, HttpVerdict } from "@octet/httpraw";
import { BodyIntake } from "./body_intake.ts";
import type { HttpClientRequest, HttpRequestBody, Timing } from "./client_types.ts";
import { closeConn, type HttpConn, writeAll } from "./conn.ts";
import { HttpError, responseError } from "./error.ts";
import { HttpInput } from "./input.ts";
import { backgroundTimer, type Timer } from "./timer.ts";

/** Size of the input buffer in bytes: heads fit, and bodies go past it into the reader's own buffer. */
const inputLength = 16_384;
/** Bodies up to this many bytes go out in one write with the head. */
const inlineBody = 16_384;
/** How long a body waits for `100 Continue` (RFC 9110 §10.1.1: not forever), in milliseconds. */
const continueTimeout = 1000;

/** A connection that does one exchange after another. */
export class ClientConnection {
  /** Host and port it leads to. */
  readonly origin: string;
  /** The connection. */
  readonly conn: HttpConn;
  /** The exchange under way. */
  readonly exchange: HttpClientExchange;
  /** Whether an exchange was completed on it: the server may have closed it since. */
  isReused = false;
  /** When it became idle. */
  idleSince = 0;
  /** Called when the connection ends, or does anything, while it is idle. */
  onGone: (() => void) | null = null;
  readonly #input: HttpInput;
  #out: Uint8Array<ArrayBuffer> = new Uint8Array(1024);
  #isClosed = false;
  /** Why it was closed from our side. */
  #reason: { readonly error: unknown } | null = null;
  readonly #intake: BodyIntake;
  #isSending = false;
  #timing: Timing | null = null;
  #wakeBody: ((send: boolean) => void) | null = null;

  /** Takes a connection over. */
  constructor(conn: HttpConn, origin: string, maxHeadLength: number) {
    this.conn = conn;
    this.origin = origin;
    this.exchange = new HttpClientExchange({ maxLength: maxHeadLength });
    this.#input = new HttpInput(conn, inputLength, maxHeadLength + inputLength);
    this.#intake = new BodyIntake(this.exchange, conn, this.#input);
    conn.setNoDelay?.(true);
  }

  /** Whether it has been closed. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Whether another exchange may follow: the last one is complete, on both sides, and nothing came behind it. */
  get canReuse(): boolean {
    return !this.#isClosed && !this.#isSending && this.exchange.canReuse &&
      this.#input.length === 0;
  }

  /** Whether the request may be sent anew elsewhere: the server had closed a kept connection before it came. */
  get isStale(): boolean {
    return this.isReused && !this.exchange.hasResponse && this.#reason === null;
  }

  /** Sends a request and reads up to the final response's head. */
  async begin(request: HttpClientRequest, timing: Timing): Promise<void> {
    this.onGone = null;
    this.#timing = timing;
    const body = request.body ?? null;
    const head = this.#writeHead(request, body);
    if (body === null) {
      await this.#write(this.#out.subarray(0, head));
      timing.sent = performance.now();
    } else if (
      body instanceof Uint8Array && body.length <= inlineBody && request.expectContinue !== true
    ) {
      await this.#writeInline(head, body);
      timing.sent = performance.now();
    } else {
      await this.#write(this.#out.subarray(0, head));
      this.#isSending = true;
      this.#sendBody(body, request.expectContinue === true).then(
        () => {
          this.#isSending = false;
          timing.sent = performance.now();
        },
        // The response may have come all the same; the connection is of no further use.
        () => {},
      );
    }
    await this.#readHead(request);
  }

  /**
   * Reads the response's body into the caller's buffer.
   *
   * @returns How many bytes, at least one; `null` at the end of the body.
   */
  async readInto(target: Uint8Array): Promise<number | null> {
    let count: number;
    try {
      count = await this.#intake.readInto(target);
    } catch (error) {
      throw this.#failed(error);
    }
    if (this.checkEnd() || count > 0) return count === 0 ? null : count;
    throw this.#failed(responseError(this.exchange.verdict, true));
  }

  /** The response's body, where all of its `length` bytes have come and none has been read; otherwise `null`. */
  takeWhole(length: number): Uint8Array<ArrayBuffer> | null {
    if (this.#intake.received > 0 || this.#intake.isEnded || this.#input.length < length) {
      return null;
    }
    const bytes = new Uint8Array(length);
    this.#intake.take(bytes);
    return bytes;
  }

  /** Whether the response needs no more reading: it has no body, or all of it was read. */
  checkEnd(): boolean {
    if (this.#intake.event !== HttpEvent.End) return false;
    if (this.#timing !== null) this.#timing.done = performance.now();
    return true;
  }

  /** Waits idle: whatever happens to the connection now is its end. */
  rest(onGone: () => void): void {
    this.isReused = true;
    this.#timing = null;
    this.onGone = onGone;
    this.conn.unref?.();
    const gone = (): void => this.onGone?.();
    this.#input.fill().then(gone, gone);
  }

  /** Closes the connection; what waits for it fails with `error`. */
  close(error?: unknown): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (error !== undefined) this.#reason = { error };
    this.#wakeBody?.(false);
    this.onGone = null;
    closeConn(this.conn);
  }

  #writeHead(request: HttpClientRequest, body: HttpRequestBody | null): number {
    const { hostname, port = 80, method = "GET", target = "/", fields = [] } = request;
    const name = hostname.includes(":") ? `[${hostname}]` : hostname;
    const host = request.host ?? (port === 80 ? name : `${name}:${port}`);
    let size = method.length + target.length + host.length + 256;
    const list = [...fields];
    for (const [name, value] of list) size += name.length + value.length + 4;
    if (this.#out.length < size) this.#out = new Uint8Array(size);
    return this.exchange.writeHead(this.#out, 0, this.#out.length, {
      method,
      target,
      host,
      fields: list,
      ...(body === null
        ? {}
        : { body: body instanceof Uint8Array ? body.length : request.bodyLength ?? "chunked" }),
      close: request.close ?? false,
      expectContinue: request.expectContinue ?? false,
    });
  }

  async #write(bytes: Uint8Array): Promise<void> {
    try {
      await writeAll(this.conn, bytes);
    } catch (error) {
      throw this.#failed(error);
    }
  }

  #writeInline(head: number, body: Uint8Array): Promise<void> {
    if (this.#out.length < head + body.length) {
      const out = new Uint8Array(head + body.length);
      out.set(this.#out.subarray(0, head));
      this.#out = out;
    }
    const framer = this.exchange.requestBody;
    framer.open(this.#out, head, body.length);
    this.#out.set(body, head);
    framer.finish(this.#out, head);
    return this.#write(this.#out.subarray(0, head + body.length));
  }

  async #sendBody(body: HttpRequestBody, waits: boolean): Promise<void> {
    if (waits && !(await this.#mayContinue())) {
      if (!(body instanceof Uint8Array)) await body[Symbol.asyncIterator]().return?.();
      return;
    }
    const framer = this.exchange.requestBody;
    if (body instanceof Uint8Array) {
      framer.open(this.#out, 0, body.length);
      await writeAll(this.conn, body);
      framer.finish(this.#out, 0);
      return;
    }
    try {
      for await (const piece of body) {
        if (!(piece instanceof Uint8Array)) {
          throw new TypeError("Cannot send body as a piece of it is not a Uint8Array");
        }
        if (piece.length > 0) await this.#sendPiece(piece);
      }
      const length = framer.finish(this.#out, 0);
      if (length > 0) await writeAll(this.conn, this.#out.subarray(0, length));
    } catch (error) {
      // A body that fails is the request's end: the server must not take what it got for the whole.
      this.close(error);
      throw error;
    }
  }

  async #sendPiece(piece: Uint8Array): Promise<void> {
    const framer = this.exchange.requestBody;
    const needed = piece.length + 64;
    if (needed <= inlineBody && this.#out.length < needed) this.#out = new Uint8Array(inlineBody);
    const out = this.#out;
    let end = framer.open(out, 0, piece.length);
    if (needed <= out.length) {
      out.set(piece, end);
      end += piece.length;
      end += framer.close(out, end);
      await writeAll(this.conn, out.subarray(0, end));
      return;
    }
    if (end > 0) await writeAll(this.conn, out.subarray(0, end));
    await writeAll(this.conn, piece);
    end = framer.close(out, 0);
    if (end > 0) await writeAll(this.conn, out.subarray(0, end));
  }

  /** Whether the server wants the body: it says so, or says nothing for a while. */
  #mayContinue(): Promise<boolean> {
    return new Promise((resolve) => {
      const timer: Timer = backgroundTimer(() => this.#wakeBody?.(true), continueTimeout);
      this.#wakeBody = (send) => {
        clearTimeout(timer);
        this.#wakeBody = null;
        resolve(send);
      };
    });
  }

  async #readHead(request: HttpClientRequest): Promise<void> {
    const { exchange } = this;
    const input = this.#input;
    for (;;) {
      const event = exchange.receive(input.bytes, input.start, input.end);
      input.start = exchange.position;
      switch (event) {
        case HttpEvent.NeedMore:
          if (await this.#fill() === null) {
            exchange.receiveEnd();
            throw this.#failed(responseError(HttpVerdict.Truncated, exchange.hasResponse));
          }
          break;
        case HttpEvent.Informational:
          if (exchange.mayContinue) this.#wakeBody?.(true);
          request.onInformational?.(exchange.head.status, [...exchange.head.fields()]);
          break;
        case HttpEvent.Head:
          // Who still waits to be asked for the body has got the answer without.
          this.#wakeBody?.(false);
          this.#intake.begin();
          if (exchange.framing.kind !== BodyKind.Tunnel) return;
          throw this.#failed(
            new HttpError("Unexpected", "Cannot read response as it switches protocols"),
          );
        default:
          throw this.#failed(responseError(exchange.verdict, true));
      }
    }
  }

  async #fill(): Promise<number | null> {
    try {
      const count = await this.#input.fill();
      const timing = this.#timing;
      if (timing !== null && Number.isNaN(timing.firstByte)) timing.firstByte = performance.now();
      return count;
    } catch (error) {
      throw this.#failed(error);
    }
  }

  /** What to tell of a failure: our own reason to close comes first. The connection is closed. */
  #failed(error: unknown): unknown {
    const told = this.#reason === null ? error : this.#reason.error;
    this.close();
    return told;
  }

  /** Closes the connection as the head of the response did not come in time. */
  timeOut(): void {
    this.close(new HttpError("TimedOut", "Cannot read response as its head did not come in time"));
  }
}
