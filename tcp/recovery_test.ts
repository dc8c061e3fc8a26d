import { assert, assertEquals } from "@std/assert";
import { Pair, type PipeOptions } from "./_pair.ts";
import { Script } from "./_script.ts";
import { checkConnection } from "./_invariants.ts";
import { Rack } from "./rack.ts";
import { RttEstimator } from "./rtt.ts";
import { Recovery, RecoveryState } from "./recovery.ts";
import { Scoreboard } from "./scoreboard.ts";
import { TcpFrame } from "./frame.ts";

/** A connection over a round trip of 40 ms, with and without SACK. */
const [accepted, acceptedSack] = ["mss 1000", "mss 1000, sackOK"].map((offer) => `
  listen
  < S 0:0(0) win 65535 <${offer}>
  > S. 0:0(0) ack 1
  +40
  < . 1:1(0) ack 1 win 65535
  accept
`) as [string, string];

/** Ten segments of a thousand bytes are out. */
const ten = (opening: string): Script => {
  const script = new Script().run(`${opening}\nwrite 10000`);
  assertEquals(script.drainSegments().length, 10);
  return script.run("+40");
};

Deno.test("three segments beyond a gap: it is repaired at once, without a timeout (RFC 6675 §5)", () => {
  const script = ten(acceptedSack).run(`
    < . 1:1(0) ack 1 <sack 1001:2001>
    > -
    < . 1:1(0) ack 1 <sack 1001:3001>
    > -
    < . 1:1(0) ack 1 <sack 1001:4001>
    > P. 1:1001(1000) ack 1
  `);
  const { sender } = script.connection;
  assertEquals(sender.recovery.state, RecoveryState.Recovery);
  assertEquals(sender.congestion.ssthresh, 7000);
  script.run(`
    < . 1:1(0) ack 1 <sack 1001:10001>
    < . 1:1(0) ack 10001
    > -
  `);
  assertEquals([sender.recovery.state, sender.cwnd], [RecoveryState.Open, 7000]);
});

Deno.test("three duplicates without SACK: fast retransmit; a partial answer repairs the next (RFC 6582 §3.2)", () => {
  const script = ten(accepted).run(`
    < . 1:1(0) ack 1
    < . 1:1(0) ack 1
    > -
    < . 1:1(0) ack 1
    > P. 1:1001(1000) ack 1
    > -
    < . 1:1(0) ack 1
    > -
    < . 1:1(0) ack 3001
    > P. 3001:4001(1000) ack 1
    < . 1:1(0) ack 10001
    > -
  `);
  assertEquals(script.connection.sender.recovery.state, RecoveryState.Open);
});

Deno.test("a duplicate that carries data, or moves the window, is none (RFC 5681 §2)", () => {
  const script = ten(accepted);
  for (let i = 0; i < 5; i++) script.run(`< P. ${1 + i}:${2 + i}(1) ack 1`);
  for (let i = 0; i < 5; i++) script.run(`< . 6:6(0) ack 1 win ${60_000 + i}`);
  for (const segment of script.drainSegments()) assertEquals(segment.length, 20);
  assertEquals(script.connection.sender.retransmissions, 0);
});

Deno.test("reordering seen once: three segments beyond a gap are no loss any more, time decides (RFC 8985 §6.2)", () => {
  const script = new Script().run(`${acceptedSack}
    write 1000
    > P. 1:1001(1000) ack 1
    +40
    < . 1:1(0) ack 1001
    > -
    write 4000
    > . 1001:2001(1000) ack 1
    > . 2001:3001(1000) ack 1
    > . 3001:4001(1000) ack 1
    > P. 4001:5001(1000) ack 1
    +40
    < . 1:1(0) ack 1001 <sack 2001:3001>
    < . 1:1(0) ack 3001
    > -
  `);
  assert(script.connection.sender.rack.reorderingSeen);
  script.run(`
    < . 1:1(0) ack 5001
    write 5000
    +40
  `);
  script.drainSegments();
  script.run("< . 1:1(0) ack 5001 <sack 6001:10001>\n> -");
  const wait = script.deadline() - script.now;
  assert(wait > 0 && wait <= 40 / 4 + 1, `${wait} ms`);
  script.run(`+${Math.ceil(wait)}\n> P. 5001:6001(1000) ack 1\n> -`);
});

