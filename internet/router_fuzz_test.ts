import { encodeIpv4 } from "@octet/ipv4";
import { parseIpv4 } from "@octet/netip";
import { fuzz } from "@octet/testing/fuzz";
import { checksum, Packet, readU16, SeededRandom, writeU16 } from "@octet/wire";
import { Stack } from "./stack.ts";

const inside = parseIpv4("192.168.1.2");
const outside = parseIpv4("203.0.113.1");
const server = parseIpv4("203.0.113.9");
const frameLimit = 700;

/** A router that translates, with two neighbours whose hardware addresses it knows. */
function router(): Stack {
  const stack = new Stack({ random: new SeededRandom(1), forwarding: true, mtu: 600 });
  const other = stack.addInterface({ mtu: 600, maxSegment: 2000, checksumOffload: true });
  stack.addAddress(parseIpv4("192.168.1.1"), 24);
  stack.addAddress(outside, 24, undefined, other);
  const station = Uint8Array.of(2, 0, 0, 0, 0, 9);
  stack.arp!.cache.setPermanent(inside, station, 0, 0);
  other.arp!.cache.setPermanent(server, station, 0, 0);
  stack.translate(other, { mappingLimit: 8, sessionLimit: 12, filtering: "endpoint-independent" })
    .forward({ protocol: 6, externalAddress: outside, externalPort: 80, internalAddress: inside });
  return stack;
}

/** What leaves is a whole datagram with a right header, and no longer than its link. */
function check(stack: Stack, packet: Packet): void {
  const { bytes, length } = packet;
  if (readU16(bytes, 12) !== 0x0800) return;
  const headerLength = (bytes[14]! & 0x0f) << 2;
  const total = readU16(bytes, 16);
  const via = stack.interfaces[packet.interfaceIndex]!;
  const longest = packet.segmentSize === 0 ? via.mtu : via.maxSegment;
  if (headerLength < 20 || total < headerLength || total + 14 > length || total > longest) {
    throw new Error(`Sent a header of ${headerLength} and ${total} bytes in a frame of ${length}`);
  }
  if (checksum(bytes, 14, 14 + headerLength) !== 0) throw new Error("Sent a wrong header checksum");
  if (bytes[22] === 0) throw new Error("Sent a time to live of 0");
}

/** Each frame: a byte of wishes, its length, its IP datagram. */
fuzz("fuzzRouter", (input) => {
  const stack = router();
  const packet = new Packet(2100);
  let now = 0;
  for (let at = 0; at + 2 < input.length;) {
    const wishes = input[at]!;
    const length = Math.min(frameLimit, input[at + 1]! * 4, input.length - at - 2);
    packet.bytes.fill(0);
    const side = wishes & 1;
    stack.interfaces[side]!.hardwareAddress.writeTo(packet.bytes, 0);
    writeU16(packet.bytes, 12, 0x0800);
    packet.bytes.set(input.subarray(at + 2, at + 2 + length), 14);
    at += 2 + length;
    packet.length = 14 + length;
    // Most frames would fail at their header's checksum, and never be seen by what stands behind.
    if ((wishes & 2) === 0 && length >= 20) {
      const headerLength = Math.min(length, Math.max(20, (packet.bytes[14]! & 0x0f) << 2));
      writeU16(packet.bytes, 24, 0);
      writeU16(packet.bytes, 24, checksum(packet.bytes, 14, 14 + headerLength));
    }
    packet.interfaceIndex = side;
    packet.checksumVerified = (wishes & 4) !== 0;
    packet.segmentSize = (wishes & 8) === 0 ? 0 : 1 + wishes;
    packet.checksumStart = (wishes & 16) === 0 ? 0 : 34;
    packet.checksumOffset = (wishes & 32) === 0 ? 6 : 16;
    stack.ingress(packet, now);
    while (stack.egress(packet, now) > 0) check(stack, packet);
    now += wishes * 50;
    const { mappingCount, sessionCount } = stack.nat!;
    if (mappingCount > 9 || sessionCount > 12) {
      throw new Error("The tables have outgrown their bounds");
    }
  }
  for (let i = 0; i < 50 && stack.nat!.sessionCount > 0; i++) {
    now += 8_000_000;
    while (stack.egress(packet, now) > 0) check(stack, packet);
  }
  if (stack.nat!.mappingCount !== 1) throw new Error("A mapping is left that nobody uses");
  packet.release();
}, {
  seeds: [
    [17, inside, server, 0],
    [6, inside, server, 0],
    [1, inside, server, 0],
    [6, server, outside, 1],
    [17, inside, outside, 0],
    [1, server, outside, 1],
  ].map(([protocol, source, destination, side]) => {
    const payload = new Uint8Array(60);
    payload[0] = protocol === 1 ? 8 - 5 * side! : 4;
    payload[1] = 1;
    payload[3] = 80;
    payload[12] = 0x50;
    payload[13] = 2;
    if (protocol === 1) {
      payload.set(
        encodeIpv4({
          source: outside,
          destination: server,
          protocol: 17,
          payload: new Uint8Array(32),
        }),
        8,
      );
    }
    const bytes = encodeIpv4({
      source: source!,
      destination: destination!,
      protocol: protocol!,
      payload,
    });
    return Uint8Array.of(side!, bytes.length / 4, ...bytes);
  }),
});
