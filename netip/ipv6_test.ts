import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { formatIpv6, Ipv6, isIpv6, parseIpv6, tryParseIpv6 } from "./ipv6.ts";
import {
  addIpv6,
  compareIpv6,
  distanceIpv6,
  nextIpv6,
  previousIpv6,
  sortIpv6,
} from "./ipv6_arithmetic.ts";
import {
  compareIpv6Bytes,
  copyIpv6,
  equalIpv6,
  isMulticastIpv6At,
  readIpv6,
  writeIpv6,
} from "./ipv6_bytes.ts";

const LAST = (1n << 128n) - 1n;

const group = fc.oneof(fc.constant(0), fc.constant(0), fc.integer({ min: 0, max: 0xffff }));
const groups = fc.array(group, { minLength: 8, maxLength: 8 });
const address = groups.map((groups) =>
  groups.reduce((sum, group) => sum << 16n | BigInt(group), 0n)
);

Deno.test("parseIpv6 reads the forms of RFC 4291 §2.2", () => {
  const table: [string, string][] = [
    ["ABCD:EF01:2345:6789:ABCD:EF01:2345:6789", "abcdef0123456789abcdef0123456789"],
    ["2001:DB8:0:0:8:800:200C:417A", "20010db80000000000080800200c417a"],
    ["2001:DB8::8:800:200C:417A", "20010db80000000000080800200c417a"],
    ["FF01:0:0:0:0:0:0:101", "ff010000000000000000000000000101"],
    ["FF01::101", "ff010000000000000000000000000101"],
    ["0:0:0:0:0:0:0:1", "1"],
    ["::1", "1"],
    ["::", "0"],
    ["0:0:0:0:0:0:13.1.68.3", "0d014403"],
    ["::13.1.68.3", "0d014403"],
    ["0:0:0:0:0:FFFF:129.144.52.38", "ffff81903426"],
    ["::FFFF:129.144.52.38", "ffff81903426"],
    ["1::", "00010000000000000000000000000000"],
    ["1:2:3:4:5:6:7::", "00010002000300040005000600070000"],
    ["::2:3:4:5:6:7:8", "00000002000300040005000600070008"],
    ["1:2:3:4:5::7:8", "00010002000300040005000000070008"],
    ["1:2:3:4:5:6:1.2.3.4", "00010002000300040005000601020304"],
    ["1::1.2.3.4", "00010000000000000000000001020304"],
    ["64:ff9b::192.0.2.33", "0064ff9b0000000000000000c0000221"],
    ["0001:0002:0003:0004:0005:0006:255.255.255.255", "000100020003000400050006ffffffff"],
  ];
  for (const [text, hex] of table) {
    assertStrictEquals(parseIpv6(text), BigInt(`0x${hex}`), text);
    assert(isIpv6(text));
  }
});

Deno.test("parseIpv6 refuses all else", () => {
  const refused = [
    "",
    ":",
    ":::",
    "::::",
    "1",
    "1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:8:9",
    "1:2:3:4:5:6:7:8::",
    "::1:2:3:4:5:6:7:8",
    "1:2:3:4::5:6:7:8",
    "1::2::3",
    "1:::2",
    ":1:2:3:4:5:6:7:8",
    ":1::",
    "1:2:3:4:5:6:7:",
    "1:2:3:4:5:6:7:8:",
    "1::2:",
    ":1",
    "12345::",
    "00001::",
    "::12345",
    "g::",
    "::g",
    "1 ::",
    " ::1",
    "::1 ",
    "::1\n",
    "::-1",
    "::0x1",
    "::1/64",
    "fe80::1%eth0",
    "[::1]",
    "1.2.3.4",
    "::1.2.3",
    "::1.2.3.4.5",
    "::1.2.3.04",
    "::1.2.3.256",
    "::1.2.3.4:5",
    "1:2:3:4:5:6:7:1.2.3.4",
    "1:2:3:4:5:1.2.3.4",
    "::1:2:3:4:5:6:1.2.3.4",
    "::ffff:1..2.3",
    "::a.2.3.4",
    "::.1.2.3",
    "2001:db8::１",
  ];
  for (const text of refused) {
    assertEquals(tryParseIpv6(text), undefined, JSON.stringify(text));
    assertEquals(isIpv6(text), false);
    assertThrows(() => parseIpv6(text), SyntaxError, "Cannot parse an IPv6 address");
  }
});

