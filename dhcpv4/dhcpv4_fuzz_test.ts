import { assert, assertEquals } from "@std/assert";
import { fuzz } from "@octet/testing/fuzz";
import { ipv4Mask, isUnicastIpv4, MacAddress, parseIpv4 } from "@octet/netip";
import { Packet, SeededRandom, Verdict, writeU32 } from "@octet/wire";
import { Dhcpv4Client } from "./client.ts";
import { Dhcpv4Frame } from "./frame.ts";
import { decodeMessage, encodeMessage } from "./message.ts";
import { Dhcpv4OptionCursor } from "./options.ts";
import { Dhcpv4Server } from "./server.ts";
import captured from "./testdata/networkd_dnsmasq.json" with { type: "json" };

const seeds: Uint8Array[] = Object.values(captured).map((hex) =>
  Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16))
);

fuzz("fuzzDhcpv4Message", (input) => {
  const frame = new Dhcpv4Frame().reset(input, 0, input.length);
  const verdict = frame.validate();
  if (verdict === Verdict.Ok) {
    assert(frame.fileEnd <= frame.payloadOffset && frame.payloadEnd <= input.length);
    const cursor = new Dhcpv4OptionCursor().resetFrame(frame);
    while (cursor.next()) {
      assert(cursor.valueOffset <= cursor.valueEnd && cursor.valueEnd <= input.length);
    }
  }
  const message = decodeMessage(input);
  if (typeof message === "number") {
    assert(message !== Verdict.Ok);
    return;
  }
  assertEquals(verdict, Verdict.Ok);
  const again = decodeMessage(encodeMessage(message, { maximumLength: 20_000 }));
  assertEquals(again, message);
}, { seeds });

const hardwareAddress = MacAddress.parse("02:00:00:00:00:bb");
const offset = 42;

/** Cuts the input into messages, each behind its length in 16 bits. */
function* messages(input: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at + 2 <= input.length;) {
    const length = ((input[at]! << 8) | input[at + 1]!) % 1472;
    yield input.subarray(at + 2, at + 2 + length);
    at += 2 + length;
  }
}

function chain(list: Uint8Array[]): Uint8Array {
  return Uint8Array.from(
    list.flatMap((bytes) => [bytes.length >> 8, bytes.length & 0xff, ...bytes]),
  );
}

const [discover, offer, request, ack] = seeds as [Uint8Array, Uint8Array, Uint8Array, Uint8Array];

fuzz("fuzzDhcpv4Client", (input) => {
  const client = new Dhcpv4Client({ hardwareAddress, random: new SeededRandom(1) });
  const packet = new Packet(1514);
  let now = 0;
  let xid = 0;
  const drain = () => {
    for (let count = 0;; count++) {
      assert(count < 10, "It never falls silent");
      packet.clear();
      const length = client.encapsulate(packet, 14, offset, now);
      if (length === 0) return;
      assert(length >= 300 && length <= 548);
      const message = decodeMessage(packet.bytes, offset, offset + length);
      assert(typeof message === "object");
      if (typeof message === "object") xid = message.xid;
    }
  };
  client.start(now, input.length % 2 === 0 ? 0 : parseIpv4("10.77.0.54"));
  drain();
  for (const bytes of messages(input)) {
    packet.clear();
    packet.bytes.set(bytes, offset);
    if (bytes.length >= 240) writeU32(packet.bytes, offset + 4, xid);
    client.demux(packet, offset, offset + bytes.length, now);
    const { lease } = client;
    if (lease !== null) {
      assert(isUnicastIpv4(lease.address) && isUnicastIpv4(lease.server));
      assert(lease.prefixLength >= 1 && lease.prefixLength <= 32);
      assert(lease.t1 > 0 && lease.t1 <= lease.t2 && lease.t2 <= lease.leaseSeconds);
      for (const { destination, prefixLength } of lease.routes) {
        assertEquals((destination & ~ipv4Mask(prefixLength)) >>> 0, 0);
      }
    }
    drain();
    now += bytes.length * 1000;
    drain();
  }
  packet.release();
}, { seeds: [chain([offer, ack]), chain([offer, ack, ack]), chain([ack])], maxLength: 4096 });

fuzz("fuzzDhcpv4Server", (input) => {
  const server = new Dhcpv4Server({
    address: parseIpv4("10.77.0.1"),
    pools: [
      { first: parseIpv4("10.77.0.50"), last: parseIpv4("10.77.0.55"), prefixLength: 24 },
      { first: parseIpv4("10.88.0.50"), last: parseIpv4("10.88.0.51"), prefixLength: 16 },
    ],
    hosts: [{ address: parseIpv4("10.77.0.9"), hardwareAddress }],
    options: { routers: [parseIpv4("10.77.0.1")], domainSearch: ["lan.example"] },
    authoritative: input.length % 2 === 0,
    rapidCommit: input.length % 3 === 0,
  });
  const packet = new Packet(1514);
  let now = 0;
  for (const bytes of messages(input)) {
    packet.clear();
    packet.bytes.set(bytes, offset);
    server.demux(packet, offset, offset + bytes.length, now);
    for (let length = 1; length > 0;) {
      packet.clear();
      length = server.encapsulate(packet, 14, offset, now);
      if (length > 0) {
        assert(length >= 300 && length <= 1472 && packet.destination !== 0);
        assert(typeof decodeMessage(packet.bytes, offset, offset + length) === "object");
      }
    }
    assert(server.clientCount <= 9);
    const held = server.leases(now).map((lease) => lease.address);
    assertEquals(new Set(held).size, held.length);
    now += bytes.length * 100;
  }
  packet.release();
}, { seeds: [chain([discover, request]), chain([discover, request, request])], maxLength: 4096 });
