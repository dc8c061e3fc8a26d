/**
 * A host: a stack on a device, with the API that Deno has for its own network.
 *
 * @module
 */
import type { Dhcpv4Lease } from "@octet/dhcpv4";
import type { RecordTypeName } from "@octet/dns";
import { DnsResolver } from "@octet/dns/resolver";
import { formatIpv4, parseIpv4, tryParseIpv4 } from "@octet/netip/ipv4";
import { formatIpv6 } from "@octet/netip/ipv6";
import type { NtpMeasurement } from "@octet/ntp";
import { CryptoRandom } from "@octet/wire";
import type { Device } from "../device/device.ts";
import { HttpClient } from "../http/client.ts";
import { createFetch, type Fetch } from "../http/fetch.ts";
import { type HttpServer, readServeArguments, serveOn, type ServeOptions } from "../http/serve.ts";
import type { ServeHandler } from "../http/server_types.ts";
import { Stack } from "../stack.ts";
import { DatagramConn } from "./datagram_conn.ts";
import { datagramOptions } from "./datagram_options.ts";
import { dial, dialEach, localAddress } from "./dial.ts";
import { abortReason, addressInUse, checkPort, checkTransport } from "./errors.ts";
import { sayFarewell } from "./farewell.ts";
import {
  type HostInterface,
  type HostInterfaceOptions,
  interfaceOptions,
} from "./host_interface.ts";
import { HostInterfaces } from "./host_interfaces.ts";
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
import { PingSession, type PingSessionOptions } from "./ping_session.ts";
import {
  traceroute,
  type TracerouteHop,
  type TracerouteOptions,
} from "../traceroute/traceroute.ts";
import { RunLoop } from "./run_loop.ts";
import type { TcpConn } from "./tcp_conn.ts";
import { TcpListener } from "./tcp_listener.ts";
import type { QueryTimeOptions } from "./time_service.ts";

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
  readonly #interfaces: HostInterfaces;
  readonly #end: PromiseWithResolvers<void> = Promise.withResolvers();
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
    const { forwarding = false, hostModel } = options;
    this.stack = new Stack({
      ...interfaceOptions(device, options.name ?? device.name, options),
      random,
      forwarding,
      ...(hostModel === undefined ? {} : { hostModel }),
      wallTime: (now) => performance.timeOrigin + now,
      ...(options.tcp === undefined ? {} : { tcp: options.tcp }),
    });
    this.closed = this.#end.promise;
    // Who does not look at `closed` still learns of a lost device from the calls that fail.
    this.closed.catch(() => {});
    this.#loop = new RunLoop(this.stack, device, (error) => this.#lost(error));
    const dialOne = (address: number, port: number, signal?: AbortSignal) =>
      dial(this.#loop, address, port, signal);
    this.#pings = new PingService(this.#loop);
    try {
      this.#names = new NameService(this.#loop, dialOne, {
        random,
        servers: (options.nameServers ?? []).map(parseIpv4),
        search: options.search ?? [],
        ...(options.hosts === undefined ? {} : { hosts: options.hosts }),
      });
      this.#interfaces = new HostInterfaces(this.#loop, this.#names, options);
    } catch (error) {
      void this.#loop.close();
      throw error;
    }
  }

  /** The interfaces, in the order in which they were added; the loopback is not among them. */
  get interfaces(): readonly HostInterface[] {
    return this.#interfaces.list;
  }

  /**
   * Adds a device. The host owns it from now on; when the options are refused, it stays the caller's. When the device is
   * lost or closed, its interface goes down, and the others go on.
   *
   * @example
   * ```ts
   * import { Host, Lan } from "@octet/internet";
   * import { assertEquals } from "@std/assert";
   *
   * const [home, office] = [new Lan(), new Lan()];
   * await using router = new Host(home.attach(), {
   *   forwarding: true,
   *   address: { address: "10.0.1.1/24" },
   * });
   * router.addInterface(office.attach(), { name: "office", address: { address: "10.0.2.1/24" } });
   * await using a = new Host(home.attach(), { address: { address: "10.0.1.2/24", gateway: 0x0a000101 } });
   * await using b = new Host(office.attach(), { address: { address: "10.0.2.2/24", gateway: 0x0a000201 } });
   * assertEquals((await a.ping("10.0.2.2")).ttl, 63);
   * ```
   *
   * @throws {TypeError} When another interface has the name.
   * @throws {SyntaxError} When the address in the options is none.
   */
  addInterface(device: Device, options: HostInterfaceOptions = {}): HostInterface {
    return this.#interfaces.add(device, options);
  }

  /** The DHCP lease in force on the first interface, or `null`. */
  get lease(): Dhcpv4Lease | null {
    return this.#interfaces.list[0]!.lease;
  }

  /** The name servers that are asked, as text. */
  get nameServers(): string[] {
    return this.#names.resolver.servers.map(formatIpv4);
  }

  /**
   * Gets an address, routes and name servers by DHCP for the first interface, and keeps them from now on.
   *
   * @param options `timeout`: how long to wait, in milliseconds, 30,000 when not given; `signal`: ends the wait.
   * @returns The lease.
   * @throws {Deno.errors.TimedOut} When no server offers a lease in time.
   */
  configure(options: { timeout?: number; signal?: AbortSignal } = {}): Promise<Dhcpv4Lease> {
    return this.#interfaces.list[0]!.configure(options);
  }

  /**
   * Waits until the first interface has an address, however it gets one: by hand, by DHCP, or a link-local one.
   *
   * @param options `timeout`: how long to wait, in milliseconds, 30,000 when not given; `signal`: ends the wait.
   * @returns The address.
   * @throws {Deno.errors.TimedOut} When it has none by then.
   */
  waitForAddress(options: { timeout?: number; signal?: AbortSignal } = {}): Promise<string> {
    return this.#interfaces.list[0]!.waitForAddress(options);
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
    const hostname = options.hostname ?? "127.0.0.1";
    const literal = tryParseIpv4(hostname);
    if (literal !== undefined) {
      // Whoever aborts at once does so before anything is sent: over the loopback that would be open already.
      if (signal !== undefined) await null;
      return await dial(this.#loop, literal, port, signal);
    }
    const addresses = await this.lookup(hostname, signal);
    return await dialEach(this.#loop, addresses, port, signal);
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
    const address = localAddress(this.stack, options.hostname);
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
    const { ipv4 } = this.stack;
    const literal = tryParseIpv4(options.hostname ?? "0.0.0.0");
    // A socket may be bound to a group or a broadcast address: then it hears nothing else.
    const isForMany = literal !== undefined &&
      (literal >>> 28 === 0xe || ipv4.isBroadcast(literal));
    const bound = isForMany ? literal : localAddress(this.stack, options.hostname);
    return new DatagramConn(
      this.#loop,
      datagramOptions(options, bound, port),
      (name) => this.lookup(name),
    );
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

  /** The host's addresses, those of the loopback last. */
  networkInterfaces(): NetworkInterfaceInfo[] {
    return this.#interfaces.addresses();
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
   * Begins to ask a host, as often as wanted; see {@linkcode PingSession}.
   *
   * @throws {Deno.errors.NotFound} When the name does not resolve.
   * @throws {RangeError} When an option is out of range.
   */
  async openPing(host: string, options: PingSessionOptions = {}): Promise<PingSession> {
    const [address] = await this.lookup(host, options.signal);
    return new PingSession(this.#loop, address!, options);
  }

  /**
   * Finds the routers on the way to a host, one after another.
   *
   * @throws {Deno.errors.NotFound} When the name does not resolve.
   * @throws {RangeError} When an option is out of range.
   * @throws {Error} With code `ENETUNREACH`, when no route leads there.
   */
  async *traceroute(
    host: string,
    options: TracerouteOptions = {},
  ): AsyncGenerator<TracerouteHop, void, void> {
    const [address] = await this.lookup(host, options.signal);
    yield* traceroute(this.#loop, address!, options);
  }

  /**
   * Asks an NTP server for the time.
   *
   * @throws {Deno.errors.TimedOut} When no usable answer comes.
   */
  async queryTime(host: string, options: QueryTimeOptions = {}): Promise<NtpMeasurement> {
    const [address] = await this.lookup(host, options.signal);
    const loop = this.#loop;
    return await loop.load(
      import("./time_service.ts"),
      ({ queryTime }) => queryTime(loop, address!, options),
    );
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

  /** Lets the host keep the process alive until it is closed, as it does at first. */
  ref(): void {
    this.#loop.liveness.setHost(true);
  }

  /** Lets the process end, without a goodbye to peers, once no call waits of what was not told `unref` itself. */
  unref(): void {
    this.#loop.liveness.setHost(false);
  }

  /** Closes all: listeners, connections (what they have to send goes out, for a second at most), leases, devices. */
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
    await sayFarewell(loop);
    for (const connection of [...this.stack.tcp.connections()]) connection.abort(loop.now());
    this.#interfaces.release();
    await loop.close();
    this.#interfaces.close();
    this.#end.resolve();
  }

  #lost(error: unknown): void {
    this.#interfaces.close(error);
    this.#closing ??= Promise.resolve();
    this.#end.reject(error);
  }
}
