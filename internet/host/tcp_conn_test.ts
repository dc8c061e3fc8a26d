import { assert, assertEquals } from "@std/assert";
import { bytes, type Case, LanNetwork, outcome, pair, readAll, testBoth } from "./_both_test.ts";

const badId = "BadResource: Bad resource ID";
const canceled = "Interrupted: operation canceled [EINTR]";
const brokenPipe = "BrokenPipe: Broken pipe (os error 32) [EPIPE]";
const reset = "ConnectionReset: Connection reset by peer (os error 104) [ECONNRESET]";
const consumed = "BadResource: The stream's underlying resource was closed or consumed";

const reading: Case[] = [
  {
    name: "read gives 0 for an empty buffer, whatever there is to read",
    expected: [0, 3, 0],
    async run(net) {
      const { client, server } = await pair(net);
      const empty = await client.read(new Uint8Array(0));
      await server.write(bytes(3));
      const count = await client.read(new Uint8Array(10));
      server.close();
      using _client = client;
      return [empty, count, await client.read(new Uint8Array(0))];
    },
  },
  {
    name: "read gives null at the end of the stream, again and again",
    expected: [[1, 2, 3], null, null, 0, null],
    async run(net) {
      const { client, server } = await pair(net);
      await server.write(bytes(3));
      server.close();
      using _client = client;
      const buffer = new Uint8Array(10);
      const all = await readAll(client);
      const ends = [await client.read(buffer), await client.read(buffer)];
      return [all, ...ends, await client.read(new Uint8Array(0)), await client.read(buffer)];
    },
  },
  {
    name: "read fills part of the buffer, and the rest of the stream waits",
    expected: [2, [0, 1, 2, 0], 3, [3, 4, 5, 0]],
    async run(net) {
      const { client, server } = await pair(net);
      using _both = both(client, server);
      await server.write(bytes(5));
      const buffer = new Uint8Array(4);
      const first = await client.read(buffer.subarray(1, 3));
      const before = [...buffer];
      buffer.fill(0);
      return [first, before, await client.read(buffer.subarray(0, 3)), [...buffer]];
    },
  },
  {
    name: "reads that wait are served in turn",
    expected: [[1, 1], [1], [2]],
    async run(net) {
      const { client, server } = await pair(net);
      using _both = both(client, server);
      const buffers = [new Uint8Array(1), new Uint8Array(1)];
      const reads = buffers.map((buffer) => client.read(buffer));
      await server.write(bytes(2));
      return [await Promise.all(reads), ...buffers.map((buffer) => [...buffer])];
    },
  },
  {
    name: "reads that wait at close are interrupted",
    expected: [`rejects ${canceled}`, `rejects ${canceled}`],
    async run(net) {
      const { client, server } = await pair(net);
      using _server = server;
      const reads = [1, 2].map(() => outcome(() => client.read(new Uint8Array(1))));
      client.close();
      return await Promise.all(reads);
    },
  },
  {
    name: "read refuses what is no buffer",
    expected: ["rejects TypeError", "rejects TypeError", "rejects TypeError", "rejects TypeError"],
    async run(net) {
      const { client, server } = await pair(net);
      using _both = both(client, server);
      const results: unknown[] = [];
      for (const wrong of [undefined, "x"]) {
        for (const method of ["read", "write"] as const) {
          const result = await outcome(() => client[method](wrong as unknown as Uint8Array));
          results.push(String(result).split(":")[0]);
        }
      }
      return results;
    },
  },
];

