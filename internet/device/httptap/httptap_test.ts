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
import { Lan } from "../lan.ts";
import { connectHttpTap, type HttpTapDevice, type HttpTapOptions } from "./client.ts";
import { HttpTapServer, type HttpTapServerOptions } from "./server.ts";

/** An httptap that lends a port of a LAN in memory. */
class Tap implements AsyncDisposable {
  readonly lan: Lan = new Lan();
  readonly far: Device = this.lan.attach();
  readonly server: HttpTapServer;
  readonly http: Deno.HttpServer<Deno.NetAddr>;
  readonly url: string;

  constructor(options: HttpTapServerOptions = {}, handle = true) {
    this.server = new HttpTapServer(this.lan.attach({ name: "tap0" }), options);
    this.http = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      (request, info) =>
        handle ? this.server.handle(request, info.remoteAddr) : new Response(null, { status: 404 }),
    );
    this.url = `http://127.0.0.1:${this.http.addr.port}`;
  }

  connect(options: HttpTapOptions = {}): Promise<HttpTapDevice> {
    return connectHttpTap(this.url, options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.far.close();
    this.server.close();
    await this.server.finished;
    await this.http.shutdown();
  }
}

function frame(mark: number, length = 60): Packet {
  const packet = new Packet(70_000);
  packet.bytes.fill(0xff, 0, 6);
  packet.bytes.fill(2, 6, 12);
  packet.bytes.fill(mark, 12, length);
  packet.length = length;
  return packet;
}

/** Waits for so many frames, and gives the 13th byte and the length of each. */
async function receive(device: Device, count: number): Promise<[number, number][]> {
  const packet = new Packet(1518);
  const found: [number, number][] = [];
  const late = performance.now() + 5000;
  while (found.length < count) {
    while (device.receive(packet)) found.push([packet.bytes[12]!, packet.length]);
    if (found.length >= count) break;
    assert(performance.now() < late, `${found.length} of ${count} frames`);
    await device.ready(1000);
  }
  packet.release();
  return found;
}

for (const transport of ["socket", "polling"] as const) {
  Deno.test(`Two hosts speak through an httptap by ${transport}`, async () => {
    await using tap = new Tap({ prefix: "10.0.0.1/24" });
    await using near = new Host(tap.lan.attach(), { address: { address: "10.0.0.1/24" } });
    const device = await tap.connect({ transport });
    assertEquals([device.transport, device.mtu, device.name], [transport, 1500, tap.url]);
    await using borrower = new Host(device, { address: { address: "10.0.0.2/24" } });
    const size = transport === "socket" ? 3_000_000 : 100_000;
    await using _server = near.serve(
      { port: 80, onListen: () => {} },
      () => new Response(new Uint8Array(size).map((_, i) => i % 251)),
    );
    const body = new Uint8Array(await (await borrower.fetch("http://10.0.0.1/")).arrayBuffer());
    assertEquals(body.length, size);
    assert(body.every((byte, i) => byte === i % 251));
  });

  Deno.test(`Frames keep their order and length by ${transport}`, async () => {
    await using tap = new Tap();
    using device = await tap.connect({ transport });
    const sent: [number, number][] = Array.from({ length: 50 }, (_, i) => [i, 14 + i * 30]);
    for (const [mark, length] of sent) assert(device.transmit(frame(mark, length)));
    assertEquals(await receive(tap.far, sent.length), sent);
    for (const [mark, length] of sent) assert(tap.far.transmit(frame(mark, length)));
    assertEquals(await receive(device, sent.length), sent);
    assertEquals(device.counters, { inDrops: 0, outDrops: 0 });
  });

  Deno.test(`A second client is refused while one has the device by ${transport}`, async () => {
    await using tap = new Tap();
    using device = await tap.connect({ transport });
    device.transmit(frame(1));
    await receive(tap.far, 1);
    const error = await assertRejects(() => tap.connect(), Deno.errors.Busy);
    assertMatch(
      error.message,
      /^Cannot use httptap at http:\S+ as it refuses with 409: Cannot lend tap0 as 127\.0\.0\.1.* has it: end that program, or start another httptap$/,
    );
    // What lneto's client would send.
    const response = await fetch(`${tap.url}/recv`);
    assertEquals(response.status, 409);
    await response.body?.cancel();
    assertEquals(tap.server.counters.refused, 2);
  });

  Deno.test(`A client learns that its httptap has gone by ${transport}`, async () => {
    const tap = new Tap();
    using device = await tap.connect({ transport });
    device.transmit(frame(1));
    await receive(tap.far, 1);
    const lost = assertRejects(async () => {
      for (;;) await device.ready(5000);
    }, Error);
    await tap[Symbol.asyncDispose]();
    assertMatch((await lost).message, /^Cannot go on with httptap at http:\S+ as [^\n]+$/);
    assert(device.transmit(frame(1)), "as by an unplugged card");
    await assertRejects(() => device.ready(Infinity));
    device.close();
    await device.ready(Infinity);
  });

  Deno.test(`Closing ends a wait by ${transport}`, async () => {
    await using tap = new Tap();
    const device = await tap.connect({ transport });
    const woken = device.ready(60_000);
    device.wake();
    await woken;
    await device.ready(1);
    const waiting = device.ready(60_000);
    device.close();
    await waiting;
    assert(device.isClosed);
    assertFalse(device.receive(frame(1)));
    assert(device.transmit(frame(1)));
    device.close();
  });
}

