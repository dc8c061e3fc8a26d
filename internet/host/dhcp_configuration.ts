/**
 * How an interface of a host gets its address, routes and servers by DHCP: a lease that is kept.
 *
 * @module
 */
import type { Dhcpv4Lease } from "@octet/dhcpv4";
import { Dhcpv4Client } from "@octet/dhcpv4/client";
import { Dhcpv4ClientState } from "@octet/dhcpv4/client-options";
import { Ipv4Prefix } from "@octet/netip/ipv4-prefix";
import { CryptoRandom } from "@octet/wire";
import type { DhcpPort } from "./dhcp_port.ts";
import { abortReason, networkError } from "./errors.ts";
import type { HeldAddress, InterfaceAddresses } from "./interface_addresses.ts";
import type { NameService } from "./name_service.ts";
import type { RunLoop } from "./run_loop.ts";

/** How a {@linkcode DhcpConfiguration} is set up. */
export interface DhcpConfigurationOptions {
  /** The name told to the server. */
  readonly hostname: string;
  /** Whether the name servers that are set stay, whatever the lease says. */
  readonly keepsServers: boolean;
  /** Whether the search list that is set stays, whatever the lease says. */
  readonly keepsSearch: boolean;
  /** The addresses of the interface that the lease is for. */
  readonly addresses: InterfaceAddresses;
  /** The metric of the routes that the lease brings. */
  readonly metric: number;
  /** The port that the clients of all interfaces share. */
  readonly port: DhcpPort;
}

/** Keeps a DHCP lease, and the stack's address, routes and name servers by it. */
export class DhcpConfiguration {
  /** The client underneath. */
  readonly client: Dhcpv4Client;
  /** Called when the lease has changed: a new one, another address, or `null` when it is lost. */
  onLease: ((lease: Dhcpv4Lease | null) => void) | null = null;
  readonly #loop: RunLoop;
  readonly #names: NameService;
  readonly #options: DhcpConfigurationOptions;
  /** What the client has; it is applied when its address may be used. */
  #lease: Dhcpv4Lease | null = null;
  #applied: Dhcpv4Lease | null = null;
  #held: HeldAddress | null = null;
  #waiting: (() => void)[] = [];

  /** Prepares a client on UDP port 68. */
  constructor(loop: RunLoop, names: NameService, options: DhcpConfigurationOptions) {
    this.#loop = loop;
    this.#names = names;
    this.#options = options;
    const { via } = options.addresses;
    this.client = new Dhcpv4Client({
      hardwareAddress: via.hardwareAddress,
      random: new CryptoRandom(),
      hostName: options.hostname,
      onChange: () => this.#changed(),
    });
    options.port.register(this.client, via.index);
  }

  /** The lease in force, or `null`. */
  get lease(): Dhcpv4Lease | null {
    return this.#applied;
  }

  /**
   * Starts the client and waits for a lease.
   *
   * @throws {Deno.errors.TimedOut} When no server offers one in time.
   */
  async start(timeout: number, signal?: AbortSignal): Promise<Dhcpv4Lease> {
    this.#loop.expectRunning();
    const limit = AbortSignal.timeout(timeout);
    const bound = signal === undefined ? limit : AbortSignal.any([limit, signal]);
    if (this.client.state === Dhcpv4ClientState.Stopped) this.client.start(this.#loop.now());
    this.#loop.flush();
    while (this.#applied === null) {
      if (signal?.aborted) throw abortReason(signal);
      if (limit.aborted) {
        const seconds = timeout / 1000;
        throw networkError(
          "TimedOut",
          `Cannot get an address as no DHCP server has offered one within ${seconds} s`,
          "ETIMEDOUT",
        );
      }
      const changed = Promise.withResolvers<void>();
      this.#waiting.push(changed.resolve);
      bound.addEventListener("abort", () => changed.resolve(), { once: true });
      await this.#loop.wait(changed);
    }
    return this.#applied;
  }

  /** Gives the lease back. */
  stop(): void {
    if (this.client.state === Dhcpv4ClientState.Stopped) return;
    this.client.stop(this.#loop.now());
    this.#loop.flush();
  }

  #changed(): void {
    const { lease } = this.client;
    const before = this.#lease;
    if (lease === before) return;
    this.#lease = lease;
    if (before !== null && before.address !== lease?.address) this.#drop();
    if (lease === null) this.#apply(null);
    else if (before?.address !== lease.address) this.#claim(lease);
    else if (this.#held?.isUsable) this.#extend(lease);
  }

  /** RFC 2131 §4.4.1: the client should check that nobody uses the address, and declines it when somebody does. */
  #claim(lease: Dhcpv4Lease): void {
    const { addresses } = this.#options;
    const { address, prefixLength } = lease;
    // What another interface of ours has is in use as well.
    if (this.#loop.stack.ipv4.isLocal(address)) return this.#decline(this.#loop.now());
    this.#held = addresses.hold(address, prefixLength, {
      detection: "optimistic",
      defence: "defend",
      // It may have been extended while the link was asked.
      onUsable: () => this.#use(this.#lease!),
      onLost: (now) => this.#decline(now),
    });
  }

  #decline(now: number): void {
    this.client.decline(now);
  }

  #drop(): void {
    const held = this.#held;
    this.#held = null;
    if (held !== null) this.#options.addresses.drop(held);
  }

  #use(lease: Dhcpv4Lease): void {
    this.#addRoutes(lease);
    this.#apply(lease);
  }

  /** The address stays; everything else may be new. */
  #extend(lease: Dhcpv4Lease): void {
    const { stack } = this.#loop;
    const { address } = lease;
    stack.ipv4.routes.removeSource(address);
    const prefix = new Ipv4Prefix(address, lease.prefixLength);
    stack.addRoute({ prefix, source: address, interface: this.#options.addresses.via });
    this.#use(lease);
  }

  #apply(lease: Dhcpv4Lease | null): void {
    if (lease === this.#applied) return;
    this.#applied = lease;
    this.#applyNames(lease);
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
    this.onLease?.(lease);
  }

  #addRoutes(lease: Dhcpv4Lease): void {
    const { addresses, metric } = this.#options;
    for (const route of lease.routes) {
      this.#loop.stack.addRoute({
        prefix: new Ipv4Prefix(route.destination, route.prefixLength),
        gateway: route.router,
        metric,
        source: lease.address,
        interface: addresses.via,
      });
    }
  }

  #applyNames(lease: Dhcpv4Lease | null): void {
    const { resolver } = this.#names;
    const { keepsServers, keepsSearch, port, addresses: { via } } = this.#options;
    const leases = port.leases;
    if (lease === null) leases.delete(via.index);
    else leases.set(via.index, lease);
    const all = [...leases.values()];
    if (!keepsServers) resolver.servers = [...new Set(all.flatMap(({ dnsServers }) => dnsServers))];
    if (!keepsSearch) resolver.search = [...new Set(all.flatMap(searchList))];
  }
}

/** The domains to search: those of RFC 3397, else the client's own. */
function searchList(lease: Dhcpv4Lease): readonly string[] {
  if (lease.search.length > 0) return lease.search;
  return lease.domain === "" ? [] : [lease.domain];
}
