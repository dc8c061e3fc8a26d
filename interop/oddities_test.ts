/**
 * Odd and hostile datagrams from real programs: they are answered as the RFCs say, or change nothing but counters, and
 * who behaves is served all the same.
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { requirePeers } from "./_namespace.ts";
import { kernelAddress, octetAddress, OctetPeer } from "./_oddities.ts";

/** After what came before, an echo and a connection still work, and no connection was left behind. */
async function assertServing(peer: OctetPeer): Promise<void> {
  const ping = await peer.namespace.run("ping", ["-c", "2", "-i", "0.2", octetAddress]);
  assertMatch(ping.stdout, /2 received, 0% packet loss/);
  const script = `import socket
s = socket.create_connection(("${octetAddress}", 7), 5)
s.sendall(b"octet")
s.shutdown(socket.SHUT_WR)
print(s.makefile().read())
u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
u.settimeout(5)
u.sendto(b"datagram", ("${octetAddress}", 7))
print(u.recv(99).decode())`;
  const { stdout } = await peer.namespace.run("/usr/bin/python3", ["-c", script]);
  assertEquals(stdout, "octet\ndatagram\n");
}

Deno.test("a flood of pings in fragments is answered without loss", async () => {
  await using peer = await OctetPeer.start();
  const ping = await peer.namespace.run("ping", ["-f", "-c", "500", "-s", "20000", octetAddress]);
  assertMatch(ping.stdout, /500 received, 0% packet loss/);
  const counters = await peer.counters();
  assertEquals(counters.IpReasmOKs, 500);
  assertEquals([counters.IpReasmFails, counters.IpFragOKs], [0, 500]);
  const long = await peer.namespace.run("ping", [
    "-c",
    "3",
    "-i",
    "0.2",
    "-s",
    "65507",
    octetAddress,
  ]);
  assertMatch(long.stdout, /3 received, 0% packet loss/);
});

Deno.test("ping -R and ping -T: the route and the times come back with us in them", async () => {
  await using peer = await OctetPeer.start();
  const ping = async (...args: string[]): Promise<string> => {
    const result = await peer.namespace.run("ping", ["-n", "-c", "1", ...args, octetAddress]);
    assertMatch(result.stdout, /1 received, 0% packet loss/);
    return result.stdout;
  };
  assertMatch(await ping("-R"), /RR:\s+10\.77\.0\.1\s+10\.77\.0\.2\s+10\.77\.0\.1/);
  assertMatch(await ping("-R", "-s", "4000"), /RR:\s+10\.77\.0\.1\s+10\.77\.0\.2/);
  const times = await ping("-T", "tsonly");
  // The kernel's time and ours, milliseconds since midnight: they are of one clock.
  assertMatch(times, /TS:\s+\d+ absolute\s+-?\d{1,3}\s/);
  assertMatch(
    await ping("-T", "tsandaddr"),
    /TS:\s+10\.77\.0\.1\s+\d+ absolute\s+10\.77\.0\.2\s+-?\d{1,3}\s/,
  );
  assertMatch(
    await ping("-T", "tsprespec", kernelAddress, octetAddress),
    /TS:\s+10\.77\.0\.1\s+\d+ absolute\s+10\.77\.0\.2\s+-?\d{1,3}\s/,
  );
  assertEquals((await peer.counters()).IpInHdrErrors, 0);
});

Deno.test("every combination of TCP flags, to an open and a closed port", async () => {
  await using peer = await OctetPeer.start();
  await peer.scapy(`
mac = getmacbyip("${octetAddress}")
packets = [Ether(dst=mac)/IP(dst="${octetAddress}", src="10.77.0.9")/TCP(sport=1000+flags, dport=port, flags=flags, seq=1, ack=1)/(b"x"*extra)
  for port in (7, 8) for flags in range(256) for extra in (0, 3)]
sendp(packets, iface="tap0")`);
  await assertServing(peer);
  const counters = await peer.counters();
  assertEquals(counters.TcpInCsumErrors ?? 0, 0);
  // What half-open connections there are wait for the third packet of their handshake.
  assertEquals(counters.TcpCurrEstab ?? 0, 0);
});

