import { assert, assertEquals, assertMatch } from "@std/assert";
import type { TracerouteProbe } from "@octet/internet";
import { runExample } from "./_child.ts";
import { parseArguments } from "./_arguments.ts";
import {
  readTracerouteSettings,
  tracerouteOptions,
  type TracerouteSettings,
} from "./_traceroute_options.ts";
import { describeHop, describeSearch, hopJson } from "./_traceroute_report.ts";

function settings(...args: string[]): TracerouteSettings {
  return readTracerouteSettings(parseArguments(args, tracerouteOptions, ["HOST", "[BYTES]"]));
}

const silence: TracerouteProbe = { address: null, time: null, note: "" };

function answer(address: string, time: number, note: string = ""): TracerouteProbe {
  return { address, time, note };
}

const names = new Map([["192.0.2.1", "one.test"]]);

Deno.test("A hop is a line as traceroute(8) prints it", () => {
  const line = (probes: TracerouteProbe[], known: Map<string, string> | null = names) =>
    describeHop({ ttl: 1, probes, isLast: false }, known);
  const [a, b, c] = [0.12345, 0.1, 12].map((time) => answer("192.0.2.1", time));
  assertEquals(line([a!, b!, c!]), " 1  one.test (192.0.2.1)  0.123 ms  0.100 ms  12.000 ms");
  assertEquals(line([a!, b!], null), " 1  192.0.2.1  0.123 ms  0.100 ms");
  assertEquals(line([silence, silence, silence]), " 1  * * *");
  assertEquals(line([silence, a!, silence], null), " 1  * 192.0.2.1  0.123 ms *");
  // The same one behind a silence needs no second naming, another does.
  assertEquals(line([a!, silence, b!], null), " 1  192.0.2.1  0.123 ms *  0.100 ms");
  const other = answer("192.0.2.9", 5, "!H");
  assertEquals(
    line([a!, other, b!]),
    " 1  one.test (192.0.2.1)  0.123 ms 192.0.2.9 (192.0.2.9)  5.000 ms !H one.test (192.0.2.1)  0.100 ms",
  );
  assertEquals(
    describeHop({ ttl: 12, probes: [other, other], isLast: true }, null),
    "12  192.0.2.9  5.000 ms !H  5.000 ms !H",
  );
  assertEquals(
    hopJson({ ttl: 3, probes: [a!, other, silence], isLast: false }, names),
    { ttl: 3, probes: [{ ...a!, name: "one.test" }, other, silence] },
  );
});

Deno.test("The letters are those of traceroute(8)", () => {
  const found = settings("host", "100", ..."-I -q1 -m 9 -f 2 -w 0.5 -N 4 -n -F -t 0x10".split(" "));
  assertEquals([found.target, found.size, found.isNumeric], ["host", 100, true]);
  assertEquals(found.search, {
    protocol: "icmp",
    firstHop: 2,
    maxHops: 9,
    queries: 1,
    timeout: 500,
    fragment: false,
    parallel: 4,
    trafficClass: 16,
  });
  assertEquals(settings("host", "-T", "-p", "443").search.port, 443);
  assertEquals(
    describeSearch(settings("host"), "192.0.2.1"),
    "traceroute to host (192.0.2.1), 30 hops max, 60 byte packets",
  );
});

Deno.test("traceroute finds the gateway, by each protocol, with its name", async () => {
  const head = "traceroute to www.octet.test (10.77.0.1), 30 hops max, 60 byte packets\n";
  for (const args of [[], ["-I"], ["-T"], ["-T", "-p", "81"]]) {
    const { code, stdout, stderr } = await runExample("traceroute.ts", [
      ...["www.octet.test", "-q", "2", ...args],
    ]);
    assertEquals([code, stderr], [0, ""]);
    assert(stdout.startsWith(head), stdout);
    assertMatch(
      stdout.slice(head.length),
      /^ 1 {2}gateway\.octet\.test \(10\.77\.0\.1\) {2}\d+\.\d{3} ms {2}\d+\.\d{3} ms\n$/,
    );
  }
});

