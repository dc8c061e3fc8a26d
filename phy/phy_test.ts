import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  advertisementMasks,
  decodeAdvertisement,
  decodeLinkState,
  decodePartnerAbilities,
  decodePhyIdentifier,
  decodePmaModes,
  encodeAdvertisement,
  findPhys,
  forcedSpeed,
  type LinkAbilities,
  linkModeNames,
  type LinkRegisters,
  type MdioBus,
  MemoryMdioBus,
  MmdDevice,
  MmdRegister,
  Phy,
  PhyRegister,
  readDevices,
  readMmd,
  readMmdLinkState,
  resolveLinkMode,
  resolvePause,
  selectedSpeed,
  writeMmd,
} from "./mod.ts";

/** Registers 0 to 15 as a dump of a PHY lists them. */
function registers(dump: string): LinkRegisters {
  const values = dump.split(" ").map((text) => parseInt(text, 16));
  const at = (register: number) => values[register] ?? 0;
  return {
    control: at(0),
    statusBefore: at(1),
    status: at(1),
    advertisement: at(4),
    partnerAbility: at(5),
    expansion: at(6),
    masterSlaveControl: at(9),
    masterSlaveStatus: at(10),
    extendedStatus: at(15),
  };
}

Deno.test("Dumps of registers are told as a link's state", () => {
  const table: [dump: string, up: boolean, speed: number, full: boolean, mode?: string][] = [
    // Fast Ethernet, negotiated; then without a cable; with a hub that does not negotiate.
    ["3100 782d 0013 78e2 05e1 45e1 0007", true, 100, true, "100BASE-TX"],
    ["3100 7849 0013 78e2 05e1 0000 0004", false, 0, false],
    ["3100 782d 0013 78e2 01e1 0021 0004", true, 10, false, "10BASE-T half"],
    // Forced to 100 Mbit/s full duplex, and to 10 half.
    ["2100 780d 0013 78e2 01e1 0000 0004", true, 100, true],
    ["0000 780d 0013 78e2 01e1 0000 0004", true, 10, false],
    // Gigabit, negotiated; with a partner of 100 Mbit/s alone; powered down.
    [
      "1140 796d 600d 84a2 0de1 cde1 000f 0000 0000 0200 7800 0000 0000 0000 0000 2000",
      true,
      1000,
      true,
      "1000BASE-T",
    ],
    [
      "1140 796d 600d 84a2 0de1 4181 0005 0000 0000 0200 0000 0000 0000 0000 0000 2000",
      true,
      100,
      true,
      "100BASE-TX",
    ],
    ["1940 7949 600d 84a2 0de1 0000 0004", false, 0, false],
  ];
  for (const [dump, isUp, speed, isFullDuplex, mode] of table) {
    const state = decodeLinkState(registers(dump));
    assertEquals(
      [state.isUp, state.speed, state.isFullDuplex, state.mode],
      [isUp, speed, isFullDuplex, mode],
      dump,
    );
  }
  const off = decodeLinkState(registers(table.at(-1)![0]));
  assert(off.isPoweredDown && off.partner === undefined);
});

Deno.test("Two looks at the status tell what was from what is", () => {
  const dump = registers("3100 782d 0013 78e2 05e1 45e1 0007");
  const lost = decodeLinkState({ ...dump, statusBefore: 0x7839 });
  assertEquals([lost.isUp, lost.wasLost, lost.remoteFault], [true, true, true]);
  const steady = decodeLinkState(dump);
  assertEquals([steady.isUp, steady.wasLost, steady.remoteFault], [true, false, false]);
});

Deno.test("Master and slave, receivers and faults are told on 1000BASE-T", () => {
  const base = "1140 796d 600d 84a2 0de1 cde1 000f 0000 0000 ";
  const state = (nine: string, ten: string) =>
    decodeLinkState(registers(`${base}${nine} ${ten} 0000 0000 0000 0000 2000`)).masterSlave;
  assertEquals(state("1a00", "7803"), {
    isMaster: true,
    isManual: true,
    fault: false,
    isLocalReceiverOk: true,
    isRemoteReceiverOk: true,
    idleErrors: 3,
  });
  assertEquals(state("0200", "a8ff")?.fault, true);
  assertEquals(state("0200", "a8ff")?.isMaster, false);
  assertEquals(state("0200", "a8ff")?.idleErrors, 255);
  assertEquals(decodeLinkState(registers("3100 782d")).masterSlave, undefined);
});

