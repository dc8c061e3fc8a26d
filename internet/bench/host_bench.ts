// Two hosts on an Ethernet in memory, MTU 1500, no offload, used as a program uses them: with promises.

import { benchWith } from "@octet/testing/bench";
import { Buffer } from "node:buffer";
import { Host, Lan, type TcpConn } from "@octet/internet";

const group = "two hosts on a LAN in memory, with promises";
const options = { group, isolated: true } as const;
const address = "10.0.0.2";
/** Rates that the issue of speed asks for, as nanoseconds an operation. */
const perSecond = (rate: number) => 1e9 / rate;

function hosts(): [client: Host, server: Host] {
  const lan = new Lan();
  return [
    new Host(lan.attach(), { address: { address: "10.0.0.1/24" } }),
    new Host(lan.attach(), { address: { address: `${address}/24` } }),
  ];
}

async function connected(): Promise<[client: TcpConn, server: TcpConn]> {
  const [a, b] = hosts();
  const listener = b.listen({ port: 7 });
  return await Promise.all([a.connect({ hostname: address, port: 7 }), listener.accept()]);
}

benchWith("bulk, 1 MiB written and read, content checked", () => {
  const size = 1 << 20;
  const bytes = new Uint8Array(size + 256).map((_, i) => (i * 31) % 251);
  const source = Buffer.from(bytes.buffer);
  const target = Buffer.from(new ArrayBuffer(size));
  const buffer = new Uint8Array(target.buffer);
  const opened = connected();
  let start = 0;
  const send = async (conn: TcpConn) => {
    for (let at = start; at < start + size;) {
      at += await conn.write(bytes.subarray(at, start + size));
    }
  };
  const receive = async (conn: TcpConn) => {
    for (let at = 0; at < size;) at += await conn.read(buffer.subarray(at)) ?? NaN;
  };
  return async () => {
    const [client, server] = await opened;
    start = (start + 7) % 250;
    await Promise.all([send(client), receive(server)]);
    if (source.compare(target, 0, size, start, start + size) !== 0) {
      throw new Error("Not the bytes sent");
    }
  };
}, {
  ...options,
  bytes: 1 << 20,
  target: (1 << 23) / 4,
  peers: { "lwIP/WASM": (1 << 23) / 0.66 },
});

benchWith("1-byte round trips", () => {
  const opened = connected();
  const request = Uint8Array.of(0);
  const buffer = new Uint8Array(16);
  let echoes = false;
  const echo = async (server: TcpConn) => {
    const bytes = new Uint8Array(16);
    const one = bytes.subarray(0, 1);
    while (await server.read(bytes) === 1) await server.write(one);
  };
  return async () => {
    const [client, server] = await opened;
    if (!echoes) {
      echoes = true;
      void echo(server);
    }
    for (let i = 0; i < 100; i++) {
      request[0] = i;
      await client.write(request);
      if (await client.read(buffer) !== 1 || buffer[0] !== i) throw new Error("No echo");
    }
  };
}, {
  ...options,
  operations: 100,
  perSecond: true,
  target: perSecond(250_000),
  peers: { "lwIP/WASM": perSecond(71_000) },
});

benchWith("connect and close", () => {
  const [a, b] = hosts();
  const listener = b.listen({ port: 7 });
  return async () => {
    for (let i = 0; i < 10; i++) {
      const [client, server] = await Promise.all([
        a.connect({ hostname: address, port: 7 }),
        listener.accept(),
      ]);
      server.close();
      if (await client.read(new Uint8Array(1)) !== null) throw new Error("No end");
      client.close();
    }
  };
}, {
  ...options,
  operations: 10,
  perSecond: true,
  target: perSecond(60_000),
  peers: { "lwIP/WASM": perSecond(11_500) },
});

benchWith("pings", () => {
  const [a] = hosts();
  return async () => {
    for (let i = 0; i < 100; i++) {
      const { size } = await a.ping(address);
      if (size !== 56) throw new Error("Not what was sent");
    }
  };
}, {
  ...options,
  operations: 100,
  perSecond: true,
  target: perSecond(250_000),
  peers: { "lwIP/WASM": perSecond(71_000) },
});

benchWith("HTTP requests, 10 in flight, fetch and serve", () => {
  const [a, b] = hosts();
  b.serve({ port: 80, onListen: () => {} }, () => new Response("hello world!"));
  const get = async () => {
    for (let i = 0; i < 10; i++) {
      const response = await a.fetch(`http://${address}/`);
      if (await response.text() !== "hello world!") throw new Error("Not what was served");
    }
  };
  return async () => {
    await Promise.all(Array.from({ length: 10 }, get));
  };
}, {
  ...options,
  operations: 100,
  perSecond: true,
  target: perSecond(60_000),
});
