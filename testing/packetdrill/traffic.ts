/**
 * The packets of a run: what the script injects, and what the stack has sent and the script has not
 * looked at yet.
 *
 * @module
 */
import { TcpFlag } from "@octet/tcp";
import type { IcmpPacket, TcpPacket } from "./ast.ts";
import { Mismatch } from "./errors.ts";
import { Flow } from "./flow.ts";
import { formatPacket, type MatchNotes, matchSegment, translate } from "./packet_spec.ts";
import { formatTime } from "./result.ts";
import type { Kernel } from "./syscalls/kernel.ts";
import {
  buildIcmp,
  buildSegment,
  icmpNumbers,
  parseSent,
  type SentIcmp,
  type SentSegment,
} from "./wire.ts";
import type { World } from "./world.ts";

/** The first port of the peer; each connection that it opens has the next. */
const firstRemotePort = 40_000;

/** The packets of a run. */
export class Traffic {
  readonly #kernel: Kernel;
  readonly #log: (line: string) => void;
  readonly #segments: SentSegment[] = [];
  readonly #messages: SentIcmp[] = [];
  readonly #flows: Map<string, Flow> = new Map();
  #remotePort = firstRemotePort;

  /**
   * Begins without packets.
   *
   * @param kernel Where the current flow is, and the stack.
   * @param log Takes a line for every packet that is sent.
   */
  constructor(kernel: Kernel, log: (line: string) => void) {
    this.#kernel = kernel;
    this.#log = log;
  }

  /** Listens to a stack. */
  attach(world: World): void {
    world.onSent = (bytes, time) => {
      const sent = parseSent(bytes, time);
      if (sent === null) return;
      if (!("payload" in sent)) {
        this.#messages.push(sent);
        return;
      }
      this.#segments.push(sent);
      const { flow } = this.#kernel;
      if (flow === null) return;
      const isOurs = sent.localPort === flow.localPort && sent.remotePort === flow.remotePort;
      if (isOurs && (sent.flags & TcpFlag.Syn) !== 0) flow.liveIss ??= sent.sequence;
      this.#log(`sent ${formatPacket(translate(sent, flow))}`);
    };
  }

  /** Injects a segment. */
  inject(packet: TcpPacket): void {
    const flow = this.#flowFor(packet);
    const isSyn = (packet.flags & TcpFlag.Syn) !== 0;
    if (isSyn && flow.peerIss === undefined) flow.peerIss = packet.sequence.start >>> 0;
    const { world } = this.#kernel;
    world.inject(buildSegment(packet, flow, this.#kernel.config));
    if (flow.connection === null) this.#findConnection(flow);
  }

  /** Injects an ICMP message. */
  injectIcmp(packet: IcmpPacket): void {
    const { flow, world, config } = this.#kernel;
    if (flow === null) throw new Mismatch("there is no connection", "one to tell of", "none");
    world.inject(buildIcmp(packet, flow, config));
  }

  #findConnection(flow: Flow): void {
    for (const connection of this.#kernel.world.stack.tcp.connections()) {
      if (connection.localPort === flow.localPort && connection.remotePort === flow.remotePort) {
        flow.connection = connection;
      }
    }
  }

  /** The flow that a packet belongs to; a packet to a listener begins one. */
  #flowFor(packet: TcpPacket): Flow {
    const named = this.#namedFlow(packet);
    if (named !== null) return named;
    const { flow, config } = this.#kernel;
    if (flow !== null && flow.state !== "listening") return flow;
    const port = flow?.localPort ?? config.bindPort;
    const child = new Flow("received", port, this.#remotePort++);
    this.#kernel.flow = child;
    return child;
  }

  /** The flow of a packet that names its ports; its SYN begins it. `null` leaves it to the current one. */
  #namedFlow(packet: TcpPacket): Flow | null {
    if (packet.ports === undefined) return null;
    const [remotePort, localPort] = packet.direction === "in"
      ? packet.ports
      : [packet.ports[1], packet.ports[0]];
    const key = `${remotePort} ${localPort}`;
    let flow = this.#flows.get(key) ?? null;
    if (flow === null && packet.direction === "in" && (packet.flags & TcpFlag.Syn) !== 0) {
      flow = new Flow("received", localPort, remotePort);
      this.#flows.set(key, flow);
    }
    if (flow !== null) this.#kernel.flow = flow;
    return flow;
  }

