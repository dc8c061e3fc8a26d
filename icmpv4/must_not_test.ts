import { assertEquals } from "@std/assert";
import { encodeIpv4, IpProtocol, Ipv4, type Ipv4Fields } from "@octet/ipv4";
import { formatIpv4, parseIpv4 } from "@octet/netip";
import { Packet, SeededRandom } from "@octet/wire";
import { encodeIcmpv4 } from "./frame.ts";
import { Icmpv4 } from "./icmpv4.ts";

const own = parseIpv4("10.0.0.1");
const peer = parseIpv4("10.0.0.2");
const quoted = encodeIpv4({
  source: own,
  destination: peer,
  protocol: 99,
  payload: new Uint8Array(8),
});

/** How many messages an ICMP node sends when it hears a datagram. */
function answers(fields: Partial<Ipv4Fields>, isLinkBroadcast = false): number {
  const random = new SeededRandom(1);
  const ipv4 = new Ipv4({ mtu: 1500, random });
  const icmp = new Icmpv4({ network: ipv4, random, answersTimestamp: true });
  ipv4.register(icmp);
  ipv4.errorReporter = icmp;
  ipv4.addAddress(own, 24);
  ipv4.joinGroup(parseIpv4("239.1.1.1"));
  const packet = new Packet(4096);
  const bytes = encodeIpv4({
    source: peer,
    destination: own,
    protocol: 99,
    payload: new Uint8Array(64),
    ...fields,
  });
  packet.bytes.set(bytes);
  packet.isLinkBroadcast = isLinkBroadcast;
  packet.interfaceIndex = 0;
  ipv4.demux(packet, 0, bytes.length, 0);
  let count = 0;
  // Reassembly gives up after 30 seconds, which is one more occasion.
  for (const now of [0, 40_000]) {
    ipv4.timers.expire(now);
    while (ipv4.encapsulate(packet, 0, 0, now) > 0) count++;
  }
  return count;
}

const error = (type: number) => encodeIcmpv4({ type, code: 1, payload: quoted });

/** RFC 1122 §3.2.2 and RFC 1812 §4.3.2.7: when an error must not be sent, for each occasion that would have one. */
const forbidden: [string, Partial<Ipv4Fields>, boolean][] = [
  ["to 255.255.255.255", { destination: 0xffffffff }, true],
  ["to the subnet's broadcast", { destination: parseIpv4("10.0.0.255") }, true],
  ["to a group", { destination: parseIpv4("239.1.1.1") }, true],
  ["to all hosts", { destination: parseIpv4("224.0.0.1") }, true],
  ["to one host, in a link broadcast", {}, true],
  ["to another host", { destination: parseIpv4("10.0.0.9") }, false],
  ["to a broadcast, in a frame to us alone", { destination: 0xffffffff }, false],
  ["not the first fragment", { fragmentOffset: 64 }, false],
  ["not the first fragment, and not the last", { fragmentOffset: 64, moreFragments: true }, false],
  ...[
    "0.0.0.0",
    "0.0.0.7",
    "127.0.0.1",
    "224.0.0.1",
    "239.1.1.1",
    "240.0.0.1",
    "255.255.255.255",
    "10.0.0.255",
  ]
    .map((text): [string, Partial<Ipv4Fields>, boolean] => [
      `from ${text}, which is no single host`,
      { source: parseIpv4(text) },
      false,
    ]),
  ["from ourselves", { source: own }, false],
];

const malformed = Uint8Array.of(7, 7, 3, 0, 0, 0, 0, 0);

Deno.test("an error is sent about what one host sent to us alone, on each occasion", () => {
  assertEquals(answers({}), 1);
  assertEquals(answers({ options: malformed, protocol: 1 }), 1);
  assertEquals(answers({ moreFragments: true }), 1);
});

for (const [name, fields, isLinkBroadcast] of forbidden) {
  Deno.test(`no error: ${name} (RFC 1122 §3.2.2)`, () => {
    assertEquals(answers(fields, isLinkBroadcast), 0, "unknown protocol");
    assertEquals(answers({ ...fields, options: malformed }, isLinkBroadcast), 0, "bad options");
    if ("fragmentOffset" in fields) return;
    assertEquals(answers({ ...fields, moreFragments: true }, isLinkBroadcast), 0, "reassembly");
  });
}

Deno.test("no error about an error, nor about a message too short to tell", () => {
  for (const type of [3, 4, 5, 11, 12]) {
    const fields = { protocol: IpProtocol.Icmp, payload: error(type), options: malformed };
    assertEquals(answers(fields), 0, `${type}`);
  }
  const empty = { protocol: IpProtocol.Icmp, payload: new Uint8Array(0), options: malformed };
  assertEquals(answers(empty), 0);
  const request = {
    protocol: IpProtocol.Icmp,
    payload: encodeIcmpv4({ type: 8 }),
    options: malformed,
  };
  assertEquals(answers(request), 1);
});

Deno.test("requests to many, and of kinds that are no longer spoken, are not answered", () => {
  const messages: [string, Uint8Array][] = [
    ["echo", encodeIcmpv4({ type: 8, payload: new Uint8Array(8) })],
    ["timestamp", encodeIcmpv4({ type: 13, payload: new Uint8Array(12) })],
    ["information", encodeIcmpv4({ type: 15 })],
    ["address mask", encodeIcmpv4({ type: 17, payload: new Uint8Array(4) })],
    ["router solicitation", encodeIcmpv4({ type: 10 })],
    ["unknown", encodeIcmpv4({ type: 77 })],
  ];
  for (const [name, payload] of messages) {
    const isSpoken = name === "echo" || name === "timestamp";
    assertEquals(answers({ protocol: 1, payload }), isSpoken ? 1 : 0, name);
    for (const text of ["255.255.255.255", "10.0.0.255", "239.1.1.1"]) {
      const destination = parseIpv4(text);
      const to = `${name} to ${formatIpv4(destination)}`;
      assertEquals(answers({ protocol: 1, payload, destination }, true), 0, to);
    }
  }
});
