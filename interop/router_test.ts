import { assert, assertEquals, assertMatch } from "@std/assert";
import { Namespace, type NamespaceChild } from "./_namespace.ts";

const self = new URL("./_router.ts", import.meta.url).pathname;

/** A router in a namespace of its own, with TAPs that lead to others. */
class Network implements AsyncDisposable {
  readonly client: Namespace;
  readonly server: Namespace;
  readonly #middle: Namespace;
  readonly router: NamespaceChild;

  private constructor(client: Namespace, server: Namespace, middle: Namespace, taps: string[]) {
    this.client = client;
    this.server = server;
    this.#middle = middle;
    this.router = middle.spawnDeno(["run", "-A", "--no-check", self, ...taps]);
  }

  static async create(taps: string[]): Promise<Network> {
    const client = await Namespace.create();
    const server = await Namespace.create();
    const middle = await Namespace.create();
    return new Network(client, server, middle, taps);
  }

  /** Moves a TAP's kernel side to a namespace, and gives it an address. */
  async connect(tap: string, namespace: Namespace, address: string): Promise<void> {
    await this.router.waitFor("ready", 20_000);
    await this.#middle.run("ip", ["link", "set", tap, "netns", namespace.name]);
    await namespace.run("ip", ["address", "add", address, "dev", tap]);
    await namespace.run("ip", ["link", "set", tap, "up"]);
  }

  async tell(command: string, answer: string | RegExp): Promise<void> {
    await this.router.write(`${command}\n`);
    await this.router.waitFor(answer);
  }

  async counters(): Promise<Record<string, number>> {
    await this.tell("counters", /\{.*\}\n/);
    return JSON.parse(this.router.stdout.match(/\{.*\}/g)!.at(-1)!);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#middle[Symbol.asyncDispose]();
    await this.server[Symbol.asyncDispose]();
    await this.client[Symbol.asyncDispose]();
  }
}

/** Bytes a second that iperf3 has measured at the receiver. */
async function iperf(net: Network, address: string, args: string[] = []): Promise<number> {
  const server = net.server.spawn("iperf3", ["-s", "-1", "--forceflush"]);
  await server.waitFor("listening");
  const found = await net.client.json("iperf3", ["-c", address, "-t", "1", "-J", ...args]) as {
    end: { sum_received?: { bytes: number }; sum?: { bytes: number; lost_percent: number } };
  };
  await server.finish();
  return found.end.sum_received?.bytes ?? found.end.sum!.bytes;
}

for (const plain of ["", ",plain"]) {
  Deno.test(`curl, iperf3 and ping pass a router with NAT${plain === "" ? "" : ", one side without offloads"}`, async () => {
    await using net = await Network.create([
      "in0=192.168.7.1/24",
      `out0=203.0.113.1/24,nat${plain}`,
    ]);
    await net.connect("in0", net.client, "192.168.7.2/24");
    await net.connect("out0", net.server, "203.0.113.9/24");
    await net.client.run("ip", ["route", "add", "default", "via", "192.168.7.1"]);

    const first = await net.client.run("ping", ["-c", "3", "-i", "0.2", "203.0.113.9"]);
    assertMatch(first.stdout, /3 received, 0% packet loss/);
    assertMatch(first.stdout, /ttl=63/);
    const large = await net.client.run("ping", [
      "-c",
      "2",
      "-i",
      "0.2",
      "-s",
      "20000",
      "203.0.113.9",
    ]);
    assertMatch(large.stdout, /2 received, 0% packet loss/);
    const hop = await net.client.run("ping", ["-c", "1", "-t", "1", "203.0.113.9"], {
      check: false,
    });
    assertMatch(hop.stdout, /From 192\.168\.7\.1 .*Time to live exceeded/);
    const trace = await net.client.run("nmap", [
      "-n",
      "-Pn",
      "-p",
      "80",
      "--traceroute",
      "--max-retries",
      "1",
      "203.0.113.9",
    ]);
    assertMatch(trace.stdout, /1 .*192\.168\.7\.1\n2 .*203\.0\.113\.9/);

    const page = "x".repeat(300_000);
    const web = net.server.spawnDeno([
      "eval",
      `Deno.serve({ port: 80 }, (_, { remoteAddr }) => new Response(remoteAddr.hostname + "${
        page.slice(0, 1000)
      }".repeat(300)))`,
    ]);
    await web.waitFor("Listening");
    const got = await net.client.run("curl", ["-s", "--max-time", "10", "http://203.0.113.9/"]);
    assertEquals(got.stdout, `203.0.113.1${page}`);
    const none = await net.client.run("curl", ["-s", "http://203.0.113.9:81/"], { check: false });
    assertEquals(none.code, 7);

    const atLeast = 5_000_000;
    for (const args of [[], ["-R"], ["-P", "4"], ["-u", "-b", "50M"]]) {
      const bytes = await iperf(net, "203.0.113.9", args);
      assert(bytes > atLeast, `iperf3 ${args.join(" ")} carried ${bytes} bytes`);
    }
    const { IpForwDatagrams, NatMappingsCreated, IpInHdrErrors } = await net.counters();
    assert(IpForwDatagrams! > 100 && NatMappingsCreated! > 5 && IpInHdrErrors! >= 1);
  });
}

Deno.test("a connection survives a route change, and an interface that goes down", async () => {
  await using net = await Network.create([
    "in0=10.1.0.1/24",
    "one0=10.2.0.1/24",
    "two0=10.3.0.1/24",
  ]);
  await net.connect("in0", net.client, "10.1.0.2/24");
  await net.connect("one0", net.server, "10.2.0.2/24");
  await net.connect("two0", net.server, "10.3.0.2/24");
  await net.client.run("ip", ["route", "add", "default", "via", "10.1.0.1"]);
  await net.server.run("ip", ["address", "add", "10.9.9.9/32", "dev", "lo"]);
  await net.server.run("ip", ["route", "add", "default", "via", "10.2.0.1"]);
  await net.tell("route 10.9.9.9/32 10.2.0.2 0", "added");
  await net.tell("route 10.9.9.9/32 10.3.0.2 10", /added\nadded/);

  const server = net.server.spawn("iperf3", ["-s", "-1", "-B", "10.9.9.9", "--forceflush"]);
  await server.waitFor("listening");
  const client = net.client.spawn("iperf3", [
    "-c",
    "10.9.9.9",
    "-t",
    "3",
    "-i",
    "0.5",
    "-b",
    "100M",
    "--forceflush",
  ]);
  await client.waitFor("0.50-1.00");
  await net.tell("unroute 10.9.9.9/32 10.2.0.2", "removed 1");
  await client.waitFor("1.00-1.50");
  await net.tell("route 10.9.9.9/32 10.2.0.2 0", /removed 1\nadded/);
  await net.tell("down one0", "down");
  await net.server.run("ip", ["route", "replace", "default", "via", "10.3.0.1"]);
  await client.finish();
  await server.finish();
  const last = client.stdout.match(/2\.50-3\.\d+ +sec +([\d.]+) +(K|M|G)Bytes/);
  assert(last !== null && last[2] !== "K" && Number(last[1]) > 1, client.stdout);
});
