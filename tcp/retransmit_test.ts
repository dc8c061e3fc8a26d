import { assert, assertEquals } from "@std/assert";
import { Pair } from "./_pair.ts";
import { accepted, acceptedSack, Script } from "./_script.ts";
import { RetransmitTimer, TimerKind } from "./retransmit_timer.ts";

/** After this the round trip is known to be 50 ms, and the timeout 250 to 350. */
const measured = `
  write 1000
  > P. 1:1001(1000) ack 1
  +50
  < . 1:1(0) ack 1001
`;

Deno.test("the oldest segment goes again when the timer goes off, the others as the window allows (RFC 6298 §5.4)", () => {
  new Script().run(`${accepted}
    write 3000
    > . 1:1001(1000) ack 1
    > . 1001:2001(1000) ack 1
    > P. 2001:3001(1000) ack 1
    +201
    > P. 1:1001(1000) ack 1
    > -
    < . 1:1(0) ack 1001
    > P. 1001:2001(1000) ack 1
    > P. 2001:3001(1000) ack 1
    > -
    < . 1:1(0) ack 3001
    +100000
    > -
  `);
});

Deno.test("the timeout doubles each time, up to two minutes (RFC 6298 §5.5, §2.5)", () => {
  const script = new Script().run(`${accepted}\nwrite 10\n> P. 1:11(10) ack 1`);
  const gaps: number[] = [];
  let last = script.now;
  while (gaps.length < 15) {
    script.now = script.deadline();
    script.run("+0\n> P. 1:11(10) ack 1");
    gaps.push(Math.floor(script.now - last + 0.01));
    last = script.now;
  }
  assertEquals(gaps.slice(0, 10), [200, 400, 800, 1600, 3200, 6400, 12800, 25600, 51200, 102400]);
  assertEquals(new Set(gaps.slice(10)), new Set([120_000]));
});

Deno.test("one timeout shrinks the window to a segment, a series does so once (RFC 5681 §3.1)", () => {
  const script = new Script().run(`${accepted}\nwrite 10000`);
  for (let i = 0; i < 10; i++) script.next();
  const { congestion } = script.connection.sender;
  assertEquals(congestion.cwnd, 10_000);
  script.run("+201");
  assertEquals([congestion.cwnd, congestion.ssthresh], [1000, 7000]);
  script.run("+401");
  assertEquals([congestion.cwnd, congestion.ssthresh], [1000, 7000]);
});

Deno.test("what comes back is counted once, however it was learnt: SACK, then the cumulative part", () => {
  // Every segment but the first is held by the peer; its repair must not open the window for all of them.
  const script = new Script().run(`${acceptedSack}\nwrite 10000`);
  for (let i = 0; i < 10; i++) script.next();
  script.run("< . 1:1(0) ack 1 <sack 1001:10001>");
  script.run("> P. 1:1001(1000) ack 1\n+1000");
  const { congestion } = script.connection.sender;
  script.run("< . 1:1(0) ack 10001");
  assert(congestion.cwnd <= 3000, `${congestion.cwnd}`);
});

Deno.test("a retransmission carries the latest acknowledgement and window", () => {
  new Script().run(`${accepted}
    write 10
    > P. 1:11(10) ack 1
    < P. 1:101(100) ack 1
    > . 11:11(0) ack 101
    +201
    > P. 1:11(10) ack 101 win 65435
  `);
});

Deno.test("a segment that is acknowledged in part is repeated from there", () => {
  new Script().run(`${accepted}
    write 1000
    > P. 1:1001(1000) ack 1
    < . 1:1(0) ack 401
    +500
    > P. 401:1001(600) ack 1
  `);
});

Deno.test("super-segments: only the lost part of one goes again", () => {
  new Script({ maxSegment: 65_535 }).run(`${acceptedSack}
    write 10000
    > P. 1:10001(10000) ack 1
    < . 1:1(0) ack 1 <sack 1001:3001 4001:10001>
    > P. 1:1001(1000) ack 1
    > P. 3001:4001(1000) ack 1
    > -
    < . 1:1(0) ack 10001
    > -
  `);
});

Deno.test("after a timeout a super-segment is repeated one segment at first (RFC 5681 §3.1)", () => {
  new Script({ maxSegment: 65_535 }).run(`${accepted}
    write 10000
    > P. 1:10001(10000) ack 1
    +201
    > P. 1:1001(1000) ack 1
    > -
    < . 1:1(0) ack 1001
    > P. 1001:3001(2000) ack 1
  `);
});

Deno.test("a peer that drops what it said it holds gets it again (RFC 2018 §8)", () => {
  const script = new Script().run(`${acceptedSack}
    write 3000
    > . 1:1001(1000) ack 1
    > . 1001:2001(1000) ack 1
    > P. 2001:3001(1000) ack 1
    < . 1:1(0) ack 1 <sack 2001:3001>
  `);
  script.run("+5\n< . 1:1(0) ack 2001");
  script.drainSegments();
  script.run("+5000");
  assert(script.drainSegments().length > 0);
  assertEquals(script.connection.sender.scoreboard.sackedOctets, 0);
  script.run("< . 1:1(0) ack 3001\n> -\n+100000\n> -");
});

