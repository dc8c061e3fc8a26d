import { assert, assertEquals, assertThrows } from "@std/assert";
import { Packet } from "./packet.ts";

/** What is the packet itself, and not a fact about its frame. */
const memory = new Set(["bytes", "view", "address", "room"]);

type Facts = Record<string, number | boolean>;

/** The facts by name: all own fields, so that one that is added later is under test as well. */
function facts(packet: Packet): Facts {
  const result: Facts = {};
  for (const [name, value] of Object.entries(packet)) {
    if (memory.has(name)) continue;
    assert(typeof value === "number" || typeof value === "boolean", `${name} is a fact`);
    result[name] = value;
  }
  return result;
}

/** Gives every fact a value of its own that differs from its default. */
function fill(packet: Packet): Facts {
  const fields = packet as unknown as Facts;
  let number = 40;
  for (const [name, value] of Object.entries(facts(packet))) {
    fields[name] = typeof value === "number" ? ++number : !value;
  }
  return facts(packet);
}

Deno.test("a copy has the bytes, the length and every fact", () => {
  const original = new Packet(100);
  const expected = fill(original);
  assert(Object.keys(expected).length >= 18);
  for (let i = 0; i < original.length; i++) original.bytes[i] = i + 1;
  const copy = new Packet(100);
  copy.bytes.fill(0xa5);
  copy.copyFrom(original);
  assertEquals(facts(copy), expected);
  const { length } = original;
  assertEquals(copy.bytes.slice(0, length), original.bytes.slice(0, length));
  assert(copy.bytes.subarray(length).every((byte) => byte === 0xa5));
  original.bytes[0] = 99;
  assertEquals(copy.bytes[0], 1);
});

Deno.test("clearing forgets every fact and leaves the bytes", () => {
  const packet = new Packet(100);
  const fresh = facts(packet);
  packet.bytes.fill(7);
  fill(packet);
  packet.clear();
  assertEquals(facts(packet), fresh);
  assertEquals(packet.bytes[0], 7);
});

Deno.test("a frame that is too long is not copied", () => {
  const [small, large] = [new Packet(100), new Packet(1514)];
  large.length = small.bytes.length + 1;
  assertThrows(
    () => small.copyFrom(large),
    RangeError,
    `Cannot copy frame of ${large.length} bytes into a packet of ${small.bytes.length}`,
  );
  large.length = small.bytes.length;
  small.copyFrom(large);
  assertEquals(small.length, large.length);
});

Deno.test("the headroom stands before the frame, in one view with it", () => {
  const packet = new Packet(1514);
  assert(packet.bytes.length >= 1514);
  assertEquals(packet.room.length, packet.bytes.length + Packet.headroom);
  packet.room[Packet.headroom] = 1;
  assertEquals(packet.bytes[0], 1);
  // The IP header behind 14 bytes of Ethernet lies on a multiple of four.
  assertEquals((packet.room.byteOffset + Packet.headroom + 14) % 4, 0);
});

Deno.test("a released packet's memory serves the next one", () => {
  const first = new Packet(4000);
  const { address } = first;
  first.release();
  const second = new Packet(4000);
  assertEquals(second.address, address);
  second.release();
});

Deno.test("a packet too large for the slab works from the heap", () => {
  const large = new Packet(1 << 24);
  assertEquals(large.address, -1);
  large.bytes.fill(0xff, 0, 1001);
  large.length = 1001;
  assertEquals(large.sum(0, 1001, 0), 0xff00);
  const small = new Packet(2000);
  small.copyFrom(large);
  assertEquals(small.sum(0, 1001, 0), 0xff00);
  large.bytes.fill(0);
  large.copyFrom(small);
  assertEquals(large.sum(0, 1001, 0), 0xff00);
});
