/**
 * A body on its way from a connection into a reader's buffer, for clients and servers alike.
 *
 * @module
 */
import { type BodyFraming, BodyKind, HttpEvent } from "@octet/httpraw";
import type { HttpConn } from "./conn.ts";
import type { HttpInput } from "./input.ts";

/** What both sides' exchanges have in common. */
interface BodyExchange {
  readonly position: number;
  readonly dataOffset: number;
  readonly dataEnd: number;
  readonly framing: Readonly<BodyFraming>;
  receive(bytes: Uint8Array, offset: number, end: number): HttpEvent;
  receiveEnd(): HttpEvent;
}

/**
 * Brings body bytes into the caller's buffers: out of the input first, then right from the connection, with
 * the framing taken out in place, so that a large body is not copied on the way.
 */
export class BodyIntake {
  /** What came last: `NeedMore` while there is more to come, then `End`, or what else it ended with. */
  event: HttpEvent = HttpEvent.NeedMore;
  readonly #exchange: BodyExchange;
  readonly #conn: HttpConn;
  readonly #input: HttpInput;
  #received = 0;
  #reading: Promise<number> | null = null;

  /** Ties the three together. */
  constructor(exchange: BodyExchange, conn: HttpConn, input: HttpInput) {
    this.#exchange = exchange;
    this.#conn = conn;
    this.#input = input;
  }

  /** Whether nothing more will come. */
  get isEnded(): boolean {
    return this.event !== HttpEvent.NeedMore;
  }

  /** How many bytes of the body have been handed out. */
  get received(): number {
    return this.#received;
  }

  /** Begins a body: the exchange has just told of its head. */
  begin(): void {
    this.#received = 0;
    this.event = HttpEvent.NeedMore;
    const { kind, length } = this.#exchange.framing;
    if (kind === BodyKind.None || kind === BodyKind.Length && length === 0) this.#receiveNothing();
  }

  /**
   * Reads body bytes.
   *
   * @returns How many, at least one; 0 when the body has ended, well or badly: see `event`.
   * @throws What the connection's `read` rejects with.
   */
  async readInto(target: Uint8Array): Promise<number> {
    // A handler that answers without waiting for its own read, and the server that drops what is left.
    while (this.#reading !== null) await this.#reading.catch(() => {});
    try {
      return await (this.#reading = this.#read(target));
    } finally {
      this.#reading = null;
    }
  }

  async #read(target: Uint8Array): Promise<number> {
    const input = this.#input;
    while (this.event === HttpEvent.NeedMore) {
      let count: number;
      if (input.length > 0) count = this.take(target);
      else if (input.isReading) {
        if (await input.fill() === null) this.event = this.#exchange.receiveEnd();
        continue;
      } else {
        const read = await this.#conn.read(this.#limit(target));
        if (read === null) {
          this.event = this.#exchange.receiveEnd();
          break;
        }
        count = this.#settle(target, read);
      }
      if (count > 0) return count;
      if (input.length > 0 && this.event === HttpEvent.NeedMore && await input.fill() === null) {
        this.event = this.#exchange.receiveEnd();
      }
    }
    return 0;
  }

  /** Moves body bytes that have come already into the caller's buffer: how many. */
  take(target: Uint8Array): number {
    const input = this.#input;
    const exchange = this.#exchange;
    let filled = 0;
    for (;;) {
      // Framing is looked at even where no more data fits, so that an end is seen with the last data.
      const room = target.length - filled;
      let end = Math.min(input.end, input.start + room);
      let event = exchange.receive(input.bytes, input.start, end);
      if (event === HttpEvent.NeedMore && room > 0 && end < input.end && exchange.position < end) {
        // Only a trailer section cannot be read in pieces, and no data follows it.
        end = input.end;
        event = exchange.receive(input.bytes, exchange.position, end);
      }
      input.start = exchange.position;
      if (event === HttpEvent.Data) {
        const { dataOffset, dataEnd } = exchange;
        target.set(input.bytes.subarray(dataOffset, dataEnd), filled);
        filled += dataEnd - dataOffset;
      } else if (event !== HttpEvent.NeedMore || end === input.end || room === 0) {
        this.event = event;
        this.#received += filled;
        return filled;
      }
    }
  }

  /** Takes the framing out of what was read right into the caller's buffer: how much body is left. */
  #settle(target: Uint8Array, count: number): number {
    const exchange = this.#exchange;
    let filled = 0;
    let at = 0;
    for (;;) {
      const event = exchange.receive(target, at, count);
      at = exchange.position;
      if (event === HttpEvent.Data) {
        const { dataOffset, dataEnd } = exchange;
        if (dataOffset !== filled) target.copyWithin(filled, dataOffset, dataEnd);
        filled += dataEnd - dataOffset;
        continue;
      }
      if (at < count) this.#input.append(target.subarray(at, count));
      this.event = event;
      this.#received += filled;
      return filled;
    }
  }

  #receiveNothing(): void {
    const { bytes, start } = this.#input;
    this.event = this.#exchange.receive(bytes, start, start);
  }

  /** The part of the caller's buffer to read into: of a body whose length is known not more than is left. */
  #limit(target: Uint8Array): Uint8Array {
    const { kind, length } = this.#exchange.framing;
    if (kind !== BodyKind.Length) return target;
    const left = length - this.#received;
    return left < target.length ? target.subarray(0, left) : target;
  }
}
