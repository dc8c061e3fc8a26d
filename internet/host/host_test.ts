import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { type Device, DeviceWrapper, Host, Lan } from "../mod.ts";
import { bytes, LanNetwork, outcome, pair, readAll } from "./_both_test.ts";

const canceled = "rejects Interrupted: operation canceled [EINTR]";
const badId = "BadResource: Bad resource ID";

function host(lan: Lan, number: number): Host {
  return new Host(lan.attach(), { address: { address: `10.0.0.${number}/24` } });
}

Deno.test("what was written before a host closes is still delivered", async () => {
  const net = new LanNetwork();
  const { client, server } = await pair(net);
  // Less than the send buffer takes at once, and more than the peer's window.
  const size = 200_000;
  const data = Uint8Array.from({ length: size }, (_, i) => i % 251);
  for (let at = 0; at < size;) at += await client.write(data.subarray(at));
  const received = readAll(server);
  await net.client.close();
  const got = await received;
  assertEquals(got.length, size);
  assert(got.every((byte, i) => byte === i % 251));
  server.close();
  await net.server.close();
});

Deno.test("a host that closes says goodbye to each connection, and waits for who is slow", async () => {
  const net = new LanNetwork();
  await net.client.ping("10.0.0.2");
  const pairs = await Promise.all(Array.from({ length: 20 }, () => pair(net)));
  const ends = pairs.map(({ server }) => server.read(new Uint8Array(1)));
  await net.client.close();
  assertEquals(await Promise.all(ends), new Array(20).fill(null));
  for (const { server } of pairs) server.close();
  await net.server.close();
});

Deno.test("closing ends all that waits", async () => {
  const net = new LanNetwork();
  const { client: host } = net;
  const { client: conn, server } = await pair(net);
  const listener = host.listen({ port: 1 });
  const socket = host.listenDatagram({ port: 2 });
  const waiting = {
    read: outcome(() => conn.read(new Uint8Array(1))),
    accept: outcome(() => listener.accept()),
    receive: outcome(() => socket.receive()),
    connect: outcome(() => host.connect({ hostname: "10.0.0.99", port: 1 })),
    ping: outcome(() => host.ping("10.0.0.99")),
    queryTime: outcome(() => host.queryTime("10.0.0.99")),
  };
  await Promise.resolve();
  await host.close();
  assertEquals(await settled(waiting), {
    read: canceled,
    accept: "rejects BadResource: Listener has been closed",
    receive: canceled,
    connect: canceled,
    ping: canceled,
    queryTime: canceled,
  });
  for (const resource of [conn, listener, socket]) {
    assertEquals(await outcome(() => resource.close()), `throws ${badId}`);
  }
  server.close();
  await net.server.close();
});

async function settled(calls: Record<string, Promise<unknown>>): Promise<Record<string, unknown>> {
  const result: Record<string, unknown> = {};
  for (const [name, call] of Object.entries(calls)) result[name] = await call;
  return result;
}

Deno.test("a host closes once: a second close joins the first, `closed` resolves", async () => {
  const host = new Host(new Lan().attach());
  const first = host.close();
  assertEquals(host.close(), first);
  await first;
  await host.closed;
  await host[Symbol.asyncDispose]();
  assert(host.device.isClosed);
});

Deno.test("what a closed host says to each call", async () => {
  const net = new LanNetwork();
  const { client: host } = net;
  await host.close();
  const closed = "NotConnected: Host has been closed";
  assertEquals(
    await settled({
      connect: outcome(() => host.connect({ hostname: "10.0.0.2", port: 1 })),
      listen: outcome(() => host.listen({ port: 1 })),
      listenDatagram: outcome(() => host.listenDatagram({ port: 1 })),
      lookup: outcome(() => host.lookup("name.test")),
      ping: outcome(() => host.ping("10.0.0.2")),
      queryTime: outcome(() => host.queryTime("10.0.0.2")),
      configure: outcome(() => host.configure()),
    }),
    {
      connect: `rejects ${closed}`,
      listen: `throws ${closed}`,
      listenDatagram: `throws ${closed}`,
      lookup: `rejects ${closed}`,
      ping: `rejects ${closed}`,
      queryTime: `rejects ${closed}`,
      configure: `rejects ${closed}`,
    },
  );
  await net.server.close();
});

Deno.test("a peer that has gone without a word does not hold a closing host up", async () => {
  const net = new LanNetwork();
  const { client } = await pair(net);
  // Pulled out: nobody acknowledges the FIN any more.
  net.server.device.close();
  await assertRejects(() => net.server.closed);
  await client.write(bytes(3));
  const before = performance.now();
  await net.client.close();
  assert(performance.now() - before < 5000);
});

