/**
 * One connection of a server: requests in, handler, responses out, in this order.
 *
 * @module
 */
import { BodyKind, BodyWriter, HttpEvent, HttpServerExchange, reasonPhrase } from "@octet/httpraw";
import { copyBytes } from "@octet/wire";
import { BodyIntake } from "./body_intake.ts";
import { closeConn, type HttpConn, writeAll } from "./conn.ts";
import { HttpInput } from "./input.ts";
import { requestBodyStream } from "./server_body.ts";
import { checkPiece, goneReason, notResponse, usedResponse } from "./server_faults.ts";
import { Info } from "./server_info.ts";
import { placeText, ServerOutput } from "./server_output.ts";
import { makeRequest, type RequestOrigin } from "./server_request.ts";
import { dateField, responseFields, sizeOfHead } from "./server_response.ts";
import { type ConnectionOwner, Phase } from "./server_types.ts";
import { staticBodyOf } from "./static_body.ts";

const inputLength = 4096;
/** Bytes of a request's body that nobody read, up to which they are read for the sake of the next request. */
const drainLimit = 262_144;
/** Bytes that are still taken after the last response, so that a reset does not overtake it (RFC 9112 §9.6). */
const lingerLimit = 1 << 20;
/** Microtasks that a stream is given to show its end, where its length would then be known. */
const patience = 4;
const hostName: Uint8Array = new TextEncoder().encode("host");
const textEncoder = new TextEncoder();

/** Serves one connection. */
export class ServerConnection implements RequestOrigin {
  /** When the phase was first seen by who watches the time, in milliseconds; 0 while it was not. */
  since = 0;
  /** What it is doing. */
  phase: Phase = Phase.Idle;
  readonly #conn: HttpConn;
  readonly #owner: ConnectionOwner;
  readonly #exchange: HttpServerExchange;
  readonly #input: HttpInput;
  readonly #intake: BodyIntake;
  readonly #output: ServerOutput;
  #isClosed = false;
  /** Counts requests: what belongs to an earlier one is void. */
  #turn = 0;
  #abort: AbortController | null = null;
  #gone: { readonly error: unknown } | null = null;
  #sendingFrom: ReadableStreamDefaultReader<Uint8Array> | null = null;
  #host: Uint8Array = new Uint8Array(0);
  #authority = "";

  /** Takes a connection over. */
  constructor(conn: HttpConn, owner: ConnectionOwner) {
    this.#conn = conn;
    this.#owner = owner;
    this.#output = new ServerOutput(conn, owner);
    this.#exchange = new HttpServerExchange({ maxLength: owner.maxHeadLength });
    this.#input = new HttpInput(conn, inputLength, owner.maxHeadLength);
    this.#intake = new BodyIntake(this.#exchange, conn, this.#input);
    conn.setNoDelay?.(true);
  }

