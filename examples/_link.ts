/**
 * The options that all programs share: what network the program is on, who it is there, and what is shown of it.
 *
 * @module
 */
import { type Device, Host, impair, Lan, openTun, parseImpairment } from "@octet/internet";
import {
  formatIpv4,
  type Ipv4Interface,
  isUnicastIpv4,
  MacAddress,
  parseIpv4,
  parseIpv4Interface,
} from "@octet/netip";
import { bringUp } from "@octet/netlink";
import { type Arguments, type OptionTable, UsageError } from "./_arguments.ts";
import { Gateway, gatewayPrefixLength } from "./_gateway.ts";
import { CaptureFile, sniffed } from "./_watch.ts";

/** The options; a program adds its own. */
export const linkOptions: OptionTable = {
  link: {
    value: "SPEC",
    like: "tap:tap0",
    help: "the network: lan, one in memory with a gateway that is Octet itself (needs no\n" +
      "privilege), tap:NAME or tun:NAME, a TUN/TAP device of Linux, made when missing;\n" +
      "lan when left out",
  },
  ip: {
    value: "dhcp|ADDR/LEN",
    like: "10.77.0.2/24",
    help: "how to get an IPv4 address; dhcp when left out",
  },
  ip6: { value: "off", like: "off", help: "IPv6 is not there yet: off is all there is" },
  gateway: { value: "ADDR", like: "10.77.0.1", help: "the default router, with --ip ADDR/LEN" },
  dns: {
    value: "ADDR",
    like: "10.77.0.1",
    repeats: true,
    help: "a name server; may be given more than once, in place of those of DHCP",
  },
  mac: {
    value: "MAC",
    like: "02:00:00:00:00:02",
    help: "our hardware address; random and locally administered when left out",
  },
  mtu: { value: "N", like: "1500", help: "68 to 65535; the device's own when left out" },
  hostname: { value: "NAME", like: "octet", help: "the name told to DHCP; octet when left out" },
  offload: {
    value: "on|off",
    like: "off",
    help: "large sends and checksums left to the kernel, TUN/TAP only; on when left out",
  },
  impair: {
    value: "SPEC",
    like: "loss=5%,delay=20ms",
    help: "a bad wire, both directions: loss=5%,delay=20ms,jitter=5ms,reorder=1%,\n" +
      "duplicate=1%,corrupt=0.1%,rate=10mbit,seed=7, any of them; without offload",
  },
  "host-ip": {
    value: "ADDR/LEN",
    like: "10.77.0.1/24",
    help: "the address of the kernel's side of a TUN/TAP device",
  },
  sniff: { help: "one line per packet on standard error" },
  pcap: { value: "FILE", like: "packets.pcapng", help: "write every packet to a pcapng file" },
  verbose: { help: "say more on standard error" },
  json: { help: "say it in JSON on standard output" },
  timeout: { value: "SECONDS", like: "5", help: "give up after this long, all steps together" },
  help: { help: "this page" },
};

/** Links that have a name already, and no code. */
const laterLinks = ["packet", "http", "qemu"];

/** RFC 2131 §2: a DHCP message is up to 576 bytes, and nobody puts one together before having an address. */
const leastMtuForLease = 576;

/** What a device that cannot be opened, set up or used ends a program with. */
export class DeviceError extends Error {
  /** The error's name. */
  override name = "DeviceError";
}

/** The shared options, read and checked. */
export interface LinkSettings {
  /** The kind of link. */
  readonly kind: "lan" | "tap" | "tun";
  /** The interface's name; `lan` for the LAN. */
  readonly name: string;
  /** A fixed address, or `null` for DHCP. */
  readonly address: Ipv4Interface | null;
  /** The default router, host order, 0 for none. */
  readonly gateway: number;
  /** Name servers, as text. */
  readonly nameServers: readonly string[];
  /** Our hardware address, when chosen. */
  readonly mac: MacAddress | undefined;
  /** The MTU, when chosen. */
  readonly mtu: number | undefined;
  /** The name told to DHCP. */
  readonly hostname: string;
  /** Whether the kernel cuts large sends and completes checksums. */
  readonly offload: boolean;
  /** What goes wrong on the wire, as text. */
  readonly impairment: string | undefined;
  /** The address of the kernel's side, as text. */
  readonly hostIp: string | undefined;
  /** Whether packets are printed. */
  readonly sniff: boolean;
  /** Where packets are written. */
  readonly pcap: string | undefined;
  /** Whether to say more. */
  readonly verbose: boolean;
  /** Whether to say it in JSON. */
  readonly json: boolean;
  /** When to give up, in milliseconds; Infinity for never. */
  readonly timeout: number;
}