/** A device that can be lost, as a TAP that somebody deletes. */
function fragile(inner: Device): { device: Device; lose: (error: Error) => void } {
  const lost = Promise.withResolvers<never>();
  lost.promise.catch(() => {});
  const device = new Proxy(inner, {
    get(target, key) {
      if (key === "ready") {
        return (timeout: number) => Promise.race([target.ready(timeout), lost.promise]);
      }
      const value = Reflect.get(target, key);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  return { device, lose: (error) => lost.reject(error) };
}

Deno.test("a device that is lost ends all that waits, and `closed` tells why", async () => {
  const lan = new Lan();
  const { device, lose } = fragile(lan.attach());
  const alone = new Host(device, { address: { address: "10.0.0.1/24" } });
  const peer = host(lan, 2);
  using listener = peer.listen({ port: 80 });
  const conn = await alone.connect({ hostname: "10.0.0.2", port: 80 });
  const accepted = await listener.accept();
  const read = outcome(() => conn.read(new Uint8Array(1)));
  const ping = outcome(() => alone.ping("10.0.0.99"));
  const gone = new Error("Cannot read from tap0 as it has been deleted");
  lose(gone);
  assertEquals(await outcome(() => alone.closed), `rejects Error: ${gone.message}`);
  const told = `rejects Interrupted: ${gone.message} [EINTR]`;
  assertEquals([await read, await ping], [told, told]);
  assertEquals(
    await outcome(() => alone.connect({ hostname: "10.0.0.2", port: 80 })),
    "rejects NotConnected: Host has been closed",
  );
  assert(device.isClosed);
  await alone.close();
  // Nobody is left who would answer its goodbye.
  accepted.abort();
  await peer.close();
});

Deno.test("a device that somebody else closes is lost", async () => {
  const lan = new Lan();
  const alone = host(lan, 1);
  const socket = alone.listenDatagram({ port: 1 });
  const receive = outcome(() => socket.receive());
  alone.device.close();
  assertEquals(
    await outcome(() => alone.closed),
    `rejects NotConnected: Cannot go on as device ${alone.device.name} has been closed`,
  );
  assertEquals(
    await receive,
    `rejects Interrupted: Cannot go on as device ${alone.device.name} has been closed [EINTR]`,
  );
  await alone.close();
});

Deno.test("options that are refused leave the device to the caller", () => {
  const device = new Lan().attach();
  for (
    const options of [
      { address: { address: "10.0.0.1" } },
      { nameServers: ["10.0.0"] },
      { search: ["a..b"] },
      { hosts: { "a..b": ["10.0.0.1"] } },
    ]
  ) {
    assertThrows(() => new Host(device, options), SyntaxError);
  }
  assertEquals(device.isClosed, false);
  device.close();
});

Deno.test("the addresses of a host, in the shape of Deno.networkInterfaces", async () => {
  const lan = new Lan();
  await using host = new Host(lan.attach({ name: "nic0" }), {
    address: { address: "10.0.0.7/20" },
  });
  const [info, loopback] = host.networkInterfaces();
  assertEquals(loopback, {
    family: "IPv4",
    name: "lo",
    address: "127.0.0.1",
    netmask: "255.0.0.0",
    scopeid: null,
    cidr: "127.0.0.1/8",
    mac: "00:00:00:00:00:00",
  });
  assertEquals(info, {
    family: "IPv4",
    name: "nic0",
    address: "10.0.0.7",
    netmask: "255.255.240.0",
    scopeid: null,
    cidr: "10.0.0.7/20",
    mac: host.device.hardwareAddress.toString(),
  });
  const theirs = Deno.networkInterfaces().find(({ family }) => family === "IPv4")!;
  assertEquals(Object.keys(info!).sort(), Object.keys(theirs).sort());
  assertEquals(typeof theirs.mac, typeof info!.mac);
});

Deno.test("a thousand connections to one listener, each with its own bytes", async () => {
  await using net = new LanNetwork();
  await net.client.ping("10.0.0.2");
  using listener = net.server.listen({ port: 80, backlog: 1000 });
  const served = (async () => {
    for (let i = 0; i < 1000; i++) {
      const conn = await listener.accept();
      conn.readable.pipeTo(conn.writable);
    }
  })();
  const echoes = Array.from({ length: 1000 }, async (_, i) => {
    using conn = await net.connect({ port: 80 });
    await conn.write(Uint8Array.of(i & 255, i >> 8));
    await conn.closeWrite();
    const [low, high] = await readAll(conn);
    return low! + 256 * high!;
  });
  assertEquals(await Promise.all(echoes), Array.from({ length: 1000 }, (_, i) => i));
  await served;
});

/** A device that stays awake for 30 ms, and has something to do at a time; it says when it was first put to sleep. */
class DueDevice extends DeviceWrapper {
  readonly due = performance.now() + 60;
  readonly asleep = Promise.withResolvers<number>();

  override get spinTime(): number {
    return 30;
  }

  override deadline(): number {
    return performance.now() < this.due ? this.due : Infinity;
  }

  override ready(timeout: number): Promise<void> {
    this.asleep.resolve(performance.now());
    return super.ready(timeout);
  }
}

Deno.test("a host does not sleep while a frame is due sooner than a sleep would end", async () => {
  const device = new DueDevice(new Lan().attach());
  await using _host = new Host(device, { address: { address: "10.0.0.1/24" } });
  assert(await device.asleep.promise >= device.due);
});
