import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { MacAddress, parseIpv6 } from "@octet/netip";
import { Verdict } from "@octet/wire";
import { Direction, LinkType } from "./capture_format.ts";
import { maxFields } from "./dissection.ts";
import { Dissector } from "./dissector.ts";
import { fieldId, Protocol } from "./field_table.ts";
import { Formatter } from "./formatter.ts";
import { summarize } from "./summary.ts";
import { frames } from "./testdata/frames.ts";

const us = { mac: MacAddress.parse("02:00:00:00:00:01"), addresses: [0xc0a80135] };

const lines: Readonly<Record<string, string>> = {
  arpRequest:
    "OUT  42 [Ethernet len=14; destination=ff:ff:ff:ff:ff:ff; source=us | ARP len=28; op=1; (Sender hardware address)=us; (Sender protocol address)=us; (Target hardware address)=00:00:00:00:00:00; (Target protocol address)=192.168.1.1]",
  arpReply:
    "IN   60 [Ethernet len=14; destination=us; source=e8:4d:74:9f:61:4a | ARP len=28; op=2; (Sender hardware address)=e8:4d:74:9f:61:4a; (Sender protocol address)=192.168.1.1; (Target hardware address)=us; (Target protocol address)=us]",
  icmpEcho:
    "OUT  98 [Ethernet len=14; destination=e8:4d:74:9f:61:4a; source=us | IPv4 len=20; (Type of Service)=0x00; flags=0x4000; source=us; destination=192.168.1.1 | ICMP [RFC792] len=64; type=echo-request; code=0; identification=0x1c2b; (Sequence number)=7]",
  icmpEchoReply:
    "IN   98 [Ethernet len=14; destination=us; source=e8:4d:74:9f:61:4a | IPv4 len=20; (Type of Service)=0x00; flags=0x0000; source=192.168.1.1; destination=us | ICMP [RFC792] len=64; type=echo-reply; code=0; identification=0x1c2b; (Sequence number)=7]",
  icmpPortUnreachable:
    "IN   82 [Ethernet len=14; destination=us; source=e8:4d:74:9f:61:4a | IPv4 len=20; (Type of Service)=0x00; flags=0x0000; source=10.9.8.7; destination=us | ICMP [RFC792] len=8; type=destination-unreachable; code=3 | IPv4 len=20; (Type of Service)=0x00; flags=0x0000; source=us; destination=10.9.8.7 | UDP [RFC768] len=8; (Source port)=33434; (Destination port)=33435 | payload? len=12]",
  icmpFragmentationNeeded:
    "IN   70 [Ethernet len=14; destination=us; source=e8:4d:74:9f:61:4a | IPv4 len=20; (Type of Service)=0x00; flags=0x0000; source=192.168.1.1; destination=us | ICMP [RFC792] len=8; type=destination-unreachable; code=4; (Next-hop MTU)=1400 | IPv4 len=20; (Type of Service)=0x00; flags=0x0000; source=us; destination=10.9.8.7 | TCP [RFC9293] len=8; (Source port)=40000; (Destination port)=80]",
  icmpRedirect:
    "IN   70 [Ethernet len=14; destination=us; source=e8:4d:74:9f:61:4a | IPv4 len=20; (Type of Service)=0x00; flags=0x0000; source=192.168.1.1; destination=us | ICMP [RFC792] len=8; type=redirect; code=1; gateway=192.168.1.2 | IPv4 len=20; (Type of Service)=0x00; flags=0x0000; source=us; destination=10.9.8.7 | UDP [RFC768] len=8; (Source port)=33434; (Destination port)=33435]",
  udpUnknown:
    "OUT  47 [Ethernet len=14; destination=e8:4d:74:9f:61:4a; source=us | IPv4 len=20; (Type of Service)=0x00; flags=0x4000; source=us; destination=192.168.1.1 | UDP [RFC768] len=8; (Source port)=5000; (Destination port)=5001 | payload? len=5]",
  tcpSyn:
    "OUT  58 [Ethernet len=14; destination=e8:4d:74:9f:61:4a; source=us | IPv4 len=20; (Type of Service)=0x00; flags=0x4000; source=us; destination=192.168.1.1 | TCP [RFC9293] len=24; (Source port)=51982; (Destination port)=80; flags=SYN]",
  tcpSynAck:
    "IN   74 [Ethernet len=14; destination=us; source=e8:4d:74:9f:61:4a | IPv4 len=20; (Type of Service)=0x00; flags=0x0000; source=192.168.1.1; destination=us | TCP [RFC9293] len=40; (Source port)=80; (Destination port)=51982; flags=SYN,ACK]",
  tcpSack:
    "OUT  66 [Ethernet len=14; destination=e8:4d:74:9f:61:4a; source=us | IPv4 len=20; (Type of Service)=0x00; flags=0x4000; source=us; destination=192.168.1.1 | TCP [RFC9293] len=32; (Source port)=51982; (Destination port)=80; flags=ACK]",
  tcpData:
    "OUT  60 [Ethernet len=14; destination=e8:4d:74:9f:61:4a; source=us | IPv4 len=20; (Type of Service)=0x00; flags=0x4000; source=us; destination=192.168.1.1 | TCP [RFC9293] len=20; (Source port)=51982; (Destination port)=7000; flags=PSH,ACK | payload? len=6]",
  httpRequest:
    'OUT  98 [Ethernet len=14; destination=e8:4d:74:9f:61:4a; source=us | IPv4 len=20; (Type of Service)=0x00; flags=0x4000; source=us; destination=192.168.1.1 | TCP [RFC9293] len=20; (Source port)=51982; (Destination port)=80; flags=PSH,ACK | HTTP len=44; (Start line)="GET /index.html HTTP/1.1"]',
  httpResponse:
    'IN   94 [Ethernet len=14; destination=us; source=e8:4d:74:9f:61:4a | IPv4 len=20; (Type of Service)=0x00; flags=0x0000; source=192.168.1.1; destination=us | TCP [RFC9293] len=20; (Source port)=80; (Destination port)=51982; flags=PSH,ACK | HTTP len=40; (Start line)="HTTP/1.1 200 OK"]',
  dhcpDiscover:
    "OUT 321 [Ethernet len=14; destination=ff:ff:ff:ff:ff:ff; source=us | IPv4 len=20; (Type of Service)=0x00; flags=0x0000; source=0.0.0.0; destination=255.255.255.255 | UDP [RFC768] len=8; (Source port)=68; (Destination port)=67 | DHCPv4 len=279; op=1; Flags=0x0000; (Client Address)=0.0.0.0; (Offered Address)=0.0.0.0; (Server Next Address)=0.0.0.0; (Relay Agent Address)=0.0.0.0; (Client Hardware Address)=us; (Message type)=DISCOVER]",
  dhcpOffer:
    "IN  350 [Ethernet len=14; destination=us; source=e8:4d:74:9f:61:4a | IPv4 len=20; (Type of Service)=0x00; flags=0x0000; source=192.168.1.1; destination=us | UDP [RFC768] len=8; (Source port)=67; (Destination port)=68 | DHCPv4 len=308; op=2; Flags=0x0000; (Client Address)=0.0.0.0; (Offered Address)=us; (Server Next Address)=192.168.1.1; (Relay Agent Address)=0.0.0.0; (Client Hardware Address)=us; (Message type)=OFFER]",
  dnsQuery:
    "OUT  75 [Ethernet len=14; destination=e8:4d:74:9f:61:4a; source=us | IPv4 len=20; (Type of Service)=0x00; flags=0x4000; source=us; destination=192.168.1.1 | UDP [RFC768] len=8; (Source port)=57216; (Destination port)=53 | DNS len=33; identification=0x1234; flags=0x0100; Name=www.example.com; Type=A]",
  dnsResponse:
    "IN  148 [Ethernet len=14; destination=us; source=e8:4d:74:9f:61:4a | IPv4 len=20; (Type of Service)=0x00; flags=0x0000; source=192.168.1.1; destination=us | UDP [RFC768] len=8; (Source port)=53; (Destination port)=57216 | DNS len=106; identification=0x1234; flags=0x8180; Name=www.example.com; Type=A; Data=cdn.example.com; Data=93.184.216.34; Data=2001:db8::1]",
  dnsOverTcp:
    "IN  162 [Ethernet len=14; destination=us; source=e8:4d:74:9f:61:4a | IPv4 len=20; (Type of Service)=0x00; flags=0x0000; source=192.168.1.1; destination=us | TCP [RFC9293] len=20; (Source port)=53; (Destination port)=57216; flags=PSH,ACK | DNS len=106; identification=0x1234; flags=0x8180; Name=www.example.com; Type=A; Data=cdn.example.com; Data=93.184.216.34; Data=2001:db8::1]",
  ntpRequest:
    "OUT  90 [Ethernet len=14; destination=e8:4d:74:9f:61:4a; source=us | IPv4 len=20; (Type of Service)=0x00; flags=0x4000; source=us; destination=192.168.1.1 | UDP [RFC768] len=8; (Source port)=1023; (Destination port)=123 | NTP len=48; Mode=3; (Reference Time)=1900-01-01T00:00:00; (Origin Time)=1900-01-01T00:00:00; (Receive Time)=1900-01-01T00:00:00; (Transit Time)=2026-01-01T01:00:03]",
  ntpReply:
    "IN   90 [Ethernet len=14; destination=us; source=e8:4d:74:9f:61:4a | IPv4 len=20; (Type of Service)=0x00; flags=0x0000; source=192.168.1.1; destination=us | UDP [RFC768] len=8; (Source port)=123; (Destination port)=1023 | NTP len=48; Mode=4; (Reference Time)=2026-01-01T00:43:04.5; (Origin Time)=2026-01-01T01:00:03; (Receive Time)=2026-01-01T01:00:03.0711; (Transit Time)=2026-01-01T01:00:03.0712]",
  vlan:
    "OUT  48 [Ethernet len=14; destination=e8:4d:74:9f:61:4a; source=us | VLAN len=4; id=100 | IPv4 len=20; (Type of Service)=0x00; flags=0x4000; source=us; destination=192.168.1.1 | UDP [RFC768] len=8; (Source port)=5000; (Destination port)=5001 | payload? len=2]",
  vlanInVlan:
    "OUT  50 [Ethernet len=14; destination=e8:4d:74:9f:61:4a; source=us | VLAN len=4; id=7 | VLAN len=4; id=100 | ARP len=28; op=1; (Sender hardware address)=us; (Sender protocol address)=us; (Target hardware address)=00:00:00:00:00:00; (Target protocol address)=192.168.1.1]",
  ipv4Options:
    "OUT  46 [Ethernet len=14; destination=e8:4d:74:9f:61:4a; source=us | IPv4 len=24; (Type of Service)=0x00; flags=0x0000; source=us; destination=224.0.0.22 | payload? len=8; protocol=2]",
  fragmentFirst:
    "OUT  98 [Ethernet len=14; destination=e8:4d:74:9f:61:4a; source=us | IPv4 len=20; (Type of Service)=0x00; flags=0x2000; source=us; destination=192.168.1.1 | UDP [RFC768] len=8; (Source port)=5000; (Destination port)=5001 | payload? len=56]",
  fragmentSecond:
    "OUT  78 [Ethernet len=14; destination=e8:4d:74:9f:61:4a; source=us | IPv4 len=20; (Type of Service)=0x00; flags=0x0008; source=us; destination=192.168.1.1 | payload? len=44; protocol=17]",
  ipv6Udp:
    "OUT  91 [Ethernet len=14; destination=e8:4d:74:9f:61:4a; source=us | IPv6 len=40; (Type of Service)=0xb8; source=2001:db8::53; destination=2001:db8::1 | UDP [RFC768] len=8; (Source port)=57216; (Destination port)=53 | DNS len=29; identification=0x4321; flags=0x0100; Name=example.com; Type=AAAA]",
  ipv6Icmp:
    "OUT  62 [Ethernet len=14; destination=e8:4d:74:9f:61:4a; source=us | IPv6 len=40; (Type of Service)=0x00; source=fe80::1; destination=ff02::1 | payload? len=8; protocol=58]",
  lldp:
    "OUT  36 [Ethernet len=14; destination=01:80:c2:00:00:0e; source=us | payload? len=22; protocol=0x88cc]",
  stp: "OUT  52 [Ethernet len=14; destination=01:80:c2:00:00:00; source=us | payload? len=38]",
};

