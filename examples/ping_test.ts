import { assert, assertEquals, assertMatch } from "@std/assert";
import type { PingResult } from "@octet/internet";
import { exampleCommand, runExample } from "./_child.ts";
import { parseArguments } from "./_arguments.ts";
import { pingOptions, type PingSettings, readPingSettings } from "./_ping_options.ts";
import { PingReport } from "./_ping_report.ts";

function settings(...args: string[]): PingSettings {
  return readPingSettings(parseArguments(args, pingOptions, ["HOST"]));
}

function result(fields: Partial<PingResult> = {}): PingResult {
  return {
    kind: "reply",
    address: "192.0.2.1",
    sequence: 1,
    size: 56,
    ttl: 63,
    time: 1,
    isDuplicate: false,
    type: 0,
    code: 0,
    info: 0,
    options: new Uint8Array(0),
    ...fields,
  };
}

/** What stays the same from run to run. */
function withoutTimes(text: string): string {
  return text.replace(/\d+(\.\d+)?(?=[ /]?(ms|m?s\b))/g, "T").replace(/(\d+\.\d{3}\/)+T/g, "T");
}

Deno.test("Lines and summary are those of iputils", async () => {
  const { code, stdout, stderr } = await runExample("ping.ts", [
    ...["www.octet.test", "-c", "3", "-i", "0.01"],
  ]);
  assertEquals([code, stderr], [0, ""]);
  assertEquals(
    withoutTimes(stdout),
    `PING www.octet.test (10.77.0.1) 56(84) bytes of data.
64 bytes from www.octet.test (10.77.0.1): icmp_seq=1 ttl=64 time=T ms
64 bytes from www.octet.test (10.77.0.1): icmp_seq=2 ttl=64 time=T ms
64 bytes from www.octet.test (10.77.0.1): icmp_seq=3 ttl=64 time=T ms

--- www.octet.test ping statistics ---
3 packets transmitted, 3 received, 0% packet loss, time Tms
rtt min/avg/max/mdev = T ms
`,
  );
});

Deno.test("ping ends with 0 when something answers, 1 when nothing does, 2 when the host cannot be asked", async () => {
  const table: readonly (readonly [number, string[], RegExp])[] = [
    [0, ["10.77.0.1", "-c", "1"], /^64 bytes from 10\.77\.0\.1: icmp_seq=1 ttl=64 /m],
    [0, ["10.77.0.1", "-c1", "-s3000"], /^3008 bytes from /m],
    [1, ["10.77.0.9", "-c", "1", "-W", "0.1"], /1 packets transmitted, 0 received, 100% /],
    [1, ["10.77.0.1", "-c", "9", "-w", "0.2", "-i", "0.1"], /^[123] packets transmitted/m],
    [1, ["10.77.0.1", "-c", "1", "-M", "do", "-s", "1473"], /0 received, \+1 errors, 100% /],
    [2, ["www.example.com", "-c", "1"], /Cannot resolve www\.example\.com/],
    [2, ["224.0.0.300"], /Cannot resolve/],
    [2, ["10.77.0.1", "--ip", "10.1.0.2/24"], /Cannot ping 10\.77\.0\.1: Network is unreachable/],
    [2, ["10.77.0.255"], /10\.77\.0\.255 is a broadcast address: add -b/],
    [1, ["10.77.0.255", "-b", "-c", "1", "-W", "0.1"], /1 packets transmitted/],
    [2, [], /Missing HOST/],
    [2, ["10.77.0.1", "-c", "0"], /--count wants/],
    [2, ["10.77.0.1", "-i", "0"], /--interval wants/],
    [2, ["10.77.0.1", "-s", "65508"], /--size wants/],
    [2, ["10.77.0.1", "-t", "256"], /--ttl wants/],
    [2, ["10.77.0.1", "-Q", "256"], /--tos wants/],
    [2, ["10.77.0.1", "-M", "maybe"], /--pmtudisc wants do or dont/],
    [2, ["10.77.0.1", "-T", "x"], /--timestamp wants tsonly or tsandaddr/],
    [2, ["10.77.0.1", "-R", "-T", "tsonly"], /do not go together/],
    [2, ["10.77.0.1", "-Z"], /Unknown option -Z/],
  ];
  const todo = [...table];
  const work = async (): Promise<void> => {
    for (let next = todo.shift(); next !== undefined; next = todo.shift()) {
      const [code, args, says] = next;
      const { stdout, stderr, ...rest } = await runExample("ping.ts", args);
      assertEquals(rest.code, code, `${args.join(" ")}\n${stdout}${stderr}`);
      assertMatch(code === 2 ? stderr : stdout, says);
      if (code === 2) assertEquals([stdout, stderr.split("\n").length], ["", 2]);
    }
  };
  await Promise.all([work(), work()]);
});

Deno.test("A datagram that the link does not take is a local error", async () => {
  const { stderr } = await runExample("ping.ts", [
    ...["10.77.0.1", "-c", "1", "-M", "do", "-s", "1473"],
  ]);
  assertEquals(stderr, "ping: local error: message too long, mtu=1500\n");
});

