/**
 * What httptap lends: a device, opened, watched, and described to clients.
 *
 * @module
 */
import { type Device, impair, Lan } from "@octet/internet";
import { NetlinkConnection } from "@octet/netlink";
import { Gateway, gatewayAddress, gatewayPrefixLength } from "./_gateway.ts";
import { type LinkSettings, openDevice } from "./_link.ts";
import { CaptureFile, sniffed } from "./_watch.ts";

/** What clients are told of the far side. */
export interface FarSide {
  /** Its address with the prefix's length. */
  readonly prefix?: string;
  /** Its hardware address as text. */
  readonly hardwareAddress?: string;
}

/** A device to lend. */
export class LentDevice implements AsyncDisposable {
  /** The device. */
  readonly device: Device;
  /** What is at its other end. */
  readonly farSide: FarSide;
  readonly #capture: CaptureFile | null;
  readonly #gateway: Gateway | null;

  private constructor(
    device: Device,
    farSide: FarSide,
    capture: CaptureFile | null,
    gateway: Gateway | null,
  ) {
    this.device = device;
    this.farSide = farSide;
    this.#capture = capture;
    this.#gateway = gateway;
  }

  /**
   * Opens it. The LAN in memory has its gateway, as for any program.
   *
   * @throws {DeviceError} When it cannot be had; the message says what to do.
   */
  static async open(settings: LinkSettings): Promise<LentDevice> {
    const capture = settings.pcap === undefined ? null : new CaptureFile(settings.pcap, "httptap");
    let device: Device | null = null;
    try {
      const lan = settings.kind.open === null ? new Lan() : null;
      const { mtu } = settings;
      device = lan === null
        ? await openDevice(settings)
        : lan.attach({ name: "lan", ...(mtu !== undefined && { mtu }) });
      const farSide = lan === null ? kernelSide(settings) : {
        prefix: `${gatewayAddress}/${gatewayPrefixLength}`,
      };
      if (settings.impairment !== undefined) device = impair(device, settings.impairment);
      if (capture !== null) device = capture.watch(device);
      if (settings.sniff) device = sniffed(device, () => []);
      const gateway = lan === null ? null : new Gateway(lan, device.mtu);
      return new LentDevice(device, farSide, capture, gateway);
    } catch (error) {
      device?.close();
      capture?.close();
      throw error;
    }
  }

  /** Closes the device and what watches it. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.device.close();
    await this.#gateway?.close();
    this.#capture?.close();
  }
}

/** The kernel's own end, or its own use, of an interface. */
function kernelSide({ kind, name }: LinkSettings): FarSide {
  if (kind.name !== "tap" && kind.name !== "packet") return {};
  using netlink = new NetlinkConnection();
  const hardwareAddress = netlink.link(name).hardwareAddress;
  const address = netlink.addresses(name, 4)[0];
  return {
    ...(address !== undefined && { prefix: `${address.address}/${address.prefixLength}` }),
    ...(hardwareAddress !== undefined && { hardwareAddress: hardwareAddress.toString() }),
  };
}
