import { assert, assertEquals } from "@std/assert";
import { Pair } from "./_pair.ts";

Deno.test("a rate is kept, and the stream arrives whole", () => {
  const pair = new Pair({ delay: 5, options: { pacing: 1_000_000 } });
  const { client, server } = pair.open();
  const start = pair.now;
  const chunk = new Uint8Array(200_000);
  let read = 0;
  client.write(chunk);
  client.closeWrite();
  pair.run(start + 60_000, () => {
    read += server.read(chunk);
    return read === 200_000;
  });
  const seconds = (pair.now - start) / 1000;
  assertEquals(read, 200_000);
  // Headers count: 1448 of 1500 bytes are payload.
  assert(seconds > 0.2 && seconds < 0.23, `${seconds} s`);
});

Deno.test("the pace of the window costs no more than a round trip or two", () => {
  const times = [0, Infinity].map((pacing) => {
    const pair = new Pair({ delay: 25, options: { pacing } });
    const { client, server } = pair.open();
    const start = pair.now;
    const chunk = new Uint8Array(250_000);
    let read = 0;
    client.write(chunk);
    pair.run(start + 60_000, () => {
      read += server.read(chunk);
      return read === 250_000;
    });
    return pair.now - start;
  });
  assert(times[1]! - times[0]! < 110, String(times));
});

Deno.test("it can be switched on and off while the connection is open", () => {
  const { client } = new Pair({ delay: 1 }).open();
  assertEquals(client.sender.pacing, null);
  client.tune({ pacing: 5000 }, 0);
  assertEquals(client.sender.pacing?.rate(client.sender), 5000);
  client.tune({ pacing: 0 }, 0);
  assertEquals(client.sender.pacing, null);
});

Deno.test("what waits for its time goes when the pace is changed, or any other setting", () => {
  for (const changes of [{ pacing: 0 }, { pacing: 1e6 }, { keepAliveIdle: 1000 }]) {
    const pair = new Pair({ delay: 1, options: { pacing: 2000 } });
    const { client, server } = pair.open();
    client.write(new Uint8Array(4000));
    pair.run(pair.now + 10);
    assert(server.readable < 4000, "all is there at once");
    client.tune(changes, pair.now);
    pair.run(pair.now + ("pacing" in changes ? 10 : 3000));
    assertEquals(server.readable, 4000);
  }
});
