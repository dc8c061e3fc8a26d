import { assertEquals, assertThrows } from "@std/assert";
import { Unsupported } from "./errors.ts";
import { readShell } from "./shell.ts";
import { Sysctls } from "./sysctl.ts";

Deno.test("packetdrill shell: settings are read in every form that scripts use", () => {
  const table: readonly (readonly [string, string, string])[] = [
    ["sysctl -q net.ipv4.tcp_sack=0", "tcp_sack", "0"],
    ["sysctl -q -w net.ipv4.tcp_ecn=1  # on", "tcp_ecn", "1"],
    ["sysctl -q net.ipv4.tcp_sack=0 net.ipv4.tcp_timestamps=0", "tcp_timestamps", "0"],
    [
      'sysctl -q net.ipv4.tcp_rmem="4096 540000 $((15*1024*1024))"',
      "tcp_rmem",
      "4096 540000 15728640",
    ],
    [
      "./set_sysctls.py /proc/sys/net/ipv4/tcp_sack=0 \\\n /proc/sys/net/ipv4/tcp_reordering=5",
      "tcp_reordering",
      "5",
    ],
    ["echo 0 > /proc/sys/net/ipv4/tcp_sack", "tcp_sack", "0"],
    [
      "true; echo cubic > /proc/sys/net/ipv4/tcp_congestion_control && :",
      "tcp_congestion_control",
      "cubic",
    ],
    ["../common/defaults.sh\n", "tcp_wmem", "4096 262144 4194304"],
  ];
  for (const [text, name, value] of table) {
    const sysctls = new Sysctls();
    assertEquals(readShell(text, sysctls), 0);
    assertEquals(sysctls.get(name), value, text);
  }
});

Deno.test("packetdrill shell: sleeping is time that passes", () => {
  assertEquals(readShell("sleep 0.2; usleep 500", new Sysctls()), 200_500);
});

Deno.test("packetdrill shell: what matters and is not understood is refused", () => {
  for (
    const text of [
      "ip route replace default via 10.0.0.1 initcwnd 4",
      "tc qdisc add dev tun0 root netem delay 10ms",
      "iptables -A INPUT -j DROP",
      "./unknown.sh",
    ]
  ) assertThrows(() => readShell(text, new Sysctls()), Unsupported, "", text);
});

Deno.test("packetdrill shell: what has no counterpart is remembered as ignored", () => {
  const sysctls = new Sysctls();
  readShell(
    "sysctl -q net.ipv4.tcp_recovery=0 net.ipv4.tcp_dsack=1 net.ipv4.tcp_min_tso_segs=4",
    sysctls,
  );
  assertEquals(sysctls.ignored, ["tcp_recovery=0"]);
});