Deno.test("summarize prints every protocol in one form", () => {
  for (const [name, line] of Object.entries(lines)) {
    const frame = frames[name]!;
    const direction = line.startsWith("OUT") ? Direction.Out : Direction.In;
    assertEquals(summarize(frame, 0, frame.length, { direction, us }), line);
  }
  assertEquals(Object.keys(lines), Object.keys(frames));
});

Deno.test("summarize prints a SYN in the form that lneto has", () => {
  const frame = frames["tcpSyn"]!.slice();
  frame.set([142, 251, 129, 142], 30);
  assertEquals(
    summarize(frame, 0, frame.length, { direction: Direction.Out, us }),
    "OUT  58 [Ethernet len=14; destination=e8:4d:74:9f:61:4a; source=us | IPv4 len=20; (Type of Service)=0x00; flags=0x4000; source=us; destination=142.251.129.142 | TCP [RFC9293] len=24; (Source port)=51982; (Destination port)=80; flags=SYN]",
  );
});

Deno.test("formatField prints one value", () => {
  const frame = frames["dnsQuery"]!;
  const dissector = new Dissector();
  dissector.dissect(frame, 0, frame.length);
  const packet = dissector.packet;
  const formatter = new Formatter();
  assertEquals(
    formatter.formatField(packet, packet.find(fieldId("dns.qry.name"))),
    "www.example.com",
  );
  assertEquals(formatter.formatField(packet, packet.find(fieldId("ip.ttl"))), "64");
  assertEquals(formatter.formatField(packet, 0), "e8:4d:74:9f:61:4a");
  assertThrows(() => formatter.formatField(packet, packet.fieldCount), RangeError);
});

