/**
 * The other side of the tests of `tun_test.ts`: what runs inside their namespaces, one role at a time.
 *
 * @module
 */
import { MacAddress } from "@octet/netip";
import { bringUp, NetlinkConnection } from "@octet/netlink";
import { checksum, Packet, readU16, readU32, writeU16, writeU32 } from "@octet/wire";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { type Device, frameCapacity } from "../internet/device/device.ts";
import { Segmenter } from "../internet/device/segment.ts";
import { openTun } from "../internet/device/tun.ts";

/** Answers ARP for 10.77.0.2 and echoes ICMP requests, whatever the frame was addressed to. */
function respond(device: Device, packet: Packet): boolean {
  const { bytes } = packet;
  const own = new Uint8Array(6);
  device.hardwareAddress.writeTo(own, 0);
  const base = device.link === "ethernet" ? 14 : 0;
  if (base > 0) {
    bytes.copyWithin(0, 6, 12);
    bytes.set(own, 6);
    if (readU16(bytes, 12) === 0x0806) {
      if (readU16(bytes, 20) !== 1 || readU32(bytes, 38) !== 0x0a4d0002) return false;
      writeU16(bytes, 20, 2);
      bytes.copyWithin(32, 22, 32);
      bytes.set(own, 22);
      writeU32(bytes, 28, 0x0a4d0002);
      return true;
    }
    if (readU16(bytes, 12) !== 0x0800) return false;
  }
  if (bytes[base] !== 0x45 || bytes[base + 9] !== 1 || bytes[base + 20] !== 8) return false;
  const source = readU32(bytes, base + 12);
  writeU32(bytes, base + 12, readU32(bytes, base + 16));
  writeU32(bytes, base + 16, source);
  bytes[base + 20] = 0;
  writeU16(bytes, base + 22, 0);
  writeU16(bytes, base + 22, checksum(bytes, base + 20, base + readU16(bytes, base + 2)));
  return true;
}

async function runResponder(mode: "tap" | "tun"): Promise<void> {
  using device = openTun({ name: "tap0", mode, ...(mode === "tap" && { mtu: 1400 }) });
  bringUp("tap0", { address: "10.77.0.1/24" });
  console.log(`ready ${device.hardwareAddress}`);
  const packet = new Packet(frameCapacity(device));
  for (;;) {
    while (device.receive(packet)) {
      packet.checksumStart = 0;
      packet.segmentSize = 0;
      if (respond(device, packet)) device.transmit(packet);
    }
    await device.ready(Infinity);
  }
}

const payloadLength = 4 * 1000 + 17;

/** A TCP segment over IPv4 or IPv6 with more payload than a frame holds, its checksum partial. */
function superSegment(packet: Packet, version: 4 | 6): void {
  const { bytes } = packet;
  packet.clear();
  bytes.fill(0, 0, 100);
  MacAddress.parse("02:00:00:00:00:02").writeTo(bytes, 0);
  MacAddress.parse("02:00:00:00:00:01").writeTo(bytes, 6);
  writeU16(bytes, 12, version === 4 ? 0x0800 : 0x86dd);
  const tcp = version === 4 ? 34 : 54;
  const tcpLength = 32 + payloadLength;
  packet.length = tcp + tcpLength;
  if (version === 4) {
    bytes[14] = 0x45;
    writeU16(bytes, 16, 20 + tcpLength);
    writeU16(bytes, 18, 0xfffe);
    writeU16(bytes, 20, 0x4000);
    bytes[22] = 64;
    bytes[23] = 6;
    packet.source = 0x0a4d0002;
    packet.destination = 0x0a4d0003;
    writeU32(bytes, 26, packet.source);
    writeU32(bytes, 30, packet.destination);
    writeU16(bytes, 24, checksum(bytes, 14, 34));
  } else {
    bytes[14] = 0x60;
    writeU16(bytes, 18, tcpLength);
    bytes[20] = 6;
    bytes[21] = 64;
    writeU32(bytes, 22, 0xfd000000);
    bytes[37] = 2;
    writeU32(bytes, 38, 0xfd000000);
    bytes[53] = 3;
  }
  writeU16(bytes, tcp, 4000);
  writeU16(bytes, tcp + 2, 80);
  writeU32(bytes, tcp + 4, 0xffff_fc00);
  writeU32(bytes, tcp + 8, 7);
  bytes[tcp + 12] = 0x80;
  // CWR, ACK, PSH and FIN: which of the segments has which is the point.
  bytes[tcp + 13] = 0x80 | 0x10 | 0x08 | 0x01;
  writeU16(bytes, tcp + 14, 500);
  bytes.set([1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2], tcp + 20);
  for (let i = 0; i < payloadLength; i++) bytes[tcp + 32 + i] = i % 251;
  if (version === 4) packet.startChecksum(6, tcp, tcpLength, 16);
  else {
    // The pseudo header of RFC 8200 §8.1: its complement is what the field must hold in the end.
    const sum = ~checksum(bytes, 22, 54, 6 + tcpLength) & 0xffff;
    writeU16(bytes, tcp + 16, sum);
    packet.checksumStart = tcp;
    packet.checksumOffset = 16;
  }
  packet.segmentSize = 1000;
}

