import { MacAddress } from "@octet/netip";
import { Verdict } from "@octet/wire";
import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import {
  attributeAt,
  AttributeCursor,
  decodeAcknowledgement,
  decodeChange,
  decodeLink,
  decodeLinkAddress,
  decodeNeighbour,
  decodeRoute,
  decodeRule,
  linkNameProblem,
  MessageWriter,
  NeighbourState,
  NetlinkMessage,
  RouteType,
  writeDeleteNeighbour,
  writeDeleteRule,
  writeGetAddresses,
  writeGetLinks,
  writeGetNeighbours,
  writeGetRoute,
  writeGetRoutes,
  writeNewAddress,
  writeNewLink,
  writeNewNeighbour,
  writeNewRoute,
  writeNewRule,
  writeSetLink,
} from "./mod.ts";
import { requestError } from "./request_error.ts";
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
  for (let at = 0; at < bytes.length; at = found.at(-1)!.nextOffset) {
    found.push(new NetlinkMessage().reset(bytes, at, bytes.length));
    assertEquals(found.at(-1)!.validate(), Verdict.Ok);
  }
  return found;
}

/** The attributes of a request or of a nest, as `type: hex`, with nests opened as the table says. */
function attributes(bytes: Uint8Array, headerLength: number): Record<number, string> {
  const cursor = new AttributeCursor().reset(bytes, 16 + headerLength, bytes.length);
  const found: Record<number, string> = {};
  while (cursor.next()) found[cursor.type] = toHex(cursor.value());
  assertEquals(cursor.verdict, Verdict.Ok);
  return found;
}

Deno.test("A bridge and its port are read from what the kernel says", () => {
  const bridge = decodeLink(messages(state.bridge)[0]!)!;
  assertEquals([bridge.name, bridge.kind], ["br0", "bridge"]);
  assertEquals(bridge.data, {
    kind: "bridge",
    forwardDelay: 1500,
    helloTime: 200,
    maxAge: 2000,
    ageingTime: 10000,
    stp: false,
    priority: 1234,
    vlanFiltering: false,
    multicastSnooping: true,
  });
  const port = decodeLink(messages(state.bridgePort)[0]!)!;
  const { name, alias, alternativeNames, master, parent, queueLength, qdisc, mtu } = port;
  assertEquals([name, alias, alternativeNames], ["v0", undefined, ["averyveryverylongname"]]);
  assertEquals([master, parent, queueLength, qdisc, mtu], [2, 3, 77, "noqueue", 1400]);
  assertEquals([port.kind, port.portKind, port.isUp, port.hasCarrier], [
    "veth",
    "bridge",
    true,
    true,
  ]);
  assertEquals(`${port.hardwareAddress}`, "02:00:00:00:00:09");
  assertEquals(toHex(port.broadcastBytes), "ffffffffffff");
  assertEquals(port.port, {
    state: 3,
    priority: 32,
    cost: 2,
    hairpin: false,
    guard: false,
    rootBlock: false,
    fastLeave: false,
    learning: true,
    flood: true,
    multicastFlood: true,
    isolated: false,
  });
});

Deno.test("Addresses have their lifetimes, label, metric and peer", () => {
  const [first, second, third] = messages(state.addresses).map((one) => decodeLinkAddress(one)!);
  assertEquals(
    [first!.address, first!.label, first!.metric, first!.validLifetime, first!.preferredLifetime],
    ["10.0.0.1", "d0:x", 5, 100, 50],
  );
  assertEquals([second!.address, second!.peer, second!.prefixLength, second!.validLifetime], [
    "10.1.0.1",
    "10.1.0.2",
    32,
    Infinity,
  ]);
  assertEquals([third!.version, third!.address, third!.flags], [6, "fd00::1", 0x82]);
});

