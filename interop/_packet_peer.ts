/**
 * One end of the tests of AF_PACKET devices, as a program of its own in a namespace.
 */
import { MacAddress } from "@octet/netip";
import { NetlinkConnection } from "@octet/netlink";
import { checksum, Packet, readU16, readU32, writeU16, writeU32 } from "@octet/wire";
import { assertEquals } from "@std/assert";
import { frameCapacity } from "../internet/device/device.ts";
import {
  openPacketSocket,
  type PacketSocketDevice,
  type PacketSocketOptions,
} from "../internet/device/packet_socket.ts";

/** The address of the device under test. */
export const ours = "02:00:00:00:00:02";
const theirs = "02:00:00:00:00:01";
/** How many frames a flood has: more than a socket's buffer of 8 MiB holds. */
export const floodCount = 40_000;
/** Ends what `send-groups` sends. */
const lastGroup = "ff:ff:ff:ff:ff:ff";

function open(options: PacketSocketOptions = {}): PacketSocketDevice {
  return openPacketSocket("veth0", { hardwareAddress: MacAddress.parse(ours), ...options });
}

/** Takes frames until one is wanted. */
async function receiveWhere(
  device: PacketSocketDevice,
  packet: Packet,
  isWanted: () => boolean,
): Promise<void> {
  for (;;) {
    while (device.receive(packet)) if (isWanted()) return;
    await device.ready(Infinity);
  }
}

/** A UDP datagram of 30 bytes whose checksum is left partial, in a frame with a tag or without. */
function fill(packet: Packet, to: string, tag: readonly number[]): void {
  const { bytes } = packet;
  packet.clear();
  bytes.fill(0, 0, 80);
  MacAddress.parse(to).writeTo(bytes, 0);
  MacAddress.parse(theirs).writeTo(bytes, 6);
  let at = 12;
  for (const value of [...tag, 0x0800]) {
    writeU16(bytes, at, value);
    at += 2;
  }
  bytes[at] = 0x45;
  writeU16(bytes, at + 2, 50);
  bytes[at + 9] = 17;
  writeU32(bytes, at + 12, 0x0a4d0001);
  writeU32(bytes, at + 16, 0x0a4d0002);
  writeU16(bytes, at + 24, 30);
  packet.length = at + 50;
  packet.source = 0x0a4d0001;
  packet.destination = 0x0a4d0002;
  packet.startChecksum(17, at + 20, 30, 6);
}

function send(...frames: [to: string, ...tag: number[]][]): void {
  using device = open({ hardwareAddress: MacAddress.parse(theirs) });
  const packet = new Packet(frameCapacity(device));
  for (const [to, ...tag] of frames) {
    fill(packet, to, tag);
    device.transmit(packet);
  }
  assertEquals(device.counters.outErrors, 0);
}

async function showTags(): Promise<void> {
  using device = open();
  const packet = new Packet(frameCapacity(device));
  console.log("ready");
  for (let i = 0; i < 2; i++) {
    await receiveWhere(device, packet, () => readU32(packet.bytes, 0) === 0x0200_0000);
    const words = [12, 14, 16].map((at) => readU16(packet.bytes, at).toString(16).padStart(4, "0"));
    const { length, checksumStart } = packet;
    packet.completeChecksum();
    packet.checksumVerified = false;
    packet.source = 0x0a4d0001;
    packet.destination = 0x0a4d0002;
    const is = packet.verifyTransport(17, 38, length);
    console.log(`${words.join(" ")}, ${length} bytes, checksum from ${checksumStart}, valid ${is}`);
  }
}

