/**
 * The output of a server's connection: what is to be sent gathers in one buffer, which is lent by the server.
 *
 * @module
 */
import type { HttpConn } from "./conn.ts";
import type { ConnectionOwner } from "./server_types.ts";

const textEncoder = new TextEncoder();
/** Up to this many characters are looked at one by one; 12 of them take 20 ns, in the platform's encoder 100. */
const shortText = 64;

/**
 * Writes a text as UTF-8.
 *
 * @param text The text.
 * @param bytes Where it goes; with room for three bytes a character.
 * @param at Where it begins there.
 * @returns How many bytes it takes.
 */
export function placeText(text: string, bytes: Uint8Array, at: number): number {
  const { length } = text;
  let i = 0;
  if (length <= shortText) {
    for (; i < length; i++) {
      const code = text.charCodeAt(i);
      if (code > 127) break;
      bytes[at + i] = code;
    }
  }
  return i === length ? length : textEncoder.encodeInto(text, bytes.subarray(at)).written;
}

/** Gathers and sends. */
export class ServerOutput {
  /** The buffer; `null` while nothing gathers. */
  bytes: Uint8Array<ArrayBuffer> | null = null;
  /** Where in the buffer the next byte goes. */
  end = 0;
  readonly #conn: HttpConn;
  readonly #owner: ConnectionOwner;
  #sending: Promise<void> | null = null;
  /** How much of what has gathered is on its way. */
  #sent = 0;

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
    this.release();
    return Promise.resolve();
  }

  /** Gives the buffer back. */
  release(): void {
    if (this.bytes !== null) this.#owner.giveBuffer(this.bytes);
    this.bytes = null;
  }

  #send(): Promise<void> {
    return this.#conn.write(this.bytes!.subarray(this.#sent, this.end))
      .then(this.#onSent, this.#onFailure);
  }

  readonly #onSent = (count: number): Promise<void> | undefined => {
    this.#sent += count;
    if (this.#sent < this.end) return this.#send();
    this.#sent = this.end = 0;
    this.release();
    this.#sending = null;
    return undefined;
  };

  readonly #onFailure = (error: unknown): never => {
    this.#sending = null;
    throw error;
  };
}
