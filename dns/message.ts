/**
 * Messages as plain objects (RFC 1035 §4).
 *
 * @module
 */
import type { Edns } from "./edns.ts";
import type { DnsQuestion, DnsRecord } from "./record.ts";

/** A message taken apart. */
export interface DnsMessage {
  /** Chosen by who asks, repeated by who answers; 0 to 65535. */
  id: number;
  /** QR: whether this is a response. */
  isResponse: boolean;
  /** What is asked for, 0 to 15; see {@linkcode Opcode}. */
  opcode: number;
  /** AA: whether the server is an authority for the name asked about. */
  isAuthoritative: boolean;
  /** TC: whether the message was cut to fit. */
  isTruncated: boolean;
  /** RD: whether the server should ask others. */
  recursionDesired: boolean;
  /** RA: whether the server would ask others. */
  recursionAvailable: boolean;
  /** AD: whether the server vouches for the data, RFC 6840 §5.7. */
  authenticData: boolean;
  /** CD: whether the asker checks signatures itself, RFC 4035 §3.2.2. */
  checkingDisabled: boolean;
  /** The response code, 0 to 4095, its upper bits from the OPT record; see {@linkcode Rcode}. */
  rcode: number;
  /** What is asked. */
  questions: readonly DnsQuestion[];
  /** Records that answer. */
  answers: readonly DnsRecord[];
  /** Records that point to an authority. */
  authorities: readonly DnsRecord[];
  /** Records that may help, without OPT. */
  additionals: readonly DnsRecord[];
  /** What the OPT record says, `null` without one. */
  edns: Edns | null;
}

/** A message to be put together: what is left out is 0, `false` or empty. */
export interface DnsMessageInit extends Partial<Omit<DnsMessage, "edns">> {
  /** Adds an OPT record: what is left out is a UDP size of 1232, version 0, no options. */
  edns?: Partial<Edns> | null;
}