Deno.test("what is malformed is dropped and counted by cause", async () => {
  await using peer = await OctetPeer.start();
  const before = await peer.counters();
  await peer.scapy(`
mac = getmacbyip("${octetAddress}")
e = Ether(dst=mac)
i = dict(src="10.77.0.9", dst="${octetAddress}")
packets = [
  e/IP(**i, chksum=0x1234)/ICMP(),
  e/IP(**i)/TCP(dport=7, flags="S", chksum=0x1234),
  e/IP(**i)/UDP(dport=7, chksum=0x1234)/b"x",
  e/IP(**i)/ICMP(chksum=0x1234),
  e/IP(**i, version=6)/ICMP(),
  e/IP(**i, ihl=4)/ICMP(),
  e/IP(**i, ihl=15)/ICMP(),
  e/IP(**i, len=2000)/ICMP(),
  e/IP(**i, len=10)/ICMP(),
  e/IP(**i)/UDP(dport=7, len=7)/b"x",
  e/IP(**i)/UDP(dport=7, len=99)/b"x",
  e/IP(**i)/TCP(dport=7, dataofs=4, flags="S"),
  e/IP(**i)/TCP(dport=7, dataofs=15, flags="S"),
  e/IP(**i)/Raw(b"\\x08\\x00"),
]
sendp(packets, iface="tap0")`);
  await assertServing(peer);
  const after = await peer.counters();
  const grown = (name: string) => after[name]! - before[name]!;
  assertEquals(grown("IpExtInCsumErrors"), 1);
  assert(grown("IpInHdrErrors") >= 5, `${grown("IpInHdrErrors")}`);
  assertEquals(grown("UdpInCsumErrors"), 1);
  assertEquals(grown("IcmpInCsumErrors"), 1);
  assertEquals(grown("TcpInCsumErrors"), 1);
  assertEquals(grown("UdpInErrors"), 3);
});

Deno.test("fragments that overlap, are tiny, reach too far or hide a header", async () => {
  await using peer = await OctetPeer.start();
  const before = await peer.counters();
  await peer.scapy(`
mac = getmacbyip("${octetAddress}")
e = Ether(dst=mac)
def piece(id, at, data, more, proto=17):
  return e/IP(src="10.77.0.9", dst="${octetAddress}", id=id, frag=at//8, flags="MF" if more else 0, proto=proto)/Raw(data)
packets = [
  # Teardrop: the second lies within the first, with other bytes.
  piece(1, 0, b"a"*36 + b"a"*4, True), piece(1, 24, b"b"*4, False),
  # One that reaches into the one before it.
  piece(2, 0, b"a"*64, True), piece(2, 56, b"b"*64, False),
  # The ping of death.
  piece(3, 65528, b"x"*100, False, 1),
  # TCP's flags in the second fragment (RFC 1858), and written over from it (RFC 3128).
  piece(4, 0, b"\\x00\\x07\\x00\\x07\\x00\\x00\\x00\\x01", True, 6), piece(4, 8, b"x"*16, False, 6),
  piece(5, 0, bytes(TCP(dport=7, flags="A"))+b"xxxx", True, 6), piece(5, 8, b"\\x00"*16, False, 6),
  # An end before what has come, and two ends.
  piece(6, 64, b"x"*64, True), piece(6, 0, b"x"*8, False),
  piece(7, 8, b"x"*8, False), piece(7, 16, b"x"*8, False),
  # Not a multiple of eight.
  piece(8, 0, b"x"*9, True),
] + [piece(1000+n, 16*n, b"x"*8, True) for n in range(600)] + [piece(9, 16*n, b"x"*8, True) for n in range(200)]
sendp(packets, iface="tap0")`);
  await assertServing(peer);
  const ping = await peer.namespace.run("ping", [
    "-c",
    "2",
    "-i",
    "0.2",
    "-s",
    "5000",
    octetAddress,
  ]);
  assertMatch(ping.stdout, /2 received, 0% packet loss/);
  const after = await peer.counters();
  const grown = (name: string) => after[name]! - before[name]!;
  // Teardrop ends before what has come; that is seen first.
  assertEquals(grown("IpExtReasmOverlaps"), 1);
  assertEquals(grown("IpExtReasmTiny"), 2);
  assertEquals(grown("IpReasmOKs"), 2);
});

