/**
 * What `fetch` was asked for: its two arguments made into one request (Fetch standard, Request constructor).
 *
 * @module
 */
import type { HttpRequestBody } from "./client_types.ts";
import { extractBody, type RequestBody } from "./fetch_body.ts";

/** A request as it goes from one redirect to the next. */
export interface FetchRequest {
  /** Where to. */
  url: URL;
  /** The method, normalised. */
  method: string;
  /** The fields of the caller. */
  headers: Headers;
  /** The body, or `null`. */
  body: RequestBody | null;
  /** What to do about redirects. */
  redirect: "follow" | "manual" | "error";
  /** Ends the exchange. */
  signal: AbortSignal | null;
}

const normalised: readonly string[] = ["DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT"];

/**
 * Makes one request of the arguments of `fetch`.
 *
 * @throws {TypeError} When they do not make one.
 */
export async function readRequest(
  input: Request | URL | string,
  init: RequestInit,
): Promise<FetchRequest> {
  const request = input instanceof Request ? input : null;
  const url = parseUrl(request === null ? String(input) : request.url);
  const method = checkMethod(init.method ?? request?.method ?? "GET");
  const headers = new Headers(init.headers ?? request?.headers);
  const redirect = init.redirect ?? request?.redirect ?? "follow";
  if (redirect !== "follow" && redirect !== "manual" && redirect !== "error") {
    throw new TypeError(`Cannot fetch as redirect is ${JSON.stringify(redirect)}`);
  }
  const signal = init.signal === undefined ? request?.signal ?? null : init.signal;
  const source = init.body ?? null;
  const isBare = method === "GET" || method === "HEAD";
  if (isBare && (source !== null || init.body === undefined && request?.body)) {
    throw new TypeError("Request with GET/HEAD method cannot have body");
  }
  let body: RequestBody | null = null;
  if (source !== null) {
    body = await extractBody(source);
    if (body.type !== null && !headers.has("content-type")) headers.set("content-type", body.type);
  } else if (init.body === undefined && request !== null && request.body !== null) {
    if (request.bodyUsed) throw new TypeError("Input request's body is unusable");
    body = await extractBody(request.body);
  }
  return { url, method, headers, body, redirect, signal };
}

/**
 * Turns a redirect into the next request (Fetch standard, HTTP-redirect fetch).
 *
 * @throws {TypeError} When it cannot be followed.
 */
export function redirectRequest(
  request: FetchRequest,
  status: number,
  location: string,
): FetchRequest {
  let url: URL;
  try {
    url = new URL(location, request.url);
  } catch (cause) {
    throw new TypeError(`Cannot follow redirect as its Location is ${JSON.stringify(location)}`, {
      cause,
    });
  }
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    throw new TypeError("Fetch failed: Can not redirect to a non HTTP(s) url");
  }
  if (url.hash === "") url.hash = request.url.hash;
  const next: FetchRequest = { ...request, url, headers: new Headers(request.headers) };
  const { method } = request;
  if (
    status === 303 && method !== "GET" && method !== "HEAD" ||
    (status === 301 || status === 302) && method === "POST"
  ) {
    next.method = "GET";
    next.body = null;
    for (const name of bodyHeaders) next.headers.delete(name);
  } else if (request.body !== null && !request.body.isReplayable) {
    throw new TypeError("Cannot follow redirect as the body was a stream and has been sent");
  }
  // What was meant for one origin is not for another.
  if (url.origin !== request.url.origin) {
    for (const name of ["authorization", "cookie", "proxy-authorization", "host"]) {
      next.headers.delete(name);
    }
  }
  return next;
}

/** Headers that speak of a body that is dropped. */
const bodyHeaders: readonly string[] = [
  "content-encoding",
  "content-language",
  "content-length",
  "content-location",
  "content-type",
];

function parseUrl(text: string): URL {
  const base = (globalThis as { location?: { href?: string } }).location?.href;
  let url: URL;
  try {
    url = base === undefined ? new URL(text) : new URL(text, base);
  } catch {
    throw new TypeError(`Invalid URL: '${text}'`);
  }
  checkScheme(url);
  return url;
}

/**
 * Refuses what is not `http:`.
 *
 * @throws {TypeError} When it is another scheme.
 */
export function checkScheme(url: URL): void {
  if (url.protocol === "http:") return;
  if (url.protocol === "https:") {
    throw new TypeError(`Cannot fetch ${url.href} as TLS is not there yet: only http: is spoken`);
  }
  throw new TypeError(`Cannot fetch ${url.href} as its scheme is not http:`);
}

function checkMethod(method: string): string {
  if (!/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(method)) {
    throw new TypeError(`Cannot fetch as the method ${JSON.stringify(method)} is not a token`);
  }
  const upper = method.toUpperCase();
  if (upper === "CONNECT" || upper === "TRACE" || upper === "TRACK") {
    throw new TypeError("Method is forbidden");
  }
  return normalised.includes(upper) ? upper : method;
}

/** The fields to send, defaults added as Deno does. */
export function requestFields(
  request: FetchRequest,
  userAgent: string,
  codings: string,
): [string, string][] {
  const { headers, url } = request;
  const fields: [string, string][] = [];
  headers.forEach((value, name) => {
    if (!written.has(name)) fields.push([name, value]);
  });
  if ((url.username !== "" || url.password !== "") && !headers.has("authorization")) {
    const text = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
    const bytes = new TextEncoder().encode(text);
    fields.push(["authorization", `Basic ${btoa(String.fromCharCode(...bytes))}`]);
  }
  if (!headers.has("accept")) fields.push(["accept", "*/*"]);
  if (!headers.has("accept-language")) fields.push(["accept-language", "*"]);
  if (!headers.has("user-agent")) fields.push(["user-agent", userAgent]);
  if (!headers.has("accept-encoding") && codings !== "") {
    // A range of a compressed whole is no range of the content (Fetch standard, HTTP-network-or-cache fetch).
    fields.push(["accept-encoding", headers.has("range") ? "identity" : codings]);
  }
  return fields;
}

/** Fields that the exchange writes from what it knows. */
const written: ReadonlySet<string> = new Set(["content-length", "host", "transfer-encoding"]);

/** The body of one attempt. */
export function bodyToSend(body: RequestBody | null): HttpRequestBody | null {
  return body === null ? null : body.bytes ?? body.pieces();
}
