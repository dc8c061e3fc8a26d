import { MacAddress } from "@octet/netip";
import { Direction, LinkType, PcapFileWriter, PcapngWriter } from "@octet/pcap";
import { Packet } from "@octet/wire";
import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { Host } from "../host/host.ts";
import { capture } from "./capture.ts";
import { Lan } from "./lan.ts";
import { replay, type ReplayDevice, type ReplayOptions } from "./replay.ts";

interface Recorded {
  readonly time: number;
  readonly mark: number;
  readonly direction?: Direction;
  readonly length?: number;
  readonly interfaceId?: number;
}

function pcapng(
  packets: readonly Recorded[],
  linkTypes: readonly number[] = [1],
  snapLength = 0,
): Uint8Array {
  const writer = new PcapngWriter();
  for (const linkType of linkTypes) {
    writer.addInterface({ linkType, snapLength, hardwareAddress: Uint8Array.of(2, 0, 0, 0, 0, 7) });
  }
  for (const { time, mark, direction, length = 60, interfaceId = 0 } of packets) {
    const bytes = new Uint8Array(length).fill(mark);
    writer.writePacket(interfaceId, time, bytes, 0, length, direction);
  }
  return writer.take();
}

/** The first byte of each frame that is there. */
function marks(device: ReplayDevice, capacity = 70_000): number[] {
  const packet = new Packet(capacity);
  const found: number[] = [];
  while (device.receive(packet)) found.push(packet.bytes[0]!);
  packet.release();
  return found;
}

const epoch = 1_700_000_000_000;

Deno.test("Frames come in their own time, counted from when they are first asked for", () => {
  let now = 5000;
  const times = [0, 0.5, 10, 9, 1000];
  const file = pcapng(times.map((time, i) => ({ time: epoch + time, mark: i + 1 })));
  using device = replay(file, { clock: () => now });
  assertEquals([device.count, device.isAtEnd, device.mtu], [5, false, 1500]);
  now = 6000;
  const steps: readonly (readonly [number, number[], number])[] = [
    [6000, [1], 6000.5],
    [6000.4, [], 6000.5],
    [6000.5, [2], 6010],
    // What was captured out of order is played as soon as it is its turn.
    [6010, [3, 4], 7000],
    [6999, [], 7000],
    [8000, [5], Infinity],
    [9000, [], Infinity],
  ];
  for (const [time, found, deadline] of steps) {
    now = time;
    assertEquals(marks(device), found, `at ${time}`);
    assertEquals(device.deadline(), deadline, `at ${time}`);
  }
  assertEquals([device.isAtEnd, device.counters.played], [true, 5]);
});

Deno.test("A replay is as fast as it is asked to be", () => {
  let now = 0;
  const file = pcapng([0, 1000, 3000].map((time, i) => ({ time: epoch + time, mark: i + 1 })));
  const at = (speed: number) => {
    now = 0;
    const device = replay(file, { speed, clock: () => now });
    return [[0, 100, 500, 1000, 3000, 30_000].map((time) => {
      now = time;
      return marks(device);
    })][0];
  };
  assertEquals(at(1), [[1], [], [], [2], [3], []]);
  assertEquals(at(10), [[1], [2], [3], [], [], []]);
  assertEquals(at(0.1), [[1], [], [], [], [], [2, 3]]);
  assertEquals(at(Infinity), [[1, 2, 3], [], [], [], [], []]);
});

Deno.test("Of a capture's packets those are played that its host received", () => {
  const { In, Out, Unknown } = Direction;
  const file = pcapng([In, Out, Unknown, Out].map((direction, i) => ({
    time: epoch,
    mark: i + 1,
    direction,
  })));
  const play = (options: ReplayOptions) => {
    using device = replay(file, { speed: Infinity, ...options });
    return [marks(device), device.count, device.skipped];
  };
  assertEquals(play({}), [[1, 3], 2, 2]);
  assertEquals(play({ direction: "out" }), [[2, 4], 2, 2]);
  assertEquals(play({ direction: "all" }), [[1, 2, 3, 4], 4, 0]);
});

Deno.test("Packets of the first link are played, and those of others are not", () => {
  const recorded = [0, 1, 2, 1].map((interfaceId, i) => ({
    time: epoch,
    mark: i + 1,
    interfaceId,
  }));
  const table: readonly (readonly [readonly number[], string, number[]])[] = [
    [[LinkType.Ethernet, LinkType.Raw, LinkType.LinuxSll], "ethernet", [1]],
    [[LinkType.Raw, LinkType.Ipv4, LinkType.Ethernet], "ip", [1, 2, 4]],
    [[LinkType.LinuxSll, LinkType.Ipv6, LinkType.Ethernet], "ip", [2, 4]],
  ];
  for (const [linkTypes, link, found] of table) {
    using device = replay(pcapng(recorded, linkTypes), { speed: Infinity });
    assertEquals([device.link, marks(device)], [link, found]);
    const mac = link === "ip" ? "00:00:00:00:00:00" : "02:00:00:00:00:07";
    assertEquals(device.hardwareAddress.toString(), mac);
  }
});

