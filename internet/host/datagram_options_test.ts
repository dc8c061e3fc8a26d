import { assert, assertEquals } from "@std/assert";
import { Host, Lan } from "../mod.ts";
import { bytes, LanNetwork, outcome } from "./_both_test.ts";

const refused = "rejects ConnectionRefused: Connection refused (os error 111) [ECONNREFUSED]";
const server = { hostname: "10.0.0.2", port: 9 };

Deno.test("a connected socket sends without an address, and hears its peer only", async () => {
  await using net = new LanNetwork();
  using a = net.client.listenDatagram({ port: 0 });
  using b = net.server.listenDatagram({ port: 9 });
  using other = net.server.listenDatagram({ port: 10 });
  assertEquals(a.remoteAddr, null);
  assertEquals(
    await outcome(() => a.send(bytes(1))),
    "rejects Error: Destination address required (os error 89) [EDESTADDRREQ]",
  );
  await a.connect(server);
  assertEquals(a.remoteAddr, { ...server, transport: "udp" });
  assertEquals(await a.send(bytes(3)), 3);
  const [, from] = await b.receive();
  await other.send(bytes(7), from);
  await b.send(bytes(4), from);
  assertEquals((await a.receive())[0], bytes(4));
  a.disconnect();
  await other.send(bytes(5), from);
  assertEquals((await a.receive())[0], bytes(5));
  assertEquals(
    await outcome(() => a.connect({ hostname: "192.0.2.1", port: 9 })),
    "rejects Error: Network is unreachable (os error 101) [ENETUNREACH]",
  );
});

Deno.test("nobody at the peer's port: the connected socket hears it at the next call, once", async () => {
  await using net = new LanNetwork();
  using a = net.client.listenDatagram({ port: 0 });
  await a.connect(server);
  const pending = outcome(() => a.receive());
  await a.send(bytes(1));
  assertEquals(await pending, refused);
  await a.send(bytes(1));
  // The answer comes while the ping's does.
  await net.client.ping("10.0.0.2");
  assertEquals(await outcome(() => a.send(bytes(1))), refused);
  using b = net.server.listenDatagram({ port: 9 });
  assertEquals(await a.send(bytes(2)), 2);
  assertEquals((await b.receive())[0], bytes(2));
});

Deno.test("a broadcast needs permission where it was refused", async () => {
  await using net = new LanNetwork();
  using a = net.client.listenDatagram({ port: 0, broadcast: false });
  const denied = "rejects PermissionDenied: Permission denied (os error 13) [EACCES]";
  for (const hostname of ["10.0.0.255", "255.255.255.255"]) {
    assertEquals(await outcome(() => a.send(bytes(1), { hostname, port: 9 })), denied);
    assertEquals(await outcome(() => a.connect({ hostname, port: 9 })), denied);
    assertEquals(await outcome(() => a.sendBatch(bytes(9), 3, { hostname, port: 9 })), denied);
  }
});

Deno.test("what must not be fragmented is refused when it is too long", async () => {
  await using net = new LanNetwork();
  using a = net.client.listenDatagram({ port: 0, fragment: false });
  using b = net.server.listenDatagram({ port: 9 });
  const tooLong = "rejects Error: Message too long (os error 90) [EMSGSIZE]";
  assertEquals(await outcome(() => a.send(bytes(1473), server)), tooLong);
  assertEquals(await a.send(bytes(1472), server), 1472);
  assertEquals((await b.receive())[0].length, 1472);
});

Deno.test("several sockets on one port: by permission, and for broadcasts a copy each", async () => {
  await using net = new LanNetwork();
  const { server: host } = net;
  using first = host.listenDatagram({ port: 9, reuseAddress: true });
  using second = host.listenDatagram({ port: 9, reuseAddress: true });
  const inUse = "throws AddrInUse: Address already in use (os error 98) [EADDRINUSE]";
  assertEquals(await outcome(() => host.listenDatagram({ port: 9 })), inUse);
  using a = net.client.listenDatagram({ port: 0 });
  await a.send(bytes(1), { hostname: "10.0.0.255", port: 9 });
  assertEquals((await first.receive())[0], bytes(1));
  assertEquals((await second.receive())[0], bytes(1));
  await a.send(bytes(2), server);
  assertEquals((await second.receive())[0], bytes(2));
  assertEquals(first.socket.readableCount, 0);
  using bound = host.listenDatagram({ port: 10, hostname: "10.0.0.2" });
  using loop = host.listenDatagram({ port: 10, hostname: "127.0.0.1" });
  assert(bound.addr.port === loop.addr.port);
});

