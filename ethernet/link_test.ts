import { assertEquals, assertThrows } from "@std/assert";
import { MacAddress } from "@octet/netip";
import { BaseNode, Packet, Verdict } from "@octet/wire";
import { encodeEthernet, type VlanTag } from "./frame.ts";
import { EthernetLink, type EthernetLinkOptions } from "./link.ts";

const own = MacAddress.parse("02:00:00:00:00:01");
const other = MacAddress.parse("02:00:00:00:00:02");
const broadcast = MacAddress.parse("ff:ff:ff:ff:ff:ff");
const group = MacAddress.parse("01:00:5e:00:00:fb");

class Recorder extends BaseNode {
  readonly seen: { offset: number; end: number; isLinkBroadcast: boolean }[] = [];
  nextHop = 0;
  toSend = 0;

  constructor(protocol: number) {
    super();
    this.protocol = protocol;
  }

  override demux(packet: Packet, offset: number, end: number): Verdict {
    this.seen.push({ offset, end, isLinkBroadcast: packet.isLinkBroadcast });
    return Verdict.Ok;
  }

  override encapsulate(packet: Packet, _ipOffset: number, offset: number): number {
    if (this.toSend === 0) return 0;
    this.toSend--;
    packet.nextHop = this.nextHop;
    packet.bytes.set([1, 2, 3, 4, 5, 6], offset - 14);
    packet.bytes[offset] = 0x77;
    return 1;
  }
}

function setUp(options: Partial<EthernetLinkOptions> = {}): [EthernetLink, Recorder] {
  const link = new EthernetLink({ hardwareAddress: own, ...options });
  const node = new Recorder(0x0800);
  link.register(node);
  return [link, node];
}

function packetOf(destination: MacAddress, tags: VlanTag[] = [], etherType = 0x0800): Packet {
  const packet = new Packet(1514);
  const bytes = encodeEthernet({ destination, source: other, etherType, tags });
  packet.bytes.set(bytes);
  packet.length = bytes.length;
  return packet;
}

Deno.test("a link takes what is meant for it", () => {
  const cases: [string, Packet, Partial<EthernetLinkOptions>, Verdict][] = [
    ["own address", packetOf(own), {}, Verdict.Ok],
    ["broadcast", packetOf(broadcast), {}, Verdict.Ok],
    ["another station", packetOf(other), {}, Verdict.NotForUs],
    ["a group not joined", packetOf(group), {}, Verdict.NotForUs],
    ["another station, promiscuous", packetOf(other), { promiscuous: true }, Verdict.Ok],
    ["unknown type", packetOf(own, [], 0x9999), {}, Verdict.NoProtocol],
    ["priority tag", packetOf(own, [{ id: 0, priority: 6 }]), {}, Verdict.Ok],
    ["a VLAN, outside", packetOf(own, [{ id: 5 }]), {}, Verdict.NotForUs],
    ["untagged, in a VLAN", packetOf(own), { vlanId: 5 }, Verdict.NotForUs],
    ["the VLAN", packetOf(own, [{ id: 5 }]), { vlanId: 5 }, Verdict.Ok],
    ["another VLAN", packetOf(own, [{ id: 6 }]), { vlanId: 5 }, Verdict.NotForUs],
    ["two tags", packetOf(own, [{ id: 5 }, { id: 5 }]), { vlanId: 5 }, Verdict.NoProtocol],
  ];
  for (const [name, packet, options, verdict] of cases) {
    const [link, node] = setUp(options);
    assertEquals(link.demux(packet, 0, packet.length, 0), verdict, name);
    assertEquals(node.seen.length, verdict === Verdict.Ok ? 1 : 0, name);
  }
});

Deno.test("frames cut anywhere before the payload are counted, not read", () => {
  for (const tags of [[], [{ id: 5 }]]) {
    const packet = packetOf(own, tags);
    const [link] = setUp(tags.length > 0 ? { vlanId: 5 } : {});
    const header = 14 + 4 * tags.length;
    for (let end = 0; end < header; end++) {
      assertEquals(link.demux(packet, 0, end, 0), Verdict.Short);
    }
    assertEquals(link.demux(packet, 0, header, 0), Verdict.Ok);
    assertEquals(link.counters.inErrors, header);
  }
});

