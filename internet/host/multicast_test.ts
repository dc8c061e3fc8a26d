import { assertEquals } from "@std/assert";
import { Host, Lan } from "../mod.ts";
import { bytes, LanNetwork, outcome } from "./_both_test.ts";
import type { DatagramConn } from "./datagram_conn.ts";

const group = "239.1.2.3";
const to = { hostname: group, port: 9 };

/** Whether a datagram came, known for certain once a later one to its port has. */
async function heard(conn: DatagramConn, host: Host): Promise<number[]> {
  using probe = host.listenDatagram({ port: 0 });
  await probe.send(new Uint8Array(100), {
    hostname: conn.addr.hostname === "0.0.0.0" ? "127.0.0.1" : conn.addr.hostname,
    port: 9,
  });
  const lengths: number[] = [];
  for (;;) {
    const [data] = await conn.receive();
    if (data.length === 100) return lengths;
    lengths.push(data.length);
  }
}

Deno.test("a group is heard between joining and leaving, and each socket gets a copy", async () => {
  await using net = new LanNetwork();
  using sender = net.client.listenDatagram({ port: 0 });
  using a = net.server.listenDatagram({ port: 9, reuseAddress: true });
  using b = net.server.listenDatagram({ port: 9, reuseAddress: true });
  await sender.send(bytes(1), to);
  await net.client.ping("10.0.0.2");
  assertEquals([a.socket.readableCount, b.socket.readableCount], [0, 0]);
  const first = await a.joinMulticastV4(group, "10.0.0.2");
  const second = await b.joinMulticastV4(group, "0.0.0.0");
  await sender.send(bytes(2), to);
  const message = await a.receiveMessage();
  assertEquals([message.data, message.localAddr.hostname, message.timeToLive], [
    bytes(2),
    group,
    1,
  ]);
  assertEquals((await b.receive())[0], bytes(2));
  await first.leave();
  await sender.send(bytes(3), to);
  assertEquals((await b.receive())[0], bytes(3));
  await second.leave();
  await sender.send(bytes(4), to);
  await net.client.ping("10.0.0.2");
  assertEquals(b.socket.readableCount, 0);
  assertEquals(
    await outcome(() => second.leave()),
    "rejects AddrNotAvailable: Cannot assign requested address (os error 99) [EADDRNOTAVAIL]",
  );
  assertEquals(net.server.stack.counters.IgmpOutReports! >= 2, true);
});

Deno.test("what is sent to a group comes back when it is to, and not when not", async () => {
  const lan = new Lan();
  await using host = new Host(lan.attach({ name: "eth0" }), {
    address: { address: "10.0.0.1/24" },
  });
  await using away = new Host(lan.attach({ name: "eth0" }), {
    address: { address: "10.0.0.2/24" },
  });
  using beyond = away.listenDatagram({ port: 9 });
  await beyond.joinMulticastV4(group, "eth0");
  using a = host.listenDatagram({ port: 9 });
  using sender = host.listenDatagram({ port: 0 });
  const member = await a.joinMulticastV4(group, "eth0");
  const own = await sender.joinMulticastV4(group, "eth0");
  await sender.send(bytes(1), to);
  await own.setLoopback(false);
  await sender.send(bytes(2), to);
  await own.setLoopback(true);
  // Time to live 0 stays on this host, and comes back all the same.
  await own.setTTL(0);
  await sender.send(bytes(3), to);
  assertEquals(await heard(a, host), [1, 3]);
  await host.ping("10.0.0.2");
  assertEquals(await heard(beyond, away), [1, 2]);
  await member.leave();
  using quiet = host.listenDatagram({ port: 0, loopback: false });
  await a.joinMulticastV4(group, "eth0");
  await quiet.send(bytes(4), to);
  assertEquals(await heard(a, host), []);
});

