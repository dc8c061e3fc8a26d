import { assert, assertEquals, assertRejects } from "@std/assert";
import { Host, Lan } from "../mod.ts";
import { pipe, type PipeEnd, turns, until } from "./_pipe.ts";
import { createFetch, HttpClient, HttpError } from "./mod.ts";

const text = "octet ".repeat(20_000);

async function compressed(
  source: string,
  format: CompressionFormat,
): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([source]).stream().pipeThrough(new CompressionStream(format));
  return await new Response(stream).bytes();
}

async function digest(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}

/** Five million bytes that no compression makes small. */
const big: Uint8Array<ArrayBuffer> = new Uint8Array(5_000_000);
let state = 1;
for (let i = 0; i < big.length; i++) {
  state = (state * 48_271) % 0x7fffffff;
  big[i] = state >> 8;
}

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

/** Answers as differently as a server can; redirects lead to `other` where the path says so. */
async function answer(request: Request, other: number): Promise<Response> {
  const { pathname, search, searchParams } = new URL(request.url);
  const [, name = "", argument = ""] = pathname.split("/");
  const to = (status: number, location: string): Response =>
    new Response("moved", { status, headers: { location } });
  switch (name) {
    case "redirect":
      return to(Number(argument), searchParams.get("to") ?? "/echo?redirected");
    case "other":
      return to(302, `http://127.0.0.1:${other}/echo`);
    case "hops":
      return argument === "0" ? new Response("there") : to(302, `/hops/${Number(argument) - 1}`);
    case "bare":
      return new Response("nowhere", { status: 302 });
    case "coded": {
      const format = (argument === "x-gzip" ? "gzip" : argument) as CompressionFormat;
      const body = argument === "identity" ? text : await compressed(text, format);
      return new Response(body, {
        headers: { "content-encoding": argument === "deflate-raw" ? "deflate" : argument },
      });
    }
    case "unknown":
      return new Response("as it is", { headers: { "content-encoding": "martian" } });
    case "empty":
      return new Response(null, { headers: { "content-encoding": "gzip" } });
    case "broken":
      return new Response("no gzip at all", { headers: { "content-encoding": "gzip" } });
    case "status":
      return new Response(null, { status: Number(argument) });
    case "cookies":
      return new Response("x", { headers: [["set-cookie", "a=1"], ["set-cookie", "b=2"]] });
    case "stream":
      return new Response(streamed("one,", "two,", "three"));
    case "big":
      return new Response(big);
    case "digest":
      return new Response(await digest(await request.bytes()));
    default: {
      const shown = [...request.headers].filter(([name]) =>
        // Both fetches add what describes themselves and how the body is framed.
        !["host", "user-agent", "accept-encoding", "content-length", "transfer-encoding"]
          .includes(name)
      );
      const { method } = request;
      return Response.json({ method, pathname, search, shown, body: await request.text() });
    }
  }
}

/** What can be seen of the outcome of a fetch. */
async function outcome(fetched: Promise<Response>): Promise<unknown> {
  let response: Response;
  try {
    response = await fetched;
  } catch (error) {
    return { error: (error as Error).name };
  }
  const { status, statusText, url, redirected } = response;
  let body: string;
  try {
    body = await digest(await response.clone().bytes());
    assertEquals(await digest(await response.bytes()), body);
  } catch (error) {
    body = (error as Error).name;
  }
  const headers = new Headers(response.headers);
  for (const name of ["date", "vary", "connection"]) headers.delete(name);
  return { status, statusText, url, redirected, body, headers: [...headers] };
}

