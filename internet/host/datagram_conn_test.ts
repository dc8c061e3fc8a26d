import { assertEquals } from "@std/assert";
import { Host, Lan, type ListenDatagramOptions } from "../mod.ts";
import { bytes, LanNetwork, outcome } from "./_both_test.ts";
import { datagramCases, type DatagramNetwork } from "./_datagram_cases_test.ts";

function octet(host: Host, address: string): DatagramNetwork {
  return {
    address,
    listenDatagram: (options) =>
      host.listenDatagram(
        { hostname: address, ...options } as ListenDatagramOptions,
      ) as unknown as Deno.DatagramConn,
  };
}

for (const { name, expected, run } of datagramCases) {
  for (const address of ["10.0.0.1", "127.0.0.1"]) {
    Deno.test(`${name} (Octet at ${address})`, async () => {
      await using host = new Host(new Lan().attach(), { address: { address: "10.0.0.1/24" } });
      assertEquals(plain(await run(octet(host, address))), plain(expected));
    });
  }
}

Deno.test("Deno says the same to each of these cases", async () => {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--allow-all",
      "--no-check",
      "--unstable-net",
      import.meta.resolve("./_datagram_cases_test.ts"),
      "--print",
    ],
  }).output();
  assertEquals(code, 0, new TextDecoder().decode(stderr));
  const results = JSON.parse(new TextDecoder().decode(stdout)) as unknown[];
  assertEquals(
    results.map((result, i) => [datagramCases[i]!.name, result]),
    datagramCases.map(({ name, expected }) => [name, plain(expected)]),
  );
});

function plain(value: unknown): unknown {
  return value === undefined ? null : JSON.parse(JSON.stringify(value));
}

Deno.test("datagrams between two hosts, larger than the MTU too", async () => {
  await using net = new LanNetwork();
  using a = net.client.listenDatagram({ port: 0 });
  using b = net.server.listenDatagram({ port: 53 });
  for (const length of [0, 1, 1472, 1473, 9000, 65_507]) {
    assertEquals(await a.send(bytes(length), { hostname: "10.0.0.2", port: 53 }), length);
    const [data, from] = await b.receive();
    assertEquals([data.length, from], [
      length,
      { hostname: "10.0.0.1", port: a.addr.port, transport: "udp" },
    ]);
    assertEquals(data, bytes(length));
    await b.send(bytes(1), from);
    assertEquals((await a.receive())[0], bytes(1));
  }
});

Deno.test("a name as destination is looked up; the payload is that of the call", async () => {
  await using net = new LanNetwork({ hosts: { "peer.test": ["10.0.0.2"] } });
  using a = net.client.listenDatagram({ port: 0 });
  using b = net.server.listenDatagram({ port: 7 });
  const payload = bytes(3);
  const sent = a.send(payload, { hostname: "peer.test", port: 7 });
  payload.fill(0xff);
  assertEquals(await sent, 3);
  assertEquals((await b.receive())[0], bytes(3));
  using c = net.client.listenDatagram({ port: 8 });
  await c.send(bytes(1), { hostname: "localhost", port: 8 });
  assertEquals((await c.receive())[1].hostname, "127.0.0.1");
});

Deno.test("no route to the destination, and ports that are none", async () => {
  await using net = new LanNetwork();
  using socket = net.client.listenDatagram({ port: 0 });
  const send = (hostname: string, port: number) =>
    outcome(() => socket.send(bytes(1), { hostname, port }));
  assertEquals(
    await send("192.0.2.1", 9),
    "rejects Error: Network is unreachable (os error 101) [ENETUNREACH]",
  );
  assertEquals(
    await send("10.0.0.2", 70_000),
    "rejects RangeError: Invalid port (out of range): 70000",
  );
  assertEquals(await send("10.0.0.2", 1.5), "rejects TypeError: Invalid port: 1.5");
});

Deno.test("a broadcast reaches the other hosts", async () => {
  await using net = new LanNetwork();
  using a = net.client.listenDatagram({ port: 0 });
  using b = net.server.listenDatagram({ port: 67 });
  await a.send(bytes(2), { hostname: "10.0.0.255", port: 67 });
  assertEquals((await b.receive())[0], bytes(2));
  await a.send(bytes(3), { hostname: "255.255.255.255", port: 67 });
  assertEquals((await b.receive())[0], bytes(3));
});

Deno.test("many datagrams, ten at a time: all arrive, in their order", async () => {
  await using net = new LanNetwork();
  using a = net.client.listenDatagram({ port: 0 });
  using b = net.server.listenDatagram({ port: 9 });
  // So that the neighbour's address is known: of a burst before, ARP keeps one datagram.
  await net.client.ping("10.0.0.2");
  const buffer = new Uint8Array(2);
  for (let round = 0; round < 200; round++) {
    const sends = Array.from(
      { length: 10 },
      (_, i) => a.send(Uint8Array.of(round, i), { hostname: "10.0.0.2", port: 9 }),
    );
    assertEquals(await Promise.all(sends), new Array(10).fill(2));
    for (let i = 0; i < 10; i++) assertEquals([...(await b.receive(buffer))[0]], [round, i]);
  }
});

Deno.test("dispose closes, once and again", async () => {
  await using net = new LanNetwork();
  const socket = net.client.listenDatagram({ port: 5 });
  socket[Symbol.dispose]();
  socket[Symbol.dispose]();
  assertEquals(await outcome(() => socket.close()), "throws BadResource: Bad resource ID");
  net.client.listenDatagram({ port: 5 }).close();
});
