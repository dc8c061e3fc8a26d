/**
 * The hardware address that our side of a device uses.
 *
 * @module
 */
import { MacAddress } from "@octet/netip/mac-address";
import { CryptoRandom } from "@octet/wire";

/**
 * Checks the address wanted, or makes one up: random and locally administered (IEEE 802 §8.4).
 *
 * @param action What the error says when it cannot be.
 * @param wanted The address that somebody chose.
 * @param kernel The address that the kernel uses there, which is not made up again.
 * @returns The address.
 * @throws {RangeError} When the address wanted is not one station's.
 */
export function stationAddress(
  action: string,
  wanted: MacAddress | undefined,
  kernel: MacAddress | undefined,
): MacAddress {
  if (wanted === undefined) {
    const random = new CryptoRandom();
    let address: MacAddress;
    do {
      address = MacAddress.random(() => random.uint32());
    } while (kernel?.sameAs(address));
    return address;
  }
  if (wanted.isMulticast || wanted.isZero) {
    throw new RangeError(`${action} as ${wanted} is not the address of one station`);
  }
  return wanted;
}
