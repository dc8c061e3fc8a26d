/**
 * A test while it runs: the clock, what was counted in each interval, and what comes of it.
 *
 * @module
 */
import process from "node:process";
import type { Results, StreamResult } from "./_iperf_protocol.ts";
import type { TestSettings } from "./_iperf_options.ts";
import type { DataStream, Flow, SenderExtremes, SenderState } from "./_iperf_stream.ts";

/** What one stream did in an interval. */
export interface StreamInterval {
  /** The stream. */
  readonly stream: DataStream;
  /** Bytes sent or received. */
  readonly bytes: number;
  /** Datagrams sent, or numbers gone through. */
  readonly packets: number;
  /** Datagrams lost. */
  readonly lost: number;
  /** Seconds by which the transit time varies. */
  readonly jitter: number;
  /** Segments sent again. */
  readonly retransmits: number;
  /** What the sender's connection was like at its end; `null` for receivers and UDP. */
  readonly sender: SenderState | null;
}

/** A stretch of the test that is reported. */
export interface Interval {
  /** Seconds from the beginning. */
  readonly start: number;
  /** Seconds from the beginning. */
  readonly end: number;
  /** Whether it is left out of the result. */
  readonly omitted: boolean;
  /** Each stream's part. */
  readonly streams: readonly StreamInterval[];
}

/** What the processor did for the test, in percent of one. */
export interface Load {
  /** In all. */
  readonly total: number;
  /** Outside of the kernel. */
  readonly user: number;
  /** Inside of it. */
  readonly system: number;
}

interface Before {
  bytes: number;
  packets: number;
  lost: number;
  retransmits: number;
}

/** The least part of an interval that is worth a line, in seconds. */
const shortest = 0.005;

/** Runs a test's streams. */
export class TestRun implements Flow {
  /** The test. */
  readonly settings: TestSettings;
  /** Its streams, senders of the client first. */
  readonly streams: DataStream[] = [];
  /** What was reported. */
  readonly intervals: Interval[] = [];
  /** Whether data is sent still. */
  isOn = false;
  /** Whether what comes counts still. */
  counts = false;
  /** How long it ran, in seconds, when it has ended. */
  seconds = 0;
  /** What it took of the processor, when it has ended. */
  load: Load = { total: 0, user: 0, system: 0 };
  /** Resolves when time is up or the bytes have been moved; rejects when a stream fails. */
  readonly over: Promise<void>;

  readonly #over: PromiseWithResolvers<void> = Promise.withResolvers();
  readonly #ends: boolean;
  readonly #interval: number;
  readonly #onInterval: (interval: Interval) => void;
  readonly #before: Map<DataStream, Before> = new Map();
  readonly #extremes: Map<DataStream, SenderExtremes> = new Map();
  readonly #timers: ReturnType<typeof setTimeout>[] = [];
  #began = 0;
  #reported = 0;
  #omitting = false;
  #left: number;
  #usage: NodeJS.CpuUsage = process.cpuUsage();

  /**
   * Prepares a test.
   *
   * @param ends Whether it ends by itself, when time is up or the bytes are moved; a server waits for its client.
   * @param interval Seconds between reports; 0 for none.
   * @param onInterval Called for each.
   */
  constructor(
    settings: TestSettings,
    ends: boolean,
    interval: number,
    onInterval: (interval: Interval) => void,
  ) {
    this.settings = settings;
    this.over = this.#over.promise;
    // Who does not wait for it is told by the control connection.
    this.over.catch(() => {});
    this.#ends = ends;
    this.#interval = interval;
    this.#onInterval = onInterval;
    this.#left = settings.bytes > 0
      ? settings.bytes
      : settings.blocks > 0
      ? settings.blocks * settings.length
      : Infinity;
  }

  /** Bit/s of each stream. */
  get rate(): number {
    return this.settings.rate;
  }