Deno.test("only the senders asked for are heard (RFC 3376 §3)", async () => {
  const lan = new Lan();
  const hosts = [1, 2, 3].map((n) =>
    new Host(lan.attach({ name: "eth0" }), { address: { address: `10.0.0.${n}/24` } })
  );
  const [receiver, ...senders] = hosts as [Host, Host, Host];
  using conn = receiver.listenDatagram({ port: 9 });
  const sockets = senders.map((host) => host.listenDatagram({ port: 0 }));
  const sendAll = async () => {
    for (const [i, socket] of sockets.entries()) await socket.send(bytes(i + 2), to);
    for (const host of senders) await host.ping("10.0.0.1");
    return await heard(conn, receiver);
  };
  const member = await conn.joinMulticastV4(group, "10.0.0.1", "10.0.0.2");
  assertEquals(await sendAll(), [2]);
  await conn.joinMulticastV4(group, "10.0.0.1", "10.0.0.3");
  assertEquals(await sendAll(), [2, 3]);
  await member.setSources({ mode: "exclude", sources: ["10.0.0.2"] });
  assertEquals(await sendAll(), [3]);
  await member.setSources({ mode: "include", sources: [] });
  assertEquals(await sendAll(), []);
  for (const host of hosts) await host.close();
});

Deno.test("what cannot be joined, in Deno's words", async () => {
  await using net = new LanNetwork();
  using conn = net.client.listenDatagram({ port: 9 });
  const syntax = "rejects Error: invalid IPv4 address syntax";
  const cases: [string, string, string][] = [
    ["1.2.3.4", "10.0.0.1", "rejects TypeError: Invalid argument (os error 22) [EINVAL]"],
    [group, "192.0.2.77", "rejects Error: No such device (os error 19) [ENODEV]"],
    ["x", "10.0.0.1", syntax],
    [group, "eth9", syntax],
    ["::1", "10.0.0.1", syntax],
  ];
  for (const [address, via, expected] of cases) {
    assertEquals(await outcome(() => conn.joinMulticastV4(address, via)), expected);
  }
  const member = await conn.joinMulticastV4(group, "10.0.0.1");
  const inUse = "rejects AddrInUse: Address already in use (os error 98) [EADDRINUSE]";
  assertEquals(await outcome(() => conn.joinMulticastV4(group, "10.0.0.1")), inUse);
  assertEquals(await outcome(() => conn.joinMulticastV4(group, "10.0.0.1", "10.0.0.2")), inUse);
  const invalid = "rejects TypeError: Invalid argument (os error 22) [EINVAL]";
  assertEquals(await outcome(() => member.setTTL(256)), invalid);
  assertEquals(await outcome(() => member.setTTL(-1)), null);
  conn.close();
  const closed = "rejects BadResource: Socket has been closed";
  for (
    const call of [
      () => member.leave(),
      () => member.setTTL(1),
      () => member.setLoopback(true),
      () => conn.joinMulticastV4(group, "10.0.0.1"),
    ]
  ) assertEquals(await outcome(call), closed);
  // Closing has left the group.
  assertEquals(net.client.stack.ipv4.interfaces[0]!.isMember(0xef010203 | 0), false);
});

Deno.test("a socket bound to a group hears nothing else", async () => {
  await using net = new LanNetwork();
  using conn = net.server.listenDatagram({ port: 9, hostname: group });
  await conn.joinMulticastV4(group, "10.0.0.2");
  using sender = net.client.listenDatagram({ port: 0 });
  await sender.send(bytes(1), { hostname: "10.0.0.2", port: 9 });
  await sender.send(bytes(2), to);
  assertEquals((await conn.receive())[0], bytes(2));
  assertEquals(
    await conn.send(
      bytes(3),
      sender.addr.hostname === "0.0.0.0"
        ? { hostname: "10.0.0.1", port: sender.addr.port }
        : sender.addr,
    ),
    3,
  );
  assertEquals((await sender.receive())[1].hostname, "10.0.0.2");
});
