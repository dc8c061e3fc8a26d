/**
 * What the values of structured options look like as plain objects.
 *
 * @module
 */

/** A route of option 121 (RFC 3442). */
export interface ClasslessRoute {
  /** The network, host order; bits beyond the prefix are 0. */
  readonly destination: number;
  /** The network's prefix length, 0 to 32; 0 is the default route. */
  readonly prefixLength: number;
  /** The router, host order; 0 means that the network is on the link. */
  readonly router: number;
}

/** A route of option 33, to a host or a classful network (RFC 2132 §5.8). */
export interface StaticRoute {
  /** The destination, host order. */
  readonly destination: number;
  /** The router, host order. */
  readonly router: number;
}

/** An entry of option 21: where source-routed datagrams may go (RFC 2132 §4.3). */
export interface PolicyFilter {
  /** The address, host order. */
  readonly address: number;
  /** The mask, host order. */
  readonly mask: number;
}

/** The client FQDN of option 81 (RFC 4702 §2). */
export interface ClientFqdn {
  /** S: the server is to (client) or does (server) update the A record. */
  readonly serverUpdates: boolean;
  /** O: the server has overridden the client's S; 0 from clients. */
  readonly overridden: boolean;
  /** N: no DNS updates by the server at all. */
  readonly noUpdates: boolean;
  /** E: the name is in DNS wire form rather than in the deprecated ASCII form. */
  readonly isWire: boolean;
  /** RCODE1, deprecated: 0 from clients, 255 from servers. */
  readonly rcode1: number;
  /** RCODE2, deprecated: as RCODE1. */
  readonly rcode2: number;
  /** The name; fully qualified when it ends with a dot, a partial name otherwise, possibly empty. */
  readonly name: string;
}

/** The SIP servers of option 120: either names or addresses (RFC 3361 §3). */
export interface SipServers {
  /** Names, in order of preference; empty when addresses were given. */
  readonly domains: readonly string[];
  /** Addresses in host order, in order of preference; empty when names were given. */
  readonly addresses: readonly number[];
}

/** A sub-option of option 82 or 43: a code, a length, data (RFC 3046 §2.0, RFC 2132 §8.4). */
export interface SubOption {
  /** The code, 0 to 255; for option 82 one of {@linkcode RelayAgentOption}. */
  readonly code: number;
  /** The data, 0 to 255 bytes. */
  readonly data: Uint8Array;
}

/** The network device interface of option 94 (RFC 4578 §2.2). */
export interface NetworkInterface {
  /** The type: 1 is UNDI. */
  readonly type: number;
  /** The major revision. */
  readonly major: number;
  /** The minor revision. */
  readonly minor: number;
}

/** The machine identifier of option 97 (RFC 4578 §2.3). */
export interface MachineIdentifier {
  /** The type: 0 is a UUID or GUID. */
  readonly type: number;
  /** The identifier, 16 bytes for type 0. */
  readonly identifier: Uint8Array;
}

/** An entry of option 124 or 125: data under an enterprise number (RFC 3925). */
export interface EnterpriseData {
  /** The enterprise number that IANA gave, 32 bits. */
  readonly enterprise: number;
  /** What that enterprise defines, 0 to 255 bytes. */
  readonly data: Uint8Array;
}

/** The SLP directory agents of option 78 (RFC 2610 §3). */
export interface SlpDirectoryAgents {
  /** Whether these must be used, and no others searched for. */
  readonly isMandatory: boolean;
  /** Their addresses, host order. */
  readonly addresses: readonly number[];
}

/** The SLP scopes of option 79 (RFC 2610 §4). */
export interface SlpServiceScope {
  /** Whether these override what the client was configured with. */
  readonly isMandatory: boolean;
  /** A comma-delimited list of scopes, possibly empty. */
  readonly scopes: string;
}

/** The 6rd parameters of option 212 (RFC 5969 §7.1.1). */
export interface SixRapidDeployment {
  /** How many high bits of IPv4 addresses all customers share, 0 to 32. */
  readonly ipv4MaskLength: number;
  /** The length of the 6rd prefix, 0 to 128. */
  readonly prefixLength: number;
  /** The 6rd prefix, 16 bytes. */
  readonly prefix: Uint8Array;
  /** The border relays, host order, at least one. */
  readonly borderRelays: readonly number[];
}