/**
 * Reads the shared options.
 *
 * @throws {UsageError} When one of them is wrong, or two do not go together.
 */
export function readLinkSettings(args: Arguments): LinkSettings {
  const { kind, name } = args.read("link", "lan, tap:NAME or tun:NAME", readLink) ??
    { kind: "lan", name: "lan" } as const;
  const address = args.read("ip", "dhcp or an address like 10.77.0.2/24", readAddress) ?? null;
  args.read("ip6", "off", readIp6);
  const gateway = args.read("gateway", "an address like 10.77.0.1", readUnicast) ?? 0;
  const mac = args.read("mac", "an address like 02:00:00:00:00:02", readMac);
  const hostIp = args.read("host-ip", "an address like 10.77.0.1/24", readInterface);
  const offload = args.read("offload", "on or off", readSwitch) ?? true;
  const impairment = args.read("impair", "a spec like loss=5%,delay=20ms", readImpairment);
  const settings: LinkSettings = {
    kind,
    name,
    address,
    gateway,
    nameServers: args.readAll("dns", "an address like 10.77.0.1", readUnicast).map(formatIpv4),
    mac,
    mtu: args.integer("mtu", 68, 65_535),
    hostname: args.read("hostname", "a host name like octet", readHostname) ?? "octet",
    offload: offload && impairment === undefined,
    impairment,
    hostIp: hostIp && `${formatIpv4(hostIp.address)}/${hostIp.prefix.length}`,
    sniff: args.flag("sniff"),
    pcap: args.read("pcap", "the name of a file", (text) => text || undefined),
    verbose: args.flag("verbose"),
    json: args.flag("json"),
    timeout: args.read("timeout", "seconds above 0, such as 5 or 0.5", readSeconds) ?? Infinity,
  };
  checkTogether(settings, hostIp);
  return settings;
}

function checkTogether(settings: LinkSettings, hostIp: Ipv4Interface | undefined): void {
  const { kind, address, gateway } = settings;
  if (kind === "tun" && settings.mac !== undefined) {
    throw new UsageError("Option --mac does not go with a TUN device, which has no Ethernet");
  }
  if (kind === "tun" && address === null) {
    throw new UsageError(
      "A TUN device has no Ethernet to ask for a lease on: give --ip ADDR/LEN",
    );
  }
  if (kind === "lan" && hostIp !== undefined) {
    throw new UsageError(
      "Option --host-ip wants a TUN/TAP device: the in-memory LAN has no kernel's side",
    );
  }
  if (address === null && settings.mtu !== undefined && settings.mtu < leastMtuForLease) {
    throw new UsageError(
      `A lease wants --mtu ${leastMtuForLease} or more: give that, or --ip ADDR/LEN`,
    );
  }
  if (hostIp !== undefined && hostIp.address === address?.address) {
    throw new UsageError(
      `Options --ip and --host-ip are both ${formatIpv4(hostIp.address)}: give each side its own`,
    );
  }
  if (gateway === 0) return;
  if (address === null) {
    throw new UsageError("Option --gateway wants --ip ADDR/LEN: DHCP brings its own router");
  }
  if (!address.prefix.contains(gateway) || gateway === address.address) {
    throw new UsageError(
      `Option --gateway wants a neighbour in ${address.prefix}, not ${formatIpv4(gateway)}`,
    );
  }
}

function readLink(text: string): { kind: LinkSettings["kind"]; name: string } | undefined {
  if (text === "lan") return { kind: "lan", name: "lan" };
  const colon = text.indexOf(":");
  const kind = colon < 0 ? text : text.slice(0, colon);
  const name = colon < 0 ? "" : text.slice(colon + 1);
  if (laterLinks.includes(kind)) {
    throw new UsageError(
      `Link ${kind}: is not there yet: lan, tap:NAME and tun:NAME are`,
    );
  }
  if ((kind !== "tap" && kind !== "tun") || name === "") return undefined;
  if (new TextEncoder().encode(name).length > 15) {
    throw new RangeError("an interface's name has at most 15 bytes");
  }
  return /^[^\s/:%\p{Cc}]+$/u.test(name) && name !== "." && name !== ".."
    ? { kind, name }
    : undefined;
}

function readAddress(text: string): Ipv4Interface | null {
  return text === "dhcp" ? null : readInterface(text);
}

function readInterface(text: string): Ipv4Interface {
  const found = parseIpv4Interface(text);
  const { address, prefix } = found;
  const hostBits = address & ~prefix.mask;
  const isEdge = prefix.length < 31 && (hostBits === 0 || (hostBits | prefix.mask) === -1);
  if (!isUnicastIpv4(address) || isEdge || prefix.length === 0) {
    throw new RangeError(`${text} is not the address of a host`);
  }
  return found;
}

