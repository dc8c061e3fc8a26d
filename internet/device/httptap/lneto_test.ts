/**
 * The borrowing side against what lneto's httptap answers, in its two forms: an older one that answers `/recv` at once,
 * and a newer one that keeps the request until there is a frame. Neither has `/frames`, `DataReady` is the newer's.
 */
import { Packet } from "@octet/wire";
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import type { Device } from "../device.ts";
import { connectHttpTap } from "./client.ts";

/** Answers like lneto's: every frame that is sent comes back. */
class Echo implements AsyncDisposable {
  readonly frames: string[] = [];
  readonly url: string;
  /** How many of the next requests fail, as lneto's do when two come at once. */
  readonly failures: Record<string, number> = { "/recv": 0, "/send": 0 };
  isBlocking: boolean;
  #arrived: () => void = () => {};
  readonly #http: Deno.HttpServer<Deno.NetAddr>;

  constructor(isBlocking: boolean) {
    this.isBlocking = isBlocking;
    this.#http = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      (request) => this.#answer(request),
    );
    this.url = `http://127.0.0.1:${this.#http.addr.port}`;
  }

  async #answer(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    const json = (text: string) => new Response(`${text}\n`);
    if (pathname === "/info") {
      const ready = this.isBlocking ? ',"DataReady":true' : "";
      return json(
        `{"MTU":1500,"IPPrefix":"192.168.10.1/24","HardwareAddr":"aa:bb:cc:dd:ee:ff"${ready}}`,
      );
    }
    if (pathname !== "/recv" && pathname !== "/send") {
      return new Response("404 page not found\n", { status: 404 });
    }
    if (this.failures[pathname]! > 0) {
      this.failures[pathname]!--;
      await request.body?.cancel();
      return new Response("resource in use\n", { status: 500 });
    }
    if (pathname === "/send") {
      assertEquals(request.method, "POST");
      this.frames.push(await request.text());
      this.#arrived();
      return new Response(null);
    }
    while (this.isBlocking && this.frames.length === 0) {
      await new Promise<void>((resolve) => this.#arrived = resolve);
    }
    return json(this.frames.shift() ?? '""');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.isBlocking = false;
    this.#arrived();
    await this.#http.shutdown();
  }
}

function frame(mark: number): Packet {
  const packet = new Packet(1518);
  packet.bytes.fill(mark, 0, 60);
  packet.length = 60;
  return packet;
}

async function receiveMark(device: Device): Promise<number> {
  const packet = new Packet(1518);
  while (!device.receive(packet)) await device.ready(5000);
  assertEquals(packet.length, 60);
  return packet.bytes[59]!;
}

for (const isBlocking of [false, true]) {
  const form = isBlocking ? "keeps /recv waiting" : "answers /recv at once";
  Deno.test(`Frames come and go through an httptap that ${form}`, async () => {
    await using echo = new Echo(isBlocking);
    using device = await connectHttpTap(`${echo.url}/`);
    assertEquals([device.transport, device.mtu], ["polling", 1500]);
    assertEquals(device.info.prefix, "192.168.10.1/24");
    assert(device.hardwareAddress.toString() !== "aa:bb:cc:dd:ee:ff");
    for (let mark = 0; mark < 20; mark++) {
      assert(device.transmit(frame(mark)));
      assertEquals(await receiveMark(device), mark);
    }
    echo.failures["/recv"] = 3;
    device.transmit(frame(20));
    assertEquals(await receiveMark(device), 20, "asked again");
    echo.failures["/send"] = 1;
    device.transmit(frame(21));
    device.transmit(frame(22));
    assertEquals(await receiveMark(device), 22, "a frame that is refused is lost");
    assertEquals(device.counters, { inDrops: 0, outDrops: 1 });
  });
}

Deno.test("A frame that is not base64 ends the device, and so do errors without end", async () => {
  for (const isBad of [true, false]) {
    await using echo = new Echo(false);
    using device = await connectHttpTap(echo.url);
    if (isBad) echo.frames.push('"*"');
    else echo.failures["/recv"] = Infinity;
    const error = await assertRejects(async () => {
      for (;;) await device.ready(5000);
    }, Error);
    assertMatch(
      error.message,
      isBad
        ? /^Cannot go on with httptap at http:\S+ as its answer cannot be read, it is not base64$/
        : /^Cannot go on with httptap at http:\S+ as it answers \/recv with 500$/,
    );
  }
});
