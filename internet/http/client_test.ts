import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { pipe, type PipeEnd, until } from "./_pipe.ts";
import { HttpClient, type HttpClientOptions, type HttpClientRequest, HttpError } from "./mod.ts";

type Script = (conn: PipeEnd, index: number) => Promise<void>;

/** What a script meets whose connection was closed, by the client or under it. */
const goneErrors = [
  Deno.errors.BrokenPipe,
  Deno.errors.ConnectionReset,
  Deno.errors.Interrupted,
  Deno.errors.BadResource,
];

/** A client whose every new connection is served by a script. */
function scripted(script: Script, options: Partial<HttpClientOptions> = {}, limit?: number) {
  const conns: PipeEnd[] = [];
  const scripts: Promise<void>[] = [];
  const client = new HttpClient({
    connect: () => {
      const [ours, theirs] = pipe(limit);
      conns.push(theirs);
      scripts.push(
        script(theirs, conns.length - 1).catch((error) => {
          if (!goneErrors.some((kind) => error instanceof kind)) throw error;
        }),
      );
      return Promise.resolve(ours);
    },
    ...options,
  });
  return { client, conns, scripts };
}

const text = (bytes: Uint8Array): string => String.fromCharCode(...bytes);
const get: HttpClientRequest = { hostname: "a.test" };

interface Exchange {
  readonly name: string;
  readonly response: string;
  readonly request?: Partial<HttpClientRequest>;
  readonly status: number;
  readonly body: string;
  readonly reusable: boolean;
  /** Whether the server closes behind the response. */
  readonly closes?: boolean;
}

const exchanges: readonly Exchange[] = [
  {
    name: "a length",
    response: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
    status: 200,
    body: "hello",
    reusable: true,
  },
  {
    name: "no length to read",
    response: "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    status: 200,
    body: "",
    reusable: true,
  },
  {
    name: "chunks with extensions and trailers",
    response: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" +
      '3;a="b"\r\nhel\r\n2\r\nlo\r\n0\r\nX-Sum: 1\r\nY: 2\r\n\r\n',
    status: 200,
    body: "hello",
    reusable: true,
  },
  {
    name: "all until the connection ends",
    response: "HTTP/1.1 200 OK\r\n\r\nhello",
    status: 200,
    body: "hello",
    reusable: false,
    closes: true,
  },
  {
    name: "HTTP/1.0 without keep-alive",
    response: "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello",
    status: 200,
    body: "hello",
    reusable: false,
  },
  {
    name: "HTTP/1.0 with keep-alive",
    response: "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 5\r\n\r\nhello",
    status: 200,
    body: "hello",
    reusable: true,
  },
  {
    name: "Connection: close",
    response: "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello",
    status: 200,
    body: "hello",
    reusable: false,
  },
  {
    name: "HEAD",
    request: { method: "HEAD" },
    response: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n",
    status: 200,
    body: "",
    reusable: true,
  },
  {
    name: "204 has no body",
    response: "HTTP/1.1 204 No Content\r\n\r\n",
    status: 204,
    body: "",
    reusable: true,
  },
  {
    name: "304 has no body, whatever its length says",
    response: "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n",
    status: 304,
    body: "",
    reusable: true,
  },
  {
    name: "interim responses before the final one",
    response: "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" +
      "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
    status: 200,
    body: "hello",
    reusable: true,
  },
  {
    name: "bytes behind the response",
    response: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhelloHTTP/1.1 200 OK\r\n\r\n",
    status: 200,
    body: "hello",
    reusable: false,
  },
];