  /** Serves until the connection ends; never rejects. */
  async run(): Promise<void> {
    try {
      if (await this.#serve()) await this.#linger();
      this.close();
    } catch (error) {
      this.#leave(error);
      this.#break();
    } finally {
      this.#output.release();
    }
  }

  /** Closes the connection now. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    closeConn(this.#conn);
  }

  /** Closes a connection on which nothing is under way. */
  closeIdle(): void {
    if (this.phase === Phase.Idle) this.close();
  }

  /** Tells the client that its request takes too long to come, and closes (RFC 9110 §15.5.9). */
  timeOut(): void {
    if (this.phase !== Phase.Head) return this.close();
    const bytes = textEncoder.encode(
      "HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
    );
    writeAll(this.#conn, bytes).catch(() => {}).then(() => this.close());
  }

  /** One request after another; whether to linger in the end. */
  async #serve(): Promise<boolean> {
    const exchange = this.#exchange;
    const input = this.#input;
    for (;;) {
      const event = exchange.receive(input.bytes, input.start, input.end);
      input.start = exchange.position;
      if (event === HttpEvent.NeedMore) {
        if (this.#output.end > 0) {
          const { end } = input;
          await this.#output.flush();
          // The read that looked out for the client's end may have brought the next request meanwhile.
          if (input.end !== end) continue;
        }
        this.#enter(input.length > 0 ? Phase.Head : Phase.Idle);
        if (this.#owner.isClosing && this.phase === Phase.Idle) return false;
        if (await input.fill() === null) {
          if (exchange.receiveEnd() === HttpEvent.Error) await this.#refuse();
          return false;
        }
      } else if (event === HttpEvent.Head) {
        this.phase = Phase.Busy;
        const pending = this.#answer();
        if (pending !== null) await pending;
        if (exchange.shouldClose || this.#owner.isClosing && exchange.isAnswered) {
          await this.#output.flush();
          return true;
        }
        if (!this.#intake.isEnded && !(await this.#drain())) {
          await this.#output.flush();
          return true;
        }
      } else {
        await this.#refuse();
        return true;
      }
    }
  }

  /** Has the request answered whose head has come; `null` when that is done already. */
  #answer(): Promise<void> | null {
    const exchange = this.#exchange;
    const { head } = exchange;
    const input = this.#input;
    const turn = ++this.#turn;
    this.#intake.begin();
    if (!this.#readHost()) return this.#writeRefusal(400);
    const info = new Info(this.#conn.remoteAddr);
    const { heads } = this.#owner;
    heads.keep(input.bytes, head.offset, head.end);
    const moved = heads.offset - head.offset;
    const request = makeRequest({
      bytes: heads.bytes,
      offset: heads.offset,
      end: heads.end,
      targetOffset: head.targetOffset + moved,
      targetEnd: head.targetEnd + moved,
      method: head.method,
      authority: this.#authority,
      hasBody: !this.#intake.isEnded,
      origin: this,
      turn,
    });
    let response: Response | Promise<Response>;
    try {
      response = this.#owner.handler(request, info);
      if (response instanceof Response && this.#sendStatic(response)) {
        info.settle(null);
        this.#abort = null;
        return null;
      }
    } catch (error) {
      response = this.#recover(error);
    }
    return this.#answerLater(response, info);
  }

  async #answerLater(given: Response | Promise<Response>, info: Info): Promise<void> {
    let response: Response;
    try {
      if (this.#output.end > 0) await this.#output.flush();
      this.#watch();
      try {
        response = await given;
        if (!(response instanceof Response)) throw notResponse(response);
        if (response.bodyUsed) throw usedResponse();
        if (this.#sendStatic(response)) return info.settle(null);
        if (response.body?.locked) throw usedResponse();
      } catch (error) {
        response = await this.#recover(error);
      }
      if (!this.#sendStatic(response)) await this.#sendStream(response);
      info.settle(null);
    } catch (error) {
      info.settle({ error });
      throw error;
    } finally {
      this.#abort = null;
    }
  }

  /** The response to a failure of the handler. */
  async #recover(error: unknown): Promise<Response> {
    try {
      const response = await this.#owner.onError(error);
      if (response instanceof Response && !response.bodyUsed && !response.body?.locked) {
        return response;
      }
      console.error(notResponse(response));
    } catch (error) {
      console.error(error);
    }
    return new Response("Internal Server Error", { status: 500 });
  }

  /** Writes head and body at once, where the body is at hand; whether it was. */
  #sendStatic(response: Response): boolean {
    if (response.bodyUsed) return false;
    const kept = staticBodyOf(response);
    if (kept === undefined) return false;
    const body = kept === null ? null : kept.body;
    const length = body === null ? 0 : typeof body === "string" ? body.length * 3 : body.length;
    const { fields, announced } = responseFields(response.headers);
    const needed = sizeOfHead(fields, response.statusText) + length;
    this.#output.bytes ??= this.#owner.takeBuffer();
    if (needed > this.#output.bytes.length - this.#output.end) return false;
    // A text is put where it will not be in the head's way, and moved behind it.
    const at = this.#output.end + needed - length;
    const size = typeof body === "string" ? placeText(body, this.#output.bytes, at) : length;
    // Only to HEAD may a length be told without the body (RFC 9110 §8.6).
    const isHead = body === null && announced >= 0 && this.#exchange.head.isMethod("HEAD");
    const told = body !== null ? size : isHead ? announced : undefined;
    const framer = this.#writeHead(response, fields, told);
    if (body !== null && framer.kind !== BodyKind.None) {
      const { bytes, end } = this.#output;
      framer.open(bytes, end, size);
      if (typeof body === "string") bytes.copyWithin(end, at, at + size);
      else copyBytes(body, -1, 0, bytes, -1, end, size);
      this.#output.end += size;
      framer.finish(this.#output.bytes, this.#output.end);
    }
    // A response answers one request.
    if (kept !== null) kept.consumed = true;
    return true;
  }

  /** Sends a response whose body is a stream. */
  async #sendStream(response: Response): Promise<void> {
    const { fields, announced } = responseFields(response.headers);
    const reader = response.body?.getReader() ?? null;
    this.#sendingFrom = reader;
    try {
      await this.#pump(response, fields, announced, reader);
    } catch (error) {
      reader?.cancel(error).catch(() => {});
      throw error;
    } finally {
      this.#sendingFrom = null;
    }
  }

  async #pump(
    response: Response,
    fields: [string, string][],
    announced: number,
    reader: ReadableStreamDefaultReader<Uint8Array> | null,
  ): Promise<void> {
    await this.#output.reserve(sizeOfHead(fields, response.statusText));
    if (reader === null) {
      this.#writeHead(response, fields, announced >= 0 ? announced : undefined);
      return;
    }
    if (announced >= 0) {
      const framer = this.#writeHead(response, fields, announced);
      if (framer.kind === BodyKind.None) return void reader.cancel().catch(() => {});
      return await this.#pumpRest(framer, reader, reader.read());
    }
    const first = await reader.read();
    if (first.done) {
      this.#writeHead(response, fields, 0);
      return;
    }
    checkPiece(first.value);
    // A body of one piece has a length, if its end is told right away.
    const next = reader.read();
    let isOver = false;
    next.then(({ done }) => isOver = done, () => {});
    for (let i = 0; i < patience && !isOver; i++) await null;
    const framer = this.#writeHead(response, fields, isOver ? first.value.length : "chunked");
    if (framer.kind === BodyKind.None) return void reader.cancel().catch(() => {});
    await this.#writePiece(framer, first.value);
    await this.#pumpRest(framer, reader, next);
  }

  async #pumpRest(
    framer: BodyWriter,
    reader: ReadableStreamDefaultReader<Uint8Array>,
    next: Promise<ReadableStreamReadResult<Uint8Array>>,
  ): Promise<void> {
    for (;;) {
      if (!framer.isComplete || framer.kind === BodyKind.Chunked) {
        // What is written goes out before more is waited for, unless that is there already.
        let isThere = false;
        const mark = (): void => {
          isThere = true;
        };
        next.then(mark, mark);
        for (let i = 0; i < patience && !isThere; i++) await null;
        if (!isThere && this.#output.end > 0) await this.#output.flush();
      }
      const { done, value } = await next;
      if (done) break;
      checkPiece(value);
      next = reader.read();
      next.catch(() => {});
      await this.#writePiece(framer, value);
    }
    await this.#output.reserve(BodyWriter.overhead);
    this.#output.end += framer.finish(this.#output.bytes!, this.#output.end);
  }

  async #writePiece(framer: BodyWriter, piece: Uint8Array): Promise<void> {
    if (piece.length === 0) return;
    await this.#output.reserve(Math.min(piece.length, maxCopy) + BodyWriter.overhead);
    this.#output.end += framer.open(this.#output.bytes!, this.#output.end, piece.length);
    if (piece.length <= maxCopy) {
      this.#output.bytes!.set(piece, this.#output.end);
      this.#output.end += piece.length;
    } else {
      await this.#output.flush();
      await writeAll(this.#conn, piece);
      await this.#output.reserve(BodyWriter.overhead);
    }
    this.#output.end += framer.close(this.#output.bytes!, this.#output.end);
  }

  /** Writes a response's head into the output, where there must be room for it. */
  #writeHead(
    response: Response,
    fields: [string, string][],
    body: number | "chunked" | undefined,
  ): BodyWriter {
    const exchange = this.#exchange;
    const out = this.#output.bytes!;
    const { status } = response;
    // A response without a network behind it cannot be one (Response.error).
    if (status < 200) throw notResponse(response);
    this.#output.end = exchange.writeHead(out, this.#output.end, out.length, {
      status,
      reason: response.statusText || reasonPhrase(status),
      fields,
      body,
      close: this.#owner.isClosing,
    });
    return exchange.responseBody;
  }

  /** Answers what is no request, and lets the client read why. */
  async #refuse(): Promise<void> {
    this.phase = Phase.Busy;
    if (this.#exchange.canRespond) await this.#writeRefusal(this.#exchange.errorStatus);
    await this.#output.flush();
  }

  async #writeRefusal(status: number): Promise<void> {
    await this.#output.reserve(512);
    const out = this.#output.bytes!;
    const head = { status, fields: [dateField()], body: 0, close: true };
    this.#output.end = this.#exchange.writeHead(out, this.#output.end, out.length, head);
  }

