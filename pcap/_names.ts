const dhcpTypes: readonly string[] = [
  "",
  "DISCOVER",
  "OFFER",
  "REQUEST",
  "DECLINE",
  "ACK",
  "NAK",
  "RELEASE",
  "INFORM",
  "FORCERENEW",
];

/** The name of a DHCP message type (RFC 2132 §9.6, RFC 3203). */
export function dhcpMessageTypeName(type: number): string {
  return dhcpTypes[type] || String(type);
}

const icmpTypes: readonly (string | undefined)[] = [
  "echo-reply",
  undefined,
  undefined,
  "destination-unreachable",
  "source-quench",
  "redirect",
  undefined,
  undefined,
  "echo-request",
  "router-advertisement",
  "router-solicitation",
  "time-exceeded",
  "parameter-problem",
  "timestamp-request",
  "timestamp-reply",
  "information-request",
  "information-reply",
  "address-mask-request",
  "address-mask-reply",
];

/** The name of an ICMP type (RFC 792, RFC 950, RFC 1256) as packet filters know it. */
export function icmpTypeName(type: number): string {
  return icmpTypes[type] ?? String(type);
}
