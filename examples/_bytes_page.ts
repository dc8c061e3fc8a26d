/**
 * The pages of the server that measure and echo: `/bytes/N`, `POST /echo`, `POST /sink`.
 *
 * @module
 */
import { createHash } from "node:crypto";

/** Byte i of `/bytes/N` is i modulo this. */
export const period = 251;
/** The most that `/bytes/N` gives. */
export const mostBytes: number = 2 ** 40;

/** A whole number of periods, so that each chunk begins where the pattern does. */
const pattern = Uint8Array.from({ length: period * 1024 }, (_, i) => i % period);
/** The part of it that is ASCII: a response of text is made in half the time of one of bytes, which are copied. */
const text = String.fromCharCode(...pattern.subarray(0, 128));

const binary = { "content-type": "application/octet-stream" };
const plain = { "content-type": "text/plain; charset=utf-8" };

/** Answers `/bytes/N`, where `count` is N. */
export function bytesPage(request: Request, count: string): Response {
  if (request.method !== "GET" && request.method !== "HEAD") return methodRefused("GET, HEAD");
  const size = /^(0|[1-9]\d{0,12})$/.test(count) ? Number(count) : NaN;
  if (!(size <= mostBytes)) {
    return new Response(`/bytes/N wants a whole number up to ${mostBytes}\n`, {
      status: 400,
      headers: plain,
    });
  }
  // Of what is at hand the server tells the length itself: a field less is a microsecond less.
  if (request.method === "GET" && size <= pattern.length) {
    const body = size <= text.length ? text.slice(0, size) : pattern.subarray(0, size);
    return new Response(body, { headers: binary });
  }
  return new Response(request.method === "HEAD" ? null : patternStream(size), {
    headers: { ...binary, "content-length": `${size}` },
  });
}

/** Gives the next chunk only when the last one has gone: as fast as the peer reads, and no faster. */
function patternStream(size: number): ReadableStream<Uint8Array<ArrayBuffer>> {
  let left = size;
  return new ReadableStream({
    pull(controller) {
      if (left === 0) {
        controller.close();
        return;
      }
      const count = Math.min(left, pattern.length);
      left -= count;
      controller.enqueue(count === pattern.length ? pattern : pattern.subarray(0, count));
      if (left === 0) controller.close();
    },
  }, { highWaterMark: 0 });
}

/** Answers `POST /echo` with the body that came, as it comes. */
export function echoPage(request: Request): Response {
  if (request.method !== "POST" && request.method !== "PUT") return methodRefused("POST, PUT");
  const type = request.headers.get("content-type") ?? "application/octet-stream";
  const length = request.headers.get("content-length");
  return new Response(request.body, {
    headers: { "content-type": type, ...(length !== null && { "content-length": length }) },
  });
}

/** Answers `POST /sink`: how many bytes came, and their SHA-256. */
export async function sinkPage(request: Request): Promise<Response> {
  if (request.method !== "POST" && request.method !== "PUT") return methodRefused("POST, PUT");
  const hash = createHash("sha256");
  let bytes = 0;
  for await (const chunk of request.body ?? []) {
    hash.update(chunk);
    bytes += chunk.length;
  }
  return Response.json({ bytes, sha256: hash.digest("hex") });
}

/** Answers a method that a page has no use for. */
export function methodRefused(allow: string): Response {
  return new Response(`Only ${allow} here\n`, { status: 405, headers: { ...plain, allow } });
}
