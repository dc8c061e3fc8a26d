/**
 * `ping` on a TAP, and iputils' beside it on the kernel: the same questions, the same answers.
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { requirePeers, type RunResult } from "./_namespace.ts";
import { RoutedNetwork } from "./_routed_network.ts";

const program = new URL("../examples/ping.ts", import.meta.url).pathname;
const link = ["--link", "tap:tap0", "--ip", "10.77.0.2/24", "--gateway", "10.77.0.1"];

function ours(network: RoutedNetwork, args: readonly string[]): Promise<RunResult> {
  return network.near.deno(
    ["run", "--no-check", "--no-prompt", "--allow-ffi", program, ...link, ...args],
    { check: false },
  );
}

/** The same with iputils. */
function theirs(network: RoutedNetwork, args: readonly string[]): Promise<RunResult> {
  return network.client.run("ping", args, { check: false });
}

/** What is the same wherever one stands: no times, our network for the client's. */
function shape({ code, stdout, stderr }: RunResult): string {
  const text = stdout
    .replace(/time=[\d.]+/g, "time=T")
    .replace(/time \d+ms/, "time Tms")
    .replaceAll("10.79.0.", "10.77.0.")
    // The kernel times what is long enough to carry a time.
    .replace(/^(\d|1[0-9]|2[0-3]) bytes (.*) time=T ms$/gm, "$1 bytes $2")
    .replace(/(\d+\.\d{3}\/)+\d+\.\d{3}/g, "T")
    // How many are on their way at once is the processor's business.
    .replace(/^(, )?pipe \d+$/m, "");
  return `${text}${stderr.replace(/mtu=\d+/, "mtu=M")}exit ${code}`;
}

Deno.test("ping says what iputils says", async () => {
  requirePeers("ping");
  await using network = await RoutedNetwork.create();
  const table: readonly (readonly [args: string, says: RegExp])[] = [
    ["10.80.0.2 -c 3 -i 0.1", /icmp_seq=3 ttl=62 time=T ms[^]*3 received, 0% packet loss/],
    ["10.77.0.1 -c 1", /icmp_seq=1 ttl=64 time=T ms[^]*exit 0$/],
    ["10.80.0.2 -c 1 -t 1", /^From 10\.77\.0\.1 icmp_seq=1 Time to live exceeded$[^]*exit 1$/m],
    ["10.80.0.2 -c 1 -t 2", /^From 10\.78\.0\.2 icmp_seq=1 Time to live exceeded$[^]*exit 1$/m],
    ["10.80.0.2 -c 1 -M do -s 1380", /Frag needed and DF set \(mtu = 1400\)[^]*exit 1$/],
    ["10.80.0.2 -c 1 -M do -s 2000", /ping: local error: message too long[^]*exit 1$/],
    ["10.80.0.2 -c 2 -i 0.1 -M dont -s 4000", /^4008 bytes from[^]*2 received/m],
    ["10.99.0.1 -c 1", /^From 10\.77\.0\.1 icmp_seq=1 Destination Net Unreachable$/m],
    ["10.78.0.9 -c 1", /^From 10\.77\.0\.1 icmp_seq=1 Destination Host Unreachable$/m],
    ["10.80.0.2 -c 4 -q -i 0.1", /4 packets transmitted, 4 received/],
    ["10.80.0.2 -c 20 -f", /20 packets transmitted, 20 received.*\n.*ipg\/ewma T ms/],
    ["10.80.0.2 -c 9 -w 1 -i 0.4", /^3 packets transmitted, 3 received[^]*exit 1$/m],
  ];
  for (const [words, says] of table) {
    const [real, found] = await Promise.all([
      theirs(network, words.replace("10.77.0.1", "10.79.0.1").split(" ")),
      ours(network, words.split(" ")),
    ]);
    assertEquals(shape(found), shape(real), `ping ${words}`);
    assertMatch(shape(found), says);
  }
});

Deno.test("ping -R and -T show the way through kernel routers, -O what is missing", async () => {
  await using network = await RoutedNetwork.create();
  const route = await ours(network, ["10.80.0.2", "-c", "2", "-i", "0.1", "-R"]);
  const way = [2, 1, 2, 2, 1, 1].map((host, i) => `10.${[77, 78, 80, 80, 78, 77][i]}.0.${host}`);
  assert(route.stdout.includes("10.80.0.1\n\t10.80.0.2\n\t10.80.0.2\n\t10.78.0.2\n"), route.stdout);
  assert(way.every((address) => route.stdout.includes(`\t${address}\n`)), route.stdout);
  assertMatch(route.stdout, /icmp_seq=2 .* ms\t\(same route\)$/m);
  const times = await ours(network, ["10.80.0.2", "-c", "1", "-T", "tsandaddr"]);
  assertMatch(
    times.stdout,
    /TS: \t10\.77\.0\.2\t\d+ absolute\n\t10\.77\.0\.1\t-?\d+\n\t10\.78\.0\.2\t-?\d+\n\t10\.80\.0\.2\t-?\d+\nUnrecorded hops: \d\n/,
  );
  const silent = await ours(network, ["10.77.0.9", "-c", "2", "-i", "0.2", "-W", "5", "-O"]);
  assertMatch(silent.stdout, /^no answer yet for icmp_seq=1$/m);
  assertMatch(silent.stdout, /^From 10\.77\.0\.2 icmp_seq=1 Destination Host Unreachable$/m);
  assertMatch(silent.stdout, /2 packets transmitted, 0 received, \+2 errors, 100% packet loss/);
  assertEquals(silent.code, 1);
});
