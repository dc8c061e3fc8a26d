/**
 * Both sides of udpping: who asks, and who answers.
 *
 * @module
 */
import type { DatagramConn, Host } from "@octet/internet";
import { type Answer, Figures } from "./_udpping_figures.ts";
import { makeAnswer, newRequest, sequenceOf, setSequence } from "./_udpping_message.ts";
import type { UdppingSettings } from "./_udpping_options.ts";

/** A request as its run is to be. */
export type RunSettings = Pick<
  UdppingSettings,
  "port" | "count" | "interval" | "size" | "wait"
>;

/** Sends requests to one server at their pace, and counts what comes back. */
export class UdppingRun {
  /** What was counted. */
  readonly figures: Figures = new Figures();
  /** How many times the network said that nobody is there. */
  errors = 0;
  readonly #conn: DatagramConn;
  readonly #settings: RunSettings;
  readonly #show: (answer: Answer) => void;
  readonly #run: number = crypto.getRandomValues(new Uint32Array(1))[0]!;
  #failure: unknown = null;
  #wake: () => void = () => {};

  private constructor(conn: DatagramConn, settings: RunSettings, show: (answer: Answer) => void) {
    this.#conn = conn;
    this.#settings = settings;
    this.#show = show;
  }

  /**
   * Asks a server, until all is sent and answered, or the signal ends it.
   *
   * @param show Called with each answer.
   * @returns The run, at its end.
   * @throws {Error} As the network says while nothing has come back: `ConnectionRefused`, `EHOSTUNREACH`.
   */
  static async ask(
    host: Host,
    hostname: string,
    settings: RunSettings,
    signal: AbortSignal,
    show: (answer: Answer) => void = () => {},
  ): Promise<UdppingRun> {
    using conn = host.listenDatagram({ port: 0 });
    await conn.connect({ hostname, port: settings.port });
    const run = new UdppingRun(conn, settings, show);
    const hearing = run.#hear().catch((error) => run.#fail(error));
    const wake = () => run.#wake();
    signal.addEventListener("abort", wake);
    try {
      await run.#send(signal);
    } finally {
      signal.removeEventListener("abort", wake);
      conn[Symbol.dispose]();
    }
    await hearing;
    if (run.#failure !== null) throw run.#failure;
    return run;
  }

  async #send(signal: AbortSignal): Promise<void> {
    const { count, interval, size, wait } = this.#settings;
    const { figures } = this;
    const request = newRequest(size, this.#run);
    const start = performance.now();
    const isOver = () => signal.aborted || this.#failure !== null;
    while (figures.sent < count && !isOver()) {
      const due = start + figures.sent * interval;
      while (!isOver() && performance.now() < due) await this.#pause(due);
      if (isOver()) return;
      setSequence(request, figures.send(performance.now()));
      try {
        await this.#conn.send(request);
      } catch (error) {
        this.#complain(error);
      }
    }
    const end = performance.now() + wait;
    while (!isOver() && figures.received < figures.sent && performance.now() < end) {
      await this.#pause(end);
    }
  }

  /** Sleeps until a time, or until something has changed. */
  #pause(until: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, Math.max(0, until - performance.now()));
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  async #hear(): Promise<void> {
    const { size } = this.#settings;
    const buffer = new Uint8Array(size + 1);
    for (;;) {
      let bytes: Uint8Array;
      try {
        [bytes] = await this.#conn.receive(buffer);
      } catch (error) {
        // Closed by ourselves: the end.
        if (isClosed(error)) return;
        this.#complain(error);
        continue;
      }
      const sequence = sequenceOf(bytes, size, this.#run);
      const answer = sequence < 0 ? null : this.figures.receive(sequence, performance.now());
      if (answer !== null) this.#show(answer);
      if (this.figures.received >= this.figures.sent) this.#wake();
    }
  }

  /** What the network says counts as an end only while nobody has ever answered. */
  #complain(error: unknown): void {
    this.errors++;
    if (this.figures.received === 0) this.#fail(error);
  }

  #fail(error: unknown): void {
    this.#failure ??= error;
    this.#wake();
  }
}

/** Answers requests until the socket is closed, or its host is. */
export async function answerRequests(conn: DatagramConn, onRequest: () => void): Promise<void> {
  const buffer = new Uint8Array(65_507);
  for (;;) {
    try {
      const [bytes, { hostname, port }] = await conn.receive(buffer);
      if (!makeAnswer(bytes)) continue;
      onRequest();
      await conn.send(bytes, { hostname, port });
    } catch (error) {
      if (isClosed(error)) return;
      // Who asks from where no way leads to has no answer coming.
      if (!(error instanceof Error && "code" in error)) throw error;
    }
  }
}

function isClosed(error: unknown): boolean {
  return error instanceof Deno.errors.Interrupted || error instanceof Deno.errors.BadResource;
}
