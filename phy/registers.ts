/**
 * Registers of a PHY on the MII management interface (IEEE 802.3 clause 22.2.4, Table 22-6), and their
 * bits.
 *
 * @module
 */

/** Register addresses, 0 to 31; 16 and above are the vendor's. */
export const PhyRegister = {
  /** Control (22.2.4.1). */
  Control: 0,
  /** Status (22.2.4.2). */
  Status: 1,
  /** PHY identifier, upper half (22.2.4.3.1). */
  Identifier1: 2,
  /** PHY identifier, lower half (22.2.4.3.1). */
  Identifier2: 3,
  /** Auto-negotiation advertisement (28.2.4.1.3). */
  Advertisement: 4,
  /** Auto-negotiation link partner base page ability (28.2.4.1.4). */
  PartnerAbility: 5,
  /** Auto-negotiation expansion (28.2.4.1.5). */
  Expansion: 6,
  /** Auto-negotiation next page transmit (28.2.4.1.6). */
  NextPage: 7,
  /** Auto-negotiation link partner received next page (28.2.4.1.7). */
  PartnerNextPage: 8,
  /** MASTER-SLAVE control (40.5.1.1). */
  MasterSlaveControl: 9,
  /** MASTER-SLAVE status (40.5.1.1). */
  MasterSlaveStatus: 10,
  /** PSE control (22.2.4.3.9, 33.5.1.1). */
  PseControl: 11,
  /** PSE status (22.2.4.3.10, 33.5.1.2). */
  PseStatus: 12,
  /** MMD access control (22.2.4.3.11). */
  MmdControl: 13,
  /** MMD access address data (22.2.4.3.12). */
  MmdData: 14,
  /** Extended status (22.2.4.4). */
  ExtendedStatus: 15,
} as const;

/** Bits of {@linkcode PhyRegister}`.Control` (Table 22-7). */
export const ControlBit = {
  /** Starts the PHY anew; clears itself. */
  Reset: 0x8000,
  /** Gives what is sent back to the sender. */
  Loopback: 0x4000,
  /** Lower bit of the speed: 100 Mbit/s. */
  Speed100: 0x2000,
  /** Negotiates speed and duplex. */
  Autonegotiation: 0x1000,
  /** Low power. */
  PowerDown: 0x0800,
  /** Cuts the PHY from the MII. */
  Isolate: 0x0400,
  /** Negotiates anew; clears itself. */
  Restart: 0x0200,
  /** Full duplex. */
  FullDuplex: 0x0100,
  /** Tests the collision signal. */
  CollisionTest: 0x0080,
  /** Upper bit of the speed: 1000 Mbit/s. */
  Speed1000: 0x0040,
  /** Sends whether or not there is a link. */
  Unidirectional: 0x0020,
} as const;

/** Bits of {@linkcode PhyRegister}`.Status` (Table 22-8). */
export const StatusBit = {
  /** 100BASE-T4. */
  Base100T4: 0x8000,
  /** 100BASE-X full duplex. */
  Base100Full: 0x4000,
  /** 100BASE-X half duplex. */
  Base100Half: 0x2000,
  /** 10 Mbit/s full duplex. */
  Base10Full: 0x1000,
  /** 10 Mbit/s half duplex. */
  Base10Half: 0x0800,
  /** There is {@linkcode PhyRegister}`.ExtendedStatus`. */
  Extended: 0x0100,
  /** Can send without a link. */
  Unidirectional: 0x0080,
  /** Takes frames without a preamble. */
  NoPreamble: 0x0040,
  /** Negotiation is complete. */
  AutonegotiationComplete: 0x0020,
  /** The partner told of a fault; stays set until read. */
  RemoteFault: 0x0010,
  /** Can negotiate. */
  AutonegotiationAble: 0x0008,
  /** There is a link; stays clear until read once it was lost. */
  LinkUp: 0x0004,
  /** A frame that would not end; stays set until read. */
  Jabber: 0x0002,
  /** There are more registers than the first two. */
  ExtendedRegisters: 0x0001,
} as const;

/** Bits of {@linkcode PhyRegister}`.Advertisement` and `PartnerAbility` (Table 28-2, Table 28B-1). */
export const AdvertisementBit = {
  /** The selector field; 1 is IEEE 802.3 (Annex 28A). */
  Selector: 0x001f,
  /** 10BASE-T half duplex. */
  Base10Half: 0x0020,
  /** 10BASE-T full duplex. */
  Base10Full: 0x0040,
  /** 100BASE-TX half duplex. */
  Base100Half: 0x0080,
  /** 100BASE-TX full duplex. */
  Base100Full: 0x0100,
  /** 100BASE-T4. */
  Base100T4: 0x0200,
  /** Knows PAUSE frames (Annex 28B.2). */
  Pause: 0x0400,
  /** Knows PAUSE frames one way (Annex 28B.2). */
  AsymmetricPause: 0x0800,
  /** Extended next pages. */
  ExtendedNextPage: 0x1000,
  /** A fault. */
  RemoteFault: 0x2000,
  /** The partner's page was received; the partner's register alone. */
  Acknowledge: 0x4000,
  /** More pages. */
  NextPage: 0x8000,
} as const;

/** Bits of {@linkcode PhyRegister}`.Expansion` (Table 28-5). */
export const ExpansionBit = {
  /** Parallel detection found more than one technology; stays set until read. */
  ParallelDetectionFault: 0x0010,
  /** The partner knows next pages. */
  PartnerNextPageAble: 0x0008,
  /** This PHY knows next pages. */
  NextPageAble: 0x0004,
  /** A page was received; stays set until read. */
  PageReceived: 0x0002,
  /** The partner negotiates. */
  PartnerAutonegotiationAble: 0x0001,
} as const;

/** Bits of {@linkcode PhyRegister}`.MasterSlaveControl` (Table 40-3). */
export const MasterSlaveControlBit = {
  /** Role by hand, as {@linkcode MasterSlaveControlBit}`.Master` says. */
  Manual: 0x1000,
  /** The role by hand: master. */
  Master: 0x0800,
  /** Would rather be master: a port of a switch. */
  Multiport: 0x0400,
  /** Offers 1000BASE-T full duplex. */
  Base1000Full: 0x0200,
  /** Offers 1000BASE-T half duplex. */
  Base1000Half: 0x0100,
} as const;

/** Bits of {@linkcode PhyRegister}`.MasterSlaveStatus` (Table 40-3). */
export const MasterSlaveStatusBit = {
  /** Both sides want the same role; stays set until read. */
  Fault: 0x8000,
  /** This PHY is the master. */
  Master: 0x4000,
  /** This receiver works. */
  LocalReceiverOk: 0x2000,
  /** The partner's receiver works. */
  RemoteReceiverOk: 0x1000,
  /** The partner offers 1000BASE-T full duplex. */
  Base1000Full: 0x0800,
  /** The partner offers 1000BASE-T half duplex. */
  Base1000Half: 0x0400,
  /** Errors between frames since the last look. */
  IdleErrors: 0x00ff,
} as const;

/** Bits of {@linkcode PhyRegister}`.ExtendedStatus` (Table 22-9). */
export const ExtendedStatusBit = {
  /** 1000BASE-X full duplex. */
  Base1000XFull: 0x8000,
  /** 1000BASE-X half duplex. */
  Base1000XHalf: 0x4000,
  /** 1000BASE-T full duplex. */
  Base1000Full: 0x2000,
  /** 1000BASE-T half duplex. */
  Base1000Half: 0x1000,
} as const;
