import { Packet } from "@octet/wire";
import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { Host } from "../../host/host.ts";
import { openQemuDatagram, type QemuDatagramDevice } from "./datagram.ts";
import { connectQemu } from "./stream.ts";

/** Two ends of a wire, and the folder of their sockets. */
class Wire implements Disposable {
  readonly path: string = Deno.makeTempDirSync();
  readonly a: string = `${this.path}/a`;
  readonly b: string = `${this.path}/b`;

  open(end: "a" | "b"): QemuDatagramDevice {
    const [local, remote] = end === "a" ? [this.a, this.b] : [this.b, this.a];
    return openQemuDatagram({ local, remote });
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.path, { recursive: true });
  }
}

function frame(mark: number, length = 60): Packet {
  const packet = new Packet(70_000);
  packet.bytes.fill(mark, 0, length);
  packet.length = length;
  return packet;
}

function received(device: QemuDatagramDevice, capacity = 1518): [number, number][] {
  const packet = new Packet(capacity);
  const found: [number, number][] = [];
  while (device.receive(packet)) found.push([packet.bytes[0]!, packet.length]);
  packet.release();
  return found;
}

Deno.test("Two hosts speak in datagrams", async () => {
  using wire = new Wire();
  await using a = new Host(wire.open("a"), { address: { address: "10.0.0.1/24" } });
  await using b = new Host(wire.open("b"), { address: { address: "10.0.0.2/24" } });
  const size = 1_000_000;
  await using _server = a.serve(
    { port: 80, onListen: () => {} },
    () => new Response(new Uint8Array(size).map((_, i) => i % 251)),
  );
  const body = new Uint8Array(await (await b.fetch("http://10.0.0.1/")).arrayBuffer());
  assertEquals(body.length, size);
  assert(body.every((byte, i) => byte === i % 251));
});

Deno.test("A datagram is a frame, and the machine may come, go and come again", async () => {
  using wire = new Wire();
  using a = wire.open("a");
  assert(a.transmit(frame(1)));
  assertEquals(a.counters.outDown, 1);
  for (const round of [1, 2]) {
    using b = wire.open("b");
    assert(a.transmit(frame(round, 1)));
    await b.ready(5000);
    assertEquals(received(b), [[round, 1]]);
    b.transmit(frame(round + 10, 1514));
    await a.ready(5000);
    assertEquals(received(a), [[round + 10, 1514]]);
  }
  assert(a.transmit(frame(1)));
  assertEquals(a.counters.outDown, 2);
});

Deno.test("A device is full while the machine's queue is, and has room again when it reads", async () => {
  using wire = new Wire();
  using a = wire.open("a");
  using b = wire.open("b");
  let sent = 0;
  while (sent < 100_000 && a.transmit(frame(sent & 0xff))) sent++;
  assert(sent > 0 && sent < 100_000, `${sent} frames`);
  await a.ready(60_000);
  const found = received(b);
  assertEquals(found, Array.from({ length: sent }, (_, i) => [i & 0xff, 60]));
  assert(a.transmit(frame(1)), "there is room again");
});

Deno.test("Frames too long for a packet, and super-segments, are dropped and counted", () => {
  using wire = new Wire();
  using a = wire.open("a");
  using b = wire.open("b");
  a.transmit(frame(1, 9000));
  a.transmit(frame(2, 9));
  assertEquals(received(b), [[2, 9]]);
  assertEquals(b.counters.inErrors, 1);
  const segments = frame(1, 3000);
  segments.segmentSize = 1460;
  assert(a.transmit(segments));
  const long = new Packet(80_000);
  long.length = 69_633;
  assert(a.transmit(long));
  assertEquals(a.counters.outErrors, 2);
});

Deno.test("Waiting ends by wake and by close, and close removes the socket", async () => {
  using wire = new Wire();
  const a = wire.open("a");
  const woken = a.ready(60_000);
  a.wake();
  await woken;
  const closed = a.ready(60_000);
  a.close();
  await closed;
  await a.ready(60_000);
  assertEquals(received(a), []);
  assert(a.transmit(frame(1)));
  a.close();
  assertThrows(() => Deno.lstatSync(wire.a), Deno.errors.NotFound);
});

Deno.test("What is asked wrongly is refused in one line", () => {
  using wire = new Wire();
  using _a = wire.open("a");
  const busy = assertThrows(() => wire.open("a"), Deno.errors.AddrInUse);
  assertMatch(busy.message, /^Cannot exchange datagrams with QEMU at .* another program/);
  const same = { local: wire.b, remote: wire.b };
  const one = assertThrows(() => openQemuDatagram(same), RangeError);
  assertMatch(one.message, /the two are one/);
  const other = assertThrows(() => connectQemu(wire.a));
  assert(other instanceof Error);
  assertMatch(other.message, /socket of the other kind/);
});
