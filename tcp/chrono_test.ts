import { assertEquals } from "@std/assert";
import { accepted, Script } from "./_script.ts";

/** Busy, held up by the window, held up by the buffer: in milliseconds since the first question. */
function times(script: Script): number[] {
  const { busy_time, rwnd_limited, sndbuf_limited } = script.connection.tcpInfo(script.now);
  return [busy_time, rwnd_limited, sndbuf_limited].map((time) => time / 1000);
}

Deno.test("time counts while something is unacknowledged", () => {
  const script = new Script().run(accepted);
  assertEquals(times(script), [0, 0, 0]);
  script.run("+50");
  assertEquals(times(script), [0, 0, 0]);
  script.run("write 10\n> P. 1:11(10) ack 1\n+30");
  assertEquals(times(script), [30, 0, 0]);
  script.run("< . 1:1(0) ack 11\n+100");
  assertEquals(times(script), [30, 0, 0]);
});

Deno.test("a closed window is the peer's doing", () => {
  const script = new Script().run(`${accepted}\n< . 1:1(0) ack 1 win 0`);
  assertEquals(times(script), [0, 0, 0]);
  script.run("write 10\n> -\n+70");
  assertEquals(times(script), [70, 70, 0]);
  script.run("< . 1:1(0) ack 1 win 1000\n> P. 1:11(10) ack 1\n+20");
  assertEquals(times(script), [90, 70, 0]);
});

Deno.test("a full buffer of which all is out is too small", () => {
  const script = new Script({ options: { sendBuffer: 1000 } }).run(accepted);
  assertEquals(times(script), [0, 0, 0]);
  script.run("write 1000\n> P. 1:1001(1000) ack 1\n+40");
  assertEquals(times(script), [40, 0, 40]);
});