Deno.test("--json is one object, --quiet leaves the answers out", async () => {
  const told = JSON.parse(
    (await runExample("ping.ts", ["10.77.0.1", "-c", "2", "-i", "0.01", "--json"])).stdout,
  );
  const { rtt, results, time, ...rest } = told;
  assertEquals(rest, {
    target: "10.77.0.1",
    address: "10.77.0.1",
    size: 56,
    transmitted: 2,
    received: 2,
    duplicates: 0,
    errors: 0,
    loss: 0,
  });
  assert(rtt.min <= rtt.avg && rtt.avg <= rtt.max && time >= 0);
  assertEquals(results.map(({ sequence }: PingResult) => sequence), [1, 2]);
  const quiet = await runExample("ping.ts", ["10.77.0.1", "-c", "200", "-fq", "--json"]);
  const { received, results: none } = JSON.parse(quiet.stdout);
  assertEquals([received, none], [200, undefined]);
  const lines = await runExample("ping.ts", ["10.77.0.1", "-c", "200", "-fq"]);
  assertMatch(
    withoutTimes(lines.stdout),
    /^PING .*\n\n---.*---\n200 packets transmitted, 200 received, 0% packet loss, time Tms\nrtt .*, ipg\/ewma T ms\n$/,
  );
});

Deno.test("--record-route and --timestamp show what was written on the way", async () => {
  const route = await runExample("ping.ts", ["10.77.0.1", "-c", "2", "-i", "0.01", "-R"]);
  assertMatch(route.stdout, /^PING 10\.77\.0\.1 \(10\.77\.0\.1\) 56\(124\) bytes/);
  assertMatch(
    route.stdout,
    /icmp_seq=1 .* ms\nRR: \t10\.77\.0\.\d+\n\t10\.77\.0\.1\n\n64 .* ms\t\(same route\)\n/,
  );
  const times = await runExample("ping.ts", ["10.77.0.1", "-c", "1", "-T", "tsandaddr"]);
  assertMatch(times.stdout, /\nTS: \t10\.77\.0\.\d+\t\d+ absolute\n\t10\.77\.0\.1\t-?\d+\n/);
  const only = await runExample("ping.ts", ["10.77.0.1", "-c", "1", "-T", "tsonly"]);
  assertMatch(only.stdout, /\nTS: \t\d+ absolute\n\t-?\d+\n/);
});

Deno.test("Ctrl-C ends ping with the summary, and 0 when something was answered", async () => {
  const answered = await runExample("ping.ts", ["10.77.0.1", "-i", "0.01"], {
    interruptAfter: "icmp_seq=3",
  });
  assertEquals(answered.code, 0);
  assertMatch(answered.stdout, /\d+ packets transmitted, \d+ received, .*\nrtt /);
  const silent = await runExample("ping.ts", ["10.77.0.9"], { interruptAfter: "PING" });
  assertEquals(silent.code, 1);
  assertMatch(silent.stdout, /0 received, 100% packet loss, time 0ms\n\n$/);
});

Deno.test("Who closes standard output early hears nothing of it", async () => {
  const child = exampleCommand("ping.ts", ["10.77.0.1", "-i", "0.002"]).spawn();
  const errors = new Response(child.stderr).text();
  const reader = child.stdout.getReader();
  await reader.read();
  await reader.cancel();
  assertEquals((await child.status).code, 23);
  assertEquals(await errors, "");
});

Deno.test("What comes back is told in iputils' words", () => {
  const report = new PingReport(settings("host", "-c", "9"), "192.0.2.1", ["192.0.2.7"]);
  report.transmitted = 1;
  const say = (fields: Partial<PingResult>) => report.add(result(fields));
  const error = (type: number, code: number, info = 0) =>
    say({ kind: "error", address: "192.0.2.9", type, code, info }).replace(
      "From 192.0.2.9 icmp_seq=1 ",
      "",
    );
  assertEquals(say({}), "64 bytes from host (192.0.2.1): icmp_seq=1 ttl=63 time=1.00 ms");
  assertEquals(
    say({ isDuplicate: true, time: 123.4 }),
    "64 bytes from host (192.0.2.1): icmp_seq=1 ttl=63 time=123 ms (DUP!)",
  );
  assertMatch(say({ sequence: 2, time: 12.34 }), /time=12\.3 ms$/);
  assertMatch(say({ sequence: 3, time: 0.1234 }), /time=0\.123 ms$/);
  assertEquals(error(3, 0), "Destination Net Unreachable");
  assertEquals(error(3, 1), "Destination Host Unreachable");
  assertEquals(error(3, 4, 1400), "Frag needed and DF set (mtu = 1400)");
  assertEquals(error(3, 13), "Packet filtered");
  assertEquals(error(3, 99), "Dest Unreachable, Bad Code: 99");
  assertEquals(error(11, 0), "Time to live exceeded");
  assertEquals(error(11, 1), "Frag reassembly time exceeded");
  assertEquals(error(12, 0, 0x14000000), "Parameter problem: pointer = 20");
  assertEquals(
    say({ kind: "error", address: "192.0.2.7", type: 3, code: 4, info: 1500 }),
    "ping: local error: message too long, mtu=1500",
  );
  report.transmitted = 5;
  assertEquals(report.summary(4001.4), [
    "",
    "--- host ping statistics ---",
    "5 packets transmitted, 3 received, +1 duplicates, +9 errors, 40% packet loss, time 4001ms",
    "rtt min/avg/max/mdev = 0.123/34.216/123.400/51.715 ms",
  ]);
});

Deno.test("The examples of --help work when pasted, where they need no device", async () => {
  const { stdout } = await runExample("ping.ts", ["--help"]);
  const lines = stdout.split("\n").filter((line) => line.startsWith("  deno run ")).slice(1);
  const pasted = lines.filter((line) => !line.includes("tap:"));
  assertEquals([lines.length, pasted.length], [4, 3]);
  for (const line of pasted) {
    const words = line.trim().split(" ").slice(3);
    const { code, stderr } = await runExample("ping.ts", words);
    assertEquals(code, 0, `${line}\n${stderr}`);
  }
});
