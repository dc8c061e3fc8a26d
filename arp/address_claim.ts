/**
 * Claims to addresses: each is probed, announced, held, defended and perhaps lost (RFC 5227 §2).
 *
 * @module
 */
import { MacAddress } from "@octet/netip/mac-address";
import type { NodeParent, Random } from "@octet/wire";
import type { Announcer } from "./announcer.ts";
import {
  AcdTime,
  type AddressDefence,
  ClaimState,
  type ConflictDetection,
  longestDetection,
} from "./conflict_detection.ts";
import { AddressProbe, ProbeState } from "./probe.ts";

/** How an address is claimed. */
export interface AddressClaimOptions {
  /** When it is probed; `"before"` its use when left out. */
  readonly detection?: ConflictDetection;
  /** How long probing may take at most, in milliseconds; RFC 5227's 7000 when left out. */
  readonly duration?: number;
  /** What is done in a conflict; `"defend"` when left out. */
  readonly defence?: AddressDefence;
  /** Called when {@linkcode AddressClaim.state} has changed; the claim is not over before it is `Lost`. */
  readonly onChange?: (claim: AddressClaim, now: number) => void;
  /** Called when another station uses the address and it has been defended: every ten seconds at most. */
  readonly onConflict?: (claim: AddressClaim, now: number) => void;
}

/** One claim; see {@linkcode Arp.claim}. */
export class AddressClaim {
  /** The address, host order. */
  readonly address: number;
  /** What is done in a conflict. */
  readonly defence: AddressDefence;
  /** The other station of the latest conflict, `null` before there was one. */
  rival: MacAddress | null = null;
  /** How many packets of other stations with the address have been seen. */
  conflicts = 0;
  /** How it stands. */
  state: ClaimState;
  /** When the address was defended last, in milliseconds. */
  defendedAt: number = -Infinity;
  /** What asks the link, while it is asked. */
  probe: AddressProbe | null = null;
  /** Who is told. */
  readonly options: AddressClaimOptions;

  /** Use {@linkcode Arp.claim}. */
  constructor(address: number, state: ClaimState, options: AddressClaimOptions) {
    this.address = address >>> 0;
    this.state = state;
    this.defence = options.defence ?? "defend";
    this.options = options;
  }

  /** Whether the address may be used. */
  get isUsable(): boolean {
    return this.state === ClaimState.Tentative || this.state === ClaimState.Held;
  }
}

/** What {@linkcode AddressClaims} are made of. */
export interface AddressClaimsSetup {
  /** The link's own hardware address. */
  readonly hardwareAddress: MacAddress;
  /** For the delays of probes. */
  readonly random: Random;
  /** Where announcements wait. */
  readonly announcer: Announcer;
  /** Announcements are to be sent. */
  readonly onAnnounce: () => void;
}

/** All claims on one link. */
export class AddressClaims {
  /** How many probes have ended in a conflict since one did not. */
  conflictCount = 0;
  readonly #setup: AddressClaimsSetup;
  readonly #claims: AddressClaim[] = [];
  /** Of addresses that were never claimed, but are ours: when each was defended last. */
  readonly #defences: { readonly address: number; time: number }[] = [];
  #probedAt = -Infinity;

  /** Begins without claims. */
  constructor(setup: AddressClaimsSetup) {
    this.#setup = setup;
  }

  /** The claims that are not over. */
  get list(): readonly AddressClaim[] {
    return this.#claims;
  }

  /** Claims an address; see {@linkcode Arp.claim}. */
  add(
    parent: NodeParent,
    address: number,
    now: number,
    options: AddressClaimOptions,
  ): AddressClaim {
    const { detection = "before", duration = longestDetection } = options;
    const isSlow = this.conflictCount >= AcdTime.maxConflicts;
    // RFC 5227 §2.1.1: after many conflicts one address a minute, and none is used before it was asked for.
    const isInUse = detection === "optimistic" && !isSlow;
    const state = detection === "off"
      ? ClaimState.Held
      : isInUse
      ? ClaimState.Tentative
      : ClaimState.Probing;
    const claim = new AddressClaim(address, state, options);
    if (detection === "off") {
      this.#announce(claim, now);
    } else {
      const earliest = isSlow ? this.#probedAt + AcdTime.rateLimitInterval : now;
      this.#probedAt = Math.max(now, earliest);
      claim.probe = new AddressProbe({
        address: claim.address,
        hardwareAddress: this.#setup.hardwareAddress,
        random: this.#setup.random,
        now: this.#probedAt,
        duration: isSlow ? longestDetection : duration,
        isInUse,
        onChange: (time) => this.#won(claim, time),
      });
      claim.probe.attach(parent);
    }
    this.#claims.push(claim);
    return claim;
  }

