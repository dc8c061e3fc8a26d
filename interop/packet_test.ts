/**
 * AF_PACKET devices on a veth whose other end is another kernel's, beside a host that uses the same interface.
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { Namespace, requirePeers } from "./_namespace.ts";
import { floodCount, ours } from "./_packet_peer.ts";

const peer = new URL("_packet_peer.ts", import.meta.url).pathname;
const run = ["run", "--no-check", "--no-prompt", "--allow-ffi", peer];
const example = (name: string) => new URL(`../examples/${name}.ts`, import.meta.url).pathname;

interface Cable extends AsyncDisposable {
  /** The other kernel, 10.77.0.1. */
  readonly far: Namespace;
  /** Where the device is opened, beside a kernel that is 10.77.0.3. */
  readonly near: Namespace;
}

interface LinkState {
  readonly allmulti: number;
}

async function makeCable(): Promise<Cable> {
  requirePeers("arping", "curl", "ip", "ping", "setpriv", "tcpdump");
  const far = await Namespace.create();
  let near: Namespace | null = null;
  const cable = {
    far,
    get near() {
      return near!;
    },
    async [Symbol.asyncDispose]() {
      await near?.[Symbol.asyncDispose]();
      await far[Symbol.asyncDispose]();
    },
  };
  try {
    near = await Namespace.create();
    await far.joinTo(near);
    await far.run("ip", ["addr", "add", "10.77.0.1/24", "dev", "veth0"]);
    await near.run("ip", ["addr", "add", "10.77.0.3/24", "dev", "veth0"]);
    return cable;
  } catch (error) {
    await cable[Symbol.asyncDispose]();
    throw error;
  }
}

Deno.test("xcurl fetches over an interface that the kernel uses as well, and neither disturbs the other", async () => {
  await using cable = await makeCable();
  const { far, near } = cable;
  const sniffer = far.spawn("tcpdump", [
    ...[
      "-n",
      "-l",
      "-i",
      "veth0",
      "tcp[tcpflags] & tcp-rst != 0 or icmp[icmptype] == icmp-unreach",
    ],
  ]);
  await sniffer.waitFor("listening on");
  const server = far.spawnDeno(["run", "--no-check", "--no-prompt", "--allow-net", peer, "serve"]);
  await server.waitFor("ready");
  const pinger = near.run("ping", ["-c", "20", "-i", "0.02", "10.77.0.1"]);
  const kernelSide = near.run("curl", [
    "-sS",
    "-o",
    "/dev/null",
    "-w",
    "%{size_download}",
    "http://10.77.0.1:8000/",
  ]);
  for (const offload of ["on", "off"]) {
    const result = await near.deno([
      ...[
        "run",
        "--no-check",
        "--no-prompt",
        "--allow-ffi",
        "--allow-read",
        "--allow-write",
        example("xcurl"),
      ],
      ...["--link", "packet:veth0", "--ip", "10.77.0.2/24", "--offload", offload, "--json"],
      ...["--output", "/dev/null", "http://10.77.0.1:8000/"],
    ]);
    assertMatch(result.stdout, /"bytes":16777216/);
  }
  assertEquals((await kernelSide).stdout, `${16 * 1024 * 1024}`);
  assertMatch((await pinger).stdout, /20 received, 0% packet loss/);
  await sniffer.stop("SIGINT");
  assertMatch(sniffer.stderr, /\n0 packets captured/, sniffer.stdout);
});

Deno.test("httpserver answers on an interface that the kernel uses as well", async () => {
  await using cable = await makeCable();
  const { far, near } = cable;
  const server = near.spawnDeno([
    ...["run", "--no-check", "--no-prompt", "--allow-ffi", example("httpserver")],
    ...["--link", "packet:veth0", "--ip", "10.77.0.2/24"],
  ]);
  await server.waitFor("Listening on");
  const page = await far.run("curl", [
    "-sS",
    "http://10.77.0.2/bytes/16777216",
    "-o",
    "/dev/null",
    "-w",
    "%{http_code} %{size_download}",
  ]);
  assertEquals(page.stdout, "200 16777216");
  const sent = await far.run("curl", [
    "-sS",
    "--data-binary",
    "@" + Deno.execPath(),
    "http://10.77.0.2/sink",
    "-H",
    "Expect:",
  ]);
  assertMatch(sent.stdout, new RegExp(`"bytes": ?${Deno.statSync(Deno.execPath()).size}`));
  // No more is asked of the interface than what the host listens to.
  const [link] = await near.json("ip", ["-json", "-d", "link", "show", "veth0"]) as LinkState[];
  assertEquals(link!.allmulti, 0);
  // The two addresses are two stations.
  for (const address of ["10.77.0.2", "10.77.0.3"]) {
    assertMatch((await far.run("ping", ["-c", "1", address])).stdout, /1 received/);
  }
  const neighbours = await far.json("ip", ["-json", "neigh"]) as { dst: string; lladdr: string }[];
  assertEquals(new Set(neighbours.map((one) => one.lladdr)).size, 2);
  await server.stop("SIGINT");
  assertEquals(await server.exited, 130);
});