Deno.test("time to live, DSCP and ECN leave as set, and are told on arrival", async () => {
  await using net = new LanNetwork();
  using a = net.client.listenDatagram({ port: 0 });
  using b = net.server.listenDatagram({ port: 9 });
  const facts = async () => {
    await a.send(bytes(5), server);
    const { timeToLive, dscp, ecn, length, data, remoteAddr, localAddr } = await b.receiveMessage(
      new Uint8Array(3),
    );
    assertEquals([length, [...data]], [5, [1, 2, 3]]);
    assertEquals([remoteAddr.hostname, localAddr.hostname, localAddr.port], [
      "10.0.0.1",
      "10.0.0.2",
      9,
    ]);
    return [timeToLive, dscp, ecn];
  };
  assertEquals(await facts(), [64, 0, 0]);
  a.setTimeToLive(7);
  a.setTrafficClass(46, 1);
  assertEquals(await facts(), [7, 46, 1]);
  const invalid = "throws TypeError: Invalid argument (os error 22) [EINVAL]";
  assertEquals(await outcome(() => a.setTimeToLive(256)), invalid);
  assertEquals(await outcome(() => a.setTrafficClass(64)), invalid);
  assertEquals(await outcome(() => a.setTrafficClass(0, 4)), invalid);
});

Deno.test("batches: as many datagrams as it takes, whole and in order, over each kind of LAN", async () => {
  for (
    const [left, right] of [
      [{}, {}],
      [{ maxSegment: 65_535, checksumOffload: true }, {
        maxSegment: 65_535,
        checksumOffload: true,
      }],
      [{ maxSegment: 65_535, checksumOffload: true }, {}],
      [{ maxSegment: 20_000 }, { maxSegment: 65_535 }],
    ] as const
  ) {
    const lan = new Lan();
    await using a = new Host(lan.attach(left), { address: { address: "10.0.0.1/24" } });
    await using b = new Host(lan.attach(right), { address: { address: "10.0.0.2/24" } });
    // So that the neighbour's address is known: of a burst before, ARP keeps one datagram.
    await a.ping("10.0.0.2");
    using from = a.listenDatagram({ port: 0 });
    using to = b.listenDatagram({ port: 9, receiveBuffer: 1 << 22 });
    await from.connect(server);
    const payload = Uint8Array.from({ length: 500_000 }, (_, i) => i * 31 + (i >>> 8));
    assertEquals(await from.sendBatch(payload, 1400), 500_000);
    const buffer = new Uint8Array(100_000);
    const lengths = new Uint32Array(64);
    let at = 0;
    let datagrams = 0;
    while (at < payload.length) {
      const { count, remoteAddr } = await to.receiveBatch(buffer, lengths);
      assertEquals(remoteAddr, { ...from.addr, hostname: "10.0.0.1" });
      let length = 0;
      for (let i = 0; i < count; i++) {
        const isLast = at + length + lengths[i]! === payload.length;
        assertEquals(lengths[i], isLast ? 500_000 % 1400 : 1400);
        length += lengths[i]!;
      }
      assertEquals(buffer.subarray(0, length), payload.subarray(at, at + length));
      at += length;
      datagrams += count;
    }
    assertEquals(datagrams, Math.ceil(500_000 / 1400));
    assertEquals([a.stack.udp.counters.outDatagrams, b.stack.udp.counters.inDatagrams], [
      datagrams,
      datagrams,
    ]);
  }
});

Deno.test("a batch ends where the sender changes, and where the next does not fit", async () => {
  await using net = new LanNetwork();
  using a = net.client.listenDatagram({ port: 0 });
  using b = net.client.listenDatagram({ port: 0 });
  using to = net.server.listenDatagram({ port: 9 });
  await net.client.ping("10.0.0.2");
  for (const [socket, length] of [[a, 3], [a, 4], [b, 5], [b, 100], [b, 2]] as const) {
    await socket.send(bytes(length), server);
  }
  await net.client.ping("10.0.0.2");
  const lengths = new Uint16Array(8);
  const take = async (size: number) => {
    const { count } = await to.receiveBatch(new Uint8Array(size), lengths);
    return [...lengths.subarray(0, count)];
  };
  assertEquals([await take(50), await take(50), await take(50), await take(50)], [
    [3, 4],
    [5],
    [50],
    [2],
  ]);
  assertEquals(
    await outcome(() => to.receiveBatch(new Uint8Array(9), new Uint16Array(0))),
    "rejects RangeError: Cannot receive datagrams as there is no room",
  );
  assertEquals(
    await outcome(() => a.sendBatch(bytes(1), 0, server)),
    "rejects RangeError: Cannot send datagrams of 0 bytes: 1 to 65507 fit",
  );
  assertEquals(await a.sendBatch(new Uint8Array(0), 5, server), 0);
});

Deno.test("more than a receive buffer holds is dropped and counted", async () => {
  await using net = new LanNetwork();
  using a = net.client.listenDatagram({ port: 0 });
  using b = net.server.listenDatagram({ port: 9, receiveBuffer: 3000 });
  await net.client.ping("10.0.0.2");
  for (let i = 0; i < 5; i++) await a.send(bytes(1000), server);
  await net.client.ping("10.0.0.2");
  assertEquals([b.socket.readableCount, b.socket.receiveDrops], [3, 2]);
  assertEquals(net.server.stack.counters.UdpRcvbufErrors, 2);
});
