/**
 * One end of an Ethernet: takes frames that are meant for it, and puts headers before those that
 * the protocols above write.
 *
 * @module
 */
import { MacAddress } from "@octet/netip/mac-address";
import { writeMulticastMac } from "@octet/netip/multicast-mac";
import { type BaseNode, BranchNode, type Packet, Verdict } from "@octet/wire";
import * as wire from "@octet/wire";
import { EtherType } from "./ether_type.ts";
import * as frameModule from "./frame.ts";

// V8 folds constants of a module; what is imported it loads and checks at each use. See ARCHITECTURE.md.
const readI32 = wire.readI32;
const readU16 = wire.readU16;
const writeU16 = wire.writeU16;
const writeU32 = wire.writeU32;
const { etherHeaderLength, isVlanTag, minimumFrameLength, vlanTagLength } = frameModule;
const { NoProtocol, NotForUs, Short } = Verdict;
const { Ipv4, Vlan } = EtherType;

/** What knows the hardware address of a neighbour: a neighbour cache. */
export interface LinkResolver {
  /**
   * Writes the hardware address of `packet.nextHop` at `offset`, or keeps a copy of the packet until
   * the address is known. The frame begins at `offset`, is otherwise complete, and
   * `packet.length` is set.
   *
   * @param packet The frame to be sent.
   * @param offset Where the destination address goes.
   * @param now Milliseconds.
   * @returns Whether the address was written; `false` when the frame is not to be sent now.
   */
  resolve(packet: Packet, offset: number, now: number): boolean;
}

/** How an {@linkcode EthernetLink} is set up. */
export interface EthernetLinkOptions {
  /** The link's own address. */
  readonly hardwareAddress: MacAddress;
  /** Whether frames to other stations are taken too; `false` when left out. */
  readonly promiscuous?: boolean;
  /** The VLAN this link lives in, 1 to 4094; frames are untagged when left out. */
  readonly vlanId?: number;
  /** The 802.1Q priority of what is sent, 0 to 7; it matters with a `vlanId` only. 0 when left out. */
  readonly vlanPriority?: number;
}

/** What an {@linkcode EthernetLink} has counted. */
export interface LinkCounters {
  /** Frames received, whatever became of them. */
  inFrames: number;
  /** Frames that were malformed. */
  inErrors: number;
  /** Frames to another station or VLAN. */
  inNotForUs: number;
  /** Frames whose EtherType nobody here speaks. */
  inUnknown: number;
  /** Frames given to the device. */
  outFrames: number;
}

/** A group address that somebody above has joined, and how often. */
interface Membership {
  readonly high: number;
  readonly low: number;
  count: number;
}

/**
 * An Ethernet link: a node whose children answer to EtherTypes.
 *
 * On the way down a child writes its payload at `offset`, 14 bytes behind where the frame begins (18
 * in a VLAN). An IPv4 child sets `packet.nextHop` and the link finds the hardware address: group
 * addresses by rule, all others through {@linkcode EthernetLink.resolver}. Any other child, such as
 * ARP, writes its six bytes of destination address itself at `offset - 14`; in a VLAN the link moves them.
 */
export class EthernetLink extends BranchNode {
  /** This link's own address. */
  declare readonly hardwareAddress: MacAddress;
  /** Bytes of header before a child's payload: 14, or 18 in a VLAN. */
  declare readonly headerLength: number;
  /** The VLAN this link lives in, 0 for untagged. */
  declare readonly vlanId: number;
  /** Whether frames to other stations are taken too. */
  declare promiscuous: boolean;
  /** Who finds the hardware address of an IPv4 neighbour; without one only broadcast and multicast get out. */
  resolver: LinkResolver | null = null;
  /** What was counted so far. */
  readonly counters: LinkCounters = {
    inFrames: 0,
    inErrors: 0,
    inNotForUs: 0,
    inUnknown: 0,
    outFrames: 0,
  };

  readonly #high: number = 0;
  readonly #low: number = 0;
  readonly #tagControl: number = 0;
  readonly #types: number[] = [];
  readonly #nodes: BaseNode[] = [];
  /** The child for IPv4, which most frames are for. */
  #ipv4: BaseNode | null = null;
  readonly #groups: Membership[] = [];
  /** Called when {@linkcode EthernetLink.groups} has changed, for a card that filters. */
  onGroupsChanged: (() => void) | null = null;

