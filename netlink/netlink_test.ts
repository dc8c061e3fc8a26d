import { MacAddress } from "@octet/netip";
import { SeededRandom, Verdict } from "@octet/wire";
import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  AttributeCursor,
  decodeAcknowledgement,
  decodeChange,
  decodeLink,
  decodeLinkAddress,
  decodeNeighbour,
  decodeRoute,
  decodeRule,
  errnoText,
  formatAddressBytes,
  MessageWriter,
  NetlinkMessage,
  NetlinkType,
  parsePrefixBytes,
  RouteType,
  writeDeleteAddress,
  writeDeleteRoute,
  writeGetAddresses,
  writeGetLink,
  writeGetRoutes,
  writeNewAddress,
  writeNewRoute,
  writeSetLink,
} from "./mod.ts";
import * as captured from "./testdata/messages.ts";
import * as state from "./testdata/state_messages.ts";

function hex(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text.match(/../g)!, (pair) => parseInt(pair, 16));
}

function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function messages(text: string): NetlinkMessage[] {
  const bytes = hex(text);
  const found: NetlinkMessage[] = [];
  for (let at = 0; at < bytes.length;) {
    const message = new NetlinkMessage().reset(bytes, at, bytes.length);
    assertEquals(message.validate(), Verdict.Ok);
    found.push(message);
    at = message.nextOffset;
  }
  return found;
}

Deno.test("A link is read from what the kernel says", () => {
  const [message] = messages(captured.getLinkAnswer);
  assertEquals([message!.type, message!.sequence], [NetlinkType.NewLink, 7]);
  const link = decodeLink(message!)!;
  const { index, name, hardwareType, isUp, mtu, kind, tunType, master, queueLength, qdisc } = link;
  assertEquals(
    { index, name, hardwareType, isUp, mtu, kind, tunType, master, queueLength, qdisc },
    {
      index: 2,
      name: "tap0",
      hardwareType: 1,
      isUp: true,
      mtu: 1500,
      kind: "tun",
      tunType: "tap",
      master: 0,
      queueLength: 1000,
      qdisc: "pfifo_fast",
    },
  );
  assertEquals(link.data, {
    kind: "tun",
    type: "tap",
    hasPacketInformation: false,
    hasVnetHeader: false,
    isPersistent: true,
    isMultiQueue: false,
  });
  assertEquals(`${link.hardwareAddress}`, "4e:0e:c6:8f:93:2d");
  assertEquals([link.minMtu, link.maxMtu], [68, 65521]);
  assertEquals(link.statistics?.sent.packets, 0);
});

Deno.test("Addresses and routes are read from what the kernel says", () => {
  const [first] = messages(captured.getAddressesAnswer);
  const { address, prefixLength, broadcast, label, version } = decodeLinkAddress(first!)!;
  assertEquals(
    [address, prefixLength, broadcast, label, version],
    ["10.77.0.1", 24, "10.77.0.255", "tap0", 4],
  );
  const routes = messages(captured.getRoutesAnswer).map((message) => decodeRoute(message)!);
  assertEquals(routes.map((one) => one.destination), [
    "0.0.0.0/0",
    "10.77.0.0/24",
    "10.77.0.1/32",
    "10.77.0.255/32",
  ]);
  assertEquals([routes[0]!.gateway, routes[0]!.index, routes[0]!.table], ["10.77.0.2", 2, 254]);
  assertEquals([routes[1]!.gateway, routes[1]!.preferredSource], [undefined, "10.77.0.1"]);
  assertEquals(routes[3]!.type, RouteType.Broadcast);
});

Deno.test("A refusal carries the errno and the kernel's own words", () => {
  const [refused] = messages(captured.setMtuTooSmallAnswer);
  assertEquals(decodeAcknowledgement(refused!), {
    errno: 22,
    text: "mtu less than device minimum",
  });
  const [missing] = messages(captured.getMissingLinkAnswer);
  assertEquals(decodeAcknowledgement(missing!), { errno: 19, text: "" });
  assertEquals(errnoText(19), "no such device");
});

