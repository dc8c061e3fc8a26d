/**
 * iperf's streams over UDP: numbered datagrams with the time they were sent at.
 *
 * @module
 */
import type { DatagramConn, Host, NetAddr } from "@octet/internet";
import { formatIpv4 } from "@octet/netip";
import { readU32, Verdict, writeU32 } from "@octet/wire";
import { IperfError, udpHello, udpReply } from "./_iperf_protocol.ts";
import { DataStream, type Flow, Pacer } from "./_iperf_stream.ts";

/** Room for the longest datagram. */
const longest = 65_507;
/** Seconds, microseconds, number: so long is what a datagram begins with. */
const headerLength = 12;
/** The same with a number of 64 bits. */
const wideHeaderLength = 16;

/** Tells a peer from others: address and port in one number. */
function keyOf(address: number, port: number): number {
  return address * 65_536 + port;
}

/** A UDP port, and the streams that come and go through it. */
export class UdpPort implements Disposable {
  readonly #host: Host;
  readonly #conn: DatagramConn;
  readonly #streams: Map<number, UdpStream> = new Map();
  readonly #onHello: (address: number, port: number) => void;
  #isClosed = false;

  /**
   * Binds a port and listens.
   *
   * @param port 0 for any.
   * @param onHello Called for a datagram of a peer without a stream.
   */
  constructor(host: Host, port: number, onHello: (address: number, port: number) => void) {
    this.#host = host;
    this.#conn = host.listenDatagram({ port });
    this.#onHello = onHello;
    void this.#listen();
  }

  /** Our end, as a peer sees it. */
  localFor(address: number): NetAddr {
    const source = this.#host.stack.ipv4.sourceFor(address);
    return { ...this.#conn.addr, hostname: formatIpv4(source) };
  }

  /** Adds a stream with a peer. */
  add(index: number, isSender: boolean, options: UdpStreamOptions): UdpStream {
    const stream = new UdpStream(index, isSender, this, options);
    this.#streams.set(keyOf(options.address, options.port), stream);
    return stream;
  }

  /** Sends a datagram; gives whether there was room for it. {@linkcode UdpPort.flush} makes it go. */
  send(bytes: Uint8Array, address: number, port: number): boolean {
    const verdict = this.#conn.socket.send(bytes, address, port);
    if (verdict === Verdict.NoRoute) throw new IperfError(`No route to ${formatIpv4(address)}`);
    return verdict !== Verdict.QueueFull;
  }

  /** Lets go what was sent. */
  flush(): void {
    this.#host.flush();
  }

  /** Closes the port. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#conn.close();
  }

  /** Closes the port. */
  [Symbol.dispose](): void {
    this.close();
  }

  async #listen(): Promise<void> {
    const { socket } = this.#conn;
    const buffer = new Uint8Array(longest);
    while (!this.#isClosed) {
      try {
        const [bytes] = await this.#conn.receive(buffer);
        this.#arrive(buffer, bytes.length);
        while (socket.readableCount > 0) this.#arrive(buffer, socket.receive(buffer));
      } catch (error) {
        // That nobody listens at the other end yet, or any more, is no matter for the others.
        if (this.#isClosed || isPassing(error)) continue;
        throw error;
      }
    }
  }

  #arrive(buffer: Uint8Array, length: number): void {
    const { sourceAddress, sourcePort } = this.#conn.socket;
    const stream = this.#streams.get(keyOf(sourceAddress, sourcePort));
    if (stream !== undefined) stream.arrive(buffer, length);
    else if (length >= udpHello.length) this.#onHello(sourceAddress, sourcePort);
  }
}

function isPassing(error: unknown): boolean {
  return error instanceof Deno.errors.ConnectionRefused ||
    (error instanceof Error && "code" in error && String(error.code).startsWith("E"));
}

/** With whom a stream is, and how its datagrams are. */
export interface UdpStreamOptions {
  /** The peer's address, host order. */
  readonly address: number;
  /** The peer's port. */
  readonly port: number;
  /** Bytes a datagram. */
  readonly length: number;
  /** Whether datagrams are counted with 64 bits. */
  readonly isWide: boolean;
}

/** A stream over UDP. */
export class UdpStream extends DataStream {
  readonly #port: UdpPort;
  readonly #address: number;
  readonly #remotePort: number;
  readonly #buffer: Uint8Array;
  readonly #isWide: boolean;
  readonly #greeted: PromiseWithResolvers<void> = Promise.withResolvers();
  readonly #ended: PromiseWithResolvers<void> = Promise.withResolvers();
  #flow: Flow | null = null;
  #highest = 0;
  #offset = 0;
  #transit = 0;
  #isClosed = false;

