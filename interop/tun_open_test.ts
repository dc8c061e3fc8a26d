/**
 * The ways to open a TUN/TAP device: made, attached to, handed over, with several queues; and programs on a TUN.
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { Namespace, requirePeers } from "./_namespace.ts";
import { flows } from "./_tun_peer.ts";

const peer = new URL("_tun_peer.ts", import.meta.url).pathname;
const run = ["run", "--no-check", "--no-prompt", "--cached-only", "--allow-ffi"];
const example = (name: string) => new URL(`../examples/${name}.ts`, import.meta.url).pathname;

async function open(namespace: Namespace, options: Record<string, unknown>): Promise<string> {
  const result = await namespace.deno([...run, peer, "open", JSON.stringify(options)]);
  return result.stdout.trim();
}

Deno.test("xcurl and httpserver work on a TUN, where there is no Ethernet", async () => {
  await using namespace = await Namespace.create();
  const server = namespace.spawnDeno([
    ...[...run, example("httpserver"), "--link", "tun:tun0", "--host-ip", "10.77.0.1/24"],
    ...["--ip", "10.77.0.2/24", "--gateway", "10.77.0.1"],
  ]);
  await server.waitFor("Listening on http://10.77.0.2/");
  const page = await namespace.run("curl", [
    ...["-sS", "-o", "/dev/null", "-w", "%{http_code} %{size_download}"],
    "http://10.77.0.2/bytes/16777216",
  ]);
  assertEquals(page.stdout, "200 16777216");
  // A host on a TUN of its own; the kernel routes between the two.
  await namespace.run("sysctl", ["-qw", "net.ipv4.ip_forward=1"]);
  const result = await namespace.deno([
    ...[...run, "--allow-read", "--allow-write", example("xcurl"), "--link", "tun:tun1"],
    ...["--host-ip", "10.78.0.1/24", "--ip", "10.78.0.2/24", "--gateway", "10.78.0.1", "--json"],
    ...["--output", "/dev/null", "http://10.77.0.2/bytes/1048576"],
  ]);
  assertMatch(result.stdout, /"bytes":1048576/);
  await server.stop("SIGINT");
  assertEquals(await server.exited, 130);
});

Deno.test("A device has several queues, and flows are spread over those that are open", async () => {
  await using namespace = await Namespace.create();
  const result = await namespace.deno([...run, "--allow-net", "--unstable-net", peer, "queues"]);
  const [, first, second] = /^queues: (\d+) (\d+) of/m.exec(result.stdout)!.map(Number);
  assertEquals(first! + second!, flows);
  assert(first! > flows / 10 && second! > flows / 10, result.stdout);

  await namespace.run("ip", ["tuntap", "add", "dev", "tap0", "mode", "tap", "multi_queue"]);
  await namespace.run("ip", ["tuntap", "add", "dev", "tap1", "mode", "tap"]);
  const table: [options: Record<string, unknown>, says: RegExp][] = [
    [{ name: "tap0" }, /"isMultiQueue":true/],
    [{ name: "tap1" }, /"isMultiQueue":false/],
    [{ name: "tap0", multiQueue: false }, /as it was made for several queues/],
    [{ name: "tap1", multiQueue: true }, /as it was made for one queue only: .*multi_queue/],
  ];
  for (const [options, says] of table) assertMatch(await open(namespace, options), says);
});

Deno.test("A device is made only where it may be, stays if it is to, and belongs to a user", async () => {
  await using namespace = await Namespace.create();
  const names = async () =>
    (await namespace.json("ip", ["-json", "link"]) as { ifname: string }[]).map((one) =>
      one.ifname
    );
  assertMatch(
    await open(namespace, { name: "tap0", create: false }),
    /^NotFound: Cannot open TAP device tap0 as there is no such device, and none is to be made/,
  );
  assertMatch(await open(namespace, { name: "tap0", persist: true, owner: 65534 }), /"tap0"/);
  assertEquals(await names(), ["lo", "tap0"]);
  assertMatch(
    await open(namespace, { name: "tap0", createNew: true }),
    /^AlreadyExists: Cannot open TAP device tap0 as there is one of the name already/,
  );
  const shown = await namespace.run("ip", ["tuntap", "show"]);
  assertMatch(shown.stdout, /^tap0: tap.* persist.* user 65534/);
  assertMatch(await open(namespace, { name: "tap0", persist: false }), /"tap0"/);
  assertEquals(await names(), ["lo"]);
});

const connectScript = `
import socket, sys
conn = socket.create_connection(("10.77.0.2", 7))
print("connected", flush=True)
conn.sendall(sys.stdin.buffer.readline())
sys.stdin.buffer.read()
`;

/** Opens a device, hands it over as descriptor 7, and becomes another program, without any capability. */
const handover = `
import fcntl, os, struct, sys
fd = os.open("/dev/net/tun", os.O_RDWR)
fcntl.ioctl(fd, 0x400454ca, struct.pack("16sH22x", b"tap9", int(sys.argv[1], 0)))
os.dup2(fd, 7, inheritable=True)
os.execvp("setpriv", ["setpriv", "--bounding-set", "-all", "--inh-caps", "-all"] + sys.argv[2:])
`;

