import { MacAddress } from "@octet/netip";
import { Packet } from "@octet/wire";
import {
  assert,
  assertEquals,
  assertFalse,
  assertMatch,
  assertRejects,
  assertThrows,
} from "@std/assert";
import { Host } from "../../host/host.ts";
import type { Device } from "../device.ts";
import { connectQemu, listenQemu, type QemuStreamDevice } from "./stream.ts";

type ErrorClass = new (message: string) => Error;

/** A folder for sockets, gone at the end. */
class Folder implements Disposable {
  readonly path: string = Deno.makeTempDirSync();
  readonly socket: string = `${this.path}/q`;

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

/** The first byte and the length of each frame that is there. */
function received(device: Device): [number, number][] {
  const packet = new Packet(1518);
  const found: [number, number][] = [];
  while (device.receive(packet)) found.push([packet.bytes[0]!, packet.length]);
  packet.release();
  return found;
}

async function receiveFrames(device: Device, count: number): Promise<[number, number][]> {
  const found = received(device);
  while (found.length < count) {
    await device.ready(5000);
    const more = received(device);
    assert(more.length > 0 || !device.isClosed);
    found.push(...more);
  }
  return found;
}

function bytesOf(...frames: readonly (readonly number[])[]): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(frames.flatMap((frame) => [0, 0, 0, frame.length, ...frame]));
}

async function readBytes(conn: Deno.Conn, length: number): Promise<number[]> {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length;) {
    const read = await conn.read(bytes.subarray(at));
    assert(read !== null);
    at += read ?? 0;
  }
  return [...bytes];
}

Deno.test("Two hosts speak over a socket, in both roles", async () => {
  using folder = new Folder();
  await using a = new Host(listenQemu(folder.socket), { address: { address: "10.0.0.1/24" } });
  await using b = new Host(connectQemu(folder.socket), { address: { address: "10.0.0.2/24" } });
  const size = 3_000_000;
  await using _server = a.serve(
    { port: 80, onListen: () => {} },
    () => new Response(new Uint8Array(size).map((_, i) => i % 251)),
  );
  const body = new Uint8Array(await (await b.fetch("http://10.0.0.1/")).arrayBuffer());
  assertEquals(body.length, size);
  assert(body.every((byte, i) => byte === i % 251));
});

Deno.test("Frames are on the wire as QEMU has them, whichever way they are cut", async () => {
  using folder = new Folder();
  using device = listenQemu(folder.socket);
  assertFalse(device.isConnected);
  using conn = await Deno.connect({ transport: "unix", path: folder.socket });
  assert(device.isConnected);
  device.transmit(frame(7, 3));
  device.transmit(frame(8, 1));
  assertEquals(await readBytes(conn, 12), [0, 0, 0, 3, 7, 7, 7, 0, 0, 0, 1, 8]);

  const bytes = bytesOf([1, 1], [2], [], [3, 3, 3]);
  for (const part of [bytes.subarray(0, 2), bytes.subarray(2, 5), bytes.subarray(5)]) {
    await conn.write(part);
    await device.ready(5000);
  }
  assertEquals(await receiveFrames(device, 3), [[1, 2], [2, 1], [3, 3]]);
  const { outDown, outErrors, inErrors, connections } = device.counters;
  assertEquals([outDown, outErrors, inErrors, connections], [0, 0, 0, 1]);
});

Deno.test("A frame is never cut when the machine reads slowly: the device is full until it does", async () => {
  using folder = new Folder();
  using device = listenQemu(folder.socket);
  using conn = await Deno.connect({ transport: "unix", path: folder.socket });
  let sent = 0;
  // One that is taken in part counts as taken, and the next one waits for its rest.
  while (device.transmit(frame(sent & 0xff, 1500))) sent++;
  assert(sent > 10, `${sent} frames`);
  const slow = device.ready(5000);
  for (let i = 0; i < sent; i++) {
    const head = await readBytes(conn, 1504);
    assertEquals([head[2], head[3], head[4], head[1503]], [5, 220, i & 0xff, i & 0xff]);
  }
  await slow;
  assert(device.transmit(frame(0xee, 2)), "there is room again");
  assertEquals(await readBytes(conn, 6), [0, 0, 0, 2, 0xee, 0xee]);
  assertEquals(device.counters.outErrors, 0);
});

Deno.test("A device that listens outlives its machine and takes the next", async () => {
  using folder = new Folder();
  using device = listenQemu(folder.socket);
  assert(device.transmit(frame(1)), "nobody is there: as an unplugged card");
  for (const round of [1, 2]) {
    const conn = await Deno.connect({ transport: "unix", path: folder.socket });
    await conn.write(bytesOf([round, 9]));
    assertEquals(await receiveFrames(device, 1), [[round, 2]]);
    // It goes in the midst of a frame; the next one's first is not taken for the rest.
    await conn.write(Uint8Array.of(0, 0, 0, 9, 1, 2));
    conn.close();
    await device.ready(5000);
    assertEquals(received(device), []);
    assertFalse(device.isConnected);
  }
  device.transmit(frame(1));
  const { outDown, inErrors, connections } = device.counters;
  assertEquals([outDown, inErrors, connections], [2, 2, 2]);
});

