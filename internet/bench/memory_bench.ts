// What waits takes memory: connections, and a host.

import { figure } from "@octet/testing/bench";
import { StackPair } from "@octet/testing";
import type { Stages } from "./idle_host.ts";

const group = "what waits";
const KIB = 1024;

function occupied(): number {
  const collect = (globalThis as { gc?: () => void }).gc;
  if (collect === undefined) throw new Error("Cannot measure without --v8-flags=--expose-gc");
  collect();
  const { heapUsed, external } = Deno.memoryUsage();
  return heapUsed + external;
}

/** Bytes of each end of connections that carried a byte each way and wait now. */
function idleConnection(): number {
  const count = 10_000;
  const pair = new StackPair();
  const listener = pair.right.tcp.listen(80, { backlog: count });
  const byte = Uint8Array.of(7);
  const back = new Uint8Array(1);
  const open = () => {
    const client = pair.left.tcp.connect({ address: StackPair.rightAddress, port: 80 }, pair.now);
    pair.exchange();
    const server = listener.accept();
    client.write(byte);
    pair.exchange();
    if (server?.read(back) !== 1) throw new Error("No byte");
    server.write(byte);
    pair.exchange();
    if (client.read(back) !== 1) throw new Error("No byte back");
  };
  // Until V8 has compiled what it will: code is no part of a connection.
  for (let i = 0; i < 5000; i++) open();
  pair.run(pair.now + 1000);
  const before = occupied();
  for (let i = 0; i < count; i++) open();
  // Delayed acknowledgements go out.
  pair.run(pair.now + 1000);
  return (occupied() - before) / (2 * count);
}

async function idleHost(): Promise<Stages> {
  const { stdout, success } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--allow-all", "--no-check", "--v8-flags=--expose-gc"],
      new URL("idle_host.ts", import.meta.url).href,
    ],
    stderr: "inherit",
  }).output();
  if (!success) throw new Error("The process with the host failed");
  return JSON.parse(new TextDecoder().decode(stdout));
}

figure("idle TCP connection, one end", idleConnection, { group, unit: "B", target: KIB });

figure("idle Host with DHCP, DNS, NTP, beside its code", async () => {
  const { servers, host } = await idleHost();
  return (host.heap + host.buffers - servers.heap - servers.buffers) / KIB;
}, { group, unit: "KiB", target: KIB });