const asked: readonly [path: string, init?: () => RequestInit][] = [
  ["/echo"],
  ["/echo/a%20b/../c?d=e&f#fragment"],
  ["/echo", () => ({ headers: { "X-A": "1", accept: "text/html" } })],
  ["/echo", () => ({ method: "put", body: "text" })],
  ["/echo", () => ({ method: "PATCH", body: new URLSearchParams({ a: "b c" }) })],
  ["/echo", () => ({ method: "POST", body: new Uint8Array([65, 66]) })],
  ["/echo", () => ({ method: "POST", body: new Blob(["blob"], { type: "text/x" }) })],
  ["/echo", () => ({ method: "POST", body: streamed("a", "bc", "def") })],
  ["/echo", () => ({ method: "POST" })],
  ["/echo", () => ({ method: "POST", body: "" })],
  ["/echo", () => ({ method: "HEAD" })],
  ["/echo", () => ({ method: "DELETE" })],
  ["/echo", () => ({ method: "OPTIONS" })],
  ["/echo", () => ({ method: "GET", body: "not allowed" })],
  ["/echo", () => ({ method: "TRACE" })],
  ["/echo", () => ({ method: "no token" })],
  ["/echo", () => ({ signal: AbortSignal.abort() })],
  ["/digest", () => ({ method: "POST", body: big })],
  ["/digest", () => ({ method: "POST", body: new Blob([big]).stream() })],
  ["/big"],
  ["/stream"],
  ["/cookies"],
  ...["identity", "gzip"].map((name): [string] => [`/coded/${name}`]),
  ["/unknown"],
  ["/empty"],
  ["/broken"],
  ...[204, 205, 304, 400, 404, 500, 599].map((status): [string] => [`/status/${status}`]),
  ...[301, 302, 303, 307, 308].flatMap((status): [string, () => RequestInit][] =>
    ["GET", "HEAD", "POST", "PUT", "DELETE"].map((method) => [
      `/redirect/${status}#f`,
      () => ({
        method,
        headers: { authorization: "Basic x", "x-a": "1", "content-language": "en" },
        ...(method.startsWith("P") ? { body: "text" } : {}),
      }),
    ])
  ),
  ["/redirect/303", () => ({ method: "POST", body: streamed("a", "b") })],
  ["/redirect/307", () => ({ method: "POST", body: streamed("a", "b") })],
  ["/redirect/300"],
  ["/redirect/302?to=http%3A%2F%2F%5B"],
  ["/redirect/302?to=ftp%3A%2F%2Fx%2F"],
  ["/other", () => ({ headers: { authorization: "Basic x", cookie: "a=b", "x-a": "1" } })],
  ["/hops/20"],
  ["/hops/21"],
  ["/hops/1", () => ({ redirect: "error" })],
  ["/hops/0", () => ({ redirect: "error" })],
  ["/hops/1", () => ({ redirect: "manual" })],
];

Deno.test("createFetch does what Deno's fetch does", async (test) => {
  let otherPort = 0;
  const serve = () =>
    Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      (request) => answer(request, otherPort),
    );
  await using server = serve();
  await using other = serve();
  otherPort = other.addr.port;
  const origin = `http://127.0.0.1:${server.addr.port}`;
  using theirs = Deno.createHttpClient({});
  const ours = new HttpClient({ connect: (options) => Deno.connect(options) });
  const fetchOurs = createFetch(ours);
  for (const [path, init] of asked) {
    const shown = init?.() ?? {};
    const { method = "GET", redirect = "" } = shown;
    await test.step(`${method} ${path} ${redirect}`, async () => {
      const expected = await outcome(
        fetch(origin + path, { ...init?.(), client: theirs }),
      );
      const actual = await outcome(fetchOurs(origin + path, init?.()));
      assertEquals(actual, expected);
    });
  }
  ours.close();
});

Deno.test("createFetch takes codings off that Deno's fetch leaves, and keeps a redirect to nowhere", async () => {
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    (request) => answer(request, 0),
  );
  const origin = `http://127.0.0.1:${server.addr.port}`;
  using client = new HttpClient({ connect: (options) => Deno.connect(options) });
  const fetch = createFetch(client);
  // RFC 9110 §8.4.1.2 and §8.4.1.3: zlib's format, or bare as some send it, and the old name of gzip.
  for (const coding of ["x-gzip", "deflate", "deflate-raw"]) {
    assertEquals(await (await fetch(`${origin}/coded/${coding}`)).text(), text, coding);
  }
  // Fetch standard, HTTP-redirect fetch: no Location, no redirect.
  const bare = await fetch(`${origin}/bare`);
  assertEquals([bare.status, bare.redirected, await bare.text()], [302, false, "nowhere"]);
});

Deno.test("createFetch sends forms and requests, and uses one connection for what comes in turn", async () => {
  const ports = new Set<number>();
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request, info) => {
      ports.add(info.remoteAddr.port);
      if (new URL(request.url).pathname === "/moved") {
        return Response.redirect(new URL("/", request.url));
      }
      if (!request.headers.get("content-type")?.startsWith("multipart/form-data")) {
        return Response.json([request.method, await request.text()]);
      }
      const form = await request.formData();
      const file = form.get("file") as File;
      return Response.json([form.get("a"), file.name, await file.text()]);
    },
  );
  const origin = `http://127.0.0.1:${server.addr.port}/`;
  using client = new HttpClient({ connect: (options) => Deno.connect(options) });
  const fetch = createFetch(client);
  const form = new FormData();
  form.set("a", "1");
  form.set("file", new Blob(["content"]), "name.txt");
  const sent = await fetch(origin, { method: "POST", body: form });
  assertEquals(await sent.json(), ["1", "name.txt", "content"]);
  const request = new Request(origin, { method: "POST", body: "text" });
  assertEquals(await (await fetch(request)).json(), ["POST", "text"]);
  assertEquals(request.bodyUsed, true);
  await assertRejects(() => fetch(request), TypeError);
  const put = new Request(origin, { method: "POST", body: "text" });
  assertEquals(await (await fetch(put, { method: "PUT", body: "other" })).json(), ["PUT", "other"]);
  assertEquals(await (await fetch(`${origin}moved`)).json(), ["GET", ""]);
  assertEquals([ports.size, client.connectionCount, client.idleCount], [1, 1, 1]);
});

