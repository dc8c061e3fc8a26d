// Numbers of pcapng (draft-ietf-opsawg-pcapng §3 and §4) that writer and reader share.

/** Block types (§10.1). */
export const BlockType = {
  Section: 0x0a0d0d0a,
  Interface: 1,
  /** Obsolete (appendix A), but still found in old files. */
  Packet: 2,
  SimplePacket: 3,
  Names: 4,
  Statistics: 5,
  EnhancedPacket: 6,
  Custom: 0x0bad,
} as const;

/** The byte-order magic of a section header (§4.1). */
export const sectionMagic = 0x1a2b3c4d;

/** Option codes; those from 2 on mean something else in each kind of block. */
export const OptionCode = {
  End: 0,
  Comment: 1,
  SectionHardware: 2,
  SectionOs: 3,
  SectionApplication: 4,
  InterfaceName: 2,
  InterfaceDescription: 3,
  InterfaceIpv4: 4,
  InterfaceMac: 6,
  InterfaceSpeed: 8,
  InterfaceTimeResolution: 9,
  InterfaceFilter: 11,
  InterfaceOs: 12,
  InterfaceTimeOffset: 14,
  PacketFlags: 2,
  PacketDropCount: 4,
  StatisticsStart: 2,
  StatisticsEnd: 3,
  StatisticsReceived: 4,
  StatisticsDropped: 5,
  StatisticsAccepted: 6,
  StatisticsSystemDropped: 7,
  StatisticsDelivered: 8,
} as const;
