/**
 * Requests as a handler gets them. A platform's `Request` costs several microseconds to make, more than all the rest of
 * a small exchange; so one is made only when a handler looks at more than method, URL, headers, body and signal.
 *
 * @module
 */
import { RequestHead } from "@octet/httpraw";

/** What a request is made of, when asked. */
export interface RequestParts {
  /** Bytes of the head; they do not change any more. */
  readonly head: Uint8Array;
  /** The method. */
  readonly method: string;
  /** Scheme and authority, as `http://example.org`; what a target that begins with a slash is appended to. */
  readonly origin: string;
  /** The body; called at most once. */
  readonly body: (() => ReadableStream<Uint8Array<ArrayBuffer>>) | null;
  /** Aborts when the client goes away. */
  readonly signal: () => AbortSignal;
}

/** Makes a request of its parts. */
export function makeRequest(parts: RequestParts): Request {
  // Tried at the first request: it takes milliseconds, which a program that serves nothing does not owe.
  isSupported ??= prepare();
  return isSupported ? new LazyRequest(parts) as unknown as Request : new Source(parts).request;
}

/** The target in a head that holds, without another look at its fields (RFC 9112 §3). */
function targetOf(head: Uint8Array): string {
  let at = 0;
  // Empty lines may stand before the request line.
  while (head[at] === 0xd || head[at] === 0xa) at++;
  while (head[at] !== 0x20) at++;
  let target = "";
  for (at++; head[at] !== 0x20; at++) target += String.fromCharCode(head[at]!);
  return target;
}

let lastText = "";
let lastUrl = "";

/** The URL of a target. One that is asked for again and again is parsed once: half a microsecond less a request. */
function urlOf(origin: string, target: string): string {
  const text = target.startsWith("/")
    ? origin + target
    : target.includes("://")
    ? target
    : `${origin}/${target}`;
  if (text !== lastText) {
    lastUrl = URL.parse(text)?.href ?? `${origin}/`;
    lastText = text;
  }
  return lastUrl;
}

/** The parts, each made once. */
class Source {
  readonly #parts: RequestParts;
  #head: RequestHead | null = null;
  #url: string | null = null;
  #headers: Headers | null = null;
  #request: Request | null = null;

  constructor(parts: RequestParts) {
    this.#parts = parts;
  }

  get parts(): RequestParts {
    return this.#parts;
  }

  get head(): RequestHead {
    if (this.#head === null) {
      const { head: bytes } = this.#parts;
      this.#head = new RequestHead({ maxLength: bytes.length, maxFields: bytes.length });
      this.#head.parse(bytes, 0, bytes.length);
    }
    return this.#head;
  }

  get url(): string {
    return this.#url ??= urlOf(this.#parts.origin, targetOf(this.#parts.head));
  }

  get headers(): Headers {
    return this.#request?.headers ?? (this.#headers ??= new Headers([...this.head.fields()]));
  }

  get request(): Request {
    if (this.#request === null) {
      const { method, body, signal } = this.#parts;
      const hasBody = body !== null && method !== "GET" && method !== "HEAD";
      this.#request = new Request(this.url, {
        method,
        headers: this.headers,
        signal: signal(),
        ...(hasBody ? { body: body(), duplex: "half" } : {}),
      } as RequestInit);
    }
    return this.#request;
  }
}

/**
 * A request that becomes a real one when something is asked of it that only a real one can answer: all that the
 * platform's own methods find in it are the real one's insides.
 */
class LazyRequest {
  readonly #source: Source;

  constructor(parts: RequestParts) {
    this.#source = new Source(parts);
  }

  static sourceOf(request: LazyRequest): Source {
    return request.#source;
  }

  get method(): string {
    return this.#source.parts.method;
  }

  get url(): string {
    return this.#source.url;
  }

  get headers(): Headers {
    return this.#source.headers;
  }

  get signal(): AbortSignal {
    return this.#source.parts.signal();
  }
}

let isSupported: boolean | null = null;

/** Gives lazy requests the prototype of real ones; `false` where those keep their insides out of reach. */
function prepare(): boolean {
  const insides = Object.getOwnPropertySymbols(new Request("http://a/"));
  if (insides.length === 0) return false;
  const { prototype } = LazyRequest;
  Object.setPrototypeOf(prototype, Request.prototype);
  for (const key of insides) {
    Object.defineProperty(prototype, key, {
      get(this: LazyRequest): unknown {
        return Reflect.get(LazyRequest.sourceOf(this).request, key);
      },
      set(this: LazyRequest, value: unknown): void {
        Reflect.set(LazyRequest.sourceOf(this).request, key, value);
      },
    });
  }
  return works();
}

/** Whether the platform takes a lazy request for a real one. */
function works(): boolean {
  try {
    const head = new TextEncoder().encode("GET /a HTTP/1.1\r\nX: 1\r\n\r\n");
    const { signal } = new AbortController();
    const parts = { head, method: "GET", origin: "http://b", body: null, signal: () => signal };
    const request = new LazyRequest(parts) as unknown as Request;
    const copy = new Request(request);
    return copy.url === "http://b/a" && copy.headers.get("x") === "1" && !request.bodyUsed &&
      request.clone().method === "GET";
  } catch {
    return false;
  }
}
