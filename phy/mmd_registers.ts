/**
 * MDIO manageable devices and their registers (IEEE 802.3 clause 45.2), those that tell of speed, link
 * and negotiation, and their bits.
 *
 * @module
 */

/** MDIO manageable devices (Table 45-1). */
export const MmdDevice = {
  /** Physical medium attachment and dependent. */
  Pma: 1,
  /** WAN interface sublayer. */
  Wis: 2,
  /** Physical coding sublayer. */
  Pcs: 3,
  /** XGMII extender on the PHY's side. */
  PhyXs: 4,
  /** XGMII extender on the MAC's side. */
  DteXs: 5,
  /** Transmission convergence. */
  Tc: 6,
  /** Auto-negotiation. */
  Autonegotiation: 7,
  /** Clause 22 extension. */
  Clause22Extension: 29,
  /** The vendor's first. */
  Vendor1: 30,
  /** The vendor's second. */
  Vendor2: 31,
} as const;

/** Registers that devices have at the same place, or that belong to one of them. */
export const MmdRegister = {
  /** Control 1 (45.2.1.1, 45.2.3.1, 45.2.7.1). */
  Control1: 0,
  /** Status 1 (45.2.1.2, 45.2.3.2, 45.2.7.2). */
  Status1: 1,
  /** Device identifier, upper half (45.2.1.3). */
  Identifier1: 2,
  /** Device identifier, lower half (45.2.1.3). */
  Identifier2: 3,
  /** Speed ability (45.2.1.4, 45.2.3.4). */
  SpeedAbility: 4,
  /** Devices in the package, 0 to 15 (45.2.1.5). */
  Devices1: 5,
  /** Devices in the package, 16 to 31 (45.2.1.5). */
  Devices2: 6,
  /** Control 2: the type of the PMA (45.2.1.6). */
  Control2: 7,
  /** PMA extended ability (45.2.1.10). */
  PmaExtendedAbility: 11,
  /** PMA 2.5G/5G extended ability (45.2.1.19). */
  PmaMultigigabitAbility: 21,
  /** PCS EEE control and capability (45.2.3.9). */
  EeeCapability: 20,
  /** PCS EEE control and capability 2 (45.2.3.10). */
  EeeCapability2: 21,
  /** Auto-negotiation advertisement (45.2.7.6), as in clause 28. */
  Advertisement: 16,
  /** Auto-negotiation link partner ability (45.2.7.7), as in clause 28. */
  PartnerAbility: 19,
  /** MultiGBASE-T auto-negotiation control 1 (45.2.7.10). */
  MultigigabitControl: 32,
  /** MultiGBASE-T auto-negotiation status 1 (45.2.7.11). */
  MultigigabitStatus: 33,
  /** EEE advertisement (45.2.7.13). */
  EeeAdvertisement: 60,
  /** EEE link partner ability (45.2.7.14). */
  EeePartnerAbility: 61,
  /** EEE advertisement 2 (45.2.7.14a). */
  EeeAdvertisement2: 62,
  /** EEE link partner ability 2 (45.2.7.14b). */
  EeePartnerAbility2: 63,
} as const;

/** Bits of {@linkcode MmdRegister}`.Control1` (Table 45-4, Table 45-176, Table 45-279). */
export const MmdControlBit = {
  /** Starts the device anew; clears itself. */
  Reset: 0x8000,
  /** PCS: gives what is sent back to the sender. */
  PcsLoopback: 0x4000,
  /** PMA: gives what is sent back to the sender. */
  PmaLoopback: 0x0001,
  /** Low power. */
  LowPower: 0x0800,
  /** PMA: the bits of the speed. */
  SpeedSelection: 0x207c,
  /** Auto-negotiation: negotiates. */
  Autonegotiation: 0x1000,
  /** Auto-negotiation: negotiates anew; clears itself. */
  Restart: 0x0200,
} as const;

/** Bits of {@linkcode MmdRegister}`.Status1` (Table 45-5, Table 45-280). */
export const MmdStatusBit = {
  /** PMA and PCS: something is wrong. */
  Fault: 0x0080,
  /** There is a link; stays clear until read once it was lost. */
  LinkUp: 0x0004,
  /** Auto-negotiation: a page was received. */
  PageReceived: 0x0040,
  /** Auto-negotiation: complete. */
  AutonegotiationComplete: 0x0020,
  /** Auto-negotiation: the partner told of a fault; stays set until read. */
  RemoteFault: 0x0010,
  /** Auto-negotiation: able. */
  AutonegotiationAble: 0x0008,
  /** Auto-negotiation: the partner is able. */
  PartnerAutonegotiationAble: 0x0001,
} as const;

/** Bits of {@linkcode MmdRegister}`.MultigigabitControl` (Table 45-287). */
export const MultigigabitControlBit = {
  /** Role by hand, as {@linkcode MultigigabitControlBit}`.Master` says. */
  Manual: 0x8000,
  /** The role by hand: master. */
  Master: 0x4000,
  /** Would rather be master. */
  Multiport: 0x2000,
  /** Offers 10GBASE-T. */
  Base10G: 0x1000,
  /** Offers 5GBASE-T. */
  Base5G: 0x0100,
  /** Offers 2.5GBASE-T. */
  Base2500: 0x0080,
} as const;

/** Bits of {@linkcode MmdRegister}`.MultigigabitStatus` (Table 45-288). */
export const MultigigabitStatusBit = {
  /** Both sides want the same role; stays set until read. */
  Fault: 0x8000,
  /** This PHY is the master. */
  Master: 0x4000,
  /** This receiver works. */
  LocalReceiverOk: 0x2000,
  /** The partner's receiver works. */
  RemoteReceiverOk: 0x1000,
  /** The partner offers 10GBASE-T. */
  Base10G: 0x0800,
  /** The partner offers 5GBASE-T. */
  Base5G: 0x0040,
  /** The partner offers 2.5GBASE-T. */
  Base2500: 0x0020,
} as const;

/** Bits of the EEE registers 3.20, 7.60 and 7.61 (Table 45-290). */
export const EeeBit = {
  /** 100BASE-TX. */
  Base100: 0x0002,
  /** 1000BASE-T. */
  Base1000: 0x0004,
  /** 10GBASE-T. */
  Base10G: 0x0008,
} as const;

/** Bits of the EEE registers 3.21, 7.62 and 7.63 (IEEE 802.3bz). */
export const Eee2Bit = {
  /** 2.5GBASE-T. */
  Base2500: 0x0001,
  /** 5GBASE-T. */
  Base5G: 0x0002,
} as const;
