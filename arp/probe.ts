/**
 * Is an address free? Probing before use (RFC 5227 §2.1): a client that was given an address asks
 * the link for it without claiming it, and takes it only when nobody answers.
 *
 * @module
 */
import { EtherType } from "@octet/ethernet/ether-type";
import type { MacAddress } from "@octet/netip";
import { BaseNode, type Packet, type Random, randomBelow, Verdict, writeU32 } from "@octet/wire";
import { AcdTime, longestDetection } from "./conflict_detection.ts";
import { arpFrameLength, ArpOperation, writeArpHeader } from "./frame.ts";

/** How far a probe has come. */
export const ProbeState = {
  /** Still asking. */
  Probing: 0,
  /** Nobody answered in time: the address may be used. */
  Free: 1,
  /** Somebody uses the address, or is asking for it at this moment. */
  Conflict: 2,
} as const;

/** One of the states of {@linkcode ProbeState}. */
export type ProbeState = (typeof ProbeState)[keyof typeof ProbeState];

/** How an {@linkcode AddressProbe} is set up. */
export interface AddressProbeOptions {
  /** The address in question, host order. */
  readonly address: number;
  /** The link's own hardware address. */
  readonly hardwareAddress: MacAddress;
  /** For the delays. */
  readonly random: Random;
  /** When to begin, in milliseconds. */
  readonly now: number;
  /** How long it may take at most, in milliseconds: RFC 5227's times, 7 s at most, are scaled to it. 7000. */
  readonly duration?: number;
  /** Whether the address is in use already: the first probe goes at once, and another's probe is no conflict. */
  readonly isInUse?: boolean;
  /** Called once, when the state is no longer `Probing`. */
  readonly onChange?: (now: number) => void;
}

/**
 * A probe for one address. Give it to {@linkcode Arp.addProbe}, wait until
 * {@linkcode AddressProbe.state} changes, and take it away with {@linkcode Arp.removeProbe}.
 */
export class AddressProbe extends BaseNode {
  /** The address in question, host order. */
  readonly address: number;
  #state: ProbeState = ProbeState.Probing;
  #left: number = AcdTime.probeNum;
  readonly #hardwareAddress: MacAddress;
  readonly #random: Random;
  readonly #scale: number;
  readonly #isInUse: boolean;
  readonly #onChange: ((now: number) => void) | undefined;

  /**
   * Makes a probe that begins after a random part of its initial delay.
   *
   * @throws {RangeError} When the duration is none.
   */
  constructor(options: AddressProbeOptions) {
    super();
    const { address, duration = longestDetection, isInUse = false, now } = options;
    if (!(duration >= 0 && duration < Infinity)) {
      throw new RangeError(`Cannot probe for ${duration} ms as that is no duration`);
    }
    this.protocol = EtherType.Arp;
    this.address = address;
    this.#hardwareAddress = options.hardwareAddress;
    this.#random = options.random;
    this.#scale = duration / longestDetection;
    this.#isInUse = isInUse;
    this.#onChange = options.onChange;
    this.wakeAt(now + (isInUse ? 0 : this.#between(0, AcdTime.probeWait)));
  }

  /** How far the probe has come. */
  get state(): ProbeState {
    return this.#state;
  }

  /**
   * Takes note of an ARP packet from another station (RFC 5227 §2.1.1).
   *
   * @param operation The packet's operation.
   * @param sender Its sender's IPv4 address, signed.
   * @param target Its target's IPv4 address, signed.
   * @param now Milliseconds.
   */
  observe(operation: number, sender: number, target: number, now: number): void {
    const address = this.address | 0;
    const isRival = operation === ArpOperation.Request && (sender | 0) === 0 &&
      (target | 0) === address && !this.#isInUse;
    if ((sender | 0) === address || isRival) this.#finish(ProbeState.Conflict, now);
  }

  /** Takes nothing itself: the {@linkcode Arp} node calls {@linkcode observe}. */
  override demux(): Verdict {
    return Verdict.NoProtocol;
  }

  /** Writes a probe when one is due; see {@linkcode BaseNode.encapsulate}. */
  override encapsulate(packet: Packet, _ipOffset: number, offset: number, now: number): number {
    if (this.#state !== ProbeState.Probing || this.wakeTime > now && this.wakeTime !== Infinity) {
      return 0;
    }
    if (this.#left === 0) {
      this.#finish(ProbeState.Free, now);
      return 0;
    }
    this.#left--;
    const { announceWait, probeMin, probeMax } = AcdTime;
    this.wakeAt(
      now +
        (this.#left === 0
          ? this.#between(announceWait, announceWait)
          : this.#between(probeMin, probeMax)),
    );
    const bytes = packet.bytes;
    for (let i = 14; i > 8; i--) bytes[offset - i] = 0xff;
    writeArpHeader(bytes, offset, ArpOperation.Request);
    this.#hardwareAddress.writeTo(bytes, offset + 8);
    writeU32(bytes, offset + 14, 0);
    for (let i = 18; i < 24; i++) bytes[offset + i] = 0;
    writeU32(bytes, offset + 24, this.address);
    return arpFrameLength;
  }

  /** A random time, uniformly distributed (RFC 5227 §2.1.1), on the scale of this probe. */
  #between(least: number, most: number): number {
    return this.#scale * (least + randomBelow(this.#random, most - least + 1));
  }

  #finish(state: ProbeState, now: number): void {
    if (this.#state !== ProbeState.Probing) return;
    this.#state = state;
    this.wakeAt(Infinity);
    this.#onChange?.(now);
  }
}
