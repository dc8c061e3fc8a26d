// Every protocol of two stacks at once, on one cable that loses frames, with callbacks that send: whoever has something
// to say when both have fallen silent has been forgotten.

import { assertEquals } from "@std/assert";
import { EchoClient } from "@octet/icmpv4";
import { type TcpConnection, TcpEvent, TcpState } from "@octet/tcp";
import { UdpSocket } from "@octet/udp";
import { Packet, randomBelow, SeededRandom } from "@octet/wire";
import { MacAddress, parseIpv4 } from "@octet/netip";
import { Stack } from "./stack.ts";

const loopback = parseIpv4("127.0.0.1");
const addresses = [parseIpv4("10.0.0.1"), parseIpv4("10.0.0.2")];
/** Nobody has it: what is sent there waits for an answer to ARP, and is given up. */
const vacant = parseIpv4("10.0.0.9");
const port = 80;

/** One stack, and what its applications hold. */
class Station {
  readonly stack: Stack;
  readonly #peer: number;
  readonly #below: (bound: number) => number;
  readonly #socket: UdpSocket;
  readonly #pings: EchoClient[] = [];
  readonly #connections: Set<TcpConnection> = new Set();
  #depth = 0;
  #isDone = false;
  /** The time, for those who are called back. */
  now = 1000;

