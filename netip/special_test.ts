import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { parseIpv4 } from "./ipv4.ts";
import {
  classifyIpv4,
  findIpv4Special,
  type Ipv4Kind,
  ipv4SpecialBlocks,
  isGloballyReachableIpv4,
  isLinkLocalIpv4,
  isLoopbackIpv4,
  isMulticastIpv4,
  isPrivateIpv4,
  isUnicastIpv4,
} from "./ipv4_special.ts";
import { parseIpv6 } from "./ipv6.ts";
import {
  classifyIpv6,
  findIpv6Special,
  type Ipv6Kind,
  ipv6SpecialBlocks,
  isGloballyReachableIpv6,
} from "./ipv6_special.ts";
import { isLinkLocalIpv6, isMulticastIpv6, isUniqueLocalIpv6 } from "./ipv6_type.ts";

Deno.test("classifyIpv4 and isGloballyReachableIpv4 know the borders of every block", () => {
  const table: [string, Ipv4Kind, boolean][] = [
    ["0.0.0.0", "unspecified", false],
    ["0.0.0.1", "this-network", false],
    ["0.255.255.255", "this-network", false],
    ["1.0.0.0", "global", true],
    ["9.255.255.255", "global", true],
    ["10.0.0.0", "private", false],
    ["10.255.255.255", "private", false],
    ["11.0.0.0", "global", true],
    ["100.63.255.255", "global", true],
    ["100.64.0.0", "shared", false],
    ["100.127.255.255", "shared", false],
    ["100.128.0.0", "global", true],
    ["127.0.0.0", "loopback", false],
    ["127.255.255.255", "loopback", false],
    ["128.0.0.0", "global", true],
    ["169.253.255.255", "global", true],
    ["169.254.0.0", "link-local", false],
    ["169.254.255.255", "link-local", false],
    ["172.15.255.255", "global", true],
    ["172.16.0.0", "private", false],
    ["172.31.255.255", "private", false],
    ["172.32.0.0", "global", true],
    ["192.0.0.0", "protocol-assignment", false],
    ["192.0.0.8", "protocol-assignment", false],
    ["192.0.0.9", "protocol-assignment", true],
    ["192.0.0.10", "protocol-assignment", true],
    ["192.0.0.11", "protocol-assignment", false],
    ["192.0.0.170", "protocol-assignment", false],
    ["192.0.0.171", "protocol-assignment", false],
    ["192.0.1.0", "global", true],
    ["192.0.2.255", "documentation", false],
    ["192.31.196.1", "as112", true],
    ["192.52.193.1", "amt", true],
    ["192.88.99.1", "6to4-relay", false],
    ["192.88.99.2", "6to4-relay", false],
    ["192.167.255.255", "global", true],
    ["192.168.0.0", "private", false],
    ["192.168.255.255", "private", false],
    ["192.169.0.0", "global", true],
    ["192.175.48.6", "as112", true],
    ["198.17.255.255", "global", true],
    ["198.18.0.0", "benchmarking", false],
    ["198.19.255.255", "benchmarking", false],
    ["198.20.0.0", "global", true],
    ["198.51.100.7", "documentation", false],
    ["203.0.113.7", "documentation", false],
    ["223.255.255.255", "global", true],
    ["224.0.0.0", "multicast", false],
    ["224.0.0.255", "multicast", false],
    ["224.0.1.0", "multicast", true],
    ["238.255.255.255", "multicast", true],
    ["239.0.0.0", "multicast", false],
    ["239.255.255.255", "multicast", false],
    ["240.0.0.0", "reserved", false],
    ["255.255.255.254", "reserved", false],
    ["255.255.255.255", "broadcast", false],
  ];
  for (const [text, kind, reachable] of table) {
    assertEquals(classifyIpv4(parseIpv4(text)), kind, text);
    assertEquals(isGloballyReachableIpv4(parseIpv4(text)), reachable, text);
  }
});

Deno.test("the IPv4 predicates agree with the classification", () => {
  const edges = ipv4SpecialBlocks.flatMap(({ prefix }) => [
    prefix.first,
    prefix.last,
    prefix.first - 1 >>> 0,
    prefix.last + 1 >>> 0,
  ]);
  const address = fc.oneof(
    fc.integer({ min: 0, max: 0xffffffff }),
    fc.constantFrom(...edges, parseIpv4("224.0.0.0"), parseIpv4("223.255.255.255")),
  );
  fc.assert(
    fc.property(address, (address) => {
      const kind = classifyIpv4(address);
      assertEquals(isPrivateIpv4(address), kind === "private");
      assertEquals(isLoopbackIpv4(address), kind === "loopback");
      assertEquals(isLinkLocalIpv4(address), kind === "link-local");
      assertEquals(isMulticastIpv4(address), kind === "multicast");
      const unfit: Ipv4Kind[] = [
        "multicast",
        "unspecified",
        "this-network",
        "reserved",
        "broadcast",
      ];
      assertEquals(isUnicastIpv4(address), !unfit.includes(kind));
    }),
    { numRuns: 1000 },
  );
});

