/**
 * Addresses that two stations have: Octet on a TAP, the kernel behind it, arping and dnsmasq.
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import type { AddressPeerOptions } from "./_address_peer.ts";
import { Namespace, type NamespaceChild, requirePeers } from "./_namespace.ts";

const program = new URL("_address_peer.ts", import.meta.url).pathname;

/** A namespace whose kernel is 10.77.0.1 on tap0, and has more addresses that answer there. */
async function makeNamespace(...others: string[]): Promise<Namespace> {
  requirePeers("arping", "dnsmasq", "ip", "ping");
  const namespace = await Namespace.create();
  try {
    await namespace.run("ip", ["tuntap", "add", "dev", "tap0", "mode", "tap"]);
    await namespace.run("ip", ["addr", "add", "10.77.0.1/24", "dev", "tap0"]);
    await namespace.run("ip", ["link", "set", "tap0", "up"]);
    for (const other of others) await namespace.run("ip", ["addr", "add", other, "dev", "lo"]);
    return namespace;
  } catch (error) {
    await namespace[Symbol.asyncDispose]();
    throw error;
  }
}

function start(namespace: Namespace, options: AddressPeerOptions): NamespaceChild {
  return namespace.spawnDeno(["run", "-A", "--no-check", program, JSON.stringify(options)]);
}

async function macOf(namespace: Namespace): Promise<string> {
  const found = await namespace.json("ip", ["-json", "link", "show", "tap0"]);
  return (found as { address: string }[])[0]!.address;
}

Deno.test("arping -D finds an address that Octet has, and one that nobody has free; Octet defends what it has", async () => {
  await using namespace = await makeNamespace();
  const peer = start(namespace, { address: { address: "10.77.0.2/24" } });
  await peer.waitFor('"event":"address"');
  const detect = async (address: string): Promise<number> => {
    const args = ["-D", "-c", "1", "-w", "1", "-I", "tap0", address];
    return (await namespace.run("arping", args, { check: false })).code;
  };
  assertEquals([await detect("10.77.0.2"), await detect("10.77.0.3")], [1, 0]);

  // The kernel is given the address too, and says so.
  await namespace.run("ip", ["addr", "add", "10.77.0.2/32", "dev", "lo"]);
  const watch = namespace.spawn("tcpdump", ["-i", "tap0", "-n", "-l", "-e", "arp"]);
  await watch.waitFor("listening on");
  const args = ["-U", "-c", "1", "-w", "1", "-I", "tap0", "-s", "10.77.0.2", "10.77.0.2"];
  await namespace.run("arping", args, { check: false });
  await peer.waitFor('"event":"conflict"');
  const mac = await macOf(namespace);
  assertMatch(
    peer.stdout,
    new RegExp(`"mac":"${mac}","isLost":false,"addresses":\\["10.77.0.2/24"\\]`),
  );
  await watch.waitFor(
    /Request who-has 10\.77\.0\.2[^\n]* tell 10\.77\.0\.2[^]*Request who-has 10\.77\.0\.2[^\n]* tell 10\.77\.0\.2/,
  );
});

Deno.test("an address that the kernel has is not used by who probes before", async () => {
  await using namespace = await makeNamespace("10.77.0.9/32");
  const taken = start(namespace, {
    address: { address: "10.77.0.9/24" },
    conflictDetection: "before",
  });
  await taken.waitFor('"event":"conflict"');
  assertMatch(taken.stdout, /"event":"ready","addresses":\[\]/);
  assertMatch(taken.stdout, /"address":"10.77.0.9",.*"isLost":true,"addresses":\[\]/);
  assert(!taken.stdout.includes('"event":"address"'));
});

Deno.test("a lease of dnsmasq that another has is declined, and dnsmasq hears it", async () => {
  await using namespace = await makeNamespace("10.77.0.50/32");
  const folder = await Deno.makeTempDir();
  try {
    const server = namespace.spawn("dnsmasq", [
      ...[
        "-d",
        "-C",
        "/dev/null",
        "--interface=tap0",
        "--bind-interfaces",
        "--except-interface=lo",
      ],
      ...["--port=0", "--no-ping", "--dhcp-range=10.77.0.50,10.77.0.50,2m", "--log-dhcp"],
      ...[`--dhcp-leasefile=${folder}/leases`, `--pid-file=${folder}/pid`],
    ]);
    await server.waitFor("DHCP, IP range");
    const peer = start(namespace, { dhcp: true });
    await peer.waitFor('"event":"conflict"');
    assertMatch(peer.stdout, /"address":"10.77.0.50",.*"isLost":true,"addresses":\[\]/);
    await server.waitFor(/DHCPDECLINE\(tap0\) 10\.77\.0\.50/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a link-local address answers the kernel's ping", async () => {
  await using namespace = await makeNamespace();
  await namespace.run("ip", ["addr", "add", "169.254.0.9/16", "dev", "tap0"]);
  const peer = start(namespace, { linkLocal: "always" });
  await peer.waitFor('"event":"address"', 15_000);
  const [, address] = /"addresses":\["(169\.254\.\d+\.\d+)\/16"\]/.exec(peer.stdout)!;
  const ping = await namespace.run("ping", ["-c", "1", "-W", "2", address!], { check: false });
  assertMatch(ping.stdout, /1 received/);
});
