import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { Host, Lan } from "../mod.ts";
import { PipeListener, turns, until } from "./_pipe.ts";
import { type ServeHandler, serveOn, type ServeOnOptions } from "./mod.ts";

/** A server on connections in memory. */
function inMemory(handler: ServeHandler, options: ServeOnOptions = {}, limit?: number) {
  const listener = new PipeListener(limit);
  const server = serveOn(listener, handler, options);
  return { server, connect: () => listener.connect() };
}

/** All that a server says, without the dates, to a client that says this and waits for the end. */
async function converse(
  handler: ServeHandler,
  pieces: readonly string[],
  options: ServeOnOptions = {},
): Promise<string> {
  const { server, connect } = inMemory(handler, options);
  const conn = connect();
  for (const piece of pieces) {
    await conn.send(piece);
    await until(() => conn.unread === 0 || conn.isPeerDone);
  }
  const text = await conn.receive();
  conn.close();
  await server.shutdown();
  return text.replaceAll(/date: [^\r]*\r\n/gi, "");
}

/** A stream of pieces that come one turn after the other. */
function streamed(...pieces: string[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    async pull(controller) {
      await new Promise((next) => setTimeout(next));
      const piece = pieces.shift();
      if (piece === undefined) controller.close();
      else controller.enqueue(new TextEncoder().encode(piece));
    },
  });
}

/** Tells what came. */
const echo: ServeHandler = async (request) => {
  const { method, url } = request;
  return new Response(`${method} ${url} ${await request.text()}`);
};
const plain = "content-type: text/plain;charset=UTF-8\r\n";
const close = "Connection: close\r\n\r\n";
const ask = `GET / HTTP/1.1\r\nHost: x\r\n${close}`;
const answer = (length: number): string =>
  `HTTP/1.1 200 OK\r\n${plain}Content-Length: ${length}\r\n`;

interface Conversation {
  readonly name: string;
  readonly sent: string;
  readonly handler?: () => ServeHandler;
  readonly told: string;
}

const conversations: readonly Conversation[] = [
  {
    name: "GET",
    sent: `GET /a?b HTTP/1.1\r\nHost: x\r\n${close}`,
    told: `${answer(17)}${close}GET http://x/a?b `,
  },
  {
    name: "HTTP/1.0, which needs no Host and keeps nothing",
    sent: "GET /a HTTP/1.0\r\n\r\n",
    told: `${answer(23)}${close}GET http://192.0.2.2/a `,
  },
  {
    name: "a target in absolute form, whatever Host says",
    sent: `GET http://q:8/a HTTP/1.1\r\nHost: x\r\n${close}`,
    told: `${answer(17)}${close}GET http://q:8/a `,
  },
  {
    name: "chunks",
    sent: "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n" +
      "3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nT: 1\r\n\r\n",
    told: `${answer(20)}${close}POST http://x/ abcde`,
  },
  {
    name: "requests behind each other in their order",
    sent: "GET /1 HTTP/1.1\r\nHost: x\r\n\r\n" +
      "POST /2 HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc" +
      `GET /3 HTTP/1.1\r\nHost: y\r\n${close}`,
    told: `${answer(15)}\r\nGET http://x/1 ${answer(19)}\r\nPOST http://x/2 abc` +
      `${answer(15)}${close}GET http://y/3 `,
  },
  {
    name: "a request whose predecessor's body was not read",
    handler: () => (request) => new Response(request.method),
    sent: "POST /1 HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc" + ask,
    told: `${answer(4)}\r\nPOST${answer(3)}${close}GET`,
  },
  {
    name: "a request behind a slower one only after it",
    handler: () => async ({ url }) => {
      if (url.endsWith("/slow")) await turns(2);
      return new Response(url.slice(9));
    },
    sent: "GET /slow HTTP/1.1\r\nHost: x\r\n\r\n" + ask,
    told: `${answer(4)}\r\nslow${answer(0)}${close}`,
  },
  {
    name: "HEAD like GET but for the body",
    handler: () => () => new Response("hello"),
    sent: `HEAD / HTTP/1.1\r\nHost: x\r\n${close}`,
    told: `${answer(5)}${close}`,
  },
  {
    name: "HEAD with the length that the handler tells",
    handler: () => () => new Response(null, { headers: { "content-length": "7" } }),
    sent: `HEAD / HTTP/1.1\r\nHost: x\r\n${close}`,
    told: `HTTP/1.1 200 OK\r\nContent-Length: 7\r\n${close}`,
  },
  ...[204, 304].map((status) => ({
    name: `with status ${status} without a body or its length`,
    handler: () => () => new Response(null, { status }),
    sent: ask,
    told: `HTTP/1.1 ${status} ${status === 204 ? "No Content" : "Not Modified"}\r\n${close}`,
  })),
  {
    name: "with a status and reason of the handler's own",
    handler: () => () => new Response(null, { status: 299, statusText: "So So" }),
    sent: ask,
    told: `HTTP/1.1 299 So So\r\nContent-Length: 0\r\n${close}`,
  },
  {
    name: "with a stream, in chunks",
    handler: () => () => new Response(streamed("abc", "de")),
    sent: ask,
    told:
      `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n${close}3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n`,
  },
  {
    name: "with a stream of a length that is told",
    handler: () => () =>
      new Response(streamed("abc", "de"), { headers: { "content-length": "5" } }),
    sent: ask,
    told: `HTTP/1.1 200 OK\r\nContent-Length: 5\r\n${close}abcde`,
  },
  {
    name: "HTTP/1.0 with a stream, until the end of the connection",
    handler: () => () => new Response(streamed("abc", "de")),
    sent: "GET / HTTP/1.0\r\n\r\n",
    told: `HTTP/1.1 200 OK\r\n${close}abcde`,
  },
];

