import { bench } from "@octet/testing/bench";
import { Packet } from "@octet/wire";
import { Direction } from "./capture_format.ts";
import { Dissector } from "./dissector.ts";
import { Formatter } from "./formatter.ts";
import { PcapngReader } from "./pcapng_reader.ts";
import { PcapngWriter } from "./pcapng.ts";
import { frames } from "./testdata/frames.ts";

const peers: Readonly<Record<string, readonly [string, number, number]>> = {
  dhcpDiscover: ["DHCP packet", 170, 1697],
  dnsResponse: ["DNS packet", 367, 1779],
};

for (const name of ["dhcpDiscover", "dnsResponse", "tcpSyn"]) {
  const frame = frames[name]!;
  const known = peers[name];
  const title = known?.[0] ?? "TCP SYN";
  const dissector = new Dissector();
  const formatter = new Formatter();
  bench(`${title} dissected`, () => {
    dissector.dissect(frame, 0, frame.length);
  }, { group: "pcap", ...(known && { peers: { lneto: known[1] }, target: known[1] }) });
  bench(`${title} printed`, () => {
    dissector.dissect(frame, 0, frame.length);
    formatter.write(dissector.packet, Direction.In);
  }, { group: "pcap", ...(known && { peers: { lneto: known[2] }, target: 1700 }) });
}

const packet = new Packet(1514);
const writer = new PcapngWriter({ sink: () => {} });
const tap = writer.addInterface({ name: "tap0" });
const now = Date.now();

bench("pcapng: packet of 1514 B written", () => {
  writer.writePacket(tap, now, packet.bytes, 0, 1514, Direction.Out, packet.address);
}, { group: "pcap", bytes: 1514 });

const file = new PcapngWriter();
file.addInterface();
for (let i = 0; i < 1000; i++) file.writePacket(0, now + i, packet.bytes, 0, 1514, Direction.In);
const capture = file.take();

bench("pcapng: packet of 1514 B read", () => {
  const reader = new PcapngReader(capture);
  while (reader.next());
}, { group: "pcap", bytes: 1514, operations: 1000 });