Deno.test("Routes have metrics, several ways, gateways of IPv6 and an end", () => {
  const routes = messages(state.routes).map((one) => decodeRoute(one)!);
  const find = (destination: string) => routes.find((one) => one.destination === destination)!;
  const foreign = find("10.9.0.0/16");
  assertEquals([foreign.gateway, foreign.table, foreign.version], ["fd00::9", 1000, 4]);
  const measured = find("10.5.0.0/16");
  assertEquals([measured.metric, measured.metrics], [7, { mtu: 1300, advertisedMss: 1200 }]);
  assertEquals(find("10.7.0.0/16").nextHops, [
    { gateway: "10.0.0.7", index: 6, weight: 3, flags: 0 },
    { gateway: "10.0.0.8", index: 6, weight: 1, flags: 0 },
  ]);
  const ending = find("fd01::/64");
  assertEquals([ending.gateway, ending.expires, ending.preference], ["fd00::9", 599, 0]);
});

Deno.test("Neighbours, forwarding entries and rules are read from what the kernel says", () => {
  const neighbour = decodeNeighbour(messages(state.neighbour)[0]!)!;
  assertEquals(
    [neighbour.version, neighbour.address, `${neighbour.hardwareAddress}`, neighbour.state],
    [4, "10.0.0.9", "02:00:00:00:00:10", NeighbourState.Permanent],
  );
  const forwarding = decodeNeighbour(messages(state.forwarding)[0]!)!;
  assertEquals(
    [forwarding.version, forwarding.address, `${forwarding.hardwareAddress}`, forwarding.master],
    [0, "", "02:00:00:00:00:09", 2],
  );
  const [rule, main] = messages(state.rules).map((one) => decodeRule(one)!);
  assertEquals(
    [rule!.priority, rule!.source, rule!.inName, rule!.mark, rule!.mask, rule!.table],
    [100, "10.0.0.0/8", "d0", 7, 0xffffffff, 1000],
  );
  assertEquals([main!.priority, main!.table, main!.source], [32766, 254, undefined]);
});

Deno.test("A refusal says which attribute the kernel means", () => {
  const request = hex(state.refusedRequest);
  const answer = decodeAcknowledgement(messages(state.refusal)[0]!)!;
  assertEquals([answer.errno, answer.text, answer.offset], [
    34,
    "Attribute failed policy validation",
    40,
  ]);
  assertEquals(attributeAt(request, 16, answer.offset!), [13]);
  const error = requestError("Cannot change link v0", answer, request, 16);
  assertEquals(
    error.message,
    "Cannot change link v0 as the kernel says: Attribute failed policy validation, attribute 13 " +
      "(ERANGE)",
  );
  assertEquals([error.code, error.attributePath], ["ERANGE", [13]]);
  const denied = requestError("Cannot add link x", { errno: 1, text: "" }, request, 16);
  assertMatch(denied.message, /lacks CAP_NET_ADMIN.*\(EPERM\)$/);
  const missing = { errno: 22, text: "", missingType: 5 };
  assertMatch(requestError("Cannot x", missing, request, 16).message, /attribute 5 is missing/);
});

Deno.test("An attribute is found in the nests that it stands in", () => {
  const writer = new MessageWriter();
  writeNewLink(writer, "v0", { kind: "veth", peer: { name: "v1" } });
  const bytes = writer.finish();
  const info = new AttributeCursor().reset(bytes, 32, bytes.length);
  while (info.next() && info.type !== 18);
  const kind = info.nested();
  assert(kind.next());
  assertEquals(attributeAt(bytes, 16, kind.valueOffset - 4), [18, 1]);
  assertEquals(attributeAt(bytes, 16, bytes.length + 4), []);
  assertEquals(attributeAt(bytes, 16, 3), []);
});