const writing: Case[] = [
  {
    name: "write tells how much it took",
    expected: [0, 3],
    async run(net) {
      const { client, server } = await pair(net);
      using _both = both(client, server);
      return [await client.write(new Uint8Array(0)), await client.write(bytes(3))];
    },
  },
  {
    name: "a write that waits at close is interrupted",
    expected: [`rejects ${canceled}`, `throws ${badId}`],
    async run(net) {
      const { client, server } = await pair(net);
      using _server = server;
      const pending = fill(client);
      await pending.full;
      client.close();
      return [await pending.result, await outcome(() => client.close())];
    },
  },
  {
    name: "a reader that reads on lets a writer go on",
    expected: "number",
    async run(net) {
      const { client, server } = await pair(net);
      using _both = both(client, server);
      const pending = fill(client);
      await pending.full;
      const buffer = new Uint8Array(1 << 20);
      let result: unknown;
      const written = pending.result.then((value) => result = value);
      while (result === undefined) await Promise.race([server.read(buffer), written]);
      return typeof result;
    },
  },
  {
    name: "closeWrite ends one direction only, and may be called again",
    expected: [null, null, null, `rejects ${brokenPipe}`, `rejects ${brokenPipe}`, [1, 2, 3]],
    async run(net) {
      const { client, server } = await pair(net);
      using _client = client;
      const closes = [await outcome(() => client.closeWrite())];
      closes.push(await outcome(() => client.closeWrite()));
      const end = await server.read(new Uint8Array(5));
      const writes = [await outcome(() => client.write(bytes(3)))];
      writes.push(await outcome(() => client.write(new Uint8Array(0))));
      await server.write(bytes(3));
      server.close();
      return [...closes, end, ...writes, await readAll(client)];
    },
  },
  {
    name: "closeWrite after the peer's close, and after what was written",
    expected: [null, null, [1, 2, 3], null],
    async run(net) {
      const { client, server } = await pair(net);
      using _both = both(client, server);
      await server.closeWrite();
      const end = await client.read(new Uint8Array(1));
      await client.write(bytes(3));
      const closed = await outcome(() => client.closeWrite());
      return [end, closed, await readAll(server), await client.read(new Uint8Array(1))];
    },
  },
  {
    name: "writing to a peer that has closed fails in the end, and the end of the stream stays",
    expected: [`rejects ${brokenPipe}`, `rejects ${brokenPipe}`, null, null],
    async run(net) {
      const { client, server } = await pair(net);
      using _client = client;
      server.close();
      await client.read(new Uint8Array(1));
      let result: unknown = 1;
      while (result === 1) result = await outcome(() => client.write(bytes(1)));
      const again = await outcome(() => client.write(bytes(1)));
      const read = await outcome(() => client.read(new Uint8Array(1)));
      return [result, again, read, await outcome(() => client.closeWrite())];
    },
  },
];

const resetting: Case[] = [
  {
    name: "a reset is told to a read that waits, once",
    expected: [`rejects ${reset}`, null, `rejects ${brokenPipe}`],
    async run(net) {
      const client = await connectToReset(net, (conn) => conn.read(new Uint8Array(1)));
      using conn = client.conn;
      const read = await outcome(() => conn.read(new Uint8Array(1)));
      return [await client.result, read, await outcome(() => conn.write(bytes(1)))];
    },
  },
];

const closing: Case[] = [
  {
    name: "what a closed connection says to each call",
    expected: [
      `throws ${badId}`,
      `rejects ${badId}`,
      0,
      `rejects ${badId}`,
      `rejects ${badId}`,
      `rejects ${badId}`,
      `throws ${badId}`,
      `throws ${badId}`,
      null,
      null,
      null,
    ],
    async run(net) {
      const { client, server } = await pair(net);
      using _server = server;
      client.close();
      const calls: (() => unknown)[] = [
        () => client.close(),
        () => client.read(new Uint8Array(1)),
        () => client.read(new Uint8Array(0)),
        () => client.write(bytes(1)),
        () => client.write(new Uint8Array(0)),
        () => client.closeWrite(),
        () => client.setNoDelay(),
        () => client.setKeepAlive(),
        () => client.ref(),
        () => client.unref(),
        () => client[Symbol.dispose](),
      ];
      const results: unknown[] = [];
      for (const call of calls) results.push(await outcome(call));
      return results;
    },
  },
  {
    name: "what an open connection says to each call",
    expected: [null, null, null, null, null, null, null],
    async run(net) {
      const { client, server } = await pair(net);
      using _server = server;
      const calls: (() => unknown)[] = [
        () => client.setNoDelay(),
        () => client.setNoDelay(false),
        () => client.setKeepAlive(),
        () => client.setKeepAlive(false),
        () => client.unref(),
        () => client.ref(),
        () => client.close(),
      ];
      const results: unknown[] = [];
      for (const call of calls) results.push(await outcome(call));
      return results;
    },
  },
  {
    name: "dispose closes, once and again; close after it does not",
    expected: [null, null, `throws ${badId}`, null],
    async run(net) {
      const { client, server } = await pair(net);
      using _server = server;
      const disposals = [1, 2].map(() => outcome(() => client[Symbol.dispose]()));
      const close = await outcome(() => client.close());
      return [...await Promise.all(disposals), close, await server.read(new Uint8Array(1))];
    },
  },
  {
    name: "what was written before close arrives",
    expected: 100_000,
    async run(net) {
      const { client, server } = await pair(net);
      using _server = server;
      for (let sent = 0; sent < 100_000;) {
        sent += await client.write(new Uint8Array(100_000 - sent));
      }
      client.close();
      return (await readAll(server)).length;
    },
  },
  {
    name: "addresses are those of both ends, also after close",
    expected: [true, true, true, ["hostname", "port", "transport"], "tcp", true],
    async run(net) {
      const { client, server } = await pair(net);
      const { localAddr, remoteAddr } = client;
      const equal = (a: Deno.Addr, b: Deno.Addr) => JSON.stringify(a) === JSON.stringify(b);
      const results: unknown[] = [
        equal(localAddr, server.remoteAddr),
        equal(remoteAddr, server.localAddr),
        remoteAddr.hostname === net.address,
        Object.keys(localAddr),
        localAddr.transport,
      ];
      client.close();
      server.close();
      return [...results, equal(client.localAddr, localAddr)];
    },
  },
];

