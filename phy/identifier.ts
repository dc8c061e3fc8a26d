/**
 * Who made a PHY, and which one it is (IEEE 802.3 clause 22.2.4.3.1).
 *
 * @module
 */

/** The identifier of a PHY, taken apart. */
export interface PhyIdentifier {
  /** Both registers, the first in the upper half: as drivers name it. */
  readonly value: number;
  /** The maker's OUI as IEEE writes it, such as `00:10:18`. Some makers put its bits in another order. */
  readonly oui: string;
  /** The model, 0 to 63. */
  readonly model: number;
  /** The revision, 0 to 15. */
  readonly revision: number;
  /** The chip's name, where it is known here. */
  readonly name?: string;
}

/** Identifiers without the revision, as the makers' data sheets and Linux's drivers give them. */
const names: ReadonlyMap<number, string> = /* @__PURE__ */ new Map([
  [0x600d84a0, "Broadcom BCM54213PE"],
  [0x001cc910, "Realtek RTL8211"],
  [0x001cc810, "Realtek RTL8201"],
  [0x00221560, "Microchip KSZ8081"],
  [0x00221620, "Microchip KSZ9031"],
  [0x0007c0f0, "Microchip LAN8720"],
  [0x0007c130, "Microchip LAN8742"],
  [0x01410cc0, "Marvell 88E1111"],
  [0x01410dd0, "Marvell 88E151x"],
  [0x004dd070, "Qualcomm AR803x"],
  [0x2000a230, "Texas Instruments DP83867"],
  [0x2000a240, "Texas Instruments DP83822"],
]);

function reverseBits(octet: number): number {
  let reversed = 0;
  for (let bit = 0; bit < 8; bit++) reversed |= (octet >>> bit & 1) << 7 - bit;
  return reversed;
}

/**
 * Takes an identifier apart.
 *
 * The registers hold bits 3 to 24 of the OUI, the first bit on the wire first, which is the lowest of
 * its octet (Figure 22-12).
 *
 * @example
 * ```ts
 * import { decodePhyIdentifier } from "@octet/phy";
 * import { assertEquals } from "@std/assert";
 *
 * const { oui, model, revision, name } = decodePhyIdentifier(0x001c, 0xc916)!;
 * assertEquals([oui, model, revision, name], ["00:e0:4c", 17, 6, "Realtek RTL8211"]);
 * ```
 *
 * @param first Register 2.
 * @param second Register 3.
 * @returns The identifier; `undefined` when nobody answers (all ones) or none is given (zero).
 */
export function decodePhyIdentifier(first: number, second: number): PhyIdentifier | undefined {
  const value = (first << 16 | second) >>> 0;
  if (value === 0 || value === 0xffff_ffff || (value & 0x1fff_ffff) === 0x1fff_ffff) {
    return undefined;
  }
  const bits = first << 6 | second >>> 10;
  const oui = [bits >>> 16, bits >>> 8 & 0xff, bits & 0xff]
    .map((octet) => reverseBits(octet).toString(16).padStart(2, "0")).join(":");
  const name = names.get((value & 0xffff_fff0) >>> 0);
  return {
    value,
    oui,
    model: second >>> 4 & 0x3f,
    revision: second & 0xf,
    ...(name !== undefined && { name }),
  };
}
