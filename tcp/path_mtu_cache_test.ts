import { assertEquals } from "@std/assert";
import { pathMtuTimeout } from "./path_mtu.ts";
import { PathMtuCache } from "./path_mtu_cache.ts";

Deno.test("a path that a router has told of is known for ten minutes (RFC 1191 §6.3)", () => {
  const paths = new PathMtuCache();
  assertEquals(paths.mtu(7, 1500, 0), 1500);
  paths.learn(7, 1000, 5);
  assertEquals([paths.mtu(7, 1500, 6), paths.mtu(8, 1500, 6)], [1000, 1500]);
  assertEquals(paths.mtu(7, 900, 6), 900, "the link carries less");
  assertEquals(paths.mtu(7, 1500, 4 + pathMtuTimeout), 1000);
  assertEquals(paths.mtu(7, 1500, 5 + pathMtuTimeout), 1500);
});

Deno.test("no more than 1024 hosts are remembered: who forges messages fills no memory", () => {
  const paths = new PathMtuCache();
  for (let host = 0; host < 2000; host++) paths.learn(host, 600, 0);
  paths.learn(1500, 700, 0);
  let known = 0;
  for (let host = 0; host < 2000; host++) if (paths.mtu(host, 1500, 1) < 1500) known++;
  assertEquals([known, paths.mtu(1999, 1500, 1), paths.mtu(0, 1500, 1)], [1024, 600, 1500]);
});
