import { assertEquals } from "@std/assert";
import { Pair } from "./_pair.ts";
import { accepted, Script } from "./_script.ts";
import {
  ackDelay,
  acksAtOnce,
  ackSent,
  dataArrived,
  dataSent,
  delayedAckTimeout,
  freshAck,
  hurry,
  maxDelayedAckTimeout,
  quickAckSegments,
  waitedInVain,
} from "./delayed_ack.ts";

/** A connection whose first acknowledgements, which come at once, are used up; the peer's next number is 1601. */
function past(): Script {
  const script = new Script().run(accepted);
  for (let i = 0; i < quickAckSegments; i++) {
    const at = 1 + 100 * i;
    script.run(`< P. ${at}:${at + 100}(100) ack 1\n> . 1:1(0) ack ${at + 100}\nread 100`);
  }
  return script;
}

Deno.test("a single segment is acknowledged after 40 ms, well below the 500 of RFC 1122 §4.2.3.2", () => {
  assertEquals(delayedAckTimeout, 40);
  past().run(`
    < P. 1601:1701(100) ack 1
    > -
    +39
    > -
    +1
    > . 1:1(0) ack 1701
    +1000
    > -
  `);
});

Deno.test("at least every second full segment is acknowledged at once (RFC 5681 §4.2)", () => {
  past().run(`
    < . 1601:2601(1000) ack 1
    > -
    < . 2601:3601(1000) ack 1
    > . 1:1(0) ack 3601
    < . 3601:4601(1000) ack 1
    > -
    < . 4601:5601(1000) ack 1
    > . 1:1(0) ack 5601
    +100
    > -
  `);
});

Deno.test("data of our own takes the acknowledgement along", () => {
  past().run(`
    < P. 1601:1701(100) ack 1
    write 10
    > P. 1:11(10) ack 1701
    +100
    > -
  `);
});

Deno.test("out of order, into a gap, beyond the window, a duplicate, a FIN: at once (RFC 5681 §4.2)", () => {
  const script = past();
  script.run(`
    < . 2601:3601(1000) ack 1
    > . 1:1(0) ack 1601
    < . 4601:5601(1000) ack 1
    > . 1:1(0) ack 1601
    < . 1601:2601(1000) ack 1
    > . 1:1(0) ack 3601
    < . 3601:4601(1000) ack 1
    > . 1:1(0) ack 5601
    < . 3601:4601(1000) ack 1
    > . 1:1(0) ack 5601
    < . 900000:900100(100) ack 1
    > . 1:1(0) ack 5601
    < F. 5601:5601(0) ack 1
    > . 1:1(0) ack 5602
  `);
});

Deno.test("a bare acknowledgement is never acknowledged (RFC 9293 §3.8.6.3)", () => {
  past().run("< . 1601:1601(0) ack 1\n> -\n+1000\n> -");
});

Deno.test("the first segments are acknowledged at once, so that slow start is not held up", () => {
  const script = new Script().run(accepted);
  let answered = 0;
  for (let i = 0; i < 40; i++) {
    script.run(`< . ${1 + 100 * i}:${101 + 100 * i}(100) ack 1`);
    answered += script.drainSegments().length;
  }
  assertEquals(answered >= quickAckSegments, true);
  assertEquals(answered < 40, true);
});

Deno.test("after a gap or a duplicate each segment is acknowledged at once again, for a while", () => {
  for (const bad of ["2601:3601(1000)", "1501:1601(100)", "1551:1651(100)"]) {
    const script = past().run(`< . ${bad} ack 1\n< . 1601:2601(1000) ack 1`);
    script.drainSegments();
    const { nxt } = script.connection.receiver;
    let from = nxt - script.connection.receiver.irs;
    let alone = 0;
    for (let i = 0; i < 2 * quickAckSegments; i++, from += 100) {
      script.run(`< P. ${from}:${from + 100}(100) ack 1`);
      if (script.drainSegments().length === 1) alone++;
    }
    assertEquals([alone >= quickAckSegments - 1, alone < 2 * quickAckSegments], [true, true], bad);
  }
});