Deno.test("fieldId refuses a key that is not in the table", () => {
  assertThrows(() => fieldId("tcp.nonsense"), RangeError);
});

/** What a verbose line says from a layer on. */
function verbose(name: string, from: string): string {
  const frame = frames[name]!;
  const line = summarize(frame, 0, frame.length, { verbose: true });
  return line.slice(line.indexOf(from), -1);
}

Deno.test("a verbose line says all that was put in", () => {
  assertEquals(
    verbose("tcpSynAck", "IPv4"),
    "IPv4 len=20; version=4; (Header Length)=5; (Type of Service)=0x00; (Total Length)=60; " +
      "identification=0x0009; flags=0x0000; (Time to live)=64; protocol=6; checksum=0xf72c; " +
      "source=192.168.1.1; destination=192.168.1.53 | TCP [RFC9293] len=40; (Source port)=80; " +
      "(Destination port)=51982; (Sequence number)=5000; (Acknowledgement number)=1001; " +
      "(Header length)=10; flags=SYN,ACK; Window=8192; checksum=0xbf56; (Urgent pointer)=0; " +
      "(Maximum segment size)=1460; (SACK permitted)=0x0402; (Timestamp value)=123; " +
      "(Timestamp echo reply)=456; (Window scale)=7",
  );
  assertEquals(
    verbose("dhcpOffer", "(Message type)"),
    "(Message type)=OFFER; (Server identifier)=192.168.1.1; (Lease time)=3600; " +
      "(Renewal time)=1800; (Rebinding time)=3150; (Subnet mask)=255.255.255.0; " +
      "(Broadcast address)=192.168.1.255; Router=192.168.1.1; (DNS servers)=192.168.1.1,8.8.8.8; " +
      '(Domain name)="octet.test"',
  );
  assertEquals(
    verbose("dnsResponse", "DNS"),
    "DNS len=106; identification=0x1234; flags=0x8180; Questions=1; Answers=3; Authorities=0; " +
      "Additionals=1; Name=www.example.com; Type=A; Class=1; Name=www.example.com; Type=CNAME; " +
      "Class=1; TTL=300; Data=cdn.example.com; Name=cdn.example.com; Type=A; Class=1; TTL=60; " +
      "Data=93.184.216.34; Name=cdn.example.com; Type=AAAA; Class=1; TTL=60; Data=2001:db8::1; " +
      "Name=.; Type=OPT; (UDP payload size)=1232; (Extended flags)=0x00000000; Data=0x",
  );
  assertEquals(
    verbose("ntpReply", "NTP").split("; (Reference Time)")[0],
    "NTP len=48; (Leap Indicator)=0; version=4; Mode=4; Stratum=2; Poll=6; " +
      "(System Precision)=-23; (Root Delay)=0x00000100; (Root Dispersion)=0x00000200; " +
      "(Reference ID)=0xc0a80101",
  );
  assertEquals(
    verbose("vlan", "VLAN").split(" | ")[0],
    "VLAN len=4; priority=5; (Drop eligible)=0; id=100; protocol=0x0800",
  );
  assertEquals(
    verbose("ipv4Options", "options"),
    "options=0x94040000 | payload? len=8; protocol=2",
  );
});

