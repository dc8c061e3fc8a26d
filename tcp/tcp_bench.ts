// Two TCPs joined by nothing but a packet that is handed over: no IP, no Ethernet, checksums left to the
// "device", time that moves by fractions of a millisecond as a real clock's does.

import { bench } from "@octet/testing/bench";
import { allocate, Packet, SeededRandom, Verdict } from "@octet/wire";
import { Root } from "./_root.ts";
import { TcpConnection } from "./connection.ts";
import type { TcpConnectionOptions } from "./settings.ts";
import { Tcp } from "./tcp.ts";

const group = "TCP alone, two ends in one process";
const leftAddress = 0x0a000001;
const rightAddress = 0x0a000002;

/** Both ends, and the packet between them. */
class Wire {
  readonly left: Tcp;
  readonly right: Tcp;
  /** The time stands among objects, so that V8 keeps it as one and does not make one at each call. */
  readonly #clock: [string, number] = ["ms", 1000.25];
  #exchanges = 0;
  readonly #roots: readonly Root[] = [new Root(), new Root()];
  readonly #packet: Packet;

  constructor(maxSegment: number, options: TcpConnectionOptions = {}) {
    this.#packet = new Packet(maxSegment + 100);
    const link = { mtu: 1500, maxSegment };
    const network = (source: number) => ({ sourceFor: () => source, linkTo: () => link });
    this.left = new Tcp(network(leftAddress), new SeededRandom(1), options);
    this.right = new Tcp(network(rightAddress), new SeededRandom(2), options);
    this.left.attach(this.#roots[0]!);
    this.right.attach(this.#roots[1]!);
  }

  /** Milliseconds. */
  get now(): number {
    return this.#clock[1];
  }

  /** Time passes. */
  pass(milliseconds: number): void {
    this.#clock[1] += milliseconds;
  }

  /** Carries segments both ways until nobody has any. */
  exchange(): void {
    // Each new time is an object of 16 bytes; every hundredth time is seldom enough not to show.
    if (++this.#exchanges % 100 === 0) this.pass(1.313);
    let idle = 0;
    for (let side = 0; idle < 2; side = 1 - side) {
      idle = this.#carry(this.#roots[side]!, side === 0 ? this.right : this.left) ? 0 : idle + 1;
    }
  }

  #carry(root: Root, to: Tcp): boolean {
    const packet = this.#packet;
    const now = this.now;
    let carried = false;
    root.timers.expire(now);
    for (;;) {
      packet.clear();
      const length = root.encapsulate(packet, 0, 20, now);
      if (length === 0) return carried;
      carried = true;
      packet.length = 20 + length;
      packet.checksumVerified = true;
      to.demux(packet, 20, packet.length, now);
    }
  }

  /** An open connection, both ends of it. */
  open(port = 80): [TcpConnection, TcpConnection] {
    const listener = this.right.canListen(port, 0) ? this.right.listen(port) : null;
    const client = this.left.connect({ address: rightAddress, port }, this.now);
    this.exchange();
    const server = listener?.accept();
    if (server === undefined || server === null) throw new Error("Not connected");
    client.sender.nagle.noDelay = true;
    server.sender.nagle.noDelay = true;
    return [client, server];
  }
}

/** Moves bytes from one end to the other until `size` have been read. */
function bulk(wire: Wire, from: TcpConnection, to: TcpConnection, size: number): () => void {
  const chunk = allocate(size).bytes;
  const target = allocate(size).bytes;
  return () => {
    let written = 0;
    let read = 0;
    while (read < size) {
      written += from.write(chunk, written, size);
      wire.exchange();
      read += to.read(target, 0, size);
    }
  };
}

for (const [name, maxSegment] of [["MTU 1500", 1500], ["super-segments", 65_535]] as const) {
  const wire = new Wire(maxSegment);
  const [client, server] = wire.open();
  const size = 1 << 18;
  const up = bulk(wire, client, server, size);
  const down = bulk(wire, server, client, size);
  bench(`bulk both ways, 256 KiB each, ${name}`, () => {
    up();
    down();
  }, { group, bytes: 2 * size });
}

/** An octet there and an octet back. */
function pingPong(wire: Wire, client: TcpConnection, server: TcpConnection): () => void {
  const octet = Uint8Array.of(7);
  const back = new Uint8Array(4);
  return () => {
    client.write(octet);
    wire.exchange();
    if (server.read(back, 0, 4) !== 1) throw new Error("No request");
    server.write(octet);
    wire.exchange();
    if (client.read(back, 0, 4) !== 1) throw new Error("No response");
  };
}

{
  const wire = new Wire(1500);
  const [client, server] = wire.open();
  bench("1-byte request and response", pingPong(wire, client, server), { group });
}

{
  const wire = new Wire(1500);
  const idle = 10_000;
  const listener = wire.right.listen(81, { backlog: idle });
  for (let i = 0; i < idle; i++) {
    wire.left.connect({ address: rightAddress, port: 81 }, wire.now);
    if (i % 100 === 99) wire.exchange();
  }
  let accepted = 0;
  while (listener.accept() !== null) accepted++;
  if (accepted !== idle) throw new Error(`${accepted} connections`);
  const [client, server] = wire.open();
  bench(
    "1-byte request and response beside 10,000 idle connections",
    pingPong(wire, client, server),
    {
      group,
    },
  );
}

{
  const wire = new Wire(1500);
  const listener = wire.right.listen(80);
  const client = new TcpConnection();
  const target = { address: rightAddress, port: 80, localPort: 50_000 };
  bench("open and abort, connections reused", () => {
    wire.left.connect(target, wire.now, client);
    wire.exchange();
    const server = listener.accept();
    if (server === null) throw new Error("Not connected");
    client.abort(wire.now);
    wire.exchange();
    wire.right.recycle(server);
  }, { group });
}

{
  const wire = new Wire(1500);
  const [client, server] = wire.open();
  const size = 1 << 17;
  const chunk = allocate(size).bytes;
  const target = allocate(size).bytes;
  let count = 0;
  const network = wire.right;
  const take = network.demux;
  // Every hundredth segment to the right is lost: SACK, RACK and PRR at work.
  network.demux = (packet, offset, end, now) =>
    ++count % 100 === 0 ? Verdict.Filtered : take.call(network, packet, offset, end, now);
  bench("bulk, 128 KiB, one segment in a hundred lost", () => {
    let written = 0;
    let read = 0;
    while (read < size) {
      written += client.write(chunk, written, size);
      wire.exchange();
      read += server.read(target, 0, size);
      if ((count & 15) === 0) wire.pass(0.7);
    }
  }, { group, bytes: size });
}

if (import.meta.main && Deno.args.includes("--memory")) {
  const collect = (globalThis as { gc?: () => void }).gc;
  if (collect === undefined) throw new Error("Run with --v8-flags=--expose-gc");
  const wire = new Wire(1500);
  const count = 10_000;
  const listener = wire.right.listen(80, { backlog: count });
  collect();
  const before = Deno.memoryUsage();
  for (let i = 0; i < count; i++) {
    wire.left.connect({ address: rightAddress, port: 80 }, wire.now);
    if (i % 100 === 99) wire.exchange();
  }
  collect();
  const after = Deno.memoryUsage();
  const each = (after.heapUsed - before.heapUsed) / (2 * count);
  const outside = (after.external - before.external) / (2 * count);
  console.log(
    `${Math.round(each)} B of heap, ${Math.round(outside)} B outside, each of ${
      2 * count
    } connections; ${listener.queued} wait`,
  );
}
