/**
 * What a packet is made of: the protocols, their fields, where those lie and how they are printed.
 * Keys are Wireshark's names where it has one.
 *
 * @module
 */

/** The protocols that the dissector tells apart. */
export const Protocol = {
  /** Ethernet II or 802.3, its 14 bytes. */
  Ethernet: 0,
  /** An 802.1Q or 802.1ad tag: its control word and the type that follows. */
  Vlan: 1,
  /** ARP (RFC 826). */
  Arp: 2,
  /** IPv4 (RFC 791). */
  Ipv4: 3,
  /** IPv6 (RFC 8200), its fixed header. */
  Ipv6: 4,
  /** ICMP (RFC 792). */
  Icmp: 5,
  /** UDP (RFC 768). */
  Udp: 6,
  /** TCP (RFC 9293). */
  Tcp: 7,
  /** DHCPv4 (RFC 2131). */
  Dhcpv4: 8,
  /** DNS (RFC 1035). */
  Dns: 9,
  /** NTP (RFC 5905). */
  Ntp: 10,
  /** HTTP/1.x (RFC 9112). */
  Http: 11,
  /** Bytes that nobody here knows. */
  Payload: 12,
} as const;

/** One of the values of {@linkcode Protocol}. */
export type Protocol = (typeof Protocol)[keyof typeof Protocol];

const protocolNames: readonly string[] = [
  "Ethernet",
  "VLAN",
  "ARP",
  "IPv4",
  "IPv6",
  "ICMP [RFC792]",
  "UDP [RFC768]",
  "TCP [RFC9293]",
  "DHCPv4",
  "DNS",
  "NTP",
  "HTTP",
  "payload?",
];

/** What a field means; a summary shows some of the classes only. */
export const FieldClass = {
  /** Anything else. */
  Other: 0,
  /** Where it comes from: address or port. */
  Source: 1,
  /** Where it goes to: address or port. */
  Destination: 2,
  /** Which protocol comes next. */
  Protocol: 3,
  /** A version. */
  Version: 4,
  /** A kind of message or record. */
  Operation: 5,
  /** A length. */
  Size: 6,
  /** Flags. */
  Flags: 7,
  /** An identification or sequence number. */
  Id: 8,
  /** What ties an answer to its question. */
  Exchange: 9,
  /** A checksum. */
  Checksum: 10,
  /** An option. */
  Option: 11,
  /** An address that is neither source nor destination of the packet. */
  Address: 12,
  /** A point in time. */
  Timestamp: 13,
  /** A name. */
  Name: 14,
} as const;

/** One of the values of {@linkcode FieldClass}. */
export type FieldClass = (typeof FieldClass)[keyof typeof FieldClass];

/** How a field's value is printed. */
export const FieldFormat = {
  /** An unsigned decimal number of up to 32 bits. */
  Decimal: 0,
  /** A signed decimal number of 8 bits. */
  Signed: 1,
  /** `0x` and as many digits as the field has; any length. */
  Hex: 2,
  /** A MAC address, or `us`. */
  Mac: 3,
  /** IPv4 addresses, or `us`; several with commas. */
  Ipv4: 4,
  /** An IPv6 address, or `us`. */
  Ipv6: 5,
  /** Names of TCP flags with commas. */
  TcpFlags: 6,
  /** An NTP timestamp as date and time of day in UTC. */
  NtpTime: 7,
  /** Text in quotes, what is not printable ASCII escaped. */
  Text: 8,
  /** A domain name, compressed as in DNS. */
  DnsName: 9,
  /** A DNS record type by name. */
  DnsType: 10,
  /** A DHCP message type by name. */
  DhcpType: 11,
  /** An ICMP type by name. */
  IcmpType: 12,
} as const;

/** One of the values of {@linkcode FieldFormat}. */
export type FieldFormat = (typeof FieldFormat)[keyof typeof FieldFormat];

/** Key, printed name, class, format, and where the header is fixed: bit offset and length. */
type Row = readonly [string, string, FieldClass, FieldFormat, number, number];

const C = FieldClass;
const F = FieldFormat;

