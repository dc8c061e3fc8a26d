import { assert, assertEquals } from "@std/assert";
import { Pair } from "./_pair.ts";
import { PathMtu, pathMtuTimeout } from "./path_mtu.ts";

Deno.test("what a router tells is taken, never more than is in use, never below 512 (RFC 1191 §6.3)", () => {
  const path = new PathMtu();
  path.reset(1448);
  assertEquals(path.tooBig(1448, 1400, 52, 0), 1348);
  assertEquals(path.tooBig(1348, 1500, 52, 0), 1348);
  assertEquals(path.tooBig(1348, 68, 52, 0), 512);
});

Deno.test("an old router tells nothing: the next plateau is tried (RFC 1191 §7.1)", () => {
  const path = new PathMtu();
  path.reset(8948);
  assertEquals(path.tooBig(8948, 0, 52, 0), 8166 - 52);
  assertEquals(path.tooBig(1448, 0, 52, 0), 1492 - 52);
});

Deno.test("after ten minutes a larger segment is tried again (RFC 1191 §6.3)", () => {
  const path = new PathMtu();
  path.reset(1448);
  path.tooBig(1448, 1000, 52, 5);
  assertEquals(path.current(948, 5 + pathMtuTimeout - 1), 948);
  assertEquals(path.current(948, 5 + pathMtuTimeout), 1448);
});

/** A pipe that swallows what is longer than `limit`, and a router's word on it when `tells`. */
function narrow(
  limit: number,
  tells: boolean,
): { read: number; mss: number; retried: number; time: number } {
  let told = 0;
  const pair: Pair = new Pair({
    delay: 10,
    filter: (from, packet) => {
      if (from !== 0 || packet.length <= limit) return true;
      told++;
      return false;
    },
  });
  const { client, server } = pair.open();
  const start = pair.now;
  const chunk = new Uint8Array(200_000);
  client.write(chunk);
  client.closeWrite();
  let read = 0;
  let answered = 0;
  pair.run(pair.now + 600_000, () => {
    if (tells && told > answered) {
      answered = told;
      client.tooBig(limit, pair.now);
    }
    read += server.read(chunk);
    return server.isEndOfStream;
  });
  return {
    read,
    mss: client.sender.mss,
    retried: client.sender.retransmissions,
    time: pair.now - start,
  };
}

Deno.test("a narrow link that says so: segments shrink at once, and no window is lost (RFC 1191 §6.4)", () => {
  const { read, mss, time } = narrow(1000, true);
  assertEquals([read, mss], [200_000, 948]);
  assert(time < 500, `${time} ms`);
});

Deno.test("a black hole: after three timeouts smaller segments get through (RFC 4821 §7.7)", () => {
  const { read, mss } = narrow(1100, false);
  assertEquals([read, mss], [200_000, 1024]);
});

Deno.test("a narrower black hole yet", () => {
  const { read, mss } = narrow(700, false);
  assertEquals([read, mss], [200_000, 512]);
});
