/**
 * What the IP layer counts, by the names of Linux's `nstat` without their prefix.
 *
 * @module
 */

/** Counters of the IP layer; `Ip` or `IpExt` before the name gives Linux's. */
export interface Ipv4Counters {
  /** Datagrams received, whatever became of them. */
  inReceives: number;
  /** Datagrams with a malformed header, or a wrong header checksum. */
  inHdrErrors: number;
  /** Datagrams whose destination or source address is not acceptable here. */
  inAddrErrors: number;
  /** Datagrams whose protocol nobody here speaks. */
  inUnknownProtos: number;
  /** Datagrams dropped though nothing was wrong with them. */
  inDiscards: number;
  /** Datagrams handed to a transport. */
  inDelivers: number;
  /** Datagrams that transports wanted sent. */
  outRequests: number;
  /** Datagrams not sent though nothing was wrong with them. */
  outDiscards: number;
  /** Datagrams not sent as no route led to their destination. */
  outNoRoutes: number;
  /** Datagrams cut into fragments. */
  fragOKs: number;
  /** Datagrams that exceeded the MTU and were not to be cut. */
  fragFails: number;
  /** Fragments made. */
  fragCreates: number;
  /** Octets received, headers included. */
  inOctets: number;
  /** Octets sent, headers included. */
  outOctets: number;
  /** Multicast datagrams received. */
  inMcastPkts: number;
  /** Broadcast datagrams received. */
  inBcastPkts: number;
  /** Datagrams with a wrong header checksum. */
  inCsumErrors: number;
  /** Datagrams from a source that cannot be (loopback, a group, ourselves). */
  inMartians: number;
  /** Datagrams with a source route, which are refused. */
  inSourceRoutes: number;
  /** Datagrams passed on. */
  forwDatagrams: number;
  /** Datagrams for others to whom no route led. */
  inNoRoutes: number;
  /** Datagrams whose source no route leads back to; `TcpExtIPReversePathFilter` with Linux. */
  reversePathFilter: number;
  /** Datagrams from sources that cannot stand in the public Internet. */
  inBogons: number;
}

/** Counters at zero. */
export function createIpv4Counters(): Ipv4Counters {
  return {
    inReceives: 0,
    inHdrErrors: 0,
    inAddrErrors: 0,
    inUnknownProtos: 0,
    inDiscards: 0,
    inDelivers: 0,
    outRequests: 0,
    outDiscards: 0,
    outNoRoutes: 0,
    fragOKs: 0,
    fragFails: 0,
    fragCreates: 0,
    inOctets: 0,
    outOctets: 0,
    inMcastPkts: 0,
    inBcastPkts: 0,
    inCsumErrors: 0,
    inMartians: 0,
    inSourceRoutes: 0,
    forwDatagrams: 0,
    inNoRoutes: 0,
    reversePathFilter: 0,
    inBogons: 0,
  };
}
