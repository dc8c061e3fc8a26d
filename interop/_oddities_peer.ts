/**
 * The other side of `oddities_test.ts` and `multicast_test.ts`: a host on a TAP of the test's namespace, 10.77.0.2, which
 * echoes on port 7 of TCP and UDP. Each line of its input is a command; it answers with a line.
 *
 * @module
 */
import { Host, type MulticastV4Membership, openTun } from "@octet/internet";
import { bringUp } from "@octet/netlink";

const own = "10.77.0.2";

async function main(kernelAddress: string): Promise<void> {
  const device = openTun({ name: "tap0" });
  if (kernelAddress === "") bringUp("tap0");
  else bringUp("tap0", { address: kernelAddress });
  await using host = new Host(device, { address: { address: `${own}/24` } });
  host.stack.icmp.answersTimestamp = true;
  using listener = host.listen({ port: 7 });
  const serving = (async () => {
    for await (const conn of listener) {
      conn.readable.pipeTo(conn.writable).catch(() => {});
    }
  })();
  using echo = host.listenDatagram({ port: 7 });
  const echoing = (async () => {
    for await (const [data, from] of echo) await echo.send(data, from);
  })();
  using sink = host.listenDatagram({ port: 9, receiveBuffer: 1 << 23 });
  let sinkBytes = 0;
  let sinkDatagrams = 0;
  const sinking = (async () => {
    const buffer = new Uint8Array(1 << 20);
    const lengths = new Uint32Array(1024);
    for (;;) {
      const { count } = await sink.receiveBatch(buffer, lengths);
      sinkDatagrams += count;
      for (let i = 0; i < count; i++) sinkBytes += lengths[i]!;
    }
  })().catch(() => {});
  const memberships = new Map<string, MulticastV4Membership>();
  using sender = host.listenDatagram({ port: 0, sendBuffer: 1 << 20 });
  console.log("ready");

  const commands: Record<string, (...args: string[]) => unknown> = {
    counters: () => host.stack.counters,
    connections: () => [...host.stack.tcp.connections()].length,
    sink: () => ({ bytes: sinkBytes, datagrams: sinkDatagrams }),
    join: async (group, source) => {
      memberships.set(group!, await echo.joinMulticastV4(group!, own, source));
      return "joined";
    },
    leave: async (group) => {
      await memberships.get(group!)!.leave();
      return "left";
    },
    version: () => host.stack.igmp.versionOn(0),
    send: async (hostname, port, text) => {
      await sender.send(new TextEncoder().encode(text), {
        hostname: hostname!,
        port: Number(port),
      });
      return "sent";
    },
    refused: async (hostname, port) => {
      using socket = host.listenDatagram({ port: 0 });
      await socket.connect({ hostname: hostname!, port: Number(port) });
      const failure = socket.receive().then(() => "data", (error) => (error as Error).name);
      await socket.send(new Uint8Array(1));
      return await failure;
    },
    // Milliseconds that so many bytes took to leave.
    batch: async (hostname, port, size, total) => {
      const payload = new Uint8Array(Number(size) * 40);
      const start = performance.now();
      let left = Number(total);
      for (; left > 0; left -= payload.length) {
        await sender.sendBatch(payload, Number(size), { hostname: hostname!, port: Number(port) });
      }
      return { milliseconds: performance.now() - start, bytes: Number(total) - left };
    },
  };
  const decoder = new TextDecoderStream();
  let text = "";
  for await (const chunk of Deno.stdin.readable.pipeThrough(decoder)) {
    text += chunk;
    for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n")) {
      const [id, name, ...args] = text.slice(0, end).split(" ");
      text = text.slice(end + 1);
      const answer = await commands[name!]!(...args);
      console.log(`${id} ${JSON.stringify(answer)}`);
    }
  }
  echo.close();
  listener.close();
  sink.close();
  await Promise.all([serving, echoing, sinking]);
}

if (import.meta.main) await main(Deno.args[0] ?? "");