Deno.test("a packet without a link layer begins with IP", () => {
  for (const name of ["tcpSyn", "ipv6Udp"]) {
    const frame = frames[name]!;
    const whole = summarize(frame, 0, frame.length);
    const line = summarize(frame, 14, frame.length, { linkType: LinkType.Raw });
    assertEquals(line.slice(line.indexOf("[") + 1), whole.slice(whole.indexOf("| ") + 2));
  }
  assertEquals(
    summarize(Uint8Array.of(1, 2), 0, 2, { linkType: LinkType.Null }),
    "---   2 [payload? len=2]",
  );
  assertEquals(summarize(Uint8Array.of(), 0, 0), "---   0 [Ethernet malformed: Short]");
  assertEquals(
    summarize(Uint8Array.of(), 0, 0, { linkType: LinkType.Raw }),
    "---   0 [IPv4 malformed: Short]",
  );
});

Deno.test("addresses of this host are us, of either version, and the unknown address is not", () => {
  const frame = frames["ipv6Udp"]!;
  const line = summarize(frame, 0, frame.length, {
    us: { addresses: [parseIpv6("2001:db8::53"), 0n, 0] },
  });
  assertEquals(line.includes("source=us; destination=2001:db8::1"), true);
  const discover = frames["dhcpDiscover"]!;
  assertEquals(
    summarize(discover, 0, discover.length, { us: { addresses: [0] } }).includes("us;"),
    false,
  );
});