Deno.test("who pretends to be us, everybody or nobody, and source routes", async () => {
  await using peer = await OctetPeer.start();
  const before = await peer.counters();
  await peer.scapy(`
mac = getmacbyip("${octetAddress}")
e = Ether(dst=mac)
all = Ether(dst="ff:ff:ff:ff:ff:ff")
us = "${octetAddress}"
packets = [
  # LAND: from ourselves to ourselves.
  e/IP(src=us, dst=us)/TCP(sport=7, dport=7, flags="S"),
  e/IP(src=us, dst=us)/UDP(sport=7, dport=7)/b"x",
  e/IP(src=us, dst=us)/ICMP(),
] + [e/IP(src=source, dst=us)/UDP(sport=7, dport=port)/b"x"
  for source in ("127.0.0.1", "0.0.0.0", "224.0.0.1", "255.255.255.255", "10.77.0.255", "240.0.0.1") for port in (7, 99)] + [
  e/IP(src="10.77.0.9", dst="127.0.0.1")/UDP(dport=7)/b"x",
  # Smurf and fraggle: to everybody, as from a victim.
  all/IP(src="10.77.0.1", dst="10.77.0.255")/ICMP(),
  all/IP(src="10.77.0.1", dst="255.255.255.255")/UDP(dport=99)/b"x",
  all/IP(src="10.77.0.1", dst=us)/UDP(dport=99)/b"x",
  # Source routes, loose and strict.
  e/IP(src="10.77.0.1", dst=us, options=IPOption_LSRR(routers=["10.77.0.9"]))/ICMP(),
  e/IP(src="10.77.0.1", dst=us, options=IPOption_SSRR(routers=["10.77.0.9"]))/ICMP(),
  # ICMP that would have us do what only routers may ask, and errors about what we never sent.
  e/IP(src="10.77.0.1", dst=us)/ICMP(type=5, code=1, gw="10.77.0.66")/IP(src=us, dst="10.77.0.1")/UDP(),
  e/IP(src="10.77.0.1", dst=us)/ICMP(type=4)/IP(src=us, dst="10.77.0.1")/TCP(),
  e/IP(src="10.77.0.1", dst=us)/ICMP(type=3, code=4, nexthopmtu=68)/IP(src=us, dst="10.77.0.1")/UDP(sport=7, dport=1),
  e/IP(src="10.77.0.1", dst=us)/ICMP(type=3, code=3)/IP(src="10.77.0.1", dst=us)/UDP(),
  e/IP(src="10.77.0.1", dst=us)/ICMP(type=17),
] + [e/IP(src="10.77.0.1", dst=us)/ICMP(type=t, code=c)/b"xxxx" for t in range(3, 48) for c in (0, 255) if t not in (8, 13)]
sendp(packets, iface="tap0")`);
  await assertServing(peer);
  const after = await peer.counters();
  const grown = (name: string) => after[name]! - before[name]!;
  assertEquals(grown("IpExtInSourceRoutes"), 2);
  // Three of LAND, twelve from nobody, one to loopback.
  assertEquals(grown("IpExtInMartians"), 16);
  assertEquals(grown("IcmpInAddrMasks"), 3);
  // Nobody was told anything: each of these is on RFC 1122's list of what is not to be answered.
  assertEquals(grown("IcmpOutDestUnreachs"), 0);
});

