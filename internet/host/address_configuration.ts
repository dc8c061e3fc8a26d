/**
 * Fixed addresses, and leased ones in a line for people.
 *
 * @module
 */
import type { Dhcpv4Lease } from "@octet/dhcpv4";
import { formatIpv4 } from "@octet/netip/ipv4";
import { parseIpv4Interface } from "@octet/netip/ipv4-interface";
import type { InterfaceAddresses } from "./interface_addresses.ts";
import type { RunLoop } from "./run_loop.ts";

/** Addresses that are known beforehand. */
export interface StaticAddress {
  /** Address and prefix length, such as `"10.77.0.2/24"`. */
  readonly address: string;
  /** The default router's address, host order; 0 for none. */
  readonly gateway?: number;
}

/**
 * Gives an interface a fixed address.
 *
 * @param loop The loop that runs the stack.
 * @param setting The address, and perhaps a router.
 * @param addresses The interface's addresses.
 * @param metric The metric of the route by way of the router.
 * @throws {SyntaxError} When the text is no address with a prefix length.
 */
export function configureStatic(
  loop: RunLoop,
  setting: StaticAddress,
  addresses: InterfaceAddresses,
  metric: number,
): void {
  const { address, prefix } = parseIpv4Interface(setting.address);
  const gateway = setting.gateway ?? 0;
  addresses.hold(address, prefix.length, {
    detection: "off",
    defence: "insist",
    onUsable: () => {
      if (gateway === 0) return;
      loop.stack.addRoute({ gateway, metric, source: address, interface: addresses.via });
    },
  });
  loop.flush();
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