/** Reads a response of the table sent in these pieces, into a buffer of this size. */
async function check(exchange: Exchange, pieces: readonly string[], size: number): Promise<void> {
  const { client, conns } = scripted(async (conn) => {
    await conn.head();
    for (const piece of pieces) {
      await conn.send(piece);
      // The next piece goes when this one was read.
      await until(() => conn.unread === 0 || conn.isPeerDone);
    }
    if (exchange.closes) conn.close();
  });
  const response = await client.request({ ...get, ...exchange.request });
  assertEquals(response.status, exchange.status);
  let body = "";
  const buffer = new Uint8Array(size);
  for (;;) {
    const count = await response.readInto(buffer);
    if (count === null) break;
    body += text(buffer.subarray(0, count));
  }
  assertEquals(body, exchange.body);
  assertEquals(await response.readInto(buffer), null);
  if (exchange.reusable) assertEquals(client.idleCount, 1);
  // What comes behind a response may come when the connection rests already.
  else await until(() => client.connectionCount === 0);
  client.close();
  assertEquals(conns.length, 1);
}

for (const exchange of exchanges) {
  Deno.test(`HttpClient reads ${exchange.name}`, async () => {
    const { response } = exchange;
    await check(exchange, [response], 4096);
    for (const size of [1, 2, 3, 7]) await check(exchange, [response], size);
    for (let at = 1; at < response.length; at++) {
      await check(exchange, [response.slice(0, at), response.slice(at)], at % 3 + 1);
    }
    await check(exchange, [...response], 4096);
    await check(exchange, [...response], 1);
  });
}

Deno.test("HttpClient tells the head as it was sent, and the trailers", async () => {
  const { client } = scripted(async (conn) => {
    await conn.head();
    await conn.send(
      "HTTP/1.1 299 Fine \xe9\r\nset-COOKIE: a\r\nB:  c \r\nSet-Cookie: d\r\n" +
        "Transfer-Encoding: chunked\r\n\r\n0\r\nSum: 7\r\n\r\n",
    );
  });
  const response = await client.request(get);
  assertEquals(response.status, 299);
  assertEquals(response.reason, "Fine \xe9");
  assertEquals(response.minorVersion, 1);
  assertEquals(response.fields, [
    ["set-COOKIE", "a"],
    ["B", "c"],
    ["Set-Cookie", "d"],
    ["Transfer-Encoding", "chunked"],
  ]);
  assertEquals(response.get("SET-cookie"), "a");
  assertEquals(response.get("none"), null);
  assertEquals(response.bodyLength, null);
  assertEquals((await response.bytes()).length, 0);
  assertEquals(response.trailers, [["Sum", "7"]]);
  client.close();
});

Deno.test("HttpClient tells of interim responses", async () => {
  const { client } = scripted(async (conn) => {
    await conn.head();
    await conn.send("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n");
  });
  const told: unknown[] = [];
  const response = await client.request({
    ...get,
    onInformational: (status, fields) => told.push([status, fields]),
  });
  assertEquals(response.status, 204);
  assertEquals(told, [[103, [["Link", "x"]]]]);
  client.close();
});

const requests: readonly [name: string, request: Partial<HttpClientRequest>, wire: string][] = [
  ["the least", {}, "GET / HTTP/1.1\r\nHost: a.test\r\n\r\n"],
  ["a port", { port: 81 }, "GET / HTTP/1.1\r\nHost: a.test:81\r\n\r\n"],
  ["IPv6", { hostname: "2001:db8::1" }, "GET / HTTP/1.1\r\nHost: [2001:db8::1]\r\n\r\n"],
  [
    "fields in their order and spelling",
    { target: "/x?y", host: "b", fields: [["z", "1"], ["A", "2"], ["z", "3"]] },
    "GET /x?y HTTP/1.1\r\nHost: b\r\nz: 1\r\nA: 2\r\nz: 3\r\n\r\n",
  ],
  [
    "POST without a body",
    { method: "POST" },
    "POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 0\r\n\r\n",
  ],
  [
    "bytes",
    { method: "POST", body: new TextEncoder().encode("abc") },
    "POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 3\r\n\r\nabc",
  ],
  [
    "pieces",
    { method: "PUT", body: pieces("ab", "", "cde") },
    "PUT / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n" +
    "2\r\nab\r\n3\r\ncde\r\n0\r\n\r\n",
  ],
  [
    "pieces of a known length",
    { method: "PUT", body: pieces("ab", "cde"), bodyLength: 5 },
    "PUT / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 5\r\n\r\nabcde",
  ],
  ["close", { close: true }, "GET / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n"],
];

