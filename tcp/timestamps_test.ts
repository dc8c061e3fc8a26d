import { assert, assertEquals } from "@std/assert";
import { Script } from "./_script.ts";
import { Segment } from "./segment.ts";
import { TcpFlag } from "./frame.ts";
import { Timestamps } from "./timestamps.ts";

/** A connection with timestamps; the peer's last was 200. */
const stamped = `
  listen
  < S 0:0(0) win 65535 <mss 1000, TS 100 0>
  > S. 0:0(0) ack 1 <TS * 100>
  < . 1:1(0) ack 1 <TS 200 0>
  state ESTABLISHED
  accept
`;

/** A segment with a timestamps option. */
function segment(sequence: number, value: number, echo = 0, flags: number = TcpFlag.Ack): Segment {
  const made = new Segment();
  made.sequence = sequence;
  made.flags = flags;
  made.hasTimestamps = true;
  made.timestampValue = value | 0;
  made.timestampEcho = echo | 0;
  return made;
}

Deno.test("every segment after the handshake carries the option (RFC 7323 §3.2)", () => {
  new Script().run(`${stamped}
    write 10
    > P. 1:11(10) ack 1 <TS * 200>
    < P. 1:11(10) ack 11 <TS 300 0>
    > . 11:11(0) ack 11 <TS * 300>
    read 10
    shutdown
    > F. 11:11(0) ack 11 <TS * 300>
  `);
});

Deno.test("the clock ticks once a millisecond, from another number for each peer (RFC 7323 §5.4, §7.1)", () => {
  const stamps = new Timestamps();
  stamps.reset(1000);
  assertEquals([stamps.value(0), stamps.value(0.9), stamps.value(1)], [1000, 1000, 1001]);
  stamps.reset(0x7fffffff);
  assertEquals(stamps.value(1), -0x80000000);
  assertEquals(stamps.value(2 ** 40), 0x7fffffff);
});

Deno.test("PAWS: a segment with an older timestamp is acknowledged and dropped (RFC 7323 §5.3 R1)", () => {
  const script = new Script().run(`${stamped}
    < P. 1:11(10) ack 1 <TS 199 0>
    > . 1:1(0) ack 1 <TS * 200>
    < P. 1:11(10) ack 1 <TS 200 0>
    > . 1:1(0) ack 11 <TS * 200>
    read 10
  `);
  assertEquals(script.tcp.counters.TcpExtPAWSEstab, 1);
});

Deno.test("PAWS does not hold for a reset (RFC 7323 §5.2)", () => {
  new Script().run(`${stamped}\n< R. 1:1(0) ack 1 <TS 1 0>\nstate CLOSED\nerror 2`);
});

Deno.test("timestamps wrap (RFC 7323 §5.2: less than, modulo 2^32)", () => {
  new Script().run(`
    listen
    < S 0:0(0) win 65535 <mss 1000, TS 4294967290 0>
    > S. 0:0(0) ack 1 <TS * 4294967290>
    < . 1:1(0) ack 1 <TS 4294967295 0>
    accept
    < P. 1:11(10) ack 1 <TS 3 0>
    > . 1:1(0) ack 11 <TS * 3>
    < P. 11:21(10) ack 1 <TS 4294967295 0>
    > . 1:1(0) ack 11 <TS * 3>
    read 10
  `);
});

Deno.test("after 24 idle days TS.Recent is out of date (RFC 7323 §5.5)", () => {
  const day = 86_400_000;
  const stamps = new Timestamps();
  stamps.reset(0);
  stamps.open(segment(0, 1000), 0);
  assert(stamps.isOld(segment(0, 999), 24 * day - 1));
  assert(!stamps.isOld(segment(0, 999), 24 * day));
});

Deno.test("which segment is echoed: the one that moved the left edge (RFC 7323 §4.3)", () => {
  // The examples of §4.3: a delayed acknowledgement echoes the first segment, a gap the last in order.
  const script = new Script().run(stamped);
  for (let i = 0; i < 16; i++) {
    const at = 1 + 10 * i;
    script.run(`< P. ${at}:${at + 10}(10) ack 1 <TS 201 0>\n> . 1:1(0) ack ${at + 10} <TS * 201>`);
  }
  script.run(`
    < . 161:661(500) ack 1 <TS 301 0>
    > -
    < . 661:1161(500) ack 1 <TS 302 0>
    > . 1:1(0) ack 1161 <TS * 301>
    < . 1661:2161(500) ack 1 <TS 304 0>
    > . 1:1(0) ack 1161 <TS * 301>
    < . 1161:1661(500) ack 1 <TS 303 0>
    > . 1:1(0) ack 2161 <TS * 303>
  `);
});

Deno.test("an old duplicate does not set TS.Recent back, nor does one beyond Last.ACK.sent", () => {
  const stamps = new Timestamps();
  stamps.reset(0);
  stamps.open(segment(0, 100), 0);
  stamps.update(segment(1, 150), 0, 1);
  assertEquals(stamps.recent, 100);
  stamps.update(segment(0, 150), 0, 1);
  assertEquals(stamps.recent, 150);
  stamps.update(segment(0, 149), 0, 1);
  assertEquals(stamps.recent, 150);
  stamps.update(segment(-0x80000000, 160), 0x7fffffff, 1);
  assertEquals(stamps.recent, 150);
});

Deno.test("an echo tells the round trip also of what was sent twice (RFC 7323 §4)", () => {
  const stamps = new Timestamps();
  stamps.reset(5);
  assertEquals(stamps.roundTrip(segment(0, 1, 10), 55), -1, "not negotiated");
  stamps.open(segment(0, 1), 0);
  assertEquals(stamps.roundTrip(segment(0, 1, 10), 55), 50);
  assertEquals(stamps.roundTrip(segment(0, 1, 61), 55), -1, "from the future");
  assertEquals(stamps.roundTrip(segment(0, 1, 0), 55), -1, "none");
  assertEquals(stamps.roundTrip(segment(0, 1, -0x7fffffff), 55), -1, "hostile");
});

Deno.test("a segment without the option is taken, as every stack does (RFC 7323 §3.2 would drop it)", () => {
  new Script().run(`${stamped}\n< P. 1:11(10) ack 1\n> . 1:1(0) ack 11\nread 10`);
});

Deno.test("a duplicate that PAWS refuses never claims data beyond RCV.NXT by D-SACK", () => {
  new Script().run(`
    listen
    < S 0:0(0) win 65535 <mss 1000, sackOK, TS 100 0>
    > S. 0:0(0) ack 1
    < . 1:1(0) ack 1 <TS 200 0>
    accept
    < . 1:101(100) ack 1 <TS 300 0>
    > . 1:1(0) ack 101
    < . 51:201(150) ack 1 <TS 250 0>
    > . 1:1(0) ack 101 <sack 51:101>
  `);
});