Deno.test("A device that was handed over is used without a right", async () => {
  requirePeers("python3", "setpriv");
  await using namespace = await Namespace.create();
  const [tun, tap, plain, vnet] = [0x1, 0x2, 0x1000, 0x4000];
  const attempt = async (flags: number, ...command: string[]): Promise<string> => {
    const args = ["-c", handover, `${flags}`, Deno.execPath(), ...run, ...command];
    const result = await namespace.run("python3", args, { check: false });
    return (result.stdout + result.stderr).trim();
  };
  const asked = (
    options: Record<string, unknown> = {},
  ) => [peer, "open", JSON.stringify({ fd: 7, ...options })];
  const table: [flags: number, command: string[], says: RegExp][] = [
    [tap | plain | vnet, asked(), /"name":"tap9","link":"ethernet","mtu":1500,"maxSegment":65535/],
    [tap | plain, asked(), /"name":"tap9","link":"ethernet","mtu":1500,"maxSegment":1500/],
    [tun | plain | vnet, asked(), /"link":"ip"/],
    [tun | plain, asked({ mode: "tap" }), /^TypeError: .* descriptor 7 as it is a TUN device$/],
    [
      tap | plain,
      asked({ fd: 99 }),
      /^BadResource: .* descriptor 99 as this process was given none/,
    ],
    [tap | plain, asked({ fd: 0 }), /descriptor 0 as it is no TUN\/TAP device \(ENOTTY\)$/],
  ];
  for (const [flags, command, says] of table) assertMatch(await attempt(flags, ...command), says);

  await namespace.run("ip", ["tuntap", "add", "dev", "tap9", "mode", "tap", "vnet_hdr"]);
  await namespace.run("ip", ["addr", "add", "10.77.0.1/24", "dev", "tap9"]);
  await namespace.run("ip", ["link", "set", "tap9", "up"]);
  const server = namespace.spawn("python3", [
    "-u",
    "-m",
    "http.server",
    "--bind",
    "10.77.0.1",
    "8000",
  ]);
  await server.waitFor("Serving HTTP");
  const xcurl = [example("xcurl"), "--link", "fd:7", "http://10.77.0.1:8000/"];
  assertMatch(
    await attempt(tap | plain | vnet, ...xcurl, "--ip", "10.77.0.2/24"),
    /Directory listing/,
  );
  await namespace.run("ip", ["link", "del", "tap9"]);
  assertMatch(await attempt(tun | plain | vnet, ...xcurl), /^xcurl: A TUN device has no Ethernet/);
});

Deno.test("Devices of a process wait on one thread, each for what is its own", async () => {
  await using namespace = await Namespace.create();
  const result = await namespace.deno(["run", "--no-check", "-A", peer, "many"]);
  assertMatch(result.stdout, /^timed: tap1$/m);
  assertMatch(result.stdout, /^arrived: tap1 tap7$/m);
  assertMatch(result.stdout, /^woken: tap1 tap7 tap3$/m);
  assertMatch(result.stdout, /^threads: [01] more for 20 devices$/m);
  assertMatch(result.stdout, /^closed: 20 true$/m);
});

Deno.test("A device whose waiting does not count lets the program end", async () => {
  await using namespace = await Namespace.create();
  const result = await namespace.deno([...run, peer, "unref"], { timeout: 10_000 });
  assertEquals(result.stdout, "still here\nlast words\n");
});

Deno.test("A host that does not count lets the program end when no call waits, as with the kernel's network", async () => {
  await using namespace = await Namespace.create();
  const child = namespace.spawnDeno([...run, peer, "host-unref"]);
  await child.waitFor("ready");
  // An accept that waits keeps it, and then a read.
  const client = namespace.spawn("python3", ["-c", connectScript]);
  await client.waitFor("connected");
  await client.write("octet\n");
  await child.finish();
  assertEquals(child.stdout, "ready\nread 6\nnothing waits\n");
});

Deno.test("A device that is deleted under a transfer is what the error says", async () => {
  await using namespace = await Namespace.create();
  await namespace.run("ip", ["tuntap", "add", "dev", "tap0", "mode", "tap"]);
  await namespace.run("ip", ["addr", "add", "10.77.0.1/24", "dev", "tap0"]);
  await namespace.run("ip", ["link", "set", "tap0", "up"]);
  const server = namespace.spawnDeno([...run, "--allow-net", peer, "stall"]);
  await server.waitFor("ready");
  const client = namespace.spawnDeno([
    ...[...run, example("xcurl"), "--link", "tap:tap0", "--ip", "10.77.0.2/24"],
    "http://10.77.0.1:8000/",
  ]);
  await client.waitFor("it begins");
  await namespace.run("ip", ["link", "del", "tap0"]);
  assertEquals(await client.exited, 56);
  assertMatch(
    client.stderr,
    /^xcurl: Cannot use tap0 as its interface has been deleted \(EBADFD\)$/m,
  );
});
