/**
 * The IGMP node: tells routers which groups this host wants to hear (RFC 3376, and RFC 2236 and RFC 1112 to routers of
 * old).
 *
 * @module
 */
import { formatIpv4 } from "@octet/netip/ipv4";
import { BaseNode, type Packet, type Random, Verdict } from "@octet/wire";
import {
  IgmpFrame,
  igmpHeaderLength,
  IgmpType,
  writeIgmpMessage,
  writeIgmpReport,
} from "./igmp_frame.ts";
import type { MulticastFilter } from "./igmp_group.ts";
import { allSystems, IgmpInterface } from "./igmp_interface.ts";
import { ipv4HeaderLength } from "./frame.ts";
import { encodeRouterAlert } from "./option_encode.ts";
import { Ipv4Options, Ipv4OptionType } from "./options.ts";
import { IpProtocol } from "./protocol.ts";

/** What IGMP needs of the interfaces of its host. */
export interface IgmpNetwork {
  /** The MTU of an interface in bytes; 0 when there is no such interface. */
  mtuOf(interfaceIndex: number): number;
  /** The first listener to a group has come, or the last one has gone: the interface is to take it, or no more. */
  onMembership(interfaceIndex: number, group: number, isMember: boolean): void;
}

/** What an {@linkcode Igmp} node has counted. */
export interface IgmpCounters {
  /** Messages received. */
  inMsgs: number;
  /** Messages that were malformed, or not as RFC 3376 §9.1 wants them. */
  inErrors: number;
  /** Messages with a wrong checksum. */
  inCsumErrors: number;
  /** Queries received. */
  inQueries: number;
  /** Reports of other hosts received. */
  inReports: number;
  /** Reports sent. */
  outReports: number;
  /** Leaves sent. */
  outLeaves: number;
}

/** RFC 3376 §4: precedence "internetwork control". */
const trafficClass = 0xc0;
const routerAlert = encodeRouterAlert();

/**
 * The IGMP node, child of an IP node. Listeners say what they want of a group on an interface; the node merges that,
 * and reports it.
 *
 * @example
 * ```ts
 * import { everySource, Igmp, Ipv4 } from "@octet/ipv4";
 * import { parseIpv4 } from "@octet/netip";
 * import { Packet, SeededRandom } from "@octet/wire";
 * import { assertEquals } from "@std/assert";
 *
 * const random = new SeededRandom(1);
 * const ipv4 = new Ipv4({ mtu: 1500, random });
 * ipv4.addAddress(parseIpv4("192.0.2.1"), 24);
 * const igmp = new Igmp(random, {
 *   mtuOf: () => 1500,
 *   onMembership: (_index, group) => ipv4.joinGroup(group),
 * });
 * ipv4.register(igmp);
 * igmp.listen(0, parseIpv4("239.1.2.3"), {}, everySource);
 * // An IP header with router alert, a report's header, a record.
 * assertEquals(ipv4.encapsulate(new Packet(1500), 0, 0, 0), 24 + 8 + 8);
 * ```
 */
export class Igmp extends BaseNode {
  /** What was counted so far. */
  readonly counters: IgmpCounters = {
    inMsgs: 0,
    inErrors: 0,
    inCsumErrors: 0,
    inQueries: 0,
    inReports: 0,
    outReports: 0,
    outLeaves: 0,
  };

  readonly #random: Random;
  readonly #network: IgmpNetwork;
  readonly #interfaces: Map<number, IgmpInterface> = new Map();
  readonly #frame: IgmpFrame = new IgmpFrame();
  readonly #options: Ipv4Options = new Ipv4Options();

  /** Makes a node without groups. */
  constructor(random: Random, network: IgmpNetwork) {
    super();
    this.protocol = IpProtocol.Igmp;
    this.#random = random;
    this.#network = network;
  }

  /** Which version is spoken on an interface: that of its oldest querier, 3 without one. */
  versionOn(interfaceIndex: number): 1 | 2 | 3 {
    return this.#interfaces.get(interfaceIndex)?.version ?? 3;
  }

  /**
   * Says what a listener wants of a group from now on; it replaces what the same listener wanted before.
   *
   * @param interfaceIndex On which interface.
   * @param group Host order, signed or unsigned.
   * @param listener Who: any object, such as a socket.
   * @param filter Which senders; `null` for nothing any more.
   * @throws {RangeError} When the address is no multicast group, or there is no such interface.
   */
  listen(
    interfaceIndex: number,
    group: number,
    listener: object,
    filter: MulticastFilter | null,
  ): void {
    if (group >>> 28 !== 0xe) {
      throw new RangeError(`Cannot join ${formatIpv4(group)} as it is no multicast group`);
    }
    const state = this.#stateOf(interfaceIndex);
    if (state === null) {
      throw new RangeError(`Cannot join a group as there is no interface ${interfaceIndex}`);
    }
    const wasHeard = state.hears(group);
    state.listen(group >>> 0, listener, filter);
    const isHeard = state.hears(group);
    if (isHeard !== wasHeard) this.#network.onMembership(interfaceIndex, group >>> 0, isHeard);
    this.#wake(state);
  }

