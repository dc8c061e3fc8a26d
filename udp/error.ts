/**
 * What ICMP errors mean to an application.
 *
 * @module
 */

/** What an ICMP error means to the application, by POSIX's names. */
export const UdpError = {
  /** Nothing is wrong. */
  None: 0,
  /** Nobody is bound to the port there (`ECONNREFUSED`). */
  ConnectionRefused: 1,
  /** The host does not answer, or a router says so (`EHOSTUNREACH`). */
  HostUnreachable: 2,
  /** No route leads to the network (`ENETUNREACH`). */
  NetworkUnreachable: 3,
  /** The datagram exceeds what the path carries (`EMSGSIZE`). */
  MessageTooLong: 4,
  /** The host does not speak UDP (`ENOPROTOOPT`). */
  ProtocolUnavailable: 5,
} as const;

/** One of the values of {@linkcode UdpError}. */
export type UdpError = (typeof UdpError)[keyof typeof UdpError];

/** What an ICMP error means (RFC 1122 §3.2.2.1, and what Linux makes of it: `icmp_err_convert`). */
export function udpErrorFor(type: number, code: number): UdpError {
  if (type === 11 || type === 12) return UdpError.HostUnreachable;
  if (type !== 3) return UdpError.None;
  switch (code) {
    case 0:
    case 6:
    case 9:
    case 11:
      return UdpError.NetworkUnreachable;
    case 2:
      return UdpError.ProtocolUnavailable;
    case 3:
      return UdpError.ConnectionRefused;
    case 4:
      return UdpError.MessageTooLong;
    default:
      return UdpError.HostUnreachable;
  }
}