Deno.test("Links are made of name, settings and what belongs to the kind", () => {
  const writer = new MessageWriter();
  writeNewLink(writer, "br0", { kind: "bridge", stp: true, priority: 7 }, { mtu: 1400, up: true });
  let bytes = writer.finish();
  assertEquals(toHex(bytes.subarray(16, 32)), "00".repeat(8) + "0100000001000000");
  assertEquals(attributes(bytes, 16), {
    3: toHex(new TextEncoder().encode("br0\0")),
    4: "78050000",
    // Kind "bridge", data: STP state 1, priority 7.
    18: "0b000100" + "62726964676500" + "00" + "14000280" + "0800050001000000" + "06000600" +
      "07000000",
  });
  writeNewLink(writer, "v5", { kind: "vlan", parent: 3, id: 5, protocol: 0x88a8 });
  bytes = writer.finish();
  assertEquals(attributes(bytes, 16)[5], "03000000");
  assert(toHex(bytes).endsWith("06000100050000000600050088a80000"));
  writeNewLink(writer, "veth0", { kind: "veth", peer: { name: "veth1", namespacePid: 9 } });
  bytes = writer.finish();
  // The peer is a struct ifinfomsg with attributes of its own.
  const peer = "28000180" + "00".repeat(16) + "0a000300" + "766574683100" + "0000" +
    "0800130009000000";
  assert(toHex(bytes).endsWith(peer), toHex(bytes));
  for (const name of ["", "sixteencharacter", "a/b", "a b", "a:b", ".", ".."]) {
    assertThrows(
      () => writeNewLink(writer, name, { kind: "dummy" }),
      RangeError,
      "Cannot add link",
    );
    assert(linkNameProblem(name) !== undefined);
  }
  assertEquals(linkNameProblem("übung-eth0-12"), undefined);
});

Deno.test("Changes of a link set the flags that they name and no other", () => {
  const writer = new MessageWriter();
  const cases = [
    [{ up: true, promiscuous: false }, 1, 0x101],
    [{ arp: false }, 0x80, 0x80],
    [{ arp: true, multicast: true }, 0x1000, 0x1080],
    [{ allMulticast: true }, 0x200, 0x200],
    [{ mtu: 1500 }, 0, 0],
  ] as const;
  for (const [change, flags, mask] of cases) {
    writeSetLink(writer, 1, change);
    const view = new DataView(writer.finish().slice().buffer);
    assertEquals([view.getUint32(24, true), view.getUint32(28, true)], [flags, mask]);
  }
  writeSetLink(writer, 1, { master: 0, queueLength: 5, alias: "a", namespaceDescriptor: 3 });
  assertEquals(attributes(writer.finish(), 16), {
    10: "00000000",
    13: "05000000",
    20: "61",
    28: "03000000",
  });
});

Deno.test("Lists are asked for with the filters that the kernel checks strictly", () => {
  const writer = new MessageWriter();
  writeGetLinks(writer, { master: 2, kind: "veth" }, false);
  assertEquals(attributes(writer.finish(), 16), {
    10: "02000000",
    18: "09000100" + "7665746800" + "000000",
    29: "08000000",
  });
  writeGetAddresses(writer, { index: 5, version: 6 });
  assertEquals(toHex(writer.finish().subarray(16)), "0a00000005000000");
  writeGetRoutes(writer, { version: 4, table: 1000, index: 2, origin: 4, type: 6 });
  assertEquals(toHex(writer.finish().subarray(16, 28)), "020000000004000600000000");
  assertEquals(attributes(writer.finish(), 12), { 4: "02000000", 15: "e8030000" });
  writeGetNeighbours(writer, { version: 0, index: 3, master: 2 });
  assertEquals(toHex(writer.finish().subarray(16, 28)), "070000000300000000000000");
  assertEquals(attributes(writer.finish(), 12), { 9: "02000000" });
  writeGetNeighbours(writer, { index: 3, proxy: true });
  assertEquals(toHex(writer.finish().subarray(16, 28)), "000000000000000000000800");
  assertEquals(attributes(writer.finish(), 12), { 8: "03000000" });
});

