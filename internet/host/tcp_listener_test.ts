import { assertEquals } from "@std/assert";
import { bytes, type Case, LanNetwork, outcome, testBoth } from "./_both_test.ts";

const closed = "BadResource: Listener has been closed";
const badId = "BadResource: Bad resource ID";
const refused = "ConnectionRefused: Connection refused (os error 111) [ECONNREFUSED]";
const aborted = "AbortError: The signal has been aborted [20]";

// What `port` says to Deno.listen, and what it says to Deno.connect where that differs.
const notNumber = (port: unknown) => `TypeError: Invalid port (expected number): ${port}`;
const outOfRange = (port: unknown) => `RangeError: Invalid port (out of range): ${port}`;
const badPorts: [unknown, string | null, string?][] = [
  [70_000, outOfRange(70_000)],
  [65_536, outOfRange(65_536)],
  [-1, outOfRange(-1)],
  [1.5, "TypeError: Invalid port: 1.5"],
  [NaN, "TypeError: Invalid port: NaN"],
  [Infinity, "TypeError: Invalid port: Infinity"],
  ["", "TypeError: Invalid port: ''"],
  ["x", "TypeError: Invalid port: 'x'"],
  ["80.5", "TypeError: Invalid port: 80.5"],
  ["70000", outOfRange("70000")],
  ["-1", outOfRange("-1")],
  [true, notNumber(true)],
  [{}, notNumber({})],
  [80n, notNumber(80)],
  [undefined, null, notNumber(undefined)],
  [null, null, notNumber(null)],
  [0, null, outOfRange(0)],
];

const ports = badPorts.map(([port, listens, connects]): Case => ({
  name: `port ${typeof port === "string" ? `"${port}"` : port}`,
  expected: [listens === null ? null : `throws ${listens}`, `rejects ${connects ?? listens}`],
  async run(net) {
    const options = { port: port as number };
    return [
      await outcome(() => net.listen(options).close()),
      await outcome(() => net.connect(options)),
    ];
  },
}));

const listening: Case[] = [
  {
    name: "a port as text is a port",
    expected: true,
    async run(net) {
      using first = net.listen({ port: 0 });
      const { port } = first.addr;
      first.close();
      using second = net.listen({ port: String(port) as unknown as number });
      return await Promise.resolve(second.addr.port === port);
    },
  },
  {
    name: "the address tells where the listener listens",
    expected: [["hostname", "port", "transport"], true, "tcp", true, true],
    async run(net) {
      using listener = net.listen({ port: 0 });
      const { addr } = listener;
      const results = [
        Object.keys(addr),
        addr.hostname === net.address,
        addr.transport,
        addr.port > 1023,
      ];
      listener.close();
      return await Promise.resolve([...results, listener.addr.port === addr.port]);
    },
  },
  {
    name: "all addresses are 0.0.0.0",
    expected: "0.0.0.0",
    async run(net) {
      using listener = net.listen({ port: 0, hostname: "0.0.0.0" });
      const conn = await net.connect({ port: listener.addr.port });
      (await listener.accept()).close();
      conn.close();
      return listener.addr.hostname;
    },
  },
  {
    name: "localhost is 127.0.0.1",
    expected: "127.0.0.1",
    async run(net) {
      using listener = net.listen({ port: 0, hostname: "localhost" });
      return await Promise.resolve(listener.addr.hostname);
    },
  },
  {
    name: "a port that is taken",
    expected: ["throws AddrInUse: Address already in use (os error 98) [EADDRINUSE]", null],
    async run(net) {
      using listener = net.listen({ port: 0 });
      const { port } = listener.addr;
      const taken = await outcome(() => net.listen({ port }));
      listener.close();
      return [taken, await outcome(() => net.listen({ port }).close())];
    },
  },
  {
    name: "a port that is taken on all addresses is taken on each",
    expected: "throws AddrInUse: Address already in use (os error 98) [EADDRINUSE]",
    async run(net) {
      using listener = net.listen({ port: 0, hostname: "0.0.0.0" });
      return await outcome(() => net.listen({ port: listener.addr.port }));
    },
  },
  {
    name: "a port whose listener is gone while its connection lives on",
    expected: null,
    async run(net) {
      const listener = net.listen({ port: 0 });
      const { port } = listener.addr;
      using _client = await net.connect({ port });
      using _server = await listener.accept();
      listener.close();
      return await outcome(() => net.listen({ port }).close());
    },
  },
  {
    name: "an address that is none of the host's",
    expected:
      "throws AddrNotAvailable: Cannot assign requested address (os error 99) [EADDRNOTAVAIL]",
    run: (net) => outcome(() => net.listen({ port: 0, hostname: "192.0.2.1" })),
  },
  {
    name: "an empty host name",
    expected: [
      "throws URIError: invalid empty host: ''",
      "rejects URIError: invalid empty host: ''",
    ],
    run: (net) =>
      Promise.all([
        outcome(() => net.listen({ port: 0, hostname: "" })),
        outcome(() => net.connect({ port: 1, hostname: "" })),
      ]),
  },
];