Deno.test("a repair that is lost too is found by time, without a timeout (RFC 8985 §3.2)", () => {
  const script = new Script().run(`${acceptedSack}
    write 1000
    > P. 1:1001(1000) ack 1
    +40
    < . 1:1(0) ack 1001
    write 10000
  `);
  script.drainSegments();
  script.run(`
    +40
    < . 1:1(0) ack 1001 <sack 2001:6001>
    > P. 1001:2001(1000) ack 1
    +5
    < . 1:1(0) ack 1001 <sack 2001:8001>
  `);
  script.run("write 3000");
  script.drainSegments();
  script.run("+45\n< . 1:1(0) ack 1001 <sack 2001:12001>");
  script.run("> P. 1001:2001(1000) ack 1");
  assertEquals(script.connection.sender.retries, 0);
});

Deno.test("the SACK of a segment that was only late is no loss: its D-SACK, and no second repair", () => {
  const pair = new Pair({ delay: 20, jitter: 4, seed: 5 });
  const { client, server } = pair.open();
  const chunk = new Uint8Array(200_000);
  let read = 0;
  for (let written = 0; read < 2_000_000;) {
    if (written < 2_000_000) {
      written += client.write(chunk, 0, Math.min(chunk.length, 2_000_000 - written));
    }
    pair.run(pair.now + 50);
    read += server.read(chunk);
  }
  const share = client.sender.retransmissions / (2_000_000 / 1448);
  assert(share < 0.05, `${client.sender.retransmissions} segments sent twice for nothing`);
});

/** Sends 300 KB and loses the data segments with these indices; what it took. */
function lossy(
  lost: readonly number[],
  options: PipeOptions = {},
): { time: number; timeouts: number } {
  let index = -1;
  const frame = new TcpFrame();
  const seen = new Set<number>();
  const pair = new Pair({
    delay: 25,
    ...options,
    filter: (from, packet) => {
      if (from !== 0) return true;
      frame.reset(packet.bytes, 20, packet.length);
      if (frame.payloadOffset === frame.payloadEnd || seen.has(frame.sequence)) return true;
      seen.add(frame.sequence);
      return !lost.includes(++index);
    },
  });
  const { client, server } = pair.open();
  const chunk = new Uint8Array(300_000);
  const start = pair.now;
  let timeouts = 0;
  let read = 0;
  client.write(chunk);
  client.closeWrite();
  pair.onIdle = () => {
    checkConnection(client);
    if (client.sender.recovery.state === RecoveryState.Loss) timeouts++;
  };
  pair.run(pair.now + 60_000, () => {
    read += server.read(chunk);
    return read === 300_000;
  });
  return { time: pair.now - start, timeouts };
}

Deno.test("one segment lost anywhere costs about a round trip, never a timeout", () => {
  const clean = lossy([]).time;
  for (let at = 0; at < 207; at += 3) {
    const { time, timeouts } = lossy([at]);
    assertEquals(timeouts, 0, `segment ${at}`);
    // An early loss also leaves a smaller window for the rest; a hole at the very end waits for the probe.
    assert(time - clean <= (at < 100 ? 800 : 160), `segment ${at}: ${time - clean} ms more`);
  }
});

Deno.test("the last segments lost: the probe finds it, not the timer (RFC 8985 §7)", () => {
  const clean = lossy([]).time;
  for (const lost of [[206], [205, 206], [204, 205, 206], [200, 203, 206]]) {
    const { time, timeouts } = lossy(lost);
    assertEquals(timeouts, 0, `${lost}`);
    assert(time - clean < 260, `${lost}: ${time - clean} ms more`);
  }
});

