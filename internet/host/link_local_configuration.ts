/**
 * A link-local address of a host's interface: always, or while no lease is to be had (RFC 3927 §1.9, §2.11).
 *
 * @module
 */
import { LinkLocal, linkLocalPrefixLength } from "@octet/ipv4";
import { BaseNode, Verdict } from "@octet/wire";
import type { InterfaceAddresses } from "./interface_addresses.ts";
import type { RunLoop } from "./run_loop.ts";

/** How long a lease is waited for, in milliseconds: two messages to servers are without an answer then. */
const fallbackDelay = 10_000;

/** Looks for a link-local address when it is told to, or some time after. */
export class LinkLocalConfiguration extends BaseNode {
  readonly #linkLocal: LinkLocal;
  readonly #loop: RunLoop;

  /**
   * Prepares the search.
   *
   * @throws {TypeError} When the interface has no Ethernet.
   */
  constructor(loop: RunLoop, addresses: InterfaceAddresses) {
    super();
    const { via } = addresses;
    const { arp, link } = via;
    if (arp === null || link === null) {
      throw new TypeError(`Cannot use link-local addresses on ${via.name} as it has no Ethernet`);
    }
    this.#loop = loop;
    let current = 0;
    this.#linkLocal = new LinkLocal({
      claims: arp,
      hardwareAddress: via.hardwareAddress,
      onAddress: (address) => {
        if (current !== 0) loop.stack.removeAddress(current);
        current = address;
        if (address !== 0) addresses.add(address, linkLocalPrefixLength);
      },
    });
    this.attach(link);
  }

  /** The address, host order; 0 while there is none. */
  get address(): number {
    return this.#linkLocal.address;
  }

  /** Looks for an address at once. */
  start(): void {
    this.wakeAt(Infinity);
    this.#linkLocal.start(this.#loop.now());
  }

  /** Looks for an address when {@linkcode stop} is not called before long. */
  startLater(): void {
    if (this.#linkLocal.isRunning || this.wakeTime !== Infinity) return;
    this.wakeAt(this.#loop.now() + fallbackDelay);
  }

  /** Gives the address up, or looks for none. */
  stop(): void {
    this.wakeAt(Infinity);
    this.#linkLocal.stop(this.#loop.now());
  }

  /** Takes nothing: it is here for its timer. */
  override demux(): Verdict {
    return Verdict.NoProtocol;
  }

  /** Begins, as there is no lease still; writes nothing itself. */
  override encapsulate(_packet: unknown, _ipOffset: number, _offset: number, now: number): number {
    this.#linkLocal.start(now);
    return 0;
  }
}