async function* pieces(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) {
    await Promise.resolve();
    yield new TextEncoder().encode(text);
  }
}

for (const [name, request, wire] of requests) {
  Deno.test(`HttpClient writes ${name}`, async () => {
    const sent = Promise.withResolvers<string>();
    const { client } = scripted(async (conn) => {
      sent.resolve(await conn.receive((text) => text.length >= wire.length));
      await conn.send("HTTP/1.1 204 No Content\r\n\r\n");
    });
    const response = await client.request({ ...get, ...request });
    assertEquals(await sent.promise, wire);
    assertEquals(response.status, 204);
    client.close();
  });
}

Deno.test("HttpClient sends a large body of bytes and of pieces whole", async () => {
  const bytes = Uint8Array.from({ length: 300_000 }, (_, i) => i % 251);
  async function* inPieces(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += 70_000) {
      await Promise.resolve();
      yield bytes.subarray(at, at + 70_000);
    }
  }
  for (const body of [bytes, inPieces()]) {
    let received = "";
    const { client } = scripted(
      async (conn) => {
        received = await conn.receive((text) =>
          text.includes("chunked")
            ? text.endsWith("\r\n0\r\n\r\n")
            : text.length >= text.indexOf("\r\n\r\n") + 4 + bytes.length
        );
        await conn.send("HTTP/1.1 204 No Content\r\n\r\n");
      },
      {},
      5000,
    );
    await client.request({ ...get, method: "POST", body });
    let content = received.slice(received.indexOf("\r\n\r\n") + 4);
    if (received.includes("chunked")) {
      let plain = "";
      for (let at = 0;;) {
        const line = content.indexOf("\r\n", at);
        const size = parseInt(content.slice(at, line), 16);
        if (size === 0) break;
        plain += content.slice(line + 2, line + 2 + size);
        at = line + 2 + size + 2;
      }
      content = plain;
    }
    assertEquals(content.length, bytes.length);
    assert(content === Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
    client.close();
  }
});

const ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/** Answers each request with `ok`. */
const answering: Script = async (conn) => {
  while ((await conn.head()) !== "") await conn.send(ok);
};

Deno.test("HttpClient uses a connection again", async () => {
  const { client, conns } = scripted(answering);
  for (let i = 0; i < 5; i++) {
    const response = await client.request(get);
    assertEquals(response.isReused, i > 0);
    assertEquals(text(await response.bytes()), "ok");
  }
  assertEquals(conns.length, 1);
  const other = await client.request({ hostname: "A.TEST" });
  await other.bytes();
  assertEquals(conns.length, 1);
  await (await client.request({ ...get, port: 81 })).bytes();
  assertEquals(conns.length, 2);
  client.close();
  assertEquals(client.connectionCount, 0);
});

Deno.test("HttpClient drops an idle connection that the server closes or speaks on", async () => {
  for (const act of [(conn: PipeEnd) => conn.close(), (conn: PipeEnd) => conn.send(ok)]) {
    const { client, conns } = scripted(answering);
    await (await client.request(get)).bytes();
    assertEquals(client.idleCount, 1);
    act(conns[0]!);
    await until(() => client.connectionCount === 0);
    await (await client.request(get)).bytes();
    assertEquals(conns.length, 2);
    client.close();
  }
});

/** Answers one request on the first connection, and closes it when the second comes. */
const stale: Script = async (conn, index) => {
  if (index > 0) return await answering(conn, index);
  await conn.head();
  await conn.send(ok);
  await conn.head();
  conn.close();
};

Deno.test("HttpClient repeats an idempotent request that met a closed connection", async () => {
  for (const method of ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"]) {
    const { client, conns } = scripted(stale);
    await (await client.request(get)).bytes();
    const body = method === "PUT" ? { body: new TextEncoder().encode("x") } : {};
    const response = await client.request({ ...get, method, ...body });
    assertEquals(response.status, 200);
    assertEquals(response.isReused, false);
    assertEquals(conns.length, 2);
    client.close();
  }
});