Deno.test("a burst lost in the middle is repaired in few round trips (RFC 6937)", () => {
  const clean = lossy([]).time;
  const burst = Array.from({ length: 30 }, (_, i) => 60 + i);
  const { time, timeouts } = lossy(burst);
  assertEquals(timeouts, 0);
  assert(time - clean < 500, `${time - clean} ms more`);
});

Deno.test("super-segments with loss: what is lost of one comes again, and nothing is stuck", () => {
  for (let seed = 1; seed <= 20; seed++) {
    const options = { sendBuffer: 1 << 20 };
    const pair = new Pair({ delay: 10, loss: 0.05, maxSegment: 65_535, seed, options });
    const { client, server } = pair.open();
    const chunk = new Uint8Array(500_000);
    let read = 0;
    client.write(chunk);
    client.closeWrite();
    pair.onIdle = () => checkConnection(client);
    pair.run(pair.now + 600_000, () => {
      read += server.read(chunk);
      return server.isEndOfStream;
    });
    assertEquals(read, 500_000, `seed ${seed}`);
  }
});

Deno.test("proportional rate reduction: about ssthresh / flight of what is delivered goes out (RFC 9937 §6.2)", () => {
  const recovery = new Recovery();
  recovery.enter(100, 20_000, 14_000);
  // Nothing yet delivered: one segment goes at once (fast retransmit).
  recovery.acknowledged(0, 19_000, 1000, false);
  assertEquals(recovery.cwnd, 20_000);
  recovery.sent(1000);
  let pipe = 20_000;
  let sent = 1000;
  for (let delivered = 1000; delivered <= 6000; delivered += 1000) {
    pipe -= 1000;
    recovery.acknowledged(1000, pipe, 1000, delivered % 2000 === 0);
    const room = recovery.cwnd - pipe;
    const allowed = Math.ceil(delivered * 14_000 / 20_000) - sent;
    assertEquals(room, Math.max(0, allowed), `${delivered}`);
    const goes = Math.floor(room / 1000) * 1000;
    recovery.sent(goes);
    sent += goes;
    pipe += goes;
  }
});

Deno.test("below ssthresh one segment goes for each delivered, and one more while all is well (RFC 9937 §6.2)", () => {
  const recovery = new Recovery();
  recovery.enter(100, 20_000, 14_000);
  recovery.sent(1000);
  recovery.acknowledged(2000, 5000, 1000, false);
  assertEquals(recovery.cwnd, 5000 + 2000);
  recovery.sent(2000);
  recovery.acknowledged(2000, 5000, 1000, true);
  assertEquals(recovery.cwnd, 5000 + 3000);
  recovery.acknowledged(0, 13_500, 1000, true);
  assertEquals(recovery.cwnd, 14_000);
});

Deno.test("an episode is over when all that was out at its beginning is acknowledged", () => {
  const recovery = new Recovery();
  assert(!recovery.isOver(0));
  recovery.enter(-5, 1000, 500);
  assertEquals([recovery.isOver(-6), recovery.isOver(-5), recovery.isOver(3)], [false, true, true]);
  recovery.reset();
  recovery.enterLoss(10);
  assertEquals([recovery.state, recovery.isOver(9), recovery.isOver(10)], [2, false, true]);
});

/** An estimator whose only sample, and so minimum and mean, was 40 ms. */
function fortyMs(): RttEstimator {
  const rtt = new RttEstimator();
  rtt.sample(40);
  return rtt;
}

/** Lets RACK look, and gives when it wants to look again. */
function detect(
  rack: Rack,
  scoreboard: Scoreboard,
  mss: number,
  inRecovery: boolean,
  now: number,
): number {
  rack.detect(scoreboard, mss, fortyMs(), inRecovery, now);
  return rack.dueAt;
}