  /** Gives a claim up; nobody is told. */
  remove(claim: AddressClaim): void {
    const index = this.#claims.indexOf(claim);
    if (index < 0) return;
    this.#claims.splice(index, 1);
    this.#setup.announcer.remove(claim.address);
    claim.probe?.detach();
    claim.probe = null;
    claim.state = ClaimState.Lost;
  }

  /**
   * Takes note of an ARP packet of another station.
   *
   * @param operation The packet's operation.
   * @param sender Its sender's IPv4 address, signed.
   * @param target Its target's IPv4 address, signed.
   * @param bytes Where its sender's hardware address lies.
   * @param offset At which offset.
   * @param now Milliseconds.
   */
  observe(
    operation: number,
    sender: number,
    target: number,
    bytes: Uint8Array,
    offset: number,
    now: number,
  ): void {
    const claims = this.#claims;
    for (let i = claims.length - 1; i >= 0; i--) {
      const claim = claims[i];
      // Whoever is told of a change may give up others.
      if (claim === undefined) continue;
      const { probe } = claim;
      if (probe === null) continue;
      probe.observe(operation, sender, target, now);
      if (probe.state !== ProbeState.Conflict) continue;
      this.conflictCount++;
      this.#meet(claim, bytes, offset);
      this.#lose(claim, now);
    }
  }

  /**
   * Another station uses an address that is ours (RFC 5227 §2.4). Addresses that were never claimed are insisted on.
   *
   * @param address Signed.
   * @returns Whether the address is still ours.
   */
  contest(address: number, bytes: Uint8Array, offset: number, now: number): boolean {
    const claim = this.#claims.find((one) => (one.address | 0) === address);
    if (claim === undefined) {
      this.#insist(address, now);
      return true;
    }
    this.#meet(claim, bytes, offset);
    const isRecent = now - claim.defendedAt < AcdTime.defendInterval;
    if (claim.defence === "yield" || claim.defence === "defend" && isRecent) {
      this.#lose(claim, now);
      return false;
    }
    // Who floods the link with conflicts is neither answered nor told of more often than that.
    if (isRecent) return true;
    claim.defendedAt = now;
    this.#defend(address, now);
    claim.options.onConflict?.(claim, now);
    return true;
  }

  /** Nobody has answered for an address. */
  #won(claim: AddressClaim, now: number): void {
    const { probe } = claim;
    // The probe tells of conflicts too; those come by observe.
    if (probe === null || probe.state !== ProbeState.Free) return;
    probe.detach();
    claim.probe = null;
    this.conflictCount = 0;
    claim.state = ClaimState.Held;
    this.#announce(claim, now);
    claim.options.onChange?.(claim, now);
  }

  #lose(claim: AddressClaim, now: number): void {
    this.remove(claim);
    claim.options.onChange?.(claim, now);
  }

  #meet(claim: AddressClaim, bytes: Uint8Array, offset: number): void {
    claim.conflicts++;
    claim.rival = MacAddress.read(bytes, offset);
  }

  #insist(address: number, now: number): void {
    const known = this.#defences.find((one) => one.address === address);
    if (known !== undefined && now - known.time < AcdTime.defendInterval) return;
    if (known !== undefined) known.time = now;
    else {
      const stale = this.#defences.findIndex(({ time }) => now - time >= AcdTime.defendInterval);
      if (stale >= 0) this.#defences.splice(stale, 1);
      this.#defences.push({ address, time: now });
    }
    this.#defend(address, now);
  }

  #announce(claim: AddressClaim, now: number): void {
    this.#setup.announcer.add(claim.address, now);
    this.#setup.onAnnounce();
  }

  #defend(address: number, now: number): void {
    this.#setup.announcer.add(address, now, { count: 1 });
    this.#setup.onAnnounce();
  }
}