  constructor(random: SeededRandom, number: number, maxSegment: number) {
    this.#below = (bound) => randomBelow(random, bound);
    this.#peer = addresses[1 - number]!;
    this.stack = new Stack({
      random,
      maxSegment,
      hardwareAddress: MacAddress.fromNumber(0x020000000001 + number),
      tcp: { sendBuffer: 5000, receiveBuffer: 5000, finTimeout: 1000 },
    });
    this.stack.addAddress(addresses[number]!, 24, 1000);
    this.stack.tcp.hibernation.limit = 2;
    this.#socket = new UdpSocket({ localPort: 53, sendLimit: 20_000, mayBroadcast: true });
    this.stack.udp.register(this.#socket);
    this.#socket.onReadable = () => this.#interrupt();
    this.#socket.onWritable = () => this.#interrupt();
    for (const destination of [this.#peer, loopback, vacant]) {
      const client = new EchoClient({
        destination,
        length: 3000,
        onResult: () => this.#interrupt(),
      });
      this.stack.icmp.register(client);
      this.#pings.push(client);
    }
    const listener = this.stack.tcp.listen(port);
    listener.onConnection = () => this.#hold(listener.accept()!);
  }

  /** Does something, anything. */
  act(now: number): void {
    const below = this.#below;
    const target = [this.#peer, this.#peer, loopback, vacant][below(4)]!;
    const all = [...this.#connections];
    const connection = all[below(Math.max(1, all.length))];
    switch (below(12)) {
      case 0:
        if (this.stack.ipv4.sourceFor(target) === 0 || all.length === 12) return;
        this.#hold(this.stack.tcp.connect({ address: target, port }, now));
        return;
      case 1:
        connection?.close(now);
        return;
      case 2:
        if (below(4) === 0) connection?.abort(now);
        return;
      case 3:
      case 4:
        this.#socket.send(new Uint8Array(below(4000)), target, 53);
        return;
      case 5:
        this.#socket.sendSegments(new Uint8Array(below(9000)), 1 + below(1400), target, 53);
        return;
      case 6:
        this.#pings[below(3)]!.request();
        return;
      case 7: {
        const via = this.stack.interfaces[0]!;
        if (below(3) > 0) via.isBlocked = !via.isBlocked;
        else if (via.isUp) via.down();
        else via.up(now);
        return;
      }
      case 8:
        while (this.#socket.receive(new Uint8Array(4000)) >= 0);
        for (const client of this.#pings) while (client.takeResult() !== null);
        return;
      case 9:
        connection?.read(new Uint8Array(3000));
        return;
      default:
        if (connection?.mayWrite) connection.write(new Uint8Array(1 + below(4000)));
    }
  }

  /** Lets the cable carry frames again. */
  mend(now: number): void {
    const via = this.stack.interfaces[0]!;
    via.isBlocked = false;
    via.up(now);
  }

  /** Asks everybody whether there is something to be said. */
  ask(): void {
    const { stack } = this;
    for (const connection of stack.tcp.connections()) connection.requestTurn();
    for (const client of this.#pings) client.requestTurn();
    this.#socket.requestTurn();
    for (const node of [stack.tcp, stack.udp, stack.icmp, stack.igmp, stack.ipv4, stack.link!]) {
      node.requestTurn();
    }
    stack.arp!.requestTurn();
    const via = stack.interfaces[0]!;
    if (via.isUp && !via.isBlocked) via.requestTurn();
  }

  /** Ends all connections. */
  finish(now: number): void {
    this.#isDone = true;
    for (const connection of [...this.stack.tcp.connections()]) connection.abort(now);
  }

  #hold(connection: TcpConnection): void {
    if (connection.state === TcpState.Closed) return;
    this.#connections.add(connection);
    connection.onEvent = (events) => {
      if ((events & TcpEvent.Closed) !== 0) this.#connections.delete(connection);
      if ((events & TcpEvent.Readable) !== 0 && this.#below(2) === 0) {
        connection.read(new Uint8Array(3000));
      }
      this.#interrupt();
    };
  }

  /** In the middle of something else. */
  #interrupt(): void {
    if (this.#depth > 2 || this.#isDone) return;
    this.#depth++;
    while (this.#below(3) === 0) this.act(this.now);
    this.#depth--;
  }
}

function run(seed: number): void {
  const random = new SeededRandom(seed);
  const below = (bound: number) => randomBelow(random, bound);
  const maxSegment = seed % 2 === 0 ? 1500 : 65_535;
  const stations = [0, 1].map((number) => new Station(random, number, maxSegment));
  const stacks = stations.map(({ stack }) => stack);
  const packet = new Packet(66_000);
  let now = 1000;
  let frames = 0;
  const exchange = () => {
    for (let silent = 0, side = 0; silent < 2; side = 1 - side) {
      silent++;
      while (stacks[side]!.egress(packet, now) > 0) {
        silent = 0;
        if (++frames > 1e6) throw new Error("They never fall silent");
        packet.interfaceIndex = 0;
        packet.checksumVerified = packet.segmentSize !== 0;
        if (below(20) > 0) stacks[1 - side]!.ingress(packet, now);
      }
    }
  };
  const pass = (time: number) => {
    const until = now + time;
    for (;;) {
      exchange();
      const next = Math.min(...stacks.map((stack) => stack.deadline()));
      if (next > until) break;
      if (next === -Infinity) throw new Error("Somebody is ready, and says nothing");
      now = Math.max(now, next);
      for (const station of stations) station.now = now;
    }
    now = until;
    for (const station of stations) station.now = now;
    exchange();
  };
  for (let round = 0; round < 60; round++) {
    for (let i = below(8); i >= 0; i--) stations[below(2)]!.act(now);
    pass(below(6) === 0 ? 5000 : below(100));
    const before = frames;
    for (const station of stations) station.ask();
    exchange();
    assertEquals(frames, before, `round ${round}: somebody had something to say, and no turn`);
  }
  for (const station of stations) station.mend(now);
  for (const station of stations) station.finish(now);
  pass(200_000);
  for (const { tcp } of stacks) assertEquals(tcp.size, 0);
}

/** How many seeds: `SEEDS=500 deno test -A internet/turns_test.ts` for more. */
const seeds = Number(Deno.env.get("SEEDS") ?? 20);

Deno.test(`${seeds} pairs of stacks with TCP, UDP, pings, ARP and a broken cable: nobody is forgotten`, () => {
  for (let seed = 1; seed <= seeds; seed++) {
    try {
      run(seed);
    } catch (error) {
      throw new Error(`Seed ${seed}: ${error}`, { cause: error });
    }
  }
});
