/**
 * The lending side by bare requests: those that lneto's client sends, and those that nobody should.
 */
import { Packet } from "@octet/wire";
import { assert, assertEquals, assertFalse, assertMatch, assertThrows } from "@std/assert";
import fc from "fast-check";
import type { Device } from "../device.ts";
import { Lan } from "../lan.ts";
import { isLoopbackAddress, isToken } from "./access.ts";
import { pollingLease } from "./lease.ts";
import { HttpTapServer, type HttpTapServerOptions } from "./server.ts";
import { decodeFrame, decodeInfo, encodeFrame } from "./wire_form.ts";

interface Bench extends Disposable {
  readonly server: HttpTapServer;
  readonly far: Device;
  /** Sends a request and gives status and body. */
  ask(method: string, path: string, more?: Ask): Promise<[number, string]>;
}

interface Ask {
  readonly body?: BodyInit;
  readonly headers?: Record<string, string>;
  readonly hostname?: string;
}

function bench(options: HttpTapServerOptions = {}): Bench {
  const lan = new Lan();
  const far = lan.attach();
  const server = new HttpTapServer(lan.attach({ name: "tap0" }), options);
  return {
    server,
    far,
    async ask(method, path, { body, headers, hostname = "127.0.0.1" } = {}) {
      const request = new Request(`http://127.0.0.1:7070${path}`, {
        method,
        headers: { host: "127.0.0.1:7070", ...headers },
        ...(body !== undefined && { body }),
      });
      const response = await server.handle(request, { hostname, port: 1234 });
      return [response.status, await response.text()];
    },
    [Symbol.dispose]() {
      server.close();
      far.close();
    },
  };
}

/** An Ethernet frame for everybody. */
function frameBytes(mark: number, length = 60): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length).fill(mark);
  bytes.fill(0xff, 0, 6);
  bytes.fill(2, 6, 12);
  return bytes;
}

function sendFrame(device: Device, bytes: Uint8Array): void {
  const packet = new Packet(1518);
  packet.bytes.set(bytes);
  packet.length = bytes.length;
  device.transmit(packet);
  packet.release();
}

function receiveFrame(device: Device): Uint8Array | null {
  const packet = new Packet(1518);
  return device.receive(packet) ? packet.bytes.slice(0, packet.length) : null;
}

/** Lets the server's loop take what has come. */
async function settle(server: HttpTapServer, count: number): Promise<void> {
  const { counters } = server;
  for (let i = 0; i < 1000; i++) {
    const { status } = await server.handle(
      new Request("http://h/info", { headers: { host: "localhost" } }),
    );
    assertEquals(status, 200);
    if (counters.queueDrops >= count) return;
    await new Promise((resolve) => setTimeout(resolve));
  }
}

Deno.test("/info says what lneto's clients read", async () => {
  using tap = bench({ prefix: "10.77.0.1/24", hardwareAddress: "02:00:00:00:00:01" });
  assertEquals(await tap.ask("GET", "/info"), [
    200,
    '{"MTU":1500,"IPPrefix":"10.77.0.1/24","HardwareAddr":"02:00:00:00:00:01","DataReady":false}\n',
  ]);
  sendFrame(tap.far, frameBytes(1));
  let text = "";
  while (!text.includes('"DataReady":true')) {
    text = (await tap.ask("GET", "/info"))[1];
    await new Promise((resolve) => setTimeout(resolve));
  }
});

Deno.test("/recv gives the oldest frame in base64, and the empty string when there is none", async () => {
  using tap = bench();
  assertEquals(await tap.ask("GET", "/recv"), [200, '""\n']);
  for (const mark of [1, 2, 3]) sendFrame(tap.far, frameBytes(mark));
  for (const mark of [1, 2, 3]) {
    let answer = '""\n';
    while (answer === '""\n') {
      answer = (await tap.ask("GET", "/recv"))[1];
      await new Promise((resolve) => setTimeout(resolve));
    }
    assertEquals(answer, `"${btoa(String.fromCharCode(...frameBytes(mark)))}"\n`);
  }
  assertEquals(await tap.ask("GET", "/recv"), [200, '""\n']);
});