  /**
   * Waits for a segment of the current flow, and takes it. Pieces in a row are joined up to the
   * length that the script has.
   *
   * @param wait Moves the clock until the condition holds or it is too late.
   * @param limit When it is too late, in microseconds, for the report.
   */
  expect(packet: TcpPacket, wait: (stop: () => boolean) => void, limit: number): SentSegment {
    const flow = this.#namedFlow(packet) ?? this.#kernel.flow;
    if (flow === null) throw new Mismatch("there is no connection", formatPacket(packet), "none");
    const wanted = packet.sequence.length;
    let joined = this.#next(packet, flow, wait, limit, "nothing");
    if (this.#kernel.config.strictSegments) return joined;
    while (joined.payload.length > 0 && joined.payload.length < wanted) {
      const shown = formatPacket(translate(joined, flow));
      const piece = this.#next(packet, flow, wait, limit, `${shown} and no more`);
      const join = joinSegments(joined, piece);
      if (join === null) {
        throw new Mismatch(
          "the segment is shorter",
          formatPacket(packet),
          `${shown}, then ${formatPacket(translate(piece, flow))}`,
        );
      }
      joined = join;
    }
    return joined;
  }

  #next(
    packet: TcpPacket,
    flow: Flow,
    wait: (stop: () => boolean) => void,
    limit: number,
    got: string,
  ): SentSegment {
    if (this.#find(packet, flow) < 0) wait(() => this.#find(packet, flow) >= 0);
    const at = this.#find(packet, flow);
    if (at < 0) {
      throw new Mismatch(
        "no packet is sent",
        formatPacket(packet),
        `${got} until ${formatTime(limit)}`,
      );
    }
    return this.#segments.splice(at, 1)[0]!;
  }

  /** Where the next segment of the flow waits; -1 when none does. */
  #find(packet: TcpPacket, flow: Flow): number {
    const [localPort, remotePort] = packet.ports ?? [flow.localPort, flow.remotePort];
    return this.#segments.findIndex((sent) =>
      sent.localPort === localPort && sent.remotePort === remotePort
    );
  }

  /** Compares a segment that was sent with the one of the script, and learns from it. */
  compare(packet: TcpPacket, sent: SentSegment, elapsed: number): MatchNotes {
    const { flow, config } = this.#kernel;
    this.#learn(packet, sent, flow!);
    return matchSegment(packet, sent, flow!, config, elapsed);
  }

  #learn(packet: TcpPacket, sent: SentSegment, flow: Flow): void {
    if ((sent.flags & TcpFlag.Syn) === 0) return;
    if (flow.liveIss === undefined || flow.state !== "open") flow.liveIss = sent.sequence;
    if ((packet.flags & TcpFlag.Syn) !== 0 && flow.state !== "open") {
      flow.scriptIss = packet.sequence.start >>> 0;
      flow.state = "open";
    }
  }

  /** Waits for an ICMP message. */
  expectIcmp(packet: IcmpPacket, wait: () => void): void {
    const { type, code } = icmpNumbers(packet);
    if (this.#messages.length === 0) wait();
    const sent = this.#messages.shift();
    if (sent === undefined) {
      throw new Mismatch("no packet is sent", `ICMP ${type}/${code}`, "nothing");
    }
    if (sent.type !== type || sent.code !== code) {
      throw new Mismatch("ICMP differs", `${type}/${code}`, `${sent.type}/${sent.code}`);
    }
  }

  /** Refuses what was sent and never looked at. */
  expectSilence(): void {
    const { flow } = this.#kernel;
    const left = this.#segments.find((sent) =>
      flow !== null && sent.localPort === flow.localPort && sent.remotePort === flow.remotePort
    );
    if (left === undefined) return;
    throw new Mismatch(
      "a packet is sent that the script does not have",
      "nothing",
      `${formatPacket(translate(left, flow!))} at ${formatTime(left.time)}`,
    );
  }
}

/** Two segments as one; `null` when the second does not follow the first. */
function joinSegments(first: SentSegment, second: SentSegment): SentSegment | null {
  const follows = second.sequence === (first.sequence + first.payload.length) >>> 0 &&
    second.ack === first.ack && second.payload.length > 0;
  if (!follows) return null;
  const payload = new Uint8Array(first.payload.length + second.payload.length);
  payload.set(first.payload);
  payload.set(second.payload, first.payload.length);
  const last = second.flags & (TcpFlag.Psh | TcpFlag.Fin);
  return { ...first, payload, flags: (first.flags & ~(TcpFlag.Psh | TcpFlag.Fin)) | last };
}
