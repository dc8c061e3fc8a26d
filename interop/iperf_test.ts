/**
 * `iperf` on a TAP against `iperf3` of the kernel's side, as server and as client.
 */
import { assert, assertAlmostEquals, assertEquals, assertMatch } from "@std/assert";
import { Namespace, type NamespaceChild, requirePeers } from "./_namespace.ts";

const program = new URL("../examples/iperf.ts", import.meta.url).pathname;
const link = ["--link", "tap:tap0", "--host-ip", "10.77.0.1/24", "--ip", "10.77.0.2/24"];
const run = ["run", "--no-check", "--no-prompt", "--allow-ffi", program];

/** The part of a report of iperf3, or of ours, that is looked at. */
interface Report {
  readonly error?: string;
  readonly start: { readonly connected: readonly unknown[]; readonly test_start: unknown };
  readonly intervals: readonly { readonly streams: readonly unknown[]; readonly sum: Sum }[];
  readonly end: {
    readonly streams: readonly unknown[];
    readonly sum?: Sum;
    readonly sum_sent: Sum;
    readonly sum_received: Sum;
    readonly sum_sent_bidir_reverse?: Sum;
    readonly sum_received_bidir_reverse?: Sum;
    readonly cpu_utilization_percent: Readonly<Record<string, number>>;
  };
}

interface Sum {
  readonly bytes: number;
  readonly seconds: number;
  readonly bits_per_second: number;
  readonly packets?: number;
  readonly lost_packets?: number;
}

/** Looks at what both directions of TCP tests have in common; gives Gbit/s received. */
function checkTcp(report: Report, streams: number): number {
  assertEquals(report.error, undefined);
  const { end, start, intervals } = report;
  assertEquals([start.connected.length, end.streams.length], [streams, streams]);
  assert(intervals.length >= 1 && intervals.every((one) => one.streams.length === streams));
  const { sum_sent: sent, sum_received: received } = end;
  assert(received.bytes > 1e6, `${received.bytes} bytes received`);
  assert(sent.bytes >= received.bytes, `${sent.bytes} sent, ${received.bytes} received`);
  assert(sent.seconds > 0.9 && sent.seconds < 5, `${sent.seconds} s`);
  assertAlmostEquals(sent.bits_per_second * sent.seconds / 8, sent.bytes, sent.bytes / 10);
  return received.bits_per_second / 1e9;
}

async function startServer(namespace: Namespace, ...args: string[]): Promise<NamespaceChild> {
  const server = namespace.spawnDeno([...run, "-s", ...link, ...args]);
  await server.waitFor("Server listening on 5201");
  return server;
}

async function iperf3(namespace: Namespace, ...args: string[]): Promise<Report> {
  const { stdout } = await namespace.run("iperf3", ["-c", "10.77.0.2", "-J", ...args], {
    check: false,
  });
  return JSON.parse(stdout);
}

function tell(what: string, gbit: number): void {
  console.log(`    ${what}: ${gbit.toFixed(2)} Gbit/s`);
}

Deno.test("iperf serves iperf3: TCP both ways, one after another and at once, four streams, UDP", async () => {
  requirePeers("iperf3");
  await using namespace = await Namespace.create();
  const server = await startServer(namespace);
  tell("from iperf3", checkTcp(await iperf3(namespace, "-t", "1"), 1));
  tell("to iperf3", checkTcp(await iperf3(namespace, "-t", "1", "-R"), 1));
  tell("from iperf3, -P 4", checkTcp(await iperf3(namespace, "-t", "1", "-P", "4"), 4));
  tell("to iperf3, -P 4", checkTcp(await iperf3(namespace, "-t", "1", "-P", "4", "-R"), 4));
  const both = await iperf3(namespace, "-t", "1", "--bidir");
  tell("from iperf3, both ways", checkTcp(both, 2));
  assert(both.end.sum_received_bidir_reverse!.bytes > 1e6);

  const counted = await iperf3(namespace, "-n", "20M");
  assertEquals(counted.error, undefined);
  assert(counted.end.sum_sent.bytes >= 20 * 2 ** 20);
  const omitted = await iperf3(namespace, "-t", "1", "-O", "1", "-R");
  assert(checkTcp(omitted, 1) > 0 && omitted.end.sum_received.seconds < 2);

  for (const reverse of [[], ["-R"], ["--udp-counters-64bit"]]) {
    // All of it fits into the device's queue: a pause of the machine costs none.
    const udp = await iperf3(namespace, "-t", "1", "-u", "-b", "4M", "-l", "1000", ...reverse);
    assertEquals(udp.error, undefined);
    const { packets, lost_packets: lost } = udp.end.sum!;
    assert(packets! > 300 && packets! < 700, `${packets} datagrams`);
    assert(lost! <= packets! / 10, `${lost} of ${packets} lost`);
  }
  const paced = await iperf3(namespace, "-t", "1", "-R", "-b", "50M");
  assert(paced.end.sum_received.bits_per_second < 80e6);
  await server.stop("SIGINT");
  assertEquals(await server.exited, 130, server.stderr);
  assertEquals(server.stderr, "");
  assertMatch(server.stdout, /^\[ {2}5\] {3}0\.00-\d\.\d\d {3}sec .* receiver$/m);
});

Deno.test("iperf tests against iperf3: TCP both ways, four streams, UDP, a server that is busy", async () => {
  requirePeers("iperf3");
  await using namespace = await Namespace.create();
  const test = async (...args: string[]): Promise<Report> => {
    await using server = namespace.spawn("iperf3", ["-s", "-1", "--forceflush"]);
    await server.waitFor("Server listening");
    return JSON.parse(
      (await namespace.deno([...run, "-c", "10.77.0.1", "-J", ...link, ...args])).stdout,
    );
  };
  tell("to iperf3", checkTcp(await test("-t", "1"), 1));
  tell("from iperf3", checkTcp(await test("-t", "1", "-R"), 1));
  tell("to iperf3, -P 4", checkTcp(await test("-t1", "-P4"), 4));
  const both = await test("-t", "1", "--bidir");
  checkTcp(both, 2);
  assert(both.end.sum_received_bidir_reverse!.bytes > 1e6);
  const counted = await test("-n", "20M");
  assertEquals(counted.error, undefined);
  assert(counted.end.sum_sent.bytes >= 20 * 2 ** 20);
  for (const reverse of [[], ["-R"]]) {
    const udp = await test("-t", "1", "-u", "-b", "4M", "-l", "1000", ...reverse);
    const { packets, lost_packets: lost } = udp.end.sum!;
    assert(packets! > 300 && packets! < 700, `${packets} datagrams`);
    assert(lost! <= packets! / 10, `${lost} of ${packets} lost`);
  }

  await using server = namespace.spawn("iperf3", ["-s", "--forceflush"]);
  await server.waitFor("Server listening");
  await using busy = namespace.spawn("iperf3", ["-c", "127.0.0.1", "-t", "30", "-b", "1M"]);
  await server.waitFor("Accepted connection");
  const refused = await namespace.deno([...run, "-c", "10.77.0.1", ...link], { check: false });
  assertEquals(refused.code, 1);
  assertEquals(refused.stderr, "iperf: The server is busy with another test: try again later\n");
  await busy.stop();
});