/** A fetch whose every connection is served by a script. */
function scripted(script: (conn: PipeEnd, index: number) => Promise<unknown>, limit?: number) {
  const conns: PipeEnd[] = [];
  const client = new HttpClient({
    connect: () => {
      const [ours, theirs] = pipe(limit);
      conns.push(theirs);
      script(theirs, conns.length - 1).catch((error) => {
        if (!isGone(error)) throw error;
      });
      return Promise.resolve(ours);
    },
  });
  return { client, conns, fetch: createFetch(client, { userAgent: "tester" }) };
}

function isGone(error: unknown): boolean {
  return error instanceof Deno.errors.BrokenPipe || error instanceof Deno.errors.ConnectionReset ||
    error instanceof Deno.errors.Interrupted || error instanceof Deno.errors.BadResource;
}

const ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

Deno.test("createFetch writes a request and its defaults, and what is told instead of them", async () => {
  const heads: string[] = [];
  const { client, fetch } = scripted(async (conn) => {
    for (let head; (head = await conn.head()) !== "";) {
      heads.push(head);
      await conn.send(ok);
    }
  });
  await (await fetch("http://a.test:8080/x?y#z")).text();
  await (await fetch("http://us%65r:p%40ss@a.test/", {
    headers: { "User-Agent": "me", accept: "x/y", "accept-language": "de", range: "bytes=0-1" },
  })).text();
  client.close();
  const [first, second] = heads.map((head) => head.toLowerCase().split("\r\n"));
  assertEquals(first!.slice(0, 2), ["get /x?y http/1.1", "host: a.test:8080"]);
  for (const line of ["accept: */*", "accept-language: *", "user-agent: tester"]) {
    assert(first!.includes(line), line);
  }
  assert(first!.some((line) => line.startsWith("accept-encoding: gzip")));
  for (
    const line of [
      "host: a.test",
      `authorization: basic ${btoa("user:p@ss").toLowerCase()}`,
      "user-agent: me",
      "accept: x/y",
      "accept-language: de",
      "accept-encoding: identity",
    ]
  ) assert(second!.includes(line), line);
});

Deno.test("createFetch repeats a GET that met a closed connection, and no POST", async () => {
  for (const method of ["GET", "POST"]) {
    const { client, conns, fetch } = scripted(async (conn, index) => {
      await conn.head();
      await conn.send(ok);
      if (index === 0) {
        await conn.head();
        conn.close();
      }
    });
    await (await fetch("http://a.test/")).text();
    const again = fetch("http://a.test/", { method });
    if (method === "GET") assertEquals(await (await again).text(), "ok");
    else assert((await assertRejects(() => again, TypeError)).cause instanceof HttpError);
    assertEquals(conns.length, method === "GET" ? 2 : 1);
    client.close();
  }
});

Deno.test("createFetch rejects with the signal's reason, before and during the response", async () => {
  const reason = new Error("enough");
  const silent = scripted((conn) => conn.receive());
  const early = new AbortController();
  const pending = silent.fetch("http://a.test/", { signal: early.signal });
  await until(() => silent.conns[0]?.unread === 0);
  early.abort(reason);
  assertEquals(await assertRejects(() => pending), reason);
  await until(() => silent.conns[0]!.isPeerDone);
  await assertRejects(
    () => silent.fetch("http://a.test/", { signal: early.signal }),
    Error,
    "enough",
  );
  assertEquals(silent.conns.length, 1);

  const half = scripted(async (conn) => {
    await conn.head();
    await conn.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf");
  });
  for (const isReading of [true, false]) {
    const late = new AbortController();
    const response = await half.fetch("http://a.test/", { signal: late.signal });
    const reader = response.body!.getReader();
    assertEquals((await reader.read()).value!.length, 4);
    const rest = isReading ? reader.read() : null;
    late.abort(reason);
    assertEquals(await assertRejects(() => rest ?? reader.read()), reason);
    assertEquals(half.client.connectionCount, 0);
  }
});