/** A frame with some bytes changed. */
function changed(name: string, changes: Readonly<Record<number, number>>): Uint8Array {
  const frame = frames[name]!.slice();
  for (const [at, value] of Object.entries(changes)) frame[Number(at)] = value;
  return frame;
}

Deno.test("what validates is printed, then what is wrong", () => {
  const cases: [Uint8Array, Verdict, string][] = [
    [frames["arpReply"]!.subarray(0, 13), Verdict.Short, "[Ethernet malformed: Short]"],
    [changed("stp", { 12: 0x05, 13: 0xff }), Verdict.BadValue, "[Ethernet malformed: BadValue]"],
    [frames["arpReply"]!.subarray(0, 41), Verdict.Short, " | ARP malformed: Short]"],
    [changed("tcpSyn", { 14: 0x55 }), Verdict.BadVersion, " | IPv4 malformed: BadVersion]"],
    [changed("tcpSyn", { 14: 0x44 }), Verdict.BadLength, " | IPv4 malformed: BadLength]"],
    [changed("tcpSyn", { 16: 0xff }), Verdict.BadLength, " | IPv4 malformed: BadLength]"],
    [
      changed("ipv4Options", { 35: 9 }),
      Verdict.BadOption,
      "destination=224.0.0.22; malformed: BadOption | payload? len=8; protocol=2]",
    ],
    [changed("tcpSyn", { 46: 0x40 }), Verdict.BadLength, " | TCP [RFC9293] malformed: BadLength]"],
    [changed("tcpSyn", { 55: 9 }), Verdict.BadOption, "flags=SYN; malformed: BadOption]"],
    [changed("udpUnknown", { 38: 1 }), Verdict.BadLength, " | UDP [RFC768] malformed: BadLength]"],
    [changed("dhcpOffer", { 279: 0 }), Verdict.BadValue, " | DHCPv4 malformed: BadValue]"],
    [
      changed("dhcpOffer", { 283: 200 }),
      Verdict.BadOption,
      "(Client Hardware Address)=02:00:00:00:00:01; malformed: BadOption]",
    ],
    [
      changed("dnsResponse", { 54: 0xc0, 55: 0x0c }),
      Verdict.BadValue,
      "flags=0x8180; malformed: BadValue]",
    ],
    [changed("ntpReply", { 42: 0x3c }), Verdict.BadVersion, " | NTP malformed: BadVersion]"],
    [changed("ipv6Udp", { 14: 0x40 }), Verdict.BadVersion, " | IPv6 malformed: BadVersion]"],
    [changed("ipv6Udp", { 18: 0xff }), Verdict.BadLength, " | IPv6 malformed: BadLength]"],
  ];
  const dissector = new Dissector();
  for (const [frame, verdict, end] of cases) {
    const line = summarize(frame, 0, frame.length);
    assertEquals(line.slice(-end.length), end);
    assertEquals(dissector.dissect(frame, 0, frame.length), verdict);
  }
});