Deno.test("formatIpv6 writes as RFC 5952 §4 and §5 say", () => {
  const table: [string, string][] = [
    ["2001:0db8::0001", "2001:db8::1"],
    ["2001:db8:0:0:0:0:2:1", "2001:db8::2:1"],
    ["2001:db8::1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
    ["2001:0:0:1:0:0:0:1", "2001:0:0:1::1"],
    ["2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
    ["2001:DB8::ABCD", "2001:db8::abcd"],
    ["0:0:0:0:0:0:0:0", "::"],
    ["0:0:0:0:0:0:0:1", "::1"],
    ["1:0:0:0:0:0:0:0", "1::"],
    ["0:1:0:1:0:1:0:1", "0:1:0:1:0:1:0:1"],
    ["1:0:1:0:1:0:1:0", "1:0:1:0:1:0:1:0"],
    ["0:0:1:0:0:0:0:0", "0:0:1::"],
    ["::ffff:c000:0201", "::ffff:192.0.2.1"],
    ["::ffff:0:0", "::ffff:0.0.0.0"],
    ["::fffe:c000:201", "::fffe:c000:201"],
    ["64:ff9b::192.0.2.33", "64:ff9b::c000:221"],
  ];
  for (const [text, canonical] of table) assertEquals(formatIpv6(parseIpv6(text)), canonical, text);
});

Deno.test("formatIpv6 gives text that parses back, its longest run of zeros cut", () => {
  fc.assert(fc.property(address, (address) => {
    const text = formatIpv6(address);
    assertStrictEquals(parseIpv6(text), address);
    const written = Array.from(
      { length: 8 },
      (_, i) => (address >> BigInt(112 - 16 * i) & 0xffffn).toString(16),
    );
    // Of all runs of two or more zero groups the longest, of those the first (§4.2.2, §4.2.3).
    let canonical = written.join(":");
    let longest = 1;
    for (let from = 0; from < 8; from++) {
      for (let to = from + 2; to <= 8; to++) {
        if (written.slice(from, to).some((digits) => digits !== "0")) break;
        if (to - from <= longest) continue;
        longest = to - from;
        canonical = `${written.slice(0, from).join(":")}::${written.slice(to).join(":")}`;
      }
    }
    if (!text.includes(".")) assertEquals(text, canonical);
  }));
});

Deno.test("parseIpv6 reads every way to write the same address alike", () => {
  fc.assert(fc.property(groups, fc.boolean(), fc.boolean(), (groups, pad, upper) => {
    const expected = groups.reduce((sum, group) => sum << 16n | BigInt(group), 0n);
    const digits = groups.map((group) => group.toString(16).padStart(pad ? 4 : 1, "0"));
    const forms = [digits.join(":")];
    const low = groups[6]! * 65536 + groups[7]!;
    const dotted = [24, 16, 8, 0].map((shift) => low >>> shift & 0xff).join(".");
    forms.push([...digits.slice(0, 6), dotted].join(":"));
    for (let from = 0; from < 8; from++) {
      for (let to = from + 1; to <= 8 && groups.slice(from, to).every((each) => each === 0); to++) {
        forms.push(`${digits.slice(0, from).join(":")}::${digits.slice(to).join(":")}`);
      }
    }
    for (const form of forms) {
      assertStrictEquals(tryParseIpv6(upper ? form.toUpperCase() : form), expected, form);
    }
  }));
});

Deno.test("tryParseIpv6 never throws and takes only what formatIpv6 can say again", () => {
  const text = fc.array(fc.constantFrom("0", "1", "f", ":", "::", ".", "1.2.3.4", "%", "ffff"), {
    maxLength: 16,
  }).map((parts) => parts.join(""));
  fc.assert(fc.property(text, (text) => {
    const address = tryParseIpv6(text);
    if (address !== undefined) assertStrictEquals(parseIpv6(formatIpv6(address)), address);
  }));
});

Deno.test("IPv6 addresses lie in packets in network order", () => {
  const bytes = new Uint8Array(20).fill(0xa5);
  writeIpv6(bytes, 2, parseIpv6("102:304:506:708:90a:b0c:d0e:f10"));
  assertEquals([...bytes], [
    0xa5,
    0xa5,
    ...Array.from({ length: 16 }, (_, i) => i + 1),
    0xa5,
    0xa5,
  ]);
  fc.assert(fc.property(address, fc.nat(7), (address, offset) => {
    const bytes = new Uint8Array(23).fill(0xa5);
    writeIpv6(bytes, offset, address);
    assertStrictEquals(readIpv6(bytes, offset), address);
    assertEquals(isMulticastIpv6At(bytes, offset), address >> 120n === 0xffn);
    const copy = new Uint8Array(18).fill(0xa5);
    copyIpv6(bytes, offset, copy, 1);
    assert(equalIpv6(bytes, offset, copy, 1));
    assertEquals([copy[0], copy[17]], [0xa5, 0xa5]);
    for (let i = 1; i < 17; i++) {
      copy[i]! ^= 1;
      assert(!equalIpv6(bytes, offset, copy, 1), `byte ${i - 1} is compared`);
      assertEquals(
        compareIpv6Bytes(bytes, offset, copy, 1),
        compareIpv6(address, readIpv6(copy, 1)),
      );
      copy[i]! ^= 1;
    }
    assertEquals(compareIpv6Bytes(bytes, offset, copy, 1), 0);
  }));
});

Deno.test("IPv6 arithmetic ends where the address space ends", () => {
  assertEquals(nextIpv6(LAST), undefined);
  assertEquals(previousIpv6(Ipv6.any), undefined);
  assertEquals(nextIpv6(0xffffffffffffffffn), 1n << 64n);
  assertEquals(previousIpv6(1n << 64n), 0xffffffffffffffffn);
  assertThrows(() => addIpv6(LAST, 1n), RangeError, "Cannot add 1 to ffff:");
  assertThrows(() => addIpv6(Ipv6.loopback, -2n), RangeError, "Cannot add -2 to ::1");
  fc.assert(fc.property(address, address, (from, to) => {
    assertStrictEquals(addIpv6(from, distanceIpv6(from, to)), to);
    const sorted = sortIpv6([from, to]);
    assertEquals(sorted, from < to ? [from, to] : [to, from]);
  }));
});