Deno.test("HttpClient does not repeat what may have had its effect", async () => {
  const streamed = { method: "PUT", body: pieces("x") };
  for (const request of [{ method: "POST" }, { method: "PATCH" }, streamed]) {
    const { client, conns } = scripted(stale);
    await (await client.request(get)).bytes();
    const error = await assertRejects(() => client.request({ ...get, ...request }), HttpError);
    assertEquals(error.code, "EmptyReply");
    assertEquals(conns.length, 1);
    client.close();
  }
});

Deno.test("HttpClient repeats once only, and not when a byte has come", async () => {
  const never = scripted(async (conn, index) => {
    await conn.head();
    if (index === 0) await conn.send(ok);
    if (index === 0) await conn.head();
    conn.close();
  });
  await (await never.client.request(get)).bytes();
  await assertRejects(() => never.client.request(get), HttpError);
  assertEquals(never.conns.length, 2);
  never.client.close();

  const partly = scripted(async (conn) => {
    await conn.head();
    await conn.send(ok);
    await conn.head();
    await conn.send("H");
    conn.close();
  });
  await (await partly.client.request(get)).bytes();
  const error = await assertRejects(() => partly.client.request(get), HttpError);
  assertEquals(error.code, "Truncated");
  assertEquals(partly.conns.length, 1);
  partly.client.close();
});

const faults: readonly [response: string, code: string][] = [
  ["", "EmptyReply"],
  ["HTTP/1.1 200", "Truncated"],
  ["HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort", "Truncated"],
  ["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", "Truncated"],
  ["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhelloX", "BadChunk"],
  ["HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", "BadContentLength"],
  ["HTP/1.1 200 OK\r\n\r\n", "BadStartLine"],
  ["HTTP/2.0 200 OK\r\n\r\n", "BadVersion"],
  ["HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n", "Unexpected"],
];

for (const [wire, code] of faults) {
  Deno.test(`HttpClient refuses ${JSON.stringify(wire.slice(0, 60))} as ${code}`, async () => {
    const { client } = scripted(async (conn) => {
      await conn.head();
      await conn.send(wire);
      await conn.closeWrite();
    });
    const error = await assertRejects(async () => {
      const response = await client.request(get);
      const buffer = new Uint8Array(100);
      try {
        while (await response.readInto(buffer) !== null);
      } finally {
        // An error is not an end: it is told again.
        await assertRejects(() => response.readInto(buffer), HttpError);
        assertEquals(response.isComplete, false);
      }
    }, HttpError);
    assertEquals(error.code, code);
    assertEquals(client.connectionCount, 0);
    client.close();
  });
}

Deno.test("HttpClient has no more connections than allowed; who waits is served in turn", async () => {
  const release: (() => void)[] = [];
  const { client, conns } = scripted(async (conn) => {
    while ((await conn.head()) !== "") {
      await new Promise<void>((resolve) => release.push(resolve));
      await conn.send(ok);
    }
  }, { maxConnections: 2 });
  const order: number[] = [];
  const all = Array.from({ length: 6 }, async (_, i) => {
    await (await client.request(get)).bytes();
    order.push(i);
  });
  for (let served = 0; served < 6;) {
    await until(() => release.length > 0);
    release.shift()!();
    served++;
  }
  await Promise.all(all);
  assertEquals(conns.length, 2);
  assertEquals(order, [0, 1, 2, 3, 4, 5]);
  client.close();
});

Deno.test("HttpClient lets who waits connect when a connection fails", async () => {
  let dialled = 0;
  const client = new HttpClient({
    connect: () => {
      dialled++;
      return Promise.reject(new Deno.errors.ConnectionRefused("refused"));
    },
    maxConnections: 1,
  });
  const results = await Promise.allSettled([1, 2, 3].map(() => client.request(get)));
  assertEquals(results.map(({ status }) => status), ["rejected", "rejected", "rejected"]);
  assertEquals(dialled, 3);
  client.close();
});