async function receiveWhere(
  device: Device,
  packet: Packet,
  isWanted: () => boolean,
): Promise<void> {
  const late = performance.now() + 5000;
  for (;;) {
    while (device.receive(packet)) if (isWanted()) return;
    const left = late - performance.now();
    if (left <= 0) throw new Error("the frame has not come");
    await device.ready(left);
  }
}

async function runSegment(): Promise<void> {
  using sender = openTun({ name: "tap0" });
  using receiver = openTun({ name: "tap1", offload: false });
  bringUp("tap0");
  bringUp("tap1");
  console.log("ready");
  await Deno.stdin.read(new Uint8Array(8));
  const frame = new Packet(frameCapacity(sender));
  const piece = new Packet(frameCapacity(sender));
  const received = new Packet(frameCapacity(sender));
  const fromUs = (): boolean => received.bytes[6] === 2 && received.bytes[11] === 1;
  const segmenter = new Segmenter();
  for (const version of [4, 6] as const) {
    superSegment(frame, version);
    sender.transmit(frame);
    let equal = 0;
    for (segmenter.reset(frame, "ethernet"); segmenter.next(piece); equal++) {
      await receiveWhere(receiver, received, fromUs);
      assertEquals(received.segmentSize, 0);
      assertEquals(
        received.bytes.slice(0, received.length),
        piece.bytes.slice(0, piece.length),
      );
    }
    console.log(`tcp${version}: ${equal} equal`);
  }
  superSegment(frame, 4);
  frame.bytes[23] = 17;
  frame.length = 34 + 8 + 5;
  writeU16(frame.bytes, 16, frame.length - 14);
  writeU16(frame.bytes, 24, 0);
  writeU16(frame.bytes, 24, checksum(frame.bytes, 14, 34));
  writeU16(frame.bytes, 38, 13);
  frame.segmentSize = 0;
  frame.source = 0x0a4d0002;
  frame.destination = 0x0a4d0003;
  frame.startChecksum(17, 34, 13, 6);
  sender.transmit(frame);
  await receiveWhere(receiver, received, fromUs);
  received.source = 0x0a4d0002;
  received.destination = 0x0a4d0003;
  received.checksumVerified = false;
  console.log(`udp: ${received.verifyTransport(17, 34, received.length) ? "complete" : "wrong"}`);
}

async function runChecksums(): Promise<void> {
  for (const offload of [true, false]) {
    using device = openTun({ name: "tap0", offload });
    bringUp("tap0", { address: "10.77.0.1/24" });
    const socket = Deno.listenDatagram({ transport: "udp", hostname: "10.77.0.1", port: 0 });
    const packet = new Packet(frameCapacity(device));
    // The neighbour is unknown, so the kernel asks; the answer lets the datagram go.
    await socket.send(new Uint8Array(33), { transport: "udp", hostname: "10.77.0.2", port: 9 });
    await receiveWhere(device, packet, () => readU16(packet.bytes, 12) === 0x0806);
    if (respond(device, packet)) device.transmit(packet);
    await receiveWhere(device, packet, () => packet.bytes[12] === 8 && packet.bytes[23] === 17);
    packet.source = readU32(packet.bytes, 26);
    packet.destination = readU32(packet.bytes, 30);
    const isPartial = packet.checksumStart !== 0;
    const { checksumVerified } = packet;
    socket.close();
    packet.completeChecksum();
    packet.checksumVerified = false;
    const isValid = packet.verifyTransport(17, 34, 34 + readU16(packet.bytes, 38));
    console.log(
      `${offload ? "offload" : "plain"}: partial ${isPartial}, verified ${checksumVerified}, ` +
        `completes to a valid one ${isValid}`,
    );
  }
}

async function runIdle(): Promise<void> {
  const { default: process } = await import("node:process");
  const device = openTun({ name: "tap0" });
  const before = process.cpuUsage();
  const until = performance.now() + 500;
  while (performance.now() < until) await device.ready(until - performance.now());
  const { user, system } = process.cpuUsage(before);
  console.log(`idle: ${Math.round((user + system) / 1000)} ms of CPU in 500 ms`);
  const waiting = device.ready(Infinity).then(() => console.log("closed while waiting"));
  device.close();
  device.close();
  await waiting;
  // Opened anew and left waiting by a timer's doing: the name is free again at once.
  const again = openTun({ name: "tap0" });
  setTimeout(() => again.close(), 1);
  await again.ready(Infinity);
}

async function runVanish(): Promise<void> {
  using device = openTun({ name: "tap0" });
  const packet = new Packet(frameCapacity(device));
  packet.length = 60;
  console.log(`down: ${device.transmit(packet)} ${device.counters.outDown}`);
  console.log("ready");
  try {
    for (;;) await device.ready(Infinity);
  } catch (error) {
    console.log(`gone: ${(error as Error).message}`);
  }
}