/** For each protocol the rows of its fixed header, then those of which there may be any number. */
const rows: readonly { readonly fixed: readonly Row[]; readonly more: readonly Row[] }[] = [
  {
    fixed: [
      ["eth.dst", "destination", C.Destination, F.Mac, 0, 48],
      ["eth.src", "source", C.Source, F.Mac, 48, 48],
      ["eth.type", "protocol", C.Protocol, F.Hex, 96, 16],
    ],
    more: [],
  },
  {
    fixed: [
      ["vlan.priority", "priority", C.Other, F.Decimal, 0, 3],
      ["vlan.dei", "(Drop eligible)", C.Other, F.Decimal, 3, 1],
      ["vlan.id", "id", C.Exchange, F.Decimal, 4, 12],
      ["vlan.etype", "protocol", C.Protocol, F.Hex, 16, 16],
    ],
    more: [],
  },
  {
    fixed: [
      ["arp.hw.type", "(Hardware type)", C.Other, F.Decimal, 0, 16],
      ["arp.proto.type", "(Protocol type)", C.Protocol, F.Hex, 16, 16],
      ["arp.hw.size", "(Hardware size)", C.Size, F.Decimal, 32, 8],
      ["arp.proto.size", "(Protocol size)", C.Size, F.Decimal, 40, 8],
      ["arp.opcode", "op", C.Operation, F.Decimal, 48, 16],
    ],
    more: [
      ["arp.src.hw_mac", "(Sender hardware address)", C.Address, F.Mac, 0, 0],
      ["arp.src.proto_ipv4", "(Sender protocol address)", C.Address, F.Ipv4, 0, 0],
      ["arp.dst.hw_mac", "(Target hardware address)", C.Address, F.Mac, 0, 0],
      ["arp.dst.proto_ipv4", "(Target protocol address)", C.Address, F.Ipv4, 0, 0],
      ["arp.src.hw", "(Sender hardware address)", C.Address, F.Hex, 0, 0],
      ["arp.src.proto", "(Sender protocol address)", C.Address, F.Hex, 0, 0],
      ["arp.dst.hw", "(Target hardware address)", C.Address, F.Hex, 0, 0],
      ["arp.dst.proto", "(Target protocol address)", C.Address, F.Hex, 0, 0],
    ],
  },
  {
    fixed: [
      ["ip.version", "version", C.Version, F.Decimal, 0, 4],
      ["ip.hdr_words", "(Header Length)", C.Size, F.Decimal, 4, 4],
      ["ip.dsfield", "(Type of Service)", C.Flags, F.Hex, 8, 8],
      ["ip.len", "(Total Length)", C.Size, F.Decimal, 16, 16],
      ["ip.id", "identification", C.Id, F.Hex, 32, 16],
      ["ip.fragment", "flags", C.Flags, F.Hex, 48, 16],
      ["ip.ttl", "(Time to live)", C.Other, F.Decimal, 64, 8],
      ["ip.proto", "protocol", C.Protocol, F.Decimal, 72, 8],
      ["ip.checksum", "checksum", C.Checksum, F.Hex, 80, 16],
      ["ip.src", "source", C.Source, F.Ipv4, 96, 32],
      ["ip.dst", "destination", C.Destination, F.Ipv4, 128, 32],
    ],
    more: [["ip.options", "options", C.Option, F.Hex, 0, 0]],
  },
  {
    fixed: [
      ["ipv6.version", "version", C.Version, F.Decimal, 0, 4],
      ["ipv6.tclass", "(Type of Service)", C.Flags, F.Hex, 4, 8],
      ["ipv6.flow", "(Flow Label)", C.Id, F.Hex, 12, 20],
      ["ipv6.plen", "(Payload Length)", C.Size, F.Decimal, 32, 16],
      ["ipv6.nxt", "(Next Header)", C.Protocol, F.Decimal, 48, 8],
      ["ipv6.hlim", "(Hop Limit)", C.Other, F.Decimal, 56, 8],
      ["ipv6.src", "source", C.Source, F.Ipv6, 64, 128],
      ["ipv6.dst", "destination", C.Destination, F.Ipv6, 192, 128],
    ],
    more: [],
  },
  {
    fixed: [
      ["icmp.type", "type", C.Operation, F.IcmpType, 0, 8],
      ["icmp.code", "code", C.Operation, F.Decimal, 8, 8],
      ["icmp.checksum", "checksum", C.Checksum, F.Hex, 16, 16],
    ],
    more: [
      ["icmp.ident", "identification", C.Exchange, F.Hex, 0, 0],
      ["icmp.seq", "(Sequence number)", C.Exchange, F.Decimal, 0, 0],
      ["icmp.mtu", "(Next-hop MTU)", C.Exchange, F.Decimal, 0, 0],
      ["icmp.redir_gw", "gateway", C.Address, F.Ipv4, 0, 0],
      ["icmp.pointer", "pointer", C.Exchange, F.Decimal, 0, 0],
    ],
  },
  {
    fixed: [
      ["udp.srcport", "(Source port)", C.Source, F.Decimal, 0, 16],
      ["udp.dstport", "(Destination port)", C.Destination, F.Decimal, 16, 16],
      ["udp.length", "size", C.Size, F.Decimal, 32, 16],
      ["udp.checksum", "checksum", C.Checksum, F.Hex, 48, 16],
    ],
    more: [],
  },
  {
    fixed: [
      ["tcp.srcport", "(Source port)", C.Source, F.Decimal, 0, 16],
      ["tcp.dstport", "(Destination port)", C.Destination, F.Decimal, 16, 16],
      ["tcp.seq_raw", "(Sequence number)", C.Id, F.Decimal, 32, 32],
      ["tcp.ack_raw", "(Acknowledgement number)", C.Id, F.Decimal, 64, 32],
      ["tcp.hdr_words", "(Header length)", C.Size, F.Decimal, 96, 4],
      ["tcp.flags", "flags", C.Flags, F.TcpFlags, 100, 12],
      ["tcp.window_size_value", "Window", C.Other, F.Decimal, 112, 16],
      ["tcp.checksum", "checksum", C.Checksum, F.Hex, 128, 16],
      ["tcp.urgent_pointer", "(Urgent pointer)", C.Other, F.Decimal, 144, 16],
    ],
    more: [
      ["tcp.options.mss_val", "(Maximum segment size)", C.Option, F.Decimal, 0, 0],
      ["tcp.options.wscale.shift", "(Window scale)", C.Option, F.Decimal, 0, 0],
      ["tcp.options.sack_perm", "(SACK permitted)", C.Option, F.Hex, 0, 0],
      ["tcp.options.sack", "SACK", C.Option, F.Hex, 0, 0],
      ["tcp.options.timestamp.tsval", "(Timestamp value)", C.Option, F.Decimal, 0, 0],
      ["tcp.options.timestamp.tsecr", "(Timestamp echo reply)", C.Option, F.Decimal, 0, 0],
      ["tcp.options.unknown", "(Other option)", C.Option, F.Hex, 0, 0],
    ],
  },
  {
    fixed: [
      ["dhcp.type", "op", C.Operation, F.Decimal, 0, 8],
      ["dhcp.hw.type", "(Hardware Address Type)", C.Other, F.Decimal, 8, 8],
      ["dhcp.hw.len", "(Hardware Address Length)", C.Size, F.Decimal, 16, 8],
      ["dhcp.hops", "Hops", C.Other, F.Decimal, 24, 8],
      ["dhcp.id", "(Transaction ID)", C.Id, F.Hex, 32, 32],
      ["dhcp.secs", "(Start Time)", C.Other, F.Decimal, 64, 16],
      ["dhcp.flags", "Flags", C.Flags, F.Hex, 80, 16],
      ["dhcp.ip.client", "(Client Address)", C.Address, F.Ipv4, 96, 32],
      ["dhcp.ip.your", "(Offered Address)", C.Address, F.Ipv4, 128, 32],
      ["dhcp.ip.server", "(Server Next Address)", C.Address, F.Ipv4, 160, 32],
      ["dhcp.ip.relay", "(Relay Agent Address)", C.Address, F.Ipv4, 192, 32],
    ],
    more: [
      ["dhcp.hw.mac_addr", "(Client Hardware Address)", C.Address, F.Mac, 0, 0],
      ["dhcp.hw.addr", "(Client Hardware Address)", C.Address, F.Hex, 0, 0],
      ["dhcp.option.dhcp", "(Message type)", C.Operation, F.DhcpType, 0, 0],
      ["dhcp.option.subnet_mask", "(Subnet mask)", C.Option, F.Ipv4, 0, 0],
      ["dhcp.option.router", "Router", C.Option, F.Ipv4, 0, 0],
      ["dhcp.option.domain_name_server", "(DNS servers)", C.Option, F.Ipv4, 0, 0],
      ["dhcp.option.hostname", "(Host name)", C.Option, F.Text, 0, 0],
      ["dhcp.option.domain_name", "(Domain name)", C.Option, F.Text, 0, 0],
      ["dhcp.option.interface_mtu", "(Interface MTU)", C.Option, F.Decimal, 0, 0],
      ["dhcp.option.broadcast_address", "(Broadcast address)", C.Option, F.Ipv4, 0, 0],
      ["dhcp.option.ntp_server", "(NTP servers)", C.Option, F.Ipv4, 0, 0],
      ["dhcp.option.requested_ip_address", "(Requested address)", C.Option, F.Ipv4, 0, 0],
      ["dhcp.option.ip_address_lease_time", "(Lease time)", C.Option, F.Decimal, 0, 0],
      ["dhcp.option.dhcp_server_id", "(Server identifier)", C.Option, F.Ipv4, 0, 0],
      ["dhcp.option.request_list", "(Parameter request list)", C.Option, F.Hex, 0, 0],
      ["dhcp.option.message", "Message", C.Option, F.Text, 0, 0],
      ["dhcp.option.dhcp_max_message_size", "(Maximum message size)", C.Option, F.Decimal, 0, 0],
      ["dhcp.option.renewal_time_value", "(Renewal time)", C.Option, F.Decimal, 0, 0],
      ["dhcp.option.rebinding_time_value", "(Rebinding time)", C.Option, F.Decimal, 0, 0],
      ["dhcp.option.vendor_class_id", "(Vendor class)", C.Option, F.Text, 0, 0],
      ["dhcp.client_id", "(Client identifier)", C.Option, F.Hex, 0, 0],
      ["dhcp.option.value", "(Other option)", C.Option, F.Hex, 0, 0],
    ],
  },
  {
    fixed: [
      ["dns.id", "identification", C.Exchange, F.Hex, 0, 16],
      ["dns.flags", "flags", C.Flags, F.Hex, 16, 16],
      ["dns.count.queries", "Questions", C.Size, F.Decimal, 32, 16],
      ["dns.count.answers", "Answers", C.Size, F.Decimal, 48, 16],
      ["dns.count.auth_rr", "Authorities", C.Size, F.Decimal, 64, 16],
      ["dns.count.add_rr", "Additionals", C.Size, F.Decimal, 80, 16],
    ],
    more: [
      ["dns.qry.name", "Name", C.Name, F.DnsName, 0, 0],
      ["dns.qry.type", "Type", C.Operation, F.DnsType, 0, 0],
      ["dns.qry.class", "Class", C.Other, F.Decimal, 0, 0],
      ["dns.resp.name", "Name", C.Other, F.DnsName, 0, 0],
      ["dns.resp.type", "Type", C.Other, F.DnsType, 0, 0],
      ["dns.resp.class", "Class", C.Other, F.Decimal, 0, 0],
      ["dns.resp.ttl", "TTL", C.Other, F.Decimal, 0, 0],
      ["dns.rr.udp_payload_size", "(UDP payload size)", C.Other, F.Decimal, 0, 0],
      ["dns.edns.flags", "(Extended flags)", C.Other, F.Hex, 0, 0],
      ["dns.resp.data", "Data", C.Other, F.Hex, 0, 0],
      ["dns.a", "Data", C.Address, F.Ipv4, 0, 0],
      ["dns.aaaa", "Data", C.Address, F.Ipv6, 0, 0],
      ["dns.name", "Data", C.Name, F.DnsName, 0, 0],
    ],
  },
  {
    fixed: [
      ["ntp.flags.li", "(Leap Indicator)", C.Other, F.Decimal, 0, 2],
      ["ntp.flags.vn", "version", C.Version, F.Decimal, 2, 3],
      ["ntp.flags.mode", "Mode", C.Operation, F.Decimal, 5, 3],
      ["ntp.stratum", "Stratum", C.Other, F.Decimal, 8, 8],
      ["ntp.ppoll", "Poll", C.Other, F.Signed, 16, 8],
      ["ntp.precision", "(System Precision)", C.Other, F.Signed, 24, 8],
      ["ntp.rootdelay", "(Root Delay)", C.Other, F.Hex, 32, 32],
      ["ntp.rootdispersion", "(Root Dispersion)", C.Other, F.Hex, 64, 32],
      ["ntp.refid", "(Reference ID)", C.Id, F.Hex, 96, 32],
      ["ntp.reftime", "(Reference Time)", C.Timestamp, F.NtpTime, 128, 64],
      ["ntp.org", "(Origin Time)", C.Timestamp, F.NtpTime, 192, 64],
      ["ntp.rec", "(Receive Time)", C.Timestamp, F.NtpTime, 256, 64],
      ["ntp.xmt", "(Transit Time)", C.Timestamp, F.NtpTime, 320, 64],
    ],
    more: [],
  },
  { fixed: [], more: [["http.start", "(Start line)", C.Operation, F.Text, 0, 0]] },
  {
    fixed: [],
    more: [
      ["payload.ethertype", "protocol", C.Operation, F.Hex, 0, 0],
      ["payload.protocol", "protocol", C.Operation, F.Decimal, 0, 0],
    ],
  },
];