Deno.test("PAUSE goes as Table 28B-3 says", () => {
  // Local PAUSE and ASM_DIR, the partner's, then transmit and receive.
  const table = [
    ["00", "00", false, false],
    ["00", "01", false, false],
    ["00", "10", false, false],
    ["00", "11", false, false],
    ["01", "00", false, false],
    ["01", "01", false, false],
    ["01", "10", false, false],
    ["01", "11", true, false],
    ["10", "00", false, false],
    ["10", "01", false, false],
    ["10", "10", true, true],
    ["10", "11", true, true],
    ["11", "00", false, false],
    ["11", "01", false, true],
    ["11", "10", true, true],
    ["11", "11", true, true],
  ] as const;
  const side = (bits: string) => ({ pause: bits[0] === "1", asymmetricPause: bits[1] === "1" });
  for (const [local, partner, transmit, receive] of table) {
    assertEquals(resolvePause(side(local), side(partner)), { transmit, receive }, local + partner);
  }
});

Deno.test("The best common mode wins, in the order of Annex 28B.3", () => {
  for (const [i, best] of linkModeNames.entries()) {
    assertEquals(resolveLinkMode(linkModeNames.slice(i), linkModeNames), best);
    assertEquals(resolveLinkMode(linkModeNames, [...linkModeNames.slice(i)].reverse()), best);
  }
  assertEquals(resolveLinkMode([], linkModeNames), undefined);
});

Deno.test("What is offered is what is read back, whatever it is", () => {
  const offers: fc.Arbitrary<LinkAbilities> = fc.record({
    modes: fc.subarray([...linkModeNames]),
    pause: fc.boolean(),
    asymmetricPause: fc.boolean(),
  });
  fc.assert(fc.property(offers, (offer) => {
    const encoded = encodeAdvertisement(offer);
    assertEquals(decodeAdvertisement(encoded), offer);
    for (const name of ["base", "gigabit", "multigigabit"] as const) {
      assertEquals(encoded[name] & ~advertisementMasks[name], 0);
    }
  }));
  const partner = decodePartnerAbilities({ base: 0x4de1, gigabit: 0x0c00, multigigabit: 0x0860 });
  assertEquals(partner.modes.length, 9);
});

Deno.test("Every register value gives a state", () => {
  const word = fc.integer({ min: 0, max: 0xffff });
  fc.assert(fc.property(fc.array(word, { minLength: 16, maxLength: 16 }), (values) => {
    const state = decodeLinkState(registers(values.map((one) => one.toString(16)).join(" ")));
    assert(state.isUp || state.speed === 0);
    assert(!state.pause.transmit || state.isFullDuplex);
    assert([0, 10, 100, 1000].includes(state.speed));
  }));
});

Deno.test("Speeds are selected by bits that lie apart", () => {
  assertEquals([0, 0x2000, 0x0040, 0x2040].map(forcedSpeed), [10, 100, 1000, 0]);
  const clause45 = [0x0000, 0x2000, 0x0040, 0x2040, 0x2058, 0x205c, 0x2048, 0x204c, 0x2050, 0x2044];
  assertEquals(
    clause45.map(selectedSpeed),
    [10, 100, 1000, 10_000, 2500, 5000, 40_000, 100_000, 25_000, 0],
  );
  assertEquals(decodePmaModes(0x41a4, 0x0003), [
    ...["10GBASE-T", "5GBASE-T", "2.5GBASE-T", "1000BASE-T", "100BASE-TX", "10BASE-T"] as const,
  ]);
  assertEquals(decodePmaModes(0x01a0, 0x0003), ["1000BASE-T", "100BASE-TX", "10BASE-T"]);
});

