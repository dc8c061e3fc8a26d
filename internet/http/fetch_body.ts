/**
 * Bodies of `fetch`: what goes out, and what comes in.
 *
 * @module
 */
import type { HttpClientResponse } from "./client_response.ts";

/** A body to send. */
export interface RequestBody {
  /** Its bytes, where they are there at once. */
  readonly bytes: Uint8Array | null;
  /** Its length in bytes, where it is known beforehand. */
  readonly length: number | null;
  /** The media type it brings along. */
  readonly type: string | null;
  /** Whether it may be sent again. */
  readonly isReplayable: boolean;
  /** Its bytes in pieces. */
  pieces(): AsyncIterable<Uint8Array>;
  /** Gives up what has not been sent. */
  cancel(reason: unknown): void;
}

/**
 * Makes a body of what `fetch` takes for one (Fetch standard, extract a body).
 *
 * @throws {TypeError} When it is none, or has been used.
 */
export async function extractBody(source: BodyInit): Promise<RequestBody> {
  if (typeof source === "string") {
    return bytesBody(new TextEncoder().encode(source), "text/plain;charset=UTF-8");
  }
  if (source instanceof URLSearchParams) {
    return bytesBody(
      new TextEncoder().encode(String(source)),
      "application/x-www-form-urlencoded;charset=UTF-8",
    );
  }
  if (ArrayBuffer.isView(source)) {
    const { buffer, byteOffset, byteLength } = source;
    return bytesBody(new Uint8Array(buffer, byteOffset, byteLength).slice(), null);
  }
  if (source instanceof ArrayBuffer) return bytesBody(new Uint8Array(source.slice(0)), null);
  if (source instanceof FormData) {
    // The platform makes the multipart text and its boundary.
    const made = new Response(source);
    return blobBody(await made.blob(), made.headers.get("content-type"));
  }
  if (source instanceof Blob) return blobBody(source, source.type === "" ? null : source.type);
  if (source instanceof ReadableStream) return streamBody(source);
  return bytesBody(new TextEncoder().encode(String(source)), "text/plain;charset=UTF-8");
}

function bytesBody(bytes: Uint8Array, type: string | null): RequestBody {
  return {
    bytes,
    length: bytes.length,
    type,
    isReplayable: true,
    async *pieces() {
      await Promise.resolve();
      yield bytes;
    },
    cancel: () => {},
  };
}

function blobBody(blob: Blob, type: string | null): RequestBody {
  return {
    bytes: null,
    length: blob.size,
    type,
    isReplayable: true,
    pieces: () => blob.stream(),
    cancel: () => {},
  };
}

function streamBody(stream: ReadableStream<Uint8Array>): RequestBody {
  if (stream.locked) throw new TypeError("Cannot send body as its stream is locked");
  const reader = stream.getReader();
  return {
    bytes: null,
    length: null,
    type: null,
    isReplayable: false,
    async *pieces() {
      try {
        for (;;) {
          const { done, value } = await reader.read();
          if (done) return;
          yield value;
        }
      } finally {
        reader.cancel().catch(() => {});
      }
    },
    cancel: (reason) => {
      reader.cancel(reason).catch(() => {});
    },
  };
}

/** Content codings and the platform's names of them (RFC 9110 §8.4.1). */
const formats: ReadonlyMap<string, readonly string[]> = new Map([
  ["gzip", ["gzip"]],
  ["x-gzip", ["gzip"]],
  ["deflate", ["deflate", "deflate-raw"]],
  ["br", ["brotli"]],
]);

function newDecompressor(format: string): ReadableWritablePair<Uint8Array, Uint8Array> | null {
  try {
    return new DecompressionStream(format as CompressionFormat) as ReadableWritablePair<
      Uint8Array,
      Uint8Array
    >;
  } catch {
    return null;
  }
}

let codings: string | null = null;

