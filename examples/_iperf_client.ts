/**
 * iperf's client: it says what is to be measured, and the server goes along.
 *
 * @module
 */
import type { Host, TcpConn } from "@octet/internet";
import { formatIpv4 } from "@octet/netip";
import { type Beginning, jsonReport } from "./_iperf_json.ts";
import type { IperfSettings, TestSettings } from "./_iperf_options.ts";
import {
  checkResults,
  ControlConnection,
  cookieBytes,
  IperfError,
  newCookie,
  type Parameters,
  type Results,
  State,
  writeAll,
} from "./_iperf_protocol.ts";
import { TestRun } from "./_iperf_run.ts";
import { TcpStream } from "./_iperf_stream.ts";
import { TextReport } from "./_iperf_text.ts";
import { UdpPort } from "./_iperf_udp.ts";

/** How long to wait for the server to answer over UDP, in milliseconds. */
const udpPatience = 5000;
/** What a TCP header with timestamps, and an IPv4 header, take of a packet. */
const headers = 52;

/** Runs one test against a server. */
export class IperfClient {
  readonly #host: Host;
  readonly #settings: IperfSettings;
  readonly #test: TestSettings;
  readonly #print: (line: string) => void;
  readonly #cookie: string = newCookie();
  readonly #run: TestRun;
  readonly #report: TextReport;
  readonly #ports: UdpPort[] = [];
  #address = 0;
  #theirs: Results | null = null;

  /** Prepares a test; lines are printed unless the settings ask for JSON. */
  constructor(host: Host, settings: IperfSettings, print: (line: string) => void) {
    this.#host = host;
    this.#settings = settings;
    const { test } = settings;
    this.#test = test.length > 0 ? test : { ...test, length: host.device.mtu - headers };
    this.#print = settings.link.json ? () => {} : print;
    this.#report = new TextReport(this.#test, false, this.#print);
    this.#run = new TestRun(
      this.#test,
      true,
      settings.interval,
      (interval) => this.#report.interval(interval),
    );
  }

  /**
   * Runs the test.
   *
   * @param signal Ends it early: the server is told.
   * @returns The object that `--json` prints.
   * @throws {IperfError} When the server says no, or does not speak the protocol.
   */
  async run(signal: AbortSignal): Promise<Record<string, unknown>> {
    const { host, port, link } = this.#settings;
    const timeout = Number.isFinite(link.timeout) ? link.timeout : 30_000;
    this.#print(`Connecting to host ${host}, port ${port}`);
    const wait = AbortSignal.any([signal, AbortSignal.timeout(timeout)]);
    [this.#address = 0] = await this.#host.lookup(host!, wait);
    const conn = await this.#connect(wait);
    const control = new ControlConnection(conn);
    const beginning: Beginning = {
      peer: { host: host!, port },
      isServer: false,
      cookie: this.#cookie,
      mss: conn.connection.sender.mss,
      time: Date.now(),
    };
    const interrupt = () => {
      this.#run.close();
      void control.writeState(State.ClientTerminate).catch(() => {}).then(() => conn.close());
    };
    signal.addEventListener("abort", interrupt);
    try {
      await this.#talk(control);
    } finally {
      signal.removeEventListener("abort", interrupt);
      this.#run.close();
      for (const port of this.#ports) port.close();
      conn[Symbol.dispose]();
    }
    this.#report.summary(this.#run, this.#theirs);
    return jsonReport(beginning, this.#run, this.#theirs);
  }

  /** Does what the server's states ask for, to the end. */
  async #talk(control: ControlConnection): Promise<void> {
    for (;;) {
      const state = await control.readState();
      switch (state) {
        case State.ParamExchange:
          await control.writeJson(this.#parameters());
          break;
        case State.CreateStreams:
          await this.#createStreams();
          break;
        case State.TestStart:
          this.#report.connected(this.#run.streams);
          break;
        case State.TestRunning:
          this.#run.start();
          void this.#end(control);
          break;
        case State.ExchangeResults:
          await control.writeJson(this.#run.results());
          this.#theirs = checkResults(await control.readJson());
          break;
        case State.DisplayResults:
          await control.writeState(State.IperfDone);
          return;
        case State.AccessDenied:
          throw new IperfError("The server is busy with another test: try again later");
        case State.ServerTerminate:
          throw new IperfError("The server has ended the test");
        case State.ServerError:
          throw new IperfError("The server cannot run this test");
        default:
          throw new IperfError(`The server says ${state}, which iperf3 does not know`);
      }
    }
  }

  /** Tells the server when the test is over. */
  async #end(control: ControlConnection): Promise<void> {
    try {
      await this.#run.over;
      this.#run.stop();
      await control.writeState(State.TestEnd);
    } catch (error) {
      // Whoever waits for the server's next state is told why there is none.
      this.#print(`The test has failed: ${error instanceof Error ? error.message : error}`);
      control.conn[Symbol.dispose]();
    }
  }

  async #connect(signal?: AbortSignal): Promise<TcpConn> {
    const conn = await this.#host.connect({
      hostname: formatIpv4(this.#address),
      port: this.#settings.port,
      ...(signal !== undefined && { signal }),
    });
    await writeAll(conn, cookieBytes(this.#cookie));
    return conn;
  }

  async #createStreams(): Promise<void> {
    const { direction, parallel } = this.#test;
    const senders = direction === "reverse" ? 0 : parallel;
    const receivers = direction === "forward" ? 0 : parallel;
    for (let i = 0; i < senders + receivers; i++) {
      const isSender = i < senders;
      this.#run.streams.push(
        this.#test.udp ? await this.#udpStream(i, isSender) : await this.#tcpStream(i, isSender),
      );
    }
  }

  async #tcpStream(index: number, isSender: boolean): Promise<TcpStream> {
    const conn = await this.#connect();
    if (this.#test.noDelay) conn.setNoDelay();
    return new TcpStream(index, isSender, conn, this.#test.length);
  }

  async #udpStream(index: number, isSender: boolean): Promise<ReturnType<UdpPort["add"]>> {
    const port = new UdpPort(this.#host, 0, () => {});
    this.#ports.push(port);
    const stream = port.add(index, isSender, {
      address: this.#address,
      port: this.#settings.port,
      length: this.#test.length,
      isWide: false,
    });
    await stream.greet(udpPatience);
    return stream;
  }

  #parameters(): Parameters {
    const { udp, direction, parallel, time, bytes, rate, length, omit, noDelay } = this.#test;
    return {
      ...(udp ? { udp: true } : { tcp: true }),
      omit,
      time,
      num: bytes,
      blockcount: 0,
      ...(noDelay && { nodelay: true }),
      parallel,
      ...(direction === "reverse" && { reverse: true }),
      ...(direction === "bidirectional" && { bidirectional: true }),
      len: length,
      ...(rate > 0 && { bandwidth: rate }),
      pacing_timer: 1000,
      client_version: "3.12",
    };
  }
}