function readIp6(text: string): boolean | undefined {
  if (text === "off") return true;
  throw new UsageError("IPv6 is not there yet: leave --ip6 out, or say --ip6 off");
}

function readUnicast(text: string): number {
  const address = parseIpv4(text);
  if (!isUnicastIpv4(address)) throw new RangeError(`${text} is not the address of a host`);
  return address;
}

function readMac(text: string): MacAddress {
  const address = MacAddress.parse(text);
  if (address.isMulticast || address.isZero) {
    throw new RangeError(`${text} is not the address of one station`);
  }
  return address;
}

function readSwitch(text: string): boolean | undefined {
  return text === "on" ? true : text === "off" ? false : undefined;
}

function readImpairment(text: string): string {
  parseImpairment(text);
  return text;
}

function readHostname(text: string): string | undefined {
  const name =
    /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/i;
  return name.test(text) ? text : undefined;
}

function readSeconds(text: string): number | undefined {
  const seconds = /^(\d{1,7}|\d{0,7}\.\d{1,9})$/.test(text) ? Number(text) : NaN;
  return seconds > 0 && seconds <= 2_000_000 ? seconds * 1000 : undefined;
}

/** A program's place on a network. */
export class Link implements AsyncDisposable {
  /** How it was set up. */
  readonly settings: LinkSettings;
  /** The program's host. */
  readonly host: Host;
  /** The LAN in memory; `null` on a device of the kernel. */
  readonly lan: Lan | null;
  readonly #gateway: Gateway | null;
  readonly #capture: CaptureFile | null;

  /**
   * Opens the link. The host has its fixed address then; {@linkcode Host.configure} asks for a lease.
   *
   * @param program The program's name, for the capture.
   * @throws {DeviceError} When the device cannot be had; the message says what to do.
   */
  constructor(settings: LinkSettings, program: string) {
    this.settings = settings;
    this.lan = settings.kind === "lan" ? new Lan() : null;
    this.#capture = settings.pcap === undefined ? null : new CaptureFile(settings.pcap, program);
    let device: Device | null = null;
    try {
      device = this.lan === null ? openKernelDevice(settings) : this.lan.attach({
        name: "lan",
        ...(settings.mac !== undefined && { mac: settings.mac }),
        ...(settings.mtu !== undefined && { mtu: settings.mtu }),
      });
      if (settings.impairment !== undefined) device = impair(device, settings.impairment);
      if (this.#capture !== null) device = this.#capture.watch(device);
      if (settings.sniff) device = sniffed(device, () => this.addresses);
      this.#gateway = this.lan === null ? null : new Gateway(this.lan, device.mtu);
      this.host = new Host(device, hostOptions(settings));
    } catch (error) {
      device?.close();
      this.#capture?.close();
      throw error;
    }
  }

  /** The host's addresses, host order. */
  get addresses(): number[] {
    // The first packets pass while the host is being made.
    return this.host?.stack.ipv4.addresses.entries.map(({ address }) => address) ?? [];
  }

  /** Whether everything that was to be written of the packets was. */
  get isCaptureWhole(): boolean {
    return this.#capture === null || this.#capture.failure === null;
  }

  /** Another host on the LAN in memory, with an address by hand. */
  addNeighbour(address: string): Host {
    if (this.lan === null) throw new TypeError("Cannot add a neighbour as the link is not a LAN");
    const device = this.lan.attach({ mtu: this.host.device.mtu });
    return new Host(device, { address: { address: `${address}/${gatewayPrefixLength}` } });
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

function hostOptions(settings: LinkSettings): ConstructorParameters<typeof Host>[1] {
  const { address, gateway, nameServers, hostname } = settings;
  return {
    hostname,
    ...(address !== null && {
      address: { address: `${formatIpv4(address.address)}/${address.prefix.length}`, gateway },
    }),
    ...(nameServers.length > 0 && { nameServers }),
  };
}

function openKernelDevice(settings: LinkSettings): Device {
  const { kind, name, offload, mtu, mac, hostIp } = settings;
  let device: Device | null = null;
  try {
    device = openTun({
      name,
      mode: kind === "tun" ? "tun" : "tap",
      offload,
      ...(mtu !== undefined && { mtu }),
      ...(mac !== undefined && { hardwareAddress: mac }),
    });
    bringUp(name, hostIp === undefined ? {} : { address: hostIp });
    return device;
  } catch (error) {
    device?.close();
    if (!(error instanceof Error)) throw error;
    throw new DeviceError(error.message, { cause: error });
  }
}