const all: readonly Row[] = rows.flatMap(({ fixed, more }) => [...fixed, ...more]);
const byKey: ReadonlyMap<string, number> = new Map(all.map(([key], id) => [key, id]));

/** How many kinds of fields there are; their ids are the numbers below. */
export const fieldCount: number = all.length;

/** For each protocol the id of the first field of its fixed header. */
export const fixedStart: Uint16Array = new Uint16Array(rows.length);

/** For each protocol how many fields its fixed header has. */
export const fixedCount: Uint16Array = new Uint16Array(rows.length);

/** For each field of a fixed header its distance from the header's first bit. */
export const fixedOffset: Uint16Array = Uint16Array.from(all, (row) => row[4]);

/**
 * For each field of a fixed header its id in the low ten bits and its length in bits above them, as
 * a dissection keeps them; without a length for those that have no fixed place.
 */
export const fixedShape: Int32Array = Int32Array.from(all, (row, id) => id | row[5] << 10);

let next = 0;
rows.forEach(({ fixed, more }, protocol) => {
  fixedStart[protocol] = next;
  fixedCount[protocol] = fixed.length;
  next += fixed.length + more.length;
});

/**
 * The name of a protocol as a summary prints it.
 *
 * @param protocol One of {@linkcode Protocol}.
 * @returns Such as `TCP [RFC9293]`.
 */
