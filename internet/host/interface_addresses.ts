/**
 * The addresses of a host's interface: each is claimed on the link, used while it is ours, and taken away when another
 * station has it (RFC 5227).
 *
 * @module
 */
import {
  type AddressClaim,
  type AddressDefence,
  ClaimState,
  type ConflictDetection,
} from "@octet/arp";
import { AddressTable } from "@octet/ipv4";
import { formatIpv4 } from "@octet/netip/ipv4";
import type { Interface } from "../interface.ts";
import type { RunLoop } from "./run_loop.ts";

/** How long an address is probed for before it is used, in milliseconds: what NetworkManager and systemd-networkd take. */
const defaultProbeTime = 200;

/** Another station uses an address of the host's. */
export interface AddressConflict {
  /** The interface's name. */
  readonly interface: string;
  /** The address. */
  readonly address: string;
  /** The other station's hardware address. */
  readonly mac: string;
  /** Whether the host has given the address up; else it has been defended. */
  readonly isLost: boolean;
}

/** What an interface does about conflicts of addresses (RFC 5227). */
export interface AddressConflictOptions {
  /**
   * When an address is probed: `"before"` its use; while it is in use already (`"optimistic"`); or not at all (`"off"`).
   * When not given, `"optimistic"` for a lease, so that nobody waits, and `"off"` for an address that was set by hand.
   * Link-local addresses are probed before in any case.
   */
  conflictDetection?: ConflictDetection;
  /** How long `"before"` takes at most, in milliseconds; 200 when not given. RFC 5227's own times are 7000. */
  probeTime?: number;
  /**
   * What is done when another station uses an address of ours: `"yield"`, `"defend"` it once, or `"insist"` on it. When
   * not given, `"defend"` for a lease (then it is declined, and another asked for), and `"insist"` for an address that
   * was set by hand, as nobody else could give one.
   */
  defence?: AddressDefence;
  /** Called when another station uses an address of ours: when it is lost, and every ten seconds at most while it is defended. */
  onConflict?: (conflict: AddressConflict) => void;
}

/** How one address is held. */
export interface HoldOptions {
  /** Where the interface's options say nothing. */
  readonly detection: ConflictDetection;
  /** Where the interface's options say nothing. */
  readonly defence: AddressDefence;
  /** Called when the address may be used, and is there. */
  readonly onUsable?: () => void;
  /** Called when another station has it; it is gone. */
  readonly onLost?: (now: number) => void;
}

/** An address that is claimed. */
export interface HeldAddress {
  /** Host order. */
  readonly address: number;
  /** The length of its prefix. */
  readonly prefixLength: number;
  /** Whether it is among the interface's addresses. */
  isUsable: boolean;
  /** The claim; `null` on a link without ARP. */
  claim: AddressClaim | null;
}

/** Holds the addresses of one interface. */
export class InterfaceAddresses {
  /** The interface. */
  readonly via: Interface;
  readonly #loop: RunLoop;
  readonly #options: AddressConflictOptions;
  #waiting: (() => void)[] = [];

  /** Begins without addresses. */
  constructor(loop: RunLoop, via: Interface, options: AddressConflictOptions) {
    this.#loop = loop;
    this.via = via;
    this.#options = options;
  }

  /**
   * Claims an address, and gives it to the interface as soon as it may be used: mostly before this returns.
   *
   * @throws {RangeError} When it is no host address, or there already.
   */
  hold(address: number, prefixLength: number, options: HoldOptions): HeldAddress {
    const { arp } = this.via;
    const held: HeldAddress = {
      address,
      prefixLength,
      isUsable: false,
      claim: null,
    };
    const { probeTime = defaultProbeTime, conflictDetection, defence } = this.#options;
    const detection = conflictDetection ?? options.detection;
    if (arp === null || detection !== "before") this.#use(held, options);
    else if (this.#isTaken(address)) {
      throw new RangeError(`Cannot add address ${formatIpv4(address)} as it is there already`);
    } // What could not be added later is refused now.
    else new AddressTable().add(address, prefixLength);
    held.claim = arp?.claim(address, this.#loop.now(), {
      detection,
      ...(detection === "before" ? { duration: probeTime } : {}),
      defence: defence ?? options.defence,
      onChange: (claim, now) => {
        if (claim.state === ClaimState.Lost) this.#lose(held, claim, options, now);
        else if (claim.isUsable && !held.isUsable && !this.#isTaken(address)) {
          this.#use(held, options);
        }
      },
      onConflict: (claim) => this.tell(claim, false),
    }) ?? null;
    return held;
  }

  /** Gives an address up, and takes it away from the interface. */
  drop(held: HeldAddress): void {
    const { claim } = held;
    held.claim = null;
    if (claim !== null) this.via.arp?.release(claim);
    if (!held.isUsable) return;
    held.isUsable = false;
    this.#loop.stack.removeAddress(held.address);
  }

  /** Gives an address that has been claimed otherwise to the interface. */
  add(address: number, prefixLength: number): void {
    this.#loop.stack.addAddress(address, prefixLength, undefined, this.via);
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }

  /**
   * Waits until the interface has an address.
   *
   * @param signal Ends the wait.
   * @returns The primary address, as text; `null` when the signal ended the wait.
   */
  async wait(signal: AbortSignal): Promise<string | null> {
    while (this.via.addresses.length === 0) {
      if (signal.aborted) return null;
      const changed = Promise.withResolvers<void>();
      this.#waiting.push(changed.resolve);
      signal.addEventListener("abort", () => changed.resolve(), { once: true });
      await this.#loop.wait(changed);
    }
    return formatIpv4(this.via.addresses[0]!.address);
  }

  /** Tells the program of a conflict, once the stack is done with what it is doing. */
  tell(claim: AddressClaim, isLost: boolean): void {
    const { onConflict } = this.#options;
    if (onConflict === undefined) return;
    const conflict: AddressConflict = {
      interface: this.via.name,
      address: formatIpv4(claim.address),
      mac: String(claim.rival),
      isLost,
    };
    queueMicrotask(() => onConflict(conflict));
  }

  /** Whether it is an address of this host already, on whatever interface. */
  #isTaken(address: number): boolean {
    return this.#loop.stack.ipv4.isLocal(address);
  }

  #use(held: HeldAddress, options: HoldOptions): void {
    this.add(held.address, held.prefixLength);
    held.isUsable = true;
    options.onUsable?.();
  }

  #lose(held: HeldAddress, claim: AddressClaim, options: HoldOptions, now: number): void {
    this.drop(held);
    this.tell(claim, true);
    options.onLost?.(now);
  }
}
