/**
 * Connections in memory, for tests: what is written at one end is read at the other, in the pieces it was written.
 *
 * @module
 */
import type { HttpConn, HttpListener } from "./conn.ts";

/** Lets what is under way go on until a condition holds. */
export async function until(condition: () => boolean): Promise<void> {
  for (let turns = 0; !condition(); turns++) {
    if (turns < 100) await null;
    else if (turns < 5000) await new Promise((next) => setTimeout(next));
    else throw new Error(`Cannot go on as this does not come true: ${condition}`);
  }
}

/** Lets what is under way go on for this many turns of the event loop. */
export async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((next) => setTimeout(next));
}

/** One direction. */
class Flow {
  readonly limit: number;
  pieces: Uint8Array[] = [];
  length = 0;
  isEnded = false;
  isBroken = false;
  total = 0;
  #wake: (() => void)[] = [];

  constructor(limit: number) {
    this.limit = limit;
  }

  changed(): void {
    for (const wake of this.#wake.splice(0)) wake();
  }

  wait(): Promise<void> {
    return new Promise((resolve) => this.#wake.push(resolve));
  }
}

/** An end of a connection in memory. */
export class PipeEnd implements HttpConn {
  readonly remoteAddr = { transport: "tcp", hostname: "192.0.2.1", port: 4242 } as const;
  isClosed = false;
  readonly #in: Flow;
  readonly #out: Flow;

  constructor(input: Flow, output: Flow) {
    this.#in = input;
    this.#out = output;
  }

  /** Bytes that the peer has not read yet. */
  get unread(): number {
    return this.#out.length;
  }

  /** Bytes written so far. */
  get written(): number {
    return this.#out.total;
  }

  /** Whether the peer can write nothing until something is read. */
  get isPeerStuck(): boolean {
    return this.#in.length >= this.#in.limit;
  }

  /** Whether the peer will write no more. */
  get isPeerDone(): boolean {
    return this.#in.isEnded;
  }

  async read(p: Uint8Array): Promise<number | null> {
    const flow = this.#in;
    for (;;) {
      if (this.isClosed) throw new Deno.errors.Interrupted("operation canceled");
      if (flow.isBroken) throw new Deno.errors.ConnectionReset("Connection reset by peer");
      const piece = flow.pieces[0];
      if (piece !== undefined) {
        const count = Math.min(piece.length, p.length);
        p.set(piece.subarray(0, count));
        if (count === piece.length) flow.pieces.shift();
        else flow.pieces[0] = piece.subarray(count);
        flow.length -= count;
        flow.changed();
        return count;
      }
      if (flow.isEnded) return null;
      await flow.wait();
    }
  }

  async write(p: Uint8Array): Promise<number> {
    const flow = this.#out;
    for (;;) {
      if (this.isClosed) throw new Deno.errors.BadResource("Bad resource ID");
      if (flow.isBroken || this.#in.isBroken) throw new Deno.errors.BrokenPipe("Broken pipe");
      const room = flow.limit - flow.length;
      if (room > 0) {
        const count = Math.min(room, p.length);
        flow.pieces.push(p.slice(0, count));
        flow.length += count;
        flow.total += count;
        flow.changed();
        return count;
      }
      await flow.wait();
    }
  }

  closeWrite(): Promise<void> {
    this.#out.isEnded = true;
    this.#out.changed();
    return Promise.resolve();
  }

  close(): void {
    if (this.isClosed) throw new Deno.errors.BadResource("Bad resource ID");
    this.isClosed = true;
    this.#out.isEnded = true;
    // Who closes with something unread resets the connection.
    if (this.#in.length > 0) this.#out.isBroken = true;
    this.#in.changed();
    this.#out.changed();
  }

  abort(): void {
    this.#out.isBroken = true;
    this.close();
  }

  /** Writes text, one character a byte. */
  async send(text: string): Promise<void> {
    const bytes = Uint8Array.from(text, (character) => character.charCodeAt(0));
    for (let at = 0; at < bytes.length;) at += await this.write(bytes.subarray(at));
  }

  /** Reads text until a condition holds, or to the end of the stream. */
  async receive(isEnough: (text: string) => boolean = () => false): Promise<string> {
    let text = "";
    const buffer = new Uint8Array(65_536);
    while (!isEnough(text)) {
      const count = await this.read(buffer);
      if (count === null) break;
      for (const byte of buffer.subarray(0, count)) text += String.fromCharCode(byte);
    }
    return text;
  }

  /** Reads a head, and what of the body came along with it. */
  head(): Promise<string> {
    return this.receive((text) => text.includes("\r\n\r\n"));
  }
}

/** Two ends of a connection that holds `limit` bytes each way. */
export function pipe(limit: number = 65_536): [PipeEnd, PipeEnd] {
  const left = new Flow(limit);
  const right = new Flow(limit);
  return [new PipeEnd(left, right), new PipeEnd(right, left)];
}

/** A listener whose connections are made by `connect`. */
export class PipeListener implements HttpListener {
  readonly addr = { transport: "tcp", hostname: "192.0.2.2", port: 80 } as const;
  #waiting: PromiseWithResolvers<HttpConn>[] = [];
  #conns: HttpConn[] = [];
  #isClosed = false;
  readonly #limit: number;

  constructor(limit: number = 65_536) {
    this.#limit = limit;
  }

  connect(): PipeEnd {
    const [ours, theirs] = pipe(this.#limit);
    const waiting = this.#waiting.shift();
    if (waiting === undefined) this.#conns.push(theirs);
    else waiting.resolve(theirs);
    return ours;
  }

  accept(): Promise<HttpConn> {
    if (this.#isClosed) return Promise.reject(new Deno.errors.BadResource("closed"));
    const conn = this.#conns.shift();
    if (conn !== undefined) return Promise.resolve(conn);
    const waiting = Promise.withResolvers<HttpConn>();
    this.#waiting.push(waiting);
    return waiting.promise;
  }

  close(): void {
    this.#isClosed = true;
    for (const { reject } of this.#waiting.splice(0)) {
      reject(new Deno.errors.BadResource("Listener has been closed"));
    }
  }
}