Deno.test("RACK alone: lost is what was sent a round trip and a window before what was delivered (RFC 8985 §6.2)", () => {
  const scoreboard = new Scoreboard();
  const rack = new Rack();
  rack.reset(0);
  for (let i = 0; i < 4; i++) scoreboard.add(i * 10, i * 10 + 10, i);
  const last = scoreboard.last!;
  rack.delivered(last, fortyMs(), 43);
  assertEquals(rack.rtt, 40);
  scoreboard.sack(last);
  // min_RTT / 4 = 10: the first is lost at 0 + 40 + 10, the others a millisecond after each other.
  assertEquals(detect(rack, scoreboard, 1000, false, 43), 50);
  assertEquals(scoreboard.lost.first, null);
  assertEquals(detect(rack, scoreboard, 1000, false, 50), 51);
  assertEquals(scoreboard.lost.octets, 10);
  assertEquals(detect(rack, scoreboard, 1000, false, 52), Infinity);
  assertEquals(scoreboard.lost.octets, 30);
});

Deno.test("RACK alone: in recovery, or with three segments beyond, there is nothing to wait for (RFC 8985 §6.2 step 4)", () => {
  for (
    const [inRecovery, mss, waits] of [[true, 1000, false], [false, 10, false], [
      false,
      11,
      true,
    ]] as const
  ) {
    const scoreboard = new Scoreboard();
    const rack = new Rack();
    rack.reset(0);
    for (let i = 0; i < 4; i++) scoreboard.add(i * 10, i * 10 + 10, i);
    for (let i = 1; i < 4; i++) {
      const record = scoreboard.find(i * 10)!;
      rack.delivered(record, fortyMs(), 43);
      scoreboard.sack(record);
    }
    const again = detect(rack, scoreboard, mss, inRecovery, 43);
    assertEquals([again === Infinity, scoreboard.lost.octets], waits ? [false, 0] : [true, 10]);
  }
});

Deno.test("RACK alone: an answer quicker than any round trip is to the first copy (RFC 8985 §6.2 step 2)", () => {
  const scoreboard = new Scoreboard();
  const rack = new Rack();
  rack.reset(0);
  const record = scoreboard.add(0, 10, 0);
  scoreboard.markLost(record);
  scoreboard.sentAgain(record, 100);
  rack.delivered(record, fortyMs(), 110);
  assertEquals(rack.rtt, 0);
  rack.delivered(record, fortyMs(), 140);
  assertEquals(rack.rtt, 40);
});

Deno.test("each round with a D-SACK widens RACK's window by a quarter of the RTT, for 16 recoveries (RFC 8985 §6.2 step 4)", () => {
  const rack = new Rack();
  const window = () => {
    const scoreboard = new Scoreboard();
    rack.reorderingSeen = true;
    for (let i = 0; i < 2; i++) scoreboard.add(1000 + i * 10, 1010 + i * 10, 1e6 + i);
    rack.delivered(scoreboard.last!, fortyMs(), 1e6 + 41);
    const due = detect(rack, scoreboard, 1000, false, 1e6 + 41);
    scoreboard.clear();
    rack.reorderingSeen = false;
    return due - 1e6 - 40;
  };
  rack.reset(0);
  assertEquals(window(), 10);
  rack.duplicateSeen(0, 500);
  assertEquals(window(), 20);
  rack.duplicateSeen(499, 900);
  assertEquals(window(), 20, "the same round trip");
  rack.duplicateSeen(500, 900);
  assertEquals(window(), 30);
  rack.duplicateSeen(900, 950);
  rack.duplicateSeen(950, 999);
  assertEquals(window(), 40, "never more than the smoothed round trip");
  for (let i = 0; i < 15; i++) rack.recovered();
  assertEquals(window(), 40);
  rack.recovered();
  assertEquals(window(), 10);
});

Deno.test("where few segments are in flight one more goes with every acknowledgement: a timeout costs more", () => {
  const recovery = new Recovery();
  recovery.enter(100, 6000, 4000);
  recovery.sent(1000);
  recovery.acknowledged(1000, 1000, 1000, false);
  assertEquals(recovery.cwnd, 3000);
  recovery.enter(100, 6000, 4200);
  recovery.sent(1000);
  recovery.acknowledged(1000, 1000, 1000, false);
  assertEquals(recovery.cwnd, 2000);
});
