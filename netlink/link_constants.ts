/**
 * Numbers of links (`linux/if_link.h`, `linux/if.h`, `linux/if_arp.h`).
 *
 * @module
 */

/** Attributes of a link. */
export const LinkAttribute = {
  /** The hardware address. */
  Address: 1,
  /** The hardware broadcast address. */
  Broadcast: 2,
  /** The name. */
  Name: 3,
  /** The MTU. */
  Mtu: 4,
  /** The link below, or the other end of a veth pair. */
  Link: 5,
  /** The queueing discipline, as text. */
  Qdisc: 6,
  /** The bridge or bond that the link belongs to. */
  Master: 10,
  /** The length of the transmit queue, in packets. */
  QueueLength: 13,
  /** The operational state (RFC 2863 §3.1.14). */
  OperState: 16,
  /** Whether going up waits for somebody's word: 0 no, 1 yes. */
  LinkMode: 17,
  /** Nested: what kind of link it is. */
  Info: 18,
  /** The process whose namespace the link moves to. */
  NamespacePid: 19,
  /** A description, as text. */
  Alias: 20,
  /** Counters, 64 bits each. */
  Statistics64: 23,
  /** The group. */
  Group: 27,
  /** A descriptor of the namespace that the link moves to. */
  NamespaceDescriptor: 28,
  /** Which details a list holds (`RTEXT_FILTER_…`). */
  ExtendedMask: 29,
  /** How many asked for promiscuous mode. */
  Promiscuity: 30,
  /** Transmit queues. */
  TransmitQueues: 31,
  /** Receive queues. */
  ReceiveQueues: 32,
  /** Whether the link has a carrier. */
  Carrier: 33,
  /** In which namespace the link of {@linkcode LinkAttribute}`.Link` is. */
  LinkNamespace: 37,
  /** The least MTU. */
  MinMtu: 50,
  /** The largest MTU. */
  MaxMtu: 51,
  /** Nested: other names. */
  PropertyList: 52,
  /** Another name, up to 127 bytes. */
  AlternativeName: 53,
  /** The address that the hardware was made with. */
  PermanentAddress: 54,
} as const;

/** Attributes inside {@linkcode LinkAttribute}`.Info`. */
export const LinkInfoAttribute = {
  /** The kind as text: `tun`, `veth`, `bridge` … */
  Kind: 1,
  /** Nested: attributes that belong to the kind. */
  Data: 2,
  /** The kind of the master, as text. */
  PortKind: 4,
  /** Nested: attributes that belong to a port of the master. */
  PortData: 5,
} as const;

/** Flags of a link (`IFF_…`). */
export const LinkFlag = {
  /** Brought up. */
  Up: 0x1,
  /** Has a broadcast address. */
  Broadcast: 0x2,
  /** The driver tells what it does. */
  Debug: 0x4,
  /** The loopback. */
  Loopback: 0x8,
  /** A point-to-point link. */
  PointToPoint: 0x10,
  /** Without trailers. */
  NoTrailers: 0x20,
  /** Up and its lower layer is, too. */
  Running: 0x40,
  /** Knows no ARP. */
  NoArp: 0x80,
  /** Takes every frame. */
  Promiscuous: 0x100,
  /** Takes every multicast frame. */
  AllMulticast: 0x200,
  /** Has others below it. */
  Master: 0x400,
  /** Belongs to a master. */
  Slave: 0x800,
  /** Knows multicast. */
  Multicast: 0x1000,
  /** Can choose its medium. */
  PortSelect: 0x2000,
  /** Chooses its medium itself. */
  AutoMedia: 0x4000,
  /** Loses its addresses when it goes down. */
  Dynamic: 0x8000,
  /** Has a carrier. */
  LowerUp: 0x1_0000,
  /** Waits for somebody's word. */
  Dormant: 0x2_0000,
  /** Hears what it sends. */
  Echo: 0x4_0000,
} as const;

/** Hardware types (`ARPHRD_…`). */
export const HardwareType = {
  /** Ethernet. */
  Ethernet: 1,
  /** PPP. */
  Ppp: 512,
  /** IPv4 in IPv4. */
  Tunnel: 768,
  /** IPv6 in IPv6. */
  Tunnel6: 769,
  /** The loopback. */
  Loopback: 772,
  /** IPv6 in IPv4. */
  Sit: 776,
  /** GRE over IPv4. */
  Gre: 778,
  /** None: a TUN device. */
  None: 65534,
} as const;

/** Operational states (RFC 2863 §3.1.14). */
export const OperState = {
  /** Nobody knows; the driver does not say. */
  Unknown: 0,
  /** The hardware is missing. */
  NotPresent: 1,
  /** Down. */
  Down: 2,
  /** The link below is down. */
  LowerLayerDown: 3,
  /** Being tested. */
  Testing: 4,
  /** Waits for somebody's word, such as 802.1X. */
  Dormant: 5,
  /** Up. */
  Up: 6,
} as const;
