/**
 * Passing datagrams on between interfaces (RFC 1812 §5): what may be passed on, time to live, errors and redirects,
 * and what the next link and its device ask for.
 *
 * @module
 */
import { type Packet, Verdict } from "@octet/wire";
import * as wire from "@octet/wire";
import * as addressTable from "./address_table.ts";
import type { Ipv4Counters } from "./counters.ts";
import type { Departure } from "./departure.ts";
import * as departureModule from "./departure.ts";
import type { ErrorReporter } from "./errors.ts";
import type { Ipv4Interface } from "./interface.ts";
import type { RouteTable } from "./route_table.ts";
import { Translation, type Translator } from "./translator.ts";

// V8 folds constants of a module; what is imported it loads and checks at each use. See ARCHITECTURE.md.
const readU16 = wire.readU16;
const writeU16 = wire.writeU16;
const { isLinkLocal } = addressTable;
const { segmentLength } = departureModule;
const { Filtered, NoRoute, Ok } = Verdict;
const { Drop } = Translation;

/** What a {@linkcode Forwarder} needs of the IP node. */
export interface ForwarderNetwork {
  /** Where datagrams go. */
  readonly routes: RouteTable;
  /** What is counted. */
  readonly counters: Ipv4Counters;
  /** Who tells senders what went wrong. */
  readonly errorReporter: ErrorReporter | null;
  /** Who rewrites addresses. */
  readonly translator: Translator | null;
  /** How datagrams get into the queues of interfaces. */
  readonly departure: Departure;
  /** Whether an address is a broadcast address of one of our subnets. */
  isBroadcast(address: number): boolean;
  /** Enters an interface into the record route and timestamp options of a datagram. */
  recordHop(
    packet: Packet,
    offset: number,
    headerLength: number,
    address: number,
    now: number,
  ): void;
  /** The address that an interface speaks from toward a next hop; 0 when the host has none. */
  sourceOn(via: Ipv4Interface, nextHop: number, destination: number): number;
  /** Keeps a fragment until its datagram is whole; `null` until then. */
  reassemble(
    packet: Packet,
    offset: number,
    headerLength: number,
    end: number,
    now: number,
  ): Packet | null;
  /** Takes back what `reassemble` gave. */
  recycle(whole: Packet): void;
}

/** More fragments follow, or this is not the first. */
const fragmentMask = 0x3fff;
const dontFragment = 0x4000;

/** Passes datagrams on. It allocates nothing per datagram. */
export class Forwarder {
  /** Whether senders are told of a better router on their own link (RFC 1812 §5.2.7.2). */
  sendsRedirects = true;
  readonly #network: ForwarderNetwork;

  /** Makes a forwarder for an IP node. */
  constructor(network: ForwarderNetwork) {
    this.#network = network;
  }

  /**
   * Passes a datagram on, or tells its sender why not. Its header has been checked; `packet.source` and
   * `packet.destination` are set.
   *
   * @param via The interface it came in by.
   * @param packet Where it lies; header and facts are changed.
   * @param offset Where its IP header begins.
   * @param headerLength The header's length in bytes.
   * @param end Where it ends (exclusive).
   * @param isTranslated Whether its destination was changed on arrival.
   * @param now Milliseconds.
   * @returns `Ok` when it waits for its turn at the next interface.
   */
  forward(
    via: Ipv4Interface,
    packet: Packet,
    offset: number,
    headerLength: number,
    end: number,
    isTranslated: boolean,
    now: number,
  ): Verdict {
    const { counters, routes } = this.#network;
    const bytes = packet.bytes;
    const destination = packet.destination | 0;
    if (!this.#mayPass(packet)) {
      counters.inAddrErrors++;
      return Filtered;
    }
    // RFC 1812 §5.3.1: one hop less; who would arrive with none is told so.
    if (bytes[offset + 8]! <= 1) {
      counters.inHdrErrors++;
      this.#refuse(11, 0, 0, packet, offset, end, isTranslated, now);
      return Filtered;
    }
    const route = routes.find(destination);
    if (route === null) {
      counters.inNoRoutes++;
      this.#refuse(3, 0, 0, packet, offset, end, isTranslated, now);
      return NoRoute;
    }
    const out = route.interface;
    // Signed on the way: an unsigned number above 2^31 that is passed on is boxed.
    const nextHop = route.gateway === 0 ? destination : route.gateway | 0;
    packet.nextHop = nextHop >>> 0;
    const segment = segmentLength(packet, offset, headerLength, end, bytes[offset + 9]!);
    // From outside comes in what a mapping leads in, and nothing else.
    if (via.translates && !isTranslated && !out.translates && this.#network.translator !== null) {
      counters.inAddrErrors++;
      return Filtered;
    }
    const mustNotCut = (readU16(bytes, offset + 6) & dontFragment) !== 0;
    if (segment > out.mtu && mustNotCut) {
      counters.fragFails++;
      this.#refuse(3, 4, out.mtu, packet, offset, end, isTranslated, now);
      return Filtered;
    }
    if (out === via && this.sendsRedirects && !isTranslated) {
      this.#redirect(via, packet, offset, end, now);
    }
    if (out.translates && this.#network.translator !== null) {
      // RFC 4787 §11: ports stand in the first fragment only.
      if (isFragment(bytes, offset)) {
        return this.#forwardWhole(via, packet, offset, headerLength, end, now);
      }
      if (!this.#translate(out, packet, nextHop, offset, end, now)) return Filtered;
    }
    if (headerLength > 20) {
      const address = this.#network.sourceOn(out, nextHop, destination);
      this.#network.recordHop(packet, offset, headerLength, address, now);
    }
    decrementTimeToLive(bytes, offset);
    counters.forwDatagrams++;
    counters.outOctets += end - offset;
    return this.#network.departure.leave(out, packet, offset, headerLength, end);
  }

  #forwardWhole(
    via: Ipv4Interface,
    packet: Packet,
    offset: number,
    headerLength: number,
    end: number,
    now: number,
  ): Verdict {
    const network = this.#network;
    const whole = network.reassemble(packet, offset, headerLength, end, now);
    if (whole === null) return Ok;
    const start = whole.networkOffset;
    const verdict = this.forward(
      via,
      whole,
      start,
      headerLengthAt(whole),
      whole.length,
      false,
      now,
    );
    network.recycle(whole);
    return verdict;
  }