Deno.test("traceroute ends with 0 whether or not it arrives, with 2 when it cannot look", async () => {
  const table: readonly (readonly [code: number, args: string, says: RegExp])[] = [
    [0, "10.77.0.1 -n -q 1", /\n 1 {2}10\.77\.0\.1 {2}\d+\.\d{3} ms\n$/],
    [0, "10.77.0.9 -n -m 2 -q 2 -w 0.1", / byte packets\n 1 {2}\* \*\n 2 {2}\* \*\n$/],
    [0, "10.77.0.1 1400 -n -q 1", /, 1400 byte packets\n 1 {2}10\.77\.0\.1 /],
    [2, "", /Missing HOST/],
    [2, "www.example.com", /Cannot resolve www\.example\.com/],
    [2, "10.77.0.1 --ip 10.1.0.2/24", /Cannot trace 10\.77\.0\.1: Network is unreachable/],
    [2, "10.77.0.9 --timeout 0.2", /Timed out after 0\.2 s/],
    [2, "10.77.0.1 27", /BYTES wants a whole number from 28/],
    [2, "10.77.0.1 60 more", /Unexpected argument "more"/],
    [2, "10.77.0.1 -I -T", /--icmp and --tcp do not go together/],
    [2, "10.77.0.1 -I -p 80", /--port does not go with --icmp/],
    [2, "10.77.0.1 -p 65447", /--port wants 65446 or less/],
    [2, "10.77.0.1 -f 9 -m 8", /--first wants a hop up to --max-hops, 8, not 9/],
    [2, "10.77.0.1 -q 11", /--queries wants/],
    [2, "10.77.0.1 -w 0", /--wait wants/],
    [2, "10.77.0.1 -N 0", /--parallel wants/],
    [2, "10.77.0.1 -t 256", /--tos wants/],
  ];
  const todo = [...table];
  const work = async (): Promise<void> => {
    for (let next = todo.shift(); next !== undefined; next = todo.shift()) {
      const [code, words, says] = next;
      const args = words.split(" ").filter((word) => word !== "");
      const { stdout, stderr, ...rest } = await runExample("traceroute.ts", args);
      assertEquals(rest.code, code, `${words}\n${stdout}${stderr}`);
      assertMatch(code === 2 ? stderr : stdout, says);
      if (code === 2) assertEquals(stderr.split("\n").length, 2);
    }
  };
  await Promise.all([work(), work()]);
});

Deno.test("--json is one object; Ctrl-C ends traceroute with 130", async () => {
  const { stdout } = await runExample("traceroute.ts", ["10.77.0.1", "-q", "1", "--json"]);
  const { hops, ...rest } = JSON.parse(stdout);
  assertEquals(rest, {
    target: "10.77.0.1",
    address: "10.77.0.1",
    protocol: "udp",
    size: 60,
    isReached: true,
  });
  assertEquals([hops.length, hops[0].ttl, hops[0].probes[0].name], [1, 1, "gateway.octet.test"]);
  const ended = await runExample("traceroute.ts", ["10.77.0.9"], { interruptAfter: "traceroute" });
  assertEquals([ended.code, ended.stderr], [130, ""]);
});

Deno.test("The examples of --help work when pasted, where they need no device", async () => {
  const { stdout } = await runExample("traceroute.ts", ["--help"]);
  const lines = stdout.split("\n").filter((line) => line.startsWith("  deno run ")).slice(1);
  const pasted = lines.filter((line) => !line.includes("tap:"));
  assertEquals([lines.length, pasted.length], [3, 2]);
  for (const line of pasted) {
    const { code, stderr } = await runExample("traceroute.ts", line.trim().split(" ").slice(3));
    assertEquals(code, 0, `${line}\n${stderr}`);
  }
});
