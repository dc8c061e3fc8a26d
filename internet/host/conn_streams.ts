/**
 * The two streams of a connection, which end as Deno's end: whoever reads to the end, cancels, closes or aborts one of
 * them closes the connection.
 *
 * @module
 */
import { badResource } from "./errors.ts";

/** What the streams need of a connection. */
export interface Duplex extends Disposable {
  /** Reads into `p`; `null` at the end of the stream. */
  read(p: Uint8Array): Promise<number | null>;
  /** Writes at least one byte of `p`, and tells how many. */
  write(p: Uint8Array): Promise<number>;
}

/** How much the stream carries in one chunk, in bytes. */
const chunkSize = 65_536;

/** What a connection receives, as a stream of bytes. */
export function readableOf(conn: Duplex): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream({
    type: "bytes",
    autoAllocateChunkSize: chunkSize,
    pull: async (controller) => {
      // There is one for each pull, as the controller allocates where the reader brings no buffer.
      const request = controller.byobRequest!;
      const { buffer, byteOffset, byteLength } = request.view!;
      try {
        const count = await conn.read(new Uint8Array(buffer, byteOffset, byteLength));
        if (count === null) {
          conn[Symbol.dispose]();
          controller.close();
        }
        request.respond(count ?? 0);
      } catch (error) {
        controller.error(asStreamError(error));
        conn[Symbol.dispose]();
      }
    },
    cancel: () => conn[Symbol.dispose](),
  });
}

/** A stream whose chunks a connection sends; a chunk is done when the send buffer has taken it. */
export function writableOf(conn: Duplex): WritableStream<Uint8Array<ArrayBufferLike>> {
  return new WritableStream<Uint8Array<ArrayBufferLike>>({
    write: async (chunk) => {
      try {
        const bytes = asBytes(chunk);
        for (let at = 0; at < bytes.length;) at += await conn.write(bytes.subarray(at));
      } catch (error) {
        conn[Symbol.dispose]();
        throw asStreamError(error);
      }
    },
    close: () => conn[Symbol.dispose](),
    abort: () => conn[Symbol.dispose](),
  });
}

function asBytes(chunk: unknown): Uint8Array {
  if (chunk instanceof Uint8Array) return chunk;
  if (ArrayBuffer.isView(chunk)) {
    return new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  }
  if (chunk instanceof ArrayBuffer) return new Uint8Array(chunk);
  throw new TypeError("Expected ArrayBuffer or ArrayBufferView for write chunk");
}

/** A stream says in its own words that the connection has been closed. */
function asStreamError(error: unknown): unknown {
  return error instanceof Error && error.name === "BadResource"
    ? badResource("The stream's underlying resource was closed or consumed")
    : error;
}
