/**
 * Who may use an httptap. Without a token it is for programs of this machine, and a web page that a browser of this
 * machine shows is none: such a page may send requests to 127.0.0.1, by name of its own choice (DNS rebinding), too.
 *
 * @module
 */

/** What a refused request is answered with. */
export interface Refusal {
  /** The HTTP status. */
  readonly status: number;
  /** One line that says why, and what to do. */
  readonly message: string;
}

/** A token as it may stand in a header (`b64token`, RFC 6750 §2.1), at least 16 characters. */
export function isToken(text: string): boolean {
  return /^(?=.{16,512}$)[\w.~+/-]+=*$/.test(text);
}

/**
 * Decides whether a request is answered.
 *
 * @param request The request.
 * @param token What the request must carry, as `Authorization: Bearer TOKEN` or `?token=TOKEN`; without one it must
 *     not come from a web page, and name this machine by a loopback address or `localhost`.
 * @returns Why not, or `null`.
 */
export function refuse(request: Request, token: string | undefined): Refusal | null {
  if (token !== undefined) {
    const given = givenToken(request);
    if (given === null) {
      return {
        status: 401,
        message: "This httptap wants its token: Authorization: Bearer TOKEN, or ?token=TOKEN",
      };
    }
    return isSame(given, token)
      ? null
      : { status: 401, message: "The token is not this httptap's: see how it was started" };
  }
  const { headers } = request;
  // Browsers say "none" only where somebody has typed the address.
  const site = headers.get("sec-fetch-site") ?? "none";
  if (headers.has("origin") || site !== "none") {
    return {
      status: 403,
      message: "This httptap serves no web pages: start it with --token, and give the page that",
    };
  }
  const host = headers.get("host") ?? "";
  return isLoopbackHost(host) ? null : {
    status: 421,
    message:
      `This httptap goes by 127.0.0.1, [::1] or localhost, not ${JSON.stringify(host)}: use one ` +
      "of these, or start it with --token",
  };
}

/** Whether an address is one of the machine's own loopback: 127.0.0.0/8 or ::1. */
export function isLoopbackAddress(address: string): boolean {
  return address === "::1" || /^127(\.(0|[1-9]\d{0,2})){3}$/.test(address);
}

function isLoopbackHost(host: string): boolean {
  const name = host.replace(/:\d{1,5}$/, "").toLowerCase();
  return name === "localhost" || name === "[::1]" || (name !== "::1" && isLoopbackAddress(name));
}

/** RFC 6750 §2.1; the query is for WebSockets, to which a browser lets nobody add a header. */
function givenToken(request: Request): string | null {
  const header = request.headers.get("authorization");
  if (header !== null) return /^bearer +(\S+) *$/i.exec(header)?.[1] ?? "";
  return new URL(request.url).searchParams.get("token");
}

/** Compares in a time that does not tell how much of it was right. */
function isSame(given: string, token: string): boolean {
  let difference = given.length ^ token.length;
  for (let i = 0; i < token.length; i++) difference |= given.charCodeAt(i) ^ token.charCodeAt(i);
  return difference === 0;
}
