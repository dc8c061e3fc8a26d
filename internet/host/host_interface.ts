/**
 * One of a host's interfaces: a device, and how it gets its address.
 *
 * @module
 */
import type { Dhcpv4Lease } from "@octet/dhcpv4";
import type { SourceValidation } from "@octet/ipv4";
import type { NatOptions } from "@octet/nat";
import { formatIpv4, parseIpv4 } from "@octet/netip/ipv4";
import { MacAddress } from "@octet/netip/mac-address";
import type { BaseNode } from "@octet/wire";
import type { Device } from "../device/device.ts";
import type { Interface, InterfaceOptions } from "../interface.ts";
import type { Stack } from "../stack.ts";
import { configureStatic, type StaticAddress } from "./address_configuration.ts";
import type { DhcpConfiguration } from "./dhcp_configuration.ts";
import type { DhcpPort } from "./dhcp_port.ts";
import { abortReason, networkError } from "./errors.ts";
import type { NetworkInterfaceInfo } from "./host_options.ts";
import { type AddressConflictOptions, InterfaceAddresses } from "./interface_addresses.ts";
import { InterfacePort } from "./interface_port.ts";
import { LinkLocalConfiguration } from "./link_local_configuration.ts";
import { type NeighbourInfo, neighbourInfo } from "./neighbour_info.ts";
import type { NameService } from "./name_service.ts";
import type { RunLoop } from "./run_loop.ts";

/** How an interface of a host is set up. */
export interface HostInterfaceOptions extends AddressConflictOptions {
  /** Its name; the device's when not given. */
  name?: string;
  /** A fixed address; without one `HostInterface.configure` asks for a lease. */
  address?: StaticAddress;
  /**
   * Whether the interface gives itself an address of 169.254.0.0/16 (RFC 3927): `"always"`; as a `"fallback"`, when
   * `HostInterface.configure` has found no lease for ten seconds, until it finds one; or not at all. `"off"` when not
   * given: who asks for a lease wants to hear that there is none.
   */
  linkLocal?: "off" | "fallback" | "always";
  /** Of two ways to a destination the smaller metric is taken; a hundred times the interface's index when not given. */
  metric?: number;
  /**
   * Whether what the host passes on to this interface speaks from its address: what is behind it is outside. `true` or
   * how the NAT is set up; only for a host that forwards.
   */
  nat?: boolean | Omit<NatOptions, "random">;
  /**
   * Whether ARP requests are answered for what is reached by another interface (RFC 1027); only for a host that
   * forwards. `false` when not given.
   */
  proxyArp?: boolean;
  /** Whether the source of what comes in must be reachable (RFC 3704); `"strict"` for a host that forwards, else `"off"`. */
  sourceValidation?: SourceValidation;
  /** Whether sources are refused that cannot stand in the public Internet; `false` when not given. */
  filtersBogons?: boolean;
}

/** What a {@linkcode HostInterface} shares with its host. */
export interface HostInterfaceSetup {
  /** The loop that runs the device. */
  readonly loop: RunLoop;
  /** The name service, which leases tell of servers. */
  readonly names: NameService;
  /** UDP port 68, which all interfaces share. */
  readonly dhcp: DhcpPort;
  /** The name told to DHCP servers. */
  readonly hostname: string;
  /** Whether the name servers that are set stay, whatever a lease says. */
  readonly keepsServers: boolean;
  /** Whether the search list that is set stays, whatever a lease says. */
  readonly keepsSearch: boolean;
  /** Takes the interface out of its host. */
  readonly remove: (removed: HostInterface) => void;
}

/** What a stack needs to know of a device and what stands on it. */
export function interfaceOptions(
  device: Device,
  name: string,
  options: HostInterfaceOptions,
): InterfaceOptions {
  const { sourceValidation, filtersBogons, proxyArp } = options;
  return {
    name,
    hardwareAddress: device.hardwareAddress,
    mtu: device.mtu,
    maxSegment: device.maxSegment,
    checksumOffload: device.checksumOffload,
    link: device.link,
    ...(sourceValidation === undefined ? {} : { sourceValidation }),
    ...(filtersBogons === undefined ? {} : { filtersBogons }),
    ...(proxyArp === undefined ? {} : { proxyArp }),
  };
}

/** A device of a host with its addresses. */
export class HostInterface {
  /** The device. */
  readonly device: Device;
  /** The interface in the stack. */
  readonly interface: Interface;
  /** Resolves when it has been taken out of its host, or the host has closed; rejects when its device was lost. */
  readonly closed: Promise<void>;
  readonly #end: PromiseWithResolvers<void> = Promise.withResolvers();
  readonly #setup: HostInterfaceSetup;
  readonly #metric: number;
  readonly #ports: InterfacePort[] = [];
  readonly #addresses: InterfaceAddresses;
  readonly #linkLocal: LinkLocalConfiguration | null;
  readonly #isFallback: boolean;
  #dhcp: DhcpConfiguration | null = null;
  #isReleased = false;

