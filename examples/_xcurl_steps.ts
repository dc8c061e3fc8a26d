/**
 * The steps before a request: an address, neighbours, names, the time.
 *
 * @module
 */
import { NeighbourState } from "@octet/arp";
import type { Dhcpv4Lease } from "@octet/dhcpv4";
import type { Host } from "@octet/internet";
import { formatIpv4, MacAddress, tryParseIpv4 } from "@octet/netip";
import type { Link } from "./_link.ts";
import { ExitError } from "./_program.ts";
import { Exit } from "./_xcurl_options.ts";
import { formatTime, type Report } from "./_xcurl_report.ts";

/** What a run is at when it fails; it decides the exit code. */
export type Stage = "DHCP" | "ARP" | "DNS" | "NTP" | "TCP" | "HTTP" | "body";

/** Brings a host to where it can talk to others, and says how long each step took. */
export class Steps {
  /** What is being done. */
  stage: Stage = "DHCP";
  readonly #link: Link;
  readonly #report: Report;
  readonly #signal: AbortSignal;
  readonly #neighbours: Set<number> = new Set();

  /** Takes the steps of one link. */
  constructor(link: Link, report: Report, signal: AbortSignal) {
    this.#link = link;
    this.#report = report;
    this.#signal = signal;
  }

  get #host(): Host {
    return this.#link.host;
  }

  /** Gets an address, or tells the one given by hand. */
  async address(): Promise<void> {
    this.stage = "DHCP";
    const { address } = this.#link.settings;
    if (address !== null) {
      const text = `${formatIpv4(address.address)}/${address.prefix.length}`;
      this.#report.add({ address: text });
      this.#report.step("address", 0, `${text} by hand`, { address: text });
      return;
    }
    const start = performance.now();
    const lease = await this.#host.configure({ signal: this.#signal });
    const time = performance.now() - start;
    const facts = leaseFacts(lease);
    this.#report.add({ address: facts.address });
    this.#report.step("DHCP", time, describeLease(facts), { ...facts });
  }

  /** Asks a server for the time. */
  async time(server: string): Promise<void> {
    const [address] = await this.addresses(server);
    this.stage = "NTP";
    const start = performance.now();
    const { offset, delay, stratum, reference } = await this.#host.queryTime(
      formatIpv4(address!),
      { signal: this.#signal },
    );
    const time = performance.now() - start;
    const now = new Date(performance.timeOrigin + performance.now() + offset).toISOString();
    const side = offset < 0 ? "behind" : "ahead of";
    this.#report.step(
      "NTP",
      time,
      `${now} from ${server}, ${Math.abs(offset).toFixed(3)}ms ${side} us, delay ` +
        `${formatTime(delay)}, stratum ${stratum}`,
      { server, time: now, offset, delay, stratum, reference },
    );
  }

  /** The addresses of a name, neighbours found on the way. */
  async addresses(name: string): Promise<number[]> {
    const literal = tryParseIpv4(name);
    if (literal !== undefined) {
      await this.#neighbour(literal);
      return [literal];
    }
    const server = tryParseIpv4(this.#host.nameServers[0] ?? "");
    if (server !== undefined) await this.#neighbour(server);
    this.stage = "DNS";
    const start = performance.now();
    const addresses = await this.#host.lookup(name, this.#signal);
    const time = performance.now() - start;
    const texts = addresses.map(formatIpv4);
    this.#report.step("DNS", time, `${name} is ${texts.join(", ")}`, { name, addresses: texts });
    await this.#neighbour(addresses[0]!);
    return addresses;
  }

  /** Finds the hardware address of who is next on the way to an address. */
  async #neighbour(address: number): Promise<void> {
    const { stack } = this.#host;
    const route = stack.ipv4.routes.find(address);
    const { arp } = stack;
    if (route === null || arp === null || stack.ipv4.isLocal(address)) return;
    const hop = route.gateway === 0 ? address : route.gateway;
    if (this.#neighbours.has(hop)) return;
    this.stage = "ARP";
    const start = performance.now();
    const wasKnown = arp.cache.stateOf(hop) >= NeighbourState.Stale;
    if (!wasKnown) arp.query(hop, this.#host.now());
    this.#host.flush();
    for (let state = arp.cache.stateOf(hop); state < NeighbourState.Stale;) {
      this.#signal.throwIfAborted();
      await new Promise((resolve) => setTimeout(resolve));
      state = arp.cache.stateOf(hop);
      if (state <= NeighbourState.Failed) {
        const text = formatIpv4(hop);
        throw new ExitError(
          Exit.NotConnected,
          `Cannot reach ${text} as nobody on the link answers for it: check --ip and --gateway`,
        );
      }
    }
    this.#neighbours.add(hop);
    const bytes = new Uint8Array(6);
    arp.cache.read(hop, bytes, 0);
    const mac = MacAddress.read(bytes, 0).toString();
    const how = wasKnown ? ", known already" : "";
    this.#report.step("ARP", performance.now() - start, `${formatIpv4(hop)} is at ${mac}${how}`, {
      address: formatIpv4(hop),
      mac,
    });
  }
}

interface LeaseFacts {
  readonly address: string;
  readonly server: string;
  readonly routers: readonly string[];
  readonly dns: readonly string[];
  readonly ntp: readonly string[];
  readonly seconds: number | null;
}

function leaseFacts(lease: Dhcpv4Lease): LeaseFacts {
  return {
    address: `${formatIpv4(lease.address)}/${lease.prefixLength}`,
    server: formatIpv4(lease.server),
    routers: lease.routers.map(formatIpv4),
    dns: lease.dnsServers.map(formatIpv4),
    ntp: lease.ntpServers.map(formatIpv4),
    seconds: Number.isFinite(lease.leaseSeconds) ? lease.leaseSeconds : null,
  };
}

function describeLease({ address, server, routers, dns, seconds }: LeaseFacts): string {
  const list = (name: string, values: readonly string[]): string =>
    values.length === 0 ? "" : `, ${name} ${values.join(" ")}`;
  return `${address} from ${server}${list("router", routers)}${list("DNS", dns)}, ` +
    (seconds === null ? "for ever" : `for ${seconds} s`);
}
