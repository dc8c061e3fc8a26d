/**
 * A host of Octet in a namespace, with the kernel on the other end of its wire, and what tests ask it.
 *
 * @module
 */
import { Namespace, type NamespaceChild } from "./_namespace.ts";

/** The kernel's end of the wire. */
export const kernelAddress = "10.77.0.1";
/** Octet's. */
export const octetAddress = "10.77.0.2";

/** A host of Octet on `tap0`, and the kernel beside it. */
export class OctetPeer implements AsyncDisposable {
  /** The namespace that both live in. */
  readonly namespace: Namespace;
  readonly #child: NamespaceChild;
  #asked = 0;

  private constructor(namespace: Namespace, child: NamespaceChild) {
    this.namespace = namespace;
    this.#child = child;
  }

  /**
   * Starts it.
   *
   * @param address The kernel's address on `tap0`; none when empty.
   */
  static async start(address: string = `${kernelAddress}/24`): Promise<OctetPeer> {
    const namespace = await Namespace.create();
    try {
      const script = new URL("_oddities_peer.ts", import.meta.url).pathname;
      const child = namespace.spawnDeno([
        "run",
        "--no-prompt",
        "--allow-ffi",
        script,
        address,
      ]);
      await child.waitFor("ready");
      return new OctetPeer(namespace, child);
    } catch (error) {
      await namespace[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Asks the host something; gives its answer. */
  async ask(command: string): Promise<unknown> {
    const id = `#${++this.#asked}`;
    await this.#child.write(`${id} ${command}\n`);
    await this.#child.waitFor(new RegExp(`^${id} .*\n`, "m"), 30_000);
    const line = this.#child.stdout.match(new RegExp(`^${id} (.*)\n`, "m"))![1]!;
    return JSON.parse(line);
  }

  /** The host's counters. */
  async counters(): Promise<Record<string, number>> {
    return await this.ask("counters") as Record<string, number>;
  }

  /** Runs a Python script with scapy inside; `argv` follow the script. */
  async scapy(script: string): Promise<string> {
    const prelude = "import logging\nlogging.getLogger('scapy').setLevel(logging.ERROR)\n" +
      "from scapy.all import *\nconf.verb = 0\n";
    const { stdout } = await this.namespace.run("/usr/bin/python3", ["-c", prelude + script]);
    return stdout;
  }

  /** Ends the host and removes the namespace. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.namespace[Symbol.asyncDispose]();
  }
}