  /** Reads Host into the origin of the request's URL, which seldom changes; whether it makes one. */
  #readHost(): boolean {
    const { head } = this.#exchange;
    const index = head.findField(hostName);
    const isEmpty = index < 0 || head.valueEnd(index) === head.valueOffset(index);
    if (isEmpty) {
      this.#host = new Uint8Array(0);
      this.#authority = this.#owner.origin;
      return true;
    }
    if (this.#host.length > 0 && head.fieldValueEquals(index, this.#host)) return true;
    const url = URL.parse(`http://${head.fieldValue(index)}`);
    if (url === null) return false;
    this.#host = head.bytes.slice(head.valueOffset(index), head.valueEnd(index));
    this.#authority = `http://${url.host}`;
    return true;
  }

  /** The body of the request under way, as a stream. */
  bodyStream(turn: number): ReadableStream<Uint8Array<ArrayBuffer>> {
    const exchange = this.#exchange;
    const isCurrent = (): boolean => turn === this.#turn && !this.#isClosed;
    const invite = (): Promise<void> | null => {
      if (!exchange.expectsContinue || !exchange.canRespond) return null;
      return this.#invite();
    };
    return requestBodyStream({
      intake: this.#intake,
      get isCurrent() {
        return isCurrent();
      },
      invite,
      onEnd: () => isCurrent() && this.#watch(),
      onFailure: (error) => this.#leave(error),
    }, exchange.framing.length);
  }