Deno.test("options that are wrong are answered with where they are", async () => {
  await using peer = await OctetPeer.start();
  const out = await peer.scapy(`
mac = getmacbyip("${octetAddress}")
for options in ([IPOption(b"\\x07\\x07\\x03\\x00\\x00\\x00\\x00")], [IPOption(b"\\x44\\x08\\x05\\x01\\x00\\x00\\x00\\x00")],
    [IPOption(b"\\x01"), IPOption(b"\\x01"), IPOption(b"\\x01"), IPOption(b"\\x07")]):
  answer = srp1(Ether(dst=mac)/IP(src="${kernelAddress}", dst="${octetAddress}", options=options)/ICMP(), iface="tap0", timeout=3)
  print(answer[ICMP].type, answer[ICMP].code, answer[ICMP].ptr)`);
  assertEquals(out, "12 0 22\n12 0 22\n12 0 23\n");
  await assertServing(peer);
});

Deno.test("what hping3 and nping send: scans, floods, bad sums, routes", async () => {
  await using peer = await OctetPeer.start();
  const run = (command: string, ...args: string[]) =>
    peer.namespace.run(command, args, { check: false });
  const hping = (...args: string[]) =>
    run("hping3", "-q", "-n", "-i", "u2000", ...args, octetAddress);
  const results = await Promise.all([
    hping("-c", "20", "-S", "-F", "-R", "-P", "-A", "-U", "-X", "-Y", "-p", "7"),
    hping("-c", "20", "-p", "7"),
    hping("-c", "20", "-S", "-b", "-p", "7"),
    hping("-c", "10", "-S", "-f", "-d", "200", "-p", "7"),
    hping("-c", "10", "-1", "-d", "3000"),
    hping("-c", "10", "-2", "-f", "-d", "100", "-p", "7"),
    hping("-c", "10", "-S", "-a", octetAddress, "-s", "7", "-k", "-p", "7"),
    hping("-c", "20", "-S", "--rand-source", "-p", "7"),
    hping("-c", "10", "-1", "-x", "-y", "-g", "64"),
    hping("-c", "5", "-1", "-G"),
    hping("-c", "5", "-0", "-H", "250"),
  ]);
  assert(results.every(({ stderr }) => !/no such|invalid option/i.test(stderr)));
  const stamp = await run("hping3", "-n", "-c", "1", "--icmp-ts", octetAddress);
  assertMatch(stamp.stdout, /Originate=\d+ Receive=\d+ Transmit=\d+/);
  const nping = await run("nping", "-c", "1", "--icmp", "--icmp-type", "timestamp", octetAddress);
  assertMatch(nping.stdout, /Timestamp reply/i);
  await run("nping", "-c", "3", "--delay", "10ms", "--udp", "-p", "7", "--badsum", octetAddress);
  await run("nping", "-c", "3", "--delay", "10ms", "--tcp", "-p", "7", "--badsum-ip", octetAddress);
  const routed = await run(
    "nping",
    "-c",
    "2",
    "--delay",
    "10ms",
    "--icmp",
    "--ip-options",
    `L ${kernelAddress}`,
    octetAddress,
  );
  assertMatch(routed.stdout, /Rcvd: 0 /);
  await assertServing(peer);
});

Deno.test("the kernel refuses our datagrams, and we its: each hears of it", async () => {
  await using peer = await OctetPeer.start();
  assertEquals(await peer.ask(`refused ${kernelAddress} 4444`), "ConnectionRefused");
  const script = `import socket
u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
u.settimeout(5)
u.connect(("${octetAddress}", 4444))
u.send(b"x")
try:
  u.recv(9)
except ConnectionRefusedError:
  print("refused")`;
  const { stdout } = await peer.namespace.run("/usr/bin/python3", ["-c", script]);
  assertEquals(stdout, "refused\n");
});

requirePeers("ping", "hping3", "nping", "scapy3");
