/**
 * `traceroute` on a TAP through two routers of the kernel's.
 */
import { assertEquals, assertMatch } from "@std/assert";
import type { RunResult } from "./_namespace.ts";
import { RoutedNetwork } from "./_routed_network.ts";

const program = new URL("../examples/traceroute.ts", import.meta.url).pathname;
const link = ["--link", "tap:tap0", "--ip", "10.77.0.2/24", "--gateway", "10.77.0.1"];

function traceroute(network: RoutedNetwork, words: string): Promise<RunResult> {
  return network.near.deno(
    ["run", "--no-check", "--no-prompt", "--allow-ffi", program, ...link, ...words.split(" ")],
  );
}

/** The lines without the first, times as `T`. */
function hops({ stdout }: RunResult): string[] {
  return stdout.replace(/\d+\.\d{3} ms/g, "T").trimEnd().split("\n").slice(1);
}

Deno.test("traceroute finds the kernel's routers, by UDP, ICMP and TCP", async () => {
  await using network = await RoutedNetwork.create();
  const way = [" 1  10.77.0.1  T  T", " 2  10.78.0.2  T  T", " 3  10.80.0.2  T  T"];
  for (const words of ["", " -I", " -T", " -T -p 81", " --parallel=1"]) {
    assertEquals(hops(await traceroute(network, `10.80.0.2 -n -q 2${words}`)), way, words);
  }
  assertEquals(hops(await traceroute(network, "10.80.0.2 -n -q 2 -f 2 -m 2")), [way[1]!]);
});

Deno.test("traceroute tells where it goes no further, and where its probes are too long", async () => {
  await using network = await RoutedNetwork.create();
  assertEquals(hops(await traceroute(network, "10.80.0.2 1450 -n -q 1 -F")), [
    " 1  10.77.0.1  T",
    " 2  10.77.0.1  T !F-1400",
  ]);
  assertEquals(hops(await traceroute(network, "10.99.0.1 -n -q 1")), [" 1  10.77.0.1  T !N"]);
  assertEquals(hops(await traceroute(network, "10.78.0.9 -n -q 1")), [
    " 1  10.77.0.1  T",
    " 2  10.77.0.1  T !H",
  ]);
  await network.far.run("ip", ["route", "add", "prohibit", "10.81.0.0/24"]);
  await network.near.run("ip", ["route", "add", "10.81.0.0/24", "via", "10.78.0.2"]);
  assertEquals(hops(await traceroute(network, "10.81.0.1 -n -q 1")), [
    " 1  10.77.0.1  T",
    " 2  10.78.0.2  T !X",
  ]);
  // A router that says nothing is passed by.
  await network.far.run("ip", ["route", "add", "blackhole", "10.82.0.0/24"]);
  await network.near.run("ip", ["route", "add", "10.82.0.0/24", "via", "10.78.0.2"]);
  const silent = await traceroute(network, "10.82.0.1 -n -q 1 -w 0.5 -m 3");
  assertEquals(hops(silent), [" 1  10.77.0.1  T", " 2  *", " 3  *"]);
  assertMatch(silent.stdout, /^traceroute to 10\.82\.0\.1 \(10\.82\.0\.1\), 3 hops max, 60 byte /);
});
