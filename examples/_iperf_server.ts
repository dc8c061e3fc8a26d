/**
 * iperf's server: one test at a time, as its client wants it.
 *
 * @module
 */
import type { Host, TcpConn, TcpListener } from "@octet/internet";
import { type Beginning, jsonReport } from "./_iperf_json.ts";
import type { TestSettings } from "./_iperf_options.ts";
import {
  checkParameters,
  checkResults,
  ControlConnection,
  cookieLength,
  IperfError,
  type Parameters,
  readExactly,
  type Results,
  State,
} from "./_iperf_protocol.ts";
import { TestRun } from "./_iperf_run.ts";
import { TcpStream } from "./_iperf_stream.ts";
import { TextReport } from "./_iperf_text.ts";
import { UdpPort } from "./_iperf_udp.ts";
import { ExitError } from "./_program.ts";

/** How long a client may take for what it is asked for, in milliseconds. */
const patience = 10_000;
/** How long a test may take beyond what its client asked for, in milliseconds. */
const grace = 10_000;

/** Where a server listens, and what it prints. */
export interface ServerOptions {
  /** The port, for TCP and UDP. */
  readonly port: number;
  /** Seconds between reports; 0 for none. */
  readonly interval: number;
  /** Whether each test ends with an object in JSON instead of lines. */
  readonly json: boolean;
  /** Prints a line. */
  readonly print: (line: string) => void;
  /** Prints a line about what went wrong. */
  readonly complain: (line: string) => void;
}

/** A test that is under way. */
interface Session {
  readonly cookie: string;
  /** Takes a connection for data; `null` while none is wanted. */
  take: ((conn: TcpConn) => void) | null;
}

/** Serves tests, one after another. */
export class IperfServer implements Disposable {
  readonly #host: Host;
  readonly #options: ServerOptions;
  readonly #listener: TcpListener;
  #session: Session | null = null;
  #failure: ExitError | null = null;
  #tests = 0;
  #onTestEnd: (() => void) | null = null;

  /**
   * Listens.
   *
   * @throws {Deno.errors.AddrInUse} When somebody listens there.
   */
  constructor(host: Host, options: ServerOptions) {
    this.#host = host;
    this.#options = options;
    this.#listener = host.listen({ port: options.port });
  }

  /**
   * Serves until it is closed.
   *
   * @param tests After how many tests to end.
   */
  async run(tests: number = Infinity): Promise<void> {
    this.#announce();
    this.#onTestEnd = () => {
      if (this.#tests >= tests) this.close();
      else this.#announce();
    };
    for await (const conn of this.#listener) {
      void this.#greet(conn).catch((error) => {
        conn[Symbol.dispose]();
        if (error instanceof ExitError) {
          this.#failure = error;
          this.close();
          return;
        }
        this.#options.complain(error instanceof Error ? error.message : String(error));
      });
    }
    if (this.#failure !== null) throw this.#failure;
  }

  /** Ends; tests under way end with their host. */
  close(): void {
    this.#listener[Symbol.dispose]();
  }

  /** Ends. */
  [Symbol.dispose](): void {
    this.close();
  }

  #announce(): void {
    if (this.#options.json) return;
    const rule = "-".repeat(59);
    this.#options.print(rule);
    this.#options.print(`Server listening on ${this.#options.port} (test #${this.#tests + 1})`);
    this.#options.print(rule);
  }

  /** The first connection of a cookie is for control, those behind it for data. */
  async #greet(conn: TcpConn): Promise<void> {
    const bytes = await inTime(conn, readExactly(conn, cookieLength), patience);
    const cookie = new TextDecoder().decode(bytes.subarray(0, cookieLength - 1));
    const session = this.#session;
    if (session === null) {
      await this.#serve(new ControlConnection(conn), cookie);
      return;
    }
    if (session.cookie === cookie && session.take !== null) {
      session.take(conn);
      return;
    }
    await new ControlConnection(conn).writeState(State.AccessDenied);
    conn.close();
  }

  async #serve(control: ControlConnection, cookie: string): Promise<void> {
    const session: Session = { cookie, take: null };
    this.#session = session;
    this.#tests++;
    const { hostname: host, port } = control.conn.remoteAddr;
    if (!this.#options.json) {
      this.#options.print(`Accepted connection from ${host}, port ${port}`);
    }
    const beginning: Beginning = {
      peer: { host, port },
      isServer: true,
      cookie,
      mss: control.conn.connection.sender.mss,
      time: Date.now(),
    };
    try {
      const test = await this.#agree(control);
      const [run, theirs] = await this.#test(control, session, test);
      if (this.#options.json) {
        this.#options.print(JSON.stringify(jsonReport(beginning, run, theirs), null, "\t"));
      }
    } finally {
      this.#session = null;
      control.conn[Symbol.dispose]();
      this.#onTestEnd?.();
    }
  }

  async #agree(control: ControlConnection): Promise<TestSettings> {
    await control.writeState(State.ParamExchange);
    const wanted = await inTime(control.conn, control.readJson(), patience);
    try {
      return settingsOf(checkParameters(wanted));
    } catch (error) {
      // Two numbers follow, iperf3's and the system's: "unable to receive parameters from client", none.
      await control.writeState(State.ServerError);
      await control.conn.write(Uint8Array.of(0, 0, 0, 115, 0, 0, 0, 0));
      throw error;
    }
  }

  async #test(
    control: ControlConnection,
    session: Session,
    test: TestSettings,
  ): Promise<[TestRun, Results | null]> {
    const { interval, json, print } = this.#options;
    const report = new TextReport(test, true, json ? () => {} : print);
    const run = new TestRun(test, false, interval, (one) => report.interval(one));
    const taken = new Streams(this.#host, this.#options.port, session, run);
    try {
      await taken.create(control);
      report.connected(run.streams);
      await control.writeState(State.TestStart);
      run.start();
      await control.writeState(State.TestRunning);
      await this.#wait(control, run);
      run.close();
      await control.writeState(State.ExchangeResults);
      const theirs = checkResults(await inTime(control.conn, control.readJson(), patience));
      await control.writeJson(run.results());
      await control.writeState(State.DisplayResults);
      report.summary(run, theirs);
      await inTime(control.conn, control.readState(), patience);
      return [run, theirs];
    } finally {
      run.close();
      taken.close();
    }
  }

  /** Waits for the client to say that the test is over. */
  async #wait(control: ControlConnection, run: TestRun): Promise<void> {
    const { time, omit } = run.settings;
    const limit = time > 0 ? (time + omit) * 1000 + grace : Infinity;
    const state = await inTime(control.conn, control.readState(), limit);
    if (state === State.TestEnd) return;
    if (state === State.ClientTerminate) throw new IperfError("The client has ended the test");
    throw new IperfError(`The client says ${state} where the end of the test was due`);
  }
}