Deno.test("Requests are the bytes that the kernel has answered", () => {
  const writer = new MessageWriter();
  const cases: [request: string, write: () => void][] = [
    // Ours asks for an acknowledgement too, hence flags 5.
    [captured.getLinkRequest.replace("12000100", "12000500"), () => writeGetLink(writer, "tap0")],
    [captured.setMtuTooSmallRequest, () => writeSetLink(writer, 2, { mtu: 10 })],
    [captured.getMissingLinkRequest, () => writeGetLink(writer, "nope")],
    // Family unspecified (0) where the capture asked for IPv4.
    [
      captured.getAddressesRequest.slice(0, 32) + "00" + captured.getAddressesRequest.slice(34),
      () => writeGetAddresses(writer),
    ],
    [
      captured.getRoutesRequest.slice(0, 32) + "00" + captured.getRoutesRequest.slice(34),
      () => writeGetRoutes(writer),
    ],
  ];
  for (const [request, write] of cases) {
    write();
    assertEquals(toHex(writer.stamp(7).finish()), request);
  }
});

/** The attributes behind a family header of a request, as `type: hex`. */
function attributesOf(bytes: Uint8Array, headerLength: number): Record<number, string> {
  const cursor = new AttributeCursor().reset(bytes, 16 + headerLength, bytes.length);
  const found: Record<number, string> = {};
  while (cursor.next()) found[cursor.type] = toHex(cursor.value());
  assertEquals(cursor.verdict, Verdict.Ok);
  return found;
}

Deno.test("An address is written with the broadcast address of its prefix", () => {
  const writer = new MessageWriter();
  const cases: [address: string, attributes: Record<number, string>][] = [
    ["10.77.0.1/24", { 1: "0a4d0001", 2: "0a4d0001", 4: "0a4d00ff" }],
    ["10.77.5.1/19", { 1: "0a4d0501", 2: "0a4d0501", 4: "0a4d1fff" }],
    ["10.77.0.1/30", { 1: "0a4d0001", 2: "0a4d0001", 4: "0a4d0003" }],
    ["10.77.0.1/31", { 1: "0a4d0001", 2: "0a4d0001" }],
    ["fd00::1/64", { 1: "fd" + "0".repeat(29) + "1", 2: "fd" + "0".repeat(29) + "1" }],
  ];
  for (const [address, attributes] of cases) {
    writeNewAddress(writer, 2, address);
    assertEquals(attributesOf(writer.finish(), 8), attributes);
  }
  writeNewAddress(writer, 2, "10.0.0.1/24", { broadcast: null });
  assertEquals(attributesOf(writer.finish(), 8), { 1: "0a000001", 2: "0a000001" });
  writeNewAddress(writer, 2, "10.0.0.1/32", { peer: "10.0.0.2" });
  assertEquals(attributesOf(writer.finish(), 8), { 1: "0a000002", 2: "0a000001" });
  writeDeleteAddress(writer, 2, "10.0.0.1/24");
  assertEquals(attributesOf(writer.finish(), 8), { 1: "0a000001", 2: "0a000001" });
});

Deno.test("A route is written with gateway, link, metric and a table above 255", () => {
  const writer = new MessageWriter();
  writeNewRoute(writer, "0.0.0.0/0", { gateway: "10.0.0.1", metric: 7, table: 1000 });
  const bytes = writer.finish();
  assertEquals(attributesOf(bytes, 12), { 5: "0a000001", 6: "07000000", 15: "e8030000" });
  // Family, destination length, table 0 for "see the attribute", origin static, scope, unicast.
  assertEquals([...bytes.subarray(16, 24)], [2, 0, 0, 0, 0, 4, 0, 1]);
  writeDeleteRoute(writer, "10.0.0.0/8", { index: 3 });
  assertEquals(attributesOf(writer.finish(), 12), { 1: "0a000000", 4: "03000000" });
});

Deno.test("A link's address, name and state are written", () => {
  const writer = new MessageWriter();
  const hardwareAddress = MacAddress.parse("02:00:00:00:00:01");
  writeSetLink(writer, 9, { up: false, hardwareAddress, name: "x" });
  const bytes = writer.finish();
  assertEquals(attributesOf(bytes, 16), { 1: "020000000001", 3: "7800" });
  assertEquals(toHex(bytes.subarray(16, 32)), "00000000" + "09000000" + "00000000" + "01000000");
});

