/**
 * Where an httptap is: its URL, and what is said about it in errors.
 *
 * @module
 */
import { networkError } from "../../host/errors.ts";
import { decodeInfo, type HttpTapInfo, readBody } from "./wire_form.ts";

/** An httptap's address, and how requests to it look. */
export class HttpTapAddress {
  /** The URL without its token, for people. */
  readonly text: string;
  readonly #base: URL;
  readonly #token: string | null;
  readonly #headers: Record<string, string>;

  /**
   * Reads an address.
   *
   * @param url Such as `http://127.0.0.1:7070`; a path is kept, `?token=TOKEN` is the token.
   * @param token The token, when it is not in the URL.
   * @throws {SyntaxError} When it is no URL of HTTP.
   */
  constructor(url: string | URL, token?: string) {
    const base = URL.parse(url);
    if (base === null || !/^https?:$/.test(base.protocol)) {
      throw new SyntaxError(
        `Cannot connect to httptap as ${JSON.stringify(String(url))} is no URL like ` +
          "http://127.0.0.1:7070",
      );
    }
    this.#token = token ?? base.searchParams.get("token");
    base.search =
      base.hash =
      base.username =
      base.password =
        "";
    if (!base.pathname.endsWith("/")) base.pathname += "/";
    this.#base = base;
    this.text = base.href.replace(/\/$/, "");
    const id = crypto.randomUUID().slice(0, 8);
    this.#headers = {
      "octet-client": id,
      ...(this.#token !== null && { authorization: `Bearer ${this.#token}` }),
    };
  }

  /** The URL of the WebSocket; it carries the token, as no header may be added. */
  get socketUrl(): URL {
    const url = new URL("frames", this.#base);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    if (this.#token !== null) url.searchParams.set("token", this.#token);
    return url;
  }

  /** Sends a request to one of the httptap's places. */
  fetch(place: "info" | "recv" | "send" | "frames", init: RequestInit): Promise<Response> {
    return fetch(new URL(place, this.#base), {
      ...init,
      headers: { ...this.#headers, ...init.headers },
      redirect: "error",
    });
  }

  /**
   * Asks what is lent.
   *
   * @throws {Error} When that cannot be learnt; the message says why.
   */
  async info(signal: AbortSignal): Promise<HttpTapInfo> {
    const response = await this.#ask("info", signal);
    const text = await readBody(response);
    if (response.status !== 200) throw this.refused(response.status, text ?? "");
    try {
      return decodeInfo(text ?? "");
    } catch (cause) {
      if (!(cause instanceof SyntaxError)) throw cause;
      throw new Error(
        `Cannot connect to httptap at ${this.text} as something else answers there: its /info ` +
          `cannot be read, ${cause.message}`,
        { cause },
      );
    }
  }

  /**
   * Asks whether there is a WebSocket.
   *
   * @returns `false` when the httptap only knows polling, as lneto's.
   * @throws {Error} When another client has the device, or this one may not.
   */
  async hasSocket(signal: AbortSignal): Promise<boolean> {
    const response = await this.#ask("frames", signal);
    const text = await readBody(response);
    if (response.status === 426) return true;
    if (response.status === 404 || response.status === 405) return false;
    throw this.refused(response.status, text ?? "");
  }

  /** What a status other than success means, in one line: the httptap's own. */
  refused(status: number, text: string): Error {
    const line = text.trim().replace(/[\s\p{Cc}]+/gu, " ").slice(0, 300);
    const message = `Cannot use httptap at ${this.text} as it refuses with ${status}: ${line}`;
    if (status === 401 || status === 403) return networkError("PermissionDenied", message);
    return status === 409 ? networkError("Busy", message) : new Error(message);
  }

  async #ask(place: "info" | "frames", signal: AbortSignal): Promise<Response> {
    try {
      return await this.fetch(place, { signal });
    } catch (error) {
      // What Deno's permissions forbid says so itself.
      if (signal.aborted || (error instanceof Error && error.name === "NotCapable")) throw error;
      throw networkError(
        "ConnectionRefused",
        `Cannot connect to httptap at ${this.text} as ${reasonOf(error)}: start httptap first`,
        "ECONNREFUSED",
      );
    }
  }
}

/** Why a `fetch` had no answer; runtimes hide that in the error's cause. */
export function reasonOf(error: unknown): string {
  for (let at = error; at instanceof Error; at = at.cause) {
    if (/refused/i.test(at.message)) return "nobody listens there";
  }
  return "it cannot be reached";
}
