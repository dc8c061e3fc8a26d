/**
 * Which routers answer (RFC 1122 §3.3.1.4, §3.3.1.5): one that does not, when it is asked for its hardware address, is
 * avoided while there is another way, and asked again from time to time until it answers.
 *
 * @module
 */
import { BaseNode, Verdict } from "@octet/wire";
import type { RouteTable } from "@octet/ipv4";
import type { Interface } from "./interface.ts";

/** How often a silent router is asked again, in milliseconds. */
const askInterval = 10_000;
/** How long it has for its answer, in milliseconds; ARP asks three times, a second apart. */
const answerTime = 3500;

interface Silent {
  readonly via: Interface;
  readonly gateway: number;
}

/** Watches routers that do not answer. No datagram of a program's is used to find out. */
export class GatewayMonitor extends BaseNode {
  readonly #routes: RouteTable;
  readonly #silent: Silent[] = [];
  readonly #hardware: Uint8Array<ArrayBuffer> = new Uint8Array(6);
  #isAsking = false;

  /** Watches the routers of a table. */
  constructor(routes: RouteTable) {
    super();
    this.#routes = routes;
  }

  /** How many routers are known to be silent. */
  get silentCount(): number {
    return this.#silent.length;
  }

  /**
   * A neighbour did not answer.
   *
   * @param via The interface it was asked on.
   * @param neighbour Host order.
   * @param now Milliseconds.
   */
  failed(via: Interface, neighbour: number, now: number): void {
    const isKnown = this.#silent.some((one) => one.gateway === neighbour && one.via === via);
    if (isKnown || !this.#routes.markGateway(neighbour, via.ip, true)) return;
    this.#silent.push({ via, gateway: neighbour });
    if (this.#silent.length > 1) return;
    this.#isAsking = false;
    this.wakeAt(now + askInterval);
  }

  /** Forgets the routers of an interface that is gone. */
  forget(via: Interface): void {
    for (let i = this.#silent.length - 1; i >= 0; i--) {
      if (this.#silent[i]!.via === via) this.#silent.splice(i, 1);
    }
  }

  /** Takes nothing: it stands beside the way of a packet. */
  override demux(): Verdict {
    return Verdict.NoProtocol;
  }

  /** Asks, and some seconds later looks whether there was an answer; writes nothing itself. */
  override encapsulate(_packet: unknown, _ipOffset: number, _offset: number, now: number): number {
    if (this.#silent.length === 0) return 0;
    if (this.#isAsking) this.#look();
    else for (const { via, gateway } of this.#silent) if (via.isUp) via.arp?.query(gateway, now);
    this.#isAsking = !this.#isAsking;
    if (this.#silent.length > 0) this.wakeAt(now + (this.#isAsking ? answerTime : askInterval));
    return 0;
  }

  #look(): void {
    for (let i = this.#silent.length - 1; i >= 0; i--) {
      const { via, gateway } = this.#silent[i]!;
      if (via.arp === null || !via.arp.cache.read(gateway, this.#hardware, 0)) continue;
      this.#routes.markGateway(gateway, via.ip, false);
      this.#silent.splice(i, 1);
    }
  }
}