const accepting: Case[] = [
  {
    name: "an accept that waits at close",
    expected: [`rejects ${closed}`, `rejects ${closed}`, `throws ${badId}`, null, null, null],
    async run(net) {
      const listener = net.listen({ port: 0 });
      const accept = outcome(() => listener.accept());
      listener.close();
      return [
        await accept,
        await outcome(() => listener.accept()),
        await outcome(() => listener.close()),
        await outcome(() => listener[Symbol.dispose]()),
        await outcome(() => listener.ref()),
        await outcome(() => listener.unref()),
      ];
    },
  },
  {
    name: "a second accept beside one that waits",
    expected: ["rejects Busy: Another accept task is ongoing", "accepted"],
    async run(net) {
      using listener = net.listen({ port: 0 });
      const first = listener.accept();
      const second = await outcome(() => listener.accept());
      using _client = await net.connect({ port: listener.addr.port });
      using _server = await first;
      return [second, "accepted"];
    },
  },
  {
    name: "connections are accepted in the order in which they came",
    expected: true,
    async run(net) {
      using listener = net.listen({ port: 0 });
      const { port } = listener.addr;
      using first = await net.connect({ port });
      using second = await net.connect({ port });
      using one = await listener.accept();
      using two = await listener.accept();
      return one.remoteAddr.port === first.localAddr.port &&
        two.remoteAddr.port === second.localAddr.port;
    },
  },
  {
    name: "for await ends quietly when the listener is closed",
    expected: 2,
    async run(net) {
      const listener = net.listen({ port: 0 });
      const served = (async () => {
        let count = 0;
        for await (const conn of listener) {
          count++;
          conn.close();
        }
        return count;
      })();
      for (let i = 0; i < 2; i++) {
        using conn = await net.connect({ port: listener.addr.port });
        await conn.read(new Uint8Array(1));
      }
      listener.close();
      return await served;
    },
  },
  {
    name: "leaving for await closes the listener",
    expected: `throws ${badId}`,
    async run(net) {
      const listener = net.listen({ port: 0 });
      using _client = await net.connect({ port: listener.addr.port });
      for await (const conn of listener) {
        conn.close();
        break;
      }
      return await outcome(() => listener.close());
    },
  },
  {
    name: "iterating over a listener that is closed",
    expected: [{ done: true }, []],
    async run(net) {
      const listener = net.listen({ port: 0 });
      listener.close();
      const next = await outcome(() => listener[Symbol.asyncIterator]().next());
      const all: unknown[] = [];
      for await (const conn of listener) all.push(conn);
      return [next, all];
    },
  },
  {
    name: "a connection that nobody accepted is reset at close",
    expected: "rejects ConnectionReset: Connection reset by peer (os error 104) [ECONNRESET]",
    async run(net) {
      const listener = net.listen({ port: 0 });
      using conn = await net.connect({ port: listener.addr.port });
      const read = outcome(() => conn.read(new Uint8Array(1)));
      listener.close();
      return await read;
    },
  },
];