Deno.test("A host gets a lease beside the kernel, and may use the interface's own hardware address", async () => {
  requirePeers("dnsmasq");
  await using cable = await makeCable();
  const { far, near } = cable;
  const folder = await Deno.makeTempDir();
  try {
    // deno-fmt-ignore
    const leases = far.spawn("dnsmasq", [
      "-d", "-C", "/dev/null", "--interface=veth0", "--bind-interfaces", "--except-interface=lo",
      "--dhcp-range=10.77.0.50,10.77.0.60,2m", "--no-resolv", "--no-hosts", "--port=0",
      `--dhcp-leasefile=${folder}/leases`, `--pid-file=${folder}/pid`,
    ]);
    await leases.waitFor("DHCP, IP range");
    const server = far.spawnDeno(["run", "--no-check", "--allow-net", peer, "serve"]);
    await server.waitFor("ready");
    const sniffer = far.spawn("tcpdump", [
      "-n",
      "-l",
      "-i",
      "veth0",
      "tcp[tcpflags] & tcp-rst != 0",
    ]);
    await sniffer.waitFor("listening on");
    const found = await near.json("ip", ["-json", "link", "show", "veth0"]) as {
      address: string;
    }[];
    for (const mac of [ours, found[0]!.address]) {
      const result = await near.deno([
        ...["run", "--no-check", "--no-prompt", "--allow-ffi", "--allow-read", "--allow-write"],
        ...[example("xcurl"), "--link", "packet:veth0", "--mac", mac, "--json"],
        ...["--output", "/dev/null", "http://10.77.0.1:8000/"],
      ]);
      assertMatch(result.stdout, /"address":"10\.77\.0\.(5\d|60)\/24"/);
      assertMatch(result.stdout, /"bytes":16777216/);
    }
    await sniffer.stop("SIGINT");
    assertMatch(sniffer.stderr, /\n0 packets captured/, sniffer.stdout);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("Tags that the kernel has taken out are put back, and partial checksums told", async () => {
  await using cable = await makeCable();
  const { far, near } = cable;
  const receiver = near.spawnDeno([...run, "show-tags"]);
  await receiver.waitFor("ready");
  await far.deno([...run, "send-tags"]);
  await receiver.finish();
  assertMatch(receiver.stdout, /^8100 6064 0800, 68 bytes, checksum from 38, valid true$/m);
  assertMatch(receiver.stdout, /^88a8 0007 0800, 68 bytes, checksum from 38, valid true$/m);
});

Deno.test("Nothing of the host's own arrives, nor what is for others, unless the device is promiscuous", async () => {
  await using cable = await makeCable();
  const { far, near } = cable;
  const receiver = near.spawnDeno([...run, "count"]);
  await receiver.waitFor("ready");
  await near.run("ping", ["-c", "3", "-i", "0.01", "10.77.0.1"]);
  await far.run("ping", ["-c", "3", "-i", "0.01", "10.77.0.3"]);
  await far.run("arping", ["-c", "1", "-w", "1", "-I", "veth0", "10.77.0.99"], { check: false });
  await receiver.finish();
  assertMatch(receiver.stdout, /^plain: 0 from the host, 0 for others, [1-9]\d* broadcast$/m);
  assertMatch(
    receiver.stdout,
    /^promiscuous: 0 from the host, [6-9]\d* for others, [1-9]\d* broadcast$/m,
  );
});

Deno.test("Groups are filtered in the kernel, and asked of the interface", async () => {
  await using cable = await makeCable();
  const { far, near } = cable;
  const receiver = near.spawnDeno([...run, "groups"]);
  await receiver.waitFor("ready");
  const addresses = async () => (await near.run("ip", ["maddress", "show", "veth0"])).stdout;
  const joined = await addresses();
  assert(joined.includes("01:00:5e:00:00:fb") && !joined.includes("01:00:5e:00:00:fc"), joined);
  await far.deno([...run, "send-groups"]);
  await receiver.waitFor("groups:");
  assertMatch(receiver.stdout, /^groups: 01:00:5e:00:00:fb ff:ff:ff:ff:ff:ff$/m);
  await receiver.stop();
  assert(!(await addresses()).includes("01:00:5e:00:00:fb"));
});

Deno.test("A device survives its interface going down and up, and says so when it is deleted", async () => {
  await using cable = await makeCable();
  const { far, near } = cable;
  const child = near.spawnDeno([...run, "answer"]);
  await child.waitFor("ready");
  const ping = () => far.run("ping", ["-c", "1", "-W", "2", "10.77.0.2"], { check: false });
  await far.run("ip", ["neigh", "add", "10.77.0.2", "lladdr", ours, "dev", "veth0"]);
  assertMatch((await ping()).stdout, /1 received/);
  await near.run("ip", ["link", "set", "veth0", "down"]);
  await child.write("send\n");
  await child.waitFor(/sent: 1 dropped/);
  await near.run("ip", ["link", "set", "veth0", "up"]);
  assertMatch((await ping()).stdout, /1 received/);
  await near.run("ip", ["link", "del", "veth0"]);
  await child.finish();
  assertMatch(child.stdout, /gone: Cannot use veth0 as its interface has been deleted \(EBADFD\)/);
});

Deno.test("What the kernel had no room for is counted", async () => {
  await using cable = await makeCable();
  const { far, near } = cable;
  const receiver = near.spawnDeno([...run, "overflow"]);
  await receiver.waitFor("ready");
  await far.deno([...run, "flood"]);
  await receiver.write("read\n");
  await receiver.finish();
  const [, received, dropped] = /(\d+) received, (\d+) dropped/.exec(receiver.stdout)!.map(Number);
  assert(dropped! > 0 && received! > 0);
  // Beside the flood there may be what two kernels say to each other when a cable is plugged in.
  const others = received! + dropped! - floodCount;
  assert(others >= 0 && others < 50, receiver.stdout);
});

Deno.test("An interface that cannot be used says what is missing and the way out", async () => {
  await using cable = await makeCable();
  const { near } = cable;
  await near.run("ip", ["link", "add", "down0", "type", "bridge"]);
  await near.run("ip", ["tuntap", "add", "dev", "tun0", "mode", "tun"]);
  await near.run("ip", ["link", "set", "tun0", "up"]);
  const table: [link: string, isRoot: boolean, code: number, says: RegExp][] = [
    [
      "packet:nope",
      true,
      45,
      /on nope as there is no such interface: "ip link" lists them \(ENODEV\)$/,
    ],
    [
      "packet:down0",
      true,
      45,
      /on down0 as the interface is down: .*"ip link set down0 up" \(ENETDOWN\)$/,
    ],
    ["packet:tun0", true, 45, /on tun0 as its frames are not Ethernet frames/],
    ["packet:sixteencharacter", true, 2, /at most 15 bytes$/],
    [
      "packet:veth0",
      false,
      45,
      /on veth0 as .* lacks CAP_NET_RAW: run as root, or .*"setcap cap_net_raw\+ep" \(EPERM\)$/,
    ],
    [
      "tap:tap0",
      false,
      45,
      /^xcurl: Cannot open TAP device tap0 as .*: run as root,? or .*\(E(PERM|ACCES)\)$/,
    ],
  ];
  for (const [link, isRoot, code, says] of table) {
    const args = [
      ...["run", "--no-check", "--no-prompt", "--allow-ffi", "--cached-only", example("xcurl")],
      ...["--link", link, "--ip", "10.77.0.2/24", "http://10.77.0.1/"],
    ];
    const result = isRoot
      ? await near.deno(args, { check: false })
      : await near.runAsNobody(Deno.execPath(), args, { check: false });
    assertMatch(result.stderr.trim(), says);
    assertEquals([result.code, result.stderr.trim().split("\n").length], [code, 1], result.stderr);
  }
});