Deno.test("A pcap file is played, too", () => {
  const writer = new PcapFileWriter();
  for (const mark of [1, 2]) writer.writePacket(epoch + mark, new Uint8Array(60).fill(mark), 0, 60);
  using device = replay(writer.take(), { speed: Infinity, direction: "all" });
  assertEquals(marks(device), [1, 2]);
});

Deno.test("What was cut is given and counted, what is too long is counted alone", () => {
  const cut = [60, 1514].map((length, i) => ({ time: epoch, mark: i + 1, length }));
  using short = replay(pcapng(cut, [1], 60), { speed: Infinity });
  assertEquals(marks(short), [1, 2]);
  assertEquals([short.counters.played, short.counters.truncated], [2, 1]);
  const file = pcapng([
    { time: epoch, mark: 1 },
    { time: epoch, mark: 2, length: 9014 },
    { time: epoch, mark: 3, length: 14 + 65_535 + 100 },
    { time: epoch, mark: 4 },
  ]);
  using whole = replay(file, { speed: Infinity });
  assertEquals(whole.mtu, 65_535);
  using device = replay(file, { speed: Infinity, mtu: 1500 });
  assertEquals(marks(device, 1518), [1, 4]);
  assertEquals(device.counters, { played: 2, truncated: 0, oversized: 2, transmitted: 0 });
});

Deno.test("A file that breaks off is played up to there", () => {
  const file = pcapng([1, 2, 3].map((mark) => ({ time: epoch, mark })));
  for (let cut = 1; cut < 30; cut++) {
    using device = replay(file.subarray(0, file.length - cut), { speed: Infinity });
    assertEquals(marks(device), [1, 2]);
    assertMatch(device.damage?.message ?? "", /^Cannot read pcapng block at byte \d+/);
  }
});

Deno.test("A capture of nothing is at its end at once", async () => {
  using device = replay(new PcapngWriter().take());
  assertEquals([device.isAtEnd, device.count, device.deadline()], [true, 0, Infinity]);
  const waiting = device.ready(60_000);
  await device.ended;
  device.wake();
  await waiting;
  const closed = device.ready(60_000);
  device.close();
  await closed;
});

Deno.test("A stack answers a replay as it answered the network", async () => {
  // The capture of a host that is pinged.
  const lan = new Lan();
  const writer = new PcapngWriter();
  const station = MacAddress.parse("02:00:00:00:00:07");
  const id = writer.addInterface({ hardwareAddress: Uint8Array.of(2, 0, 0, 0, 0, 7) });
  const recorded = capture(lan.attach({ mac: station }), {
    frame: (bytes, length, direction, time) =>
      writer.writePacket(id, time, bytes, 0, length, direction),
  });
  const address = { address: { address: "10.0.0.1/24" } };
  {
    await using _host = new Host(recorded, address);
    await using peer = new Host(lan.attach(), { address: { address: "10.0.0.2/24" } });
    for (let i = 0; i < 3; i++) await peer.ping("10.0.0.1");
  }
  const file = writer.take();
  const replies: string[] = [];
  const played = replay(file, { speed: Infinity });
  assertEquals(played.hardwareAddress.toString(), "02:00:00:00:00:07");
  const watched = capture(played, {
    frame: (bytes, length, direction) => {
      if (direction === Direction.Out) replies.push(bytes.slice(0, length).toHex());
    },
  });
  await using host = new Host(watched, address);
  await played.ended;
  assertEquals(host.stack.counters.IcmpOutEchoReps, 3);
  using original = replay(file, { speed: Infinity, direction: "out" });
  const packet = new Packet(1518);
  const sent: string[] = [];
  while (original.receive(packet)) sent.push(packet.bytes.slice(0, packet.length).toHex());
  const echo = (frame: string) => frame.slice(24, 28) === "0800" && frame.slice(68, 70) === "00";
  // The identification of IPv4 (bytes 18 and 19) and its checksum are drawn anew.
  const bare = (frame: string) => frame.slice(0, 36) + frame.slice(40, 48) + frame.slice(52);
  assertEquals(replies.filter(echo).map(bare), sent.filter(echo).map(bare));
  assertEquals(replies.filter(echo).length, 3);
  assert(played.counters.transmitted >= 3);
});

Deno.test("What is asked wrongly is refused in one line", () => {
  const file = pcapng([{ time: epoch, mark: 1 }]);
  const multicast = MacAddress.parse("01:00:5e:00:00:01");
  const table: readonly (readonly [() => unknown, typeof RangeError, RegExp])[] = [
    [() => replay(file, { speed: 0 }), RangeError, /speed of 0 is not above 0/],
    [() => replay(file, { speed: NaN }), RangeError, /speed of NaN/],
    [() => replay(file, { mtu: 67 }), RangeError, /MTU of 67/],
    [() => replay(file, { hardwareAddress: multicast }), RangeError, /one station/],
    [() => replay(pcapng([{ time: 0, mark: 1 }], [113])), TypeError, /link type 113/],
    [() => replay(Uint8Array.of(1, 2, 3)), SyntaxError, /^Cannot read pcap file/],
  ];
  for (const [call, type, says] of table) {
    const error = assertThrows(call, type);
    assertMatch(error.message, says);
    assertMatch(error.message, /^Cannot [^\n]+$/);
  }
  assertThrows(() => replay("/nowhere/x.pcap"), Deno.errors.NotFound);
});
