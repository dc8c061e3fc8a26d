/**
 * Requests as a handler gets them. A platform's `Request` costs several microseconds to make, more than all the rest of
 * a small exchange; so one is made only when a handler looks at more than method, URL, headers, body and signal.
 *
 * @module
 */
import { latin1, RequestHead } from "@octet/httpraw";

/** What can be asked for as long as a request is the current one of its connection. */
export interface RequestOrigin {
  /** The stream of the request's body; called at most once. */
  bodyStream(turn: number): ReadableStream<Uint8Array<ArrayBuffer>>;
  /** Aborts when the client goes away. */
  signal(turn: number): AbortSignal;
}

/** What a request is made of, when asked. */
export interface RequestParts {
  /** Bytes in which the head stands; they do not change any more. */
  readonly bytes: Uint8Array;
  /** Where the head begins. */
  readonly offset: number;
  /** Where the head ends (exclusive). */
  readonly end: number;
  /** Where its target begins. */
  readonly targetOffset: number;
  /** Where its target ends (exclusive). */
  readonly targetEnd: number;
  /** The method. */
  readonly method: string;
  /** Scheme and authority, as `http://example.org`; what a target that begins with a slash is appended to. */
  readonly authority: string;
  /** Whether there is a body. */
  readonly hasBody: boolean;
  /** The connection. */
  readonly origin: RequestOrigin;
  /** Which of its requests it is. */
  readonly turn: number;
}

/** Makes a request of its parts. */
export function makeRequest(parts: RequestParts): Request {
  // Tried at the first request: it takes milliseconds, which a program that serves nothing does not owe.
  isSupported ??= prepare();
  return isSupported ? new LazyRequest(parts) as unknown as Request : new Source(parts).request;
}

/** The target whose URL was asked for last, what it was appended to, and the URL. */
let lastBytes: Uint8Array = new Uint8Array(0);
let lastOffset = 0;
let lastEnd = 0;
let lastAuthority = "";
let lastUrl = "";

/** The URL of a request. One that is asked for again and again is made once: half a microsecond less a request. */
function urlOf(parts: RequestParts): string {
  const { bytes, targetOffset, targetEnd, authority } = parts;
  if (authority !== lastAuthority || !isLastTarget(bytes, targetOffset, targetEnd)) {
    const text = resolve(latin1(bytes, targetOffset, targetEnd), authority);
    lastUrl = URL.parse(text)?.href ?? `${authority}/`;
    lastBytes = bytes;
    lastOffset = targetOffset;
    lastEnd = targetEnd;
    lastAuthority = authority;
  }
  return lastUrl;
}

function isLastTarget(bytes: Uint8Array, offset: number, end: number): boolean {
  const length = end - offset;
  if (length !== lastEnd - lastOffset) return false;
  for (let i = 0; i < length; i++) {
    if (bytes[offset + i] !== lastBytes[lastOffset + i]) return false;
  }
  return true;
}

/** The absolute form of a target (RFC 9112 §3.2). */
function resolve(target: string, authority: string): string {
  if (target.startsWith("/")) return authority + target;
  return target.includes("://") ? target : `${authority}/${target}`;
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
      const { bytes, offset, end } = this.#parts;
      this.#head = new RequestHead({ maxLength: end - offset, maxFields: end - offset });
      this.#head.parse(bytes, offset, end);
    }
    return this.#head;
  }

  get url(): string {
    return this.#url ??= urlOf(this.#parts);
  }

  get headers(): Headers {
    return this.#request?.headers ?? (this.#headers ??= new Headers([...this.head.fields()]));
  }

  get request(): Request {
    if (this.#request === null) {
      const { method, hasBody, origin, turn } = this.#parts;
      const body = hasBody && method !== "GET" && method !== "HEAD";
      this.#request = new Request(this.url, {
        method,
        headers: this.headers,
        signal: origin.signal(turn),
        ...(body ? { body: origin.bodyStream(turn), duplex: "half" } : {}),
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
    const { origin, turn } = this.#source.parts;
    return origin.signal(turn);
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
    const bytes = new TextEncoder().encode("GET /a HTTP/1.1\r\nX: 1\r\n\r\n");
    const { signal } = new AbortController();
    const request = new LazyRequest({
      bytes,
      offset: 0,
      end: bytes.length,
      targetOffset: 4,
      targetEnd: 6,
      method: "GET",
      authority: "http://b",
      hasBody: false,
      origin: { bodyStream: () => new ReadableStream(), signal: () => signal },
      turn: 0,
    }) as unknown as Request;
    const copy = new Request(request);
    return copy.url === "http://b/a" && copy.headers.get("x") === "1" && !request.bodyUsed &&
      request.clone().method === "GET";
  } catch {
    return false;
  }
}