Deno.test("a group is heard between joining and leaving as often", () => {
  const [link, node] = setUp();
  const address = new Uint8Array(6);
  group.writeTo(address, 0);
  const hear = () => link.demux(packetOf(group), 0, 60, 0);
  link.joinGroup(address, 0);
  link.joinGroup(address, 0);
  assertEquals(hear(), Verdict.Ok);
  assertEquals(node.seen[0]!.isLinkBroadcast, true);
  link.leaveGroup(address, 0);
  assertEquals(hear(), Verdict.Ok);
  link.leaveGroup(address, 0);
  assertEquals(hear(), Verdict.NotForUs);
});

Deno.test("destinations: broadcast, group by RFC 1112, neighbour by the resolver", () => {
  const cases: [number, number[]][] = [
    [0xffffffff, [0xff, 0xff, 0xff, 0xff, 0xff, 0xff]],
    [0xe00000fb, [0x01, 0x00, 0x5e, 0x00, 0x00, 0xfb]],
    // RFC 1112 §6.4: only the low 23 bits fit, so 239.128.0.1 and 224.0.0.1 are one.
    [0xef800001, [0x01, 0x00, 0x5e, 0x00, 0x00, 0x01]],
    [0x0a000002, [9, 9, 9, 9, 9, 9]],
  ];
  for (const [nextHop, expected] of cases) {
    const [link, node] = setUp();
    link.resolver = {
      resolve(packet, offset) {
        packet.bytes.fill(9, offset, offset + 6);
        return true;
      },
    };
    node.nextHop = nextHop;
    node.toSend = 1;
    node.requestTurn();
    const packet = new Packet(1514);
    packet.bytes.fill(0xa5);
    assertEquals(link.encapsulate(packet, 0, 0, 0), 60);
    assertEquals([...packet.bytes.subarray(0, 6)], expected);
    assertEquals([...packet.bytes.subarray(6, 15)], [2, 0, 0, 0, 0, 1, 8, 0, 0x77]);
    assertEquals(packet.bytes.subarray(15, 60), new Uint8Array(45));
    assertEquals(link.encapsulate(packet, 0, 0, 0), 0);
  }
});

Deno.test("a frame whose neighbour is not known makes way for the next", () => {
  const [link, node] = setUp();
  const arp = new Recorder(0x0806);
  link.register(arp);
  node.nextHop = 0x0a000002;
  node.toSend = 1;
  arp.toSend = 1;
  node.requestTurn();
  arp.requestTurn();
  const packet = new Packet(1514);
  assertEquals(link.encapsulate(packet, 0, 0, 0), 60);
  assertEquals([...packet.bytes.subarray(0, 6)], [1, 2, 3, 4, 5, 6]);
  assertEquals([...packet.bytes.subarray(12, 14)], [8, 6]);
});

Deno.test("in a VLAN the destination that a child wrote moves to the front", () => {
  const link = new EthernetLink({ hardwareAddress: own, vlanId: 300, vlanPriority: 4 });
  const arp = new Recorder(0x0806);
  link.register(arp);
  arp.toSend = 1;
  arp.requestTurn();
  const packet = new Packet(1514);
  assertEquals(link.encapsulate(packet, 0, 0, 0), 60);
  assertEquals(
    [...packet.bytes.subarray(0, 19)],
    [1, 2, 3, 4, 5, 6, 2, 0, 0, 0, 0, 1, 0x81, 0, 0x81, 0x2c, 8, 6, 0x77],
  );
});

Deno.test("wrong setups are refused", () => {
  assertThrows(() => new EthernetLink({ hardwareAddress: own, vlanId: 4095 }), RangeError);
  assertThrows(
    () => new EthernetLink({ hardwareAddress: own, vlanId: 1, vlanPriority: 8 }),
    RangeError,
  );
  const [link] = setUp();
  assertThrows(
    () => link.register(new Recorder(0x0800)),
    TypeError,
    "Cannot register EtherType 0x800 as it is already registered",
  );
});
