/**
 * The other host of the in-memory LAN: Octet itself, as the router's box at home. It gives addresses by DHCP, knows
 * `*.octet.test`, tells the time, and shows a page.
 *
 * @module
 */
import { Dhcpv4Server } from "@octet/dhcpv4";
import { DnsServer, DnsZone } from "@octet/dns/server";
import { parseZone } from "@octet/dns/text";
import { Host, type Lan } from "@octet/internet";
import { parseIpv4 } from "@octet/netip";
import { NtpServer } from "@octet/ntp";
import { gatewayHandler } from "./_gateway_page.ts";

/** The gateway's address on the LAN. */
export const gatewayAddress = "10.77.0.1";
/** The length of the LAN's prefix. */
export const gatewayPrefixLength = 24;
/** What DHCP gives. */
const firstLease = "10.77.0.50";
const lastLease = "10.77.0.250";
/** The domain that the gateway is an authority for. */
export const gatewayDomain = "octet.test";

/** A host that runs DHCP, DNS, NTP and HTTP for a LAN. */
export class Gateway implements AsyncDisposable {
  /** The host. */
  readonly host: Host;

  /** Plugs the gateway into a LAN. */
  constructor(lan: Lan, mtu: number) {
    const address = parseIpv4(gatewayAddress);
    this.host = new Host(lan.attach({ name: "gateway", mtu }), {
      address: { address: `${gatewayAddress}/${gatewayPrefixLength}` },
      nameServers: [gatewayAddress],
      hostname: "gateway",
    });
    this.host.attach(
      new Dhcpv4Server({
        address,
        pools: [{
          first: parseIpv4(firstLease),
          last: parseIpv4(lastLease),
          prefixLength: gatewayPrefixLength,
        }],
        options: {
          routers: [address],
          dnsServers: [address],
          ntpServers: [address],
          domainName: gatewayDomain,
        },
        authoritative: true,
        mtu,
      }),
    );
    this.host.attach(new DnsServer({ zones: [zone(), reverseZone()] }));
    this.host.attach(
      new NtpServer({
        wallTime: (now) => performance.timeOrigin + now,
        stratum: 3,
        referenceId: parseIpv4("127.127.1.1"),
      }),
    );
    this.host.serve({ port: 80, onListen: () => {} }, gatewayHandler());
  }

  /** Stops serving and unplugs. */
  close(): Promise<void> {
    return this.host.close();
  }

  /** Stops serving and unplugs. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

function zone(): DnsZone {
  return new DnsZone(
    gatewayDomain,
    parseZone(
      `
@       60 IN NS ns
@       60 IN A  ${gatewayAddress}
ns      60 IN A  ${gatewayAddress}
gateway 60 IN A  ${gatewayAddress}
www     60 IN A  ${gatewayAddress}
time    60 IN A  ${gatewayAddress}
*       60 IN A  ${gatewayAddress}
`,
      { origin: gatewayDomain },
    ),
  );
}

/** What the gateway's address is called (RFC 1035 §3.5). */
function reverseZone(): DnsZone {
  const origin = "0.77.10.in-addr.arpa";
  return new DnsZone(
    origin,
    parseZone(
      `
@ 60 IN NS  ns.${gatewayDomain}.
1 60 IN PTR gateway.${gatewayDomain}.
`,
      { origin },
    ),
  );
}
