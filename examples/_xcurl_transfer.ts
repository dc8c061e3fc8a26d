/**
 * Requests and their bodies, redirections followed.
 *
 * @module
 */
import { type Host, HttpClient, type HttpClientResponse } from "@octet/internet";
import { formatIpv4 } from "@octet/netip";
import { ExitError, printable, say } from "./_program.ts";
import { Exit, readUrl, type XcurlSettings } from "./_xcurl_options.ts";
import { type BodySink, nowhere, openSink, standardOutput } from "./_xcurl_output.ts";
import { formatRate, formatTime, ProgressBar, type Report } from "./_xcurl_report.ts";
import type { Steps } from "./_xcurl_steps.ts";

const redirections = [301, 302, 303, 307, 308];
const mostRedirections = 10;
/** Bytes of a body that go to a file at once. */
const bufferSize = 1 << 20;

/** What came of one URL. */
export interface Transfer {
  /** The last response's status. */
  readonly status: number;
  /** Bytes of its body. */
  readonly bytes: number;
  /** How long the whole took, in milliseconds. */
  readonly time: number;
}

interface Ask {
  readonly url: URL;
  readonly method: string;
  readonly body: Uint8Array | null;
  readonly fields: readonly (readonly [string, string])[];
}

/** Fetches over one host. */
export class Fetcher implements Disposable {
  readonly #settings: XcurlSettings;
  readonly #steps: Steps;
  readonly #report: Report;
  readonly #signal: AbortSignal;
  readonly #client: HttpClient;
  readonly #addresses: Map<string, Promise<string[]>> = new Map();
  #isConnected = false;

  /** Makes a client on a host. */
  constructor(
    host: Host,
    settings: XcurlSettings,
    steps: Steps,
    report: Report,
    signal: AbortSignal,
  ) {
    this.#settings = settings;
    this.#steps = steps;
    this.#report = report;
    this.#signal = signal;
    this.#client = new HttpClient({
      connect: async (options) => {
        steps.stage = "TCP";
        const start = performance.now();
        const conn = await host.connect(options);
        this.#connected(options, performance.now() - start);
        return conn;
      },
      resolve: (name) => this.#resolve(name),
      maxConnections: settings.parallel,
    });
  }

  /**
   * Fetches the URL once.
   *
   * @param buffer Where bytes are gathered; the fetch has it to itself.
   * @param isTold Whether the steps are told.
   */
  async fetch(buffer: Uint8Array, isTold: boolean): Promise<Transfer> {
    const { url, method, body, headers } = this.#settings;
    const start = performance.now();
    let ask: Ask = { url, method, body, fields: headers };
    for (let hops = 0;; hops++) {
      const response = await this.#ask(ask, isTold);
      const next = this.#settings.location ? redirection(ask, response) : null;
      if (next === null) {
        const bytes = await this.#receive(response, buffer, isTold);
        return { status: response.status, bytes, time: performance.now() - start };
      }
      response.cancel();
      if (hops === mostRedirections) {
        throw new ExitError(
          Exit.TooManyRedirects,
          `Too many redirections: the ${mostRedirections}th led to ${ask.url}`,
        );
      }
      ask = next;
    }
  }

  /** Closes the connections. */
  [Symbol.dispose](): void {
    this.#client.close();
  }

  #resolve(name: string): Promise<string[]> {
    let found = this.#addresses.get(name);
    if (found === undefined) {
      found = this.#steps.addresses(name).then((addresses) => addresses.map(formatIpv4));
      this.#addresses.set(name, found);
    }
    return found;
  }

  /** Tells of a connection; of many at once, the first stands for all. */
  #connected({ hostname, port }: { hostname: string; port: number }, time: number): void {
    this.#steps.stage = "HTTP";
    const { parallel, requests } = this.#settings;
    if (this.#isConnected && (parallel > 1 || requests > 1)) return;
    this.#isConnected = true;
    const remote = `${hostname}:${port}`;
    this.#report.step("TCP", time, `connected to ${remote}`, { remote });
  }

  async #ask(ask: Ask, isTold: boolean): Promise<HttpClientResponse> {
    const { url, method, body, fields } = ask;
    const { verbose } = this.#settings.link;
    const port = url.port === "" ? 80 : Number(url.port);
    await this.#resolve(url.hostname);
    this.#steps.stage = "HTTP";
    const target = `${url.pathname}${url.search}`;
    if (verbose && isTold) {
      sayHead(">", `${method} ${target} HTTP/1.1`, [["Host", url.host], ...fields]);
    }
    const response = await this.#client.request({
      hostname: url.hostname,
      port,
      method,
      target,
      fields,
      body,
      signal: this.#signal,
    });
    const { status, reason, timing } = response;
    if (isTold) {
      const from = Number.isFinite(timing.connected) ? timing.connected : timing.started;
      this.#report.step("HTTP", timing.firstByte - from, `${status} ${reason}`.trimEnd(), {
        status,
        reason,
      });
      if (verbose) sayHead("<", statusLine(response), response.fields);
    }
    return response;
  }

  async #receive(
    response: HttpClientResponse,
    buffer: Uint8Array,
    isTold: boolean,
  ): Promise<number> {
    const { fail, method } = this.#settings;
    const { status, reason } = response;
    if (isTold) {
      const headers = response.fields.map(([name, value]) => [name, value]);
      this.#report.add({ response: { status, reason, headers } });
    }
    if (fail && status >= 400) {
      response.cancel();
      throw new ExitError(
        Exit.HttpError,
        `The server answered ${status} ${reason}`.trimEnd(),
      );
    }
    this.#steps.stage = "body";
    const sink = this.#sink();
    try {
      if (method === "HEAD") await sink.write(headText(response));
      const start = performance.now();
      const bytes = await this.#pump(response, sink, buffer);
      sink.finish();
      const time = performance.now() - start;
      if (isTold) this.#tellEnd(bytes, time);
      return bytes;
    } catch (error) {
      sink.abort();
      response.cancel();
      throw error;
    }
  }

  #sink(): BodySink {
    const { output, parallel, link } = this.#settings;
    if (output !== undefined) return openSink(output);
    return link.json || parallel > 1 ? nowhere : standardOutput;
  }

  async #pump(response: HttpClientResponse, sink: BodySink, buffer: Uint8Array): Promise<number> {
    const bar = this.#settings.progress ? new ProgressBar(response.bodyLength) : null;
    // What is left is read in large pieces as long as nobody waits for the small ones.
    const enough = sink.isPatient ? buffer.length >> 1 : 1;
    let total = 0;
    let held = 0;
    while (!response.isComplete) {
      const count = await response.readInto(held === 0 ? buffer : buffer.subarray(held));
      if (count === null) break;
      held += count;
      total += count;
      if (held >= enough) {
        await sink.write(buffer.subarray(0, held));
        held = 0;
      }
      bar?.update(total);
    }
    if (held > 0) await sink.write(buffer.subarray(0, held));
    bar?.finish(total);
    return total;
  }

  #tellEnd(bytes: number, time: number): void {
    const { output } = this.#settings;
    const where = output === undefined || output === "-" ? "" : ` in ${output}`;
    this.#report.step(
      "done",
      time,
      `${bytes} bytes${where}, ${formatRate(bytes, time)}; ${
        formatTime(this.#report.elapsed)
      } in all`,
      { bytes, bitsPerSecond: Math.round(bytes * 8000 / Math.max(time, 0.001)) },
    );
    this.#report.add({ bytes, ...(output !== undefined && { output }) });
  }
}

