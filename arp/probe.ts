/**
 * Is an address free? Probing before use (RFC 5227 §2.1): a client that was given an address asks
 * the link for it without claiming it, and takes it only when nobody answers.
 *
 * @module
 */
import { EtherType } from "@octet/ethernet";
import type { MacAddress } from "@octet/netip";
import { BaseNode, type Packet, type Random, randomBelow, Verdict, writeU32 } from "@octet/wire";
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

/** How an {@linkcode AddressProbe} is set up. Times are RFC 5227 §1.1's when left out. */
export interface AddressProbeOptions {
  /** The address in question, host order. */
  readonly address: number;
  /** The link's own hardware address. */
  readonly hardwareAddress: MacAddress;
  /** For the delays. */
  readonly random: Random;
  /** When to begin, in milliseconds. */
  readonly now: number;
  /** How many probes are sent; 3 (PROBE_NUM). */
  readonly probes?: number;
  /** The longest initial delay in milliseconds; 1000 (PROBE_WAIT). */
  readonly wait?: number;
  /** The shortest time between probes in milliseconds; 1000 (PROBE_MIN). */
  readonly minimumInterval?: number;
  /** The longest time between probes in milliseconds; 2000 (PROBE_MAX). */
  readonly maximumInterval?: number;
  /** How long answers to the last probe are awaited, in milliseconds; 2000 (ANNOUNCE_WAIT). */
  readonly announceWait?: number;
  /** Called once, when the state is no longer `Probing`. */
  readonly onChange?: () => void;
}

/**
 * A probe for one address. Give it to {@linkcode Arp.addProbe}, wait until
 * {@linkcode AddressProbe.state} changes, and take it away with {@linkcode Arp.removeProbe}.
 */
export class AddressProbe extends BaseNode {
  /** The address in question, host order. */
  readonly address: number;
  #state: ProbeState = ProbeState.Probing;
  #left: number;
  readonly #options: Required<Omit<AddressProbeOptions, "onChange">>;
  readonly #onChange: (() => void) | undefined;

  /** Makes a probe that begins after a random part of its initial delay. */
  constructor(options: AddressProbeOptions) {
    super();
    this.protocol = EtherType.Arp;
    this.address = options.address;
    this.#options = {
      probes: 3,
      wait: 1000,
      minimumInterval: 1000,
      maximumInterval: 2000,
      announceWait: 2000,
      ...options,
    };
    this.#onChange = options.onChange;
    this.#left = this.#options.probes;
    this.wakeAt(options.now + randomBelow(options.random, this.#options.wait + 1));
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
   * @param _now Milliseconds.
   */
  observe(operation: number, sender: number, target: number, _now: number): void {
    const address = this.address | 0;
    const isRival = operation === ArpOperation.Request && sender === 0 && target === address;
    if (sender === address || isRival) this.#finish(ProbeState.Conflict);
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
      this.#finish(ProbeState.Free);
      return 0;
    }
    const { random, minimumInterval, maximumInterval, announceWait } = this.#options;
    this.#left--;
    this.wakeAt(
      now +
        (this.#left === 0
          ? announceWait
          : minimumInterval + randomBelow(random, maximumInterval - minimumInterval + 1)),
    );
    const bytes = packet.bytes;
    for (let i = 14; i > 8; i--) bytes[offset - i] = 0xff;
    writeArpHeader(bytes, offset, ArpOperation.Request);
    this.#options.hardwareAddress.writeTo(bytes, offset + 8);
    writeU32(bytes, offset + 14, 0);
    for (let i = 18; i < 24; i++) bytes[offset + i] = 0;
    writeU32(bytes, offset + 24, this.address);
    return arpFrameLength;
  }

  #finish(state: ProbeState): void {
    if (this.#state !== ProbeState.Probing) return;
    this.#state = state;
    this.wakeAt(Infinity);
    this.#onChange?.();
  }
}
