import {
  DhcpOption,
  dhcpv4ClientPort,
  Dhcpv4Frame,
  Dhcpv4OptionCursor,
  dhcpv4ServerPort,
} from "@octet/dhcpv4";
import { checkName, DnsCursor, RecordType, Section } from "@octet/dns";
import { NtpFrame } from "@octet/ntp";
import { readU16, Verdict } from "@octet/wire";
import type { Dissection } from "./dissection.ts";
import { fieldId, Protocol } from "./field_table.ts";

const dnsPort = 53;
const ntpPort = 123;

const dhcpMac = fieldId("dhcp.hw.mac_addr");
const dhcpHardware = fieldId("dhcp.hw.addr");
const httpStart = fieldId("http.start");
const questionName = fieldId("dns.qry.name");
const questionType = fieldId("dns.qry.type");
const questionClass = fieldId("dns.qry.class");
const recordName = fieldId("dns.resp.name");
const recordType = fieldId("dns.resp.type");
const recordClass = fieldId("dns.resp.class");
const recordTtl = fieldId("dns.resp.ttl");
const ednsSize = fieldId("dns.rr.udp_payload_size");
const ednsFlags = fieldId("dns.edns.flags");
const recordData = fieldId("dns.resp.data");
const recordIpv4 = fieldId("dns.a");
const recordIpv6 = fieldId("dns.aaaa");
const recordTarget = fieldId("dns.name");

/** The options whose values are printed as more than bytes, and how long they must be: 0 for any. */
const dhcpOptions: readonly (readonly [number, string, number])[] = [
  [DhcpOption.MessageType, "dhcp.option.dhcp", 1],
  [DhcpOption.SubnetMask, "dhcp.option.subnet_mask", 4],
  [DhcpOption.Router, "dhcp.option.router", -4],
  [DhcpOption.DomainNameServer, "dhcp.option.domain_name_server", -4],
  [DhcpOption.HostName, "dhcp.option.hostname", 0],
  [DhcpOption.DomainName, "dhcp.option.domain_name", 0],
  [DhcpOption.InterfaceMtu, "dhcp.option.interface_mtu", 2],
  [DhcpOption.BroadcastAddress, "dhcp.option.broadcast_address", 4],
  [DhcpOption.NtpServers, "dhcp.option.ntp_server", -4],
  [DhcpOption.RequestedAddress, "dhcp.option.requested_ip_address", 4],
  [DhcpOption.LeaseTime, "dhcp.option.ip_address_lease_time", 4],
  [DhcpOption.ServerIdentifier, "dhcp.option.dhcp_server_id", 4],
  [DhcpOption.ParameterRequestList, "dhcp.option.request_list", 0],
  [DhcpOption.Message, "dhcp.option.message", 0],
  [DhcpOption.MaximumMessageSize, "dhcp.option.dhcp_max_message_size", 2],
  [DhcpOption.RenewalTime, "dhcp.option.renewal_time_value", 4],
  [DhcpOption.RebindingTime, "dhcp.option.rebinding_time_value", 4],
  [DhcpOption.VendorClass, "dhcp.option.vendor_class_id", 0],
  [DhcpOption.ClientIdentifier, "dhcp.client_id", 0],
];

const dhcpOther = fieldId("dhcp.option.value");
const dhcpFields = new Uint16Array(256).fill(dhcpOther);
const dhcpLengths = new Int8Array(256);
for (const [code, key, length] of dhcpOptions) {
  dhcpFields[code] = fieldId(key);
  dhcpLengths[code] = length;
}

/** Takes the messages of applications apart, and tells which application it is. */
export class ApplicationDissector {
  readonly #packet: Dissection;
  readonly #dhcp: Dhcpv4Frame = new Dhcpv4Frame();
  readonly #dhcpOptions: Dhcpv4OptionCursor = new Dhcpv4OptionCursor();
  readonly #dns: DnsCursor = new DnsCursor();
  readonly #ntp: NtpFrame = new NtpFrame();

  constructor(packet: Dissection) {
    this.#packet = packet;
  }

  /** The payload of UDP; gives whether anybody knew it. */
  datagram(bytes: Uint8Array, offset: number, end: number, from: number, to: number): boolean {
    if (from === dnsPort || to === dnsPort) this.#dnsMessage(bytes, offset, end);
    else if (isDhcp(from) && isDhcp(to)) this.#dhcpMessage(bytes, offset, end);
    else if (from === ntpPort || to === ntpPort) this.#ntpMessage(bytes, offset, end);
    else return false;
    return true;
  }

  /** The payload of one TCP segment; gives whether anybody knew it. */
  stream(bytes: Uint8Array, offset: number, end: number, from: number, to: number): boolean {
    if (from === dnsPort || to === dnsPort) {
      // RFC 1035 §4.2.2: a length of two bytes first. Messages in several segments are not put together.
      if (end - offset < 14 || readU16(bytes, offset) !== end - offset - 2) return false;
      this.#dnsMessage(bytes, offset + 2, end);
      return true;
    }
    const line = startLineLength(bytes, offset, end);
    if (line === 0) return false;
    this.#packet.addLayer(Protocol.Http, offset, end - offset);
    this.#packet.addField(httpStart, offset, line);
    return true;
  }

