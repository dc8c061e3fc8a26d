/**
 * How a NAT is set up, and what it counts.
 *
 * @module
 */
import type { Random } from "@octet/wire";

/**
 * Whom a mapping lets in (RFC 4787 §5): anybody; who was spoken to, from whatever port; who was spoken to, from the very
 * port.
 */
export type NatFiltering =
  | "endpoint-independent"
  | "address-dependent"
  | "address-and-port-dependent";

/** How long what is idle is remembered, in milliseconds. */
export interface NatTimeouts {
  /** UDP; 300,000 when left out (RFC 4787 REQ-5: at least two minutes, five recommended). */
  readonly udp?: number;
  /** TCP connections that are open; 7,440,000 when left out (RFC 5382 REQ-5: at least 2 hours 4 minutes). */
  readonly tcpEstablished?: number;
  /** TCP connections that open, close, or were reset; 240,000 when left out (RFC 5382 REQ-5: at least 4 minutes). */
  readonly tcpTransitory?: number;
  /** ICMP queries; 60,000 when left out (RFC 5508 REQ-2: at least that). */
  readonly icmp?: number;
  /** Other protocols; 600,000 when left out. */
  readonly other?: number;
}

/** How a `Nat` is set up. */
export interface NatOptions {
  /** For ports that cannot be kept. */
  readonly random: Random;
  /** Whom a mapping lets in; `"address-dependent"` when left out (RFC 4787 REQ-8: where filtering matters). */
  readonly filtering?: NatFiltering;
  /** Whether those inside reach each other by their outside addresses (RFC 4787 REQ-9); `true` when left out. */
  readonly hairpinning?: boolean;
  /** Whether a mapping has the port of the host inside where that is free; `true` when left out. */
  readonly preservesPorts?: boolean;
  /**
   * The ports from 1024 on that mappings may have; 1024 to 49,151 when left out, as the router's own connections use
   * those above.
   */
  readonly ports?: { readonly first: number; readonly last: number };
  /** Whether the router itself uses a port of an IP protocol, so that no mapping may have it; never when left out. */
  readonly isPortInUse?: (protocol: number, port: number) => boolean;
  /** How long what is idle is remembered. */
  readonly timeouts?: NatTimeouts;
  /** How many mappings there are at most; 65,536 when left out. */
  readonly mappingLimit?: number;
  /** How many sessions there are at most; 131,072 when left out. */
  readonly sessionLimit?: number;
  /** How many of either a host inside may have; 4096 when left out. */
  readonly hostLimit?: number;
}

/** What a `Nat` has counted. */
export interface NatCounters {
  /** Datagrams translated on their way out. */
  outTranslated: number;
  /** Datagrams translated on their way in. */
  inTranslated: number;
  /** Datagrams that turned round, from inside to inside. */
  hairpinned: number;
  /** ICMP errors translated, with what they quote. */
  errorsTranslated: number;
  /** Datagrams from outside that the mapping does not let in. */
  filtered: number;
  /** Datagrams that cannot be translated: malformed, or an error about nothing that is known. */
  malformed: number;
  /** Datagrams dropped as the tables, or a host's share of them, were full. */
  tableFull: number;
  /** Datagrams dropped as no port was free. */
  outOfPorts: number;
  /** Mappings made. */
  mappingsCreated: number;
  /** Sessions that ended, idle. */
  sessionsExpired: number;
}

/** Counters at zero. */
export function createNatCounters(): NatCounters {
  return {
    outTranslated: 0,
    inTranslated: 0,
    hairpinned: 0,
    errorsTranslated: 0,
    filtered: 0,
    malformed: 0,
    tableFull: 0,
    outOfPorts: 0,
    mappingsCreated: 0,
    sessionsExpired: 0,
  };
}
