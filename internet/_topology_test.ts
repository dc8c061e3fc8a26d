import { EchoClient, type EchoClientOptions, type EchoResult } from "@octet/icmpv4";
import { parseIpv4, parseIpv4Interface } from "@octet/netip";
import { Packet, SeededRandom } from "@octet/wire";
import type { Interface, InterfaceOptions } from "./interface.ts";
import { Stack } from "./stack.ts";
import type { StackOptions } from "./stack_options.ts";

/** A frame that crossed a wire. */
export interface Crossing {
  readonly from: string;
  readonly bytes: Uint8Array;
  readonly segmentSize: number;
}

/** One end of a wire. */
interface End {
  readonly stack: Stack;
  readonly via: Interface;
}

/** Stacks joined by wires, on virtual time. */
export class Topology {
  now = 1000;
  /** Every frame that crossed, as its sender's name and a copy. */
  readonly crossings: Crossing[] = [];
  /** Says which frames are lost on the way. */
  drop: (from: string, bytes: Uint8Array) => boolean = () => false;
  readonly #stacks: Map<Stack, string> = new Map();
  readonly #wires: (readonly End[])[] = [];
  readonly #packet = new Packet(65_600);
  #seed = 0;

  /** Makes a stack; its first interface has the options' settings. */
  stack(name: string, options: Partial<StackOptions> = {}): Stack {
    const stack = new Stack({ random: new SeededRandom(++this.#seed), ...options });
    this.#stacks.set(stack, name);
    return stack;
  }

  /** Makes a host with one interface, an address such as `"10.0.0.1/24"` and perhaps a default router. */
  host(name: string, address: string, gateway = "", options: Partial<StackOptions> = {}): Stack {
    const stack = this.stack(name, options);
    this.address(stack, address);
    if (gateway !== "") stack.addRoute({ gateway: parseIpv4(gateway) });
    return stack;
  }

  /** Makes a router with one interface for each address. */
  router(
    name: string,
    addresses: string[],
    options: Partial<StackOptions> = {},
    others: InterfaceOptions = {},
  ): Stack {
    const stack = this.stack(name, { forwarding: true, ...options });
    addresses.forEach((address, index) => {
      this.address(stack, address, index === 0 ? stack.interfaces[0] : stack.addInterface(others));
    });
    return stack;
  }

  /** Gives an interface an address. */
  address(stack: Stack, text: string, via: Interface | undefined = stack.interfaces[0]): void {
    const { address, prefix } = parseIpv4Interface(text);
    stack.addAddress(address, prefix.length, undefined, via);
  }

  /** Joins interfaces, given as stack and number, by a wire that all of them hear. */
  wire(...ends: [Stack, number][]): void {
    this.#wires.push(ends.map(([stack, index]) => ({ stack, via: stack.interfaces[index]! })));
  }

  /** Puts more interfaces on a wire, by its number. */
  join(wire: number, ...ends: [Stack, number][]): void {
    const more = ends.map(([stack, index]) => ({ stack, via: stack.interfaces[index]! }));
    this.#wires[wire] = [...this.#wires[wire]!, ...more];
  }

  /** Carries frames until all are silent. */
  drive(): void {
    for (let round = 0; round < 100_000; round++) {
      let isSilent = true;
      for (const stack of this.#stacks.keys()) if (this.#carry(stack)) isSilent = false;
      if (isSilent) return;
    }
    throw new Error("The stacks never fell silent");
  }

  /** Moves the clock, stopping at every deadline on the way. */
  advance(time: number): void {
    const until = this.now + time;
    for (;;) {
      this.drive();
      const next = Math.min(...[...this.#stacks.keys()].map((stack) => stack.deadline()));
      if (next > until) break;
      this.now = Math.max(this.now, next);
    }
    this.now = until;
    this.drive();
  }

  /** Pings, waits up to ten seconds, and gives what came of it, `null` for nothing. */
  ping(
    from: Stack,
    to: string,
    options: Partial<EchoClientOptions> = {},
  ): EchoResult | null {
    const ping = new EchoClient({ destination: parseIpv4(to), ...options });
    from.icmp.register(ping);
    ping.request();
    this.drive();
    if (ping.resultCount === 0) this.advance(10_000);
    const result = ping.takeResult();
    from.icmp.unregister(ping);
    return result;
  }

  /** Those that are not ARP, as sender's name and IP datagram, since the last call. */
  datagrams(): { from: string; bytes: Uint8Array }[] {
    return this.crossings.splice(0).filter(({ bytes }) => bytes[12] === 8 && bytes[13] === 0)
      .map(({ from, bytes }) => ({ from, bytes: bytes.subarray(14) }));
  }

  #carry(stack: Stack): boolean {
    const packet = this.#packet;
    if (stack.egress(packet, this.now) === 0) return false;
    const index = packet.interfaceIndex;
    const from = this.#stacks.get(stack)!;
    const bytes = packet.bytes.slice(0, packet.length);
    const { segmentSize, checksumStart, checksumOffset } = packet;
    this.crossings.push({ from, bytes, segmentSize });
    if (this.drop(from, bytes)) return true;
    const isOn = (end: End) => end.stack === stack && end.via.index === index;
    for (const end of this.#wires.find((ends) => ends.some(isOn)) ?? []) {
      if (isOn(end)) continue;
      packet.bytes.set(bytes);
      packet.length = bytes.length;
      packet.interfaceIndex = end.via.index;
      packet.segmentSize = segmentSize;
      packet.checksumStart = checksumStart;
      packet.checksumOffset = checksumOffset;
      packet.checksumVerified = checksumStart !== 0;
      end.stack.ingress(packet, this.now);
    }
    return true;
  }
}
