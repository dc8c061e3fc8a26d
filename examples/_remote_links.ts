/**
 * The kinds of `--link` whose network another program has: an httptap, a virtual machine of QEMU's; or a
 * network that was.
 *
 * @module
 */
import {
  connectHttpTap,
  connectQemu,
  type Device,
  listenQemu,
  openQemuDatagram,
  replay,
  type ReplayDevice,
} from "@octet/internet";
import type { MacAddress } from "@octet/netip";
import type { LinkKind } from "./_link_kinds.ts";
import type { LinkSettings } from "./_link_settings.ts";
import { say } from "./_program.ts";
import { reasonOf } from "./_watch.ts";

/** The kinds, as lines of the table in `_link_kinds.ts`. */
export const remoteLinkKinds: readonly LinkKind[] = [
  ...["http", "https"].map((name): LinkKind => ({
    name,
    value: "//HOST:PORT",
    noun: "an httptap",
    help: name === "http"
      ? "an httptap: needs no privilege; ?token=TOKEN where it wants one"
      : "an httptap behind a server that speaks TLS",
    hasEthernet: true,
    hasKernelSide: false,
    read: (text) => readUrl(`${name}:${text}`),
    label: (url) => url.replace(/[?#].*$/s, ""),
    open: openHttpTap,
  })),
  {
    name: "qemu",
    value: "PATH",
    noun: "a virtual machine",
    help: "a virtual machine's -netdev stream; PATH,ITS: its -netdev dgram",
    hasEthernet: true,
    hasKernelSide: false,
    read: readQemuPaths,
    open: openQemu,
  },
  {
    name: "replay",
    value: "FILE",
    noun: "a capture",
    help: "what a pcap or pcapng file says was received, in its own time",
    hasEthernet: true,
    hasKernelSide: false,
    read: (text) => text || undefined,
    open: openReplay,
  },
];

function readUrl(text: string): string | undefined {
  return /^https?:\/\/[^/?#]/.test(text) ? URL.parse(text)?.href : undefined;
}

function openHttpTap(settings: LinkSettings): Promise<Device> {
  return connectHttpTap(settings.name, deviceOptions(settings));
}

/** One path, or two of a datagram socket each: ours, and the machine's. */
function readQemuPaths(text: string): string | undefined {
  const paths = text.split(",");
  const isFine = paths.length <= 2 && paths.every((path) => path !== "" && !path.includes("\0"));
  return isFine ? text : undefined;
}

/** Connects to a machine that listens; where there is none, waits for one to connect. */
function openQemu(settings: LinkSettings): Device {
  const [path, remote] = settings.name.split(",") as [string, string?];
  const options = deviceOptions(settings);
  if (remote !== undefined) return openQemuDatagram({ local: path, remote }, options);
  try {
    return connectQemu(path, options);
  } catch (error) {
    const isNobody = error instanceof Deno.errors.NotFound ||
      error instanceof Deno.errors.ConnectionRefused;
    if (!isNobody) throw error;
    return listenQemu(path, options);
  }
}

function openReplay(settings: LinkSettings): Device {
  const device = replayFile(settings);
  if (device.link === "ip" && settings.address === null) {
    throw new TypeError(
      `Cannot ask for a lease on ${device.name} as it holds bare IP packets: give --ip ADDR/LEN`,
    );
  }
  if (device.damage !== null) say(`${device.name} ends early: ${device.damage.message}`);
  return device;
}

function replayFile(settings: LinkSettings): ReplayDevice {
  try {
    return replay(settings.name, deviceOptions(settings));
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable || !(error instanceof Error)) throw error;
    const { message } = error;
    throw message.startsWith("Cannot play") ? error : new Error(
      `Cannot play ${settings.name}: ${reasonOf(error)}`,
      { cause: error },
    );
  }
}

function deviceOptions({ mac, mtu }: LinkSettings): { mtu?: number; hardwareAddress?: MacAddress } {
  return {
    ...(mtu !== undefined && { mtu }),
    ...(mac !== undefined && { hardwareAddress: mac }),
  };
}