  /**
   * Makes a link without children.
   *
   * @throws {RangeError} When the VLAN id or its priority is out of range.
   */
  constructor(options: EthernetLinkOptions) {
    super();
    const { hardwareAddress, promiscuous = false, vlanId = 0, vlanPriority = 0 } = options;
    if (!(vlanId >= 0 && vlanId <= 4094 && Number.isInteger(vlanId))) {
      throw new RangeError(`Cannot set up link as VLAN ${vlanId} is not from 1 to 4094`);
    }
    if (!(vlanPriority >= 0 && vlanPriority <= 7 && Number.isInteger(vlanPriority))) {
      throw new RangeError(`Cannot set up link as priority ${vlanPriority} is not from 0 to 7`);
    }
    const bytes = new Uint8Array(6);
    hardwareAddress.writeTo(bytes, 0);
    this.hardwareAddress = hardwareAddress;
    this.promiscuous = promiscuous;
    this.vlanId = vlanId;
    this.headerLength = vlanId === 0 ? etherHeaderLength : etherHeaderLength + vlanTagLength;
    this.#tagControl = (vlanPriority << 13) | vlanId;
    this.#high = readU16(bytes, 0);
    this.#low = readI32(bytes, 2);
  }

  /**
   * Adds a child that answers to the EtherType `node.protocol`.
   *
   * @throws {TypeError} When there is one already, or the node has a parent.
   */
  register(node: BaseNode): void {
    if (this.#types.includes(node.protocol)) {
      throw new TypeError(
        `Cannot register EtherType 0x${node.protocol.toString(16)} as it is already registered`,
      );
    }
    node.attach(this);
    this.#types.push(node.protocol);
    this.#nodes.push(node);
    if (node.protocol === Ipv4) this.#ipv4 = node;
  }

  /**
   * Takes frames to a group address, such as 01:00:5e:00:00:fb, from now on. Joining twice needs
   * leaving twice.
   *
   * @param bytes Where the address lies.
   * @param offset Its first byte.
   */
  joinGroup(bytes: Uint8Array, offset: number): void {
    const high = readU16(bytes, offset);
    const low = readI32(bytes, offset + 2);
    const known = this.#findGroup(high, low);
    if (known === undefined) {
      this.#groups.push({ high, low, count: 1 });
      this.onGroupsChanged?.();
    } else {
      known.count++;
    }
  }

  /**
   * Takes back one {@linkcode EthernetLink.joinGroup}.
   *
   * @param bytes Where the address lies.
   * @param offset Its first byte.
   */
  leaveGroup(bytes: Uint8Array, offset: number): void {
    const known = this.#findGroup(readU16(bytes, offset), readI32(bytes, offset + 2));
    if (known === undefined || --known.count > 0) return;
    this.#groups.splice(this.#groups.indexOf(known), 1);
    this.onGroupsChanged?.();
  }

  /** The group addresses whose frames are taken. */
  get groups(): MacAddress[] {
    return this.#groups.map(({ high, low }) => MacAddress.fromNumber(high * 2 ** 32 + (low >>> 0)));
  }

  /** Takes a frame; see {@linkcode BaseNode.demux}. Sets `packet.isLinkBroadcast`. */
  override demux(packet: Packet, offset: number, end: number, now: number): Verdict {
    const { counters } = this;
    counters.inFrames++;
    if (end - offset < etherHeaderLength) {
      counters.inErrors++;
      return Short;
    }
    const { view } = packet;
    const high = view.getUint16(offset);
    const low = view.getInt32(offset + 2);
    packet.isLinkBroadcast = false;
    packet.isLinkForeign = false;
    if ((low !== this.#low || high !== this.#high) && !this.#takes(packet, high, low)) {
      counters.inNotForUs++;
      return NotForUs;
    }
    const ipv4 = this.#ipv4;
    const type = view.getUint16(offset + 12);
    return type === Ipv4 && ipv4 !== null && this.vlanId === 0
      ? ipv4.demux(packet, offset + etherHeaderLength, end, now)
      : this.#demuxTagged(packet, offset + 12, end, type, now);
  }

  /** Finds the child for a frame that may have a tag. `at` is where the type lies. */
  #demuxTagged(packet: Packet, at: number, end: number, outer: number, now: number): Verdict {
    const { counters } = this;
    let payload = at + 2;
    let type = outer;
    let vlanId = 0;
    // Only a single tag can be ours: a frame with two belongs to the outer VLAN's own stack.
    if (isVlanTag(type)) {
      if (end - at < 6) {
        counters.inErrors++;
        return Short;
      }
      vlanId = readU16(packet.bytes, payload) & 0x0fff;
      payload += vlanTagLength;
      type = readU16(packet.bytes, payload - 2);
    }
    if (vlanId !== this.vlanId) {
      counters.inNotForUs++;
      return NotForUs;
    }
    const types = this.#types;
    for (let i = 0; i < types.length; i++) {
      if (types[i] === type) return this.#nodes[i]!.demux(packet, payload, end, now);
    }
    counters.inUnknown++;
    return NoProtocol;
  }