  /** RFC 1812 §5.3.4, §5.3.5, §4.2.2.11, RFC 2644, RFC 3927 §7: what stays on its link. */
  #mayPass(packet: Packet): boolean {
    if (packet.isLinkBroadcast || packet.isLinkForeign) return false;
    const source = packet.source | 0;
    const destination = packet.destination | 0;
    const first = destination >>> 24;
    return first !== 0 && first < 224 && first !== 127 && source >>> 24 !== 0 &&
      !isLinkLocal(destination) && !isLinkLocal(source) && !this.#network.isBroadcast(destination);
  }

  #translate(
    out: Ipv4Interface,
    packet: Packet,
    nextHop: number,
    offset: number,
    end: number,
    now: number,
  ): boolean {
    const { translator, counters } = this.#network;
    if (translator === null) return true;
    const external = out.addresses.toward(nextHop, packet.destination | 0);
    if (external === 0) {
      counters.inDiscards++;
      return false;
    }
    if (translator.outbound(packet, offset, end, external, now) !== Drop) {
      return true;
    }
    counters.inDiscards++;
    return false;
  }

  /** RFC 1812 §5.2.7.2: out by the interface it came in by, and its sender could have asked the next hop itself. */
  #redirect(via: Ipv4Interface, packet: Packet, offset: number, end: number, now: number): void {
    const { entries } = via.addresses;
    for (let i = 0; i < entries.length; i++) {
      const { prefix } = entries[i]!;
      if (prefix.contains(packet.source) && prefix.contains(packet.nextHop)) {
        this.#network.errorReporter?.reportError(5, 1, packet.nextHop, packet, offset, end, now);
        return;
      }
    }
  }

  /** Tells the sender, in terms of the addresses that it knows. */
  #refuse(
    type: number,
    code: number,
    info: number,
    packet: Packet,
    offset: number,
    end: number,
    isTranslated: boolean,
    now: number,
  ): void {
    const { translator, errorReporter } = this.#network;
    if (isTranslated) translator?.revert(packet, offset, end);
    errorReporter?.reportError(type, code, info, packet, offset, end, now);
  }
}

/**
 * Subtracts a hop, and the header checksum with it (RFC 1624 §3).
 *
 * @param bytes The buffer.
 * @param offset Where the IP header begins; its time to live is at least 1.
 */
export function decrementTimeToLive(bytes: Uint8Array, offset: number): void {
  bytes[offset + 8] = bytes[offset + 8]! - 1;
  // The word holds 0x0100 less, so the sum's complement holds 0x0100 more, with the carry brought round.
  const sum = readU16(bytes, offset + 10) + 0x0100;
  writeU16(bytes, offset + 10, sum >= 0xffff ? sum + 1 : sum);
}

/** The length of a datagram's IP header, in bytes. */
export function headerLengthAt(packet: Packet): number {
  return (packet.bytes[packet.networkOffset]! & 0x0f) << 2;
}

/** Whether a datagram is a fragment of one. */
export function isFragment(bytes: Uint8Array, offset: number): boolean {
  return (readU16(bytes, offset + 6) & fragmentMask) !== 0;
}
