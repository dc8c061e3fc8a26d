/**
 * The options that all programs share: what network the program is on, who it is there, and what is shown of it.
 *
 * @module
 */
import { parseImpairment } from "@octet/internet";
import {
  formatIpv4,
  type Ipv4Interface,
  isUnicastIpv4,
  MacAddress,
  parseIpv4,
  parseIpv4Interface,
} from "@octet/netip";
import { type Arguments, type OptionTable, UsageError } from "./_arguments.ts";
import { describeLinkKinds, type LinkKind, linkKinds, linkSpecs } from "./_link_kinds.ts";

/** The options; a program adds its own. */
export const linkOptions: OptionTable = {
  link: {
    value: "SPEC",
    like: "tap:tap0",
    help: `the network; lan when left out\n${describeLinkKinds()}`,
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

/** RFC 2131 §2: a DHCP message is up to 576 bytes, and nobody puts one together before having an address. */
const leastMtuForLease = 576;

/** The shared options, read and checked. */
export interface LinkSettings {
  /** The kind of link. */
  readonly kind: LinkKind;
  /** What stands after the colon: an interface's name, a path, a URL; `lan` for the LAN. */
  readonly name: string;
  /** What people are shown of it: no token. */
  readonly label: string;
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
 * @param link The network when none is named.
 * @throws {UsageError} When one of them is wrong, or two do not go together.
 */
export function readLinkSettings(args: Arguments, link: string = "lan"): LinkSettings {
  const { kind, name } = args.read("link", linkSpecs(), readLink) ?? readLink(link)!;
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
    label: kind.label?.(name) ?? name,
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
  if (!kind.hasEthernet) checkWithoutEthernet(settings, kind.noun);
  if (!kind.hasKernelSide && hostIp !== undefined) {
    throw new UsageError(
      `Option --host-ip wants a TUN/TAP device: ${kind.noun} has no side of the kernel's`,
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

/**
 * Refuses what makes no sense where frames are IP packets.
 *
 * @param noun What the device is called, with its article.
 * @throws {UsageError} When a hardware address or a lease is wanted there.
 */
export function checkWithoutEthernet(settings: LinkSettings, noun: string): void {
  if (settings.mac !== undefined) {
    throw new UsageError(`Option --mac does not go with ${noun}, which has no Ethernet`);
  }
  if (settings.address === null) {
    throw new UsageError(
      `${capitalised(noun)} has no Ethernet to ask for a lease on: give --ip ADDR/LEN`,
    );
  }
}

/** A link, and our address there. */
export interface Place {
  /** The kind of link. */
  readonly kind: LinkKind;
  /** What stands after the colon. */
  readonly name: string;
  /** What people are shown of it. */
  readonly label: string;
  /** The address. */
  readonly address: Ipv4Interface;
}

/**
 * Reads `SPEC=ADDR/LEN`.
 *
 * @returns It, or `undefined` when it will not do.
 * @throws {SyntaxError | RangeError} When it will not do, with the reason.
 */
export function readPlace(text: string): Place | undefined {
  const equals = text.lastIndexOf("=");
  const link = readLink(text.slice(0, Math.max(0, equals)));
  if (link === undefined || link.kind.open === null) return undefined;
  const { kind, name } = link;
  return {
    kind,
    name,
    label: kind.label?.(name) ?? name,
    address: readInterface(text.slice(equals + 1)),
  };
}

function readLink(text: string): { kind: LinkKind; name: string } | undefined {
  const colon = text.indexOf(":");
  const kind = linkKinds.find(({ name }) => name === (colon < 0 ? text : text.slice(0, colon)));
  if (kind === undefined) return undefined;
  if (kind.value === undefined) return colon < 0 ? { kind, name: kind.name } : undefined;
  const name = colon < 0 ? undefined : kind.read(text.slice(colon + 1));
  return name === undefined ? undefined : { kind, name };
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
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