  /**
   * Gives ready children turns until one writes something that can be sent; see
   * {@linkcode BaseNode.encapsulate}. Sets `packet.length`. Frames shorter than 60 bytes are filled up
   * with zeros, so that nothing a former packet left in the buffer gets out.
   */
  override encapsulate(packet: Packet, _ipOffset: number, offset: number, now: number): number {
    const start = offset + this.headerLength;
    for (;;) {
      // It stays on the list while it writes, so that what it asks for meanwhile is no news to our parent.
      const turn = this.readyList.first;
      if (turn === null) return 0;
      const { node } = turn;
      // A frame that could not be sent may have left its wishes to the device behind.
      packet.checksumStart = 0;
      packet.segmentSize = 0;
      let length = node.encapsulate(packet, start, start, now);
      this.readyList.served(turn, length !== 0);
      if (length === 0) continue;
      length = this.frame(packet, offset, length, node.protocol, now);
      if (length === 0) continue;
      this.turn.hasMore = !this.readyList.isEmpty;
      return length;
    }
  }

  /**
   * Puts the header before a payload that stands {@linkcode EthernetLink.headerLength} bytes behind `offset`. Sets
   * `packet.length`.
   *
   * @param packet Where it lies. For IPv4 `nextHop` says whose frame it is; else the destination stands where a child
   *     writes it.
   * @param offset Where the frame begins.
   * @param payload How long the payload is, in bytes.
   * @param type The payload's EtherType.
   * @param now Milliseconds.
   * @returns The frame's length; 0 when it waits for its neighbour, or nobody is its neighbour.
   */
  frame(packet: Packet, offset: number, payload: number, type: number, now: number): number {
    const { view } = packet;
    const { headerLength } = this;
    let length = payload + headerLength;
    if (length < minimumFrameLength) {
      pad(view, offset + length, offset + minimumFrameLength);
      length = minimumFrameLength;
    }
    packet.length = offset + length;
    if (this.vlanId !== 0) this.#writeTag(packet.bytes, offset);
    view.setInt16(offset + 6, this.#high);
    view.setInt32(offset + 8, this.#low);
    view.setInt16(offset + headerLength - 2, type);
    if (type === Ipv4 && !this.#writeNextHop(packet, offset, now)) return 0;
    this.counters.outFrames++;
    return length;
  }

  /** Moves the destination that a child wrote at `offset + 4` to the front, and writes the tag. */
  #writeTag(bytes: Uint8Array, offset: number): void {
    for (let i = 0; i < 6; i++) bytes[offset + i] = bytes[offset + vlanTagLength + i]!;
    writeU16(bytes, offset + 12, Vlan);
    writeU16(bytes, offset + 14, this.#tagControl);
  }

  #writeNextHop(packet: Packet, offset: number, now: number): boolean {
    const bytes = packet.bytes;
    const nextHop = packet.nextHop | 0;
    if (nextHop === -1) {
      writeU16(bytes, offset, 0xffff);
      writeU32(bytes, offset + 2, 0xffffffff);
      return true;
    }
    if (nextHop >>> 28 === 0xe) {
      writeMulticastMac(bytes, offset, nextHop);
      return true;
    }
    return this.resolver !== null && this.resolver.resolve(packet, offset, now);
  }

  /** Whether a frame to an address that is not the link's own is taken all the same. */
  #takes(packet: Packet, high: number, low: number): boolean {
    if ((high & 0x0100) === 0) {
      packet.isLinkForeign = true;
      return this.promiscuous;
    }
    packet.isLinkBroadcast = true;
    return (low === -1 && high === 0xffff) || this.promiscuous ||
      this.#findGroup(high, low) !== undefined;
  }

  #findGroup(high: number, low: number): Membership | undefined {
    const groups = this.#groups;
    for (let i = 0; i < groups.length; i++) {
      if (groups[i]!.low === low && groups[i]!.high === high) return groups[i];
    }
    return undefined;
  }
}

/** Writes zeros, eight at once where there are as many: one by one took 5 % of an ARP exchange, and `fill` takes longer. */
function pad(view: DataView, from: number, to: number): void {
  if (to - from < 8) {
    for (let at = from; at < to; at++) view.setUint8(at, 0);
  } else {
    for (let at = from; at < to - 8; at += 8) view.setFloat64(at, 0);
    view.setFloat64(to - 8, 0);
  }
}
