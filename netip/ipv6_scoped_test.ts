import { assertEquals, assertThrows } from "@std/assert";
import { parseIpv6 } from "./ipv6.ts";
import {
  formatScopedIpv6,
  isScopedIpv6,
  parseScopedIpv6,
  tryParseScopedIpv6,
} from "./ipv6_scoped.ts";

Deno.test("parseScopedIpv6 reads an address with and without a zone (RFC 4007 §11)", () => {
  const table: [string, string, string][] = [
    ["fe80::1234%1", "fe80::1234", "1"],
    ["ff02::5678%5", "ff02::5678", "5"],
    ["ff08::9abc%10", "ff08::9abc", "10"],
    ["fe80::1%eth0.100", "fe80::1", "eth0.100"],
    ["febf::1%en-0_a", "febf::1", "en-0_a"],
    ["fec0::1%site", "fec0::1", "site"],
    ["::1%lo", "::1", "lo"],
    ["2001:db8::1", "2001:db8::1", ""],
    ["fe80::1", "fe80::1", ""],
    ["::", "::", ""],
  ];
  for (const [text, address, zone] of table) {
    assertEquals(parseScopedIpv6(text), { address: parseIpv6(address), zone }, text);
    assertEquals(formatScopedIpv6(parseScopedIpv6(text)), text);
  }
});

Deno.test("parseScopedIpv6 refuses empty and odd zones, and zones where scope is global", () => {
  const refused = [
    "",
    "%eth0",
    "fe80::1%",
    "fe80::1%%",
    "fe80::1%eth0%1",
    "fe80::1%eth 0",
    "fe80::1%eth0\n",
    "fe80::1%eth0/64",
    "fe80::1%\0",
    `fe80::1%${"x".repeat(65)}`,
    "fe80::1 %eth0",
    "2001:db8::1%eth0",
    "fd00::1%eth0",
    "ff0e::1%eth0",
    "::%eth0",
    "::ffff:1.2.3.4%eth0",
    "1.2.3.4%eth0",
  ];
  for (const text of refused) {
    assertEquals(tryParseScopedIpv6(text), undefined, JSON.stringify(text));
    assertThrows(() => parseScopedIpv6(text), SyntaxError, "Cannot parse a scoped IPv6 address");
  }
});

Deno.test("isScopedIpv6 ends where link-local and site-local end", () => {
  const table: [string, boolean][] = [
    ["fe7f:ffff::", false],
    ["fe80::", true],
    ["feff:ffff::", true],
    ["ff01::1", true],
    ["ff0d::1", true],
    ["ff0e::1", false],
    ["ff3e::1", false],
    ["ff32::1", true],
    ["::2", false],
  ];
  for (const [text, scoped] of table) assertEquals(isScopedIpv6(parseIpv6(text)), scoped, text);
});
