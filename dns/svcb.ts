/**
 * Service parameters of SVCB and HTTPS records (RFC 9460 §2.2, §7, §14.3).
 *
 * @module
 */
/** Numbers of the service parameter keys (RFC 9460 §14.3.2). */
export const SvcParamKey = {
  /** Keys that must be understood. */
  MANDATORY: 0,
  /** Protocols offered. */
  ALPN: 1,
  /** The default protocol is not offered. */
  NO_DEFAULT_ALPN: 2,
  /** Another port. */
  PORT: 3,
  /** IPv4 addresses. */
  IPV4HINT: 4,
  /** Encrypted ClientHello configuration. */
  ECH: 5,
  /** IPv6 addresses. */
  IPV6HINT: 6,
  /** Path of DNS over HTTPS, RFC 9461. */
  DOHPATH: 7,
  /** Oblivious HTTP is offered, RFC 9540. */
  OHTTP: 8,
} as const;

/** A service parameter that has no field of its own. */
export interface UnknownSvcParam {
  /** The key, 0 to 65535. */
  key: number;
  /** The value's bytes. */
  value: Uint8Array;
}

/** How a service is reached; what is left out is not there. */
export interface SvcParams {
  /** Keys that who does not know them must not ignore, ascending (RFC 9460 §8). */
  mandatory?: readonly number[];
  /** Protocol ids offered, one character a byte (RFC 9460 §7.1). */
  alpn?: readonly string[];
  /** Whether the default protocol is not offered (RFC 9460 §7.1). */
  noDefaultAlpn?: boolean;
  /** The port to use in place of the one asked for (RFC 9460 §7.2). */
  port?: number;
  /** IPv4 addresses, unsigned, host order (RFC 9460 §7.3). */
  ipv4hint?: readonly number[];
  /** An ECHConfigList (RFC 9460 §9). */
  ech?: Uint8Array;
  /** IPv6 addresses (RFC 9460 §7.3). */
  ipv6hint?: readonly bigint[];
  /** A URI template, relative (RFC 9461 §5). */
  dohpath?: string;
  /** Whether oblivious HTTP is offered (RFC 9540 §4). */
  ohttp?: boolean;
  /** The others, keys ascending. */
  others?: readonly UnknownSvcParam[];
}