  #malformed(protocol: Protocol, offset: number, verdict: Verdict): void {
    this.#packet.addLayer(protocol, offset, 0);
    this.#packet.fail(verdict);
  }

  #dhcpMessage(bytes: Uint8Array, offset: number, end: number): void {
    const frame = this.#dhcp;
    frame.reset(bytes, offset, end);
    const verdict = frame.validate();
    if (verdict !== Verdict.Ok) return this.#malformed(Protocol.Dhcpv4, offset, verdict);
    const packet = this.#packet;
    packet.addHeader(Protocol.Dhcpv4, offset, end - offset);
    const hardware = frame.hardwareLength;
    packet.addField(hardware === 6 ? dhcpMac : dhcpHardware, frame.hardwareAddressOffset, hardware);
    const cursor = this.#dhcpOptions;
    cursor.resetFrame(frame);
    while (cursor.next()) {
      const code = cursor.code;
      const length = cursor.length;
      const wanted = dhcpLengths[code]!;
      // A negative length stands for any number of such values, but at least one.
      const fits = wanted < 0
        ? length > 0 && length % -wanted === 0
        : wanted === 0 || length === wanted;
      if (fits && dhcpFields[code] !== dhcpOther) {
        packet.addField(dhcpFields[code]!, cursor.valueOffset, length);
      } else {
        packet.addField(dhcpOther, cursor.valueOffset - 2, length + 2);
      }
    }
    if (cursor.verdict !== Verdict.Ok) packet.fail(cursor.verdict);
  }

  #dnsMessage(bytes: Uint8Array, offset: number, end: number): void {
    const cursor = this.#dns;
    const verdict = cursor.reset(bytes, offset, end);
    const packet = this.#packet;
    if (end - offset < 12) return this.#malformed(Protocol.Dns, offset, verdict);
    packet.addHeader(Protocol.Dns, offset, end - offset);
    while (cursor.next()) {
      const { nameOffset, dataOffset, dataEnd } = cursor;
      if (cursor.section === Section.Question) {
        packet.addField(questionName, nameOffset, dataOffset - 4 - nameOffset);
        packet.addField(questionType, dataOffset - 4, 2);
        packet.addField(questionClass, dataOffset - 2, 2);
        continue;
      }
      packet.addField(recordName, nameOffset, dataOffset - 10 - nameOffset);
      packet.addField(recordType, dataOffset - 10, 2);
      // RFC 6891 §6.1.2: in the pseudo record of EDNS these mean something else.
      const isOpt = cursor.type === RecordType.OPT;
      packet.addField(isOpt ? ednsSize : recordClass, dataOffset - 8, 2);
      packet.addField(isOpt ? ednsFlags : recordTtl, dataOffset - 6, 4);
      const id = this.#dataField(bytes, offset, cursor.type, dataOffset, dataEnd);
      packet.addField(id, dataOffset, dataEnd - dataOffset);
    }
    if (cursor.verdict !== Verdict.Ok) packet.fail(cursor.verdict);
  }

  #dataField(bytes: Uint8Array, start: number, type: number, offset: number, end: number): number {
    if (type === RecordType.A && end - offset === 4) return recordIpv4;
    if (type === RecordType.AAAA && end - offset === 16) return recordIpv6;
    if (type === RecordType.CNAME || type === RecordType.NS || type === RecordType.PTR) {
      if (checkName(bytes, start, offset, end) === end) return recordTarget;
    }
    return recordData;
  }

  #ntpMessage(bytes: Uint8Array, offset: number, end: number): void {
    const frame = this.#ntp;
    frame.reset(bytes, offset, end);
    const verdict = frame.validate();
    if (verdict !== Verdict.Ok) return this.#malformed(Protocol.Ntp, offset, verdict);
    this.#packet.addHeader(Protocol.Ntp, offset, end - offset);
  }
}

function isDhcp(port: number): boolean {
  return port === dhcpv4ClientPort || port === dhcpv4ServerPort;
}

const slash = 0x2f;
const space = 0x20;

/** Whether `HTTP/1.` stands at `at`. */
function isVersion(bytes: Uint8Array, at: number): boolean {
  return bytes[at] === 0x48 && bytes[at + 1] === 0x54 && bytes[at + 2] === 0x54 &&
    bytes[at + 3] === 0x50 && bytes[at + 4] === slash && bytes[at + 5] === 0x31 &&
    bytes[at + 6] === 0x2e;
}

/**
 * The length of the start line of an HTTP/1.x message (RFC 9112 §3 and §4) without its end, 0 when
 * there is none.
 */
function startLineLength(bytes: Uint8Array, offset: number, end: number): number {
  // "HTTP/1.1 200" and "M * HTTP/1.1" are the shortest.
  if (end - offset < 12) return 0;
  const isResponse = isVersion(bytes, offset) && bytes[offset + 8] === space;
  let at = offset;
  if (!isResponse) {
    while (at < end && isMethodByte(bytes[at]!)) at++;
    if (at === offset || at - offset > 32 || bytes[at] !== space) return 0;
  }
  const limit = Math.min(end, offset + 8192);
  while (at < limit && bytes[at] !== 0x0d && bytes[at] !== 0x0a) at++;
  if (isResponse) return at - offset;
  return at < limit && at - offset >= 12 && bytes[at - 9] === space && isVersion(bytes, at - 8)
    ? at - offset
    : 0;
}

/** Methods are case-sensitive tokens; all that are registered consist of these. */
function isMethodByte(byte: number): boolean {
  return (byte >= 0x41 && byte <= 0x5a) || byte === 0x2d;
}