Deno.test("text from the network cannot write to the terminal", () => {
  const frame = changed("httpRequest", { 58: 0x1b, 59: 0x22, 60: 0x5c, 61: 0xff });
  assertEquals(
    summarize(frame, 0, frame.length).endsWith(
      '(Start line)="GET \\x1b\\x22\\x5c\\xffex.html HTTP/1.1"]',
    ),
    true,
  );
  const name = changed("dnsQuery", { 55: 0x2e, 56: 0x0a, 57: 0x80 });
  assertEquals(
    summarize(name, 0, name.length).endsWith("Name=\\x2e\\x0a\\x80.example.com; Type=A]"),
    true,
  );
});

Deno.test("a long start line is cut in a summary and whole in a verbose line", () => {
  const head = frames["tcpData"]!.slice(0, 54);
  const line = `GET /${"a".repeat(200)} HTTP/1.1`;
  const frame = new Uint8Array(54 + line.length + 2);
  frame.set(head);
  frame.set(new TextEncoder().encode(`${line}\r\n`), 54);
  new DataView(frame.buffer).setUint16(16, frame.length - 14);
  const brief = summarize(frame, 0, frame.length);
  assertEquals(brief.endsWith(`(Start line)="${line.slice(0, 80)}"...]`), true);
  assertEquals(
    summarize(frame, 0, frame.length, { verbose: true }).endsWith(`(Start line)="${line}"]`),
    true,
  );
});

Deno.test("only what begins like HTTP is called so", () => {
  const texts: [string, boolean][] = [
    ["GET / HTTP/1.1\r\n", true],
    ["M-SEARCH * HTTP/1.1\n", true],
    ["HTTP/1.0 404 Not Found", true],
    ["get / HTTP/1.1\r\n", false],
    ["GET / HTTP/2.0\r\n", false],
    ["GET /", false],
    ["HTTP/2.0 200 OK\r\n", false],
    ["GET / HTTP/1.1 and more, no end", false],
    [" / HTTP/1.1\r\n", false],
    ["SSH-2.0-OpenSSH_9.2\r\n", false],
  ];
  const dissector = new Dissector();
  for (const [text, isHttp] of texts) {
    const frame = new Uint8Array(54 + text.length);
    frame.set(frames["tcpData"]!.subarray(0, 54));
    frame.set(new TextEncoder().encode(text), 54);
    frame[17] = frame.length - 14;
    dissector.dissect(frame, 0, frame.length);
    assertEquals(
      dissector.packet.layerProtocols[3],
      isHttp ? Protocol.Http : Protocol.Payload,
      text,
    );
  }
});

Deno.test("times of NTP are told in both eras", () => {
  const cases: [number, number, string][] = [
    [0, 0, "1900-01-01T00:00:00"],
    [0, 1, "2036-02-07T06:28:16"],
    [0x8000_0000, 0, "1968-01-20T03:14:08"],
    [0xffff_ffff, 0xffff_ffff, "2036-02-07T06:28:15.9999"],
    [2_208_988_800 + 951_782_400, 0x4000_0000, "2000-02-29T00:00:00.25"],
    [1, 0, "2036-02-07T06:28:17"],
  ];
  const frame = frames["ntpReply"]!.slice();
  const view = new DataView(frame.buffer);
  for (const [seconds, fraction, text] of cases) {
    view.setUint32(82, seconds);
    view.setUint32(86, fraction);
    assertEquals(summarize(frame, 0, frame.length).endsWith(`(Transit Time)=${text}]`), true, text);
  }
});

