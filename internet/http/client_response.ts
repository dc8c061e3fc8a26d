/**
 * A response as it came: its head, and its body for the reader to fetch.
 *
 * @module
 */
import { BodyKind } from "@octet/httpraw";
import type { ClientConnection } from "./client_connection.ts";
import type { HttpTiming } from "./client_types.ts";

/**
 * A response. Nothing is read ahead of who reads: a reader that stops closes the window of the connection. The
 * connection is kept for other requests once the body was read to its end; {@linkcode HttpClientResponse.cancel} closes it.
 */
export class HttpClientResponse implements Disposable {
  /** The status code. */
  readonly status: number;
  /** The reason phrase as it was sent. */
  readonly reason: string;
  /** The digit after `HTTP/1.`. */
  readonly minorVersion: number;
  /** All fields in their order, names as they were sent. */
  readonly fields: readonly (readonly [name: string, value: string])[];
  /** The body's length in bytes where the head tells, otherwise `null`. */
  readonly bodyLength: number | null;
  /** When what was done; `done` is NaN until the end of the body was read. */
  readonly timing: HttpTiming;
  /** Whether a kept connection was used. */
  readonly isReused: boolean;
  /** The server's end of the connection. */
  readonly remoteAddr: unknown;
  /** The fields behind a chunked body, once its end was read. */
  trailers: readonly (readonly [name: string, value: string])[] = [];
  #connection: ClientConnection | null;
  readonly #release: () => void;
  #isReading = false;
  /** Why the body cannot be read on. */
  #failure: { readonly error: unknown } | null = null;

  /** Takes over a connection whose exchange has come to the body; {@linkcode HttpClient.request} does so. */
  constructor(connection: ClientConnection, timing: HttpTiming, release: () => void) {
    const { head, framing } = connection.exchange;
    this.#connection = connection;
    this.#release = release;
    this.timing = timing;
    this.status = head.status;
    this.reason = head.reason;
    this.minorVersion = head.minorVersion;
    this.fields = [...head.fields()];
    this.isReused = connection.isReused;
    this.remoteAddr = connection.conn.remoteAddr;
    const { kind } = framing;
    this.bodyLength = kind === BodyKind.Length ? framing.length : kind === BodyKind.None ? 0 : null;
    if (connection.checkEnd()) this.#end();
  }

  /** Whether the end of the body was read, or there is none. */
  get isComplete(): boolean {
    return this.#connection === null && this.#failure === null;
  }

  /**
   * The value of the first field with a name, in any case.
   *
   * @returns The value, or `null`.
   */
  get(name: string): string | null {
    const wanted = name.toLowerCase();
    for (const [name, value] of this.fields) {
      if (name.toLowerCase() === wanted) return value;
    }
    return null;
  }

  /**
   * Reads body bytes into the caller's buffer, taken out of their chunks where there are any.
   *
   * @param target Where they go.
   * @returns How many, at least one; `null` at the end of the body, again and again.
   * @throws {HttpError} When the response breaks off or its framing is malformed.
   * @throws {TypeError} When a read is under way, or the buffer is empty.
   */
  async readInto(target: Uint8Array): Promise<number | null> {
    if (this.#isReading) throw new TypeError("Cannot read body as a read is under way");
    if (target.length === 0) throw new TypeError("Cannot read body as the buffer is empty");
    if (this.#failure !== null) throw this.#failure.error;
    const connection = this.#connection;
    if (connection === null) return null;
    this.#isReading = true;
    try {
      const count = await connection.readInto(target);
      if (connection === this.#connection && connection.checkEnd()) this.#end();
      return count;
    } catch (error) {
      this.#failure ??= { error };
      if (connection === this.#connection) this.#end();
      throw this.#failure.error;
    } finally {
      this.#isReading = false;
    }
  }

  /**
   * Reads the rest of the body.
   *
   * @throws {HttpError} When the response breaks off or its framing is malformed.
   */
  async bytes(): Promise<Uint8Array<ArrayBuffer>> {
    let bytes = new Uint8Array(
      this.bodyLength === null ? 16_384 : Math.min(this.bodyLength, 1 << 24),
    );
    let length = 0;
    for (;;) {
      if (this.isComplete) break;
      if (length === bytes.length) {
        const grown = new Uint8Array(Math.max(bytes.length * 2, 1024));
        grown.set(bytes);
        bytes = grown;
      }
      const count = await this.readInto(bytes.subarray(length));
      if (count === null) break;
      length += count;
    }
    return bytes.subarray(0, length);
  }

  /**
   * Takes the body, where all of it has come behind the head already and was not coded in chunks.
   *
   * @returns The body, or `null` where some of it is still to come, or was read.
   */
  takeWhole(): Uint8Array<ArrayBuffer> | null {
    const connection = this.#connection;
    if (connection === null || this.#isReading || this.bodyLength === null) return null;
    const bytes = connection.takeWhole(this.bodyLength);
    if (bytes !== null && connection.checkEnd()) this.#end();
    return bytes;
  }

  /**
   * Gives the body up: the connection is closed unless its end was read.
   *
   * @param reason What reads fail with from now on.
   */
  cancel(reason: unknown = new TypeError("Cannot read body as it was cancelled")): void {
    if (this.#connection === null) return;
    this.#failure = { error: reason };
    this.#connection.close(reason);
    this.#end();
  }

  /** Gives the body up. */
  [Symbol.dispose](): void {
    this.cancel();
  }

  #end(): void {
    const connection = this.#connection!;
    this.#connection = null;
    const { trailers } = connection.exchange;
    if (trailers.fieldCount > 0) this.trailers = [...trailers.fields()];
    this.#release();
  }
}