  /** Tells the groups of an interface anew, as after its link was gone. */
  announce(interfaceIndex: number): void {
    const state = this.#interfaces.get(interfaceIndex);
    if (state === undefined) return;
    state.announce();
    this.#wake(state);
  }

  /** Forgets an interface with its groups. */
  removeInterface(interfaceIndex: number): void {
    this.#interfaces.delete(interfaceIndex);
  }

  /** Takes a message; see {@linkcode BaseNode.demux}. */
  override demux(packet: Packet, offset: number, end: number, now: number): Verdict {
    const { counters } = this;
    const frame = this.#frame;
    counters.inMsgs++;
    frame.reset(packet.bytes, offset, end);
    const verdict = frame.validate();
    if (verdict !== Verdict.Ok) {
      counters.inErrors++;
      return verdict;
    }
    if (!frame.hasValidChecksum) {
      counters.inCsumErrors++;
      counters.inErrors++;
      return Verdict.BadChecksum;
    }
    switch (frame.type) {
      case IgmpType.Query:
        return this.#takeQuery(packet, now);
      case IgmpType.ReportV1:
      case IgmpType.ReportV2:
        counters.inReports++;
        if (frame.group !== packet.destination >>> 0) return this.#refuse(Verdict.BadValue);
        this.#interfaces.get(packet.interfaceIndex)?.takeReport(frame.group);
        return Verdict.Ok;
      case IgmpType.Leave:
      case IgmpType.ReportV3:
        // Those are for routers.
        return Verdict.Ok;
      default:
        // RFC 3376 §4: unrecognised types must be silently ignored.
        return Verdict.Unsupported;
    }
  }

  /** Writes the next message; see {@linkcode BaseNode.encapsulate}. */
  override encapsulate(packet: Packet, _ipOffset: number, offset: number, now: number): number {
    let next = Infinity;
    for (const state of this.#interfaces.values()) {
      const message = state.deadline <= now ? state.take(now) : null;
      if (message === null) {
        next = Math.min(next, state.deadline);
        continue;
      }
      const { bytes } = packet;
      for (let i = 0; i < routerAlert.length; i++) bytes[offset + i] = routerAlert[i]!;
      const at = offset + routerAlert.length;
      let length = igmpHeaderLength;
      if (message.type === IgmpType.ReportV3) length = writeIgmpReport(bytes, at, message.records);
      else writeIgmpMessage(bytes, at, message.type, message.group);
      packet.destination = message.destination;
      packet.hopLimit = 1;
      packet.trafficClass = trafficClass;
      packet.interfaceIndex = state.index;
      packet.optionsLength = routerAlert.length;
      if (message.type === IgmpType.Leave) this.counters.outLeaves++;
      else this.counters.outReports++;
      return routerAlert.length + length;
    }
    this.wakeAt(next);
    return 0;
  }

  #takeQuery(packet: Packet, now: number): Verdict {
    const frame = this.#frame;
    this.counters.inQueries++;
    // RFC 3376 §9.1: what a forger beyond the link could send is not listened to.
    const { group } = frame;
    const to = packet.destination >>> 0;
    if (frame.queryVersion !== 1 && !this.#hasRouterAlert(packet)) {
      return this.#refuse(Verdict.Filtered);
    }
    if (group === 0 ? to !== allSystems : group >>> 28 !== 0xe) {
      return this.#refuse(Verdict.BadValue);
    }
    // Who joins later speaks the version of who asks now.
    const state = this.#stateOf(packet.interfaceIndex);
    if (state === null) return Verdict.Ok;
    state.takeQuery(frame, now);
    this.#wake(state);
    return Verdict.Ok;
  }

  #stateOf(interfaceIndex: number): IgmpInterface | null {
    const known = this.#interfaces.get(interfaceIndex);
    if (known !== undefined) return known;
    const mtu = this.#network.mtuOf(interfaceIndex);
    if (mtu === 0) return null;
    const state = new IgmpInterface(interfaceIndex, mtu, this.#random);
    this.#interfaces.set(interfaceIndex, state);
    return state;
  }

  #hasRouterAlert(packet: Packet): boolean {
    const { bytes, networkOffset } = packet;
    const options = this.#options;
    const headerLength = (bytes[networkOffset]! & 0x0f) << 2;
    options.reset(bytes, networkOffset + ipv4HeaderLength, networkOffset + headerLength);
    while (options.next()) if (options.type === Ipv4OptionType.RouterAlert) return true;
    return false;
  }

  #refuse(verdict: Verdict): Verdict {
    this.counters.inErrors++;
    return verdict;
  }

  #wake(state: IgmpInterface): void {
    const { deadline } = state;
    if (deadline === -Infinity) this.requestTurn();
    else if (deadline < this.wakeTime) this.wakeAt(deadline);
  }
}
