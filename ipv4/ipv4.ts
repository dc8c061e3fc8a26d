/**
 * The IP node (RFC 791, RFC 1122 §3): takes datagrams that are meant for this host, and sends what
 * its transports write.
 *
 * @module
 */
import { type BaseNode, type Packet, Verdict } from "@octet/wire";
import * as wire from "@octet/wire";
import type { ErrorListener, ErrorReporter } from "./errors.ts";
import * as frame from "./frame.ts";
import { Forwarder } from "./forward.ts";
import * as forwardModule from "./forward.ts";
import * as header from "./header.ts";
import type { Ipv4Interface } from "./interface.ts";
import { optionFault, recordHop } from "./option_rules.ts";
import { Ipv4Output, type Ipv4OutputSetup } from "./output.ts";
import { IpProtocol } from "./protocol.ts";
import { Reassembler, type ReassemblyOptions } from "./reassembly.ts";
import { dhcpClientPort, isPlausible } from "./source_validation.ts";
import { Translation, type Translator } from "./translator.ts";

// V8 folds constants of a module; what is imported it loads and checks at each use. See ARCHITECTURE.md.
const readI32 = wire.readI32;
const readU16 = wire.readU16;
const { ipv4HeaderLength } = frame;
const { headerLengthAt, isFragment } = forwardModule;
const { sumHeader, sumWords, writeHeaderChecksum } = header;
const {
  BadChecksum,
  BadLength,
  BadOption,
  BadVersion,
  Filtered,
  NoPort,
  NoProtocol,
  NotForUs,
  Ok,
  Short,
  Unexpected,
  Unsupported,
} = Verdict;
const { Udp } = IpProtocol;
const { Drop, Pass } = Translation;

/** How an {@linkcode Ipv4} node is set up. */
export interface Ipv4Setup extends Ipv4OutputSetup {
  /** The longest datagram of a first interface, in bytes: 68 to 65,535; without it there is none to begin with. */
  readonly mtu?: number;
  /** The longest datagram that the first interface's device cuts into segments; the MTU when left out. */
  readonly maxSegment?: number;
  /** Bounds of reassembly. */
  readonly reassembly?: ReassemblyOptions;
}

/** EtherType of IPv4. */
const etherType = 0x0800;
/** Beside the verdicts: nothing keeps the datagram from going on. */
const untouched = -1;

/**
 * The IP node. Children answer to IP protocol numbers; each writes its transport header and payload
 * behind the place for the IP header, and says in the packet where it is to go.
 *
 * A child whose datagram does not fit the packet it was given returns minus the bytes that it
 * needs; it is then called again with a packet that has them, and the datagram leaves in fragments.
 *
 * On the way up `packet.isLinkBroadcast` is set for IP broadcasts and multicasts too, so that
 * transports need to look at one fact alone.
 */
export class Ipv4 extends Ipv4Output {
  /** Puts fragments together. */
  override readonly reassembler: Reassembler;
  /** Who tells others of their errors; without one they hear nothing. */
  errorReporter: ErrorReporter | null = null;

  /** Who rewrites addresses of what passes through; only a node that forwards asks it. */
  translator: Translator | null = null;

  #forwarder: Forwarder | null = null;
  readonly #nodes: (BaseNode | null)[] = new Array(256).fill(null);
  readonly #listeners: (ErrorListener | null)[] = new Array(256).fill(null);

  /**
   * Makes a node without addresses, routes and children.
   *
   * @throws {RangeError} When the MTU is out of range.
   */
  constructor(setup: Ipv4Setup) {
    super(setup);
    this.protocol = etherType;
    this.reassembler = new Reassembler(
      (packet, offset, end, now) =>
        this.errorReporter?.reportError(11, 1, 0, packet, offset, end, now),
      setup.reassembly,
      setup.random.uint32(),
    );
    const { mtu, maxSegment = 0 } = setup;
    if (mtu !== undefined) this.addInterface({ mtu, maxSegment });
  }

  /** Passes datagrams on between interfaces; `null` on a host that does not. */
  get forwarder(): Forwarder | null {
    return this.#forwarder;
  }

  /** Whether datagrams for others are passed on (RFC 1812); `false` unless changed. */
  get isForwarding(): boolean {
    return this.#forwarder !== null;
  }

  set isForwarding(isForwarding: boolean) {
    if (isForwarding) this.#forwarder ??= new Forwarder(this);
    else this.#forwarder = null;
    this.forget();
  }

