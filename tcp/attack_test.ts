import { assert, assertEquals } from "@std/assert";
import { StackPair } from "@octet/testing";
import { Packet, randomBelow, SeededRandom, writeU16 } from "@octet/wire";
import { accepted, acceptedSack, Script } from "./_script.ts";
import { checkConnection } from "./_invariants.ts";
import { encodeTcp, TcpFlag } from "./frame.ts";
import { TcpState } from "./state.ts";

/** An attack on an established connection, by somebody who knows addresses and ports. */
interface Attack {
  /** What it is called, and what holds against it. */
  readonly name: string;
  /** What leads to the state that is attacked; ESTABLISHED with nothing in flight when left out. */
  readonly before?: string;
  /** One segment of the attack, number `i`. */
  readonly segment: (i: number) => string;
  /** How many are sent; 1000 when left out. */
  readonly count?: number;
  /** How many segments we answer with at the most; 10, the limit of a second, when left out. */
  readonly answers?: number;
  /** What the true peer does then; data in order when left out. */
  readonly after?: string;
}

const sending = `${acceptedSack}\nwrite 3000`;

const attacks: readonly Attack[] = [
  {
    name: "blind RST anywhere in the window: a challenge, no end (RFC 5961 §3)",
    segment: (i) => `< R ${2 + i * 60}:${2 + i * 60}(0)`,
  },
  {
    name: "blind SYN (RFC 5961 §4)",
    segment: (i) => `< S ${i * 4_000_000}:${i * 4_000_000}(0)`,
  },
  {
    name: "blind data with a guessed acknowledgement (RFC 5961 §5)",
    segment: (i) => `< P. 1:11(10) ack ${2 + i * 4_000_000}`,
    // Each carries data, and so each may be the true peer's, to which an answer is owed.
    answers: 1000,
  },
  {
    name: "ACK storm: bare acknowledgements from outside the window",
    segment: (i) => `< . ${100_000 + i}:${100_000 + i}(0) ack 1`,
  },
  {
    name: "optimistic acknowledgements of what was never sent (RFC 5961 §5.2)",
    segment: (i) => `< . 1:1(0) ack ${1 + (i + 1) * 1000}`,
  },
  {
    name: "optimistic acknowledgements with data in flight",
    before: sending,
    segment: (i) => `< . 1:1(0) ack ${3002 + i}`,
    answers: 13,
    after: "< P. 1:4(3) ack 3001",
  },
  {
    name: "SACK blocks that lie: beyond SND.NXT, before SND.UNA, backwards, of nothing",
    before: sending,
    segment: (i) =>
      [
        "< . 1:1(0) ack 1 <sack 5001:9001>",
        "< . 1:1(0) ack 1 <sack 4294900000:4294960000>",
        "< . 1:1(0) ack 1 <sack 2001:1001>",
        "< . 1:1(0) ack 1 <sack 1001:1001>",
      ][i % 4]!,
    answers: 13,
    after: "< P. 1:4(3) ack 3001",
  },
  {
    name: "SACK blocks of every other octet do not make a record of each",
    before: sending,
    segment: (i) => `< . 1:1(0) ack 1 <sack ${2 + 2 * i}:${3 + 2 * i}>`,
    answers: 2000,
    after: "< P. 1:4(3) ack 3001",
  },
  {
    name: "timestamps from the future without the right numbers (RFC 7323 §5.3)",
    before: "listen\n< S 0:0(0) win 65535 <mss 1000, TS 100 0>\n> S. 0:0(0) ack 1\n" +
      "< . 1:1(0) ack 1 win 65535 <TS 101 0>\naccept",
    segment: (i) => `< . 1:1(0) ack ${90_000 + i} <TS 2000000000 0>`,
    after: "< P. 1:4(3) ack 1 <TS 102 0>",
  },
  {
    name: "retransmissions that overlap: what came first stays",
    before: `${accepted}\n< P. 1:4(3) ack 1\n> . 1:1(0) ack 4`,
    segment: () => "< P. 1:3(2) ack 1",
    answers: 1000,
    after: "< P. 4:7(3) ack 1",
  },
];

for (const attack of attacks) {
  Deno.test(`attack: ${attack.name}`, () => {
    const script = new Script().run(attack.before ?? accepted);
    script.drainSegments();
    const before = script.connection.readable;
    let answers = 0;
    for (let i = 0; i < (attack.count ?? 1000); i++) {
      script.run(attack.segment(i));
      answers += script.drainSegments().length;
      checkConnection(script.connection);
    }
    assertEquals(script.connection.state, TcpState.Established);
    assert(answers <= (attack.answers ?? 10), `${answers} answers`);
    assertEquals(script.connection.readable, before, "nothing of it was taken");
    script.run("+1001");
    script.run(attack.after ?? "< P. 1:4(3) ack 1");
    assertEquals(script.connection.readable, before + 3, "the true peer's data");
  });
}