Deno.test("/send takes a frame in base64, and nothing else", async () => {
  using tap = bench();
  const body = JSON.stringify(btoa(String.fromCharCode(...frameBytes(7))));
  assertEquals(await tap.ask("POST", "/send", { body }), [200, ""]);
  assertEquals(receiveFrame(tap.far), frameBytes(7));
  assertEquals(await tap.ask("POST", "/send", { body: '""' }), [200, ""]);
  const table: readonly (readonly [string | undefined, number, RegExp])[] = [
    [undefined, 400, /it is not JSON/],
    ["{", 400, /it is not JSON/],
    ["{}", 400, /it is not a JSON string/],
    ["5", 400, /it is not a JSON string/],
    ['"*"', 400, /it is not base64/],
    ['"AAA"', 400, /it is not base64/],
    ['"AAAA=="', 400, /it is not base64/],
    [JSON.stringify("A".repeat(16)), 400, /too short for an Ethernet frame/],
    [JSON.stringify("A".repeat(40_000)), 413, /at most \d+ bytes/],
    [JSON.stringify("A".repeat(300_000)), 413, /at most \d+ bytes in base64/],
  ];
  for (const [wrong, status, says] of table) {
    const answer = await tap.ask("POST", "/send", wrong === undefined ? {} : { body: wrong });
    assertEquals(answer[0], status, wrong?.slice(0, 40));
    assertMatch(answer[1], says);
    assertMatch(answer[1], /^[^\n]+\n$/);
  }
  assertEquals(receiveFrame(tap.far), null);
  assertEquals([tap.server.counters.sent, tap.server.counters.outErrors], [1, table.length]);
});

Deno.test("A body without end is not read to its end", async () => {
  using tap = bench();
  let pulled = 0;
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull(controller) {
      pulled++;
      controller.enqueue(new Uint8Array(65_536).fill(0x20));
    },
  });
  assertEquals((await tap.ask("POST", "/send", { body }))[0], 413);
  assert(pulled < 10, `${pulled} pieces`);
});

Deno.test("Paths and methods that there are not", async () => {
  using tap = bench();
  const table: readonly (readonly [string, string, number])[] = [
    ["GET", "/", 404],
    ["GET", "/recv/", 404],
    ["GET", "//recv", 404],
    ["POST", "/recv", 405],
    ["GET", "/send", 405],
    ["DELETE", "/info", 405],
    ["GET", "/frames", 426],
  ];
  for (const [method, path, status] of table) {
    assertEquals((await tap.ask(method, path))[0], status, `${method} ${path}`);
  }
});

Deno.test("Without a token, web pages and other names are refused", async () => {
  using tap = bench();
  const table: readonly (readonly [Record<string, string>, number])[] = [
    [{}, 200],
    [{ host: "localhost:7070" }, 200],
    [{ host: "LocalHost" }, 200],
    [{ host: "[::1]:7070" }, 200],
    [{ host: "127.8.9.10:80" }, 200],
    [{ "sec-fetch-site": "none" }, 200],
    [{ host: "rebound.example:7070" }, 421],
    [{ host: "127.0.0.1.example:7070" }, 421],
    [{ host: "localhost.example" }, 421],
    [{ host: "127.0.0.1:7070:80" }, 421],
    [{ host: "10.77.0.1:7070" }, 421],
    [{ host: "" }, 421],
    [{ origin: "https://page.example" }, 403],
    [{ origin: "http://127.0.0.1:7070" }, 403],
    [{ origin: "null" }, 403],
    [{ "sec-fetch-site": "cross-site" }, 403],
    [{ "sec-fetch-site": "same-origin" }, 403],
  ];
  for (const [headers, status] of table) {
    for (const path of ["/info", "/recv"]) {
      assertEquals((await tap.ask("GET", path, { headers }))[0], status, JSON.stringify(headers));
    }
  }
  const upgrade = { upgrade: "websocket", connection: "upgrade", origin: "https://page.example" };
  assertEquals((await tap.ask("GET", "/frames", { headers: upgrade }))[0], 403);
  assertEquals(tap.server.client, "127.0.0.1 at /recv");
});

