/**
 * Resource records as plain objects, one interface per type; `type` tells them apart.
 *
 * Names are absolute text with a dot at the end (see {@linkcode formatName}); when encoding, the
 * dot may be left out. IPv4 addresses are unsigned 32-bit numbers in host order, IPv6 addresses
 * 128-bit `bigint`s, both as `@octet/netip` has them.
 *
 * @module
 */
import type { RecordTypeName } from "./constants.ts";
import type { SvcParams } from "./svcb.ts";

/** What every record has (RFC 1035 §3.2.1). */
export interface RecordHeader {
  /** The owner: whom the record is about. */
  name: string;
  /** The class as a number; left out for IN (1). */
  class?: number;
  /** How long the record may be kept, in seconds, 0 to 2^32 - 1. */
  ttl: number;
}

/** An IPv4 address (RFC 1035 §3.4.1). */
export interface ARecord extends RecordHeader {
  /** Tells the record apart. */
  type: "A";
  /** The address, unsigned, host order. */
  address: number;
}

/** An IPv6 address (RFC 3596 §2.2). */
export interface AaaaRecord extends RecordHeader {
  /** Tells the record apart. */
  type: "AAAA";
  /** The address. */
  address: bigint;
}

/** A record whose data is one name: CNAME, NS, PTR (RFC 1035 §3.3) or DNAME (RFC 6672 §2.1). */
export interface TargetRecord extends RecordHeader {
  /** Tells the record apart. */
  type: "CNAME" | "NS" | "PTR" | "DNAME";
  /** The name pointed to. */
  target: string;
}

/** A mail exchange (RFC 1035 §3.3.9). */
export interface MxRecord extends RecordHeader {
  /** Tells the record apart. */
  type: "MX";
  /** Lower is tried first, 0 to 65535. */
  preference: number;
  /** The host that takes the mail. */
  exchange: string;
}

/** Text (RFC 1035 §3.3.14) or host information (§3.3.2): strings of bytes without a charset. */
export interface TxtRecord extends RecordHeader {
  /** Tells the record apart. */
  type: "TXT" | "HINFO";
  /** One or more strings of at most 255 bytes; HINFO has two, CPU and operating system. */
  strings: readonly Uint8Array[];
}

/** Start of a zone of authority (RFC 1035 §3.3.13). */
export interface SoaRecord extends RecordHeader {
  /** Tells the record apart. */
  type: "SOA";
  /** The primary server of the zone. */
  mname: string;
  /** The mailbox of who is responsible, its `@` written as a dot. */
  rname: string;
  /** Version of the zone, compared modulo 2^32. */
  serial: number;
  /** Seconds between checks by secondaries. */
  refresh: number;
  /** Seconds until a failed check is tried again. */
  retry: number;
  /** Seconds after which a secondary gives up. */
  expire: number;
  /** Seconds a negative answer may be kept (RFC 2308 §4). */
  minimum: number;
}

/** Where a service is (RFC 2782). */
export interface SrvRecord extends RecordHeader {
  /** Tells the record apart. */
  type: "SRV";
  /** Lower is tried first, 0 to 65535. */
  priority: number;
  /** Share among those of equal priority, 0 to 65535. */
  weight: number;
  /** The service's port. */
  port: number;
  /** The host that has the service; `.` when nobody has. */
  target: string;
}

/** A rule for rewriting names (RFC 3403 §4.1). */
export interface NaptrRecord extends RecordHeader {
  /** Tells the record apart. */
  type: "NAPTR";
  /** The order rules are tried in, 0 to 65535. */
  order: number;
  /** Among those of equal order, lower is better. */
  preference: number;
  /** How the rule is to be read. */
  flags: Uint8Array;
  /** The services at the end of the path. */
  services: Uint8Array;
  /** A substitution expression. */
  regexp: Uint8Array;
  /** The next name to ask for, `.` for none. */
  replacement: string;
}

/** Which authority may issue certificates (RFC 8659 §4.1). */
export interface CaaRecord extends RecordHeader {
  /** Tells the record apart. */
  type: "CAA";
  /** 128 when who does not know the tag must not issue, else 0. */
  flags: number;
  /** What the value is: `issue`, `issuewild`, `iodef` …; ASCII letters and digits. */
  tag: string;
  /** The value's bytes. */
  value: Uint8Array;
}

/** A service binding (RFC 9460 §2.2). */
export interface SvcbRecord extends RecordHeader {
  /** Tells the record apart. */
  type: "SVCB" | "HTTPS";
  /** 0 makes it an alias; else lower is tried first. */
  priority: number;
  /** The host that has the service; `.` for the owner itself. */
  target: string;
  /** How it is reached. */
  params: SvcParams;
}

/** A delegation signer (RFC 4034 §5.1). */
export interface DsRecord extends RecordHeader {
  /** Tells the record apart. */
  type: "DS";
  /** Which key of the child is meant. */
  keyTag: number;
  /** That key's algorithm. */
  algorithm: number;
  /** How the digest was made. */
  digestType: number;
  /** The digest. */
  digest: Uint8Array;
}

/** The types whose data is kept as it is. */
export type OpaqueTypeName =
  | "SSHFP"
  | "RRSIG"
  | "NSEC"
  | "DNSKEY"
  | "NSEC3"
  | "NSEC3PARAM"
  | "TLSA"
  | `TYPE${number}`;

/** A record whose data Octet does not take apart (RFC 3597). */
export interface OpaqueRecord extends RecordHeader {
  /** Tells the record apart. */
  type: OpaqueTypeName;
  /** The data as it stands in the message. */
  data: Uint8Array;
}

/** Any record. OPT is not among them: it is a message's {@linkcode Edns}. */
export type DnsRecord =
  | ARecord
  | AaaaRecord
  | TargetRecord
  | MxRecord
  | TxtRecord
  | SoaRecord
  | SrvRecord
  | NaptrRecord
  | CaaRecord
  | SvcbRecord
  | DsRecord
  | OpaqueRecord;

/** A question (RFC 1035 §4.1.2). */
export interface DnsQuestion {
  /** The name asked about. */
  name: string;
  /** The type asked for. */
  type: RecordTypeName;
  /** The class as a number; left out for IN (1). */
  class?: number;
}
