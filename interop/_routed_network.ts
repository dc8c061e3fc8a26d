/**
 * A TAP for the stack, and a way behind it: a near router with the TAP, and a far host two hops away, both the kernel's.
 * A third namespace stands beside the stack, for the kernel's own programs to be asked the same.
 *
 * @module
 */
import { Namespace } from "./_namespace.ts";

/** The network: `10.77.0.0/24` on the TAP, `10.79.0.0/24` to the client, `10.78.0.0/24` to the far side, behind it `10.80.0.0/24`. */
export class RoutedNetwork implements AsyncDisposable {
  /** The router with the TAP `tap0`, 10.77.0.1; 10.79.0.1 to the client and 10.78.0.1 to the far router. */
  readonly near: Namespace;
  /** The router behind it, 10.78.0.2; 10.80.0.1 to the last host. */
  readonly far: Namespace;
  /** The last host, 10.80.0.2. */
  readonly last: Namespace;
  /** A host beside the stack, 10.79.0.2. */
  readonly client: Namespace;

  private constructor(near: Namespace, far: Namespace, last: Namespace, client: Namespace) {
    this.near = near;
    this.far = far;
    this.last = last;
    this.client = client;
  }

  /** Makes the namespaces and joins them; the link between the routers has an MTU of 1400. */
  static async create(): Promise<RoutedNetwork> {
    const near = await Namespace.create();
    const far = await Namespace.create();
    const last = await Namespace.create();
    const client = await Namespace.create();
    const network = new RoutedNetwork(near, far, last, client);
    try {
      await network.#join();
      return network;
    } catch (error) {
      await network[Symbol.asyncDispose]();
      throw error;
    }
  }

  async #join(): Promise<void> {
    const { near, far, last, client } = this;
    await near.run("ip", ["tuntap", "add", "dev", "tap0", "mode", "tap"]);
    await near.run("ip", ["address", "add", "10.77.0.1/24", "dev", "tap0"]);
    await near.run("ip", ["link", "set", "tap0", "up"]);
    await near.joinTo(far, "middle");
    await near.joinTo(client, "side");
    await far.joinTo(last, "end");
    const give = (namespace: Namespace, address: string, name: string) =>
      namespace.run("ip", ["address", "add", address, "dev", name]);
    await give(near, "10.78.0.1/24", "middle");
    await give(far, "10.78.0.2/24", "middle");
    await give(near, "10.79.0.1/24", "side");
    await give(client, "10.79.0.2/24", "side");
    await give(far, "10.80.0.1/24", "end");
    await give(last, "10.80.0.2/24", "end");
    const settings = "cd /proc/sys/net/ipv4; echo 1 > ip_forward; echo 0 > icmp_ratemask";
    for (const namespace of [near, far, last]) await namespace.run("sh", ["-c", settings]);
    for (const namespace of [near, far]) {
      await namespace.run("ip", ["link", "set", "middle", "mtu", "1400"]);
    }
    await near.run("ip", ["route", "add", "10.80.0.0/24", "via", "10.78.0.2"]);
    await far.run("ip", ["route", "add", "default", "via", "10.78.0.1"]);
    await client.run("ip", ["route", "add", "default", "via", "10.79.0.1"]);
    await last.run("ip", ["route", "add", "default", "via", "10.80.0.1"]);
  }

  /** Removes all of them. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const namespace of [this.client, this.last, this.far, this.near]) {
      await namespace[Symbol.asyncDispose]();
    }
  }
}
