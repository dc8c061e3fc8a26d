import { fuzz } from "@octet/testing/fuzz";
import type { TcpConnection } from "./connection.ts";
import type { TcpConnectionOptions } from "./settings.ts";
import { checkConnection } from "./_invariants.ts";
import { Pair, type PipeOptions, serverAddress } from "./_pair.ts";
import { localPort, peerAddress, peerPort, Script } from "./_script.ts";
import { encodeTcp, TcpFlag, TcpFrame } from "./frame.ts";
import { NewReno } from "./new_reno.ts";
import { Segment } from "./segment.ts";
import { TcpState } from "./state.ts";
import { Packet, Verdict } from "@octet/wire";

/** Numbers taken from the input; zero once it is used up. */
class Source {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get isEmpty(): boolean {
    return this.#at >= this.#bytes.length;
  }

  u8(): number {
    return this.#bytes[this.#at++] ?? 0;
  }

  i16(): number {
    return ((this.u8() << 24) | (this.u8() << 16)) >> 16;
  }

  i32(): number {
    return (this.i16() << 16) | (this.i16() & 0xffff);
  }

  take(length: number): Uint8Array {
    const taken = this.#bytes.subarray(this.#at, this.#at + length);
    this.#at += length;
    return taken;
  }
}

function options(bits: number): TcpConnectionOptions {
  return {
    sack: (bits & 1) === 0,
    timestamps: (bits & 2) === 0,
    windowScaling: (bits & 4) === 0,
    receiveBuffer: (bits & 8) === 0 ? 1 << 20 : 3000,
    sendBuffer: (bits & 16) === 0 ? 1 << 18 : 500,
    ...((bits & 32) === 0 ? {} : { congestionControl: () => new NewReno() }),
  };
}

/** Where sequence numbers are most likely to be interesting, from a byte. */
function near(source: Source, connection: TcpConnection, ours: boolean): number {
  const { sender, receiver } = connection;
  const bases = ours
    ? [sender.una, sender.nxt, sender.iss, sender.una - sender.maxWnd]
    : [receiver.nxt, receiver.edge, receiver.irs, receiver.lastAck];
  const choice = source.u8();
  const base = bases[choice & 3]!;
  if ((choice & 0x0c) === 0) return base;
  return (base + ((choice & 0x0c) === 4 ? source.i32() : source.i16())) | 0;
}

/** Flags that segments of a connection have, before any byte at all. */
const likely = [
  TcpFlag.Ack,
  TcpFlag.Ack | TcpFlag.Psh,
  TcpFlag.Ack | TcpFlag.Fin,
  TcpFlag.Rst,
  TcpFlag.Rst | TcpFlag.Ack,
  TcpFlag.Syn,
  TcpFlag.Syn | TcpFlag.Ack,
];

function craft(source: Source, connection: TcpConnection): Uint8Array {
  const choice = source.u8();
  const flags = likely[choice & 7] ?? source.u8();
  const sequence = near(source, connection, false);
  const acknowledgment = near(source, connection, true);
  const window = (choice & 8) === 0 ? 0xffff : source.i16() & 0xffff;
  const bytes: number[] = [];
  if ((choice & 0x10) !== 0) {
    const blocks = 1 + (source.u8() & 3);
    bytes.push(5, 2 + 8 * blocks);
    for (let i = 0; i < 2 * blocks; i++) {
      const edge = near(source, connection, true);
      bytes.push(edge >>> 24, (edge >>> 16) & 255, (edge >>> 8) & 255, edge & 255);
    }
  } else if ((choice & 0x20) !== 0) {
    bytes.push(...source.take(source.u8() % 41));
  }
  return encodeTcp({
    sourcePort: peerPort,
    destinationPort: localPort,
    sequence,
    acknowledgment,
    flags,
    window,
    options: Uint8Array.from(bytes.slice(0, 40)),
    payload: new Uint8Array((choice & 0x40) === 0 ? 0 : source.u8() * 8),
  });
}

