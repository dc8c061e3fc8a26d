/**
 * The networks that are measured: two kernels joined by a veth, and ours on a TAP beside a kernel.
 *
 * @module
 */
import { Namespace, type NamespaceChild } from "../_namespace.ts";
import { configureKernel } from "../goodput/network.ts";

/** Where the kernel is that measures. */
export const kernelAddress = "10.77.0.1";
/** Where the other side is: another kernel, or we. */
export const peerAddress = "10.77.0.2";
/** What a program of ours is told so that it opens its TAP beside that kernel. */
export const linkOptions: readonly string[] = [
  ...["--link", "tap:tap0", "--host-ip", `${kernelAddress}/24`, "--ip", `${peerAddress}/24`],
];

/** With what the kernel sends: its own default, or CUBIC as we do. */
export type Congestion = "default" | "cubic";

/** What `ethtool` switches off for plain frames. */
const offloads = ["tso", "off", "gso", "off", "gro", "off", "tx", "off", "rx", "off"];

/** Two kernels joined by a veth. */
export class Veth implements AsyncDisposable {
  /** The kernel at {@linkcode kernelAddress}. */
  readonly near: Namespace;
  /** The kernel at {@linkcode peerAddress}. */
  readonly far: Namespace;

  private constructor(near: Namespace, far: Namespace) {
    this.near = near;
    this.far = far;
  }

  /** Makes both namespaces and the veth; without `offload` each frame is one packet with its checksum. */
  static async create(offload: boolean): Promise<Veth> {
    const near = await Namespace.create();
    try {
      const veth = new Veth(near, await Namespace.create());
      try {
        await veth.#connect(offload);
        return veth;
      } catch (error) {
        await veth.far[Symbol.asyncDispose]();
        throw error;
      }
    } catch (error) {
      await near[Symbol.asyncDispose]();
      throw error;
    }
  }

  async #connect(offload: boolean): Promise<void> {
    const { near, far } = this;
    const peer = ["type", "veth", "peer", "name", "veth1", "netns", far.name];
    await near.run("ip", ["link", "add", "veth0", ...peer]);
    await configureKernel(near, "veth0", `${kernelAddress}/24`);
    await configureKernel(far, "veth1", `${peerAddress}/24`);
    await setCongestion(near, "veth0", "default");
    if (offload) return;
    await near.run("ethtool", ["-K", "veth0", ...offloads]);
    await far.run("ethtool", ["-K", "veth1", ...offloads]);
  }

  /** Removes both. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.far[Symbol.asyncDispose]();
    } finally {
      await this.near[Symbol.asyncDispose]();
    }
  }
}

/** Starts a program of ours on a TAP in a namespace, and waits until it says that it is ready. */
export async function startOurs(
  namespace: Namespace,
  program: string,
  ready: string | RegExp,
  ...args: string[]
): Promise<NamespaceChild> {
  const path = new URL(`../../${program}`, import.meta.url).pathname;
  const child = namespace.spawnDeno(["run", "--allow-all", "--no-check", path, ...args]);
  await child.waitFor(ready);
  return child;
}

/** Chooses what the kernel at {@linkcode kernelAddress} sends with; by route, as not everybody may write the sysctl. */
export async function setCongestion(
  namespace: Namespace,
  link: string,
  congestion: Congestion,
): Promise<void> {
  const route = ["10.77.0.0/24", "dev", link, "src", kernelAddress];
  const control = congestion === "default" ? [] : ["congctl", congestion];
  await namespace.run("ip", ["route", "replace", ...route, ...control]);
}

/** The name of the kernel's default. */
export async function defaultCongestion(): Promise<string> {
  return (await Deno.readTextFile("/proc/sys/net/ipv4/tcp_congestion_control")).trim();
}