/** A buffer for one fetch at a time. */
export function newBuffer(): Uint8Array {
  return new Uint8Array(bufferSize);
}

/** What to ask next, or `null` when the response is the last one (RFC 9110 §15.4). */
function redirection(ask: Ask, response: HttpClientResponse): Ask | null {
  const location = response.get("location");
  if (location === null || !redirections.includes(response.status)) return null;
  const url = readUrl(location, ask.url);
  const { status } = response;
  const isRead = ask.method === "GET" || ask.method === "HEAD";
  const becomesGet = !isRead && (status === 303 || status <= 302 && ask.method === "POST");
  // What is for one server alone is not told another.
  const fields = ask.fields.filter(([name]) => {
    const lower = name.toLowerCase();
    if (url.host !== ask.url.host && (lower === "authorization" || lower === "cookie")) {
      return false;
    }
    return !becomesGet || !lower.startsWith("content-");
  });
  return becomesGet
    ? { url, method: "GET", body: null, fields }
    : { url, method: ask.method, body: ask.body, fields };
}

function statusLine({ minorVersion, status, reason }: HttpClientResponse): string {
  return `HTTP/1.${minorVersion} ${status} ${reason}`.trimEnd();
}

function headText(response: HttpClientResponse): Uint8Array {
  const lines = [
    statusLine(response),
    ...response.fields.map(([name, value]) => `${name}: ${value}`),
  ];
  return new TextEncoder().encode(`${lines.join("\r\n")}\r\n\r\n`);
}

function sayHead(
  mark: string,
  first: string,
  fields: Iterable<readonly [string, string]>,
): void {
  say(`${mark} ${printable(first)}`);
  for (const [name, value] of fields) {
    const shown = name.toLowerCase() === "authorization" ? "…" : value;
    say(`${mark} ${printable(`${name}: ${shown}`)}`);
  }
}