/** How long time passes at a step, in milliseconds. */
const pauses = [0, 1, 40, 200, 1000, 10_000, 60_000, 1_000_000];

function step(source: Source, script: Script, connection: TcpConnection): void {
  const choice = source.u8();
  switch (choice & 15) {
    case 0:
      if (connection.mayWrite) connection.write(new Uint8Array(source.i16() & 0x7fff));
      break;
    case 1:
      connection.read(new Uint8Array(source.i16() & 0x7fff));
      break;
    case 2:
      connection.closeWrite();
      break;
    case 3:
      if (source.u8() < 64) connection.close(script.now);
      break;
    case 4:
      if (source.u8() < 16) connection.abort(script.now);
      break;
    case 5:
      script.pass(pauses[source.u8() & 7]!);
      break;
    case 6:
      connection.sender.nagle.noDelay = !connection.sender.nagle.noDelay;
      break;
    case 7:
      connection.keepAlive.start(script.now);
      connection.rearm();
      break;
    case 8:
      script.inject(source.take(source.u8()));
      break;
    case 9:
      // An honest acknowledgement of all that is out, so that the connection gets anywhere.
      script.inject(encodeTcp({
        sourcePort: peerPort,
        destinationPort: localPort,
        sequence: connection.receiver.nxt,
        acknowledgment: connection.sender.nxt,
        flags: TcpFlag.Ack,
        window: 0xffff,
        payload: new Uint8Array(source.u8()),
      }));
      break;
    default:
      script.inject(craft(source, connection));
  }
}

fuzz("fuzzTcpConnection", (input) => {
  const source = new Source(input);
  const bits = source.u8();
  const borders = [5, -3, 0x7ffffffd, 0x12345678];
  const script = new Script({
    options: options(bits),
    iss: borders[bits >>> 6]!,
    mtu: (source.u8() & 1) === 0 ? 1500 : 576,
    maxSegment: (bits & 0x11) === 0 ? 65_535 : 1500,
    backlog: 4,
  });
  if ((source.u8() & 1) === 0) {
    script.run("connect");
  } else {
    script.tcp.listen(localPort);
    script.inject(encodeTcp({
      sourcePort: peerPort,
      destinationPort: localPort,
      sequence: source.i32(),
      flags: TcpFlag.Syn,
      window: 0xffff,
      options: Uint8Array.of(2, 4, 5, 180, 4, 2, 3, 3, 7, 1),
    }));
  }
  let sent = 0;
  const seen = new Set<TcpConnection>();
  for (let steps = 0; steps < 500; steps++) {
    sent += script.drainSegments().length;
    let connection: TcpConnection | undefined;
    for (const each of script.tcp.connections()) {
      connection ??= each;
      seen.add(each);
    }
    for (const each of seen) checkConnection(each);
    if (connection === undefined || source.isEmpty) break;
    step(source, script, connection);
  }
  // Whatever has happened: left alone it ends in a bounded time, and an abort ends it at once.
  for (const connection of seen) connection.abort(script.now);
  script.drainSegments();
  if (script.deadline() !== Infinity) throw new Error("A timer is left after the end");
  if (script.tcp.size !== 0) throw new Error("A connection is left after the end");
  if (sent > 200_000) throw new Error(`${sent} segments were sent`);
}, {
  seeds: [
    // Opened by us, answered, data both ways, closed.
    Uint8Array.of(0, 0, 0, 10, 6, 0, 0, 9, 50, 0, 1, 0, 9, 0, 1, 1, 0, 2, 9, 0, 10, 2, 0, 0, 5, 6),
    // Opened by the peer, a gap, SACK, timeouts.
    Uint8Array.of(1, 0, 1, 0, 0, 1, 0, 9, 5, 0, 64, 0, 10, 0x10, 0, 1, 8, 4, 0, 9, 0, 5, 3, 5, 4),
    Uint8Array.of(8, 1, 1, 127, 255, 255, 255, 9, 200, 10, 0x41, 8, 1, 0, 0, 200, 5, 4, 1, 0, 99),
    Uint8Array.of(24, 1, 1, 0, 0, 0, 0, 9, 0, 0, 1, 0, 10, 8, 0, 0, 0, 0, 5, 5, 5, 6, 5, 7, 10, 0),
  ],
  maxLength: 600,
});

