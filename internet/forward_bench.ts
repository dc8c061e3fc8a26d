import { encodeIpv4 } from "@octet/ipv4";
import { parseIpv4 } from "@octet/netip";
import { bench } from "@octet/testing/bench";
import { Packet, SeededRandom, writeU16 } from "@octet/wire";
import { Stack } from "./stack.ts";

const group = "a router in one process, two Ethernets";

/** A router with two neighbours whose hardware addresses it knows. */
function router(): Stack {
  const stack = new Stack({ random: new SeededRandom(1), forwarding: true });
  const other = stack.addInterface();
  stack.addAddress(parseIpv4("192.168.1.1"), 24);
  stack.addAddress(parseIpv4("203.0.113.1"), 24, undefined, other);
  const station = Uint8Array.of(2, 0, 0, 0, 0, 9);
  stack.arp!.cache.setPermanent(parseIpv4("192.168.1.2"), station, 0, 0);
  other.arp!.cache.setPermanent(parseIpv4("203.0.113.9"), station, 0, 0);
  return stack;
}

/** A UDP datagram from inside, as a frame to the router. */
function frame(stack: Stack, payload: number, port: number): Uint8Array {
  const udp = new Uint8Array(8 + payload);
  writeU16(udp, 0, port);
  writeU16(udp, 2, 53);
  writeU16(udp, 4, udp.length);
  writeU16(udp, 6, 0x1234);
  const datagram = encodeIpv4({
    source: parseIpv4("192.168.1.2"),
    destination: parseIpv4("203.0.113.9"),
    protocol: 17,
    payload: udp,
  });
  const bytes = new Uint8Array(14 + datagram.length);
  stack.hardwareAddress.writeTo(bytes, 0);
  writeU16(bytes, 12, 0x0800);
  bytes.set(datagram, 14);
  return bytes;
}

function measure(name: string, stack: Stack, payload: number, ports: number): void {
  const frames = Array.from({ length: ports }, (_, index) => frame(stack, payload, 2000 + index));
  const packet = new Packet(2048);
  let next = 0;
  // One time for all, as for the frames of one batch: a new one would be boxed anew.
  const now = 1000.5;
  bench(name, () => {
    const bytes = frames[next]!;
    next = (next + 1) % ports;
    packet.bytes.set(bytes);
    packet.length = bytes.length;
    packet.interfaceIndex = 0;
    stack.ingress(packet, now);
    if (stack.egress(packet, now) !== bytes.length) throw new Error("Nothing came out");
  }, { group, ...(payload > 1000 ? { bytes: payload + 28 } : {}) });
}

measure("46 bytes passed on", router(), 18, 1);
measure("1500 bytes passed on", router(), 1472, 1);

const translating = router();
translating.translate(translating.interfaces[1]!);
measure("46 bytes translated, one mapping", translating, 18, 1);
measure("1500 bytes translated, one mapping", translating, 1472, 1);
const crowded = router();
crowded.translate(crowded.interfaces[1]!);
measure("46 bytes translated, 4000 mappings in turn", crowded, 18, 4000);