Deno.test("what comes beyond a gap, and for a while afterwards, is to be told of before more is taken in", () => {
  const script = past();
  const { tcp } = script.connection;
  const isUrgent = (segment: string) => {
    tcp!.isUrgent = false;
    script.run(`< . ${segment} ack 1`);
    script.drainSegments();
    return tcp!.isUrgent;
  };
  assertEquals([isUrgent("1601:2601(1000)"), isUrgent("2601:3601(1000)")], [false, false]);
  assertEquals(isUrgent("4601:5601(1000)"), true);
  assertEquals(isUrgent("3601:4601(1000)"), true);
  let from = 5601;
  let count = 0;
  for (; isUrgent(`${from}:${from + 1000}(1000)`); from += 1000) count++;
  assertEquals(
    [count >= quickAckSegments - 2, count <= quickAckSegments],
    [true, true],
    `${count}`,
  );
});

Deno.test("request and answer need no segment beyond the two", () => {
  const pair = new Pair({ delay: 5 });
  const { client, server } = pair.open();
  const byte = new Uint8Array(1);
  pair.run(pair.now + 1000);
  const before = pair.sent;
  for (let i = 0; i < 100; i++) {
    client.write(byte);
    pair.run(pair.now + 1000, () => server.readable > 0);
    server.read(byte);
    server.write(byte);
    pair.run(pair.now + 1000, () => client.readable > 0);
    client.read(byte);
  }
  assertEquals(pair.sent - before <= 202, true, `${pair.sent - before} segments`);
});

Deno.test("an answer within the timeout makes an exchange interactive from the first question on", () => {
  new Script().run(accepted).run(`
    < P. 1:101(100) ack 1
    > . 1:1(0) ack 101
    +10
    write 50
    > P. 1:51(50) ack 101
    +10
    < P. 101:201(100) ack 51
    > -
    +10
    write 50
    > P. 51:101(50) ack 201
  `);
});

Deno.test("data that goes out long after the last has come is no answer", () => {
  new Script().run(accepted).run(`
    < P. 1:101(100) ack 1
    > . 1:1(0) ack 101
    +41
    write 50
    > P. 1:51(50) ack 101
    < P. 101:201(100) ack 51
    > . 51:51(0) ack 201
  `);
});

Deno.test("the rules as numbers: quick ones are used up, pauses bring new ones, duplicates too", () => {
  let state = dataArrived(freshAck, 0, 3);
  for (let i = 0; i < 3; i++) {
    assertEquals(acksAtOnce(state), true);
    state = ackSent(state);
  }
  assertEquals([acksAtOnce(state), ackSent(state)], [false, state]);
  assertEquals(acksAtOnce(dataArrived(state, 1000, 3)), false);
  assertEquals(acksAtOnce(dataArrived(state, 1001, 3)), true);
  assertEquals(acksAtOnce(hurry(state, 3)), true);
  const interactive = dataSent(hurry(state, 3), 39);
  assertEquals([acksAtOnce(interactive), acksAtOnce(hurry(interactive, 3))], [false, true]);
  assertEquals(dataSent(state, 40), state);
  assertEquals(dataSent(state, -1), state);
});

Deno.test("the timeout follows the peer's pace: at least 40 ms, at most 200, and not beyond the round trip", () => {
  let state = dataArrived(freshAck, 0, 16);
  assertEquals(ackDelay(state, 1000), delayedAckTimeout);
  for (let i = 0; i < 5; i++) state = dataArrived(state, 35, 16);
  const slow = ackDelay(state, 1000);
  assertEquals(slow > 60 && slow <= 70, true, `${slow}`);
  assertEquals(ackDelay(state, 5), delayedAckTimeout);
  for (let i = 0; i < 9; i++) state = waitedInVain(state);
  assertEquals(ackDelay(state, 1000), maxDelayedAckTimeout);
  for (let i = 0; i < 20; i++) state = dataArrived(state, 1, 16);
  assertEquals(ackDelay(state, 1000), delayedAckTimeout);
  const answered = dataSent(state, 1);
  assertEquals(acksAtOnce(hurry(waitedInVain(answered), 1)), true);
});