  async #invite(): Promise<void> {
    await this.#output.reserve(64);
    const out = this.#output.bytes!;
    this.#output.end = this.#exchange.writeInformational(out, this.#output.end, out.length);
    await this.#output.flush();
  }

  /** Aborts when the client of a request goes away. */
  signal(turn: number): AbortSignal {
    if (turn !== this.#turn) return new AbortController().signal;
    if (this.#abort === null) {
      this.#abort = new AbortController();
      if (this.#gone !== null) this.#abort.abort(goneReason());
    }
    return this.#abort.signal;
  }

  /** Looks out for the client's end while the handler works; what else comes is the next request. */
  #watch(): void {
    const input = this.#input;
    if (!this.#intake.isEnded || input.length > 0 || input.isReading) return;
    input.fill().then(
      (count) => {
        if (count === null && this.phase === Phase.Busy) this.#signalGone(null);
      },
      (error) => this.#leave(error),
    );
  }

  /** The client has gone: nobody will read the response. */
  #leave(error: unknown): void {
    this.#signalGone(error);
    this.#sendingFrom?.cancel(error).catch(() => {});
  }

  #signalGone(error: unknown): void {
    this.#gone ??= { error };
    this.#abort?.abort(goneReason());
  }

  /** Reads what the handler left of the body; whether that was little enough. */
  async #drain(): Promise<boolean> {
    const intake = this.#intake;
    const buffer = this.#owner.takeBuffer();
    this.#turn++;
    try {
      let count = 0;
      while (!intake.isEnded && count < drainLimit) {
        if (this.#output.end > 0) await this.#output.flush();
        count += await intake.readInto(buffer);
      }
    } finally {
      this.#owner.giveBuffer(buffer);
    }
    return intake.event === HttpEvent.End;
  }

  /** Ends the sending direction and takes what still comes, lest a reset overtake the last response. */
  async #linger(): Promise<void> {
    const conn = this.#conn;
    const input = this.#input;
    if (conn.closeWrite === undefined) return;
    await conn.closeWrite();
    this.#enter(Phase.Lingering);
    for (let count = 0; count < lingerLimit;) {
      input.start = input.end;
      const read = await input.fill();
      if (read === null) break;
      count += read;
    }
  }

  #enter(phase: Phase): void {
    // The time of a head counts from its first byte, of an idle wait from its beginning.
    if (phase === Phase.Head && this.phase === Phase.Head) return;
    this.phase = phase;
    this.since = 0;
  }

  #break(): void {
    if (this.#isClosed) return;
    try {
      this.#conn.abort?.();
      this.#isClosed = this.#conn.abort !== undefined;
    } catch {
      // It is gone already.
    }
    this.close();
  }
}

/** Pieces up to this many bytes are copied behind their framing, longer ones are written by themselves. */
const maxCopy = 65_536;