const streams: Case[] = [
  {
    name: "the streams are the same objects each time",
    expected: [true, true],
    async run(net) {
      const { client, server } = await pair(net);
      using _both = both(client, server);
      const { readable, writable } = client;
      return [client.readable === readable, client.writable === writable];
    },
  },
  {
    name: "taking the stream takes no bytes",
    expected: 3,
    async run(net) {
      const { client, server } = await pair(net);
      using _both = both(client, server);
      assert(client.readable instanceof ReadableStream);
      assert(client.writable instanceof WritableStream);
      await server.write(bytes(3));
      return await client.read(new Uint8Array(10));
    },
  },
  {
    name: "readable read to its end closes the connection",
    expected: [[3], `rejects ${badId}`, `throws ${badId}`, null],
    async run(net) {
      const { client, server } = await pair(net);
      using _server = server;
      await server.write(bytes(3));
      await server.closeWrite();
      const lengths: number[] = [];
      for await (const chunk of client.readable) lengths.push(chunk.length);
      const write = await outcome(() => client.write(bytes(1)));
      const close = await outcome(() => client.close());
      return [lengths, write, close, await server.read(new Uint8Array(1))];
    },
  },
  {
    name: "readable is a stream of bytes: a reader may bring its buffer",
    expected: [[4, [1, 2, 3, 4]], [2, [5, 6]]],
    async run(net) {
      const { client, server } = await pair(net);
      using _both = both(client, server);
      await server.write(bytes(6));
      const reader = client.readable.getReader({ mode: "byob" });
      const results: unknown[] = [];
      for (let i = 0; i < 2; i++) {
        const { value } = await reader.read(new Uint8Array(4));
        results.push([value!.length, [...value!]]);
      }
      return results;
    },
  },
  {
    name: "a chunk has 64 KiB at most",
    expected: [true, 200_000],
    async run(net) {
      const { client, server } = await pair(net);
      using _both = both(client, server);
      let sent = 0;
      while (sent < 200_000) sent += await server.write(new Uint8Array(200_000 - sent));
      await server.closeWrite();
      let [longest, total] = [0, 0];
      for await (const { length } of client.readable) {
        longest = Math.max(longest, length);
        total += length;
      }
      return [longest <= 65_536, total];
    },
  },
  {
    name: "cancelling readable closes the connection",
    expected: [null, `rejects ${badId}`, `rejects ${badId}`, null, `throws ${badId}`],
    async run(net) {
      const { client, server } = await pair(net);
      using _server = server;
      return [
        await outcome(() => client.readable.cancel("no more")),
        await outcome(() => client.read(new Uint8Array(1))),
        await outcome(() => client.write(bytes(1))),
        await outcome(() => server.read(new Uint8Array(1))),
        await outcome(() => client.close()),
      ];
    },
  },
  {
    name: "cancelling readable ends a read that waits",
    expected: [null, { done: true }, `throws ${badId}`],
    async run(net) {
      const { client, server } = await pair(net);
      using _server = server;
      const reader = client.readable.getReader();
      const read = outcome(() => reader.read());
      await null;
      const cancelled = await outcome(() => reader.cancel());
      return [cancelled, await read, await outcome(() => client.close())];
    },
  },
  {
    name: "writable of a connection whose readable was cancelled",
    expected: [
      null,
      `rejects ${consumed}`,
      "rejects TypeError: Writable stream is closed or errored.",
    ],
    async run(net) {
      const { client, server } = await pair(net);
      using _server = server;
      const writer = client.writable.getWriter();
      watch(writer);
      const cancelled = await outcome(() => client.readable.cancel());
      const write = await outcome(() => writer.write(bytes(1)));
      return [cancelled, write, await outcome(() => writer.close())];
    },
  },
  {
    name: "closing writable closes the connection; what was written arrives",
    expected: [null, [1, 2, 3], `rejects ${badId}`, `rejects ${badId}`, `throws ${badId}`],
    async run(net) {
      const { client, server } = await pair(net);
      using _server = server;
      const writer = client.writable.getWriter();
      await writer.write(bytes(3));
      return [
        await outcome(() => writer.close()),
        await readAll(server),
        await outcome(() => client.read(new Uint8Array(1))),
        await outcome(() => client.write(bytes(1))),
        await outcome(() => client.close()),
      ];
    },
  },
  {
    name: "readable of a connection whose writable was closed",
    expected: [null, null, `rejects ${consumed}`, `throws ${badId}`],
    async run(net) {
      const { client, server } = await pair(net);
      using _server = server;
      const reader = client.readable.getReader();
      watch(reader);
      return [
        await outcome(() => client.writable.close()),
        await outcome(() => server.read(new Uint8Array(1))),
        await outcome(() => reader.read()),
        await outcome(() => client.close()),
      ];
    },
  },
  {
    name: "aborting writable closes the connection, and interrupts a read that waits",
    expected: [null, null, `rejects ${canceled}`, `throws ${badId}`],
    async run(net) {
      const { client, server } = await pair(net);
      using _server = server;
      const reader = client.readable.getReader();
      watch(reader);
      const read = outcome(() => reader.read());
      return [
        await outcome(() => client.writable.abort("why")),
        await outcome(() => server.read(new Uint8Array(1))),
        await read,
        await outcome(() => client.close()),
      ];
    },
  },
  {
    name: "readable piped into writable is an echo that ends with the peer's stream",
    expected: [[1, 2, 3, 4, 5], null, `throws ${badId}`],
    async run(net) {
      const { client, server } = await pair(net);
      using _client = client;
      const echo = outcome(() => server.readable.pipeTo(server.writable));
      await client.write(bytes(5));
      const buffer = new Uint8Array(5);
      for (let got = 0; got < 5;) got += (await client.read(buffer.subarray(got)))!;
      await client.closeWrite();
      const end = await client.read(new Uint8Array(1));
      assertEquals(end, null);
      return [[...buffer], await echo, await outcome(() => server.close())];
    },
  },
  {
    name: "an echo of more than any buffer holds",
    expected: [true, null],
    async run(net) {
      const { client, server } = await pair(net);
      using _client = client;
      const echo = outcome(() => server.readable.pipeTo(server.writable));
      const size = 5_000_000;
      const data = Uint8Array.from({ length: size }, (_, i) => i % 251);
      const got = new Uint8Array(size);
      const write = (async () => {
        for (let at = 0; at < size;) at += await client.write(data.subarray(at));
      })();
      for (let at = 0; at < size;) at += (await client.read(got.subarray(at)))!;
      await write;
      await client.closeWrite();
      let same = true;
      for (let i = 0; i < size; i++) same &&= got[i] === data[i];
      return [same, await echo];
    },
  },
  {
    name: "close interrupts a stream's read, and its reader stays in error",
    expected: [null, `rejects ${canceled}`, `rejects ${canceled}`, `rejects ${canceled}`],
    async run(net) {
      const { client, server } = await pair(net);
      using _server = server;
      const reader = client.readable.getReader();
      const read = outcome(() => reader.read());
      await null;
      return [
        await outcome(() => client.close()),
        await read,
        await outcome(() => reader.closed),
        await outcome(() => reader.read()),
      ];
    },
  },
  {
    name: "streams of a connection that was closed",
    expected: [
      `rejects ${consumed}`,
      `rejects ${consumed}`,
      "rejects TypeError: Writable stream is closed or errored.",
    ],
    async run(net) {
      const { client, server } = await pair(net);
      using _server = server;
      client.close();
      const [reader, writer] = [client.readable.getReader(), client.writable.getWriter()];
      watch(reader);
      watch(writer);
      return [
        await outcome(() => reader.read()),
        await outcome(() => writer.write(bytes(1))),
        await outcome(() => writer.close()),
      ];
    },
  },
  {
    name: "writable takes buffers and views of any kind, and refuses the rest",
    expected: [
      [1, 2, 3, 4, 5, 6],
      "rejects TypeError: Expected ArrayBuffer or ArrayBufferView for write chunk",
      `throws ${badId}`,
    ],
    async run(net) {
      const { client, server } = await pair(net);
      using _server = server;
      const writer = client.writable.getWriter();
      watch(writer);
      const data = bytes(6).buffer;
      for (const chunk of [data.slice(0, 2), new DataView(data, 2, 2), bytes(6).subarray(4)]) {
        await writer.write(chunk as Uint8Array);
      }
      const got: number[] = [];
      const buffer = new Uint8Array(6);
      while (got.length < 6) got.push(...buffer.subarray(0, (await server.read(buffer))!));
      const refused = await outcome(() => writer.write("text" as unknown as Uint8Array));
      return [got, refused, await outcome(() => client.close())];
    },
  },
  {
    name: "writable of a connection whose peer is gone closes it",
    expected: [`rejects ${brokenPipe}`, `rejects ${brokenPipe}`, `throws ${badId}`],
    async run(net) {
      const { client, server } = await pair(net);
      server.close();
      await client.read(new Uint8Array(1));
      const writer = client.writable.getWriter();
      watch(writer);
      let result: unknown = null;
      while (result === null) result = await outcome(() => writer.write(bytes(1)));
      const closed = await outcome(() => writer.closed);
      return [result, closed, await outcome(() => client.close())];
    },
  },
];

