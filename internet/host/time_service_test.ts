import { assert, assertEquals } from "@std/assert";
import { NtpServer } from "@octet/ntp";
import { LanNetwork, outcome } from "./_both_test.ts";

const hour = 3_600_000;

/** A LAN whose host 10.0.0.2 tells a time that is an hour ahead. */
function network(
  options: { port?: number } = {},
): LanNetwork {
  const net = new LanNetwork({ hosts: { "time.octet.test": ["10.0.0.2"] } });
  net.server.attach(
    new NtpServer({ wallTime: (now) => performance.timeOrigin + now + hour, ...options }),
  );
  return net;
}

Deno.test("the server's clock less ours", async () => {
  await using net = network();
  const { offset, delay, stratum, samples } = await net.client.queryTime("10.0.0.2");
  assert(Math.abs(offset - hour) < 1000, `${offset}`);
  assert(delay >= 0 && delay < 1000, `${delay}`);
  assertEquals([stratum, samples], [1, 1]);
});

Deno.test("a server by its name, and on another port", async () => {
  await using net = network({ port: 1123 });
  const { offset } = await net.client.queryTime("time.octet.test", { port: 1123 });
  assert(Math.abs(offset - hour) < 1000);
});

Deno.test("several samples", async () => {
  await using net = network();
  const { samples } = await net.client.queryTime("10.0.0.2", { samples: 4, interval: 1 });
  assertEquals(samples, 4);
});

Deno.test("an aborted signal, before and during; nothing stays bound", async () => {
  await using net = network();
  const aborted = "rejects AbortError: The signal has been aborted [20]";
  const ask = (signal: AbortSignal) => outcome(() => net.client.queryTime("10.0.0.2", { signal }));
  assertEquals(await ask(AbortSignal.abort()), aborted);
  const controller = new AbortController();
  const during = ask(controller.signal);
  await Promise.resolve();
  controller.abort();
  assertEquals(await during, aborted);
  const { offset } = await net.client.queryTime("10.0.0.2");
  assert(Math.abs(offset - hour) < 1000);
});

Deno.test("a host that closes ends its question", async () => {
  const net = new LanNetwork();
  const time = outcome(() => net.client.queryTime("10.0.0.99"));
  await Promise.resolve();
  await net.client.close();
  assertEquals(await time, "rejects Interrupted: operation canceled [EINTR]");
  await net.server.close();
});