Deno.test("a flight whose end is lost is probed after two round trips (RFC 8985 §7.2)", () => {
  const script = new Script().run(`${acceptedSack}${measured}
    write 2000
    > . 1001:2001(1000) ack 1
    > P. 2001:3001(1000) ack 1
  `);
  const srtt = script.connection.sender.rtt.srtt;
  assertEquals(script.connection.sender.timer.kind, TimerKind.Probe);
  const pto = script.deadline() - script.now;
  assert(Math.abs(pto - (2 * srtt + 2)) < 1e-6, `${pto} of ${srtt}`);
  script.run(`+${Math.ceil(pto)}\n> P. 2001:3001(1000) ack 1\n> -`);
  script.run("+50\n< . 1:1(0) ack 1 <sack 2001:3001>");
});

Deno.test("a single segment's probe leaves time for the delayed acknowledgement (RFC 8985 §7.2)", () => {
  // The round trip must be large for the probe to come before the timeout at all.
  const script = new Script().run(`${acceptedSack}
    write 1000
    > P. 1:1001(1000) ack 1
    +50
    < . 1:1(0) ack 1001
    write 1000
    > P. 1001:2001(1000) ack 1
  `);
  const { sender } = script.connection;
  const pto = 2 * sender.rtt.srtt + sender.probe.patience(true);
  assertEquals(pto, 2 * sender.rtt.srtt + 202);
  assertEquals(script.deadline() - script.now <= pto, true);
});

Deno.test("a probe prefers new data, and takes it beyond the congestion window (RFC 8985 §7.3)", () => {
  const script = new Script().run(`${acceptedSack}${measured}\nwrite 15000`);
  const sent = script.drainSegments().length;
  assert(sent >= 10);
  script.run(`+${Math.ceil(script.deadline() - script.now)}`);
  script.run(`> . ${1001 + 1000 * sent}:${2001 + 1000 * sent}(1000) ack 1\n> -`);
});

Deno.test("a probe that nothing answers is followed by the retransmission timer (RFC 8985 §7.3)", () => {
  const script = new Script().run(`${acceptedSack}${measured}
    write 2000
    > . 1001:2001(1000) ack 1
    > P. 2001:3001(1000) ack 1
    +200
    > P. 2001:3001(1000) ack 1
    > -
  `);
  assertEquals(script.connection.sender.timer.kind, TimerKind.Retransmit);
  script.run("+300\n> P. 1001:2001(1000) ack 1\n> -");
});

Deno.test("a stream of small writes does not put the timer off for ever (RFC 6298 §5.1)", () => {
  const script = new Script().run(`${acceptedSack}${measured}\nnodelay`);
  let repeated = 0;
  for (let i = 0; i < 60; i++) {
    script.run("write 1\n+20");
    for (const segment of script.drainSegments()) if (segment.length > 22) repeated++;
  }
  assert(script.connection.sender.retransmissions > 0, `${repeated}`);
});

Deno.test("a probe whose first copy was only late costs no window (RFC 8985 §7.4)", () => {
  for (
    const [what, answers, shrinks] of [
      [
        "the first copy, late, then the duplicate",
        "< . 1:1(0) ack 3001\n< . 1:1(0) ack 3001 <sack 2001:3001>",
        false,
      ],
      ["the first copy, then a bare duplicate", "< . 1:1(0) ack 3001\n< . 1:1(0) ack 3001", false],
      [
        "the repair of a loss, then more",
        "< . 1:1(0) ack 3001\nwrite 10\n< . 1:1(0) ack 3011",
        true,
      ],
    ] as const
  ) {
    const script = new Script().run(`${acceptedSack}${measured}
      write 2000
      > . 1001:2001(1000) ack 1
      > P. 2001:3001(1000) ack 1
      +110
      > P. 2001:3001(1000) ack 1
      +20
    `);
    script.run(answers);
    const { ssthresh } = script.connection.sender.congestion;
    assertEquals(ssthresh < Infinity, shrinks, what);
    assertEquals(script.connection.sender.probe.isOutstanding, false, what);
  }
});

Deno.test("the timer's slots", () => {
  const timer = new RetransmitTimer();
  assertEquals([timer.kind, timer.at, timer.reorderAt], [TimerKind.None, Infinity, Infinity]);
  timer.arm(TimerKind.Persist, 5);
  timer.reorderAt = 3;
  timer.windowProbeDue = true;
  timer.stopMain();
  assertEquals([timer.kind, timer.at, timer.reorderAt], [TimerKind.None, Infinity, 3]);
  timer.stop();
  assertEquals([timer.reorderAt, timer.windowProbeDue], [Infinity, false]);
});

Deno.test("after a pause longer than the timeout the window begins anew (RFC 2861 §2, RFC 5681 §4.1)", () => {
  const pair = new Pair({ delay: 20 });
  const { client, server } = pair.open();
  const chunk = new Uint8Array(400_000);
  client.write(chunk);
  pair.run(pair.now + 5000, () => {
    server.read(chunk);
    return false;
  });
  pair.now += 1000;
  assert(client.sender.cwnd > 100_000, `${client.sender.cwnd}`);
  client.write(chunk);
  let burst = 0;
  const before = client.sender.nxt;
  pair.step();
  burst = (client.sender.nxt - before) | 0;
  assert(burst <= 14_600, `${burst} octets at once`);
});