/** What happens to each segment of a transfer, by a byte of the input. */
fuzz("fuzzTcpPair", (input) => {
  const source = new Source(input);
  const pipe: PipeOptions = {
    delay: source.u8() & 31,
    jitter: source.u8() & 31,
    seed: source.u8(),
    mtu: 576 + (source.u8() << 2),
    maxSegment: (source.u8() & 1) === 0 ? 0xffff : 576,
    options: options(source.u8() & ~32),
    filter: (_from, packet) => {
      const fate = source.u8();
      if ((fate & 7) !== 7) return true;
      if ((fate & 8) !== 0) return false;
      // The checksum is made good, so that the change is believed.
      const at = 20 + source.u8() % Math.min(packet.length - 20, 60);
      packet.bytes[at]! ^= 1 << (fate >>> 5);
      packet.startChecksum(6, 20, packet.length - 20, 16);
      packet.completeChecksum();
      return true;
    },
  };
  const pair = new Pair(pipe);
  const listener = pair.server.listen(80);
  const client = pair.client.connect({ address: serverAddress, port: 80 }, pair.now);
  const ends: TcpConnection[] = [client];
  const chunk = new Uint8Array(20_000);
  pair.onIdle = () => {
    for (const end of ends) checkConnection(end);
  };
  client.write(chunk);
  const deadline = pair.now + 3_600_000;
  let rounds = 0;
  pair.run(deadline, () => {
    const accepted = listener.accept();
    if (accepted !== null) {
      ends.push(accepted);
      if (accepted.mayWrite) accepted.write(chunk);
    }
    for (const end of ends) {
      end.read(chunk);
      if (source.isEmpty) end.closeWrite();
    }
    if (++rounds > 50_000) throw new Error("The exchange does not end");
    return false;
  });
  for (const end of ends) end.abort(pair.now);
  listener.close(pair.now);
  for (const end of [...pair.client.connections(), ...pair.server.connections()]) {
    if (end.state !== TcpState.Closed) end.abort(pair.now);
  }
  pair.run(pair.now);
  if (pair.deadline() !== Infinity) throw new Error("A timer is left after the end");
}, {
  seeds: [
    new Uint8Array(60),
    Uint8Array.from({ length: 200 }, (_, i) => i * 37),
    Uint8Array.from({ length: 300 }, (_, i) => i % 11 === 0 ? 15 : 0),
  ],
  maxLength: 1000,
});

const frame = new TcpFrame();
const segment = new Segment();

fuzz("fuzzTcpSegment", (input) => {
  frame.reset(input, 0, input.length);
  const verdict = frame.validate();
  const packet = new Packet(Math.max(input.length, 1));
  packet.clear();
  packet.bytes.set(input);
  packet.source = peerAddress;
  const parsed = segment.parse(packet, 0, input.length);
  packet.release();
  if (verdict !== parsed) throw new Error("Frame and segment disagree");
  if (verdict !== Verdict.Ok) return;
  if (segment.payloadOffset + segment.payloadLength !== input.length) {
    throw new Error("The payload does not end with the segment");
  }
  if (segment.windowScale > 14) throw new Error("A scale above 14");
}, {
  seeds: [
    encodeTcp({ flags: TcpFlag.Syn, options: Uint8Array.of(2, 4, 5, 180, 4, 2, 1, 3, 3, 7) }),
    encodeTcp({
      flags: TcpFlag.Ack,
      options: Uint8Array.of(1, 1, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8),
      payload: new Uint8Array(8),
    }),
    encodeTcp({ flags: TcpFlag.Ack, options: Uint8Array.of(1, 1, 5, 10, 0, 0, 0, 1, 0, 0, 0, 9) }),
  ],
  maxLength: 200,
});