Deno.test("classifyIpv6 and isGloballyReachableIpv6 know the borders of every block", () => {
  const table: [string, Ipv6Kind, boolean][] = [
    ["::", "unspecified", false],
    ["::1", "loopback", false],
    ["::2", "reserved", false],
    ["::ffff:8.8.8.8", "ipv4-mapped", false],
    ["::fffe:ffff:ffff", "reserved", false],
    ["64:ff9b::8.8.8.8", "nat64", true],
    ["64:ff9b::1:0:0", "reserved", false],
    ["64:ff9b:1:ffff::", "nat64", false],
    ["100::1", "discard", false],
    ["100:0:0:1::1", "dummy", false],
    ["100:0:0:2::", "reserved", false],
    ["1fff:ffff::", "reserved", false],
    ["2000::", "global", true],
    ["2001::1", "teredo", false],
    ["2001:1::", "protocol-assignment", false],
    ["2001:1::1", "protocol-assignment", true],
    ["2001:1::2", "protocol-assignment", true],
    ["2001:1::3", "protocol-assignment", true],
    ["2001:1::4", "protocol-assignment", false],
    ["2001:2::1", "benchmarking", false],
    ["2001:2:1::", "protocol-assignment", false],
    ["2001:3::1", "amt", true],
    ["2001:4:112::1", "as112", true],
    ["2001:10::1", "orchid", false],
    ["2001:20::1", "orchid", true],
    ["2001:2f:ffff::", "orchid", true],
    ["2001:30::1", "drone-id", true],
    ["2001:40::", "protocol-assignment", false],
    ["2001:1ff:ffff::", "protocol-assignment", false],
    ["2001:200::", "global", true],
    ["2001:db8::1", "documentation", false],
    ["2001:db9::", "global", true],
    ["2002:808:808::1", "6to4", false],
    ["2620:4f:8000::1", "as112", true],
    ["3ffe:ffff::", "global", true],
    ["3fff::1", "documentation", false],
    ["3fff:fff:ffff::", "documentation", false],
    ["3fff:1000::", "global", true],
    ["4000::", "reserved", false],
    ["5f00::1", "segment-routing", false],
    ["fbff:ffff::", "reserved", false],
    ["fc00::1", "unique-local", false],
    ["fdff:ffff::1", "unique-local", false],
    ["fe00::", "reserved", false],
    ["fe80::1", "link-local", false],
    ["febf:ffff::", "link-local", false],
    ["fec0::1", "site-local", false],
    ["feff:ffff::", "site-local", false],
    ["ff02::1", "multicast", false],
    ["ff05::1", "multicast", false],
    ["ff0e::1", "multicast", true],
    ["ff3e::1", "multicast", true],
  ];
  for (const [text, kind, reachable] of table) {
    const address = parseIpv6(text);
    assertEquals(classifyIpv6(address), kind, text);
    assertEquals(isGloballyReachableIpv6(address), reachable, text);
    assertEquals(isLinkLocalIpv6(address), kind === "link-local", text);
    assertEquals(isUniqueLocalIpv6(address), kind === "unique-local", text);
    assertEquals(isMulticastIpv6(address), kind === "multicast", text);
  }
});

Deno.test("the registries list what IANA lists, and the most specific entry wins", () => {
  assertEquals(ipv4SpecialBlocks.length, 26);
  assertEquals(ipv6SpecialBlocks.length, 25);
  for (const block of ipv4SpecialBlocks) assert(findIpv4Special(block.prefix.last) !== undefined);
  for (const block of ipv6SpecialBlocks) assert(findIpv6Special(block.prefix.last) !== undefined);
  const pcp = findIpv4Special(parseIpv4("192.0.0.9"))!;
  assertEquals([pcp.name, pcp.specification], ["Port Control Protocol Anycast", "RFC 7723"]);
  const broadcast = findIpv4Special(0xffffffff)!;
  assertEquals(
    [
      broadcast.source,
      broadcast.destination,
      broadcast.forwardable,
      broadcast.globallyReachable,
      broadcast.reservedByProtocol,
    ],
    [false, true, false, false, true],
  );
  assertEquals(findIpv4Special(parseIpv4("192.88.99.1"))!.globallyReachable, undefined);
  assertEquals(findIpv6Special(parseIpv6("2001::"))!.globallyReachable, undefined);
  assertEquals(findIpv4Special(parseIpv4("8.8.8.8")), undefined);
});
