import { assert, assertEquals } from "@std/assert";
import { EthernetFrame, EthernetLink } from "@octet/ethernet";
import { MacAddress, parseIpv4 } from "@octet/netip";
import { BaseNode, Packet, readU32, SeededRandom, Verdict, writeU32 } from "@octet/wire";
import { Arp } from "./arp.ts";
import type { ArpOptions } from "./arp_options.ts";
import { ArpFrame, ArpOperation, encodeArp } from "./frame.ts";
import type { NeighbourState } from "./neighbour_state.ts";

/** Our station. */
export const own: MacAddress = MacAddress.parse("02:00:00:00:00:01");
/** Another. */
export const peer: MacAddress = MacAddress.parse("02:00:00:00:00:02");
/** One that lies. */
export const rogue: MacAddress = MacAddress.parse("02:00:00:00:00:66");
/** Ours. */
export const ownAddress: number = parseIpv4("192.168.1.1");
/** The other's. */
export const peerAddress: number = parseIpv4("192.168.1.2");
/** Nobody's. */
export const thirdAddress: number = parseIpv4("192.168.1.3");

/** A node that sends a numbered IPv4 payload to the peer when told to. */
class Sender extends BaseNode {
  override protocol = 0x0800;
  readonly queue: number[] = [];
  nextHop: number = peerAddress;

  send(number: number): void {
    this.queue.push(number);
    this.requestTurn();
  }
  override demux(): Verdict {
    return Verdict.Ok;
  }
  override encapsulate(packet: Packet, _ipOffset: number, offset: number): number {
    const number = this.queue.shift();
    if (number === undefined) return 0;
    packet.nextHop = this.nextHop;
    packet.networkOffset = offset;
    writeU32(packet.bytes, offset, number);
    return 4;
  }
}

/** An ARP node on a link, whose frames are written down as text. */
export class Bench {
  readonly link: EthernetLink = new EthernetLink({ hardwareAddress: own });
  readonly sender: Sender = new Sender();
  readonly arp: Arp;
  readonly packet: Packet = new Packet(1514);
  now = 0;

  constructor(options: Partial<ArpOptions> = {}) {
    this.arp = new Arp({
      hardwareAddress: own,
      random: new SeededRandom(1),
      addresses: {
        ownsAddress: (address) => address >>> 0 === ownAddress,
        addressToward: () => ownAddress | 0,
      },
      ...options,
    });
    this.link.register(this.arp);
    this.link.register(this.sender);
    this.link.resolver = this.arp;
  }

  /** What is known of the peer. */
  get state(): NeighbourState {
    return this.arp.cache.stateOf(peerAddress);
  }

  /** Lets time pass, then writes down all that the link sends: "to what". */
  at(now: number): string[] {
    this.now = now;
    const sent: string[] = [];
    this.link.timers.expire(now);
    while (this.link.encapsulate(this.packet, 0, 0, now) > 0) {
      const ethernet = new EthernetFrame();
      ethernet.reset(this.packet.bytes, 0, this.packet.length);
      assertEquals(ethernet.validate(), Verdict.Ok);
      assertEquals(ethernet.source.toString(), own.toString());
      const to = ethernet.isBroadcast ? "all" : String(ethernet.destination).slice(-2);
      if (ethernet.etherType === 0x0800) {
        sent.push(`${to} data ${readU32(this.packet.bytes, 14)}`);
        continue;
      }
      const frame = new ArpFrame();
      frame.reset(this.packet.bytes, 14, this.packet.length);
      assertEquals(frame.validate(), Verdict.Ok);
      assert(frame.isEthernetIpv4);
      assertEquals(frame.senderHardware.toString(), own.toString());
      const operation = frame.operation === ArpOperation.Request ? "who-has" : "is-at";
      const sender = frame.senderAddress & 0xff;
      sent.push(`${to} ${operation} ${frame.targetAddress & 0xff} tell ${sender}`);
    }
    return sent;
  }

  /** Takes a packet from the link, as of now. */
  hear(
    operation: number,
    senderHardware: MacAddress,
    senderAddress: number,
    targetAddress: number,
  ): Verdict {
    const bytes = encodeArp({
      operation,
      senderHardware,
      senderAddress,
      targetHardware: own,
      targetAddress,
    });
    this.packet.bytes.set(bytes, 14);
    this.packet.length = 60;
    return this.arp.demux(this.packet, 14, 60, this.now);
  }

  /** Hears a request of a station for us, so that it is known. */
  meet(address: number): void {
    this.hear(ArpOperation.Request, peer, address, ownAddress);
    this.at(this.now);
  }

  /** The end of a neighbour's hardware address. */
  known(address: number = peerAddress): string {
    const bytes = new Uint8Array(6);
    if (!this.arp.cache.read(address, bytes, 0)) return "unknown";
    return MacAddress.read(bytes, 0).toString().slice(-2);
  }
}
