import { assert, assertEquals, assertThrows } from "@std/assert";
import { parseIpv4 } from "@octet/netip";
import { BaseNode, Verdict } from "@octet/wire";
import { Bench, broadcast, own, peer } from "./_bench_test.ts";
import type { UdpSocket } from "./socket.ts";
import type { UdpSocketOptions } from "./socket_options.ts";

const second = own + 5;
const group = parseIpv4("239.1.2.3");

Deno.test("who may bind a port beside whom (Linux's SO_REUSEADDR and SO_REUSEPORT)", () => {
  const reuse = { reuseAddress: true };
  const share = { reusePort: true };
  const cases: [string, UdpSocketOptions, UdpSocketOptions, boolean][] = [
    ["all and all", {}, {}, false],
    ["one address and all", { localAddress: own }, {}, false],
    ["all and one address", {}, { localAddress: own }, false],
    ["one address twice", { localAddress: own }, { localAddress: own }, false],
    ["two addresses", { localAddress: own }, { localAddress: second }, true],
    ["both reuse", reuse, reuse, true],
    ["one of two reuses", reuse, {}, false],
    ["the other of two reuses", {}, reuse, false],
    ["both share", share, share, true],
    ["one reuses, one shares", reuse, share, false],
    ["one does both", { ...reuse, ...share }, share, true],
  ];
  for (const [name, first, other, isFine] of cases) {
    const bench = new Bench();
    const bound = bench.bind({ localPort: 53, ...first });
    if (isFine) bench.bind({ localPort: 53, ...other }).close();
    else {
      assertThrows(
        () => bench.bind({ localPort: 53, ...other }),
        RangeError,
        "Cannot bind UDP port 53 as it is already bound",
        name,
      );
    }
    bound.close();
    assertEquals(bench.udp.portCount, 0, name);
  }
  const bench = new Bench();
  bench.bind({ localPort: 53, ...reuse });
  bench.bind({ localPort: 53, ...reuse });
  assertThrows(() => bench.bind({ localPort: 53 }), RangeError, "already bound");
  assertEquals(bench.udp.portCount, 1);
});

Deno.test("a node that is no endpoint has its port to itself", () => {
  class Node extends BaseNode {
    override localPort = 53;
    override demux(): Verdict {
      return Verdict.Ok;
    }
    override encapsulate(): number {
      return 0;
    }
  }
  const bench = new Bench();
  bench.udp.register(new Node());
  assertThrows(() => bench.bind({ localPort: 53, reuseAddress: true }), RangeError);
  const other = new Bench();
  other.bind({ localPort: 53, reuseAddress: true });
  assertThrows(() => other.udp.register(new Node()), RangeError);
});

Deno.test("of several sockets the best fit gets a datagram, and among equals the last one bound", () => {
  const bench = new Bench();
  const options = { localPort: 53, reuseAddress: true };
  const all = bench.bind(options);
  const bound = bench.bind({ ...options, localAddress: own });
  const connected = bench.bind(options);
  connected.connect(peer, 7);
  const later = bench.bind(options);
  const counts = () => [all, bound, connected, later].map((socket) => socket.readableCount);
  bench.hear(53);
  assertEquals(counts(), [0, 0, 1, 0]);
  bench.hear(53, undefined, { sourcePort: 8 });
  assertEquals(counts(), [0, 1, 1, 0]);
  bench.hear(53, undefined, { sourcePort: 8, destination: second });
  assertEquals(counts(), [0, 1, 1, 1]);
  later.close();
  bench.hear(53, undefined, { sourcePort: 8, destination: second });
  assertEquals(counts(), [1, 1, 1, 0]);
  assertEquals(bench.udp.nodeAt(53), connected);
  all.close();
  bound.close();
  assertEquals(bench.hear(53, undefined, { sourcePort: 8 }), Verdict.NoPort);
  assertEquals(bench.udp.nodeAt(53), connected);
  connected.close();
  assertEquals([bench.udp.nodeAt(53), bench.udp.portCount], [null, 0]);
});