testBoth([...reading, ...writing, ...resetting, ...closing, ...streams]);

Deno.test("a reset at a write that comes first is told once, as Linux tells it", async () => {
  await using net = new LanNetwork();
  const { client, server } = await pair(net);
  await client.write(bytes(3));
  await server.read(new Uint8Array(1));
  // Unread bytes make the close a reset (RFC 9293 §3.6.1, RFC 2525 §2.17).
  server.close();
  const connection = [...net.client.stack.tcp.connections()][0]!;
  while (connection.isOpen) await turn();
  using _client = client;
  assertEquals(await outcome(() => client.write(bytes(1))), `rejects ${reset}`);
  assertEquals(await outcome(() => client.write(bytes(1))), `rejects ${brokenPipe}`);
  assertEquals(await client.read(new Uint8Array(1)), null);
});

/** Lets the event loop go round once. */
function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

/** Both connections as one thing to be disposed of. */
function both(...conns: Deno.TcpConn[]): Disposable {
  return { [Symbol.dispose]: () => conns.forEach((conn) => conn[Symbol.dispose]()) };
}

/** Looks at the promises that reject when a stream fails, so that nobody calls them unhandled. */
function watch(
  end: { readonly closed: Promise<unknown>; readonly ready?: Promise<unknown> },
): void {
  end.closed.catch(() => {});
  end.ready?.catch(() => {});
}

/** Writes until a write waits; `full` resolves then, `result` with what became of that write. */
function fill(conn: Deno.TcpConn): { full: Promise<void>; result: Promise<unknown> } {
  const full = Promise.withResolvers<void>();
  const result = (async () => {
    for (;;) {
      let isPending = true;
      const write = outcome(() => conn.write(new Uint8Array(1 << 20)));
      write.then(() => isPending = false);
      // Ten rounds of the event loop are more than a write takes that need not wait.
      for (let i = 0; i < 10 && isPending; i++) await turn();
      if (isPending) {
        full.resolve();
        return await write;
      }
    }
  })();
  return { full: full.promise, result };
}

/** A connection that is reset by its peer while `call` waits. */
async function connectToReset(
  net: Parameters<Case["run"]>[0],
  call: (conn: Deno.TcpConn) => Promise<unknown>,
): Promise<{ conn: Deno.TcpConn; result: Promise<unknown> }> {
  const listener = net.listen({ port: 0 });
  const conn = await net.connect({ port: listener.addr.port });
  const result = outcome(() => call(conn));
  // Connections that nobody accepted are reset when their listener closes.
  listener.close();
  return { conn, result };
}
