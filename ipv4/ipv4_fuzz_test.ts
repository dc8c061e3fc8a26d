import { fuzz } from "@octet/testing/fuzz";
import { BaseNode, Packet, SeededRandom, Verdict } from "@octet/wire";
import { encodeIpv4, Ipv4Frame } from "./frame.ts";
import { Igmp } from "./igmp.ts";
import { encodeIgmpQuery, encodeIgmpReport, IgmpFrame, IgmpRecords } from "./igmp_frame.ts";
import { everySource } from "./igmp_group.ts";
import { Ipv4 } from "./ipv4.ts";
import { encodeRecordRoute, encodeRouterAlert, encodeTimestampOption } from "./option_encode.ts";
import { copyEchoedOptions, copyFragmentOptions, optionFault, recordHop } from "./option_rules.ts";
import { Ipv4Options, TimestampFlag } from "./options.ts";
import { Reassembler } from "./reassembly.ts";

const own = 0x0a000001;
const group = 0xef010203;
const options = new Ipv4Options();
const addresses = { isLocal: (address: number) => address >>> 0 === own };

fuzz("fuzzIpv4Options", (input) => {
  const length = Math.min(40, input.length);
  const bytes = new Uint8Array(80).fill(0xa5);
  bytes.set(input.subarray(0, length), 20);
  const reset = () => options.reset(bytes, 20, 20 + length);
  reset();
  const fault = optionFault(options);
  if (fault >= Math.max(1, length)) throw new Error(`The fault lies outside, at ${fault}`);
  if (fault >= 0) return;
  const target = new Uint8Array(44).fill(0x5a);
  for (const copy of [copyEchoedOptions, copyFragmentOptions]) {
    reset();
    const copied = copy(options, bytes, target);
    if (copied % 4 !== 0 || copied > 40 || target[40] !== 0x5a) throw new Error(`${copied} bytes`);
    options.reset(target, 0, copied);
    if (optionFault(options) >= 0) throw new Error("A copy has faults that the list had not");
  }
  reset();
  recordHop(options, bytes, own, 1234, addresses);
  for (let i = 0; i < bytes.length; i++) {
    if ((i < 20 || i >= 20 + length) && bytes[i] !== 0xa5) {
      throw new Error(`Wrote outside, at ${i}`);
    }
  }
}, {
  seeds: [
    encodeRecordRoute(),
    encodeRouterAlert(),
    ...[TimestampFlag.Time, TimestampFlag.AddressAndTime].map((flag) =>
      encodeTimestampOption({ flag })
    ),
    encodeTimestampOption({ flag: TimestampFlag.Prespecified, addresses: [own, 7] }),
  ],
});

const frame = new IgmpFrame();
const records = new IgmpRecords();

fuzz("fuzzIgmpFrame", (input) => {
  frame.reset(input, 0, input.length);
  if (frame.validate() !== Verdict.Ok) return;
  for (let i = 0; i < frame.sourceCount; i++) frame.source(i);
  records.reset(input, frame.recordsOffset, frame.recordCount);
  let count = 0;
  while (records.next()) {
    count++;
    if (records.sourceCount > 0 && Number.isNaN(records.source(records.sourceCount - 1))) {
      throw new Error("A source lies outside the message");
    }
  }
  if (count !== frame.recordCount) throw new Error("The cursor disagrees with validate");
}, {
  seeds: [
    encodeIgmpQuery({ version: 1 }),
    encodeIgmpQuery({ version: 2, group }),
    encodeIgmpQuery({ version: 3, group, sources: [1, 2, 3] }),
    encodeIgmpReport([{ type: 1, group, sources: [1, 2] }, { type: 4, group, sources: [] }]),
  ],
});

