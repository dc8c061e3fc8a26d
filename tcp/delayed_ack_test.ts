import { assertEquals } from "@std/assert";
import { Pair } from "./_pair.ts";
import { accepted, Script } from "./_script.ts";
import { delayedAckTimeout, quickAckSegments } from "./delayed_ack.ts";

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
