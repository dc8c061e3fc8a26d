/**
 * Network namespaces with a kernel behind a TAP device, and the programs that are started in them.
 *
 * @module
 */
import type { Namespace, NamespaceChild } from "../_namespace.ts";
import type { PeerPlan } from "./peer.ts";
import type { SinkReport } from "./traffic.ts";

/** Where the sinks listen; the second one of two has the next port. */
export const sinkPort = 5001;
const folder = new URL(".", import.meta.url).pathname;
/** How long a handshake may take on a bad wire, in milliseconds. */
const handshakeTime = 30_000;
/** Ahead of what else the machine does: a process that waits for its turn makes the round trip longer. */
const priority = "-10";
const flags = ["run", "--allow-all", "--no-check"];

/** Gives a link of a namespace an address, and has the kernel's connections over it use CUBIC. */
export async function configureKernel(
  { name }: Namespace,
  link: string,
  address: string,
): Promise<void> {
  const network = address.replace(/\d+\/24$/, "0/24");
  const source = address.replace(/\/24$/, "");
  // What IPv6 says of itself would draw random numbers, too, so that other frames were lost than with ours.
  await ip("-n", name, "link", "set", link, "addrgenmode", "none");
  await ip("-n", name, "addr", "add", address, "dev", link);
  await ip("-n", name, "link", "set", link, "up");
  // By route, as a container may not have the right to write the sysctl.
  // deno-fmt-ignore
  await ip("-n", name, "route", "replace", network, "dev", link, "src", source, "congctl", "cubic");
}

/** Makes a TAP device in a namespace that stays when nobody has it open. */
export async function addTap({ name }: Namespace, tap: string): Promise<void> {
  await ip("-n", name, "tuntap", "add", "dev", tap, "mode", "tap");
}

/** Moves a link from one namespace to another; it is down then. */
export async function moveLink(from: Namespace, link: string, to: Namespace): Promise<void> {
  await ip("-n", from.name, "link", "set", link, "netns", to.name);
}

/** Joins links of a namespace by a bridge of the kernel. */
export async function addBridge({ name }: Namespace, ...links: string[]): Promise<void> {
  await ip("-n", name, "link", "add", "br0", "type", "bridge", "forward_delay", "0");
  for (const link of links) {
    await ip("-n", name, "link", "set", link, "master", "br0");
    await ip("-n", name, "link", "set", link, "up");
  }
  await ip("-n", name, "link", "set", "br0", "up");
}

async function ip(...args: string[]): Promise<void> {
  const { code, stderr } = await new Deno.Command("ip", { args }).output();
  if (code !== 0) {
    throw new Error(`Cannot run ip ${args.join(" ")}: ${new TextDecoder().decode(stderr)}`);
  }
}

/** What has been started; some of it may have ended. */
const started: NamespaceChild[] = [];

/** Ends all programs that were started: what waits for them fails, and removes the namespaces on its way out. */
export async function stopAll(): Promise<void> {
  await Promise.all(started.map((child) => child.stop()));
}

function start(namespace: Namespace, program: string, ...args: string[]): NamespaceChild {
  const command = [Deno.execPath(), ...flags, `${folder}${program}`, ...args];
  const child = namespace.spawn("nice", ["-n", priority, ...command]);
  started.push(child);
  return child;
}

/** Starts the switch on TAP devices of a namespace, the first behind the impairment. */
export async function startForwarder(
  namespace: Namespace,
  impairment: string,
  ...taps: string[]
): Promise<NamespaceChild> {
  const child = start(namespace, "forwarder.ts", impairment, ...taps);
  await child.waitFor("open");
  return child;
}

/** Starts one end. */
export function startPeer(namespace: Namespace, plan: PeerPlan): NamespaceChild {
  return start(namespace, "peer.ts", JSON.stringify(plan));
}

/** Waits until an end listens or has connected. */
export async function isReady(peer: NamespaceChild): Promise<void> {
  await peer.waitFor("ready", handshakeTime);
}

/** Lets a source send. */
export async function begin(source: NamespaceChild): Promise<void> {
  await source.write("\n");
}

/** Makes sure that the connections of a kernel that is to send are CUBIC's, before it begins. */
export async function checkCubic(namespace: Namespace): Promise<void> {
  const { stdout } = await namespace.run("ss", [
    "--tcp",
    "--info",
    "--no-header",
    "state",
    "established",
  ]);
  if (!/\bcubic\b/.test(stdout)) throw new Error(`Kernel sends without CUBIC: ${stdout}`);
}

/** Waits for what a sink found. */
export async function sinkReport(sink: NamespaceChild): Promise<SinkReport> {
  await sink.finish();
  return JSON.parse(sink.stdout.slice(sink.stdout.indexOf("{"))) as SinkReport;
}
