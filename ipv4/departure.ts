/**
 * How a datagram gets into the queue of an interface: whole, cut into segments where its device does not do that, or in
 * fragments (RFC 791 §3.2).
 *
 * @module
 */
import { Packet, Verdict } from "@octet/wire";
import type { Ipv4Counters } from "./counters.ts";
import { Fragmenter } from "./fragment.ts";
import type { Ipv4Interface } from "./interface.ts";
import { IpProtocol } from "./protocol.ts";

// V8 folds constants of a module; what is imported it loads and checks at each use. See ARCHITECTURE.md.
const { Ok, QueueFull, Unsupported } = Verdict;
const { Tcp } = IpProtocol;

/** What cuts super-segments for an interface whose device does not. */
export interface SegmentCutter {
  /**
   * Begins with a datagram whose `segmentSize` is set.
   *
   * @param packet Where it lies; it stays as it is until the last piece is written.
   * @param offset Where its IP header begins.
   * @returns `false` when it cannot be cut.
   */
  reset(packet: Packet, offset: number, end: number): boolean;
  /**
   * Writes the next piece, with its checksums, at the beginning of a packet.
   *
   * @returns Its length in bytes, 0 when there is no more.
   */
  next(piece: Packet): number;
}

const smallPiece = 2048;

/** Puts datagrams into the queues of interfaces, in the pieces that they ask for. It allocates nothing per datagram. */
export class Departure {
  /** Who cuts super-segments. */
  cutter: SegmentCutter | null = null;
  readonly #counters: Ipv4Counters;
  readonly #fragmenter: Fragmenter = new Fragmenter();
  /** Where pieces are written, and where pieces of pieces are. */
  #piece: Packet | null = null;
  #second: Packet | null = null;

  /** Counts in the counters of an IP node. */
  constructor(counters: Ipv4Counters) {
    this.#counters = counters;
  }

  /**
   * Lets a datagram wait for its turn at an interface, in pieces where it must.
   *
   * @param out The interface.
   * @param packet Where it lies; `nextHop` and the offload facts count.
   * @param offset Where its IP header begins.
   * @param headerLength The header's length in bytes.
   * @param end Where it ends (exclusive).
   * @returns `QueueFull` when some of it was dropped.
   */
  leave(
    out: Ipv4Interface,
    packet: Packet,
    offset: number,
    headerLength: number,
    end: number,
  ): Verdict {
    const protocol = packet.bytes[offset + 9]!;
    const segment = segmentLength(packet, offset, headerLength, end, protocol);
    if (packet.segmentSize !== 0) {
      const cuts = out.maxSegment > out.mtu && end - offset <= out.maxSegment;
      if (cuts && segment <= out.mtu) {
        if (packet.checksumStart === 0) startChecksum(packet, offset, headerLength, end);
        return done(out.enqueue(packet, offset, end));
      }
      return this.#cut(out, packet, offset, end);
    }
    if (segment <= out.mtu) return done(out.enqueue(packet, offset, end));
    return this.#fragment(out, packet, offset, headerLength, end);
  }

  /** Cuts a super-segment for a device that does not. */
  #cut(out: Ipv4Interface, packet: Packet, offset: number, end: number): Verdict {
    const { cutter } = this;
    if (cutter === null || !cutter.reset(packet, offset, end)) {
      out.counters.outDiscards++;
      return Unsupported;
    }
    const piece = this.#pieceOf(end - offset);
    let verdict: Verdict = Ok;
    for (;;) {
      const length = cutter.next(piece);
      if (length === 0) return verdict;
      piece.nextHop = packet.nextHop;
      piece.source = packet.source;
      piece.destination = packet.destination;
      const headerLength = (piece.bytes[0]! & 0x0f) << 2;
      const taken = length <= out.mtu
        ? done(out.enqueue(piece, 0, length))
        : this.#fragment(out, piece, 0, headerLength, length);
      if (taken !== Ok) verdict = taken;
    }
  }

  #fragment(
    out: Ipv4Interface,
    packet: Packet,
    offset: number,
    headerLength: number,
    end: number,
  ): Verdict {
    const counters = this.#counters;
    const fragmenter = this.#fragmenter;
    packet.length = end;
    packet.completeChecksum();
    const piece = packet === this.#piece ? this.#spare(out.mtu) : this.#pieceOf(out.mtu);
    fragmenter.begin(packet, offset, headerLength, end, true);
    counters.fragOKs++;
    while (fragmenter.isBusy) {
      const length = fragmenter.write(piece, 0, out.mtu);
      counters.fragCreates++;
      if (!out.enqueue(piece, 0, length)) {
        fragmenter.clear();
        return QueueFull;
      }
    }
    return Ok;
  }

  #pieceOf(length: number): Packet {
    return this.#piece = sized(this.#piece, length);
  }

  #spare(length: number): Packet {
    return this.#second = sized(this.#second, length);
  }
}

function done(isTaken: boolean): Verdict {
  return isTaken ? Ok : QueueFull;
}

/** A packet that holds so many bytes: the one there is, or a new one in its place. */
function sized(packet: Packet | null, length: number): Packet {
  if (packet !== null && packet.bytes.length >= length) return packet;
  packet?.release();
  return new Packet(Math.max(smallPiece, length));
}

/**
 * How long a datagram is on the wire, in bytes: of a super-segment, how long each segment is.
 *
 * @param packet Where it lies.
 * @param offset Where its IP header begins.
 * @param headerLength The header's length in bytes.
 * @param end Where it ends (exclusive).
 * @param protocol What it carries; the IP header may not be written yet.
 */
export function segmentLength(
  packet: Packet,
  offset: number,
  headerLength: number,
  end: number,
  protocol: number,
): number {
  if (packet.segmentSize === 0) return end - offset;
  const transport = offset + headerLength;
  const isTcp = protocol === Tcp;
  const transportHeader = isTcp ? (packet.bytes[transport + 12]! >>> 4) << 2 : 8;
  return headerLength + transportHeader + packet.segmentSize;
}

/** A super-segment whose checksum somebody vouched for: the device that cuts it makes one for each segment. */
function startChecksum(packet: Packet, offset: number, headerLength: number, end: number): void {
  const transport = offset + headerLength;
  const protocol = packet.bytes[offset + 9]!;
  packet.startChecksum(
    protocol,
    transport,
    end - transport,
    protocol === Tcp ? 16 : 6,
  );
}
