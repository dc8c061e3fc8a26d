/** What the tests of this folder stand on. */
import { assert, assertEquals } from "@std/assert";
import { parseIpv4 } from "@octet/netip";
import { Packet, SeededRandom, Verdict } from "@octet/wire";
import { encodeUdp, UdpFrame } from "./frame.ts";
import { UdpSocket } from "./socket.ts";
import type { UdpSocketOptions } from "./socket_options.ts";
import { Udp, type UdpPath } from "./udp.ts";

/** Our address. */
export const own: number = parseIpv4("10.0.0.1");
/** The other's. */
export const peer: number = parseIpv4("10.0.0.2");
/** Of the subnet. */
export const broadcast: number = parseIpv4("10.0.0.255");

interface Facts {
  readonly source?: number;
  readonly sourcePort?: number;
  readonly destination?: number;
  readonly isLinkBroadcast?: boolean;
}

/** A UDP node without an IP layer. */
export class Bench {
  hasRoute = true;
  path: UdpPath = { mtu: 1500, maxSegment: 1500 };
  readonly udp: Udp = new Udp({
    random: new SeededRandom(1),
    sources: {
      fillSource: (packet) => {
        if (packet.source === 0) packet.source = own;
        return this.hasRoute;
      },
      sourceFor: () => this.hasRoute ? own : 0,
      isBroadcast: (address) => address >>> 0 === broadcast,
      interfaceFor: () => this.hasRoute ? this.path : null,
    },
  });
  readonly packet: Packet = new Packet(65_600);

  bind(options: UdpSocketOptions = {}): UdpSocket {
    const socket = new UdpSocket(options);
    this.udp.register(socket);
    return socket;
  }

  hear(
    destinationPort: number,
    payload: Uint8Array = Uint8Array.of(1, 2, 3),
    { source = peer, sourcePort = 7, destination = own, isLinkBroadcast = false }: Facts = {},
  ): Verdict {
    const bytes = encodeUdp({ sourcePort, destinationPort, payload, source, destination });
    return this.hearBytes(bytes, { source, destination, isLinkBroadcast });
  }

  hearBytes(
    bytes: Uint8Array,
    { source = peer, destination = own, isLinkBroadcast = false }: Facts = {},
  ): Verdict {
    const packet = this.packet;
    packet.bytes.set(bytes, 34);
    packet.length = 34 + bytes.length;
    packet.source = source;
    packet.destination = destination;
    packet.isLinkBroadcast = isLinkBroadcast;
    packet.segmentSize = 0;
    return this.udp.demux(packet, 34, packet.length, 0);
  }

  /** The next datagram sent, its checksum completed; `null` when there is none. */
  next(): UdpFrame | null {
    const packet = this.packet;
    packet.bytes.fill(0xa5);
    const length = this.udp.encapsulate(packet, 14, 34, 0);
    if (length <= 0) return null;
    packet.length = 34 + length;
    packet.completeChecksum();
    const frame = new UdpFrame();
    frame.reset(packet.bytes, 34, packet.length);
    assertEquals(frame.validate(), Verdict.Ok);
    assert(frame.checksum !== 0 && frame.hasValidChecksum(packet.source, packet.destination));
    return frame;
  }

  fail(socket: UdpSocket, type: number, code: number, info = 0): void {
    const bytes = encodeUdp({ sourcePort: socket.localPort, destinationPort: 9 });
    this.packet.bytes.set(bytes, 62);
    this.packet.source = own;
    this.packet.destination = peer;
    this.udp.networkError(type, code, info, this.packet, 62, 70, 0);
  }
}