Deno.test("The device is free again when its client closes, and frames for others are not given", async () => {
  const names: string[] = [];
  await using tap = new Tap({ onClient: (name, has) => names.push(`${name} has ${has}`) });
  for (const round of [1, 2]) {
    tap.far.transmit(frame(99));
    const device = await tap.connect();
    assertMatch(tap.server.client, /^127\.0\.0\.1:\d+ at \/frames$/);
    device.transmit(frame(round));
    assertEquals(await receive(tap.far, 1), [[round, 60]]);
    tap.far.transmit(frame(round + 10));
    assertEquals(await receive(device, 1), [[round + 10, 60]]);
    device.close();
    while (tap.server.client !== "") await new Promise((resolve) => setTimeout(resolve));
  }
  assertEquals(names.map((name) => name.replace(/:\d+/, "")), [
    ...["127.0.0.1 at /frames has come", "127.0.0.1 at /frames has gone"],
    ...["127.0.0.1 at /frames has come", "127.0.0.1 at /frames has gone"],
  ]);
});

Deno.test("Frames sent before close arrive", async () => {
  await using tap = new Tap();
  const device = await tap.connect();
  for (let i = 0; i < 20; i++) device.transmit(frame(i));
  device.close();
  assertEquals((await receive(tap.far, 20)).length, 20);
});

Deno.test("A token opens, and nothing else does", async () => {
  const token = "a-token-of-16-or-more";
  await using tap = new Tap({ token });
  for (const wrong of [undefined, "a-token-of-16-or-morE", "a-token-of-16-or-more2"]) {
    const options = wrong === undefined ? {} : { token: wrong };
    const error = await assertRejects(() => tap.connect(options), Deno.errors.PermissionDenied);
    assertMatch(error.message, /refuses with 401: (This httptap wants its token|The token is not)/);
  }
  (await tap.connect({ token })).close();
  while (tap.server.client !== "") await new Promise((resolve) => setTimeout(resolve));
  using device = await connectHttpTap(`${tap.url}/?token=${token}`);
  assertFalse(device.name.includes(token), "the token is not shown");
  assertEquals(device.transport, "socket");
});

Deno.test("What is asked wrongly is refused in one line", async () => {
  await using tap = new Tap({ hardwareAddress: "02:00:00:00:00:01" });
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const unused = `http://127.0.0.1:${listener.addr.port}`;
  listener.close();
  const mac = (text: string) => ({ hardwareAddress: MacAddress.parse(text) });
  const table: readonly (readonly [string, HttpTapOptions, RegExp])[] = [
    ["tap0", {}, /"tap0" is no URL like http:/],
    ["ftp://127.0.0.1/", {}, /no URL like/],
    [tap.url, { mtu: 1501 }, /MTU of 1501 is not from 68 to its own 1500/],
    [tap.url, { mtu: 67 }, /MTU of 67/],
    [tap.url, mac("02:00:00:00:00:01"), /the far side has address 02:00:00:00:00:01 already/],
    [tap.url, mac("01:00:00:00:00:01"), /not the address of one station/],
    [unused, {}, /nobody listens there: start httptap first$/],
  ];
  for (const [url, options, says] of table) {
    const error = await assertRejects(() => connectHttpTap(url, options), Error);
    assertMatch(error.message, /^Cannot connect to httptap [^\n]*$/);
    assertMatch(error.message, says);
  }
  await using other = new Tap({}, false);
  await assertRejects(() => other.connect(), Error, "refuses with 404");
  assertThrows(() => new HttpTapServer(tap.lan.attach(), { queueLimit: 0 }), RangeError);
});

Deno.test("A device that is lost under the httptap ends it", async () => {
  const lan = new Lan();
  const device = lan.attach({ name: "tap0" });
  const server = new HttpTapServer(device);
  device.close();
  await assertRejects(() => server.finished, TypeError, "Cannot lend tap0 as it has been closed");
  const response = await server.handle(new Request("http://127.0.0.1/info"));
  assertEquals(response.status, 421, "a Request made by hand has no Host");
});
