/**
 * EDNS: the OPT record (RFC 6891) and its options.
 *
 * @module
 */
/** Numbers of the options that have a form of their own here. */
export const EdnsOptionCode = {
  /** Name server identifier, RFC 5001. */
  NSID: 3,
  /** The client's network, RFC 7871. */
  CLIENT_SUBNET: 8,
  /** DNS cookies, RFC 7873. */
  COOKIE: 10,
  /** TCP keepalive, RFC 7828. */
  KEEPALIVE: 11,
  /** Padding, RFC 7830. */
  PADDING: 12,
  /** Extended DNS error, RFC 8914. */
  EXTENDED_ERROR: 15,
} as const;

/** Asks for (no data), or gives, the server's identifier (RFC 5001 §2.3). */
export interface NsidOption {
  /** Tells the option apart. */
  kind: "nsid";
  /** The identifier; empty in a query. */
  data: Uint8Array;
}

/** On behalf of which network is asked (RFC 7871 §6). */
export interface ClientSubnetOption {
  /** Tells the option apart. */
  kind: "clientSubnet";
  /** 1 for IPv4, 2 for IPv6. */
  family: number;
  /** Bits of the address that are given. */
  sourcePrefix: number;
  /** Bits the answer holds for; 0 in a query. */
  scopePrefix: number;
  /** As many bytes as `sourcePrefix` needs, bits beyond it zero. */
  address: Uint8Array;
}

/** A light proof that the peer is where it says (RFC 7873 §4). */
export interface CookieOption {
  /** Tells the option apart. */
  kind: "cookie";
  /** The client's 8 bytes. */
  client: Uint8Array;
  /** The server's 8 to 32 bytes, or none. */
  server: Uint8Array;
}

/** How long a TCP connection may idle (RFC 7828 §3.1). */
export interface KeepaliveOption {
  /** Tells the option apart. */
  kind: "keepalive";
  /** In units of 100 milliseconds; left out in a query. */
  timeout?: number;
}

/** Zeros that hide a message's length (RFC 7830 §3). */
export interface PaddingOption {
  /** Tells the option apart. */
  kind: "padding";
  /** How many bytes. */
  length: number;
}

/** Why a query failed (RFC 8914 §2). */
export interface ExtendedErrorOption {
  /** Tells the option apart. */
  kind: "extendedError";
  /** The registered number, 0 to 65535. */
  infoCode: number;
  /** Words for people; may be empty. */
  extraText: string;
}

/** Any other option. */
export interface UnknownOption {
  /** Tells the option apart. */
  kind: "unknown";
  /** The option's number. */
  code: number;
  /** The option's data. */
  data: Uint8Array;
}

/** Any option of an OPT record. */
export type EdnsOption =
  | NsidOption
  | ClientSubnetOption
  | CookieOption
  | KeepaliveOption
  | PaddingOption
  | ExtendedErrorOption
  | UnknownOption;

/** What the OPT record of a message says, apart from the upper bits of the response code (RFC 6891 §6.1). */
export interface Edns {
  /** The largest UDP payload the sender takes, in bytes; below 512 counts as 512. */
  udpSize: number;
  /** The version, 0. */
  version: number;
  /** DO: whether DNSSEC records are wanted (RFC 3225). */
  dnssecOk: boolean;
  /** The options, in their order. */
  options: readonly EdnsOption[];
}
