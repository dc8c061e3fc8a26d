/**
 * `fetch` over an {@linkcode HttpClient}: the platform's `Request` and `Response`, redirects, content codings.
 *
 * @module
 */
import type { HttpClient } from "./client.ts";
import type { HttpClientResponse } from "./client_response.ts";
import { acceptedCodings, bodyStream, decodeBody } from "./fetch_body.ts";
import {
  bodyToSend,
  checkScheme,
  type FetchRequest,
  readRequest,
  redirectRequest,
  requestFields,
} from "./fetch_request.ts";

/** How a `fetch` is set up. */
export interface FetchOptions {
  /** The User-Agent of requests that bring none; `"Octet/0.1.0"` when not given. */
  userAgent?: string;
}

/** `fetch` as the standard has it. */
export type Fetch = (input: Request | URL | string, init?: RequestInit) => Promise<Response>;

/** How many redirects are followed (Fetch standard, HTTP-redirect fetch). */
const maxRedirects = 20;
/** Statuses that redirect. */
const redirects: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
/** Statuses whose `Response` has no body (Fetch standard, null body status). */
const bodiless: ReadonlySet<number> = new Set([101, 103, 204, 205, 304]);

/**
 * Makes a `fetch` that sends its requests with a client.
 *
 * @example
 * ```ts
 * import { createFetch, Host, HttpClient, Lan, serveOn } from "@octet/internet";
 * import { assertEquals } from "@std/assert";
 *
 * const lan = new Lan();
 * await using a = new Host(lan.attach(), { address: { address: "10.0.0.1/24" } });
 * await using b = new Host(lan.attach(), { address: { address: "10.0.0.2/24" } });
 * await using server = serveOn(b.listen({ port: 80 }), async (request) => {
 *   return Response.json({ path: new URL(request.url).pathname, body: await request.text() });
 * });
 *
 * using client = new HttpClient({ connect: (options) => a.connect(options) });
 * const fetch = createFetch(client);
 * const response = await fetch("http://10.0.0.2/echo", { method: "POST", body: "octet" });
 * assertEquals(await response.json(), { path: "/echo", body: "octet" });
 * await server.shutdown();
 * ```
 *
 * @param client What sends.
 * @param options What the requests say of themselves.
 */
export function createFetch(client: HttpClient, options: FetchOptions = {}): Fetch {
  const { userAgent = "Octet/0.1.0" } = options;
  return async (input, init = {}) => {
    let request = await readRequest(input, init);
    request.signal?.throwIfAborted();
    for (let hops = 0;; hops++) {
      checkScheme(request.url);
      const response = await send(client, request, userAgent);
      const location = redirects.has(response.status) ? response.get("location") : null;
      if (location === null || request.redirect === "manual") {
        return makeResponse(response, request, hops > 0);
      }
      // What little a redirect says is read, so that the connection can be kept; more is not worth it.
      if (response.bodyLength !== null && response.bodyLength <= 4096) {
        await response.bytes().catch(() => {});
      } else {
        response.cancel();
      }
      if (request.redirect === "error") {
        throw new TypeError(
          "Fetch failed: Encountered redirect while redirect mode is set to 'error'",
        );
      }
      if (hops === maxRedirects) {
        throw new TypeError(`Fetch failed: Maximum number of redirects (${maxRedirects}) reached`);
      }
      request = redirectRequest(request, response.status, location);
    }
  };
}

async function send(
  client: HttpClient,
  request: FetchRequest,
  userAgent: string,
): Promise<HttpClientResponse> {
  const { url, signal, body, method } = request;
  const { hostname, port } = url;
  const host = request.headers.get("host") ?? url.host;
  try {
    return await client.request({
      hostname: hostname.startsWith("[") ? hostname.slice(1, -1) : hostname,
      port: port === "" ? 80 : Number(port),
      method,
      target: url.pathname + url.search,
      host,
      fields: requestFields(request, userAgent, acceptedCodings()),
      body: bodyToSend(body),
      ...(typeof body?.length === "number" ? { bodyLength: body.length } : {}),
      ...(signal === null ? {} : { signal }),
    });
  } catch (error) {
    body?.cancel(error);
    if (signal?.aborted) throw signal.reason;
    const message = error instanceof Error ? error.message : String(error);
    const shown = new URL(url);
    shown.username = shown.password = "";
    throw new TypeError(`error sending request for url (${shown.href}): ${message}`, {
      cause: error,
    });
  }
}

function makeResponse(
  response: HttpClientResponse,
  request: FetchRequest,
  redirected: boolean,
): Response {
  const { status } = response;
  let body: ReadableStream<Uint8Array<ArrayBuffer>> | Uint8Array<ArrayBuffer> | null = null;
  if (bodiless.has(status) || request.method === "HEAD") {
    response.cancel();
  } else {
    body = bodyOf(response, request);
  }
  const { href } = request.url;
  const hash = href.indexOf("#");
  const url = hash < 0 ? href : href.slice(0, hash);
  try {
    const init = { status, statusText: response.reason };
    FetchedResponse ??= defineFetchedResponse();
    const fetched = new FetchedResponse(body, init, url, redirected);
    // Deno takes 4 µs more to make a response of a small body with its headers, which it readies for its own server.
    const { headers } = fetched;
    for (const [name, value] of response.fields) headers.append(name, value);
    return fetched;
  } catch (cause) {
    response.cancel();
    throw new TypeError(`Cannot make a Response of status ${status}`, { cause });
  }
}

/** A small body mostly comes with its head; without a stream around it a third more requests are done in a second. */
function bodyOf(
  response: HttpClientResponse,
  request: FetchRequest,
): ReadableStream<Uint8Array<ArrayBuffer>> | Uint8Array<ArrayBuffer> {
  const codings = response.bodyLength === 0 ? null : response.get("content-encoding");
  // A body that a signal may still end must be a stream, however much of it has come.
  const whole = codings === null && request.signal === null ? response.takeWhole() : null;
  return whole ?? decodeBody(bodyStream(response, request.signal), codings);
}

/** Made for the first response: what Deno's `Response` needs takes 2.5 ms to load, which who only imports us has no use for. */
let FetchedResponse: ReturnType<typeof defineFetchedResponse> | undefined;

/** A response that tells where it comes from, which the platform's constructor has no means to be told. */
function defineFetchedResponse() {
  class FetchedResponse extends Response {
    readonly #url: string;
    readonly #redirected: boolean;

    constructor(body: BodyInit | null, init: ResponseInit, url: string, redirected: boolean) {
      super(body, init);
      this.#url = url;
      this.#redirected = redirected;
    }

    override get url(): string {
      return this.#url;
    }

    override get redirected(): boolean {
      return this.#redirected;
    }

    override get type(): ResponseType {
      return "basic";
    }

    override clone(): Response {
      return describeResponse(super.clone(), this.#url, this.#redirected);
    }
  }

  // Whoever asks what it is is told what a program expects; a subclass costs a microsecond less than four properties.
  Object.defineProperty(FetchedResponse.prototype, "constructor", { value: Response });
  return FetchedResponse;
}

/** Tells a response that was made by the platform the same. */
function describeResponse(response: Response, url: string, redirected: boolean): Response {
  const clone = (): Response =>
    describeResponse(Response.prototype.clone.call(response), url, redirected);
  return Object.defineProperties(response, {
    url: { value: url, configurable: true },
    redirected: { value: redirected, configurable: true },
    type: { value: "basic", configurable: true },
    clone: { value: clone, configurable: true },
  });
}