Deno.test("sockets that share a port share its peers, each peer always with the same", () => {
  const bench = new Bench();
  const sockets = Array.from({ length: 4 }, () => bench.bind({ localPort: 53, reusePort: true }));
  const chosen = (sourcePort: number): number => {
    const before = sockets.map((socket) => socket.readableCount);
    bench.hear(53, Uint8Array.of(1), { sourcePort });
    return sockets.findIndex((socket, i) => socket.readableCount > before[i]!);
  };
  const counts = [0, 0, 0, 0];
  for (let port = 1; port <= 400; port++) {
    const first = chosen(port);
    assertEquals(chosen(port), first);
    counts[first]!++;
  }
  assert(counts.every((count) => count > 50 && count < 150), counts.join(" "));
});

Deno.test("what goes to many reaches every socket on the port, each with its own copy", () => {
  const bench = new Bench();
  const options = { localPort: 5353, reuseAddress: true };
  const sockets = [1, 2, 3].map(() => bench.bind(options));
  const bound = bench.bind({ ...options, localAddress: second });
  const toAll = { destination: broadcast, isLinkBroadcast: true };
  assertEquals(bench.hear(5353, Uint8Array.of(9), toAll), Verdict.Ok);
  const target = new Uint8Array(4);
  for (const socket of [...sockets, bound]) {
    assertEquals([socket.receive(target), target[0], socket.isBroadcast], [1, 9, true]);
  }
  sockets[0]!.onReadable = () => sockets[1]!.close();
  assertEquals(bench.hear(5353, Uint8Array.of(9), toAll), Verdict.Ok);
  assertEquals(bench.hear(5353, Uint8Array.of(9), toAll), Verdict.Ok);
});

Deno.test("groups: whom a socket hears, by what it and others have joined (RFC 3376 §3.1)", () => {
  const hears = (socket: UdpSocket, bench: Bench, source: number, destination = group) => {
    const before = socket.readableCount;
    bench.hear(9, Uint8Array.of(1), { source, destination, isLinkBroadcast: true });
    return socket.readableCount > before;
  };
  type Case = [string, UdpSocketOptions, Parameters<UdpSocket["filterGroup"]>[1], boolean, boolean];
  const only: Case[2] = { mode: "include", sources: [peer] };
  const allBut: Case[2] = { mode: "exclude", sources: [peer] };
  const all: Case[2] = { mode: "exclude", sources: [] };
  const cases: Case[] = [
    ["not joined: what others joined comes as well, as on Linux", {}, null, true, true],
    ["not joined, own groups only", { multicastAll: false }, null, false, false],
    ["joined", { multicastAll: false }, all, true, true],
    ["one source", {}, only, true, false],
    ["all but one source", {}, allBut, false, true],
    ["bound to a host address", { localAddress: own }, null, false, false],
    ["bound to a host address, joined", { localAddress: own }, all, true, true],
    ["bound to the group", { localAddress: group }, null, true, true],
    ["bound to the group, one source", { localAddress: group }, only, true, false],
    ["bound to another group", { localAddress: group + 1 }, null, false, false],
  ];
  for (const [name, options, filter, fromPeer, fromOther] of cases) {
    const bench = new Bench();
    const socket = bench.bind({ localPort: 9, ...options });
    socket.filterGroup(group, filter);
    assertEquals(
      [hears(socket, bench, peer), hears(socket, bench, peer + 1)],
      [fromPeer, fromOther],
      name,
    );
    if (filter === null) continue;
    socket.filterGroup(group, null);
    assertEquals(
      hears(socket, bench, peer),
      options.localAddress === group ||
        (options.localAddress === undefined && options.multicastAll !== false),
      `${name}, left`,
    );
  }
});

Deno.test("an error reaches the one of several sockets that has the peer", () => {
  const bench = new Bench();
  const sockets = [9, 10].map((port) => {
    const socket = bench.bind({ localPort: 53, reuseAddress: true });
    socket.connect(peer, port);
    return socket;
  });
  bench.fail(sockets[0]!, 3, 3);
  assertEquals(sockets.map((socket) => socket.takeError()), [1, 0]);
});
