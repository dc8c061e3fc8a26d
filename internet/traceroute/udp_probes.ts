/**
 * Datagrams to ports where nobody is expected, the way of Van Jacobson's traceroute: a router answers
 * "time exceeded", the destination "port unreachable". The port tells which probe it was.
 *
 * @module
 */
import { emptyDatagram } from "@octet/udp";
import { BaseNode, type Packet, Verdict } from "@octet/wire";
import type { Stack } from "../stack.ts";
import { type ProbeAnswer, type ProbeLooks, type Probes, unheard } from "./probes.ts";

/** Length of the IP and UDP headers, in bytes. */
const headers = 28;
const udp = 17;

/** Probes by UDP: a node on an ephemeral port. */
export class UdpProbes extends BaseNode implements Probes {
  /** Called with each answer. */
  onAnswer: (answer: ProbeAnswer) => void = unheard;
  readonly #stack: Stack;
  readonly #looks: ProbeLooks;
  /** Probes to be sent: index and time to live in turn. */
  readonly #wanted: number[] = [];

  /** Binds a port. */
  constructor(stack: Stack, looks: ProbeLooks) {
    super();
    this.protocol = udp;
    this.#stack = stack;
    this.#looks = looks;
    stack.udp.register(this);
  }

  /** Sends a probe. */
  send(index: number, ttl: number): void {
    this.#wanted.push(index, ttl);
    this.requestTurn();
  }

  /** Nobody waits for this probe any more; nothing is kept of it. */
  forget(_index: number): void {}

  /** Frees the port. */
  close(): void {
    this.#stack.udp.unregister(this);
  }

  /** Somebody is there after all. */
  override demux(packet: Packet): Verdict {
    if ((packet.source | 0) !== (this.#looks.destination | 0)) return Verdict.NoPort;
    const index = packet.sourcePort - this.#looks.port;
    this.onAnswer({ index, source: packet.source, type: -1, code: 0, info: 0 });
    return Verdict.Ok;
  }

  /** Takes an ICMP error about one of the probes; `packet.nextHop` is who reports. */
  networkError(type: number, code: number, info: number, packet: Packet): void {
    if ((packet.destination | 0) !== (this.#looks.destination | 0)) return;
    const index = packet.destinationPort - this.#looks.port;
    this.onAnswer({ index, source: packet.nextHop, type, code, info });
  }

  /** Writes the next probe; see {@linkcode BaseNode.encapsulate}. */
  override encapsulate(
    packet: Packet,
    _ipOffset: number,
    offset: number,
  ): number {
    if (this.#wanted.length === 0) return 0;
    const length = Math.max(0, this.#looks.length - headers);
    if (offset + length > packet.bytes.length) return -length;
    const [index, ttl] = this.#wanted.splice(0, 2);
    packet.destination = this.#looks.destination;
    packet.destinationPort = this.#looks.port + index!;
    packet.hopLimit = ttl!;
    packet.trafficClass = this.#looks.trafficClass;
    packet.mayFragment = this.#looks.mayFragment;
    // What traceroute has always sent: bytes from 0x40 on.
    for (let i = 0; i < length; i++) packet.bytes[offset + i] = 0x40 + (i & 0x3f);
    return length === 0 ? emptyDatagram : length;
  }
}
