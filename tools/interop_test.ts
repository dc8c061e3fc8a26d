import { assertEquals } from "@std/assert";
import { missing, PEERS, searchPath } from "./interop.ts";

Deno.test("nothing is said of a machine that has everything", () => {
  assertEquals(missing({ root: true, tun: true, has: () => true }), []);
});

Deno.test("each missing thing has its line, and the last line is what to type", () => {
  const lines = missing({
    root: false,
    tun: false,
    has: (name) => name !== "chronyd" && name !== "ip",
  });
  assertEquals(lines, [
    "Missing: root (run this with sudo)",
    "Missing: /dev/net/tun (load the kernel module tun)",
    "Missing: chronyd (Debian package chrony)",
    "Missing: ip (Debian package iproute2)",
    "apt-get install -y chrony iproute2",
  ]);
  const all = missing({ root: true, tun: true, has: () => false }).at(-1);
  assertEquals(all, `apt-get install -y ${Object.values(PEERS).join(" ")}`);
});

Deno.test("daemons are looked for where Debian puts them", () => {
  assertEquals(searchPath("/usr/bin:/bin"), "/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin");
  assertEquals(searchPath("/usr/sbin::/sbin"), "/usr/sbin:/sbin:/usr/local/sbin");
});