Deno.test("HttpClient tries the addresses of a name one after another", async () => {
  const tried: string[] = [];
  const client = new HttpClient({
    resolve: () => Promise.resolve(["192.0.2.1", "192.0.2.2", "192.0.2.3"]),
    connect: ({ hostname }) => {
      tried.push(hostname);
      if (hostname !== "192.0.2.2") return Promise.reject(new Error("unreachable"));
      const [ours, theirs] = pipe();
      answering(theirs, 0);
      return Promise.resolve(ours);
    },
  });
  const { timing, bodyLength } = await client.request(get);
  assertEquals(tried, ["192.0.2.1", "192.0.2.2"]);
  assertEquals(bodyLength, 2);
  const { started, resolved, connected, sent, firstByte, done } = timing;
  assert(started <= resolved && resolved <= connected && connected <= sent && sent <= firstByte);
  assert(Number.isNaN(done));
  client.close();
});

Deno.test("HttpClient takes the time of each step", async () => {
  const { client } = scripted(answering);
  const first = await client.request(get);
  await first.bytes();
  assert(first.timing.firstByte <= first.timing.done);
  assert(Number.isNaN(first.timing.resolved));
  const second = await client.request(get);
  await second.bytes();
  assert(Number.isNaN(second.timing.connected));
  assert(second.timing.started <= second.timing.sent);
  client.close();
});

Deno.test("HttpClient ends an exchange at any time", async () => {
  const reason = new Error("enough");
  const phases: [string, Script][] = [
    ["before the head", async (conn) => void await conn.head()],
    ["within the head", async (conn) => {
      await conn.head();
      await conn.send("HTTP/1.1 200");
    }],
  ];
  for (const [, script] of phases) {
    const { client, conns } = scripted(script);
    const abort = new AbortController();
    const pending = client.request({ ...get, signal: abort.signal });
    await until(() => conns[0]?.unread === 0);
    abort.abort(reason);
    assertEquals(await assertRejects(() => pending), reason);
    await until(() => conns[0]!.isPeerDone);
    assertEquals(client.connectionCount, 0);
  }
  const { client, conns } = scripted(async (conn) => {
    await conn.head();
    await conn.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf");
  });
  const abort = new AbortController();
  const response = await client.request({ ...get, signal: abort.signal });
  assertEquals(await response.readInto(new Uint8Array(100)), 4);
  const pending = response.readInto(new Uint8Array(100));
  abort.abort(reason);
  assertEquals(await assertRejects(() => pending), reason);
  assertEquals(await assertRejects(() => response.readInto(new Uint8Array(1))), reason);
  assertEquals(conns[0]!.isPeerDone, true);
  await assertRejects(() => client.request({ ...get, signal: AbortSignal.abort(reason) }));
  assertEquals(conns.length, 1);
});

Deno.test("HttpClient ends the wait for a connection", async () => {
  const { client } = scripted(async (conn) => void await conn.head(), { maxConnections: 1 });
  const first = client.request(get);
  const abort = new AbortController();
  const second = client.request({ ...get, signal: abort.signal });
  await Promise.resolve();
  abort.abort();
  await assertRejects(() => second, DOMException);
  const third = client.request(get);
  client.close();
  for (const pending of [first, third]) {
    assertEquals((await assertRejects(() => pending, HttpError)).code, "Closed");
  }
  assertEquals((await assertRejects(() => client.request(get), HttpError)).code, "Closed");
});

Deno.test("HttpClient gives up on a head that does not come in time", async () => {
  const { client } = scripted(async (conn) => void await conn.head(), { headTimeout: 1 });
  // The client's own timers do not keep a process alive.
  const alive = setTimeout(() => {}, 5000);
  assertEquals((await assertRejects(() => client.request(get), HttpError)).code, "TimedOut");
  clearTimeout(alive);
  client.close();
});

Deno.test("HttpClient closes connections that were idle for long", async () => {
  const { client, conns } = scripted(answering, { idleTimeout: 1 });
  await (await client.request(get)).bytes();
  await until(() => conns[0]!.isPeerDone);
  assertEquals(client.connectionCount, 0);
  client.close();
});

