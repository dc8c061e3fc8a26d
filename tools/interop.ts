/**
 * `deno task interop [PATH …] [--filter TEXT]`: tests against real programs, in network namespaces
 * of their own. It wants root and a kernel with TUN/TAP, and installs nothing. With `--check` it only
 * says what is missing.
 *
 * @module
 */

import { orUsage, readOptions } from "./options.ts";
import { print } from "./terminal.ts";
import { testRun } from "./test_runner.ts";

/** The programs that the tests talk to, and the Debian package each comes in. */
export const PEERS: Readonly<Record<string, string>> = {
  dnsmasq: "dnsmasq",
  chronyd: "chrony",
  nginx: "nginx-light",
  curl: "curl",
  iperf3: "iperf3",
  tshark: "tshark",
  tcpdump: "tcpdump",
  ping: "iputils-ping",
  arping: "iputils-arping",
  ip: "iproute2",
  ethtool: "ethtool",
  hping3: "hping3",
  nping: "nmap",
  scapy3: "python3-scapy",
  "qemu-system-x86_64": "qemu-system-x86",
};

/** Debian keeps daemons where an ordinary PATH does not look. */
const FOLDERS = ["/usr/local/sbin", "/usr/sbin", "/sbin"];

/** The PATH with those folders added. */
export function searchPath(path: string): string {
  const folders = path.split(":").filter((folder) => folder !== "");
  return [...folders, ...FOLDERS.filter((folder) => !folders.includes(folder))].join(":");
}

/** What the machine has, as far as the tests ask. */
export interface Machine {
  readonly root: boolean;
  readonly tun: boolean;
  has(program: string): boolean;
}

/** One line for each thing that is missing, the last one with what to type; none if all is there. */
export function missing(machine: Machine): string[] {
  const lines: string[] = [];
  if (!machine.root) lines.push("Missing: root (run this with sudo)");
  if (!machine.tun) lines.push("Missing: /dev/net/tun (load the kernel module tun)");
  const packages = new Set<string>();
  for (const [program, name] of Object.entries(PEERS)) {
    if (machine.has(program)) continue;
    lines.push(`Missing: ${program} (Debian package ${name})`);
    packages.add(name);
  }
  if (packages.size > 0) lines.push(`apt-get install -y ${[...packages].join(" ")}`);
  return lines;
}

function thisMachine(path: string): Machine {
  return {
    root: Deno.uid() === 0,
    tun: is("/dev/net/tun", (info) => info.isCharDevice === true),
    has: (program) =>
      path.split(":").some((folder) => is(`${folder}/${program}`, (info) => info.isFile)),
  };
}

function is(path: string, what: (info: Deno.FileInfo) => boolean): boolean {
  try {
    return what(Deno.statSync(path));
  } catch {
    return false;
  }
}

const USAGE = `Usage: deno task interop [PATH …] [--filter TEXT] [--check]

  --filter TEXT  only tests whose name contains TEXT
  --check        only say what is missing`;

if (import.meta.main) {
  const { values, flags, rest } = orUsage(
    USAGE,
    () => readOptions(Deno.args, ["filter"], ["check"]),
  );
  const path = searchPath(Deno.env.get("PATH") ?? "");
  const lines = missing(thisMachine(path));
  for (const line of lines) print(line);
  if (lines.length > 0) Deno.exit(1);
  if (flags.has("check")) {
    print("Nothing is missing");
    Deno.exit(0);
  }
  Deno.env.set("PATH", path);
  const filter = values.has("filter") ? [`--filter=${values.get("filter")}`] : [];
  const { failed } = await testRun([...rest.length > 0 ? rest : ["interop/"], ...filter]);
  Deno.exit(failed === 0 ? 0 : 1);
}
