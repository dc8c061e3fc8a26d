/**
 * What the options of a datagram socket are to the socket underneath.
 *
 * @module
 */
import type { UdpSocketOptions } from "@octet/udp";
import type { ListenDatagramOptions } from "./host_options.ts";

/** What a socket of these options is set up with. */
export function datagramOptions(
  options: ListenDatagramOptions,
  localAddress: number,
  localPort: number,
): UdpSocketOptions {
  const { receiveBuffer, sendBuffer } = options;
  return {
    localAddress,
    localPort,
    mayBroadcast: options.broadcast ?? true,
    mayFragment: options.fragment ?? true,
    reuseAddress: options.reuseAddress ?? false,
    reusePort: options.reusePort ?? false,
    multicastLoop: options.loopback ?? true,
    // The bytes are the limit: datagrams of a few bytes each may be many.
    datagramLimit: Math.max(1024, Math.ceil(Math.max(receiveBuffer ?? 0, sendBuffer ?? 0) / 256)),
    ...(receiveBuffer === undefined ? {} : { receiveLimit: receiveBuffer }),
    ...(sendBuffer === undefined ? {} : { sendLimit: sendBuffer }),
  };
}
