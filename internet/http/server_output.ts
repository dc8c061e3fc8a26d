/**
 * The output of a server's connection: what is to be sent gathers in one buffer, which is lent by the server.
 *
 * @module
 */
import type { HttpConn } from "./conn.ts";
import type { ConnectionOwner } from "./server_types.ts";

/** Gathers and sends. */
export class ServerOutput {
  /** The buffer; `null` while nothing gathers. */
  bytes: Uint8Array<ArrayBuffer> | null = null;
  /** Where in the buffer the next byte goes. */
  end = 0;
  readonly #conn: HttpConn;
  readonly #owner: ConnectionOwner;
  #sending: Promise<void> | null = null;

  /** Sends to `conn`; buffers are the owner's. */
  constructor(conn: HttpConn, owner: ConnectionOwner) {
    this.#conn = conn;
    this.#owner = owner;
  }

  /** Makes room for `length` bytes. */
  async reserve(length: number): Promise<void> {
    if (this.bytes !== null && this.bytes.length - this.end < length) await this.flush();
    if (this.bytes === null) this.bytes = this.#owner.takeBuffer();
    if (this.bytes.length < length) this.bytes = new Uint8Array(length);
  }

  /** Sends what has gathered; what is added meanwhile goes along. */
  flush(): Promise<void> {
    if (this.#sending !== null) return this.#sending;
    if (this.end > 0) return this.#sending = this.#send();
    // `#send` would be over before it could be remembered, and every later flush would take it for one under way.
    this.release();
    return Promise.resolve();
  }

  /** Gives the buffer back. */
  release(): void {
    if (this.bytes !== null) this.#owner.giveBuffer(this.bytes);
    this.bytes = null;
  }

  async #send(): Promise<void> {
    try {
      let sent = 0;
      while (sent < this.end) {
        sent += await this.#conn.write(this.bytes!.subarray(sent, this.end));
      }
      this.end = 0;
      this.release();
    } finally {
      this.#sending = null;
    }
  }
}
