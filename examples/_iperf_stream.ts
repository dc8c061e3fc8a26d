/**
 * The streams of an iperf test: what sends, what receives, and what they count.
 *
 * @module
 */
import type { NetAddr, TcpConn } from "@octet/internet";
import type { TcpInfo } from "@octet/tcp";
import { setImmediate } from "node:timers";

/** What the streams of a test have in common while it runs. */
export interface Flow {
  /** Whether data is to be sent still. */
  readonly isOn: boolean;
  /** Whether what is received counts still. */
  readonly counts: boolean;
  /** Bit/s of each stream; 0 for no limit. */
  readonly rate: number;
  /** Tells of bytes sent or received; the test may end with them. */
  moved(bytes: number): void;
}

/** What a sender says of its connection. */
export interface SenderState {
  /** Segments sent again since the stream was last reset. */
  readonly retransmits: number;
  /** Bytes of the congestion window. */
  readonly cwnd: number;
  /** Bytes of the peer's window. */
  readonly wnd: number;
  /** Smoothed round-trip time, in microseconds. */
  readonly rtt: number;
  /** Its variation, in microseconds. */
  readonly rttvar: number;
  /** The path's MTU. */
  readonly pmtu: number;
}

/** Largest and smallest of what a sender saw, one look a report. */
export interface SenderExtremes {
  /** The largest congestion window, in bytes. */
  maxCwnd: number;
  /** The largest window of the peer, in bytes. */
  maxWnd: number;
  /** The longest round-trip time, in microseconds. */
  maxRtt: number;
  /** The shortest. */
  minRtt: number;
  /** Their sum. */
  sumRtt: number;
  /** How many looks there were. */
  looks: number;
}

/** One stream of data, in one direction. */
export abstract class DataStream {
  /** 1, 3, 4, 5 and so on. */
  readonly id: number;
  /** Whether this side sends. */
  readonly isSender: boolean;
  /** Our end. */
  readonly local: NetAddr;
  /** The peer's. */
  readonly remote: NetAddr;
  /** Bytes sent or received since the last reset. */
  bytes = 0;
  /** Datagrams sent, or the highest number received. */
  packets = 0;
  /** Datagrams that are missing. */
  lost = 0;
  /** Datagrams that came behind a higher number. */
  outOfOrder = 0;
  /** Seconds by which the transit time varies. */
  jitter = 0;

  /** A stream that has not begun. */
  constructor(index: number, isSender: boolean, local: NetAddr, remote: NetAddr) {
    // iperf3 leaves 2 out, and so must who is to understand its results.
    this.id = index === 0 ? 1 : index + 2;
    this.isSender = isSender;
    this.local = local;
    this.remote = remote;
  }

  /** What stands in brackets at the head of a line: with iperf3 it is a file descriptor. */
  get socket(): number {
    return this.id + 4;
  }

  /** What the sender's connection is like, of a TCP that sends; `null` else. */
  get sender(): SenderState | null {
    return null;
  }

  /** Forgets what was counted. */
  reset(): void {
    this.bytes = 0;
    this.packets = 0;
    this.lost = 0;
    this.outOfOrder = 0;
  }

  /** Sends or receives until the test or the stream ends. */
  abstract run(flow: Flow): Promise<void>;

  /** Ends the stream. */
  abstract close(): void;
}

/** Keeps a stream to its rate, and lets the rest of the program run. */
export class Pacer {
  readonly #rate: number;
  readonly #start: number = performance.now();
  #sent = 0;
  #yielded: number = this.#start;

  /** Begins now; `rate` in bit/s, 0 for no limit. */
  constructor(rate: number) {
    this.#rate = rate;
  }

  /** How long to wait before sending more, in milliseconds; 0 for not at all. */
  delay(): number {
    if (this.#rate === 0) return 0;
    return Math.max(0, this.#sent * 8000 / this.#rate - (performance.now() - this.#start));
  }

  /** Whether it is time to let the rest of the program run. */
  get isDue(): boolean {
    return performance.now() - this.#yielded > 1;
  }

  /** Counts what was sent. */
  sent(bytes: number): void {
    this.#sent += bytes;
  }

  /** Waits as long as the rate asks for, and at least until all else that waits has run. */
  async pause(): Promise<void> {
    const delay = this.delay();
    if (delay > 0) await new Promise<void>((resolve) => setTimeout(resolve, delay));
    else await new Promise<void>((resolve) => setImmediate(resolve));
    this.#yielded = performance.now();
  }
}

/** Bytes that a read may bring at once. */
const readSize = 1 << 18;

/** A stream over TCP. */
export class TcpStream extends DataStream {
  readonly #conn: TcpConn;
  readonly #buffer: Uint8Array;
  #retransmitsBefore = 0;
  #isClosed = false;

  /**
   * A stream on a connection whose cookie was sent, or read.
   *
   * @param length Bytes a write.
   */
  constructor(index: number, isSender: boolean, conn: TcpConn, length: number) {
    super(index, isSender, conn.localAddr, conn.remoteAddr);
    this.#conn = conn;
    this.#buffer = isSender
      ? new Uint8Array(length).map((_, i) => 0x30 + i % 10)
      : new Uint8Array(readSize);
  }

  override get sender(): SenderState | null {
    return this.isSender ? senderState(this.#info(), this.#retransmitsBefore) : null;
  }

  override reset(): void {
    super.reset();
    if (this.isSender) this.#retransmitsBefore = this.#info().total_retrans;
  }

  override async run(flow: Flow): Promise<void> {
    try {
      if (this.isSender) await this.#send(flow);
      else await this.#receive(flow);
    } catch (error) {
      // The peer closes as soon as it has counted, whatever is on its way.
      if (flow.isOn && !this.#isClosed) throw error;
    }
  }

  override close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#conn.close();
  }

  #info(): TcpInfo {
    return this.#conn.connection.tcpInfo(performance.now());
  }

  async #send(flow: Flow): Promise<void> {
    const conn = this.#conn;
    const bytes = this.#buffer;
    const pacer = new Pacer(flow.rate);
    while (flow.isOn) {
      // The same bytes again and again: what was taken of them does not matter, only how many.
      const count = await conn.write(bytes);
      this.bytes += count;
      pacer.sent(count);
      flow.moved(count);
      if (pacer.delay() > 0) await pacer.pause();
    }
  }

  async #receive(flow: Flow): Promise<void> {
    const conn = this.#conn;
    const bytes = this.#buffer;
    for (;;) {
      const count = await conn.read(bytes);
      if (count === null) return;
      if (!flow.counts) continue;
      this.bytes += count;
      flow.moved(count);
    }
  }
}

function senderState(info: TcpInfo, before: number): SenderState {
  return {
    retransmits: info.total_retrans - before,
    cwnd: info.snd_cwnd * info.snd_mss,
    wnd: info.snd_wnd,
    rtt: info.rtt,
    rttvar: info.rttvar,
    pmtu: info.pmtu,
  };
}
