/**
 * What the three kinds of probes have in common: a datagram with a small time to live goes out, and
 * whoever drops it says so.
 *
 * @module
 */

/** An answer to a probe. */
export interface ProbeAnswer {
  /** Which probe it answers, counted from 0. */
  readonly index: number;
  /** Who answers, host order. */
  readonly source: number;
  /** The ICMP type; -1 when the destination answered in the probe's own protocol. */
  readonly type: number;
  /** The ICMP code. */
  readonly code: number;
  /** The 32 bits behind an ICMP error's checksum. */
  readonly info: number;
}

/** Sends probes of one kind and hears the answers. */
export interface Probes {
  /** Called with each answer. */
  onAnswer: (answer: ProbeAnswer) => void;
  /** Sends probe `index` with a time to live. */
  send(index: number, ttl: number, now: number): void;
  /** Nobody waits for this probe any more. */
  forget(index: number, now: number): void;
  /** Ends all. */
  close(now: number): void;
}

/** How the probes look. */
export interface ProbeLooks {
  /** The destination, host order. */
  readonly destination: number;
  /** The length of a probe with its IP header, in bytes. */
  readonly length: number;
  /** The destination port, or the first of them. */
  readonly port: number;
  /** The type-of-service octet. */
  readonly trafficClass: number;
  /** Whether routers may fragment it. */
  readonly mayFragment: boolean;
}

/** A caller that does not listen yet. */
export function unheard(): void {}
