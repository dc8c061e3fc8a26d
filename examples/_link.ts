/**
 * A program's place on a network, as the shared options have it.
 *
 * @module
 */
import {
  type Device,
  Host,
  type HostInterface,
  type HostOptions,
  impair,
  Lan,
} from "@octet/internet";
import { formatIpv4 } from "@octet/netip";
import { UsageError } from "./_arguments.ts";
import { Gateway, gatewayPrefixLength } from "./_gateway.ts";
import { DeviceError } from "./_link_kinds.ts";
import { checkWithoutEthernet, type LinkSettings } from "./_link_settings.ts";
import { CaptureFile, sniffed } from "./_watch.ts";

export { DeviceError, linkPermissions } from "./_link_kinds.ts";
export {
  linkOptions,
  type LinkSettings,
  type Place,
  readLinkSettings,
  readPlace,
} from "./_link_settings.ts";

/** How long a lease is waited for when nobody says, in milliseconds. */
const defaultLeaseWait = 30_000;
/** The MTU of the LAN in memory when nobody says, in bytes. */
const ethernetMtu = 1500;

/** A program's place on a network. */
export class Link implements AsyncDisposable {
  /** How it was set up. */
  readonly settings: LinkSettings;
  /** The program's host. */
  readonly host: Host;
  /** The LAN in memory; `null` on any other device. */
  readonly lan: Lan | null;
  #lost: Error | null = null;
  readonly #gateway: Gateway | null;
  readonly #capture: CaptureFile | null;

  private constructor(
    settings: LinkSettings,
    lan: Lan | null,
    gateway: Gateway | null,
    bare: Device,
    capture: CaptureFile | null,
    options: HostOptions,
  ) {
    let device = bare;
    this.settings = settings;
    this.lan = lan;
    this.#gateway = gateway;
    this.#capture = capture;
    try {
      device = this.#watched(bare, settings);
      this.host = new Host(device, { ...hostOptions(settings), ...options });
      this.host.closed.catch((error: Error) => this.#lost = error);
    } catch (error) {
      device.close();
      throw error;
    }
  }

  /**
   * Opens the link. The host has its fixed address then; {@linkcode Host.configure} asks for a lease.
   *
   * @param program The program's name, for the capture.
   * @param options What else the host is, such as a router.
   * @throws {DeviceError} When the device cannot be had; the message says what to do.
   */
  static async open(
    settings: LinkSettings,
    program: string,
    options: HostOptions = {},
  ): Promise<Link> {
    const capture = settings.pcap === undefined ? null : new CaptureFile(settings.pcap, program);
    const lan = settings.kind.open === null ? new Lan() : null;
    let gateway: Gateway | null = null;
    try {
      // The gateway is there first, so that its announcement is none of the program's packets.
      if (lan !== null) gateway = new Gateway(lan, settings.mtu ?? ethernetMtu);
      const device = lan === null ? await openDevice(settings) : lan.attach({
        name: "lan",
        ...(settings.mac !== undefined && { mac: settings.mac }),
        ...(settings.mtu !== undefined && { mtu: settings.mtu }),
      });
      return new Link(settings, lan, gateway, device, capture, options);
    } catch (error) {
      await gateway?.close();
      capture?.close();
      throw error;
    }
  }

  /**
   * Adds an interface with a fixed address to the host, on a link of its own; its packets are seen as those of the first.
   *
   * @throws {DeviceError} When the device cannot be had; the message says what to do.
   */
  async addInterface(settings: LinkSettings): Promise<HostInterface> {
    const bare = await openDevice(settings);
    let device = bare;
    try {
      device = this.#watched(bare, settings);
      const { address } = hostOptions(settings);
      return this.host.addInterface(device, address === undefined ? {} : { address });
    } catch (error) {
      device.close();
      throw error;
    }
  }

  /** The device, with what the settings say is wrong with it, and watched. */
  #watched(bare: Device, settings: LinkSettings): Device {
    const { impairment, sniff } = settings;
    let device = bare;
    if (impairment !== undefined) device = impair(device, impairment);
    if (this.#capture !== null) device = this.#capture.watch(device);
    return sniff ? sniffed(device, () => this.addresses) : device;
  }

  /** The host's addresses, host order. */
  get addresses(): number[] {
    // The first packets pass while the host is being made.
    return this.host?.stack.ipv4.addresses.entries.map(({ address }) => address) ?? [];
  }

  /** How the device was lost, which says more than the calls that fail for it; `null` while it is there. */
  get lost(): Error | null {
    return this.#lost;
  }

  /** Whether everything that was to be written of the packets was. */
  get isCaptureWhole(): boolean {
    return this.#capture === null || this.#capture.failure === null;
  }

  /**
   * Sees to it that the host has an address: asks for a lease, unless one was given by hand.
   *
   * @throws {Deno.errors.TimedOut} When no lease comes in time.
   */
  async configure(signal: AbortSignal): Promise<void> {
    const { address, timeout } = this.settings;
    if (address !== null) return;
    await this.host.configure({
      timeout: Number.isFinite(timeout) ? timeout : defaultLeaseWait,
      signal,
    });
  }

  /** Another host on the LAN in memory, with an address by hand. */
  addNeighbour(address: string): Host {
    if (this.lan === null) throw new TypeError("Cannot add a neighbour as the link is not a LAN");
    const device = this.lan.attach({ mtu: this.host.device.mtu });
    return new Host(device, { address: { address: `${address}/${gatewayPrefixLength}` } });
  }

  /** Resolves when the signal is aborted, as by Ctrl-C; rejects when the device is lost. */
  async ended(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const interrupted = Promise.withResolvers<void>();
    signal.addEventListener("abort", () => interrupted.resolve());
    await Promise.race([interrupted.promise, this.host.closed]);
  }

  /** Closes connections, device and capture. */
  async close(): Promise<void> {
    await this.host.close();
    await this.#gateway?.close();
    this.#capture?.close();
  }

  /** Closes connections, device and capture. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

function hostOptions(settings: LinkSettings): HostOptions {
  const { address, gateway, nameServers, hostname } = settings;
  return {
    hostname,
    ...(address !== null && {
      address: { address: `${formatIpv4(address.address)}/${address.prefix.length}`, gateway },
    }),
    ...(nameServers.length > 0 && { nameServers }),
  };
}

/**
 * Opens the device of a link that is not the LAN in memory.
 *
 * @throws {DeviceError} When it cannot be had; the message says what to do.
 */
export async function openDevice(settings: LinkSettings): Promise<Device> {
  let device: Device | null = null;
  try {
    device = await settings.kind.open!(settings);
    if (device.link === "ip") checkWithoutEthernet(settings, "a TUN device");
    return device;
  } catch (error) {
    device?.close();
    if (!(error instanceof Error) || error instanceof UsageError) throw error;
    throw new DeviceError(error.message, { cause: error });
  }
}
