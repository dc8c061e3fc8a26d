/**
 * Bodies of responses that are there at once.
 *
 * @module
 */

/** A body made of text or bytes, as Deno keeps it until somebody asks for its stream. */
export interface StaticBody {
  /** Text or bytes. */
  readonly body: string | Uint8Array;
  /** Whether it was used. */
  consumed: boolean;
}

/** Where a response keeps what it is. */
interface Insides {
  readonly [key: symbol]: { readonly body?: unknown } | null | undefined;
}

/** What a response keeps of its body, as far as anything is known of it. */
function keptBody(response: Response, key: symbol): unknown {
  // A response of Deno is not whole before its headers are looked at.
  void response.headers;
  const insides = (response as unknown as Insides)[key];
  if (typeof insides !== "object" || insides === null) return undefined;
  const { body } = insides;
  if (body === null) return null;
  return (body as { streamOrStatic?: unknown } | undefined)?.streamOrStatic;
}

function isStatic(kept: unknown): kept is StaticBody {
  return typeof kept === "object" && kept !== null && "body" in kept &&
    "consumed" in kept && kept.consumed === false &&
    (typeof kept.body === "string" || kept.body instanceof Uint8Array);
}

/** Where this platform keeps bodies, if it does so in the way that is known; found by trying. */
function findKey(): symbol | null {
  const probe = new Response("probe");
  void probe.headers;
  for (const key of Object.getOwnPropertySymbols(probe)) {
    const kept = keptBody(probe, key);
    if (!isStatic(kept) || kept.body !== "probe") continue;
    const empty = keptBody(new Response(null), key);
    const streamed = keptBody(new Response(new ReadableStream()), key);
    if (empty === null && !isStatic(streamed)) return key;
  }
  return null;
}

let found: symbol | null | undefined;

/** Where bodies are kept: looked for at the first call, as trying takes milliseconds. */
function whereKept(): symbol | null {
  return found === undefined ? found = findKey() : found;
}

/**
 * The body of a response that was made of text or bytes. A stream would tell the same, but takes microseconds
 * to make and two promises to read; where the platform does not show what it keeps, the stream it is.
 *
 * @returns The body, to be marked as consumed by who sends it; `null` for none, `undefined` where only its stream can tell.
 */
export function staticBodyOf(response: Response): StaticBody | null | undefined {
  const key = whereKept();
  if (key === null) return response.body === null ? null : undefined;
  const kept = keptBody(response, key);
  return kept === null || isStatic(kept) ? kept : undefined;
}