for (const { name, handler = () => echo, sent, told } of conversations) {
  Deno.test(`serveOn answers ${name}`, async () => {
    assertEquals(await converse(handler(), [sent]), told);
    assertEquals(await converse(handler(), [...sent]), told);
    for (let at = 1; at < sent.length; at++) {
      assertEquals(await converse(handler(), [sent.slice(0, at), sent.slice(at)]), told);
    }
  });
}

const post = "POST / HTTP/1.1\r\nHost: a\r\n";
const refusals: readonly [sent: string, status: number][] = [
  ["GET\r\n\r\n", 400],
  ["GET / HTTP/1.1\r\n\r\n", 400],
  ["GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400],
  ["GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400],
  ["GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400],
  ["GET / HTTP/1.1\r\nHost: a\r\nX: \0\r\n\r\n", 400],
  [`${post}Content-Length: 3\r\nContent-Length: 4\r\n\r\n`, 400],
  [`${post}Content-Length: -1\r\n\r\n`, 400],
  [`${post}Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n`, 400],
  [`${post}Transfer-Encoding: gzip\r\n\r\n`, 501],
  ["GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505],
  [`GET / HTTP/1.1\r\nHost: a\r\nX: ${"x".repeat(2000)}\r\n\r\n`, 431],
  [`GET / HTTP/1.1\r\nHost: a\r\n${"X: y\r\n".repeat(400)}\r\n`, 431],
  [`GET /${"x".repeat(2000)} HTTP/1.1\r\nHost: a\r\n\r\n`, 414],
];

Deno.test("serveOn refuses what is no request, and does not ask its handler", async () => {
  for (const [sent, status] of refusals) {
    let asked = 0;
    const handler: ServeHandler = () => {
      asked++;
      return new Response();
    };
    for (const pieces of [[sent], [...sent]]) {
      const told = await converse(handler, pieces, { maxHeadLength: 1000 });
      assertEquals(told.slice(0, 13), `HTTP/1.1 ${status} `, sent.slice(0, 80));
      assert(told.endsWith(`Content-Length: 0\r\n${close}`), told);
    }
    assertEquals(asked, 0);
  }
});

const failures: readonly [name: string, handler: () => unknown, message: string][] = [
  ["throws", () => {
    throw new Error("thrown");
  }, "thrown"],
  ["rejects", () => Promise.reject(new Error("rejected")), "rejected"],
  ["gives no Response", () => 7, "number"],
  ["gives Response.error()", () => Response.error(), "Response.error()"],
  ["gives a locked body", () => {
    const response = new Response("x");
    response.body!.getReader();
    return response;
  }, "was used"],
  ["gives a used body", async () => {
    const response = new Response("x");
    await response.text();
    return response;
  }, "was used"],
];

for (const [name, handler, message] of failures) {
  Deno.test(`serveOn calls onError where the handler ${name}`, async () => {
    const told = await converse(handler as ServeHandler, [ask], {
      onError: (error) => new Response((error as Error).message, { status: 503 }),
    });
    assert(told.startsWith("HTTP/1.1 503 "), told);
    assert(told.includes(message), told);
  });
}

Deno.test("serveOn answers 500 and logs where nothing else is said, or onError fails too", async () => {
  const logged: unknown[] = [];
  const log = console.error;
  console.error = (error: unknown) => void logged.push(error);
  try {
    const first = new Error("first");
    const second = new Error("second");
    const handler: ServeHandler = () => Promise.reject(first);
    const onError = (): Response => {
      throw second;
    };
    for (const options of [{}, { onError }]) {
      const told = await converse(handler, [ask], options);
      assert(told.startsWith("HTTP/1.1 500 "), told);
      assert(!told.includes("first"), told);
    }
    assertEquals(logged, [first, second]);
  } finally {
    console.error = log;
  }
});

Deno.test("serveOn cuts a response short whose stream fails", async () => {
  const reason = new Error("no more");
  const { server, connect } = inMemory((_, info) => {
    info.completed.catch((error) => failed = error);
    let pulls = 0;
    return new Response(
      new ReadableStream({
        async pull(controller) {
          await Promise.resolve();
          if (pulls++ > 0) throw reason;
          controller.enqueue(new TextEncoder().encode("abc"));
        },
      }, { highWaterMark: 0 }),
    );
  });
  let failed: unknown;
  const conn = connect();
  await conn.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  await assertRejects(() => conn.receive(), Deno.errors.ConnectionReset);
  assertEquals(failed, reason);
  await server.shutdown();
});

Deno.test("serveOn cuts a response short whose length is not what was announced", async () => {
  for (const pieces of [["abc"], ["abc", "defg"]]) {
    let failed: unknown;
    const { server, connect } = inMemory((_, info) => {
      info.completed.catch((error) => failed = error);
      return new Response(streamed(...pieces), { headers: { "content-length": "5" } });
    });
    const conn = connect();
    await conn.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    await assertRejects(() => conn.receive(), Deno.errors.ConnectionReset);
    assert(failed instanceof TypeError || failed instanceof RangeError);
    await server.shutdown();
  }
});

Deno.test("serveOn lets nobody read a body whose request was answered", async () => {
  let first: Request | null = null;
  const told = await converse(async (request) => {
    if (first === null) return new Response((first = request).method);
    return new Response((await assertRejects(() => first!.text(), TypeError)).name);
  }, [
    "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n\r\n",
    "x".repeat(60_000),
    ask,
  ]);
  assertEquals(told, `${answer(4)}\r\nPOST${answer(9)}${close}TypeError`);
});

Deno.test("a request that is kept tells what it was, whatever came after it", async () => {
  const kept: Request[] = [];
  const heads = Array.from(
    { length: 300 },
    (_, i) => `GET /${i} HTTP/1.1\r\nHost: x\r\nN: ${i}\r\n\r\n`,
  );
  const { server, connect } = inMemory((request) => {
    kept.push(request);
    return new Response("");
  });
  const conn = connect();
  for (const head of heads) await conn.send(head);
  await until(() => kept.length === heads.length);
  for (const [i, request] of kept.entries()) {
    assertEquals(request.headers.get("n"), `${i}`);
    assertEquals(request.url, `http://x/${i}`);
  }
  conn.close();
  await server.shutdown();
});

Deno.test("serveOn tells a handler of a body that is cut short or malformed", async () => {
  for (const rest of ["3\r\nab", "3\r\nabcX", "x\r\n"]) {
    const { server, connect } = inMemory(async (request) => {
      await assertRejects(() => request.text(), TypeError);
      return new Response("told");
    });
    const conn = connect();
    await conn.send(`POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n${rest}`);
    await conn.closeWrite();
    assert((await conn.receive()).endsWith(`${close}told`));
    conn.close();
    await server.shutdown();
  }
});

Deno.test("serveOn asks for a body that waits, when the handler reads it", async () => {
  const { server, connect } = inMemory((request) =>
    request.url.endsWith("/no") ? new Response(null, { status: 403 }) : echo(request, undefined!)
  );
  const head = (path: string): string =>
    `POST ${path} HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n`;
  const conn = connect();
  await conn.send(head("/"));
  assertEquals(await conn.head(), "HTTP/1.1 100 Continue\r\n\r\n");
  await conn.send("abc");
  assert((await conn.receive((text) => text.endsWith("abc"))).startsWith("HTTP/1.1 200 OK\r\n"));
  // Nobody can tell whether the body comes, so the connection ends.
  await conn.send(head("/no"));
  const refused = await conn.receive();
  assert(refused.startsWith("HTTP/1.1 403 ") && refused.endsWith(close), refused);
  conn.close();
  await server.shutdown();
});

Deno.test("serveOn aborts the signal when the client goes, before and during the response", async () => {
  for (const leave of ["close", "abort"] as const) {
    const asked = Promise.withResolvers<Request>();
    const done = Promise.withResolvers<Response>();
    const { server, connect } = inMemory((request) => {
      asked.resolve(request);
      return done.promise;
    });
    const conn = connect();
    await conn.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    const { signal } = await asked.promise;
    assertEquals(signal.aborted, false);
    const aborted = new Promise((resolve) => signal.addEventListener("abort", resolve));
    conn[leave]();
    await aborted;
    assertEquals(signal.reason.name, "AbortError");
    done.resolve(new Response("late"));
    await server.shutdown();
    assertEquals(server.connectionCount, 0);
  }
  let cancelled = false;
  const { server, connect } = inMemory(
    () =>
      new Response(
        new ReadableStream({
          pull: (controller) => controller.enqueue(new Uint8Array(1000)),
          cancel: () => void (cancelled = true),
        }),
      ),
    {},
    4096,
  );
  const conn = connect();
  await conn.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  await conn.head();
  conn.close();
  await until(() => cancelled);
  await server.shutdown();
});

Deno.test("serveOn aborts the signal when the client goes whose body was read", async () => {
  const asked = Promise.withResolvers<Request>();
  const { server, connect } = inMemory(async (request) => {
    assertEquals(await request.text(), "abc");
    asked.resolve(request);
    await new Promise((resolve) => request.signal.addEventListener("abort", resolve));
    return new Response("late");
  });
  const conn = connect();
  await conn.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\n");
  await conn.send("abc");
  const { signal } = await asked.promise;
  conn.close();
  await until(() => signal.aborted);
  await server.shutdown();
});

Deno.test("serveOn sends a piece before it waits for the next, and ends the wait for a client that left", async () => {
  const cancelled = Promise.withResolvers<void>();
  const { server, connect } = inMemory(() => {
    let isFirst = true;
    return new Response(
      new ReadableStream({
        async pull(controller) {
          if (!isFirst) await cancelled.promise;
          else controller.enqueue(new TextEncoder().encode("first"));
          isFirst = false;
        },
        cancel: () => cancelled.resolve(),
      }),
    );
  });
  const conn = connect();
  await conn.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  await conn.receive((text) => text.endsWith("first\r\n"));
  conn.abort();
  await cancelled.promise;
  await server.shutdown();
});

Deno.test("serveOn reads and writes no further than the other side does", async () => {
  let made = 0;
  const asked = Promise.withResolvers<Request>();
  const done = Promise.withResolvers<Response>();
  const { server, connect } = inMemory(
    (request) => {
      if (request.method === "POST") {
        asked.resolve(request);
        return done.promise;
      }
      return new Response(
        new ReadableStream({
          pull(controller) {
            made += 10_000;
            controller.enqueue(new Uint8Array(10_000));
          },
        }, { highWaterMark: 0 }),
      );
    },
    {},
    8192,
  );
  const reader = connect();
  await reader.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  await reader.head();
  await turns(20);
  assert(made < 300_000, `${made} bytes were made`);

  const writer = connect();
  await writer.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n");
  const body = (await asked.promise).body!.getReader();
  const rest = writer.send("x".repeat(1_000_000)).catch(() => {});
  await turns(20);
  assert(writer.written < 50_000, `${writer.written} bytes were taken`);
  const { value } = await body.read();
  assert(value!.length > 0);
  await turns(20);
  assert(writer.written < 150_000, `${writer.written} bytes were taken`);
  reader.close();
  writer.close();
  await rest;
  await assertRejects(async () => {
    while (!(await body.read()).done);
  });
  done.resolve(new Response());
  await server.shutdown();
});

Deno.test("HttpServer.shutdown closes what is idle and waits for what is not", async () => {
  const asked = Promise.withResolvers<void>();
  const done = Promise.withResolvers<Response>();
  const { server, connect } = inMemory((request) => {
    if (!request.url.endsWith("/slow")) return new Response("quick");
    asked.resolve();
    return done.promise;
  });
  const idle = connect();
  await idle.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  await idle.receive((text) => text.endsWith("quick"));
  const busy = connect();
  await busy.send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n");
  await asked.promise;
  let isDone = false;
  const shutdown = server.shutdown().then(() => isDone = true);
  assertEquals(await idle.receive(), "");
  await until(() => server.connectionCount === 1);
  assertEquals(isDone, false);
  done.resolve(new Response("slow"));
  const told = await busy.receive();
  assert(told.includes("Connection: close") && told.endsWith("slow"), told);
  busy.close();
  await shutdown;
  await server.finished;
});

Deno.test("serveOn ends with its signal at once", async () => {
  const abort = new AbortController();
  const asked = Promise.withResolvers<Request>();
  const { server, connect } = inMemory((request) => {
    asked.resolve(request);
    return new Promise<Response>((_, reject) =>
      request.signal.addEventListener("abort", () => reject(request.signal.reason))
    );
  }, { signal: abort.signal, onError: () => new Response() });
  const conn = connect();
  await conn.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  await asked.promise;
  abort.abort();
  await server.finished;
  assertEquals(await conn.receive(), "");
});

Deno.test("serveOn refuses misuse", () => {
  const listener = new PipeListener();
  assertThrows(() => serveOn(listener, 7 as unknown as ServeHandler), TypeError);
  assertThrows(() => serveOn(listener, echo, { idleTimeout: 0 }), RangeError);
  assertThrows(() => serveOn(listener, echo, { headTimeout: NaN }), RangeError);
});

Deno.test("serveOn ends connections that idle or dawdle", async () => {
  const { server, connect } = inMemory(echo, { idleTimeout: 4, headTimeout: 4 });
  const alive = setTimeout(() => {}, 5000);
  const idle = connect();
  assertEquals(await idle.receive(), "");
  const slow = connect();
  await slow.send("GET / HT");
  assert((await slow.receive()).startsWith("HTTP/1.1 408 "));
  clearInterval(alive);
  clearTimeout(alive);
  await server.shutdown();
});

/** Five million bytes that no compression makes small, and their digest. */
const big: Uint8Array<ArrayBuffer> = new Uint8Array(5_000_000);
let state = 1;
for (let i = 0; i < big.length; i++) {
  state = (state * 48_271) % 0x7fffffff;
  big[i] = state >> 8;
}
const bigDigest = await digest(big);

async function digest(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}

/** Answers as differently as a handler can. */
const varied: ServeHandler = async (request) => {
  const { pathname, search } = new URL(request.url);
  switch (pathname) {
    case "/none":
      return new Response(null, { status: 204 });
    case "/unchanged":
      return new Response(null, { status: 304, headers: { etag: '"1"' } });
    case "/json":
      return Response.json({ a: [1, 2] }, { status: 201 });
    case "/cookies":
      return new Response("x", { headers: [["set-cookie", "a=1"], ["set-cookie", "b=2"]] });
    case "/redirect":
      return new Response(null, { status: 307, headers: { location: "/echo?again" } });
    case "/stream":
      return new Response(streamed("one,", "two,", "three"));
    case "/throw":
      throw new Error("thrown");
    case "/big":
      return new Response(big);
    case "/digest":
      return new Response(await digest(await request.bytes()));
    case "/piped":
      return new Response(request.body);
    default:
      return Response.json({
        method: request.method,
        pathname,
        search,
        agent: request.headers.get("x-agent"),
        type: request.headers.get("content-type"),
        text: await request.text(),
      });
  }
};

/** What can be seen of a response, in the words of both servers. */
async function summary(response: Response): Promise<unknown> {
  const { status, statusText, redirected } = response;
  const bytes = await response.bytes();
  const headers = new Headers(response.headers);
  // How a body is framed and when it was sent is each server's own affair.
  for (const name of ["date", "vary", "connection", "transfer-encoding"]) headers.delete(name);
  if (bytes.length > 0) headers.delete("content-length");
  return {
    status,
    statusText,
    redirected,
    headers: [...headers],
    length: bytes.length,
    digest: await digest(bytes),
  };
}

const identity = { "accept-encoding": "identity", "x-agent": "tester" };
const asked: readonly [path: string, init?: () => RequestInit][] = [
  ["/echo/a%20b?c=d&e"],
  ["/echo", () => ({ method: "HEAD" })],
  ["/echo", () => ({ method: "DELETE" })],
  ["/echo", () => ({ method: "OPTIONS" })],
  ["/echo", () => ({ method: "PATCH", body: "text" })],
  ["/echo", () => ({ method: "POST", body: new URLSearchParams({ a: "b c" }) })],
  ["/echo", () => ({ method: "POST" })],
  ["/echo", () => ({ method: "POST", body: streamed("a", "bc", "def") })],
  ["/piped", () => ({ method: "POST", body: streamed("a", "bc", "def") })],
  ["/piped", () => ({ method: "POST", body: big })],
  ["/digest", () => ({ method: "PUT", body: big })],
  ["/none"],
  ["/unchanged"],
  ["/json"],
  ["/cookies"],
  ["/redirect", () => ({ method: "POST", body: "again" })],
  ["/stream"],
  ["/throw"],
  ["/big"],
];

Deno.test("serveOn on Deno's listener looks to Deno's fetch like Deno.serve", async () => {
  const onError = (): Response => new Response("failed", { status: 500 });
  await using theirs = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onError, onListen: () => {} },
    (request) => varied(request, undefined!),
  );
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  await using ours = serveOn(listener, varied, { onError });
  using client = Deno.createHttpClient({});
  for (const [path, init] of asked) {
    const [expected, actual] = await Promise.all(
      [theirs.addr.port, listener.addr.port].map(async (port) =>
        await summary(
          await fetch(`http://127.0.0.1:${port}${path}`, {
            headers: identity,
            ...init?.(),
            client,
          }),
        )
      ),
    );
    assertEquals(actual, expected, path);
  }
  const many = await Promise.all(Array.from({ length: 100 }, async (_, i) => {
    const response = await fetch(`http://127.0.0.1:${listener.addr.port}/echo?${i}`, { client });
    return (await response.json()).search;
  }));
  assertEquals(many, Array.from({ length: 100 }, (_, i) => `?${i}`));
  const abort = new AbortController();
  const half = await fetch(`http://127.0.0.1:${listener.addr.port}/big`, {
    signal: abort.signal,
    client,
  });
  await half.body!.getReader().read();
  abort.abort();
  client.close();
  await ours.shutdown();
  assertEquals(ours.connectionCount, 0);
});

/** Two hosts on one LAN. */
function twoHosts(): { a: Host; b: Host; [Symbol.asyncDispose](): Promise<void> } {
  const lan = new Lan();
  const a = new Host(lan.attach(), { address: { address: "10.0.0.1/24" } });
  const b = new Host(lan.attach(), { address: { address: "10.0.0.2/24" } });
  return {
    a,
    b,
    async [Symbol.asyncDispose]() {
      await a.close();
      await b.close();
    },
  };
}

Deno.test("Host.serve answers Host.fetch: large bodies both ways, all at once", async () => {
  await using hosts = twoHosts();
  const { a, b } = hosts;
  await using server = b.serve({ port: 80, onListen: () => {} }, varied);
  assertEquals(server.addr.port, 80);
  const results = await Promise.all([
    a.fetch("http://10.0.0.2/big").then((response) => response.bytes()).then(digest),
    a.fetch("http://10.0.0.2/digest", { method: "POST", body: big }).then((r) => r.text()),
    ...Array.from({ length: 20 }, async (_, i) => {
      const body = `${i}`;
      const response = await a.fetch("http://10.0.0.2/echo", { method: "POST", body });
      return (await response.json()).text;
    }),
  ]);
  assertEquals(results, [bigDigest, bigDigest, ...Array.from({ length: 20 }, (_, i) => `${i}`)]);
});

Deno.test("Host.serve learns that the client of Host.fetch has gone", async () => {
  await using hosts = twoHosts();
  const { a, b } = hosts;
  const asked = Promise.withResolvers<Request>();
  await using _server = b.serve(
    { port: 80, onListen: () => {}, onError: () => new Response() },
    (request) => {
      asked.resolve(request);
      return new Promise<Response>((_, reject) =>
        request.signal.addEventListener("abort", () => reject(request.signal.reason))
      );
    },
  );
  const abort = new AbortController();
  const pending = a.fetch("http://10.0.0.2/", { signal: abort.signal });
  const { signal } = await asked.promise;
  const gone = new Promise((resolve) => signal.addEventListener("abort", resolve));
  abort.abort(new Error("enough"));
  await assertRejects(() => pending, Error, "enough");
  await gone;
});

Deno.test("Host.serve makes no more of a body than its reader leaves room for", async () => {
  await using hosts = twoHosts();
  const { a, b } = hosts;
  let made = 0;
  let isCancelled = false;
  await using _server = b.serve({ port: 80, onListen: () => {} }, () =>
    new Response(
      new ReadableStream({
        pull(controller) {
          made += 65_536;
          controller.enqueue(new Uint8Array(65_536));
        },
        cancel: () => void (isCancelled = true),
      }, { highWaterMark: 0 }),
    ));
  const response = await a.fetch("http://10.0.0.2/");
  const reader = response.body!.getReader();
  await reader.read();
  let stable = 0;
  for (let before = -1; stable < 100; stable = before === made ? stable + 1 : 0) {
    before = made;
    await new Promise((next) => setTimeout(next));
  }
  // Buffers of both connections at their largest, and what is in hand.
  assert(made < 2_000_000, `${made} bytes were made`);
  await reader.cancel();
  await until(() => isCancelled);
});

Deno.test("a request that comes while the last response is still going out is answered", async () => {
  const gate = Promise.withResolvers<Response>();
  let requests = 0;
  const handler: ServeHandler = () => ++requests === 1 ? gate.promise : new Response("second");
  const { server, connect } = inMemory(handler, {}, 64);
  const conn = connect();
  await conn.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  await until(() => requests === 1);
  // Longer than the connection holds: its end waits for a reader.
  gate.resolve(new Response("first".repeat(100)));
  await until(() => conn.isPeerStuck);
  await conn.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  await turns(2);
  const told = await conn.receive((text) => text.endsWith("second"));
  assert(told.includes("first".repeat(100)), told);
  assertEquals(requests, 2);
  conn.close();
  await server.shutdown();
});
