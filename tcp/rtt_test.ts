import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { accepted, Script } from "./_script.ts";
import { initialRto, maxRto, minRto, RttEstimator } from "./rtt.ts";

Deno.test("before the first sample the timeout is a second (RFC 6298 §2.1)", () => {
  assertEquals(new RttEstimator().rto, 1000);
  assertEquals(initialRto, 1000);
});

Deno.test("the first sample: SRTT = R, RTTVAR = R/2, RTO = SRTT + 4 RTTVAR (RFC 6298 §2.2)", () => {
  const rtt = new RttEstimator();
  rtt.sample(300);
  assertEquals([rtt.srtt, rtt.rttvar, rtt.rto, rtt.minRtt], [300, 150, 900, 300]);
});

Deno.test("further samples: RTTVAR with the old SRTT, then SRTT (RFC 6298 §2.3)", () => {
  const rtt = new RttEstimator();
  let srtt = 100;
  let rttvar = 50;
  rtt.sample(100);
  for (const sample of [80, 200, 150, 10, 1000, 100]) {
    rttvar = 0.75 * rttvar + 0.25 * Math.abs(srtt - sample);
    srtt = 0.875 * srtt + 0.125 * sample;
    rtt.sample(sample);
    assertAlmostEquals(rtt.srtt, srtt, 1e-9);
    assertAlmostEquals(rtt.rttvar, rttvar, 1e-9);
    assertAlmostEquals(rtt.rto, srtt + Math.max(200, 4 * rttvar), 1e-9);
  }
  assertEquals(rtt.minRtt, 10);
});

Deno.test("the timeout lies 200 ms above the round trip at least, and below two minutes", () => {
  const rtt = new RttEstimator();
  for (let i = 0; i < 100; i++) rtt.sample(10);
  assertAlmostEquals(rtt.rto, 10 + minRto, 1e-6);
  rtt.sample(1e7);
  assertEquals(rtt.rto, maxRto);
});

Deno.test("each expiry doubles the timeout, a sample ends that (RFC 6298 §5.5, §5.7)", () => {
  const rtt = new RttEstimator();
  rtt.sample(100);
  const base = rtt.rto;
  rtt.backOff();
  assertEquals(rtt.rto, 2 * base);
  rtt.backOff();
  assertEquals([rtt.rto, rtt.baseRto], [4 * base, base]);
  for (let i = 0; i < 2000; i++) rtt.backOff();
  assertEquals(rtt.rto, maxRto);
  rtt.sample(100);
  assert(rtt.rto <= base);
  rtt.reset();
  assertEquals([rtt.rto, rtt.srtt, rtt.minRtt], [initialRto, 0, Infinity]);
});

Deno.test("an answer at once is a sample too", () => {
  const rtt = new RttEstimator();
  rtt.sample(0);
  assert(rtt.srtt > 0 && rtt.srtt <= 0.001);
  rtt.sample(-5);
  assert(rtt.srtt > 0);
});

Deno.test("Karn: what was sent twice gives no sample without timestamps (RFC 6298 §3)", () => {
  const script = new Script().run(`${accepted}
    write 10
    > P. 1:11(10) ack 1
    +201
    > P. 1:11(10) ack 1
  `);
  const { rtt } = script.connection.sender;
  const before = rtt.srtt;
  script.run("+50\n< . 1:1(0) ack 11");
  assertEquals([rtt.srtt, rtt.backoff], [before, 1]);
  script.run("write 10\n> P. 11:21(10) ack 1\n+50\n< . 1:1(0) ack 21");
  assert(rtt.srtt > before);
  assertEquals(rtt.backoff, 0);
});

Deno.test("the timer restarts with each acknowledgement of new data, and stops with the last (RFC 6298 §5.2, §5.3)", () => {
  const script = new Script().run(`${accepted}
    write 2000
    > . 1:1001(1000) ack 1
    > P. 1001:2001(1000) ack 1
    +150
    < . 1:1(0) ack 1001
    +150
    > -
  `);
  script.run("< . 1:1(0) ack 2001");
  assertEquals(script.deadline(), Infinity);
});

Deno.test("the echo of a timestamp, in whole milliseconds, does not shrink what was measured exactly", () => {
  const rtt = new RttEstimator();
  rtt.sample(0.6);
  rtt.sampleEcho(0);
  assertEquals([rtt.minRtt, rtt.srtt], [0.6, 0.6]);
  rtt.sampleEcho(9);
  assertEquals(rtt.minRtt, 0.6);
  assert(rtt.srtt > 1.6 && rtt.srtt < 1.7);
});
