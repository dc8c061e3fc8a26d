import { assert, assertEquals } from "@std/assert";
import { formatIpv4 } from "@octet/netip";
import { type BaseNode, BranchNode, Packet, Verdict } from "@octet/wire";
import { decodeMessage, type Dhcpv4Message, encodeMessage } from "./message.ts";
import type { Dhcpv4MessageFields } from "./message.ts";
import { DhcpMessageType } from "./option_code.ts";

const offset = 42;
const names = new Map<number, string>(
  Object.entries(DhcpMessageType).map(([name, type]) => [type, name]),
);

/** What stands above a node in these tests. */
class Root extends BranchNode {
  demux(): Verdict {
    return Verdict.NoPort;
  }

  encapsulate(packet: Packet, ipOffset: number, at: number, now: number): number {
    return this.giveTurns(packet, ipOffset, at, now);
  }
}

/** A message that was on the wire. */
export interface Sent {
  readonly time: number;
  readonly from: BaseNode;
  readonly type: string;
  readonly source: string;
  readonly destination: string;
  readonly port: number;
  readonly bytes: Uint8Array;
  readonly message: Dhcpv4Message;
}

interface Member {
  readonly node: BaseNode;
  readonly root: Root;
  /** The address it answers ARP for, 0 for none. */
  readonly address: () => number;
}

/** An Ethernet with DHCP nodes on it, on virtual time. */
export class SimulatedLan {
  now = 0;
  readonly log: Sent[] = [];
  /** The last message sent, also after {@linkcode SimulatedLan.take}. */
  last: Sent | null = null;
  readonly verdicts: Verdict[] = [];
  /** Whether a message gets lost. */
  loses: (sent: Sent) => boolean = () => false;
  /** How long a message takes, in milliseconds. */
  latency: (sent: Sent) => number = () => 1;

  readonly #members: Member[] = [];
  readonly #flying: { at: number; sent: Sent; to: Member }[] = [];
  readonly #packet = new Packet(1514);

  add(node: BaseNode, address: () => number): void {
    const root = new Root();
    node.attach(root);
    this.#members.push({ node, root, address });
  }

  /** Lets time pass, with all that happens in it. */
  run(until: number): void {
    for (let rounds = 0;; rounds++) {
      if (rounds > 100_000) throw new Error("The nodes never fall silent");
      this.#drain();
      const next = Math.min(
        ...this.#members.map(({ root }) => root.timers.next()),
        ...this.#flying.map((it) => it.at),
      );
      if (next > until) break;
      this.now = Math.max(this.now, next);
      for (const { root } of this.#members) root.timers.expire(this.now);
      this.#deliver();
    }
    this.now = until;
  }

  /** Runs on for so many milliseconds. */
  pass(duration: number): void {
    this.run(this.now + duration);
  }

  /** What has been sent since the last call, one word each. */
  types(): string {
    return this.take().map((sent) => sent.type).join(" ");
  }

  /** What has been sent since the last call. */
  take(): Sent[] {
    return this.log.splice(0);
  }

  /** Hands a message to a node. */
  inject(node: BaseNode, fields: Dhcpv4MessageFields, destination: number = 0xffffffff): Verdict {
    return this.injectBytes(node, encodeMessage(fields), destination);
  }

  /** Hands bytes to a node. */
  injectBytes(node: BaseNode, bytes: Uint8Array, destination: number = 0xffffffff): Verdict {
    const packet = this.#packet;
    packet.clear();
    packet.bytes.fill(0xa5);
    packet.bytes.set(bytes, offset);
    packet.destination = destination;
    packet.destinationPort = node.localPort;
    const verdict = node.demux(packet, offset, offset + bytes.length, this.now);
    this.#drain();
    return verdict;
  }

  #drain(): void {
    for (const { node, root } of this.#members) {
      for (let count = 0;; count++) {
        if (count > 1000) throw new Error("A node never falls silent");
        this.#packet.clear();
        this.#packet.bytes.fill(0xa5);
        const length = root.encapsulate(this.#packet, 14, offset, this.now);
        if (length === 0) break;
        this.#send(node, length);
      }
    }
  }

  #send(from: BaseNode, length: number): void {
    const packet = this.#packet;
    assert(length >= 300 && length <= 1472);
    assertEquals(packet.bytes[offset + 1472], 0xa5, "It wrote behind an Ethernet frame");
    const bytes = packet.bytes.slice(offset, offset + length);
    const message = decodeMessage(bytes);
    if (typeof message === "number") throw new Error(`A node wrote nonsense: ${message}`);
    const sent: Sent = {
      time: this.now,
      from,
      type: names.get(message.options.messageType ?? 0) ?? "?",
      source: formatIpv4(packet.source),
      destination: formatIpv4(packet.destination),
      port: packet.destinationPort,
      bytes,
      message,
    };
    assertEquals(packet.sourcePort, from.localPort);
    this.log.push(sent);
    this.last = sent;
    if (this.loses(sent)) return;
    for (const to of this.#members) {
      const isTo = packet.destination === 0xffffffff || packet.destination === to.address();
      if (to.node === from || to.node.localPort !== sent.port || !isTo) continue;
      this.#flying.push({ at: this.now + this.latency(sent), sent, to });
    }
  }

  #deliver(): void {
    for (const flight of this.#flying.splice(0)) {
      if (flight.at > this.now) this.#flying.push(flight);
      else this.verdicts.push(this.injectBytes(flight.to.node, flight.sent.bytes));
    }
  }
}