/** Takes in the streams that a client opens. */
class Streams {
  readonly #host: Host;
  readonly #port: number;
  readonly #session: Session;
  readonly #run: TestRun;
  readonly #wanted: number;
  readonly #complete: PromiseWithResolvers<void> = Promise.withResolvers();
  #udp: UdpPort | null = null;

  constructor(host: Host, port: number, session: Session, run: TestRun) {
    this.#host = host;
    this.#port = port;
    this.#session = session;
    this.#run = run;
    const { direction, parallel } = run.settings;
    this.#wanted = direction === "bidirectional" ? 2 * parallel : parallel;
  }

  /** Asks for the streams, and waits for all of them. */
  async create(control: ControlConnection): Promise<void> {
    const { udp, length, wideCounters: isWide } = this.#run.settings;
    if (udp) {
      this.#udp = new UdpPort(this.#host, this.#port, (address, port) => {
        if (this.#isFull) return;
        const { index, isSender } = this.#next();
        const stream = this.#udp!.add(index, isSender, { address, port, length, isWide });
        stream.answer();
        this.#add(stream);
      });
    } else {
      this.#session.take = (conn) => {
        const { index, isSender } = this.#next();
        if (this.#run.settings.noDelay) conn.setNoDelay();
        this.#add(new TcpStream(index, isSender, conn, length));
      };
    }
    await control.writeState(State.CreateStreams);
    await inTime(control.conn, this.#complete.promise, patience);
    this.#session.take = null;
  }

  close(): void {
    this.#udp?.close();
  }

  get #isFull(): boolean {
    return this.#run.streams.length >= this.#wanted;
  }

  /** The client opens the streams on which it sends first. */
  #next(): { index: number; isSender: boolean } {
    const index = this.#run.streams.length;
    const { direction, parallel } = this.#run.settings;
    const isSender = direction === "reverse" ||
      (direction === "bidirectional" && index >= parallel);
    return { index, isSender };
  }

  #add(stream: TestRun["streams"][number]): void {
    this.#run.streams.push(stream);
    if (!this.#isFull) return;
    this.#session.take = null;
    this.#complete.resolve();
  }
}

function settingsOf(wanted: Parameters): TestSettings {
  const udp = wanted.udp === true;
  const bytes = wanted.num ?? 0;
  const blocks = wanted.blockcount ?? 0;
  const wide = wanted.udp_counters_64bit;
  return {
    udp,
    direction: wanted.bidirectional === true
      ? "bidirectional"
      : wanted.reverse === true
      ? "reverse"
      : "forward",
    parallel: wanted.parallel ?? 1,
    time: bytes > 0 || blocks > 0 ? 0 : wanted.time ?? 10,
    bytes,
    blocks,
    rate: wanted.bandwidth ?? 0,
    length: wanted.len ?? (udp ? 1460 : 131_072),
    omit: wanted.omit ?? 0,
    noDelay: wanted.nodelay === true,
    wideCounters: wide === true || wide === 1,
  };
}

/**
 * Waits for the client, for so long.
 *
 * @throws {IperfError} When it takes longer; its connection is closed then.
 */
async function inTime<T>(conn: TcpConn, promise: Promise<T>, limit: number): Promise<T> {
  if (limit === Infinity) return await promise;
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    late.reject(new IperfError("The client has not answered in time"));
    conn[Symbol.dispose]();
  }, limit);
  // Of the two that of the closed connection may come first, and nobody would look at the other.
  late.promise.catch(() => {});
  promise.catch(() => {});
  try {
    return await Promise.race([late.promise, promise]);
  } finally {
    clearTimeout(timer);
  }
}