Deno.test("createFetch fails with a TypeError where the response does", async () => {
  const cases = [
    ["", "EmptyReply"],
    ["HTTP/1.1 200", "Truncated"],
    ["what is this\r\n\r\n", "BadStartLine"],
    ["HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", "Truncated"],
    ["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhelloX", "BadChunk"],
  ] as const;
  for (const [wire, code] of cases) {
    const { fetch, client } = scripted(async (conn) => {
      await conn.head();
      await conn.send(wire);
      await conn.closeWrite();
    });
    const error = await assertRejects(
      async () => await (await fetch("http://a.test/")).text(),
      TypeError,
    );
    assertEquals((error.cause as HttpError).code, code);
    assertEquals(client.connectionCount, 0);
  }
  const client = new HttpClient({ connect: () => Promise.reject(new Error("refused")) });
  const fetch = createFetch(client);
  const error = await assertRejects(() => fetch("http://u:secret@a.test/"), TypeError, "refused");
  assert(!error.message.includes("secret"), error.message);
  for (const url of ["https://a.test/", "ftp://a.test/", "no url"]) {
    await assertRejects(() => fetch(url), TypeError);
  }
});

Deno.test("createFetch gives a body up that the server does not want, or that fails", async () => {
  let cancelled = 0;
  const endless = (): ReadableStream<Uint8Array> =>
    new ReadableStream({
      pull: (controller) => controller.enqueue(new Uint8Array(1000)),
      cancel: () => void cancelled++,
    });
  const unwanted = scripted(async (conn) => {
    await conn.head();
    await conn.send("HTTP/1.1 413 Content Too Large\r\nContent-Length: 2\r\n\r\nno");
  }, 4096);
  const response = await unwanted.fetch("http://a.test/", { method: "POST", body: endless() });
  assertEquals([response.status, await response.text()], [413, "no"]);
  await until(() => cancelled === 1);
  const client = new HttpClient({ connect: () => Promise.reject(new Error("refused")) });
  await assertRejects(() =>
    createFetch(client)("http://a.test/", { method: "POST", body: endless() })
  );
  await until(() => cancelled === 2);

  const reason = new Error("no more");
  const cut = scripted((conn) => conn.receive());
  const body = new ReadableStream({ pull: () => Promise.reject(reason) });
  const error = await assertRejects(
    () => cut.fetch("http://a.test/", { method: "POST", body }),
    TypeError,
  );
  assertEquals(error.cause, reason);
});

Deno.test("createFetch reads no more than its reader, and closes when that leaves", async () => {
  const gzip = await compressed("x".repeat(100_000), "gzip");
  for (const coding of ["identity", "gzip"]) {
    const { client, conns, fetch } = scripted(async (conn) => {
      await conn.head();
      await conn.send(
        `HTTP/1.1 200 OK\r\nContent-Encoding: ${coding}\r\nContent-Length: 900000000\r\n\r\n`,
      );
      if (coding === "gzip") await conn.send(String.fromCharCode(...gzip.subarray(0, 20)));
      for (;;) await conn.write(new Uint8Array(8192));
    }, 8192);
    const response = await fetch("http://a.test/");
    await turns(20);
    const before = conns[0]!.written;
    assert(before < 50_000, `${before} bytes were taken before a read`);
    const reader = response.body!.getReader();
    if (coding === "identity") {
      await reader.read();
      await turns(20);
      const after = conns[0]!.written;
      assert(after > before && after < 200_000, `${after} bytes were taken by one read`);
    }
    await reader.cancel();
    assertEquals(client.connectionCount, 0);
  }
});

Deno.test("Host.fetch follows redirects and takes codings off, over a LAN", async () => {
  const lan = new Lan();
  await using a = new Host(lan.attach(), { address: { address: "10.0.0.1/24" } });
  await using b = new Host(lan.attach(), { address: { address: "10.0.0.2/24" } });
  await using _server = b.serve({ port: 80, onListen: () => {} }, (request) => answer(request, 0));
  const response = await a.fetch("http://10.0.0.2/redirect/302?to=/coded/gzip");
  assertEquals([response.redirected, response.url], [true, "http://10.0.0.2/coded/gzip"]);
  assertEquals(await response.text(), text);
  const error = await assertRejects(() => a.fetch("http://10.0.0.2:81/"), TypeError);
  assert(error.cause instanceof Deno.errors.ConnectionRefused);
  const abort = new AbortController();
  const pending = a.fetch("http://10.0.0.3/", { signal: abort.signal });
  await turns(2);
  abort.abort(new Error("enough"));
  await assertRejects(() => pending, Error, "enough");
});
