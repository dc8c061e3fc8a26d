/** TUN/TAP devices and rtnetlink against the real kernel. */
import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { openTun } from "../internet/device/tun.ts";
import { Namespace } from "./_namespace.ts";

const self = new URL("./_tun_roles.ts", import.meta.url).pathname;
const run = ["run", "--no-prompt", "--allow-ffi", self];

interface KernelAddress {
  readonly local: string;
  readonly prefixlen: number;
  readonly broadcast?: string;
}

interface KernelLink {
  readonly mtu: number;
  readonly address: string;
  readonly flags: readonly string[];
  readonly "addr_info": readonly KernelAddress[];
}

async function kernelLink(namespace: Namespace, name: string): Promise<KernelLink> {
  const found = await namespace.json("ip", ["-json", "address", "show", "dev", name]);
  return (found as KernelLink[])[0]!;
}

Deno.test("A TAP brought up over netlink has its address in the kernel, and answers ping", async () => {
  await using namespace = await Namespace.create();
  const child = namespace.spawnDeno([...run, "respond"]);
  await child.waitFor("ready");
  const link = await kernelLink(namespace, "tap0");
  assertEquals(link.mtu, 1400);
  assert(link.flags.includes("UP"));
  const address = link["addr_info"].find((one) => one.local === "10.77.0.1")!;
  assertEquals([address.prefixlen, address.broadcast], [24, "10.77.0.255"]);
  assert(!child.stdout.includes(link.address), "both sides of the wire have the same address");
  for (const size of ["56", "1372"]) {
    const ping = await namespace.run("ping", ["-c", "3", "-i", "0.2", "-s", size, "10.77.0.2"]);
    assertMatch(ping.stdout, /3 received, 0% packet loss/);
  }
  await child.stop();
  const gone = await namespace.run("ip", ["link", "show", "tap0"], { check: false });
  assertEquals(gone.code, 1);
});

Deno.test("A TUN carries bare IP packets", async () => {
  await using namespace = await Namespace.create();
  const child = namespace.spawnDeno([...run, "respond-tun"]);
  await child.waitFor("ready");
  const ping = await namespace.run("ping", ["-c", "3", "-i", "0.2", "10.77.0.2"]);
  assertMatch(ping.stdout, /3 received, 0% packet loss/);
});

Deno.test("The kernel cuts our super-segments as Segmenter does, and takes our partial checksums", async () => {
  await using namespace = await Namespace.create();
  const child = namespace.spawnDeno([...run, "segment"]);
  await child.waitFor("ready");
  await namespace.run("ip", ["link", "add", "br0", "type", "bridge"]);
  for (const name of ["tap0", "tap1"]) {
    await namespace.run("ip", ["link", "set", name, "master", "br0"]);
  }
  await namespace.run("ip", ["link", "set", "br0", "up"]);
  await child.write("go");
  await child.finish();
  assertMatch(child.stdout, /tcp4: 5 equal/);
  assertMatch(child.stdout, /tcp6: 5 equal/);
  assertMatch(child.stdout, /udp: complete/);
});

Deno.test("The kernel gives partial checksums with offload, and complete ones without", async () => {
  await using namespace = await Namespace.create();
  const result = await namespace.deno([
    "run",
    "--allow-ffi",
    "--allow-net",
    "--unstable-net",
    self,
    "checksums",
  ]);
  assertMatch(result.stdout, /offload: partial true, verified true, completes to a valid one true/);
  assertMatch(result.stdout, /plain: partial false, verified false, completes to a valid one true/);
});