  /**
   * Adds a child that answers to the IP protocol number `node.protocol`. A child that is an
   * {@linkcode ErrorListener} hears of errors.
   *
   * @throws {TypeError} When there is one already, or the node has a parent.
   */
  register(node: BaseNode): void {
    const protocol = node.protocol;
    if (this.#nodes[protocol] !== null) {
      throw new TypeError(
        `Cannot register IP protocol ${protocol} as it is already registered`,
      );
    }
    node.attach(this);
    this.#nodes[protocol] = node;
    if (isErrorListener(node)) this.#listeners[protocol] = node;
  }

  /** Takes a datagram from the interface that `packet.interfaceIndex` names; see {@linkcode BaseNode.demux}. */
  override demux(packet: Packet, offset: number, end: number, now: number): Verdict {
    const via = this.interfaceAt(packet.interfaceIndex);
    return via === null ? Filtered : via.demux(packet, offset, end, now);
  }

  /**
   * Tells the transport that sent a datagram of its grief.
   *
   * @param type The ICMP type.
   * @param code The ICMP code.
   * @param info The 32 bits behind the ICMP checksum.
   * @param packet Where the datagram, or as much as was quoted of it, lies. `nextHop` is who reports;
   *     `source` and `destination` are overwritten.
   * @param offset Where its IP header begins.
   * @param end Where the quote ends (exclusive).
   * @param now Milliseconds.
   * @returns `Unexpected` when the datagram cannot be one of ours.
   */
  override deliverError(
    type: number,
    code: number,
    info: number,
    packet: Packet,
    offset: number,
    end: number,
    now: number,
  ): Verdict {
    const bytes = packet.bytes;
    if (end - offset < ipv4HeaderLength) return Short;
    const headerLength = (bytes[offset]! & 0x0f) << 2;
    if (bytes[offset]! >>> 4 !== 4) return BadVersion;
    if (headerLength < ipv4HeaderLength || end - offset < headerLength + 8) return Short;
    if ((readU16(bytes, offset + 6) & 0x1fff) !== 0) return Filtered;
    const source = readI32(bytes, offset + 12);
    if (!this.isLocal(source)) return Unexpected;
    const listener = this.#listeners[bytes[offset + 9]!]!;
    if (listener === null) return NoProtocol;
    packet.source = source >>> 0;
    packet.destination = readI32(bytes, offset + 16) >>> 0;
    listener.networkError(type, code, info, packet, offset + headerLength, end, now);
    return Ok;
  }

  /** Takes a datagram that came in by an interface; see {@linkcode DatagramReceiver.receive}. */
  override receive(
    via: Ipv4Interface,
    packet: Packet,
    offset: number,
    end: number,
    now: number,
  ): Verdict {
    const { counters } = this;
    counters.inReceives++;
    const available = end - offset;
    if (available < ipv4HeaderLength) return this.#malformed(Short);
    const { view } = packet;
    const first = view.getInt32(offset);
    if (first >>> 28 !== 4) return this.#malformed(BadVersion);
    const headerLength = (first >>> 22) & 0x3c;
    const total = first & 0xffff;
    if (headerLength < ipv4HeaderLength || total < headerLength || total > available) {
      return this.#malformed(BadLength);
    }
    const second = view.getInt32(offset + 4);
    const third = view.getInt32(offset + 8);
    const source = view.getInt32(offset + 12);
    const destination = view.getInt32(offset + 16);
    const sum = headerLength === ipv4HeaderLength
      ? sumWords(first, second, third, source, destination)
      : sumHeader(packet.bytes, offset, headerLength);
    if (sum !== 0xffff) {
      counters.inCsumErrors++;
      return this.#malformed(BadChecksum);
    }
    counters.inOctets += total;
    via.counters.inPackets++;
    via.counters.inOctets += total;
    const protocol = (third >>> 16) & 0xff;
    const datagramEnd = offset + total;
    packet.ipVersion = 4;
    packet.networkOffset = offset;
    packet.source = source >>> 0;
    packet.destination = destination >>> 0;
    packet.trafficClass = (first >>> 16) & 0xff;
    packet.hopLimit = third >>> 24;
    packet.protocol = protocol;
    if (
      via.checksSources || packet.isLinkBroadcast || !this.isAdmitted(via, source, destination)
    ) {
      const verdict = this.#judge(via, packet, offset, headerLength, datagramEnd, now);
      if (verdict !== untouched) return verdict;
    }
    if (headerLength > ipv4HeaderLength) {
      const verdict = this.#checkOptions(packet, offset, headerLength, datagramEnd, now);
      if (verdict !== Ok) return verdict;
    }
    if ((second & 0x3fff) !== 0) {
      return this.#receiveFragment(packet, offset, headerLength, datagramEnd, now);
    }
    return this.#deliver(packet, offset, offset + headerLength, datagramEnd, protocol, now);
  }