Deno.test("HttpClient waits to be asked for a body", async () => {
  const body = new TextEncoder().encode("abc");
  const request = { ...get, method: "POST", body, expectContinue: true };
  const asked = scripted(async (conn) => {
    const head = await conn.head();
    assert(head.includes("Expect: 100-continue"));
    assertEquals(conn.unread, 0);
    await conn.send("HTTP/1.1 100 Continue\r\n\r\n");
    assertEquals(await conn.receive((text) => text.length >= 3), "abc");
    await conn.send(ok);
  });
  await (await asked.client.request(request)).bytes();
  assertEquals(asked.client.idleCount, 1);
  asked.client.close();
  const refused = scripted(async (conn) => {
    await conn.head();
    await conn.send("HTTP/1.1 417 No\r\nContent-Length: 0\r\n\r\n");
    assertEquals(await conn.receive(), "");
  });
  const response = await refused.client.request(request);
  assertEquals(response.status, 417);
  assertEquals(response.isComplete, true);
  assertEquals(refused.client.connectionCount, 0);
  await Promise.all(refused.scripts);
});

Deno.test("HttpClient tells the server's answer to a body that it does not want", async () => {
  let cancelled = false;
  async function* endless(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        await Promise.resolve();
        yield new Uint8Array(1000);
      }
    } finally {
      cancelled = true;
    }
  }
  const { client } = scripted(
    async (conn) => {
      await conn.head();
      await conn.send("HTTP/1.1 413 Content Too Large\r\nContent-Length: 2\r\n\r\nno");
    },
    {},
    4096,
  );
  const response = await client.request({ ...get, method: "POST", body: endless() });
  assertEquals(response.status, 413);
  assertEquals(text(await response.bytes()), "no");
  assertEquals(client.connectionCount, 0);
  await until(() => cancelled);
});

Deno.test("HttpClient fails with the error of a body that fails, and cuts the request short", async () => {
  const reason = new Error("no more");
  async function* failing(): AsyncGenerator<Uint8Array> {
    await Promise.resolve();
    yield new Uint8Array(3);
    throw reason;
  }
  const { client, conns } = scripted(async (conn) => void await conn.receive());
  const error = await assertRejects(() =>
    client.request({ ...get, method: "POST", body: failing() })
  );
  assertEquals(error, reason);
  assertEquals(conns[0]!.isPeerDone, true);
});

Deno.test("HttpClient reads no more than its reader asks for", async () => {
  const size = 50_000_000;
  const { client, conns } = scripted(
    async (conn) => {
      await conn.head();
      await conn.send(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n`);
      const chunk = new Uint8Array(8192);
      for (;;) await conn.write(chunk);
    },
    {},
    8192,
  );
  const response = await client.request(get);
  const buffer = new Uint8Array(1000);
  for (let i = 0; i < 10; i++) {
    assert((await response.readInto(buffer))! <= 1000);
    for (let turns = 0; turns < 100; turns++) await null;
  }
  assert(conns[0]!.written < 60_000, String(conns[0]!.written));
  response.cancel();
  assertEquals(client.connectionCount, 0);
});

Deno.test("HttpClient refuses misuse", async () => {
  const connect = () => Promise.reject(new Error("none"));
  assertThrows(() => new HttpClient({ connect, maxConnections: 0 }), RangeError);
  assertThrows(() => new HttpClient({ connect, idleTimeout: -1 }), RangeError);
  assertThrows(() => new HttpClient({ connect, headTimeout: 0 }), RangeError);
  const { client } = scripted(answering);
  await assertRejects(() => client.request({ ...get, target: "/a b" }), TypeError);
  await assertRejects(() => client.request({ ...get, fields: [["a", "b\r\nc: d"]] }), TypeError);
  const response = await client.request(get);
  await assertRejects(() => response.readInto(new Uint8Array(0)), TypeError);
  await response.bytes();
  assertEquals(client.connectionCount, 1);
  client.close();
});
