/**
 * The WebSocket at `/frames` when one of its ends does what it should not: nonsense, silence, too much.
 */
import { Packet } from "@octet/wire";
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import type { Device } from "../device.ts";
import { Lan } from "../lan.ts";
import { connectHttpTap, type HttpTapDevice } from "./client.ts";
import { longestMessage } from "./frame_messages.ts";
import { HttpTapServer } from "./server.ts";

interface Bench extends AsyncDisposable {
  readonly tap: HttpTapServer;
  readonly far: Device;
  readonly port: number;
}

function bench(): Bench {
  const lan = new Lan();
  const far = lan.attach();
  const tap = new HttpTapServer(lan.attach({ name: "tap0" }));
  const http = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    (request, info) => tap.handle(request, info.remoteAddr),
  );
  return {
    tap,
    far,
    port: http.addr.port,
    async [Symbol.asyncDispose]() {
      tap.close();
      far.close();
      await http.shutdown();
    },
  };
}

function message(...frames: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const parts = frames.map((frame) => {
    const part = new Uint8Array(4 + frame.length);
    new DataView(part.buffer).setUint32(0, frame.length);
    part.set(frame, 4);
    return [...part];
  });
  return Uint8Array.from(parts.flat());
}

function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}

Deno.test("A message that is no frames closes the connection, and what was whole in it is sent", async () => {
  const frame = new Uint8Array(60).fill(0xff);
  const whole = message(frame, frame);
  const table: readonly (readonly [string | Uint8Array<ArrayBuffer>, number, number, RegExp])[] = [
    ["text", 1007, 0, /must be binary/],
    [new Uint8Array(longestMessage + 1), 1009, 0, /too long/],
    [whole.subarray(0, whole.length - 1), 1007, 1, /whole frames/],
    [Uint8Array.of(...whole, 0), 1007, 2, /whole frames/],
    [Uint8Array.of(...whole, 0xff, 0xff, 0xff, 0xff, 1), 1007, 2, /whole frames/],
  ];
  for (const [data, wanted, sent, says] of table) {
    await using bad = bench();
    const socket = new WebSocket(`ws://127.0.0.1:${bad.port}/frames`);
    socket.onopen = () => socket.send(data);
    const { code, reason } = await new Promise<CloseEvent>((resolve) => socket.onclose = resolve);
    assertEquals(code, wanted);
    assertMatch(reason, says);
    const { counters } = bad.tap;
    assertEquals([counters.sent, counters.outErrors], [sent, 1]);
    while (bad.tap.client !== "") await turn();
  }
});

Deno.test("Frames too short or too long for an Ethernet are counted, and the others sent", async () => {
  await using good = bench();
  const socket = new WebSocket(`ws://127.0.0.1:${good.port}/frames`);
  const lengths = [60, 13, 0, 14, 60_000, 60];
  socket.onopen = () => socket.send(message(...lengths.map((length) => new Uint8Array(length))));
  while (good.tap.counters.sent < 3) await turn();
  assertEquals(good.tap.counters.outErrors, 2);
  assertEquals(socket.readyState, WebSocket.OPEN);
  const closed = new Promise((resolve) => socket.onclose = resolve);
  socket.close();
  await closed;
});

Deno.test("A client that does not read holds a mebibyte and no more, and loses the device when it goes", async () => {
  await using slow = bench();
  const conn = await Deno.connect({ hostname: "127.0.0.1", port: slow.port });
  await conn.write(
    new TextEncoder().encode(
      `GET /frames HTTP/1.1\r\nHost: 127.0.0.1:${slow.port}\r\nConnection: Upgrade\r\n` +
        "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" +
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    ),
  );
  const answer = new Uint8Array(1024);
  const length = await conn.read(answer) ?? 0;
  assertMatch(new TextDecoder().decode(answer.subarray(0, length)), /^HTTP\/1\.1 101 /);
  const packet = new Packet(1518);
  packet.bytes.fill(0xff, 0, 6);
  packet.length = 1514;
  // Much more than the kernel's buffers take, until nothing moves any more.
  const { counters } = slow.tap;
  let last = -1;
  for (let still = 0; still < 20; still = counters.received === last ? still + 1 : 0) {
    last = counters.received;
    for (let i = 0; i < 1000; i++) slow.far.transmit(packet);
    await turn();
  }
  assert(last > 0 && last * 1514 < 30e6, `${last} frames were handed over`);
  conn.close();
  while (slow.tap.client !== "") await turn();
});

Deno.test("A client does not believe a server that talks nonsense", async () => {
  const table: readonly (readonly [string | Uint8Array<ArrayBuffer>, RegExp])[] = [
    ["text", /as it sends text$/],
    [Uint8Array.of(0, 0, 0, 9, 1), /as what it sends is not frames behind their lengths$/],
    [Uint8Array.of(0xff, 0, 0, 0, 1), /as what it sends is not frames behind their lengths$/],
    [new Uint8Array(longestMessage + 4), /as what it sends is not frames behind their lengths$/],
  ];
  for (const [data, says] of table) {
    const http = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
      if (new URL(request.url).pathname === "/info") return new Response('{"MTU":1500}');
      if (!request.headers.has("upgrade")) return new Response(null, { status: 426 });
      const { socket, response } = Deno.upgradeWebSocket(request);
      socket.onopen = () => {
        socket.send(message(new Uint8Array(60).fill(7)));
        socket.send(data);
      };
      return response;
    });
    const device: HttpTapDevice = await connectHttpTap(`http://127.0.0.1:${http.addr.port}`);
    const packet = new Packet(1518);
    let received = 0;
    const error = await assertRejects(async () => {
      for (;;) {
        while (device.receive(packet)) received++;
        await device.ready(5000);
      }
    }, Error);
    assertMatch(error.message, says);
    assert(received <= 1);
    device.close();
    await http.shutdown();
  }
});