Deno.test("IPv6 addresses are printed in the form of RFC 5952", () => {
  const frame = frames["ipv6Icmp"]!.slice();
  fc.assert(fc.property(
    fc.array(fc.oneof(fc.constant(0), fc.nat({ max: 0xffff })), { minLength: 8, maxLength: 8 }),
    (groups: number[]) => {
      const view = new DataView(frame.buffer);
      groups.forEach((group, i) => view.setUint16(22 + 2 * i, group));
      const text = /source=([0-9a-f:]+); destination=ff02::1 /.exec(
        summarize(frame, 0, frame.length),
      )![1]!;
      const long = groups.map((group) => group.toString(16)).join(":");
      assertEquals(parseIpv6(text), parseIpv6(long));
      // RFC 5952 §4.2: shortest form, no "::" for a single group.
      assertEquals(/(^|:)0(:0)+(:|$)/.test(text) && !text.includes("::"), false, text);
      assertEquals(text.length <= long.length, true);
    },
  ));
});

Deno.test("find gives each occurrence of a field", () => {
  const frame = frames["dnsResponse"]!;
  const dissector = new Dissector();
  dissector.dissect(frame, 0, frame.length);
  const packet = dissector.packet;
  const id = fieldId("dns.resp.type");
  const types: number[] = [];
  for (let i = packet.find(id); i >= 0; i = packet.find(id, i + 1)) types.push(packet.number(i));
  assertEquals(types, [5, 1, 28, 41]);
  assertEquals(packet.find(fieldId("tcp.flags")), -1);
  assertEquals(packet.number(packet.find(fieldId("ip.ttl"))), 64);
});

/** Takes a frame apart amid bytes that must not matter. */
function lineAmid(frame: Uint8Array, filler: number): string {
  const buffer = new Uint8Array(frame.length + 64).fill(filler);
  buffer.set(frame, 32);
  const dissector = new Dissector();
  dissector.dissect(buffer, 32, 32 + frame.length);
  const packet = dissector.packet;
  for (let i = 0; i < packet.fieldCount; i++) {
    const end = packet.fieldOffset(i) + packet.fieldLength(i);
    assertEquals(packet.fieldOffset(i) >= 0 && end <= frame.length * 8, true);
  }
  return new Formatter({ verbose: true }).format(packet);
}

Deno.test("frames cut at every length give lines, and nothing outside is read", () => {
  for (const frame of Object.values(frames)) {
    for (let length = 0; length <= frame.length; length++) {
      const cut = frame.subarray(0, length);
      assertEquals(lineAmid(cut, 0), lineAmid(cut, 0xff));
    }
  }
});

Deno.test("changed frames give lines, and nothing outside is read", () => {
  const names = Object.keys(frames);
  fc.assert(
    fc.property(
      fc.constantFrom(...names),
      fc.array(fc.tuple(fc.nat({ max: 360 }), fc.nat({ max: 255 })), { maxLength: 6 }),
      fc.nat({ max: 360 }),
      (name: string, changes: [number, number][], cut: number) => {
        const frame = frames[name]!.slice();
        for (const [at, value] of changes) frame[12 + at % (frame.length - 12)] = value;
        const piece = frame.subarray(0, Math.max(12, frame.length - cut % 64));
        const line = lineAmid(piece, 0);
        assertEquals(line, lineAmid(piece, 0xff));
        assertEquals(/^[ -~]*$/.test(line), true);
      },
    ),
    { numRuns: 2000 },
  );
});

Deno.test("a packet of more fields than are kept is said to be cut", () => {
  const options = new Uint8Array(2 * maxFields).fill(0);
  for (let i = 0; i < options.length; i += 2) options[i] = 80;
  const head = frames["dhcpOffer"]!.slice(0, 282);
  const frame = new Uint8Array(head.length + options.length);
  frame.set(head);
  frame.set(options, head.length);
  const view = new DataView(frame.buffer);
  view.setUint16(16, frame.length - 14);
  view.setUint16(38, frame.length - 34);
  const line = lineAmid(frame, 0);
  assertEquals(line.endsWith("...]"), true);
});