Deno.test("Identifiers are taken apart, and nobody is told from somebody", () => {
  assertEquals(decodePhyIdentifier(0x600d, 0x84a2), {
    value: 0x600d84a2,
    oui: "18:c0:86",
    model: 10,
    revision: 2,
    name: "Broadcom BCM54213PE",
  });
  // A Broadcom BCM5421, whose OUI is 00:10:18.
  assertEquals(decodePhyIdentifier(0x0020, 0x60e1)?.oui, "00:10:18");
  for (const [first, second] of [[0xffff, 0xffff], [0, 0], [0x1fff, 0xffff]]) {
    assertEquals(decodePhyIdentifier(first!, second!), undefined);
  }
});

Deno.test("Devices are reached by registers 13 and 14 where the bus has no clause 45", () => {
  const frames: string[] = [];
  const bus: MdioBus = {
    read: (port, register) => (frames.push(`r ${port}.${register}`), 0x1234),
    write: (port, register, value) =>
      void frames.push(`w ${port}.${register}=${value.toString(16)}`),
  };
  assertEquals(readMmd(bus, 1, 7, 60), 0x1234);
  writeMmd(bus, 1, 3, 0x8001, 0xbeef);
  // Figure 22-15 and 22.2.4.3.12: address function, address, data function, data.
  assertEquals(frames, [
    ...["w 1.13=7", "w 1.14=3c", "w 1.13=4007", "r 1.14"],
    ...["w 1.13=3", "w 1.14=8001", "w 1.13=4003", "w 1.14=beef"],
  ]);
  for (const clause45 of [true, false]) {
    const memory = new MemoryMdioBus({ clause45 });
    memory.attach(1);
    const phy = new Phy(memory, 1);
    phy.writeMmd(7, 60, 6);
    phy.writeMmd(3, 60, 9);
    assertEquals([phy.readMmd(7, 60), phy.readMmd(3, 60), phy.readMmd(7, 61)], [6, 9, 0]);
  }
});

Deno.test("What no frame can carry is refused", () => {
  const bus = new MemoryMdioBus();
  const phy = new Phy(bus, 31);
  const table: [action: () => unknown, says: string][] = [
    [() => new Phy(bus, 32), "Cannot use a PHY as port 32 is not from 0 to 31"],
    [() => new Phy(bus, -1), "port -1"],
    [() => phy.read(32), "Cannot read a register as register 32 is not from 0 to 31"],
    [() => phy.write(1.5, 0), "register 1.5"],
    [() => phy.write(0, 0x1_0000), "value 65536 is not from 0 to 65535"],
    [() => phy.readMmd(32, 0), "device 32"],
    [() => phy.writeMmd(1, 0x1_0000, 0), "register 65536"],
    [() => phy.writeMmd(1, 0, -1), "value -1"],
  ];
  for (const [action, says] of table) assertThrows(action, RangeError, says);
});

Deno.test("A clause 45 PHY is read device by device", () => {
  const phy = new MemoryMdioBus().attach(0);
  const { Pma, Pcs, Autonegotiation } = MmdDevice;
  for (const device of [Pma, Pcs, Autonegotiation]) {
    phy.setMmd(device, MmdRegister.Devices1, 1 << Pma | 1 << Pcs | 1 << Autonegotiation | 1);
    phy.setMmd(device, MmdRegister.Devices2, 0x4000);
  }
  assertEquals(readDevices(phy.bus, 0), [1, 3, 7, 30]);
  phy.setMmd(Pma, 0, 0x2058).setMmd(Pma, 1, 0x0006).setMmd(Pcs, 1, 0x0006);
  phy.setMmd(Pma, 11, 0x41a4).setMmd(Pma, 21, 0x0003);
  phy.setMmd(Autonegotiation, 0, 0x1000).setMmd(Autonegotiation, 1, 0x002d);
  phy.setMmd(Autonegotiation, 16, 0x0d01).setMmd(Autonegotiation, 19, 0x4501);
  phy.setMmd(Autonegotiation, 32, 0x1180).setMmd(Autonegotiation, 33, 0x7020);
  phy.setMmd(Pcs, 20, 0x000e).setMmd(Pcs, 21, 0x0001);
  phy.setMmd(Autonegotiation, 60, 0x000e).setMmd(Autonegotiation, 61, 0x0004);
  phy.setMmd(Autonegotiation, 62, 0x0001).setMmd(Autonegotiation, 63, 0x0001);
  const state = readMmdLinkState(phy.bus, 0);
  assertEquals([state.isUp, state.mode, state.speed], [true, "2.5GBASE-T", 2500]);
  assertEquals(state.local.modes.slice(0, 3), ["10GBASE-T", "5GBASE-T", "2.5GBASE-T"]);
  assertEquals(state.partner?.modes[0], "2.5GBASE-T");
  assertEquals(state.pause, { transmit: true, receive: true });
  assertEquals([state.masterSlave?.isMaster, state.masterSlave?.isLocalReceiverOk], [true, true]);
  assertEquals(state.energyEfficient, ["2.5GBASE-T", "1000BASE-T"]);
  assertEquals(state.supported[0], "10GBASE-T");
  phy.setMmd(Pcs, 1, 0x0002);
  const down = readMmdLinkState(phy.bus, 0);
  assertEquals([down.isUp, down.speed, down.wasLost], [false, 0, true]);
  assertEquals(readDevices(phy.bus, 5), []);
  const nobody = readMmdLinkState(phy.bus, 5);
  assertEquals([nobody.isUp, nobody.supported, nobody.partner], [false, [], undefined]);
});