  /** Begins. */
  start(): void {
    this.isOn = true;
    this.counts = true;
    this.#omitting = this.settings.omit > 0;
    this.#restart();
    const { omit, time } = this.settings;
    if (this.#omitting) this.#after(omit, () => this.#omitted());
    if (this.#ends && time > 0) this.#after(omit + time, () => this.#over.resolve());
    if (this.#interval > 0) this.#schedule();
    for (const stream of this.streams) {
      stream.run(this).catch((error) => this.#over.reject(error));
    }
  }

  /** Counts towards the end of a test by bytes. */
  moved(bytes: number): void {
    if (this.#omitting) return;
    this.#left -= bytes;
    if (this.#left > 0 || !this.#ends) return;
    this.isOn = false;
    this.#over.resolve();
  }

  /** Ends: nothing is sent or counted any more. */
  stop(): void {
    if (!this.counts) return;
    this.isOn = false;
    this.counts = false;
    for (const timer of this.#timers) clearTimeout(timer);
    this.seconds = this.#elapsed();
    this.load = this.#measureLoad();
    if (this.#interval > 0 && this.seconds - this.#reported >= shortest) {
      this.#report(this.seconds);
    }
  }

  /** Stops, and closes the streams. */
  close(): void {
    this.stop();
    for (const stream of this.streams) stream.close();
  }

  /** The largest and smallest that a sender saw. */
  extremesOf(stream: DataStream): SenderExtremes {
    let extremes = this.#extremes.get(stream);
    if (extremes === undefined) {
      extremes = { maxCwnd: 0, maxWnd: 0, maxRtt: 0, minRtt: 0, sumRtt: 0, looks: 0 };
      this.#extremes.set(stream, extremes);
    }
    return extremes;
  }

  /** What this side counted, for the peer. */
  results(): Results {
    const sends = !this.settings.udp && this.streams.some((stream) => stream.isSender);
    return {
      cpu_util_total: this.load.total,
      cpu_util_user: this.load.user,
      cpu_util_system: this.load.system,
      sender_has_retransmits: sends ? 1 : this.streams.some((one) => one.isSender) ? 0 : -1,
      ...(!this.settings.udp && { congestion_used: "cubic" }),
      streams: this.streams.map((stream): StreamResult => ({
        id: stream.id,
        bytes: stream.bytes,
        retransmits: stream.sender?.retransmits ?? -1,
        jitter: stream.jitter,
        errors: stream.lost,
        packets: stream.packets,
        start_time: 0,
        end_time: this.seconds,
      })),
    };
  }

  #after(seconds: number, what: () => void): void {
    this.#timers.push(setTimeout(what, seconds * 1000));
  }

  /** Reports at whole multiples of the interval, however late the one before was. */
  #schedule(): void {
    const next = (Math.floor(this.#elapsed() / this.#interval + 0.01) + 1) * this.#interval;
    this.#after(next - this.#elapsed(), () => {
      const { time } = this.settings;
      const isLast = !this.#omitting && time > 0 && next >= time && this.#ends;
      // The last one comes with the end.
      if (isLast) return;
      this.#report(this.#elapsed());
      this.#schedule();
    });
  }

  #omitted(): void {
    this.#report(this.#elapsed());
    this.#omitting = false;
    for (const stream of this.streams) stream.reset();
    this.#extremes.clear();
    this.#restart();
  }

  #restart(): void {
    this.#began = performance.now();
    this.#reported = 0;
    this.#usage = process.cpuUsage();
    for (const stream of this.streams) {
      stream.reset();
      this.#before.set(stream, { bytes: 0, packets: 0, lost: 0, retransmits: 0 });
    }
  }

  #elapsed(): number {
    return (performance.now() - this.#began) / 1000;
  }

  #report(end: number): void {
    const interval: Interval = {
      start: this.#reported,
      end,
      omitted: this.#omitting,
      streams: this.streams.map((stream) => this.#since(stream)),
    };
    this.#reported = end;
    this.intervals.push(interval);
    this.#onInterval(interval);
  }

  /** What a stream did since the last report. */
  #since(stream: DataStream): StreamInterval {
    const before = this.#before.get(stream)!;
    const { sender } = stream;
    const retransmits = sender?.retransmits ?? 0;
    const since: StreamInterval = {
      stream,
      bytes: stream.bytes - before.bytes,
      packets: stream.packets - before.packets,
      lost: stream.lost - before.lost,
      jitter: stream.jitter,
      retransmits: retransmits - before.retransmits,
      sender,
    };
    before.bytes = stream.bytes;
    before.packets = stream.packets;
    before.lost = stream.lost;
    before.retransmits = retransmits;
    if (sender !== null) this.#look(stream, sender);
    return since;
  }

  #look(stream: DataStream, { cwnd, wnd, rtt }: SenderState): void {
    const extremes = this.extremesOf(stream);
    extremes.maxCwnd = Math.max(extremes.maxCwnd, cwnd);
    extremes.maxWnd = Math.max(extremes.maxWnd, wnd);
    extremes.maxRtt = Math.max(extremes.maxRtt, rtt);
    extremes.minRtt = extremes.looks === 0 ? rtt : Math.min(extremes.minRtt, rtt);
    extremes.sumRtt += rtt;
    extremes.looks++;
  }

  #measureLoad(): Load {
    const { user, system } = process.cpuUsage(this.#usage);
    const percent = (microseconds: number) => microseconds / (this.seconds * 1e4);
    return { total: percent(user + system), user: percent(user), system: percent(system) };
  }
}
