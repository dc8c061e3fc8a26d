/**
 * A virtual address that moves between two machines on a bridge, as a third one sees it.
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { Namespace, type NamespaceChild, requirePeers } from "./_namespace.ts";

const program = new URL("../examples/vip.ts", import.meta.url).pathname;
const address = "10.77.0.100";

interface Bridge extends AsyncDisposable {
  /** The third machine, 10.77.0.1 on br0. */
  readonly far: Namespace;
  /** The two that hold the address, on veth0 and veth1. */
  readonly holders: readonly [Namespace, Namespace];
}

async function makeBridge(): Promise<Bridge> {
  requirePeers("arping", "ip", "ping");
  await using made = new AsyncDisposableStack();
  const make = async (): Promise<Namespace> => made.use(await Namespace.create());
  const [far, first, second] = [await make(), await make(), await make()];
  await far.run("ip", ["link", "add", "br0", "type", "bridge"]);
  for (const [i, holder] of [first, second].entries()) {
    await far.joinTo(holder, `veth${i}`);
    await far.run("ip", ["link", "set", `veth${i}`, "master", "br0"]);
    await holder.run("ip", ["addr", "add", `10.77.0.1${i}/24`, "dev", `veth${i}`]);
  }
  await far.run("ip", ["addr", "add", "10.77.0.1/24", "dev", "br0"]);
  await far.run("ip", ["link", "set", "br0", "up"]);
  const owned = made.move();
  return {
    far,
    holders: [first, second],
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

function hold({ holders }: Bridge, index: 0 | 1, ...options: string[]): NamespaceChild {
  return holders[index].spawnDeno([
    ...["run", "--no-check", "--no-prompt", "--allow-ffi", program],
    ...[`veth${index}`, address, "--json", ...options],
  ]);
}

async function macOf({ holders }: Bridge, index: 0 | 1): Promise<string> {
  const found = await holders[index].json("ip", ["-json", "link", "show", `veth${index}`]);
  return (found as { address: string }[])[0]!.address;
}

async function addresses({ holders }: Bridge, index: 0 | 1): Promise<string> {
  return (await holders[index].run("ip", ["-4", "-br", "addr", "show", `veth${index}`])).stdout;
}

/** Who answers for the address, as arping sees it. */
async function answers({ far }: Bridge): Promise<string[]> {
  const args = ["-c", "1", "-w", "1", "-b", "-I", "br0", address];
  const result = await far.run("arping", args, { check: false });
  return [...result.stdout.matchAll(/reply from \S+ \[(\S+)\]/g)].map((one) =>
    one[1]!.toLowerCase()
  );
}

async function cached({ far }: Bridge): Promise<string | undefined> {
  const found = await far.json("ip", ["-json", "neigh", "show", address]) as { lladdr?: string }[];
  return found[0]?.lladdr;
}

Deno.test("A virtual address moves within a second to who claims it last, and leaves on Ctrl-C", async () => {
  await using bridge = await makeBridge();
  const { far } = bridge;
  const ping = () => far.run("ping", ["-c", "1", "-W", "1", address], { check: false });
  const macs = [await macOf(bridge, 0), await macOf(bridge, 1)] as const;
  const first = hold(bridge, 0);
  await first.waitFor(/"event":"claimed".*"mac":"[0-9a-f:]+"/);
  assertMatch((await ping()).stdout, /1 received/);
  assertEquals(await cached(bridge), macs[0]);
  assertEquals(await answers(bridge), [macs[0]]);

  const second = hold(bridge, 1);
  await second.waitFor('"event":"claimed"');
  const claimed = performance.now();
  // The announcement alone moves it: nobody has asked.
  assertEquals(await first.exited, 3);
  assertMatch(first.stdout, new RegExp(`"event":"taken".*"mac":"${macs[1]}"`));
  assertMatch((await ping()).stdout, /1 received/);
  assertEquals(await cached(bridge), macs[1]);
  const took = performance.now() - claimed;
  assert(took < 1000, `it took ${took} ms`);
  assertEquals(await answers(bridge), [macs[1]]);
  assert(!(await addresses(bridge, 0)).includes(address));
  assert((await addresses(bridge, 1)).includes(`${address}/32`));

  await second.stop("SIGINT");
  assertEquals(await second.exited, 130);
  assertMatch(second.stdout, /"event":"withdrawn"/);
  assertEquals(await answers(bridge), []);
  assert(!(await addresses(bridge, 1)).includes(address));
});

Deno.test("vip leaves an address to who has it, or keeps it, as it is told; and says what is wrong", async () => {
  await using bridge = await makeBridge();
  const [mine, other] = bridge.holders;
  const holder = hold(bridge, 0, "--defend", "--interval", "0.2", "--verbose");
  await holder.waitFor(/(announced.*\n[^]*){3}/);
  const args = ["run", "--no-check", "--no-prompt", "--allow-ffi", program];
  const attempt = async (namespace: Namespace, ...more: string[]): Promise<[number, string]> => {
    const result = await namespace.deno([...args, ...more], { check: false });
    assertEquals(result.stdout, "");
    return [result.code, result.stderr];
  };
  const probing = await attempt(other, "veth1", address, "--probe");
  const mac = await macOf(bridge, 0);
  assertEquals(probing, [3, `vip: Cannot claim ${address} as ${mac} on veth1 has it\n`]);
  const twice = await attempt(mine, "veth0", address);
  assertEquals(twice[0], 1);
  assertMatch(twice[1], /^vip: Cannot claim 10\.77\.0\.100 as veth0 has it already: [^\n]*\n$/);
  const unknown = await attempt(mine, "nope", address);
  assertEquals(unknown[0], 1);
  assertMatch(
    unknown[1],
    /^vip: Cannot open packet socket on nope as there is no such interface[^\n]*\n$/,
  );
  const nobody = await mine.runAsNobody(Deno.execPath(), [...args, "veth0", "10.77.0.101"], {
    check: false,
  });
  assertEquals(nobody.code, 1);
  assertMatch(nobody.stderr, /^vip: Cannot open packet socket .* CAP_NET_RAW[^\n]*\n$/);

  // Another claims it all the same: the defender stays, and so does the other, until the first is taken away.
  const rival = hold(bridge, 1, "--defend");
  await rival.waitFor('"event":"claimed"');
  await mine.run("ip", ["addr", "del", `${address}/32`, "dev", "veth0"]);
  assertEquals(await holder.exited, 1);
  assertMatch(
    holder.stderr,
    /^vip: Cannot hold 10\.77\.0\.100 as somebody has removed it from veth0$/m,
  );
  await other.run("ip", ["link", "del", "veth1"]);
  assertEquals(await rival.exited, 1);
  assertMatch(
    rival.stderr,
    /^vip: Cannot use veth1 as its interface has been deleted \(EBADFD\)$/m,
  );
});