Deno.test("The controls write what the registers want", () => {
  const bus = new MemoryMdioBus();
  bus.attach(1).plug({ modes: ["1000BASE-T", "100BASE-TX", "10BASE-T"], pause: true });
  const phy = new Phy(bus, 1);
  const control = () => phy.read(PhyRegister.Control);
  assertEquals(findPhys(bus).map((one) => one.port), [1]);
  phy.linkState();
  assertEquals(phy.linkState().speed, 1000);

  phy.advertise({ modes: ["100BASE-TX"], pause: true, asymmetricPause: false });
  const slower = phy.linkState();
  assertEquals([slower.mode, slower.wasLost, slower.pause.receive], ["100BASE-TX", true, true]);
  assertEquals(phy.linkState().wasLost, false);
  assertEquals(phy.read(PhyRegister.Advertisement), 0x0501);
  assertEquals(phy.read(PhyRegister.MasterSlaveControl), 0);

  phy.force({ speed: 10, isFullDuplex: false });
  assertEquals([control(), phy.linkState().speed], [0x0000, 10]);
  phy.setLoopback(true);
  assert(phy.linkState().isLoopback);
  phy.setLoopback(false);
  phy.restartAutonegotiation();
  assertEquals([control(), phy.linkState().mode], [0x1000, "100BASE-TX"]);
  phy.setPowerDown(true);
  assertEquals([phy.linkState().isPoweredDown, phy.linkState().isUp], [true, false]);
  phy.setPowerDown(false);
  phy.setIsolate(true);
  assertEquals([control(), phy.linkState().isUp], [0x1400, false]);
  phy.reset();
  assert(!phy.isResetting);
  assertEquals([control(), phy.linkState().speed], [0x1140, 1000]);
  phy.setMasterSlave("master");
  assertEquals(phy.read(PhyRegister.MasterSlaveControl), 0x1a00);
  assertEquals(phy.linkState().masterSlave?.isMaster, true);
  phy.setMasterSlave("prefer-slave");
  assertEquals(phy.read(PhyRegister.MasterSlaveControl), 0x0200);
  phy.writeMmd(MmdDevice.Pcs, MmdRegister.EeeCapability, 0x0006);
  phy.setEee(true);
  assertEquals(phy.eee(), {
    supported: ["1000BASE-T", "100BASE-TX"],
    local: ["1000BASE-T", "100BASE-TX"],
    partner: [],
  });
});

Deno.test("A partner that does not negotiate is sensed, and taken for half duplex", () => {
  const bus = new MemoryMdioBus();
  bus.attach(0, { isGigabit: false }).plug({ modes: ["100BASE-TX half"], negotiates: false });
  const state = new Phy(bus, 0).linkState();
  assertEquals([state.mode, state.autonegotiation.isPartnerAble], ["100BASE-TX half", false]);
  assertEquals(state.masterSlave, undefined);
});