Deno.test("A device that cannot be opened says what is missing and the way out", async () => {
  await using namespace = await Namespace.create();
  const attempt = async (...command: string[]): Promise<string> => {
    const [program, ...args] = command as [string, ...string[]];
    const result = await namespace.run(program, args, { check: false });
    assertEquals(result.code, 1);
    assertEquals(result.stderr.trim().split("\n").length, 1, result.stderr);
    return result.stderr;
  };
  const deno = Deno.execPath();
  const open = [deno, ...run, "open"];
  const withoutRight = ["setpriv", "--bounding-set", "-net_admin", "--inh-caps", "-net_admin"];

  assertMatch(
    await attempt(...withoutRight, ...open, "tap0", "tap"),
    /^PermissionDenied: Cannot open TAP device tap0 as .*CAP_NET_ADMIN.*setcap.*ip tuntap add dev tap0 mode tap.*\(EPERM\)/,
  );
  assertMatch(
    await attempt(
      "unshare",
      "-m",
      "sh",
      "-c",
      `mount -t tmpfs none /dev/net; ${open.join(" ")} tap0 tap`,
    ),
    /^NotFound: Cannot open TAP device tap0 as \/dev\/net\/tun does not exist: .*modprobe tun.*mknod \/dev\/net\/tun c 10 200.*\(ENOENT\)/,
  );
  const forbidden = "mount -t tmpfs none /dev/net; mknod -m 000 /dev/net/tun c 10 200; " +
    `setpriv --bounding-set -dac_override --inh-caps -dac_override ${open.join(" ")} tap0 tap`;
  assertMatch(
    await attempt("unshare", "-m", "sh", "-c", forbidden),
    /^PermissionDenied: Cannot open TAP device tap0 as this user may not open \/dev\/net\/tun.*\(EACCES\)/,
  );
  assertMatch(
    await attempt(deno, "run", "--no-prompt", self, "open", "tap0", "tap"),
    /^NotCapable: Cannot open TAP device tap0 as .*--allow-ffi/,
  );
  await namespace.run("ip", ["tuntap", "add", "dev", "tun0", "mode", "tun"]);
  assertMatch(
    await attempt(...open, "tun0", "tap"),
    /^TypeError: Cannot open TAP device tun0 as that interface is a TUN device/,
  );
  assertMatch(
    await attempt(...open, "lo", "tap"),
    /^TypeError: Cannot open TAP device lo as that interface is a hardware or loopback device/,
  );
  const holder = namespace.spawnDeno([...run, "hold"]);
  await holder.waitFor("ready");
  assertMatch(
    await attempt(...open, "tap0", "tap"),
    /^Busy: Cannot open TAP device tap0 as another program has it open: .*another name \(EBUSY\)/,
  );
});

Deno.test("A device that root made is opened without CAP_NET_ADMIN", async () => {
  await using namespace = await Namespace.create();
  await namespace.run("ip", ["tuntap", "add", "dev", "tap0", "mode", "tap", "user", "root"]);
  await namespace.run("ip", ["address", "add", "10.77.0.1/24", "dev", "tap0"]);
  await namespace.run("ip", ["link", "set", "tap0", "up"]);
  const bounds = ["--bounding-set", "-net_admin", "--inh-caps", "-net_admin"];
  const result = await namespace.run("setpriv", [...bounds, Deno.execPath(), ...run, "attach"]);
  assertMatch(result.stdout, /attached tap0/);
});

Deno.test("An idle device uses no CPU, a closed one lets the program end", async () => {
  await using namespace = await Namespace.create();
  const started = performance.now();
  const result = await namespace.deno([...run, "idle"], { timeout: 20_000 });
  assertMatch(result.stdout, /closed while waiting/);
  const used = Number(/idle: (\d+) ms of CPU in 500 ms/.exec(result.stdout)![1]);
  assert(used < 50, `${used} ms of CPU while idle`);
  // The thread that waited with no limit is gone, or the program would not have ended.
  assert(performance.now() - started < 15_000);
});

Deno.test("Frames to an interface that is down are dropped and counted; a deleted one is an error", async () => {
  await using namespace = await Namespace.create();
  const child = namespace.spawnDeno([...run, "vanish"]);
  await child.waitFor("ready");
  await namespace.run("ip", ["link", "del", "tap0"]);
  await child.finish();
  assertMatch(child.stdout, /down: true 1/);
  assertMatch(child.stdout, /gone: Cannot use tap0 as its interface has been deleted/);
});

Deno.test("Frames pass as web streams", async () => {
  await using namespace = await Namespace.create();
  const child = namespace.spawnDeno([...run, "streams"]);
  await child.waitFor("ready");
  const ping = await namespace.run("ping", ["-c", "2", "-i", "0.2", "10.77.0.2"]);
  assertMatch(ping.stdout, /2 received, 0% packet loss/);
});

Deno.test("Netlink lists and changes links, addresses and routes", async () => {
  await using namespace = await Namespace.create();
  await namespace.deno([...run, "netlink"]);
});

Deno.test("A name that cannot be an interface's is refused before anything is opened", () => {
  assertThrows(() => openTun({ name: "sixteen-bytes-xx" }), RangeError, "15 bytes and this has 16");
  assertThrows(() => openTun({ name: "a/b" }), SyntaxError, '"a/b" cannot be the name');
  assertThrows(() => openTun({ mtu: 67 }), RangeError, "an MTU of 67 is not from 68 to 65535");
});
