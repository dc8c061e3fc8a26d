/**
 * What a NAT remembers: mappings between an endpoint inside and one outside, and the sessions over each.
 *
 * @module
 */

/** IP protocol numbers that have ports, or what stands for them. */
export const protocolIcmp = 1;
/** TCP. */
export const protocolTcp = 6;
/** UDP. */
export const protocolUdp = 17;

/** How long a session lives when idle; the index of the list that it stands in. */
export const Lifetime = {
  /** UDP. */
  Udp: 0,
  /** TCP, both ends open. */
  Established: 1,
  /** TCP that opens or closes. */
  Transitory: 2,
  /** ICMP queries. */
  Icmp: 3,
  /** Other protocols. */
  Other: 4,
} as const;
/** One of the values of {@linkcode Lifetime}. */
export type Lifetime = (typeof Lifetime)[keyof typeof Lifetime];

/** How many lifetimes there are. */
export const lifetimeCount = 5;

/** An endpoint inside and the one it has outside. Ports are ICMP identifiers where the protocol is ICMP. */
export class Mapping {
  /** The IP protocol number. */
  protocol = 0;
  /** The address inside, signed. */
  internalAddress = 0;
  /** The port inside; 0 where the protocol has none. */
  internalPort = 0;
  /** The address outside, signed. */
  externalAddress = 0;
  /** The port outside. */
  externalPort = 0;
  /** Whether it was made by hand: it stays, and lets anybody in. */
  isForward = false;
  /** Its sessions. */
  sessions: Session | null = null;
  /** The next with the same hash of the endpoint inside. */
  nextInternal: Mapping | null = null;
  /** The next with the same hash of the endpoint outside. */
  nextExternal: Mapping | null = null;
}

/** Traffic of a mapping with one remote endpoint, or with all that its filter does not tell apart. */
export class Session {
  /** Whose it is. */
  mapping: Mapping | null = null;
  /** The remote address, signed. */
  remoteAddress = 0;
  /** The remote port. */
  remotePort = 0;
  /** What was seen of a TCP connection. */
  tcp = 0;
  /** How long it lives when idle. */
  lifetime: Lifetime = 0;
  /** When it was last used, in milliseconds. */
  usedAt = 0;
  /** The next with the same hash. */
  nextInTable: Session | null = null;
  /** The next among the mapping's sessions. */
  nextOfMapping: Session | null = null;
  /** The one before among the mapping's sessions. */
  previousOfMapping: Session | null = null;
  /** The next among those that live as long, idle for less. */
  nextIdle: Session | null = null;
  /** The one before, idle for longer. */
  previousIdle: Session | null = null;
}
