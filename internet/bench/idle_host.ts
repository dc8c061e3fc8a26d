// Says what a process takes without, and with, a host that has a lease, has resolved a name and has asked for the time.
// Run by `memory_bench.ts`, with `--expose-gc`.

import { Dhcpv4Server } from "@octet/dhcpv4";
import { DnsServer, DnsZone } from "@octet/dns/server";
import { parseZone } from "@octet/dns/text";
import { Host, Lan } from "@octet/internet";
import { parseIpv4 } from "@octet/netip";
import { NtpServer } from "@octet/ntp";

/** Bytes on the JavaScript heap, in its array buffers, and of the whole process. */
interface Usage {
  readonly heap: number;
  readonly buffers: number;
  readonly resident: number;
}

/** What {@linkcode Usage} is at which stage. */
export type Stages = Readonly<Record<"servers" | "host", Usage>>;

const gatewayAddress = "10.0.0.1";

function serve(lan: Lan): Host {
  const address = parseIpv4(gatewayAddress);
  const host = new Host(lan.attach(), { address: { address: `${gatewayAddress}/24` } });
  const first = parseIpv4("10.0.0.50");
  host.attach(
    new Dhcpv4Server({
      address,
      pools: [{ first, last: first + 200, prefixLength: 24 }],
      options: { routers: [address], dnsServers: [address] },
      authoritative: true,
    }),
  );
  const zone = parseZone(`@ 60 IN NS ns\nns 60 IN A ${gatewayAddress}\n`, { origin: "octet.test" });
  host.attach(new DnsServer({ zones: [new DnsZone("octet.test", zone)] }));
  host.attach(new NtpServer({ wallTime: (now) => performance.timeOrigin + now, stratum: 3 }));
  return host;
}

async function join(lan: Lan): Promise<Host> {
  const host = new Host(lan.attach());
  await host.configure();
  await host.lookup("ns.octet.test");
  await host.queryTime(gatewayAddress);
  return host;
}

async function usage(): Promise<Usage> {
  const collect = (globalThis as { gc?: () => void }).gc;
  if (collect === undefined) throw new Error("Cannot measure without --v8-flags=--expose-gc");
  for (let i = 0; i < 3; i++) {
    collect();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const { heapUsed: heap, external: buffers, rss: resident } = Deno.memoryUsage();
  return { heap, buffers, resident };
}

if (import.meta.main) {
  const lan = new Lan();
  serve(lan);
  // The first host brings code and tables that all share; the second is measured.
  await (await join(lan)).close();
  const servers = await usage();
  const kept = await join(lan);
  const stages: Stages = { servers, host: await usage() };
  if (kept.lease === null) throw new Error("The host has no lease");
  console.log(JSON.stringify(stages));
  Deno.exit(0);
}