async function count(): Promise<void> {
  using netlink = new NetlinkConnection();
  const host = netlink.link("veth0").hardwareAddress!;
  const counts = [false, true].map((promiscuous) => ({
    name: promiscuous ? "promiscuous" : "plain",
    device: open({ promiscuous }),
    host: 0,
    others: 0,
    broadcast: 0,
  }));
  const packet = new Packet(65_600);
  console.log("ready");
  await Promise.all(counts.map(async (one) => {
    // An ARP request for 10.77.0.99 is the last.
    await receiveWhere(one.device, packet, () => {
      const { bytes } = packet;
      if (MacAddress.read(bytes, 6).sameAs(host)) one.host++;
      else if (MacAddress.read(bytes, 0).isBroadcast) one.broadcast++;
      else if (!MacAddress.read(bytes, 0).isMulticast) one.others++;
      return readU16(bytes, 12) === 0x0806 && readU32(bytes, 38) === 0x0a4d0063;
    });
    const { name, host: own, others, broadcast } = one;
    console.log(`${name}: ${own} from the host, ${others} for others, ${broadcast} broadcast`);
    one.device.close();
  }));
}

async function groups(): Promise<void> {
  using device = open();
  const packet = new Packet(frameCapacity(device));
  const parse = (text: string) => MacAddress.parse(text);
  device.setGroups([parse("01:00:5e:00:00:fc"), parse("01:00:5e:00:00:fb")]);
  device.setGroups([parse("01:00:5e:00:00:fb")]);
  console.log("ready");
  const seen: string[] = [];
  await receiveWhere(device, packet, () => {
    if (!MacAddress.read(packet.bytes, 6).sameAs(parse(theirs))) return false;
    seen.push(`${MacAddress.read(packet.bytes, 0)}`);
    return seen.at(-1) === lastGroup;
  });
  console.log(`groups: ${seen.join(" ")}`);
  await device.ready(Infinity);
}

/** Answers echo requests to 10.77.0.2, and says how it fares. */
async function answer(): Promise<void> {
  using device = open();
  const packet = new Packet(frameCapacity(device));
  const outgoing = new Packet(frameCapacity(device));
  console.log("ready");
  void Deno.stdin.read(new Uint8Array(8)).then(() => {
    fill(outgoing, theirs, []);
    device.transmit(outgoing);
    console.log(`sent: ${device.counters.outDown} dropped`);
  });
  try {
    for (;;) {
      await receiveWhere(device, packet, () => packet.bytes[23] === 1 && packet.bytes[34] === 8);
      const { bytes } = packet;
      bytes.copyWithin(0, 6, 12);
      device.hardwareAddress.writeTo(bytes, 6);
      const source = readU32(bytes, 26);
      writeU32(bytes, 26, readU32(bytes, 30));
      writeU32(bytes, 30, source);
      bytes[34] = 0;
      writeU16(bytes, 36, 0);
      writeU16(bytes, 36, checksum(bytes, 34, 14 + readU16(bytes, 16)));
      packet.checksumStart = 0;
      device.transmit(packet);
    }
  } catch (error) {
    console.log(`gone: ${(error as Error).message}`);
  }
}

function flood(): void {
  using device = open({ hardwareAddress: MacAddress.parse(theirs) });
  const packet = new Packet(frameCapacity(device));
  for (let i = 0; i < floodCount; i++) {
    fill(packet, ours, []);
    while (!device.transmit(packet));
  }
}

async function overflow(): Promise<void> {
  using device = open();
  const packet = new Packet(frameCapacity(device));
  console.log("ready");
  await Deno.stdin.read(new Uint8Array(8));
  let received = 0;
  while (device.receive(packet)) if (readU32(packet.bytes, 0) === 0x0200_0000) received++;
  console.log(`${received} received, ${device.counters.inDropped} dropped`);
}

function serve(): void {
  const page = new Uint8Array(16 * 1024 * 1024);
  const onListen = (): void => console.log("ready");
  Deno.serve({ hostname: "10.77.0.1", port: 8000, onListen }, () => new Response(page));
}

const roles: Readonly<Record<string, () => void | Promise<void>>> = {
  serve,
  "show-tags": showTags,
  "send-tags": () => send([ours, 0x8100, 0x6064], [ours, 0x88a8, 7]),
  count,
  groups,
  "send-groups": () =>
    send(["01:00:5e:00:00:fc"], ["01:00:5e:00:00:fb"], ["33:33:00:00:00:01"], [lastGroup]),
  answer,
  flood,
  overflow,
};

if (import.meta.main) await roles[Deno.args[0]!]!();
