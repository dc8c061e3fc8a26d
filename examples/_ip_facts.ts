/**
 * What there is to say of an address or a prefix.
 *
 * @module
 */
import {
  classifyIpv4,
  classifyIpv6,
  findIpv4Special,
  findIpv6Special,
  formatIpv4,
  ipv4From6to4,
  Ipv4Prefix,
  isGloballyReachableIpv4,
  isGloballyReachableIpv6,
  macFromEui64,
  multicastMac,
  readTeredo,
  solicitedNode,
  unmapIpv4,
} from "@octet/netip";
import {
  type Address,
  bitsOf,
  countOf,
  endsOf,
  formatAddress,
  type IpItem,
  jsonCount,
  prefixesOf,
  valueOf,
} from "./_ip_item.ts";

/** A fact: its label, its name in JSON, its value. */
export type Fact = readonly [label: string, name: string, value: unknown];

/** The name under which reverse DNS knows an address (RFC 1035 §3.5, RFC 3596 §2.5), or the block of one. */
export function reverseName(address: Address, length: number): string {
  if (typeof address === "number") {
    const octets = formatIpv4(address).split(".").slice(0, Math.floor(length / 8));
    return [...octets.reverse(), "in-addr.arpa"].join(".");
  }
  const nibbles = [...address.toString(16).padStart(32, "0")].slice(0, Math.floor(length / 4));
  return [...nibbles.reverse(), "ip6.arpa"].join(".");
}

/** An IPv6 address with all its digits. */
export function expandIpv6(address: bigint): string {
  return address.toString(16).padStart(32, "0").match(/.{4}/g)!.join(":");
}

/** Facts of what was given, in the order in which they are shown. */
export function factsOf(item: IpItem): Fact[] {
  if (item.last !== undefined) return rangeFacts(item);
  const { address } = item;
  const facts: Fact[] = [["Address", "address", formatAddress(address)]];
  if (typeof address === "bigint") {
    facts.push(["Expanded", "expanded", expandIpv6(address)]);
  }
  if (item.hasLength) facts.push(...prefixFacts(item));
  facts.push(...kindFacts(address), ...embeddedFacts(address));
  const digits = bitsOf(address) / 4;
  facts.push(
    ["Hexadecimal", "hex", `0x${address.toString(16).padStart(digits, "0")}`],
    ["Integer", "integer", String(address)],
    ["Reverse", "reverse", reverseName(address, bitsOf(address))],
  );
  return facts;
}

function rangeFacts(item: IpItem): Fact[] {
  const [first, last] = endsOf(item);
  return [
    ["First", "first", formatAddress(first)],
    ["Last", "last", formatAddress(last)],
    ["Addresses", "addresses", jsonCount(countOf(item))],
    ["Prefixes", "prefixes", prefixesOf(item).map(String)],
  ];
}

function prefixFacts({ prefix }: IpItem): Fact[] {
  const facts: Fact[] = [
    ["Network", "network", String(prefix)],
    ["Prefix length", "prefixLength", prefix.length],
  ];
  if (prefix instanceof Ipv4Prefix) {
    facts.push(
      ["Netmask", "netmask", formatIpv4(prefix.mask)],
      ["Wildcard", "wildcard", formatIpv4(~prefix.mask)],
    );
    if (prefix.length <= 30) facts.push(["Broadcast", "broadcast", formatIpv4(prefix.broadcast)]);
    facts.push(
      ["First host", "firstHost", formatIpv4(prefix.firstHost)],
      ["Last host", "lastHost", formatIpv4(prefix.lastHost)],
      ["Hosts", "hosts", prefix.hostCount],
    );
  } else {
    facts.push(
      ["First", "first", formatAddress(prefix.first)],
      ["Last", "last", formatAddress(prefix.last)],
    );
  }
  facts.push(
    ["Addresses", "addresses", jsonCount(BigInt(prefix.size))],
    ["Reverse zone", "reverseZone", reverseName(prefix.first, prefix.length)],
  );
  return facts;
}

function kindFacts(address: Address): Fact[] {
  const isIpv4 = typeof address === "number";
  const special = isIpv4 ? findIpv4Special(address) : findIpv6Special(address);
  const facts: Fact[] = [
    ["Version", "version", isIpv4 ? 4 : 6],
    ["Kind", "kind", isIpv4 ? classifyIpv4(address) : classifyIpv6(address)],
  ];
  if (special !== undefined) {
    facts.push(
      ["Block", "block", String(special.prefix)],
      ["Block's name", "blockName", special.name],
      ["Specified in", "specification", special.specification],
    );
  }
  const reachable = isIpv4 ? isGloballyReachableIpv4(address) : isGloballyReachableIpv6(address);
  facts.push(["Reachable globally", "isGloballyReachable", reachable]);
  return facts;
}

/** What stands inside an IPv6 address, and the group that its owner listens to. */
function embeddedFacts(address: Address): Fact[] {
  const facts: Fact[] = [];
  const isMulticast = typeof address === "number"
    ? address >>> 28 === 0xe
    : valueOf(address) >> 120n === 0xffn;
  if (isMulticast) facts.push(["Ethernet group", "ethernetGroup", String(multicastMac(address))]);
  if (typeof address === "number") return facts;
  const inside = unmapIpv4(address) ?? ipv4From6to4(address);
  if (inside !== undefined) facts.push(["IPv4 inside", "ipv4", formatIpv4(inside)]);
  const teredo = readTeredo(address);
  if (teredo !== undefined) {
    facts.push(
      ["Teredo server", "teredoServer", formatIpv4(teredo.server)],
      ["Teredo client", "teredoClient", `${formatIpv4(teredo.client)}:${teredo.port}`],
    );
  }
  const mac = macFromEui64(address);
  if (mac !== undefined && !isMulticast) facts.push(["MAC address", "mac", String(mac)]);
  if (!isMulticast) {
    facts.push(["Solicited node", "solicitedNode", formatAddress(solicitedNode(address))]);
  }
  return facts;
}

/** Facts as lines, the values in one column. */
export function factLines(facts: readonly Fact[]): string {
  const width = Math.max(...facts.map(([label]) => label.length)) + 3;
  return facts.map(([label, , value]) => {
    const text = Array.isArray(value)
      ? value.join(" ")
      : typeof value === "boolean"
      ? value ? "yes" : "no"
      : String(value);
    return `${`${label}:`.padEnd(width)}${text}\n`;
  }).join("");
}

/** Facts as an object. */
export function factObject(facts: readonly Fact[]): Record<string, unknown> {
  return Object.fromEntries(facts.map(([, name, value]) => [name, value]));
}
