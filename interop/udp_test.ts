/**
 * UDP and IGMP beside the kernel's: groups, datagrams that go together, and a bridge that listens to what we report.
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import type { Namespace } from "./_namespace.ts";
import { kernelAddress, octetAddress, OctetPeer } from "./_oddities.ts";

const group = "239.1.2.3";
const python = "/usr/bin/python3";

/** Waits until a command's output says so; a bridge tells nobody when it has learned something. */
async function until(
  namespace: Namespace,
  command: string,
  args: string[],
  isDone: (output: string) => boolean,
): Promise<string> {
  for (let attempt = 0;; attempt++) {
    const { stdout } = await namespace.run(command, args);
    if (isDone(stdout)) return stdout;
    if (attempt === 200) throw new Error(`${command} ${args.join(" ")} says\n${stdout}`);
  }
}

Deno.test("a group, both ways: what we send the kernel hears, and what it sends we hear while we are in it", async () => {
  await using peer = await OctetPeer.start();
  const { namespace } = peer;
  const receiver = namespace.spawn(python, [
    "-uc",
    `import socket, struct
u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
u.bind(("", 5000))
u.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton("${group}") + socket.inet_aton("${kernelAddress}"))
# IP_RECVTTL is 12.
u.setsockopt(socket.IPPROTO_IP, 12, 1)
print("joined")
data, control, _, source = u.recvmsg(99, 99)
print(data.decode(), source[0], struct.unpack("i", control[0][2])[0])`,
  ]);
  await receiver.waitFor("joined");
  assertEquals(await peer.ask(`send ${group} 5000 hello`), "sent");
  await receiver.waitFor(`hello ${octetAddress} 1`);

  const ask = (timeout: number) =>
    namespace.run(python, [
      "-c",
      `import socket
u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
u.settimeout(${timeout})
u.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("${kernelAddress}"))
u.sendto(b"echo", ("${group}", 7))
try:
  print(u.recvfrom(99)[1][0])
except TimeoutError:
  print("silence")`,
    ]);
  await peer.ask(`join ${group}`);
  assertEquals((await ask(5)).stdout, `${octetAddress}\n`);
  await peer.ask(`leave ${group}`);
  assertEquals((await ask(0.3)).stdout, "silence\n");
  await peer.ask(`join ${group} ${kernelAddress}`);
  assertEquals((await ask(5)).stdout, `${octetAddress}\n`);
});

Deno.test("a bridge that snoops learns our groups and sources, and forgets them when we leave", async () => {
  await using peer = await OctetPeer.start("");
  const { namespace } = peer;
  const ip = (...args: string[]) => namespace.run("ip", args);
  const settings = ["mcast_snooping", "1", "mcast_querier", "1", "mcast_igmp_version", "3"];
  const quick = ["mcast_last_member_interval", "10", "mcast_query_response_interval", "20"];
  await ip("link", "add", "br0", "type", "bridge", ...settings, ...quick);
  await ip("address", "add", `${kernelAddress}/24`, "dev", "br0");
  await ip("link", "set", "tap0", "master", "br0");
  await ip("link", "set", "br0", "up");
  await namespace.run("ping", ["-c", "1", "-W", "5", octetAddress]);
  const table = (isDone: (output: string) => boolean) =>
    until(namespace, "bridge", ["-d", "mdb", "show"], isDone);
  const other = "239.9.9.9";
  await peer.ask(`join ${group}`);
  await peer.ask(`join ${other} 10.77.0.9`);
  const known = await table((output) => output.includes(`grp ${other}`));
  assertMatch(known, new RegExp(`port tap0 grp ${group}\\b.*filter_mode exclude`));
  assertMatch(known, new RegExp(`grp ${other}.*filter_mode include.*source_list 10\\.77\\.0\\.9`));
  await peer.ask(`leave ${group}`);
  await table((output) => !output.includes(`port tap0 grp ${group}`));

  // A querier of version 2 is answered in its words.
  await ip("link", "set", "br0", "type", "bridge", "mcast_igmp_version", "2");
  await ip("link", "set", "br0", "type", "bridge", "mcast_querier", "0");
  await ip("link", "set", "br0", "type", "bridge", "mcast_querier", "1");
  for (let attempt = 0; await peer.ask("version") !== 2; attempt++) assert(attempt < 2000);
  await peer.ask(`join ${group}`);
  await table((output) => output.includes(`port tap0 grp ${group}`));
  await peer.ask(`leave ${group}`);
  await table((output) => !output.includes(`port tap0 grp ${group}`));
  const counters = await peer.counters();
  assertEquals([counters.IgmpOutLeaves, counters.IgmpInErrors], [1, 0]);
});

Deno.test("datagrams that the kernel sends together come apart, and ours reach it one by one", async () => {
  await using peer = await OctetPeer.start();
  const { namespace } = peer;
  await namespace.run("ping", ["-c", "1", octetAddress]);
  // UDP_SEGMENT is 103: one call, 43 datagrams.
  await namespace.run(python, [
    "-c",
    `import socket
u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
u.setsockopt(17, 103, 1400)
u.sendto(b"x" * 60000, ("${octetAddress}", 9))`,
  ]);
  await namespace.run("ping", ["-c", "1", octetAddress]);
  assertEquals(await peer.ask("sink"), { bytes: 60_000, datagrams: 43 });
  const receiver = namespace.spawn(python, [
    "-uc",
    `import socket
u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
# SO_RCVBUFFORCE is 33.
u.setsockopt(socket.SOL_SOCKET, 33, 1 << 24)
u.bind(("", 5001))
u.settimeout(10)
print("ready")
sizes = [len(u.recv(65536)) for _ in range(720)]
print("sizes", set(sizes), len(sizes))`,
  ]);
  await receiver.waitFor("ready");
  // 18 times 40 datagrams of 1,400 bytes.
  await peer.ask(`batch ${kernelAddress} 5001 1400 1008000`);
  await receiver.waitFor(/sizes \{1400\} 720/);
  const counters = await peer.counters();
  assertEquals(counters.UdpOutDatagrams, 720);
});