  /** A stream through a port; {@linkcode UdpPort.add} makes it. */
  constructor(index: number, isSender: boolean, port: UdpPort, options: UdpStreamOptions) {
    const remote: NetAddr = {
      transport: "udp",
      hostname: formatIpv4(options.address),
      port: options.port,
    };
    super(index, isSender, port.localFor(options.address), remote);
    this.#port = port;
    this.#address = options.address;
    this.#remotePort = options.port;
    this.#isWide = options.isWide;
    this.#buffer = new Uint8Array(isSender ? options.length : 0).map((_, i) => 0x30 + i % 10);
  }

  /** Says hello to the server, and waits for its answer. */
  async greet(timeout: number): Promise<void> {
    this.#port.send(udpHello, this.#address, this.#remotePort);
    this.#port.flush();
    const late = setTimeout(
      () => this.#greeted.reject(new IperfError("The server has not answered on its UDP port")),
      timeout,
    );
    await this.#greeted.promise.finally(() => clearTimeout(late));
  }

  /** Answers the client's hello. */
  answer(): void {
    this.#port.send(udpReply, this.#address, this.#remotePort);
    this.#port.flush();
  }

  override reset(): void {
    super.reset();
    // Numbers go on where they were; what is told begins at 0.
    this.#offset = this.#highest;
  }

  override async run(flow: Flow): Promise<void> {
    this.#flow = flow;
    if (this.isSender) await this.#send(flow);
    else await this.#ended.promise;
  }

  override close(): void {
    this.#isClosed = true;
    this.#ended.resolve();
  }

  async #send(flow: Flow): Promise<void> {
    const bytes = this.#buffer;
    const pacer = new Pacer(flow.rate);
    while (flow.isOn && !this.#isClosed) {
      if (pacer.delay() > 0 || pacer.isDue) {
        this.#port.flush();
        await pacer.pause();
        continue;
      }
      this.#number(bytes, this.#highest + 1);
      if (!this.#port.send(bytes, this.#address, this.#remotePort)) {
        this.#port.flush();
        await pacer.pause();
        continue;
      }
      this.#highest++;
      this.packets = this.#highest - this.#offset;
      this.bytes += bytes.length;
      pacer.sent(bytes.length);
      flow.moved(bytes.length);
    }
    this.#port.flush();
  }

  /** Writes the time and the number. */
  #number(bytes: Uint8Array, number: number): void {
    const now = performance.timeOrigin + performance.now();
    writeU32(bytes, 0, Math.floor(now / 1000));
    writeU32(bytes, 4, Math.floor(now % 1000 * 1000));
    if (!this.#isWide) {
      writeU32(bytes, 8, number);
      return;
    }
    writeU32(bytes, 8, Math.floor(number / 2 ** 32));
    writeU32(bytes, 12, number >>> 0);
  }

  /** A datagram of the peer has come. */
  arrive(bytes: Uint8Array, length: number): void {
    this.#greeted.resolve();
    const flow = this.#flow;
    if (this.isSender || flow === null || !flow.counts) return;
    if (length < (this.#isWide ? wideHeaderLength : headerLength)) return;
    const number = this.#isWide
      ? readU32(bytes, 8) * 2 ** 32 + readU32(bytes, 12)
      : readU32(bytes, 8);
    this.#count(number);
    this.#varies(readU32(bytes, 0) * 1000 + readU32(bytes, 4) / 1000);
    this.bytes += length;
    flow.moved(length);
  }

  /** A gap counts as lost until what is missing comes after all. */
  #count(number: number): void {
    if (number > this.#highest) {
      this.lost += number - this.#highest - 1;
      this.#highest = number;
      this.packets = number - this.#offset;
      return;
    }
    this.outOfOrder++;
    if (this.lost > 0) this.lost--;
  }

  /** RFC 1889 §6.3.1: a sixteenth of each change of the transit time. */
  #varies(sentAt: number): void {
    const transit = performance.timeOrigin + performance.now() - sentAt;
    const change = this.bytes === 0 ? 0 : Math.abs(transit - this.#transit) / 1000;
    this.#transit = transit;
    this.jitter += (change - this.jitter) / 16;
  }
}