Deno.test("Nested attributes have the length of what they hold", () => {
  const writer = new MessageWriter(64).begin(16, 0, 0);
  const mark = writer.beginNest(18);
  writer.text(1, "tun").endNest(mark).u8(2, 5);
  const bytes = writer.finish();
  const cursor = new AttributeCursor().reset(bytes, 16, bytes.length);
  assert(cursor.next());
  const inner = cursor.nested();
  assert(inner.next());
  assertEquals([inner.text(), inner.next()], ["tun", false]);
  assert(cursor.next());
  assertEquals([cursor.type, cursor.u8(), cursor.next()], [2, 5, false]);
  assertThrows(() => writer.attribute(1, new Uint8Array(64)), RangeError, "Cannot write 68");
});

Deno.test("Addresses with prefixes are parsed strictly", () => {
  for (const text of ["10.0.0.1", "10.0.0.1/33", "10.0.0.1/08", "10.0.0.1/", "::/129", "x/1", ""]) {
    assertThrows(() => parsePrefixBytes(text), SyntaxError);
  }
  assertEquals(formatAddressBytes(new Uint8Array(5), 0, 5), "");
});

/** Every read of `bytes` outside the array fails the test. */
function guarded(bytes: Uint8Array): Uint8Array {
  return new Proxy(bytes, {
    get(target, key): unknown {
      if (typeof key === "string" && /^-?\d+$/.test(key)) {
        assert(Number(key) >= 0 && Number(key) < target.length, `read of byte ${key}`);
      }
      const value: unknown = Reflect.get(target, key);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

function readAll(bytes: Uint8Array): void {
  const view = guarded(bytes);
  const message = new NetlinkMessage().reset(view, 0, bytes.length);
  if (message.validate() !== Verdict.Ok) return;
  decodeLink(message);
  decodeLinkAddress(message);
  decodeRoute(message);
  decodeNeighbour(message);
  decodeRule(message);
  decodeChange(message);
  decodeAcknowledgement(message);
}

Deno.test("Messages cut anywhere, with any length or at random, give a verdict and no read outside", () => {
  const answers = [
    captured.getLinkAnswer,
    captured.getAddressesAnswer,
    captured.getRoutesAnswer,
    captured.setMtuTooSmallAnswer,
    captured.getMissingLinkAnswer,
    state.bridge,
    state.bridgePort,
    state.addresses,
    state.routes,
    state.neighbour,
    state.forwarding,
    state.rules,
    state.refusal,
  ].flatMap((text) => messages(text).map((one) => one.bytes.slice(one.offset, one.payloadEnd)));
  for (const answer of answers) {
    for (let length = 0; length < answer.length; length++) {
      const cut = answer.slice(0, length);
      readAll(cut);
      // The declared length says the message ends where the buffer does.
      if (length >= 4) cut.set([length & 255, length >>> 8, 0, 0]);
      readAll(cut);
    }
    // Each 16-bit word, and so each length and count, at its extremes.
    for (let at = 0; at + 2 <= Math.min(answer.length, 600); at += 2) {
      for (const extreme of [0, 1, 3, 4, 0x7fff, 0xffff]) {
        const changed = answer.slice();
        changed[at] = extreme;
        changed[at + 1] = extreme >>> 8;
        readAll(changed);
      }
    }
  }
  const random = new SeededRandom(1);
  for (let round = 0; round < 3000; round++) {
    const bytes = answers[round % answers.length]!.slice();
    for (let i = 0; i < 4; i++) bytes[random.uint32() % bytes.length] = random.uint32();
    readAll(bytes);
  }
});

Deno.test("A value read as longer than it is sets the cursor's verdict", () => {
  const bytes = Uint8Array.of(5, 0, 1, 0, 9, 0, 0, 0, 8, 0, 2, 0, 1, 0, 0, 0);
  const cursor = new AttributeCursor().reset(bytes, 0, bytes.length);
  assert(cursor.next());
  assertEquals([cursor.u8(), cursor.verdict], [9, Verdict.Ok]);
  assertEquals([cursor.u32(), cursor.verdict, cursor.next()], [0, Verdict.BadLength, false]);
});