/** The codings to ask for: those that this platform can take off. Found at the first call, as trying takes milliseconds. */
export function acceptedCodings(): string {
  return codings ??= ["gzip", "deflate", "br"]
    .filter((coding) => formats.get(coding)!.every((format) => newDecompressor(format) !== null))
    .join(", ");
}

/** The largest buffer that a stream is given whose reader brings none, in bytes. */
const chunkSize = 65_536;

/**
 * A response's body as a byte stream that reads nothing ahead.
 *
 * @param response Where it comes from.
 * @param signal Ends it.
 */
export function bodyStream(
  response: HttpClientResponse,
  signal: AbortSignal | null,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  let abort: () => void = () => {};
  const end = (): void => signal?.removeEventListener("abort", abort);
  return new ReadableStream({
    type: "bytes",
    autoAllocateChunkSize: Math.max(1, Math.min(chunkSize, response.bodyLength ?? chunkSize)),
    start(controller) {
      abort = () => {
        response.cancel(signal!.reason);
        controller.error(signal!.reason);
      };
      signal?.addEventListener("abort", abort, { once: true });
    },
    async pull(controller) {
      const request = controller.byobRequest!;
      try {
        const count = await response.readInto(request.view as Uint8Array);
        if (signal?.aborted) return;
        if (count !== null) {
          request.respond(count);
          if (!response.isComplete) return;
        }
        end();
        controller.close();
        if (count === null) request.respond(0);
      } catch (cause) {
        end();
        throw new TypeError("error reading a body from connection", { cause });
      }
    },
    cancel(reason) {
      end();
      response.cancel(reason);
    },
  }, { highWaterMark: 0 });
}

/**
 * Takes the content codings off a body that this platform knows; with one that it does not know, the body is
 * left as it came.
 *
 * @param codings The value of Content-Encoding, or `null`.
 */
export function decodeBody(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
  codings: string | null,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  if (codings === null) return body;
  const list = codings.toLowerCase().split(",").map((coding) => coding.trim())
    .filter((coding) => coding !== "" && coding !== "identity");
  if (list.length === 0 || list.length > 5) return body;
  const known = list.every((coding) => {
    const names = formats.get(coding);
    return names !== undefined && names.every((name) => newDecompressor(name) !== null);
  });
  if (!known) return body;
  let stream: ReadableStream<Uint8Array> = body;
  for (const coding of list.reverse()) stream = decoded(stream, formats.get(coding)!);
  return stream as ReadableStream<Uint8Array<ArrayBuffer>>;
}

/** A stream with one coding taken off; the first bytes say which of the formats it is, and no bytes are none. */
function decoded(
  source: ReadableStream<Uint8Array>,
  names: readonly string[],
): ReadableStream<Uint8Array> {
  const reader = source.getReader();
  let output: ReadableStreamDefaultReader<Uint8Array> | null = null;
  return new ReadableStream({
    async pull(controller) {
      if (output === null) {
        const first = await reader.read();
        if (first.done) return controller.close();
        // "deflate" means zlib's format (RFC 9110 §8.4.1.2); some send it bare.
        const isZlib = (first.value[0]! & 0x8f) === 0x08;
        const name = names.length > 1 && !isZlib ? names[1]! : names[0]!;
        output = prepended(first.value, reader).pipeThrough(newDecompressor(name)!).getReader();
      }
      const { done, value } = await output.read();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    async cancel(reason) {
      await (output ?? reader).cancel(reason);
    },
  }, { highWaterMark: 0 });
}

function prepended(
  first: Uint8Array,
  reader: ReadableStreamDefaultReader<Uint8Array>,
): ReadableStream<Uint8Array> {
  let next: Uint8Array | null = first;
  return new ReadableStream({
    async pull(controller) {
      if (next !== null) {
        controller.enqueue(next);
        next = null;
        return;
      }
      const { done, value } = await reader.read();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel: (reason) => reader.cancel(reason),
  }, { highWaterMark: 0 });
}
