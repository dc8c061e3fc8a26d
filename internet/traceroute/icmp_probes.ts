/**
 * Echo requests as probes: a router answers "time exceeded", the destination with an echo reply.
 *
 * @module
 */
import { EchoClient, Icmpv4Type } from "@octet/icmpv4";
import type { Stack } from "../stack.ts";
import { type ProbeAnswer, type ProbeLooks, type Probes, unheard } from "./probes.ts";

/** Length of the IP and ICMP headers, in bytes. */
const headers = 28;

/** Probes by ICMP. */
export class IcmpProbes implements Probes {
  /** Called with each answer. */
  onAnswer: (answer: ProbeAnswer) => void = unheard;
  readonly #stack: Stack;
  readonly #clients: Map<number, EchoClient> = new Map();
  readonly #looks: ProbeLooks;

  /** Prepares probes. */
  constructor(stack: Stack, looks: ProbeLooks) {
    this.#stack = stack;
    this.#looks = looks;
  }

  /** Sends a probe; each time to live has a client of its own. */
  send(index: number, ttl: number): void {
    const { destination, length, trafficClass, mayFragment } = this.#looks;
    const client = new EchoClient({
      destination,
      hopLimit: ttl,
      trafficClass,
      mayFragment,
      length: Math.max(0, length - headers),
      onResult: () => {
        const result = client.takeResult();
        if (result === null || result.isDuplicate) return;
        const type = result.type === Icmpv4Type.EchoReply ? -1 : result.type;
        this.onAnswer({ index, source: result.source, type, code: result.code, info: result.info });
      },
    });
    this.#clients.set(index, client);
    this.#stack.icmp.register(client);
    client.request();
  }

  /** Nobody waits for this probe any more. */
  forget(index: number): void {
    const client = this.#clients.get(index);
    if (client === undefined) return;
    this.#clients.delete(index);
    this.#stack.icmp.unregister(client);
  }

  /** Ends all. */
  close(): void {
    for (const index of [...this.#clients.keys()]) this.forget(index);
  }
}