  /**
   * Joins a device and an interface, and gives it its fixed address.
   *
   * @throws {SyntaxError} When the address in the options is none.
   * @throws {TypeError} When it is to translate, and the host does not forward; or to have a link-local address without
   *     Ethernet.
   */
  constructor(
    device: Device,
    via: Interface,
    options: HostInterfaceOptions,
    setup: HostInterfaceSetup,
  ) {
    this.device = device;
    this.interface = via;
    this.closed = this.#end.promise;
    // Who does not look at `closed` still sees that it is down.
    this.closed.catch(() => {});
    this.#setup = setup;
    this.#metric = options.metric ?? 100 * via.index;
    const { nat = false } = options;
    if (nat !== false) setup.loop.stack.translate(via, nat === true ? {} : nat);
    const { linkLocal = "off" } = options;
    this.#addresses = new InterfaceAddresses(setup.loop, via, options);
    this.#isFallback = linkLocal === "fallback";
    this.#linkLocal = linkLocal === "off"
      ? null
      : new LinkLocalConfiguration(setup.loop, this.#addresses);
    if (options.address !== undefined) {
      configureStatic(setup.loop, options.address, this.#addresses, this.#metric);
    }
    if (linkLocal === "always") this.#linkLocal?.start();
  }

  /** Its name. */
  get name(): string {
    return this.interface.name;
  }

  /** Whether it carries frames. */
  get isUp(): boolean {
    return this.interface.isUp;
  }

  /** The DHCP lease in force, or `null`. */
  get lease(): Dhcpv4Lease | null {
    return this.#dhcp?.lease ?? null;
  }

  /**
   * Gets an address, routes and name servers by DHCP, and keeps them from now on.
   *
   * @param options `timeout`: how long to wait, in milliseconds, 30,000 when not given; `signal`: ends the wait.
   * @throws {Deno.errors.TimedOut} When no server offers a lease in time.
   * @throws {Error} When the device is lost, or the interface taken out of its host.
   */
  configure(options: { timeout?: number; signal?: AbortSignal } = {}): Promise<Dhcpv4Lease> {
    const { loop, dhcp } = this.#setup;
    if (dhcp.parent === null) loop.stack.udp.register(dhcp);
    if (this.#isFallback && this.lease === null) this.#fallBack(true);
    const { timeout = 30_000, signal } = options;
    // The client is loaded by who asks for a lease: it would be a twentieth of an import of this house.
    return this.#unlessGone(
      loop.load(
        import("./dhcp_configuration.ts"),
        (code) => this.#askForLease(code, timeout, signal),
      ),
    );
  }

  #askForLease(
    { DhcpConfiguration }: typeof import("./dhcp_configuration.ts"),
    timeout: number,
    signal?: AbortSignal,
  ): Promise<Dhcpv4Lease> {
    const { loop, names, hostname, keepsServers, keepsSearch, dhcp } = this.#setup;
    // It is too late to ask: whoever waits hears of it from those who take the interface away.
    if (this.#isReleased) return loop.wait(Promise.withResolvers());
    if (this.#dhcp === null) {
      this.#dhcp = new DhcpConfiguration(loop, names, {
        hostname,
        keepsServers,
        keepsSearch,
        addresses: this.#addresses,
        metric: this.#metric,
        port: dhcp,
      });
      if (this.#isFallback) this.#dhcp.onLease = (lease) => this.#fallBack(lease === null);
    }
    return this.#dhcp.start(timeout, signal);
  }

  /**
   * Registers a node, such as a DHCP server, on its UDP port of this interface alone, and runs it with the stack.
   *
   * @example
   * ```ts
   * import { Dhcpv4Server } from "@octet/dhcpv4";
   * import { Host, Lan } from "@octet/internet";
   * import { parseIpv4 } from "@octet/netip";
   * import { assert } from "@std/assert";
   *
   * const [inside, outside] = [new Lan(), new Lan()];
   * await using router = new Host(outside.attach(), { forwarding: true });
   * const lan = router.addInterface(inside.attach(), { name: "lan", address: { address: "10.0.1.1/24" } });
   * const [address, first, last] = ["10.0.1.1", "10.0.1.50", "10.0.1.60"].map(parseIpv4) as [number, number, number];
   * lan.attach(new Dhcpv4Server({ address, pools: [{ first, last, prefixLength: 24 }] }));
   *
   * await using client = new Host(inside.attach());
   * const lease = await client.configure();
   * assert(lease.address >= first && lease.address <= last);
   * ```
   *
   * @throws {RangeError} When the port is bound already, for this interface or for all.
   */
  attach(node: BaseNode): void {
    const { loop } = this.#setup;
    const { udp } = loop.stack;
    const { index } = this.interface;
    const bound = udp.nodeAt(node.localPort);
    if (bound !== null && !(bound instanceof InterfacePort && bound.nodeOn(index) === null)) {
      throw new RangeError(
        `Cannot bind UDP port ${node.localPort} of ${this.name} as it is already bound`,
      );
    }
    const port = bound ?? new InterfacePort(node.localPort);
    if (bound === null) udp.register(port);
    node.localPort = port.localPort;
    port.register(node, index);
    this.#ports.push(port);
    loop.flush();
  }

  /** Settles {@linkcode HostInterface.closed}: by an error where its device was lost. */
  settle(error: unknown = null): void {
    if (error === null) this.#end.resolve();
    else this.#end.reject(error);
  }

  /** Takes its nodes off its ports. */
  detach(): void {
    for (const port of this.#ports.splice(0)) {
      port.unregister(this.interface.index);
      if (port.isEmpty) this.#setup.loop.stack.udp.unregister(port);
    }
  }

  /**
   * Waits until it has an address, however it gets one.
   *
   * @param options `timeout`: how long to wait, in milliseconds, 30,000 when not given; `signal`: ends the wait.
   * @returns The address.
   * @throws {Deno.errors.TimedOut} When it has none by then.
   */
  async waitForAddress(options: { timeout?: number; signal?: AbortSignal } = {}): Promise<string> {
    const { timeout = 30_000, signal } = options;
    this.#setup.loop.expectRunning();
    const limit = AbortSignal.timeout(timeout);
    const bound = signal === undefined ? limit : AbortSignal.any([limit, signal]);
    const address = await this.#unlessGone(this.#addresses.wait(bound));
    if (address !== null) return address;
    if (signal?.aborted) throw abortReason(signal);
    throw networkError(
      "TimedOut",
      `Cannot go on without an address as ${this.name} has had none for ${timeout / 1000} s`,
      "ETIMEDOUT",
    );
  }

  /** Waits for something, or for the end of the interface. */
  #unlessGone<T>(wanted: Promise<T>): Promise<T> {
    const gone = this.closed.then(() => {
      throw networkError("Interrupted", `Cannot go on as interface ${this.name} is gone`, "EINTR");
    });
    return Promise.race([wanted, gone]);
  }

