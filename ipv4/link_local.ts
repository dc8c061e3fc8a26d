/**
 * An address without anybody to ask for one: 169.254.1.0 to 169.254.254.255, claimed on the link (RFC 3927).
 *
 * @module
 */
import type { MacAddress } from "@octet/netip";
import { type Random, randomBelow, SeededRandom } from "@octet/wire";

/** The prefix length of link-local addresses: 169.254.0.0/16. */
export const linkLocalPrefixLength = 16;

/** RFC 3927 §2.1: the first and the last 256 addresses of 169.254.0.0/16 are reserved. */
const firstAddress = 0xa9fe0100;
const addressCount = 0xfe00;

/** A claim to an address, as far as it matters here; `AddressClaim` of ARP is one. */
export interface LinkLocalClaim {
  /** The address, host order. */
  readonly address: number;
  /** Whether it may be used. */
  readonly isUsable: boolean;
}

/** How a claim is made. */
export interface LinkLocalClaimOptions {
  /** It is probed before it is used (RFC 3927 §2.2). */
  readonly detection: "before";
  /** It is defended once in ten seconds, and given up when that does not help (RFC 3927 §2.5 (b)). */
  readonly defence: "defend";
  /** How long probing may take at most, in milliseconds; RFC 3927's 7000 when left out. */
  readonly duration?: number;
  /** Called when the claim has been won or lost. */
  readonly onChange: (claim: LinkLocalClaim, now: number) => void;
}

/**
 * Where addresses are claimed: an ARP node is one. It probes, announces and defends by RFC 5227, whose rules and times
 * are those of RFC 3927, the limit on new addresses after ten conflicts included.
 */
export interface LinkLocalClaims {
  /** Claims an address, host order. */
  claim(address: number, now: number, options: LinkLocalClaimOptions): LinkLocalClaim;
  /** Gives a claim up. */
  release(claim: LinkLocalClaim): void;
}

/** How a {@linkcode LinkLocal} is set up. */
export interface LinkLocalOptions {
  /** Where addresses are claimed. */
  readonly claims: LinkLocalClaims;
  /** The interface's own: a host tries the same addresses each time (RFC 3927 §2.1). */
  readonly hardwareAddress: MacAddress;
  /** An address to try first, host order, such as the one it had before; 0, or left out, for none. */
  readonly preferred?: number;
  /** How long probing may take at most, in milliseconds; 7000 when left out. */
  readonly duration?: number;
  /** Called with the address that may be used from now on, host order, and with 0 when it may not any more. */
  readonly onAddress: (address: number, now: number) => void;
}

/**
 * Gets a link-local address and keeps it: one is chosen, probed, announced and defended; when another station has it,
 * the next is chosen.
 *
 * - Getters: {@linkcode LinkLocal.address}, {@linkcode LinkLocal.isRunning}.
 * - What the network does to it: it hears of its claim.
 * - What the application does to it: {@linkcode LinkLocal.start}, {@linkcode LinkLocal.stop}.
 *
 * @example
 * ```ts
 * import { LinkLocal, type LinkLocalClaimOptions } from "@octet/ipv4";
 * import { formatIpv4, MacAddress } from "@octet/netip";
 * import { assertEquals } from "@std/assert";
 *
 * // A link on which somebody has whatever is asked for first, and nobody what is asked for then.
 * const asked: { address: number; options: LinkLocalClaimOptions }[] = [];
 * const linkLocal = new LinkLocal({
 *   hardwareAddress: MacAddress.parse("02:00:00:00:00:01"),
 *   claims: {
 *     claim(address, _now, options) {
 *       asked.push({ address, options });
 *       return { address, isUsable: false };
 *     },
 *     release() {},
 *   },
 *   onAddress() {},
 * });
 * linkLocal.start(0);
 * const [first] = asked;
 * first!.options.onChange({ address: first!.address, isUsable: false }, 300);
 * assertEquals([asked.length, linkLocal.address], [2, 0]);
 * const second = asked[1]!;
 * second.options.onChange({ address: second.address, isUsable: true }, 6000);
 * assertEquals(formatIpv4(linkLocal.address).slice(0, 8), "169.254.");
 * ```
 */
export class LinkLocal {
  readonly #options: LinkLocalOptions;
  #random: Random;
  #claim: LinkLocalClaim | null = null;
  #address = 0;

  /**
   * Makes one that does nothing until {@linkcode LinkLocal.start}.
   *
   * @throws {RangeError} When the preferred address cannot be a host's link-local one.
   */
  constructor(options: LinkLocalOptions) {
    const { preferred = 0, hardwareAddress } = options;
    if (preferred !== 0 && !isAssignable(preferred)) {
      throw new RangeError(
        "Cannot prefer that address as it is not from 169.254.1.0 to 169.254.254.255",
      );
    }
    this.#options = options;
    this.#random = new SeededRandom(hardwareAddress.toNumber());
  }

  /** The address that may be used, host order; 0 while there is none. */
  get address(): number {
    return this.#address;
  }

  /** Whether it has an address or looks for one. */
  get isRunning(): boolean {
    return this.#claim !== null;
  }

  /** Begins to look for an address; nothing happens when it has begun already. */
  start(now: number): void {
    if (this.#claim !== null) return;
    this.#random = new SeededRandom(this.#options.hardwareAddress.toNumber());
    const { preferred = 0 } = this.#options;
    this.#try(preferred === 0 ? this.#choose() : preferred, now);
  }

  /** Gives the address up, or ends the search. */
  stop(now: number): void {
    const claim = this.#claim;
    if (claim === null) return;
    this.#claim = null;
    this.#options.claims.release(claim);
    this.#settle(0, now);
  }

  #choose(): number {
    return firstAddress + randomBelow(this.#random, addressCount);
  }

  #try(address: number, now: number): void {
    const { claims, duration } = this.#options;
    this.#claim = claims.claim(address, now, {
      detection: "before",
      defence: "defend",
      ...(duration === undefined ? {} : { duration }),
      onChange: (claim, time) => this.#changed(claim, time),
    });
  }

  #changed(claim: LinkLocalClaim, now: number): void {
    // Another address was chosen meanwhile, or none is wanted any more.
    if (this.#claim?.address !== claim.address) return;
    if (claim.isUsable) return this.#settle(claim.address, now);
    this.#claim = null;
    this.#settle(0, now);
    // Who was told may have begun anew.
    if (this.#claim === null) this.#try(this.#choose(), now);
  }

  #settle(address: number, now: number): void {
    if (this.#address === address) return;
    this.#address = address;
    this.#options.onAddress(address, now);
  }
}

function isAssignable(address: number): boolean {
  return address >= firstAddress && address < firstAddress + addressCount;
}