export function protocolName(protocol: Protocol): string {
  return protocolNames[protocol] ?? "";
}

/**
 * The id of a field.
 *
 * @example
 * ```ts
 * import { fieldId, fieldKey, fieldName } from "@octet/pcap";
 * import { assertEquals } from "@std/assert";
 *
 * const id = fieldId("tcp.srcport");
 * assertEquals(fieldKey(id), "tcp.srcport");
 * assertEquals(fieldName(id), "(Source port)");
 * ```
 *
 * @param key Its key, such as `ip.ttl`: Wireshark's name for most fields.
 * @returns A number below {@linkcode fieldCount}.
 * @throws {RangeError} When there is no such field.
 */
export function fieldId(key: string): number {
  const id = byKey.get(key);
  if (id === undefined) throw new RangeError(`Cannot find field as "${key}" is not in the table`);
  return id;
}

/** The key of a field, such as `ip.ttl`. */
export function fieldKey(id: number): string {
  return all[id]?.[0] ?? "";
}

/** The name of a field as a summary prints it, such as `(Time to live)`. */
export function fieldName(id: number): string {
  return all[id]?.[1] ?? "";
}

/** What a field means. */
export function fieldClass(id: number): FieldClass {
  return all[id]?.[2] ?? FieldClass.Other;
}

/** How a field is printed. */
export function fieldFormat(id: number): FieldFormat {
  return all[id]?.[3] ?? FieldFormat.Hex;
}
