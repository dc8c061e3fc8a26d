// What many connections cost: those that idle beside one that works, and those that come and go.

import { benchWith, figure } from "@octet/testing/bench";
import { StackPair } from "@octet/testing";
import { type TcpConnection, TcpState } from "@octet/tcp";

const group = "many connections, two stacks in one process";
const target = { address: StackPair.rightAddress, port: 80 } as const;
/** How long a connection lives where 20,000 come and go in a second, in milliseconds. */
const apart = 1 / 20;

/** Two stacks with connections that carry nothing, and one that carries an octet there and back. */
function crowd(idle: number): () => void {
  const pair = new StackPair();
  const listeners = [80, 81, 82, 83].map((port) => pair.right.tcp.listen(port));
  const open = (port: number): [client: TcpConnection, server: TcpConnection] => {
    const client = pair.left.tcp.connect({ ...target, port }, pair.now);
    pair.exchange();
    const server = listeners[port - 80]!.accept();
    if (server === null) throw new Error("Not connected");
    return [client, server];
  };
  // One port of ours for each towards one of theirs: there are 32,768.
  for (let i = 0; i < idle; i++) open(80 + (i & 3));
  const [client, server] = open(80);
  client.setNoDelay(true);
  server.setNoDelay(true);
  const octet = Uint8Array.of(7);
  const back = new Uint8Array(4);
  return () => {
    client.write(octet);
    pair.exchange();
    if (server.read(back) !== 1) throw new Error("No request");
    server.write(octet);
    pair.exchange();
    if (client.read(back) !== 1) throw new Error("No response");
  };
}

/** The fastest of some rounds, taken in turn, so that what else the machine does falls on all alike. */
function fastest(bodies: readonly (() => void)[]): number[] {
  const best = bodies.map(() => Infinity);
  for (let round = 0; round < 300; round++) {
    for (const [i, body] of bodies.entries()) {
      const start = performance.now();
      for (let n = 0; n < 500; n++) body();
      best[i] = Math.min(best[i]!, performance.now() - start);
    }
  }
  return best;
}

figure("a round trip beside 100,000 idle connections takes longer by", () => {
  const [alone, beside] = fastest([crowd(0), crowd(100_000)]);
  return 100 * (beside! / alone! - 1);
}, { group, unit: "%", target: 5 });

/** Opens and closes connections of which one end stays in TIME-WAIT for a minute, as it does in life. */
function comeAndGo(clientFirst: boolean): () => void {
  const pair = new StackPair();
  const listener = pair.right.tcp.listen(80);
  return () => {
    pair.now += apart;
    const client = pair.left.tcp.connect(target, pair.now);
    pair.exchange();
    const server = listener.accept();
    if (server === null) throw new Error("Not connected");
    const [first, second] = clientFirst ? [client, server] : [server, client];
    first.close(pair.now);
    pair.exchange();
    second.close(pair.now);
    pair.exchange();
    if (first.state !== TcpState.TimeWait || second.state !== TcpState.Closed) {
      throw new Error("Not closed");
    }
  };
}

const rate = { group, isolated: true, perSecond: true, target: 50_000, time: 3000 } as const;

benchWith("connect and close, TIME-WAIT kept by who opened", () => comeAndGo(true), rate);
benchWith("connect and close, TIME-WAIT kept by who accepted", () => comeAndGo(false), rate);
