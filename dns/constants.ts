/**
 * The registered numbers and their names: record types, classes, opcodes, response codes.
 *
 * @module
 */

/** Numbers of the record types that have a name here (IANA "Resource Record (RR) TYPEs"). */
export const RecordType = {
  /** IPv4 address, RFC 1035 §3.4.1. */
  A: 1,
  /** Name server of a zone, RFC 1035 §3.3.11. */
  NS: 2,
  /** The owner is an alias, RFC 1035 §3.3.1. */
  CNAME: 5,
  /** Start of a zone of authority, RFC 1035 §3.3.13. */
  SOA: 6,
  /** Pointer to another name, RFC 1035 §3.3.12. */
  PTR: 12,
  /** Host information, RFC 1035 §3.3.2. */
  HINFO: 13,
  /** Mail exchange, RFC 1035 §3.3.9. */
  MX: 15,
  /** Text strings, RFC 1035 §3.3.14. */
  TXT: 16,
  /** IPv6 address, RFC 3596. */
  AAAA: 28,
  /** Location of a service, RFC 2782. */
  SRV: 33,
  /** Naming authority pointer, RFC 3403. */
  NAPTR: 35,
  /** The subtree is an alias, RFC 6672. */
  DNAME: 39,
  /** EDNS pseudo record, RFC 6891. */
  OPT: 41,
  /** Delegation signer, RFC 4034 §5. */
  DS: 43,
  /** SSH key fingerprint, RFC 4255. */
  SSHFP: 44,
  /** Signature, RFC 4034 §3. */
  RRSIG: 46,
  /** Next secure name, RFC 4034 §4. */
  NSEC: 47,
  /** Zone key, RFC 4034 §2. */
  DNSKEY: 48,
  /** Hashed next secure name, RFC 5155. */
  NSEC3: 50,
  /** Parameters of NSEC3, RFC 5155. */
  NSEC3PARAM: 51,
  /** TLS certificate association, RFC 6698. */
  TLSA: 52,
  /** General service binding, RFC 9460. */
  SVCB: 64,
  /** Service binding for HTTP, RFC 9460. */
  HTTPS: 65,
  /** Incremental zone transfer; a question only, RFC 1995. */
  IXFR: 251,
  /** Zone transfer; a question only, RFC 5936. */
  AXFR: 252,
  /** Whatever there is; a question only, RFC 8482. */
  ANY: 255,
  /** Which authorities may issue certificates, RFC 8659. */
  CAA: 257,
} as const;

/** The name of a record type: a mnemonic, or `TYPE` and its number (RFC 3597 §5). */
export type RecordTypeName = keyof typeof RecordType | `TYPE${number}`;

/** Numbers of the record classes (RFC 6895 §3.2). */
export const RecordClass = {
  /** Internet. */
  IN: 1,
  /** Chaosnet, alive in `version.bind`. */
  CH: 3,
  /** Hesiod. */
  HS: 4,
  /** No class; in updates only. */
  NONE: 254,
  /** Any class; a question only. */
  ANY: 255,
} as const;

/** Numbers of the operation codes (RFC 6895 §2.2). */
export const Opcode = {
  /** A standard query. */
  QUERY: 0,
  /** Server status. */
  STATUS: 2,
  /** A zone has changed, RFC 1996. */
  NOTIFY: 4,
  /** Dynamic update, RFC 2136. */
  UPDATE: 5,
} as const;

/** Numbers of the response codes (RFC 6895 §2.3); those above 15 need EDNS. */
export const Rcode = {
  /** No error. */
  NOERROR: 0,
  /** The query could not be read. */
  FORMERR: 1,
  /** The server failed. */
  SERVFAIL: 2,
  /** The name does not exist. */
  NXDOMAIN: 3,
  /** The kind of query is not implemented. */
  NOTIMP: 4,
  /** The server will not answer, for policy. */
  REFUSED: 5,
  /** A name exists that should not, RFC 2136. */
  YXDOMAIN: 6,
  /** A record set exists that should not, RFC 2136. */
  YXRRSET: 7,
  /** A record set that should exist does not, RFC 2136. */
  NXRRSET: 8,
  /** Not authoritative, RFC 2136; or not authorised, RFC 8945. */
  NOTAUTH: 9,
  /** The name is not in the zone, RFC 2136. */
  NOTZONE: 10,
  /** The EDNS version is not implemented, RFC 6891 §9. */
  BADVERS: 16,
  /** The cookie is bad or missing, RFC 7873 §8. */
  BADCOOKIE: 23,
} as const;

function nameOf(table: Readonly<Record<string, number>>, value: number): string | undefined {
  for (const name in table) if (table[name] === value) return name;
  return undefined;
}

function numberOf(
  table: Readonly<Record<string, number>>,
  prefix: string,
  name: string,
): number {
  const upper = name.toUpperCase();
  if (Object.hasOwn(table, upper)) return table[upper]!;
  const digits = upper.startsWith(prefix) ? upper.slice(prefix.length) : "";
  return /^(0|[1-9]\d{0,4})$/.test(digits) && Number(digits) < 0x1_0000 ? Number(digits) : -1;
}

/**
 * The name of a record type.
 *
 * @example
 * ```ts
 * import { recordTypeName } from "@octet/dns";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(recordTypeName(28), "AAAA");
 * assertEquals(recordTypeName(65280), "TYPE65280");
 * ```
 *
 * @param type The number, 0 to 65535.
 * @returns Its mnemonic, or `TYPE` and the number (RFC 3597 §5).
 */
export function recordTypeName(type: number): RecordTypeName {
  return (nameOf(RecordType, type) ?? `TYPE${type}`) as RecordTypeName;
}

/**
 * The number of a record type, or -1 when the name is not one.
 *
 * @example
 * ```ts
 * import { recordTypeNumber } from "@octet/dns";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(recordTypeNumber("mx"), 15);
 * assertEquals(recordTypeNumber("TYPE731"), 731);
 * assertEquals(recordTypeNumber("nonsense"), -1);
 * ```
 *
 * @param name A mnemonic in any case, or `TYPE` and a number (RFC 3597 §5).
 */
export function recordTypeNumber(name: string): number {
  return numberOf(RecordType, "TYPE", name);
}

/**
 * The name of a class: a mnemonic, or `CLASS` and its number (RFC 3597 §5).
 *
 * @param value The number, 0 to 65535.
 */
export function recordClassName(value: number): string {
  return nameOf(RecordClass, value) ?? `CLASS${value}`;
}

/**
 * The number of a class, or -1 when the name is not one.
 *
 * @param name A mnemonic in any case, or `CLASS` and a number (RFC 3597 §5).
 */
export function recordClassNumber(name: string): number {
  return numberOf(RecordClass, "CLASS", name);
}

/**
 * The name of a response code as dig prints it, or `RCODE` and its number.
 *
 * @example
 * ```ts
 * import { rcodeName } from "@octet/dns";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(rcodeName(3), "NXDOMAIN");
 * ```
 *
 * @param rcode The number, 0 to 4095.
 */
export function rcodeName(rcode: number): string {
  return nameOf(Rcode, rcode) ?? `RCODE${rcode}`;
}

/**
 * The name of an operation code, or `OPCODE` and its number.
 *
 * @param opcode The number, 0 to 15.
 */
export function opcodeName(opcode: number): string {
  return nameOf(Opcode, opcode) ?? `OPCODE${opcode}`;
}
