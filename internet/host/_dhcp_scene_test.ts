/**
 * What the tests of a host's addresses share.
 *
 * @module
 */
import { type Dhcpv4Lease, Dhcpv4Server, type Dhcpv4ServerOptions } from "@octet/dhcpv4";
import { formatIpv4, parseIpv4 } from "@octet/netip";
import { StackPair } from "@octet/testing";
import { SeededRandom } from "@octet/wire";
import { DhcpPort } from "./dhcp_port.ts";
import { DhcpConfiguration, type DhcpConfigurationOptions } from "./dhcp_configuration.ts";
import { type AddressConflictOptions, InterfaceAddresses } from "./interface_addresses.ts";
import { NameService } from "./name_service.ts";
import type { RunLoop } from "./run_loop.ts";

/** Where the server is. */
export const router: number = parseIpv4("10.0.0.2");

/** A server that has one address to give. */
export function settings(options: Partial<Dhcpv4ServerOptions> = {}): Dhcpv4ServerOptions {
  return {
    address: router,
    pools: [{ first: parseIpv4("10.0.0.50"), last: parseIpv4("10.0.0.50"), prefixLength: 24 }],
    options: {
      routers: [router],
      dnsServers: [router, parseIpv4("10.0.0.3")],
      domainName: "octet.test",
    },
    leaseSeconds: 3600,
    ...options,
  };
}

/** A host without an address on virtual time, and a server at 10.0.0.2. */
export class Scene {
  readonly pair: StackPair = new StackPair();
  readonly configuration: DhcpConfiguration;
  readonly names: NameService;
  readonly held: InterfaceAddresses;
  readonly loop: RunLoop;
  readonly leases: (string | null)[] = [];
  server: Dhcpv4Server;

  constructor(
    server: Partial<Dhcpv4ServerOptions> = {},
    options: Partial<DhcpConfigurationOptions> = {},
    conflicts: AddressConflictOptions = {},
  ) {
    const { pair } = this;
    pair.left.removeAddress(StackPair.leftAddress);
    this.server = new Dhcpv4Server(settings(server));
    pair.right.udp.register(this.server);
    // The parts of a run loop that count here, with time as the pair has it.
    const loop = {
      stack: pair.left,
      device: { hardwareAddress: pair.left.hardwareAddress },
      now: () => pair.now,
      flush: () => {},
      expectRunning: () => {},
      wait: <T>({ promise }: PromiseWithResolvers<T>) => promise,
    } as unknown as RunLoop;
    const dial = () => Promise.reject(new Error("Nobody asks over TCP"));
    this.names = new NameService(loop, dial, { random: new SeededRandom(1), servers: [7] });
    const port = new DhcpPort();
    pair.left.udp.register(port);
    this.held = new InterfaceAddresses(loop, pair.left.interfaces[0]!, conflicts);
    this.loop = loop;
    this.configuration = new DhcpConfiguration(loop, this.names, {
      addresses: this.held,
      metric: 0,
      port,
      hostname: "octet",
      keepsServers: false,
      keepsSearch: false,
      ...options,
    });
    this.configuration.onLease = (lease) =>
      this.leases.push(lease === null ? null : formatIpv4(lease.address));
  }

  /** Gets a lease. */
  async start(): Promise<Dhcpv4Lease> {
    const started = this.configuration.start(30_000);
    this.pair.run(this.pair.now + 20_000);
    return await started;
  }

  /** Puts another server in place of the one there is. */
  replace(options: Partial<Dhcpv4ServerOptions>): void {
    this.pair.right.udp.unregister(this.server);
    this.server = new Dhcpv4Server(settings(options));
    this.pair.right.udp.register(this.server);
  }

  get addresses(): string[] {
    return this.pair.left.ipv4.addresses.entries.map(({ address, prefix }) =>
      `${formatIpv4(address)}/${prefix.length}`
    );
  }

  /** From which address the host speaks to another; 0.0.0.0 where it cannot. */
  source(destination: string): string {
    return formatIpv4(this.pair.left.ipv4.sourceFor(parseIpv4(destination)));
  }
}