Deno.test("With a token, the token decides, wherever the request comes from", async () => {
  const token = "abcdefghijklmnop";
  using tap = bench({ token });
  const table: readonly (readonly [string, Record<string, string>, number])[] = [
    ["/info", {}, 401],
    ["/info?token=", {}, 401],
    ["/info?token=abcdefghijklmnoq", {}, 401],
    ["/info?token=abcdefghijklmno", {}, 401],
    ["/info?token=abcdefghijklmnopq", {}, 401],
    ["/info", { authorization: "Basic abcdefghijklmnop" }, 401],
    [`/info?token=${token}`, { authorization: "Bearer wrong" }, 401],
    [`/info?token=${token}`, {}, 200],
    ["/info", { authorization: `Bearer ${token}` }, 200],
    ["/info", { authorization: `bearer ${token}` }, 200],
    ["/info", { authorization: `Bearer ${token}`, host: "tap.example" }, 200],
    ["/info", { authorization: `Bearer ${token}`, origin: "https://page.example" }, 200],
  ];
  for (const [path, headers, status] of table) {
    assertEquals((await tap.ask("GET", path, { headers }))[0], status, JSON.stringify(headers));
  }
});

Deno.test("A client that polls has the device until it has been silent for 5 s", async () => {
  let now = 0;
  using tap = bench({ clock: () => now });
  const first = { headers: { "octet-client": "one" } };
  const second = { headers: { "octet-client": "two" } };
  assertEquals((await tap.ask("GET", "/recv", first))[0], 200);
  now = pollingLease - 1;
  assertEquals((await tap.ask("GET", "/recv", second))[0], 409);
  assertEquals((await tap.ask("GET", "/recv", { hostname: "10.0.0.9" }))[0], 409);
  assertEquals((await tap.ask("GET", "/frames"))[0], 409);
  assertEquals((await tap.ask("POST", "/send", { ...first, body: '""' }))[0], 200);
  now += pollingLease - 1;
  assertEquals((await tap.ask("GET", "/info"))[0], 200, "is open to all");
  assertEquals((await tap.ask("GET", "/recv", second))[0], 409);
  now += 1;
  assertEquals((await tap.ask("GET", "/recv", second))[0], 200);
  const [status, text] = await tap.ask("GET", "/recv", first);
  assertEquals(status, 409);
  assertMatch(text, /^Cannot lend tap0 as 127\.0\.0\.1 \(two\) at \/recv has it: end that/);
});

Deno.test("The oldest frames make room when nobody fetches them", async () => {
  using tap = bench({ queueLimit: 3 });
  for (let mark = 0; mark < 10; mark++) sendFrame(tap.far, frameBytes(mark));
  await settle(tap.server, 7);
  assertEquals(tap.server.counters.queueDrops, 7);
  for (const mark of [7, 8, 9]) {
    const [, text] = await tap.ask("GET", "/recv");
    assertEquals(decodeFrame(text), frameBytes(mark));
  }
});

Deno.test("A closed httptap says so", async () => {
  const tap = bench();
  tap[Symbol.dispose]();
  assertEquals(await tap.ask("GET", "/recv"), [503, "Cannot lend tap0 as it has been closed\n"]);
});

Deno.test("Any frame survives its way through JSON", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 2000 }), (bytes) => {
    assertEquals(decodeFrame(encodeFrame(bytes)), bytes);
    assertEquals(JSON.parse(encodeFrame(bytes)), btoa(String.fromCharCode(...bytes)));
  }));
  assertEquals(decodeFrame("null\n"), new Uint8Array(0));
});

Deno.test("/info of older servers, and of strangers", () => {
  const old = '{"MTU":1500,"IPPrefix":"192.168.10.1/24","HardwareAddr":"02:00:00:00:00:01"}\n';
  assertEquals(decodeInfo(old).isDataReady, false);
  assertEquals(decodeInfo('{"MTU":65549}').mtu, 65_535);
  for (const text of ["", "<html>", "null", "5", "{}", '{"MTU":"1500"}', '{"MTU":67}']) {
    const error = assertThrows(() => decodeInfo(text), SyntaxError);
    assertMatch(error.message, /^(it is not|its MTU is not)/, text);
  }
});

Deno.test("What a token and a loopback address may be", () => {
  for (const token of ["abcdefghijklmnop", "AZaz09-._~+/0123==", "x".repeat(512)]) {
    assert(isToken(token), token);
  }
  for (const wrong of ["", "short", "abcdefghijklmno p", "abcdefghijklmnö", "x".repeat(513)]) {
    assertFalse(isToken(wrong), wrong);
  }
  for (const address of ["127.0.0.1", "127.255.255.254", "::1"]) assert(isLoopbackAddress(address));
  for (
    const address of [
      "0.0.0.0",
      "128.0.0.1",
      "10.0.0.1",
      "127.1",
      "127.0.0.01",
      "::",
      "127.0.0.1.1",
    ]
  ) {
    assertFalse(isLoopbackAddress(address), address);
  }
});