async function runStreams(): Promise<void> {
  using device = openTun({ name: "tap0" });
  bringUp("tap0", { address: "10.77.0.1/24" });
  console.log("ready");
  const writer = device.writable.getWriter();
  const packet = new Packet(frameCapacity(device));
  for await (const frame of device.readable) {
    packet.bytes.set(frame);
    packet.length = frame.length;
    if (respond(device, packet)) await writer.write(packet.bytes.slice(0, packet.length));
  }
}

function runNetlink(): void {
  using device = openTun({ name: "tap0" });
  using netlink = new NetlinkConnection();
  const link = netlink.link("tap0");
  assertEquals([link.kind, link.tunType, link.isUp, link.mtu], ["tun", "tap", false, 1500]);
  assertEquals(netlink.links().map((one) => one.name), ["lo", "tap0"]);
  assert(!device.hardwareAddress.sameAs(link.hardwareAddress!));

  const hardwareAddress = MacAddress.parse("02:00:00:00:00:77");
  netlink.setLink("tap0", { mtu: 9000, hardwareAddress });
  netlink.setLink("tap0", { up: true });
  assertEquals(netlink.link("tap0").mtu, 9000);
  assertEquals(`${netlink.link("tap0").hardwareAddress}`, `${hardwareAddress}`);
  assert(netlink.link("tap0").isUp);

  netlink.addAddress("tap0", "10.77.0.1/24");
  netlink.addAddress("tap0", "fd00::1/64");
  netlink.addAddress("tap0", "10.78.0.1/32", { peer: "10.78.0.2" });
  const addresses = netlink.addresses("tap0");
  const first = addresses.find((one) => one.address === "10.77.0.1")!;
  assertEquals([first.prefixLength, first.broadcast, first.version], [24, "10.77.0.255", 4]);
  assertEquals(addresses.find((one) => one.address === "10.78.0.1")!.peer, "10.78.0.2");
  assert(addresses.some((one) => one.address === "fd00::1" && one.prefixLength === 64));
  assertThrows(
    () => netlink.addAddress("tap0", "10.77.0.1/24"),
    Deno.errors.AlreadyExists,
    "Cannot add address 10.77.0.1/24 to tap0 as",
  );
  netlink.addAddress("tap0", "10.77.0.1/24", { replace: true });

  netlink.addRoute("0.0.0.0/0", { gateway: "10.77.0.2", metric: 7 });
  netlink.addRoute("10.99.0.0/16", { index: link.index, preferredSource: "10.77.0.1" });
  netlink.addRoute("fd99::/16", { index: link.index, table: 1000 });
  const routes = netlink.routes();
  const standard = routes.find((one) => one.destination === "0.0.0.0/0")!;
  assertEquals([standard.gateway, standard.metric, standard.index], ["10.77.0.2", 7, link.index]);
  const onLink = routes.find((one) => one.destination === "10.99.0.0/16")!;
  assertEquals([onLink.preferredSource, onLink.gateway], ["10.77.0.1", undefined]);
  assert(routes.some((one) => one.destination === "fd99::/16" && one.table === 1000));
  netlink.deleteRoute("10.99.0.0/16");
  assert(!netlink.routes().some((one) => one.destination === "10.99.0.0/16"));
  assertThrows(() => netlink.deleteRoute("10.99.0.0/16"), Deno.errors.NotFound, "(ESRCH)");

  netlink.deleteAddress("tap0", "10.77.0.1/24");
  assert(!netlink.addresses("tap0").some((one) => one.address === "10.77.0.1"));
  assertThrows(
    () => netlink.setLink("tap0", { mtu: 10 }),
    Error,
    "the kernel says: mtu less than device minimum (EINVAL)",
  );
  assertThrows(() => netlink.link("nobody"), Deno.errors.NotFound, "Cannot find link nobody");
  netlink.close();
  assertThrows(() => netlink.links(), Deno.errors.BadResource, "closed");
}

async function main(role: string, name: string = "", mode: string = ""): Promise<void> {
  switch (role) {
    case "respond":
      return await runResponder("tap");
    case "respond-tun":
      return await runResponder("tun");
    case "segment":
      return await runSegment();
    case "checksums":
      return await runChecksums();
    case "idle":
      return await runIdle();
    case "vanish":
      return await runVanish();
    case "streams":
      return await runStreams();
    case "netlink":
      return runNetlink();
    case "attach": {
      using device = openTun({ name: "tap0" });
      bringUp("tap0", { address: "10.77.0.1/24" });
      console.log(`attached ${device.name}`);
      return;
    }
    case "hold": {
      using device = openTun({ name: "tap0" });
      console.log("ready");
      for (;;) await device.ready(Infinity);
    }
  }
  try {
    openTun({ name, mode: mode === "tun" ? "tun" : "tap" }).close();
  } catch (error) {
    console.error(String(error));
    Deno.exit(1);
  }
}

if (import.meta.main) await main(...(Deno.args as [string, string?, string?]));
