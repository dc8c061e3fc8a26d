/**
 * A host: a stack on a device, with the API that Deno has for its own network.
 *
 * @module
 */
import type { Dhcpv4Lease } from "@octet/dhcpv4";
import { DnsResolver, type RecordTypeName } from "@octet/dns";
import { formatIpv4, formatIpv6, parseIpv4, tryParseIpv4 } from "@octet/netip";
import type { NtpMeasurement } from "@octet/ntp";
import { type TcpConnection, TcpEvent, TcpState } from "@octet/tcp";
import { CryptoRandom } from "@octet/wire";
import type { Device } from "../device/device.ts";
import { HttpClient } from "../http/client.ts";
import { createFetch, type Fetch } from "../http/fetch.ts";
import { type HttpServer, readServeArguments, serveOn, type ServeOptions } from "../http/serve.ts";
import type { ServeHandler } from "../http/server_types.ts";
import { Stack } from "../stack.ts";
import { configureStatic, DhcpConfiguration } from "./address_configuration.ts";
import { DatagramConn } from "./datagram_conn.ts";
import {
  abortReason,
  addressInUse,
  checkPort,
  checkTransport,
  emptyHost,
  type NetworkError,
  networkError,
  networkUnreachable,
  tcpError,
} from "./errors.ts";
import type {
  ConnectOptions,
  HostOptions,
  ListenDatagramOptions,
  ListenOptions,
  NetworkInterfaceInfo,
  ResolveDnsOptions,
} from "./host_options.ts";
import { denoRecord, NameService, notResolved } from "./name_service.ts";
import { type PingOptions, type PingReply, PingService } from "./ping.ts";
import { RunLoop } from "./run_loop.ts";
import { TcpConn } from "./tcp_conn.ts";
import { TcpListener } from "./tcp_listener.ts";
import { queryTime, type QueryTimeOptions } from "./time_service.ts";

/** How long connections have to say goodbye when the host closes, in milliseconds. */
const farewellTime = 1000;

/**
 * A stack that runs on a device. Its methods are those of the `Deno` namespace, and what they
 * return is interchangeable with what Deno's return.
 *
 * @example
 * ```ts
 * import { Host, Lan } from "@octet/internet";
 * import { assertEquals } from "@std/assert";
 *
 * const lan = new Lan();
 * await using a = new Host(lan.attach(), { address: { address: "10.0.0.1/24" } });
 * await using b = new Host(lan.attach(), { address: { address: "10.0.0.2/24" } });
 *
 * using listener = b.listen({ port: 7 });
 * const served = listener.accept().then((conn) => conn.readable.pipeTo(conn.writable));
 *
 * const conn = await a.connect({ hostname: "10.0.0.2", port: 7 });
 * await conn.write(new TextEncoder().encode("octet"));
 * await conn.closeWrite();
 * assertEquals(await new Response(conn.readable).text(), "octet");
 * await served;
 * ```
 */
export class Host implements AsyncDisposable {
  /** The stack that runs. */
  readonly stack: Stack;
  /** The device it runs on. */
  readonly device: Device;
  /** Resolves when the host has closed; rejects when its device was lost. */
  readonly closed: Promise<void>;
  readonly #loop: RunLoop;
  readonly #names: NameService;
  readonly #pings: PingService;
  readonly #options: HostOptions;
  readonly #end: PromiseWithResolvers<void> = Promise.withResolvers();
  #dhcp: DhcpConfiguration | null = null;
  #client: HttpClient | null = null;
  #fetch: Fetch | null = null;
  #closing: Promise<void> | null = null;