Deno.test("Routes are written with ways, metrics and the scope that follows from them", () => {
  const writer = new MessageWriter();
  const scopeAndType = () => [...writer.finish().subarray(22, 24)];
  writeNewRoute(writer, "10.0.0.0/8", {
    nextHops: [{ gateway: "10.9.0.1", weight: 256 }, { gateway: "fd00::1", index: 4 }],
    metrics: { mtu: 1300, hopLimit: 9 },
  });
  assertEquals(scopeAndType(), [0, RouteType.Unicast]);
  assertEquals(attributes(writer.finish(), 12), {
    1: "0a000000",
    9: "100000ff00000000" + "080005000a090001" + // struct rtnexthop with RTA_GATEWAY
      "2000000004000000" + "16001200" + "0a00fd00" + "0".repeat(26) + "01" + "0000",
    8: "0800020014050000" + "08000a0009000000",
  });
  writeNewRoute(writer, "10.0.0.0/8", { type: RouteType.Blackhole });
  assertEquals(scopeAndType(), [0, RouteType.Blackhole]);
  writeNewRoute(writer, "10.0.0.0/8", { index: 3 });
  assertEquals(scopeAndType(), [253, RouteType.Unicast]);
  writeNewRoute(writer, "10.0.0.1/32", { type: RouteType.Local, index: 1, table: 255 });
  assertEquals(scopeAndType(), [254, RouteType.Local]);
  for (const weight of [0, 257, 1.5]) {
    assertThrows(
      () => writeNewRoute(writer, "::/0", { nextHops: [{ gateway: "fd00::1", weight }] }),
      RangeError,
      "weight",
    );
  }
  writeGetRoute(writer, "10.1.2.3", { source: "10.0.0.1", mark: 5, incoming: 2 });
  assertEquals(attributes(writer.finish(), 12), {
    1: "0a010203",
    2: "0a000001",
    3: "02000000",
    16: "05000000",
  });
  assertEquals([...writer.finish().subarray(16, 19)], [2, 32, 32]);
});

Deno.test("Lifetimes, labels and scopes of addresses are written, and checked", () => {
  const writer = new MessageWriter();
  writeNewAddress(writer, 2, "fd00::1/64", { validLifetime: 60, flags: 0x2 });
  assertEquals(attributes(writer.finish(), 8)[6], "3c0000003c000000" + "00".repeat(8));
  writeNewAddress(writer, 2, "127.0.0.2/8", { label: "lo:2" });
  assertEquals(writer.finish()[19], 254);
  assertEquals(attributes(writer.finish(), 8)[4], undefined);
  for (
    const options of [{ validLifetime: -1 }, { validLifetime: 1.5 }, {
      validLifetime: 5,
      preferredLifetime: 6,
    }, { validLifetime: 2 ** 32 }]
  ) {
    assertThrows(() => writeNewAddress(writer, 2, "10.0.0.1/8", options), RangeError, "Cannot set");
  }
});

Deno.test("Neighbours and rules are written", () => {
  const writer = new MessageWriter();
  const hardwareAddress = MacAddress.parse("02:00:00:00:00:10");
  writeNewNeighbour(writer, 6, "10.0.0.9", { hardwareAddress });
  assertEquals(toHex(writer.finish().subarray(16, 28)), "020000000600000080000000");
  assertEquals(attributes(writer.finish(), 12), { 1: "0a000009", 2: "020000000010" });
  writeDeleteNeighbour(writer, 6, "fd00::9", 8);
  assertEquals(toHex(writer.finish().subarray(16, 28)), "0a0000000600000000000800");
  const rule = { source: "10.0.0.0/8", table: 1000, priority: 100, inName: "d0", mark: 7 };
  writeNewRule(writer, rule);
  const expected = {
    2: "0a000000",
    3: "643000",
    6: "64000000",
    10: "07000000",
    15: "e8030000",
  };
  assertEquals(attributes(writer.finish(), 12), expected);
  assertEquals(toHex(writer.finish().subarray(16, 28)), "020008000000000100000000");
  writeDeleteRule(writer, rule);
  assertEquals(attributes(writer.finish(), 12), expected);
  assertThrows(
    () => writeNewRule(writer, { source: "10.0.0.0/8", destination: "::/0" }),
    TypeError,
    "two versions",
  );
});

Deno.test("Changes are told apart, and a bridge's word about its ports is none", () => {
  const table = [
    [state.bridgePort, "link"],
    [state.addresses, "address"],
    [state.routes, "route"],
    [state.neighbour, "neighbour"],
    [state.rules, "rule"],
  ] as const;
  for (const [text, subject] of table) {
    const [message] = messages(text);
    assertEquals(decodeChange(message!)?.subject, subject);
    assertEquals(decodeChange(message!)?.action, "set");
    // "Deleted" is the next type.
    message!.bytes[4]! += 1;
    assertEquals(decodeChange(message!)?.action, "deleted");
    message!.bytes[4]! += 1;
    assertEquals(decodeChange(message!), undefined);
  }
  const [port] = messages(state.bridgePort);
  port!.bytes[16] = 7;
  assertEquals(decodeChange(port!), undefined);
});
