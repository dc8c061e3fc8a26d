/**
 * ICMP types and codes (RFC 792, RFC 950, RFC 1122 §3.2.2, RFC 1812 §5.2.7).
 *
 * @module
 */

/** Message types (IANA "icmp-parameters"). */
export const Icmpv4Type = {
  /** The answer to an echo request. */
  EchoReply: 0,
  /** The datagram did not reach its destination. */
  DestinationUnreachable: 3,
  /** Slow down; deprecated by RFC 6633. */
  SourceQuench: 4,
  /** There is a shorter way. */
  Redirect: 5,
  /** Send this back. */
  Echo: 8,
  /** A router is here (RFC 1256). */
  RouterAdvertisement: 9,
  /** Is a router here? (RFC 1256) */
  RouterSolicitation: 10,
  /** The time to live, or the time for reassembly, ran out. */
  TimeExceeded: 11,
  /** The header is wrong. */
  ParameterProblem: 12,
  /** What time is it? */
  Timestamp: 13,
  /** The time. */
  TimestampReply: 14,
  /** What is my network? Deprecated by RFC 6918. */
  InformationRequest: 15,
  /** Your network. Deprecated by RFC 6918. */
  InformationReply: 16,
  /** What is the subnet mask? (RFC 950, deprecated by RFC 6918) */
  AddressMaskRequest: 17,
  /** The subnet mask. (RFC 950, deprecated by RFC 6918) */
  AddressMaskReply: 18,
} as const;

/** One of the types of {@linkcode Icmpv4Type}. */
export type Icmpv4Type = (typeof Icmpv4Type)[keyof typeof Icmpv4Type];

/** Codes of "destination unreachable". */
export const UnreachableCode = {
  /** No route to the network. */
  Network: 0,
  /** The host does not answer on its link. */
  Host: 1,
  /** The host does not speak the protocol. */
  Protocol: 2,
  /** Nobody is bound to the port. */
  Port: 3,
  /** The datagram exceeds the next link's MTU and must not be fragmented (RFC 1191 tells the MTU). */
  FragmentationNeeded: 4,
  /** The source route cannot be followed. */
  SourceRouteFailed: 5,
  /** The network is unknown. */
  NetworkUnknown: 6,
  /** The host is unknown. */
  HostUnknown: 7,
  /** The source host is isolated; obsolete. */
  SourceIsolated: 8,
  /** The network is forbidden by an administrator. */
  NetworkProhibited: 9,
  /** The host is forbidden by an administrator. */
  HostProhibited: 10,
  /** The network cannot be reached with this type of service. */
  NetworkService: 11,
  /** The host cannot be reached with this type of service. */
  HostService: 12,
  /** A filter forbids the datagram (RFC 1812). */
  Prohibited: 13,
  /** The precedence is not permitted (RFC 1812). */
  HostPrecedence: 14,
  /** The precedence is too low (RFC 1812). */
  PrecedenceCutoff: 15,
} as const;

/** One of the codes of {@linkcode UnreachableCode}. */
export type UnreachableCode = (typeof UnreachableCode)[keyof typeof UnreachableCode];

/** Codes of "time exceeded". */
export const TimeExceededCode = {
  /** A router counted the time to live down to zero. */
  TimeToLive: 0,
  /** Fragments were missing for too long. */
  Reassembly: 1,
} as const;

/** One of the codes of {@linkcode TimeExceededCode}. */
export type TimeExceededCode = (typeof TimeExceededCode)[keyof typeof TimeExceededCode];

/** Codes of "redirect". */
export const RedirectCode = {
  /** For the network. */
  Network: 0,
  /** For the host. */
  Host: 1,
  /** For the network and this type of service. */
  NetworkService: 2,
  /** For the host and this type of service. */
  HostService: 3,
} as const;

/** One of the codes of {@linkcode RedirectCode}. */
export type RedirectCode = (typeof RedirectCode)[keyof typeof RedirectCode];

const names: ReadonlyMap<number, string> = new Map(
  Object.entries(Icmpv4Type).map(([name, value]) => [value, name]),
);

/**
 * The name of a message type, for people.
 *
 * @example
 * ```ts
 * import { icmpv4TypeName } from "@octet/icmpv4";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(icmpv4TypeName(8), "Echo");
 * assertEquals(icmpv4TypeName(99), "99");
 * ```
 *
 * @param type 0 to 255.
 * @returns Its name as in {@linkcode Icmpv4Type}, or the number.
 */
export function icmpv4TypeName(type: number): string {
  return names.get(type) ?? String(type);
}

/**
 * Whether a message reports an error, and so quotes a datagram (RFC 1122 §3.2.2): never to be answered
 * with another error.
 */
export function isIcmpv4Error(type: number): boolean {
  return type === Icmpv4Type.DestinationUnreachable || type === Icmpv4Type.SourceQuench ||
    type === Icmpv4Type.Redirect || type === Icmpv4Type.TimeExceeded ||
    type === Icmpv4Type.ParameterProblem;
}
