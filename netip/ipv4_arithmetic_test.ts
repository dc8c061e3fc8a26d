import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  addIpv4,
  compareIpv4,
  distanceIpv4,
  nextIpv4,
  previousIpv4,
  sortIpv4,
} from "./ipv4_arithmetic.ts";

const LAST = 0xffffffff;
const uint32 = fc.oneof(
  fc.integer({ min: 0, max: LAST }),
  fc.constantFrom(0, 1, 0x7fffffff, 0x80000000, LAST - 1, LAST),
);

Deno.test("nextIpv4 and previousIpv4 step over octet borders and end where the space ends", () => {
  assertEquals(nextIpv4(0x0a00ffff), 0x0a010000);
  assertEquals(nextIpv4(0x7fffffff), 0x80000000);
  assertEquals(nextIpv4(LAST), undefined);
  assertEquals(previousIpv4(0x80000000), 0x7fffffff);
  assertEquals(previousIpv4(0), undefined);
});

Deno.test("addIpv4 refuses to leave the address space", () => {
  assertEquals(addIpv4(0, LAST), LAST);
  assertEquals(addIpv4(LAST, -LAST), 0);
  for (const [address, count] of [[LAST, 1], [0, -1], [1, 0.5], [0, NaN], [0, Infinity]] as const) {
    assertThrows(() => addIpv4(address, count), RangeError, "Cannot add");
  }
});

Deno.test("addIpv4 by distanceIpv4 leads from one address to the other", () => {
  fc.assert(fc.property(uint32, uint32, (from, to) => {
    assertStrictEquals(addIpv4(from, distanceIpv4(from, to)), to);
  }));
});

Deno.test("sortIpv4 orders as BigInt does and leaves its argument alone", () => {
  fc.assert(fc.property(fc.array(uint32), (addresses) => {
    const copy = [...addresses];
    const expected = addresses.map(BigInt).sort((a, b) => a < b ? -1 : a > b ? 1 : 0).map(Number);
    assertEquals(sortIpv4(addresses), expected);
    assertEquals(addresses, copy);
  }));
});

Deno.test("compareIpv4 takes addresses as unsigned", () => {
  assertEquals(compareIpv4(0x7fffffff, 0x80000000), -1);
  assertEquals(compareIpv4(0x80000000, 0x7fffffff), 1);
  assertEquals(compareIpv4(LAST, LAST), 0);
});