  /** Looks at where a datagram comes from and goes to; {@linkcode untouched} when it is for us. */
  #judge(
    via: Ipv4Interface,
    packet: Packet,
    offset: number,
    headerLength: number,
    end: number,
    now: number,
  ): Verdict | typeof untouched {
    if (via === this.loopback) return untouched;
    const { counters } = this;
    const source = packet.source | 0;
    const destination = packet.destination | 0;
    if (this.isMartian(source, destination)) {
      counters.inMartians++;
      counters.inAddrErrors++;
      return Filtered;
    }
    const transport = offset + headerLength;
    if (via.checksSources && !isPlausible(this, via, packet, source, transport)) return Filtered;
    if (this.translator !== null && this.#forwarder !== null) {
      const verdict = this.#translate(via, packet, offset, headerLength, end, now);
      if (verdict !== untouched) return verdict;
    }
    if (!via.addresses.owns(destination)) {
      const verdict = this.#acceptOther(via, packet, destination, transport);
      if (verdict === NotForUs && this.#forwarder !== null) {
        return this.#forward(via, packet, offset, headerLength, end, now);
      }
      if (verdict === Ok) return untouched;
      counters.inAddrErrors++;
      return verdict;
    }
    if (packet.isLinkBroadcast) {
      // RFC 1122 §3.3.6: a link broadcast that is no IP broadcast is discarded silently.
      counters.inAddrErrors++;
      return Filtered;
    }
    // A router's translator wants to see each.
    if (this.#forwarder === null) this.admit(via, source, destination);
    return untouched;
  }

  #deliver(
    packet: Packet,
    offset: number,
    payloadOffset: number,
    end: number,
    protocol: number,
    now: number,
  ): Verdict {
    const node = this.#nodes[protocol]!;
    if (node === null) {
      this.counters.inUnknownProtos++;
      this.errorReporter?.reportError(3, 2, 0, packet, offset, end, now);
      return NoProtocol;
    }
    this.counters.inDelivers++;
    const verdict = node.demux(packet, payloadOffset, end, now);
    // TCP answers with a reset of its own.
    if (verdict === NoPort && protocol === Udp) {
      this.errorReporter?.reportError(3, 3, 0, packet, offset, end, now);
    }
    return verdict;
  }

  #receiveFragment(
    packet: Packet,
    offset: number,
    headerLength: number,
    end: number,
    now: number,
  ): Verdict {
    const reassembler = this.reassembler;
    const whole = reassembler.add(packet, offset, offset + headerLength, end, now);
    this.wakeAt(Math.min(this.wakeTime, reassembler.deadline));
    if (whole === null) return reassembler.verdict;
    const start = whole.networkOffset;
    const payload = start + ((whole.bytes[start]! & 0x0f) << 2);
    const verdict = this.#deliver(whole, start, payload, whole.length, whole.protocol, now);
    reassembler.recycle(whole);
    return verdict;
  }

  /** Enters an interface into the record route and timestamp options of a datagram that passes through. */
  recordHop(
    packet: Packet,
    offset: number,
    headerLength: number,
    address: number,
    now: number,
  ): void {
    const { options } = this;
    const { bytes } = packet;
    options.reset(bytes, offset + ipv4HeaderLength, offset + headerLength);
    recordHop(options, bytes, address, this.timestamp(now), this);
    writeHeaderChecksum(bytes, offset, headerLength);
  }

  /** Keeps a fragment until its datagram is whole; `null` until then. Give back what it gives by {@linkcode recycle}. */
  reassemble(
    packet: Packet,
    offset: number,
    headerLength: number,
    end: number,
    now: number,
  ): Packet | null {
    const { reassembler } = this;
    const whole = reassembler.add(packet, offset, offset + headerLength, end, now);
    this.wakeAt(Math.min(this.wakeTime, reassembler.deadline));
    if (whole === null) return null;
    writeHeaderChecksum(whole.bytes, whole.networkOffset, headerLengthAt(whole));
    whole.source = packet.source;
    whole.destination = packet.destination;
    whole.isLinkBroadcast = packet.isLinkBroadcast;
    whole.isLinkForeign = packet.isLinkForeign;
    return whole;
  }

  /** Takes back a datagram that {@linkcode reassemble} gave. */
  recycle(whole: Packet): void {
    this.reassembler.recycle(whole);
  }

  #forward(
    via: Ipv4Interface,
    packet: Packet,
    offset: number,
    headerLength: number,
    end: number,
    now: number,
  ): Verdict {
    if (headerLength > ipv4HeaderLength) {
      const verdict = this.#checkOptions(packet, offset, headerLength, end, now);
      if (verdict !== Ok) return verdict;
    }
    return this.#forwarder!.forward(via, packet, offset, headerLength, end, false, now);
  }

  /** Lets the translator see what comes to an address of ours; {@linkcode untouched} when it is for ourselves. */
  #translate(
    via: Ipv4Interface,
    packet: Packet,
    offset: number,
    headerLength: number,
    end: number,
    now: number,
  ): Verdict | typeof untouched {
    if (packet.isLinkBroadcast || packet.isLinkForeign) return untouched;
    if (!this.addresses.owns(packet.destination)) return untouched;
    if (headerLength > ipv4HeaderLength) {
      const verdict = this.#checkOptions(packet, offset, headerLength, end, now);
      if (verdict !== Ok) return verdict;
    }
    if (!isFragment(packet.bytes, offset)) {
      return this.#translateWhole(via, packet, offset, headerLength, end, now);
    }
    const whole = this.reassemble(packet, offset, headerLength, end, now);
    if (whole === null) return this.reassembler.verdict;
    const start = whole.networkOffset;
    const payload = start + headerLengthAt(whole);
    let verdict = this.#translateWhole(via, whole, start, payload - start, whole.length, now);
    if (verdict === untouched) {
      const isOurs = via.addresses.owns(whole.destination) || this.speaksFor(whole.destination);
      verdict = isOurs
        ? this.#deliver(whole, start, payload, whole.length, whole.protocol, now)
        : NotForUs;
    }
    this.recycle(whole);
    return verdict;
  }

  #translateWhole(
    via: Ipv4Interface,
    packet: Packet,
    offset: number,
    headerLength: number,
    end: number,
    now: number,
  ): Verdict | typeof untouched {
    const answer = this.translator!.inbound(packet, offset, end, !via.translates, now);
    if (answer === Pass) return untouched;
    if (answer === Drop) {
      this.counters.inDiscards++;
      return Filtered;
    }
    return this.#forwarder!.forward(via, packet, offset, headerLength, end, true, now);
  }

  /** Whether a datagram to an address that is not the interface's is for us all the same. */
  #acceptOther(
    via: Ipv4Interface,
    packet: Packet,
    destination: number,
    transport: number,
  ): Verdict {
    if (destination === -1 || via.addresses.isBroadcast(destination)) {
      this.counters.inBcastPkts++;
      packet.isLinkBroadcast = true;
      return Ok;
    }
    if (destination >>> 28 === 0xe) {
      if (!via.isMember(destination)) return NotForUs;
      this.counters.inMcastPkts++;
      packet.isLinkBroadcast = true;
      return Ok;
    }
    if (this.speaksFor(destination)) {
      return packet.isLinkBroadcast ? Filtered : Ok;
    }
    // RFC 2131 §4.1: who has no address yet takes what its DHCP server sends to the address it offers.
    // A router's other UDP goes on.
    const isOffer = via.addresses.primary === 0 && packet.protocol === Udp &&
      (this.#forwarder === null || readU16(packet.bytes, transport + 2) === dhcpClientPort);
    if (!isOffer) return NotForUs;
    packet.isLinkBroadcast = true;
    return Ok;
  }

  #checkOptions(
    packet: Packet,
    offset: number,
    headerLength: number,
    end: number,
    now: number,
  ): Verdict {
    const options = this.options;
    const first = offset + ipv4HeaderLength;
    options.reset(packet.bytes, first, offset + headerLength);
    const fault = optionFault(options);
    if (fault >= 0) {
      const pointer = ipv4HeaderLength + fault;
      this.errorReporter?.reportError(12, 0, pointer * 0x1000000, packet, offset, end, now);
      return this.#malformed(BadOption);
    }
    options.reset(packet.bytes, first, offset + headerLength);
    while (options.next()) {
      if (options.isSourceRoute) {
        this.counters.inSourceRoutes++;
        return Unsupported;
      }
    }
    return Ok;
  }

  #malformed(verdict: Verdict): Verdict {
    this.counters.inHdrErrors++;
    return verdict;
  }
}

function isErrorListener(node: object): node is ErrorListener {
  return "networkError" in node;
}