const connecting: Case[] = [
  {
    name: "nobody listens",
    expected: `rejects ${refused}`,
    async run(net) {
      const listener = net.listen({ port: 0 });
      const { port } = listener.addr;
      listener.close();
      return await outcome(() => net.connect({ port }));
    },
  },
  {
    name: "a signal that is aborted before, with and without a reason, whatever the port",
    expected: [
      `rejects ${aborted}`,
      `rejects "why"`,
      "rejects RangeError: mine",
      `rejects ${aborted}`,
    ],
    async run(net) {
      const mine = new RangeError("mine");
      return [
        await outcome(() => net.connect({ port: 1, signal: AbortSignal.abort() })),
        await outcome(() => net.connect({ port: 1, signal: AbortSignal.abort("why") })),
        await outcome(() => net.connect({ port: 1, signal: AbortSignal.abort(mine) })),
        await outcome(() => net.connect({ port: -1, signal: AbortSignal.abort() })),
      ];
    },
  },
  {
    name: "a signal that is aborted during",
    expected: `rejects ${aborted}`,
    async run(net) {
      using listener = net.listen({ port: 0 });
      const controller = new AbortController();
      const { signal } = controller;
      const connect = outcome(() => net.connect({ port: listener.addr.port, signal }));
      controller.abort();
      return await connect;
    },
  },
  {
    name: "a signal that is aborted after does nothing",
    expected: [1, 1],
    async run(net) {
      using listener = net.listen({ port: 0 });
      const controller = new AbortController();
      const { signal } = controller;
      using client = await net.connect({ port: listener.addr.port, signal });
      using server = await listener.accept();
      controller.abort();
      return [await client.write(bytes(1)), await server.read(new Uint8Array(5))];
    },
  },
];

testBoth([...ports, ...listening, ...accepting, ...connecting]);

Deno.test("an attempt that is aborted leaves nothing behind", async () => {
  await using net = new LanNetwork();
  using listener = net.listen({ port: 80 });
  const controller = new AbortController();
  const connect = outcome(() => net.connect({ port: 80, signal: controller.signal }));
  await Promise.resolve();
  controller.abort();
  assertEquals(await connect, `rejects ${aborted}`);
  assertEquals([...net.client.stack.tcp.connections()].length, 0);
  using other = await net.connect({ port: 80 });
  using accepted = await listener.accept();
  assertEquals(accepted.remoteAddr.port, other.localAddr.port);
});

Deno.test("a connection to another transport is refused by name", async () => {
  await using net = new LanNetwork();
  const transport = "unix" as "tcp";
  assertEquals(
    await outcome(() => net.server.listen({ port: 1, transport })),
    "throws TypeError: Unsupported transport: 'unix'",
  );
  assertEquals(
    await outcome(() => net.client.connect({ port: 1, transport })),
    "rejects TypeError: Unsupported transport: 'unix'",
  );
});

Deno.test("a connection with the host's own address", async () => {
  await using net = new LanNetwork();
  using listener = net.server.listen({ port: 80 });
  using conn = await net.server.connect({ hostname: "10.0.0.2", port: 80 });
  using accepted = await listener.accept();
  await conn.write(bytes(3));
  assertEquals(await accepted.read(new Uint8Array(9)), 3);
  assertEquals([conn.localAddr.hostname, conn.remoteAddr.hostname], ["10.0.0.2", "10.0.0.2"]);
});

Deno.test("no route, and nobody in particular", async () => {
  await using net = new LanNetwork();
  for (const hostname of ["192.0.2.1", "224.0.0.1", "255.255.255.255", "10.0.0.255"]) {
    assertEquals(
      await outcome(() => net.connect({ hostname, port: 1 })),
      "rejects Error: Network is unreachable (os error 101) [ENETUNREACH]",
      hostname,
    );
  }
});