  /** Its neighbours, in no order; none where there is no Ethernet. */
  neighbours(): NeighbourInfo[] {
    return (this.interface.arp?.neighbours ?? []).map(neighbourInfo);
  }

  /**
   * Sets a neighbour's hardware address by hand: it is not asked any more, and no packet changes it.
   *
   * @param address Such as `"10.0.0.2"`.
   * @param mac Such as `"02:00:00:00:00:02"`.
   * @throws {SyntaxError} When one of them is none.
   * @throws {RangeError} When it is no station's, or too many have been set.
   * @throws {TypeError} When the interface has no Ethernet.
   */
  setNeighbour(address: string, mac: string): void {
    const { loop } = this.#setup;
    const { arp } = this.interface;
    if (arp === null) {
      throw new TypeError(`Cannot set a neighbour on ${this.name} as it has no Ethernet`);
    }
    arp.setNeighbour(parseIpv4(address), MacAddress.parse(mac), loop.now());
    loop.flush();
  }

  /**
   * Forgets a neighbour, however it was learned.
   *
   * @returns Whether it was known.
   * @throws {SyntaxError} When the address is none.
   */
  removeNeighbour(address: string): boolean {
    return this.interface.arp?.removeNeighbour(parseIpv4(address)) ?? false;
  }

  /**
   * Brings it up, and tells the neighbours of its addresses.
   *
   * @throws {TypeError} When its device has been closed.
   */
  up(): void {
    const { loop } = this.#setup;
    if (this.device.isClosed) {
      throw new TypeError(`Cannot bring up ${this.name} as its device has been closed`);
    }
    this.interface.up(loop.now());
    loop.flush();
  }

  /** Takes it down: routes through it are not used, and connections by way of it wait. */
  down(): void {
    this.interface.down();
  }

  /**
   * Gives its lease back, and takes it out of its host, with its addresses and routes; closes the device.
   *
   * @throws {TypeError} When it is the host's only one.
   */
  remove(): void {
    this.#setup.remove(this);
  }

  /** Gives its lease back. */
  release(): void {
    this.#isReleased = true;
    this.#linkLocal?.stop();
    this.#dhcp?.stop();
  }

  /** Looks for a link-local address before long, or gives it up for a lease. */
  #fallBack(isNeeded: boolean): void {
    if (isNeeded) this.#linkLocal?.startLater();
    else this.#linkLocal?.stop();
  }

  /** Its addresses, in the shape of `Deno.networkInterfaces`. */
  addresses(): NetworkInterfaceInfo[] {
    return this.interface.addresses.map((entry) =>
      addressInfo(this.name, this.device.hardwareAddress, entry)
    );
  }
}

/** The addresses of a stack's loopback, in the shape of `Deno.networkInterfaces`. */
export function loopbackAddresses(stack: Stack): NetworkInterfaceInfo[] {
  const { name, addresses } = stack.ipv4.loopback;
  return addresses.entries.map((entry) => addressInfo(name, MacAddress.zero, entry));
}

function addressInfo(
  name: string,
  hardwareAddress: MacAddress,
  entry: Interface["addresses"][number],
): NetworkInterfaceInfo {
  const { address, prefix } = entry;
  return {
    family: "IPv4",
    name,
    address: formatIpv4(address),
    netmask: formatIpv4(prefix.mask),
    scopeid: null,
    cidr: `${formatIpv4(address)}/${prefix.length}`,
    mac: hardwareAddress.toString(),
  };
}