  /**
   * Starts a stack on a device. The host owns the device from now on and closes it at its own end; when the
   * options are refused, it stays the caller's.
   *
   * @throws {SyntaxError} When an address in the options is none.
   */
  constructor(device: Device, options: HostOptions = {}) {
    const random = options.random ?? new CryptoRandom();
    this.device = device;
    this.#options = options;
    this.stack = new Stack({
      hardwareAddress: device.hardwareAddress,
      mtu: device.mtu,
      maxSegment: device.maxSegment,
      checksumOffload: device.checksumOffload,
      link: device.link,
      random,
      ...(options.tcp === undefined ? {} : { tcp: options.tcp }),
    });
    this.closed = this.#end.promise;
    // Who does not look at `closed` still learns of a lost device from the calls that fail.
    this.closed.catch(() => {});
    this.#loop = new RunLoop(this.stack, device, (error) => this.#lost(error));
    const dial = (address: number, port: number, signal?: AbortSignal) =>
      this.#dial(address, port, signal);
    this.#pings = new PingService(this.#loop);
    try {
      this.#names = new NameService(this.#loop, dial, {
        random,
        servers: (options.nameServers ?? []).map(parseIpv4),
        search: options.search ?? [],
        ...(options.hosts === undefined ? {} : { hosts: options.hosts }),
      });
      if (options.address !== undefined) configureStatic(this.#loop, options.address);
    } catch (error) {
      void this.#loop.close();
      throw error;
    }
  }

  /** The DHCP lease in force, or `null`. */
  get lease(): Dhcpv4Lease | null {
    return this.#dhcp?.lease ?? null;
  }

  /** The name servers that are asked, as text. */
  get nameServers(): string[] {
    return this.#names.resolver.servers.map(formatIpv4);
  }

  /**
   * Gets an address, routes and name servers by DHCP, and keeps them from now on.
   *
   * @param options `timeout`: how long to wait, in milliseconds, 30,000 when not given; `signal`: ends the wait.
   * @returns The lease.
   * @throws {Deno.errors.TimedOut} When no server offers a lease in time.
   */
  configure(options: { timeout?: number; signal?: AbortSignal } = {}): Promise<Dhcpv4Lease> {
    const { hostname = "octet", nameServers, search } = this.#options;
    this.#dhcp ??= new DhcpConfiguration(this.#loop, this.#names, {
      hostname,
      keepsServers: nameServers !== undefined,
      keepsSearch: search !== undefined,
    });
    return this.#dhcp.start(options.timeout ?? 30_000, options.signal);
  }

  /**
   * Connects to a name or address; the addresses of a name are tried one after another.
   *
   * @throws {TypeError} When the port is no integer.
   * @throws {RangeError} When the port is out of range.
   * @throws {Deno.errors.NotFound} When the name does not resolve.
   * @throws {Deno.errors.ConnectionRefused} When nobody listens there.
   * @throws {Deno.errors.TimedOut} When nobody answers.
   */
  async connect(options: ConnectOptions): Promise<TcpConn> {
    const { signal } = options;
    if (signal?.aborted) throw abortReason(signal);
    checkTransport(options.transport, "tcp");
    const port = checkPort(options.port, 1);
    const addresses = await this.lookup(options.hostname ?? "127.0.0.1", signal);
    let failure: unknown = null;
    for (const address of addresses) {
      try {
        return await this.#dial(address, port, signal);
      } catch (error) {
        failure = error;
        if (signal?.aborted) break;
      }
    }
    throw failure;
  }

  /**
   * Listens for TCP connections.
   *
   * @throws {TypeError} When the port is no integer.
   * @throws {RangeError} When the port is out of range.
   * @throws {Deno.errors.AddrInUse} When somebody listens there.
   * @throws {Deno.errors.AddrNotAvailable} When the address is none of the host's.
   */
  listen(options: ListenOptions): TcpListener {
    const { tcp } = this.stack;
    checkTransport(options.transport, "tcp");
    const wanted = checkPort(options.port ?? 0, 0);
    this.#loop.expectRunning();
    const address = this.#localAddress(options.hostname);
    const port = wanted === 0 ? tcp.unusedPort() : wanted;
    if (!tcp.canListen(port, address)) throw addressInUse();
    const listener = tcp.listen(port, {
      address,
      ...(options.backlog === undefined ? {} : { backlog: options.backlog }),
    });
    return new TcpListener(listener, this.#loop);
  }

  /**
   * Binds a UDP port.
   *
   * @throws {TypeError} When the port is no integer.
   * @throws {RangeError} When the port is out of range.
   * @throws {Deno.errors.AddrInUse} When the port is bound.
   * @throws {Deno.errors.AddrNotAvailable} When the address is none of the host's.
   */
  listenDatagram(options: ListenDatagramOptions): DatagramConn {
    checkTransport(options.transport, "udp");
    const port = checkPort(options.port ?? 0, 0);
    this.#loop.expectRunning();
    const address = this.#localAddress(options.hostname);
    if (port !== 0 && this.stack.udp.nodeAt(port) !== null) throw addressInUse();
    return new DatagramConn(this.#loop, address, port, (name) => this.lookup(name));
  }

  /**
   * Asks for the records of a name, in the shapes that `Deno.resolveDns` gives.
   *
   * @param query The name.
   * @param recordType The type, such as `"A"` or `"MX"`.
   * @throws {Deno.errors.NotFound} When there are no such records, or nobody can say.
   */
  async resolveDns(
    query: string,
    recordType: RecordTypeName,
    options: ResolveDnsOptions = {},
  ): Promise<unknown[]> {
    const { signal, nameServer } = options;
    const resolver = nameServer === undefined ? this.#names.resolver : new DnsResolver({
      random: this.#names.resolver.random,
      servers: [parseIpv4(nameServer.ipAddr)],
      port: nameServer.port ?? 53,
    });
    const done = await this.#names.query(query, recordType, resolver, signal);
    if (done.state === "failed") throw notResolved(query, done);
    return done.records.filter((record) => record.type === recordType)
      .map((record) => denoRecord(record, formatIpv6));
  }

  /**
   * The IPv4 addresses of a name; an address stands for itself.
   *
   * @returns Addresses in host order, at least one.
   * @throws {Deno.errors.NotFound} When the name does not resolve.
   */
  lookup(name: string, signal?: AbortSignal): Promise<number[]> {
    return this.#names.addresses(name, signal);
  }

  /** The host's addresses. */
  networkInterfaces(): NetworkInterfaceInfo[] {
    const infos: NetworkInterfaceInfo[] = [];
    for (const { address, prefix } of this.stack.ipv4.addresses.entries) {
      infos.push({
        family: "IPv4",
        name: this.device.name,
        address: formatIpv4(address),
        netmask: formatIpv4(prefix.mask),
        scopeid: null,
        cidr: `${formatIpv4(address)}/${prefix.length}`,
        mac: this.device.hardwareAddress.toString(),
      });
    }
    return infos;
  }

  /**
   * Asks a host whether it is there.
   *
   * @throws {Deno.errors.TimedOut} When no answer comes in time.
   */
  async ping(host: string, options: PingOptions = {}): Promise<PingReply> {
    const [address] = await this.lookup(host, options.signal);
    return await this.#pings.ping(address!, options);
  }

  /**
   * Asks an NTP server for the time.
   *
   * @throws {Deno.errors.TimedOut} When no usable answer comes.
   */
  async queryTime(host: string, options: QueryTimeOptions = {}): Promise<NtpMeasurement> {
    const [address] = await this.lookup(host, options.signal);
    return await queryTime(this.#loop, address!, options);
  }

  /**
   * Fetches over HTTP, as the platform's `fetch` does; `https:` is not spoken yet.
   *
   * @example
   * ```ts
   * import { Host, Lan } from "@octet/internet";
   * import { assertEquals } from "@std/assert";
   *
   * const lan = new Lan();
   * await using a = new Host(lan.attach(), { address: { address: "10.0.0.1/24" } });
   * await using b = new Host(lan.attach(), { address: { address: "10.0.0.2/24" } });
   * await using server = b.serve({ port: 80, onListen: () => {} }, () => new Response("octet"));
   * const response = await a.fetch("http://10.0.0.2/");
   * assertEquals(await response.text(), "octet");
   * ```
   *
   * @throws {TypeError} When no response comes; its `cause` says why.
   */
  fetch(input: Request | URL | string, init?: RequestInit): Promise<Response> {
    this.#fetch ??= createFetch(this.httpClient);
    return this.#fetch(input, init);
  }

  /** The client that {@linkcode Host.fetch} sends its requests with, and whose connections it keeps. */
  get httpClient(): HttpClient {
    return this.#client ??= new HttpClient({
      connect: (options) => this.connect(options),
      resolve: async (name, signal) => (await this.lookup(name, signal)).map(formatIpv4),
    });
  }

  /**
   * Serves HTTP, as `Deno.serve` does.
   *
   * @throws {Deno.errors.AddrInUse} When somebody listens there.
   */
  serve(handler: ServeHandler): HttpServer;
  /** Serves HTTP; the handler may stand among the options. */
  serve(options: ServeOptions, handler?: ServeHandler): HttpServer;
  serve(first: ServeOptions | ServeHandler, second?: ServeHandler): HttpServer {
    const { options, handler } = readServeArguments(first, second);
    const { port = 8000, hostname = "0.0.0.0" } = options;
    return serveOn(this.listen({ port, hostname }), handler, options);
  }

  /** Registers a node, such as a DHCP server, on its UDP port, and runs it with the stack. */
  attach(node: Parameters<Stack["udp"]["register"]>[0]): void {
    this.stack.udp.register(node);
    this.#loop.flush();
  }

  /** The time that the stack sees, in milliseconds; for nodes that are started with it. */
  now(): number {
    return this.#loop.now();
  }

  /** Sends what the stack has to send, now; needed only after something was done to its nodes directly. */
  flush(): void {
    this.#loop.flush();
  }

  /**
   * Closes everything: listeners, connections (what they still have to send goes out, for a second at the
   * most), the lease, the device.
   */
  close(): Promise<void> {
    return this.#closing ??= this.#close();
  }

  /** Closes the host. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    const loop = this.#loop;
    this.#client?.close();
    loop.closeHeld();
    const until = loop.now() + farewellTime;
    while (loop.isRunning && loop.now() < until && this.#hasFarewells()) {
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    for (const connection of [...this.stack.tcp.connections()]) connection.abort(loop.now());
    this.#dhcp?.stop();
    await loop.close();
    this.device.close();
    this.#end.resolve();
  }

  /** Whether a connection has data or a FIN on its way that the peer has not confirmed. */
  #hasFarewells(): boolean {
    for (const { state } of this.stack.tcp.connections()) {
      if (
        state === TcpState.FinWait1 || state === TcpState.Closing || state === TcpState.LastAck
      ) return true;
    }
    return false;
  }

  #lost(error: unknown): void {
    this.device.close();
    this.#closing ??= Promise.resolve();
    this.#end.reject(error);
  }

  async #dial(address: number, port: number, signal?: AbortSignal): Promise<TcpConn> {
    if (signal?.aborted) throw abortReason(signal);
    const { tcp, ipv4 } = this.stack;
    this.#loop.expectRunning();
    // A connection has one peer: to many there is no way (RFC 9293 §3.9.2.3).
    const isForMany = address >>> 28 === 0xe || ipv4.isBroadcast(address);
    if (isForMany || ipv4.sourceFor(address) === 0) throw networkUnreachable();
    const connection = tcp.connect({ address, port }, this.#loop.now());
    const opened = Promise.withResolvers<void>();
    const abort = () => opened.reject(abortReason(signal!));
    connection.onEvent = (events) => {
      if ((events & TcpEvent.Closed) !== 0) opened.reject(tcpError(connection.error));
      else if ((events & TcpEvent.Opened) !== 0) opened.resolve();
    };
    signal?.addEventListener("abort", abort);
    this.#loop.flush();
    try {
      await this.#loop.wait(opened.promise);
    } catch (error) {
      this.#forget(connection);
      throw error;
    } finally {
      signal?.removeEventListener("abort", abort);
    }
    return new TcpConn(connection, this.#loop);
  }

  #forget(connection: TcpConnection): void {
    connection.onEvent = null;
    connection.abort(this.#loop.now());
    this.#loop.flush();
  }

  #localAddress(hostname: string | undefined): number {
    if (hostname === undefined || hostname === "0.0.0.0") return 0;
    if (hostname === "") throw emptyHost();
    const address = tryParseIpv4(hostname === "localhost" ? "127.0.0.1" : hostname);
    if (address === undefined || !this.stack.ipv4.isLocal(address)) throw notOurs();
    return address;
  }
}

function notOurs(): NetworkError {
  return networkError(
    "AddrNotAvailable",
    "Cannot assign requested address (os error 99)",
    "EADDRNOTAVAIL",
  );
}
