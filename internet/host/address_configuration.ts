/**
 * How a host gets its addresses, routes and servers: fixed ones, or a DHCP lease that is kept.
 *
 * @module
 */
import { Dhcpv4Client, Dhcpv4ClientState, type Dhcpv4Lease } from "@octet/dhcpv4";
import { formatIpv4, Ipv4Prefix, parseIpv4Interface } from "@octet/netip";
import { CryptoRandom } from "@octet/wire";
import { abortReason, networkError } from "./errors.ts";
import type { NameService } from "./name_service.ts";
import type { RunLoop } from "./run_loop.ts";

/** Addresses that are known beforehand. */
export interface StaticAddress {
  /** Address and prefix length, such as `"10.77.0.2/24"`. */
  readonly address: string;
  /** The default router's address, host order; 0 for none. */
  readonly gateway?: number;
}

/**
 * Gives a host a fixed address.
 *
 * @throws {SyntaxError} When the text is no address with a prefix length.
 */
export function configureStatic(loop: RunLoop, setting: StaticAddress): void {
  const { address, prefix } = parseIpv4Interface(setting.address);
  loop.stack.addAddress(address, prefix.length);
  const gateway = setting.gateway ?? 0;
  if (gateway !== 0) addDefaultRoute(loop, gateway, address);
  loop.flush();
}

function addDefaultRoute(loop: RunLoop, gateway: number, source: number): void {
  loop.stack.addRoute({ prefix: new Ipv4Prefix(0, 0), gateway, metric: 0, source });
}

/** How a {@linkcode DhcpConfiguration} is set up. */
export interface DhcpConfigurationOptions {
  /** The name told to the server. */
  readonly hostname: string;
  /** Whether the name servers that are set stay, whatever the lease says. */
  readonly keepsServers: boolean;
  /** Whether the search list that is set stays, whatever the lease says. */
  readonly keepsSearch: boolean;
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
  #applied: Dhcpv4Lease | null = null;
  #waiting: (() => void)[] = [];

  /** Prepares a client on UDP port 68. */
  constructor(loop: RunLoop, names: NameService, options: DhcpConfigurationOptions) {
    this.#loop = loop;
    this.#names = names;
    this.#options = options;
    this.client = new Dhcpv4Client({
      hardwareAddress: loop.device.hardwareAddress,
      random: new CryptoRandom(),
      hostName: options.hostname,
      onChange: () => this.#changed(),
    });
    loop.stack.udp.register(this.client);
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
      await this.#loop.wait(changed.promise);
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
    if (lease === this.#applied) return;
    const before = this.#applied;
    const { stack } = this.#loop;
    this.#applied = lease;
    if (before !== null && before.address !== lease?.address) stack.removeAddress(before.address);
    if (lease !== null) this.#apply(lease, before);
    this.#applyNames(lease);
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
    this.onLease?.(lease);
  }

  #apply(lease: Dhcpv4Lease, before: Dhcpv4Lease | null): void {
    const { stack } = this.#loop;
    const { address } = lease;
    if (before?.address === address) stack.ipv4.routes.removeSource(address);
    if (before?.address !== address) stack.addAddress(address, lease.prefixLength);
    else {
      const prefix = new Ipv4Prefix(address, lease.prefixLength);
      stack.addRoute({ prefix, gateway: 0, metric: 0, source: address });
    }
    for (const route of lease.routes) {
      stack.addRoute({
        prefix: new Ipv4Prefix(route.destination, route.prefixLength),
        gateway: route.router,
        metric: 0,
        source: address,
      });
    }
  }

  #applyNames(lease: Dhcpv4Lease | null): void {
    const { resolver } = this.#names;
    const { keepsServers, keepsSearch } = this.#options;
    if (!keepsServers) resolver.servers = lease?.dnsServers ?? [];
    if (!keepsSearch) resolver.search = lease === null ? [] : searchList(lease);
  }
}

/** The domains to search: those of RFC 3397, else the client's own. */
function searchList(lease: Dhcpv4Lease): readonly string[] {
  if (lease.search.length > 0) return lease.search;
  return lease.domain === "" ? [] : [lease.domain];
}

/** One line on a lease, for people. */
export function describeLease(lease: Dhcpv4Lease): string {
  const servers = lease.dnsServers.map(formatIpv4).join(", ");
  const routers = lease.routers.map(formatIpv4).join(", ");
  return `${formatIpv4(lease.address)}/${lease.prefixLength} from ${
    formatIpv4(lease.server)
  } for ${lease.leaseSeconds} s` +
    (routers === "" ? "" : `, router ${routers}`) + (servers === "" ? "" : `, DNS ${servers}`);
}
