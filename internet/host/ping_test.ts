import { assert, assertEquals } from "@std/assert";
import { Host, Lan } from "../mod.ts";
import { LanNetwork, outcome } from "./_both_test.ts";

Deno.test("an answer tells who, how long and with which time to live", async () => {
  await using net = new LanNetwork();
  const reply = await net.client.ping("10.0.0.2");
  const { time, ...rest } = reply;
  assertEquals(rest, { address: "10.0.0.2", sequence: rest.sequence, size: 56, ttl: 64 });
  assert(time >= 0 && time < 10_000);
});

Deno.test("any size, fragments included", async () => {
  await using net = new LanNetwork();
  for (const size of [0, 1, 8, 1472, 1473, 9000, 65_507]) {
    assertEquals((await net.client.ping("10.0.0.2", { size })).size, size);
  }
});

Deno.test("a size and a time to live that cannot be", async () => {
  await using net = new LanNetwork();
  for (const options of [{ size: -1 }, { size: 65_508 }, { size: 1.5 }, { ttl: 0 }, { ttl: 256 }]) {
    const result = String(await outcome(() => net.client.ping("10.0.0.2", options)));
    assert(result.startsWith("rejects RangeError: "), `${JSON.stringify(options)}: ${result}`);
  }
});

Deno.test("the host itself answers, at each of its addresses", async () => {
  await using net = new LanNetwork();
  assertEquals((await net.client.ping("10.0.0.1")).address, "10.0.0.1");
  assertEquals((await net.client.ping("127.0.0.1")).address, "127.0.0.1");
  assertEquals((await net.client.ping("localhost")).address, "127.0.0.1");
});

Deno.test("many at once, each with its own answer", async () => {
  await using net = new LanNetwork();
  await net.client.ping("10.0.0.2");
  const sizes = Array.from({ length: 50 }, (_, i) => i * 10);
  const replies = await Promise.all(sizes.map((size) => net.client.ping("10.0.0.2", { size })));
  assertEquals(replies.map(({ size }) => size), sizes);
});

Deno.test("a network that no route leads to", async () => {
  await using net = new LanNetwork();
  assertEquals(
    await outcome(() => net.client.ping("192.0.2.1")),
    "rejects Error: Network is unreachable (os error 101) [ENETUNREACH]",
  );
});

Deno.test("a host that does not answer within the time", async () => {
  await using net = new LanNetwork();
  net.server.stack.icmp.answersEcho = false;
  assertEquals(
    await outcome(() => net.client.ping("10.0.0.2", { timeout: 1 })),
    "rejects TimedOut: No answer from 10.0.0.2 within 1 ms [ETIMEDOUT]",
  );
});

Deno.test("an aborted signal, before and during", async () => {
  await using net = new LanNetwork();
  const aborted = "rejects AbortError: The signal has been aborted [20]";
  assertEquals(
    await outcome(() => net.client.ping("10.0.0.2", { signal: AbortSignal.abort() })),
    aborted,
  );
  const controller = new AbortController();
  const { signal } = controller;
  const ping = outcome(() => net.client.ping("10.0.0.99", { signal }));
  await Promise.resolve();
  controller.abort();
  assertEquals(await ping, aborted);
});

Deno.test("a host that closes ends its pings", async () => {
  const host = new Host(new Lan().attach(), { address: { address: "10.0.0.1/24" } });
  const ping = outcome(() => host.ping("10.0.0.2"));
  await Promise.resolve();
  await host.close();
  assertEquals(await ping, "rejects Interrupted: operation canceled [EINTR]");
});