/** Each byte pair is a length and a time; then so many bytes of message follow. */
fuzz("fuzzIgmpNode", (input) => {
  const random = new SeededRandom(1);
  const ipv4 = new Ipv4({ mtu: 576, random });
  ipv4.addAddress(own, 24);
  const igmp = new Igmp(random, {
    mtuOf: () => 576,
    onMembership: (_index, address, isMember) =>
      isMember ? ipv4.joinGroup(address) : ipv4.leaveGroup(address),
  });
  ipv4.register(igmp);
  igmp.listen(0, group, ipv4, everySource);
  igmp.listen(0, group + 1, ipv4, { mode: "include", sources: [1, 2] });
  const packet = new Packet(4096);
  const message = new Packet(4096);
  let now = 0;
  let sent = 0;
  for (let at = 0; at + 2 < input.length;) {
    now += input[at]! * 100;
    const length = input[at + 1]! & 0x3f;
    const payload = input.slice(at + 2, at + 2 + length);
    at += 2 + length;
    // With a checksum that holds the fuzzer gets behind it.
    if (payload.length >= 4) {
      payload.fill(0, 2, 4);
      packet.bytes.set(payload, 0);
      const sum = ~packet.sum(0, payload.length, 0);
      payload[2] = sum >>> 8;
      payload[3] = sum;
    }
    const destination = (input[at] ?? 0) & 1 ? group : 0xe0000001;
    const bytes = encodeIpv4({
      source: own + 1,
      destination,
      protocol: 2,
      options: encodeRouterAlert(),
      payload,
    });
    packet.bytes.set(bytes);
    packet.interfaceIndex = 0;
    packet.isLinkBroadcast = true;
    ipv4.demux(packet, 0, bytes.length, now);
    ipv4.timers.expire(now);
    for (let step = 0; step < 20; step++) {
      const written = ipv4.encapsulate(message, 0, 0, now);
      if (written === 0) break;
      if (written > 576) throw new Error(`A message of ${written} bytes exceeds the MTU`);
      sent++;
    }
  }
  if (sent > input.length) throw new Error(`${sent} messages for ${input.length} bytes`);
  packet.release();
  message.release();
}, {
  seeds: [[2, 8], [3, 12]].map(([version, length]) =>
    Uint8Array.of(
      10,
      length!,
      ...encodeIgmpQuery({ version: version as 2 | 3, maxResponseTime: 1000 }),
      100,
      0,
    )
  ),
});

/** Five bytes make a fragment: offset, length, flags; whatever comes, what is given is whole and the room bounded. */
fuzz("fuzzReassembly", (input) => {
  const reassembler = new Reassembler(() => {}, { memoryLimit: 65_536, datagramLimit: 8 });
  const packet = new Packet(2048);
  const view = new Ipv4Frame();
  let now = 0;
  for (let at = 0; at + 4 < input.length; at += 5) {
    const [offset, length, flags, id, time] = input.subarray(at, at + 5);
    now += time! * 50;
    const bytes = encodeIpv4({
      source: 7,
      destination: own,
      protocol: flags! & 2 ? 6 : 17,
      identification: id! & 3,
      moreFragments: (flags! & 1) !== 0,
      fragmentOffset: 8 * (offset! & 0x1f),
      payload: new Uint8Array(length! & 0x7f).fill(flags! >>> 4),
      options: flags! & 4 ? encodeRecordRoute(1) : new Uint8Array(0),
    });
    packet.bytes.set(bytes);
    packet.source = 7;
    packet.destination = own;
    packet.protocol = flags! & 2 ? 6 : 17;
    const header = (bytes[0]! & 0x0f) << 2;
    const whole = reassembler.add(packet, 0, header, bytes.length, now);
    if (reassembler.memory > 65_536 || reassembler.count > 8) {
      throw new Error("The bounds are gone");
    }
    if (whole === null) continue;
    view.reset(whole.bytes, whole.networkOffset, whole.length);
    if (view.validate() !== Verdict.Ok || view.isFragment || view.payloadEnd !== whole.length) {
      throw new Error("What was put together is no whole datagram");
    }
    reassembler.recycle(whole);
  }
  reassembler.clear();
  if (reassembler.memory !== 0 || reassembler.count !== 0) {
    throw new Error("Memory was not given back");
  }
  packet.release();
}, {
  seeds: [
    Uint8Array.of(0, 64, 1, 0, 0, 8, 64, 0, 0, 0),
    Uint8Array.of(0, 40, 1, 1, 0, 3, 4, 16, 1, 0, 0, 24, 3, 2, 0, 1, 16, 2, 2, 0),
  ],
});

/** A whole datagram, as it comes from the link, to a node with a transport that answers nothing. */
fuzz("fuzzIpv4Node", (input) => {
  class Sink extends BaseNode {
    override protocol = 17;
    override demux(_packet: Packet, offset: number, end: number): Verdict {
      if (offset > end) throw new Error("A payload of less than nothing");
      return Verdict.Ok;
    }
    override encapsulate(): number {
      return 0;
    }
  }
  const ipv4 = new Ipv4({ mtu: 1500, random: new SeededRandom(1) });
  ipv4.addAddress(own, 24);
  ipv4.register(new Sink());
  let reports = 0;
  ipv4.errorReporter = { reportError: () => reports++ };
  const packet = new Packet(4096);
  packet.bytes.set(input);
  packet.interfaceIndex = 0;
  ipv4.demux(packet, 0, input.length, 0);
  if (reports > 1) throw new Error("Two errors about one datagram");
  ipv4.reassembler.clear();
  packet.release();
}, {
  seeds: [
    encodeIpv4({ source: 7, destination: own, protocol: 17, payload: new Uint8Array(8) }),
    encodeIpv4({
      source: own + 1,
      destination: own,
      protocol: 17,
      options: encodeRecordRoute(),
      payload: new Uint8Array(16),
      moreFragments: true,
    }),
  ],
});
