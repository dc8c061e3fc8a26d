/**
 * Packets that wait for their neighbour's hardware address to become known.
 *
 * @module
 */
import { BaseNode, Packet, Verdict } from "@octet/wire";

/** What most frames fit in: Ethernet's 1514 bytes and a VLAN tag. */
const commonCapacity = 1522;
const pooled = 16;

/**
 * A node that gives packets back to the link once their neighbour is known: it writes the very
 * payload that it kept, so the link sees a child with an IPv4 datagram to send, and resolves
 * `packet.nextHop` once more.
 */
export class HeldPackets extends BaseNode {
  /** How many packets are kept at most, all neighbours together. */
  readonly limit: number;
  #pool: Packet[] = [];
  #released: Packet[] = [];
  #count = 0;

  /**
   * Makes an empty store.
   *
   * @param protocol The EtherType of what is kept.
   * @param limit How many packets to keep at most.
   */
  constructor(protocol: number, limit: number) {
    super();
    this.protocol = protocol;
    this.limit = limit;
  }

  /** How many packets are kept now. */
  get count(): number {
    return this.#count;
  }

  /** Keeps a copy of a packet; `null` when there is no room. */
  keep(packet: Packet): Packet | null {
    if (this.#count === this.limit) return null;
    const isCommon = packet.length <= commonCapacity;
    const copy = (isCommon && this.#pool.pop()) ||
      new Packet(isCommon ? commonCapacity : packet.length);
    copy.copyFrom(packet);
    this.#count++;
    return copy;
  }

  /** Queues a kept packet to be sent. */
  send(packet: Packet): void {
    this.#released.push(packet);
    this.requestTurn();
  }

  /** Forgets a kept packet. */
  drop(packet: Packet): void {
    this.#count--;
    // A Packet of common capacity got the next power of two less the headroom, and nothing longer is one.
    if (packet.bytes.length < 2 * commonCapacity && this.#pool.length < pooled) {
      this.#pool.push(packet);
    } else {
      packet.release();
    }
  }

  /** Takes nothing: it stands in the way down only. */
  override demux(): Verdict {
    return Verdict.NoProtocol;
  }

  /** Writes the oldest released packet's payload; see {@linkcode BaseNode.encapsulate}. */
  override encapsulate(packet: Packet, _ipOffset: number, offset: number): number {
    const kept = this.#released.shift();
    if (kept === undefined) return 0;
    // The buffer it was written in may have been larger than this one; then nothing can be done for it.
    const fits = kept.length <= packet.bytes.length;
    if (fits) packet.copyFrom(kept);
    this.drop(kept);
    return fits ? packet.length - offset : 0;
  }
}