Deno.test("attack: a window that shrinks to nothing and stays (RFC 9293 §3.8.6): probes, bounded memory, no end", () => {
  const script = new Script().run(`${accepted}\nwrite 3000`);
  script.drainSegments();
  script.run("< . 1:1(0) ack 3001 win 0\nwrite 1000");
  let probes = 0;
  for (let hour = 0; hour < 24; hour++) {
    for (let i = 0; i < 60; i++) {
      script.run("+60000");
      const segments = script.drainSegments().length;
      if (segments > 0) script.run("< . 1:1(0) ack 3001 win 0");
      probes += segments;
    }
  }
  assertEquals(script.connection.state, TcpState.Established);
  // Two minutes apart in the end: some 720 in a day, and those of the beginning.
  assert(probes > 300 && probes < 1500, `${probes} probes`);
  script.run("close");
  for (let i = 0; i < 60; i++) {
    script.run("+60000");
    if (script.drainSegments().length > 0) script.run("< . 1:1(0) ack 3001 win 0");
  }
  assertEquals(script.tcp.size, 0, "when nobody waits for it any more, it ends");
});

Deno.test("attack: copies of the same octets that say otherwise: what can be read never changes, and each octet is one that came", () => {
  const random = new SeededRandom(5);
  for (let turn = 0; turn < 50; turn++) {
    const script = new Script().run(accepted);
    const { connection } = script;
    const said: Set<number>[] = Array.from({ length: 400 }, () => new Set());
    const known: number[] = [];
    for (let i = 0; i < 100; i++) {
      const start = Math.max(0, randomBelow(random, 330) - 30);
      const payload = new Uint8Array(1 + randomBelow(random, 100)).fill(i);
      for (let at = start; at < start + payload.length; at++) said[at]!.add(i);
      script.inject(encodeTcp({
        sourcePort: 4000,
        destinationPort: 80,
        sequence: 1_000_001 + start,
        acknowledgment: connection.sender.nxt,
        flags: TcpFlag.Ack,
        window: 65_535,
        payload,
      }));
      script.drainSegments();
      checkConnection(connection);
      const now = new Uint8Array(connection.readable);
      connection.receiver.buffer.peek(0, now, -1, 0, now.length);
      assertEquals([...now.subarray(0, known.length)], known);
      for (let at = known.length; at < now.length; at++) {
        assert(said[at]!.has(now[at]!), `octet ${at} is ${now[at]}`);
        known.push(now[at]!);
      }
    }
    assert(known.length > 100, `${known.length} octets in order`);
  }
});

Deno.test("attack: options of length 0, 1 and beyond the header: the segment is taken without them", () => {
  const lists = [[2, 0], [2, 1], [8, 0, 1, 1], [5, 1], [3, 40], [253], [255, 255, 255, 255]];
  for (const list of lists) {
    const script = new Script().run(accepted);
    const segment = encodeTcp({
      sourcePort: 4000,
      destinationPort: 80,
      sequence: 1_000_001,
      acknowledgment: script.connection.sender.nxt,
      flags: TcpFlag.Ack | TcpFlag.Psh,
      window: 65_535,
      options: Uint8Array.from(list),
      payload: Uint8Array.of(1, 2, 3),
    });
    script.inject(segment);
    assertEquals([script.connection.state, script.connection.readable], [TcpState.Established, 3]);
  }
});

Deno.test("attack: LAND, a SYN from ourselves to ourselves (CVE-1999-0016)", () => {
  const pair = new StackPair();
  pair.right.tcp.listen(139);
  const packet = new Packet(200);
  const syn = encodeTcp({ sourcePort: 139, destinationPort: 139, flags: TcpFlag.Syn, window: 512 });
  const { bytes } = packet;
  bytes.fill(0, 0, 60);
  pair.right.hardwareAddress.writeTo(bytes, 0);
  writeU16(bytes, 12, 0x0800);
  bytes.set([0x45, 0, 0, 40, 0, 1, 0, 0, 64, 6, 0, 0, 10, 0, 0, 2, 10, 0, 0, 2], 14);
  writeU16(bytes, 24, ~packet.sum(14, 34, 0) & 0xffff);
  bytes.set(syn, 34);
  packet.length = 60;
  packet.checksumVerified = true;
  for (let i = 0; i < 100; i++) {
    pair.right.ingress(packet, pair.now);
    pair.exchange();
  }
  assertEquals([pair.right.tcp.size, pair.right.counters.TcpOutSegs], [0, 0]);
  packet.release();
});
