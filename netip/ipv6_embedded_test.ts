import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { formatIpv4, parseIpv4 } from "./ipv4.ts";
import { formatIpv6, parseIpv6 } from "./ipv6.ts";
import {
  embedNat64,
  extractNat64,
  ipv4From6to4,
  mapIpv4,
  readTeredo,
  unmapIpv4,
} from "./ipv6_embedded.ts";
import {
  eui64,
  eui64Address,
  linkLocalIpv6,
  macFromEui64,
  solicitedNode,
} from "./ipv6_interface_id.ts";
import { Ipv6Prefix } from "./ipv6_prefix.ts";
import { MacAddress } from "./mac_address.ts";

const uint32 = fc.integer({ min: 0, max: 0xffffffff });

Deno.test("embedNat64 gives the addresses of RFC 6052 §2.4", () => {
  const table: [string, string][] = [
    ["2001:db8::/32", "2001:db8:c000:221::"],
    ["2001:db8:100::/40", "2001:db8:1c0:2:21::"],
    ["2001:db8:122::/48", "2001:db8:122:c000:2:2100::"],
    ["2001:db8:122:300::/56", "2001:db8:122:3c0:0:221::"],
    ["2001:db8:122:344::/64", "2001:db8:122:344:c0:2:2100::"],
    ["2001:db8:122:344::/96", "2001:db8:122:344::192.0.2.33"],
    ["64:ff9b::/96", "64:ff9b::192.0.2.33"],
  ];
  for (const [text, embedded] of table) {
    const prefix = Ipv6Prefix.parse(text);
    const address = embedNat64(prefix, parseIpv4("192.0.2.33"));
    assertStrictEquals(address, parseIpv6(embedded), text);
    assertEquals(formatIpv4(extractNat64(prefix, address)!), "192.0.2.33");
  }
});

Deno.test("extractNat64 undoes embedNat64 for every address, suffix ignored", () => {
  const length = fc.constantFrom(32, 40, 48, 56, 64);
  fc.assert(
    fc.property(uint32, length, fc.bigInt({ min: 0n, max: 0xffffffn }), (ipv4, length, suffix) => {
      const prefix = new Ipv6Prefix(parseIpv6("2001:db8:122:344::"), length);
      const address = embedNat64(prefix, ipv4);
      assertEquals(address >> 56n & 0xffn, 0n, "bits 64 to 71 are zero");
      assertStrictEquals(extractNat64(prefix, address | suffix), ipv4);
    }),
  );
});

Deno.test("NAT64 refuses other lengths and addresses outside the prefix", () => {
  for (const length of [0, 31, 33, 72, 95, 128]) {
    const prefix = new Ipv6Prefix(0n, length);
    assertThrows(() => embedNat64(prefix, 1), RangeError, "Cannot use");
    assertThrows(() => extractNat64(prefix, 1n), RangeError, "Cannot use");
  }
  assertEquals(extractNat64(Ipv6Prefix.parse("64:ff9b::/96"), parseIpv6("64:ff9c::1")), undefined);
});

Deno.test("mapIpv4 and unmapIpv4 undo each other", () => {
  fc.assert(fc.property(uint32, (ipv4) => {
    assertStrictEquals(unmapIpv4(mapIpv4(ipv4)), ipv4);
    assertEquals(formatIpv6(mapIpv4(ipv4)), `::ffff:${formatIpv4(ipv4)}`);
  }));
  for (const text of ["::1.2.3.4", "::1:ffff:1.2.3.4", "::fffe:1.2.3.4", "::"]) {
    assertEquals(unmapIpv4(parseIpv6(text)), undefined);
  }
});

Deno.test("6to4 and Teredo addresses give up the IPv4 addresses in them", () => {
  assertEquals(ipv4From6to4(parseIpv6("2002:ffff:ffff::")), 0xffffffff);
  assertEquals(ipv4From6to4(parseIpv6("2003::")), undefined);
  assertEquals(readTeredo(parseIpv6("2001:1::")), undefined);
  assertEquals(readTeredo(parseIpv6("2001:0:4136:e378:8000:63bf:3fff:fdd2")), {
    server: parseIpv4("65.54.227.120"),
    flags: 0x8000,
    client: parseIpv4("192.0.2.45"),
    port: 40000,
  });
});

Deno.test("eui64 turns MAC addresses into identifiers and back (RFC 4291 Appendix A)", () => {
  const mac = MacAddress.parse("00:1b:21:3c:9d:f8");
  assertEquals(formatIpv6(linkLocalIpv6(mac)), "fe80::21b:21ff:fe3c:9df8");
  const prefix = Ipv6Prefix.parse("2001:db8:1:2::/64");
  assertEquals(formatIpv6(eui64Address(prefix, mac)), "2001:db8:1:2:21b:21ff:fe3c:9df8");
  assertThrows(() => eui64Address(Ipv6Prefix.parse("2001:db8::/63"), mac), RangeError, "not a /64");
  fc.assert(fc.property(fc.integer({ min: 0, max: 2 ** 48 - 1 }), (value) => {
    const id = eui64(MacAddress.fromNumber(value));
    assertStrictEquals(macFromEui64(id)?.toNumber(), value);
    assertEquals(macFromEui64(id ^ 1n << 24n), undefined);
  }));
});

Deno.test("solicitedNode keeps the low 24 bits (RFC 4291 §2.7.1)", () => {
  assertEquals(formatIpv6(solicitedNode(parseIpv6("2001:db8::ffff:ffff"))), "ff02::1:ffff:ffff");
  assertEquals(formatIpv6(solicitedNode(parseIpv6("fe80::2aa:ff:fe28:9c5a"))), "ff02::1:ff28:9c5a");
  assertEquals(formatIpv6(solicitedNode(0n)), "ff02::1:ff00:0");
});
