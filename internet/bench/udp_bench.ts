// Datagrams between two whole stacks: Ethernet, IPv4, UDP, every checksum made and verified, no promise.

import { StackPair } from "@octet/testing";
import { benchWith } from "@octet/testing/bench";
import { UdpSocket } from "@octet/udp";

const options = { group: "two stacks in one process, MTU 1500", isolated: true } as const;
const port = 9;

function sockets(pair: StackPair): { client: UdpSocket; server: UdpSocket } {
  const client = new UdpSocket({ sendLimit: 1 << 20 });
  const server = new UdpSocket({ localPort: port, receiveLimit: 1 << 20 });
  pair.left.udp.register(client);
  pair.right.udp.register(server);
  client.send(new Uint8Array(1), StackPair.rightAddress, port);
  pair.exchange();
  server.receive(new Uint8Array(1));
  return { client, server };
}

for (const size of [1, 1472]) {
  benchWith(`UDP, ${size} B there and back`, () => {
    const pair = new StackPair();
    const { client, server } = sockets(pair);
    const payload = new Uint8Array(size);
    return () => {
      client.send(payload, StackPair.rightAddress, port);
      pair.exchange();
      server.receive(payload);
      server.send(payload, server.sourceAddress, server.sourcePort);
      pair.exchange();
      if (client.receive(payload) !== size) throw new Error("Nothing came back");
    };
  }, options);
}

benchWith("UDP, 20,000 B there and back in fragments", () => {
  const pair = new StackPair();
  const { client, server } = sockets(pair);
  const payload = new Uint8Array(20_000);
  return () => {
    client.send(payload, StackPair.rightAddress, port);
    pair.exchange();
    server.receive(payload);
    server.send(payload, server.sourceAddress, server.sourcePort);
    pair.exchange();
    if (client.receive(payload) !== payload.length) throw new Error("Nothing came back");
  };
}, options);

for (const maxSegment of [1500, 65_535]) {
  benchWith(`UDP, 44 datagrams of 1,472 B one way, segments up to ${maxSegment} B`, () => {
    const pair = new StackPair({ maxSegment });
    const { client, server } = sockets(pair);
    const payload = new Uint8Array(44 * 1472);
    const lengths = new Uint16Array(64);
    return () => {
      client.sendSegments(payload, 1472, StackPair.rightAddress, port);
      pair.exchange();
      if (server.receiveRun(payload, lengths) !== 44) throw new Error("Not all came");
    };
  }, options);
}