Deno.test("Frames that came before a machine went are received", async () => {
  using folder = new Folder();
  using device = listenQemu(folder.socket);
  const conn = await Deno.connect({ transport: "unix", path: folder.socket });
  await conn.write(bytesOf([1], [2]));
  conn.close();
  device.transmit(frame(1));
  assertEquals(await receiveFrames(device, 2), [[1, 1], [2, 1]]);
});

Deno.test("A device that connected says that its machine has gone", async () => {
  using folder = new Folder();
  using listener = Deno.listen({ transport: "unix", path: folder.socket });
  using device = connectQemu(folder.socket);
  const conn = await listener.accept();
  await conn.write(bytesOf([5]));
  conn.close();
  assertEquals(await receiveFrames(device, 1), [[5, 1]]);
  const gone = async () => {
    for (;;) {
      await device.ready(5000);
      assertEquals(received(device), []);
    }
  };
  const error = await assertRejects(gone, Deno.errors.ConnectionReset);
  assertEquals(
    error.message,
    `Cannot go on with qemu:${folder.socket} as QEMU has ended or closed the connection (ECONNRESET)`,
  );
  await assertRejects(() => device.ready(0), Deno.errors.ConnectionReset);
  assert(device.transmit(frame(1)));
});

Deno.test("A peer that speaks something else is hung up on", async () => {
  using folder = new Folder();
  using device = listenQemu(folder.socket);
  using conn = await Deno.connect({ transport: "unix", path: folder.socket });
  await conn.write(new TextEncoder().encode("GET / HTTP/1.1\r\n\r\n"));
  await device.ready(5000);
  assertEquals(received(device), []);
  assertFalse(device.isConnected);
  assertEquals(await conn.read(new Uint8Array(1)), null);
});

Deno.test("Super-segments and frames beyond QEMU's longest are dropped and counted", async () => {
  using folder = new Folder();
  using device = listenQemu(folder.socket);
  using _conn = await Deno.connect({ transport: "unix", path: folder.socket });
  const long = new Packet(80_000);
  long.length = 69_633;
  assert(device.transmit(long));
  const segments = frame(1, 3000);
  segments.segmentSize = 1460;
  assert(device.transmit(segments));
  assertEquals(device.counters.outErrors, 2);
});

Deno.test("Waiting ends by wake, by time, and by close", async () => {
  using folder = new Folder();
  const device = listenQemu(folder.socket);
  const woken = device.ready(60_000);
  assertEquals(device.ready(0), woken, "a second call joins the first");
  device.wake();
  await woken;
  await device.ready(1);
  const closed = device.ready(60_000);
  device.close();
  await closed;
  await device.ready(60_000);
  assertEquals(received(device), []);
  assert(device.transmit(frame(1)));
  device.close();
  assertThrows(() => Deno.lstatSync(folder.socket), Deno.errors.NotFound);
});

Deno.test("A socket left behind is replaced; one in use and what is no socket stay", () => {
  using folder = new Folder();
  // A socket that is closed without being removed, as by a program that was killed.
  const left = Deno.listen({ transport: "unix", path: `${folder.path}/left` });
  Deno.renameSync(`${folder.path}/left`, folder.socket);
  left.close();
  assertThrows(() => connectQemu(folder.socket), Deno.errors.ConnectionRefused, "nobody listens");
  using device = listenQemu(folder.socket);
  const busy = assertThrows(() => listenQemu(folder.socket), Deno.errors.AddrInUse);
  assertMatch(busy.message, /^Cannot listen for QEMU at .* as another program listens there/);
  const again: QemuStreamDevice = connectQemu(folder.socket);
  assert(device.isConnected);
  again.close();

  Deno.writeTextFileSync(`${folder.path}/file`, "precious");
  assertThrows(() => listenQemu(`${folder.path}/file`), Deno.errors.AddrInUse);
  assertEquals(Deno.readTextFileSync(`${folder.path}/file`), "precious");
});

Deno.test("What is asked wrongly is refused in one line", () => {
  using folder = new Folder();
  const multicast = MacAddress.parse("01:00:5e:00:00:01");
  const table: readonly (readonly [() => unknown, ErrorClass, RegExp])[] = [
    [() => connectQemu(`${folder.path}/none`), Deno.errors.NotFound, /start QEMU first/],
    [() => listenQemu(`${folder.path}/none/q`), Deno.errors.NotFound, /no such folder/],
    [() => listenQemu(""), SyntaxError, /cannot be the path/],
    [() => listenQemu("/tmp/\0"), SyntaxError, /cannot be the path/],
    [() => listenQemu("/tmp/".padEnd(108, "x")), RangeError, /at most 107 bytes and this has 108/],
    [() => listenQemu(folder.socket, { mtu: 67 }), RangeError, /MTU of 67/],
    [() => listenQemu(folder.socket, { hardwareAddress: multicast }), RangeError, /one station/],
  ];
  for (const [call, type, says] of table) {
    const error = assertThrows(call, type);
    assertMatch(error.message, /^Cannot (connect to|listen for) QEMU at [^\n]*$/);
    assertMatch(error.message, says);
  }
});
