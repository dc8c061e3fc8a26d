import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { HttpClientExchange, type HttpClientOptions, type HttpRequestHead } from "./client.ts";
import { HttpEvent } from "./event.ts";
import { type HttpResponseHead, HttpServerExchange, type HttpServerOptions } from "./server.ts";
import { httpVerdictName } from "./verdict.ts";

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

function textOf(bytes: Uint8Array, offset: number, end: number): string {
  return String.fromCharCode(...bytes.subarray(offset, end));
}

/**
 * A driver as a host has it: bytes arrive at the end of a buffer, what is read leaves at its front. Notes what happened;
 * pieces of one body are put together, so that notes do not depend on where the bytes were cut.
 */
class Driver<E extends HttpClientExchange | HttpServerExchange> {
  readonly exchange: E;
  readonly notes: string[] = [];
  /** Called on Head, Informational and End; what it returns is noted. */
  readonly act: (exchange: E, event: HttpEvent) => string | undefined;
  #buffer: Uint8Array = new Uint8Array(0);
  #body = "";
  #failed = false;

  constructor(exchange: E, act: (exchange: E, event: HttpEvent) => string | undefined) {
    this.exchange = exchange;
    this.act = act;
  }

  get left(): number {
    return this.#buffer.length;
  }

  receive(bytes: Uint8Array): void {
    // A new array each time, at another offset: whoever keeps an absolute offset too long is found out.
    const pad = bytes.length % 3;
    const all = new Uint8Array(pad + this.#buffer.length + bytes.length).fill(0x21);
    all.set(this.#buffer, pad);
    all.set(bytes, pad + this.#buffer.length);
    if (this.#failed) this.#buffer = all.slice(pad);
    else this.#drain(all, pad);
  }

  end(): void {
    const event = this.exchange.receiveEnd();
    if (event === HttpEvent.End) this.#flush();
    this.#note(event, "closed: ");
  }

  #drain(all: Uint8Array, from: number): void {
    let position = from;
    for (let rounds = 0; rounds < 10_000; rounds++) {
      const event = this.exchange.receive(all, position, all.length);
      position = this.exchange.position;
      if (event === HttpEvent.Data) {
        this.#body += textOf(all, this.exchange.dataOffset, this.exchange.dataEnd);
        continue;
      }
      const goesOn = event === HttpEvent.Head || event === HttpEvent.Informational ||
        event === HttpEvent.End && this.exchange instanceof HttpServerExchange;
      if (event === HttpEvent.End) this.#flush();
      if (event !== HttpEvent.NeedMore && event !== HttpEvent.Paused) this.#note(event, "");
      if (!goesOn || event === HttpEvent.End && this.ended()) {
        this.#buffer = all.slice(position);
        return;
      }
    }
    throw new Error("The exchange does not stop");
  }

  /** Whether the server's exchange has nothing to do any more. */
  ended(): boolean {
    return this.exchange instanceof HttpClientExchange;
  }

  #flush(): void {
    if (this.#body !== "") this.notes.push(`body ${JSON.stringify(this.#body)}`);
    this.#body = "";
  }

  #note(event: HttpEvent, prefix: string): void {
    const name = Object.keys(HttpEvent)[event]!;
    this.#failed = event === HttpEvent.Error;
    const verdict = event === HttpEvent.Error ? ` ${httpVerdictName(this.exchange.verdict)}` : "";
    const more = this.act(this.exchange, event);
    const note = `${prefix}${name}${verdict}${more === undefined ? "" : ` ${more}`}`;
    if (note !== this.notes.at(-1)) this.notes.push(note);
  }
}

function writeRequest(exchange: HttpClientExchange, request: HttpRequestHead): string {
  const bytes = new Uint8Array(1000);
  return textOf(bytes, 0, exchange.writeHead(bytes, 0, bytes.length, request));
}

function runClient(
  request: HttpRequestHead,
  input: Uint8Array,
  cuts: readonly number[] = [],
  options: HttpClientOptions & { close?: boolean } = {},
): string[] {
  const exchange = new HttpClientExchange(options);
  writeRequest(exchange, request);
  exchange.requestBody.begin(0, 0);
  const driver = new Driver(exchange, ({ head, trailers }, event) => {
    if (event === HttpEvent.Head || event === HttpEvent.Informational) {
      return `${head.status} ${[...head.fields()].map((field) => field.join("=")).join(",")}`;
    }
    if (event === HttpEvent.End) {
      return [...trailers.fields()].map((field) => field.join("=")).join(",");
    }
    return undefined;
  });
  let from = 0;
  for (const cut of [...cuts, input.length]) {
    driver.receive(input.subarray(from, cut));
    from = cut;
  }
  if (options.close) driver.end();
  return [...driver.notes, `reuse ${exchange.canReuse}`, `left ${driver.left}`];
}

const GET: HttpRequestHead = { target: "/", host: "a" };

const clientCases: [string, HttpRequestHead, string, boolean, string[]][] = [
  ["length", GET, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", false, [
    "Head 200 Content-Length=5",
    'body "hello"',
    "End ",
    "reuse true",
    "left 0",
  ]],
  ["no body", GET, "HTTP/1.1 204 No Content\r\n\r\n", false, [
    "Head 204 ",
    "End ",
    "reuse true",
    "left 0",
  ]],
  [
    "chunks with trailers",
    GET,
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x\r\nhel\r\n2\r\nlo\r\n0\r\nA: b\r\n\r\n",
    false,
    [
      "Head 200 Transfer-Encoding=chunked",
      'body "hello"',
      "End A=b",
      "reuse true",
      "left 0",
    ],
  ],
  ["until close", GET, "HTTP/1.1 200 OK\r\n\r\nhello", true, [
    "Head 200 ",
    'body "hello"',
    "closed: End ",
    "reuse false",
    "left 0",
  ]],
  ["HEAD", { ...GET, method: "HEAD" }, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", false, [
    "Head 200 Content-Length=5",
    "End ",
    "reuse true",
    "left 0",
  ]],
  [
    "interim responses",
    GET,
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 304 \r\n\r\n",
    false,
    ["Informational 100 ", "Informational 103 Link=x", "Head 304 ", "End ", "reuse true", "left 0"],
  ],
  ["HTTP/1.0", GET, "HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx", false, [
    "Head 200 Content-Length=1",
    'body "x"',
    "End ",
    "reuse false",
    "left 0",
  ]],
  ["close", GET, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", false, [
    "Head 200 Connection=close,Content-Length=0",
    "End ",
    "reuse false",
    "left 0",
  ]],
  ["we close", { ...GET, close: true }, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", false, [
    "Head 200 Content-Length=0",
    "End ",
    "reuse false",
    "left 0",
  ]],
  ["more than asked for", GET, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nHTTP/1.1", false, [
    "Head 200 Content-Length=0",
    "End ",
    "reuse true",
    "left 8",
  ]],
  [
    "splitting suspected",
    GET,
    "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    false,
    ["Head 200 Content-Length=1,Transfer-Encoding=chunked", "End ", "reuse false", "left 0"],
  ],
  ["truncated length", GET, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel", true, [
    "Head 200 Content-Length=5",
    "closed: Error Truncated",
    "reuse false",
    "left 0",
  ]],
  ["truncated chunks", GET, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", true, [
    "Head 200 Transfer-Encoding=chunked",
    "closed: Error Truncated",
    "reuse false",
    "left 0",
  ]],
  ["truncated head", GET, "HTTP/1.1 200 OK\r\n", true, [
    "closed: Error Truncated",
    "reuse false",
    "left 17",
  ]],
  ["empty reply", GET, "", true, ["closed: Error Truncated", "reuse false", "left 0"]],
  [
    "CONNECT",
    { method: "CONNECT", target: "a:1", host: "a:1" },
    "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n\x16\x03",
    false,
    ["Head 200 Content-Length=9", "Tunnel", "reuse false", "left 2"],
  ],
  ["switching", GET, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\nraw", false, [
    "Head 101 Upgrade=x",
    "Tunnel",
    "reuse false",
    "left 3",
  ]],
];

Deno.test("a client reads responses, whole, in two pieces and byte by byte", () => {
  for (const [name, request, text, close, expected] of clientCases) {
    const input = bytesOf(text);
    assertEquals(runClient(request, input, [], { close }), expected, name);
    for (let cut = 0; cut <= input.length; cut++) {
      assertEquals(runClient(request, input, [cut], { close }), expected, `${name}, cut at ${cut}`);
    }
    const everywhere = Array.from({ length: input.length }, (_, i) => i);
    assertEquals(runClient(request, input, everywhere, { close }), expected, `${name}, by byte`);
  }
});

Deno.test("a response that breaks the rules is an error for good", () => {
  const cases: [string, string][] = [
    ["SSH-2.0-OpenSSH_9.2\r\n", "BadStartLine"],
    ["HTTP/2.0 200 OK\r\n\r\n", "BadVersion"],
    ["HTTP/1.1 200 OK\r\nContent-Length: 1, 2\r\n\r\n", "BadContentLength"],
    ["HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", "UnknownTransferCoding"],
    ["HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n", "BodyTooLong"],
    ["HTTP/1.1 100 \r\n\r\n".repeat(33), "Unexpected"],
  ];
  for (const [text, verdict] of cases) {
    const exchange = new HttpClientExchange({ maxBodyLength: 10 });
    writeRequest(exchange, GET);
    const driver = new Driver(exchange, () => undefined);
    driver.receive(bytesOf(text));
    assertEquals(driver.notes.at(-1), `Error ${verdict}`, text);
    assertEquals(exchange.receive(new Uint8Array(1), 0, 1), HttpEvent.Error);
    assertEquals(exchange.receiveEnd(), HttpEvent.Error);
    assertEquals(exchange.canReuse, false);
    assertThrows(() => writeRequest(exchange, GET), TypeError, "must be closed");
  }
});

Deno.test("a body longer than the limit is an error, however it comes", () => {
  const long = [
    "HTTP/1.1 200 OK\r\n\r\nhello world",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nhello \r\n5\r\nworld\r\n0\r\n\r\n",
  ];
  for (const text of long) {
    const notes = runClient(GET, bytesOf(text), [], { maxBodyLength: 10 });
    assertEquals(notes.includes("Error BodyTooLong"), true);
    assertEquals(
      runClient(GET, bytesOf(text), [], { maxBodyLength: 11 }).some((note) =>
        note.startsWith("Error")
      ),
      false,
    );
  }
});

Deno.test("requests are written with what frames them", () => {
  const cases: [HttpRequestHead, string][] = [
    [GET, "GET / HTTP/1.1\r\nHost: a\r\n\r\n"],
    [
      { ...GET, method: "POST", body: 3, fields: [["X", "y"]] },
      "POST / HTTP/1.1\r\nHost: a\r\nX: y\r\nContent-Length: 3\r\n\r\n",
    ],
    [{ ...GET, method: "POST" }, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"],
    [
      { ...GET, method: "PUT", body: "chunked", expectContinue: true, close: true },
      "PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n" +
      "Connection: close\r\n\r\n",
    ],
    [
      { ...GET, close: true, fields: [["Connection", "close"]] },
      "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    ],
    [{ ...GET, host: "[::1]:8080" }, "GET / HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n"],
  ];
  for (const [request, text] of cases) {
    assertEquals(writeRequest(new HttpClientExchange(), request), text);
  }
  const wrong: HttpRequestHead[] = [
    { ...GET, fields: [["Content-Length", "3"]] },
    { ...GET, fields: [["transfer-encoding", "chunked"]] },
    { ...GET, fields: [["HOST", "b"]] },
    { ...GET, fields: [["X", "a\r\nb"]] },
    { ...GET, host: "a/b" },
    { ...GET, host: "a\r\nX: y" },
    { ...GET, target: "/a b" },
  ];
  for (const request of wrong) {
    const exchange = new HttpClientExchange();
    assertThrows(() => writeRequest(exchange, request), TypeError, "Cannot write");
    writeRequest(exchange, GET);
  }
  assertThrows(() => writeRequest(new HttpClientExchange(), { ...GET, body: -1 }), RangeError);
});

Deno.test("a connection is not used again before the request is sent whole", () => {
  const exchange = new HttpClientExchange();
  const out = new Uint8Array(500);
  exchange.writeHead(out, 0, 500, { ...GET, method: "POST", body: 3, expectContinue: true });
  const answer = bytesOf(
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
  );
  assertEquals(exchange.mayContinue, false);
  assertEquals(exchange.hasResponse, false);
  const driver = new Driver(exchange, () => undefined);
  driver.receive(answer);
  assertEquals(driver.notes, ["Informational", "Head", "End"]);
  assertEquals([exchange.mayContinue, exchange.hasResponse], [true, true]);
  assertEquals(exchange.canReuse, false);
  assertThrows(() => writeRequest(exchange, GET), TypeError, "in use");
  assertThrows(() => exchange.requestBody.finish(out, 0), TypeError, "3 bytes");
  assertThrows(() => exchange.requestBody.open(out, 0, 4), RangeError, "only 3");
  assertEquals(exchange.requestBody.open(out, 0, 3), 0);
  assertEquals(exchange.canReuse, true);
  writeRequest(exchange, GET);
  assertEquals([exchange.mayContinue, exchange.hasResponse], [false, false]);
});

Deno.test("a client that asked nothing wants to hear nothing", () => {
  const exchange = new HttpClientExchange();
  assertEquals(exchange.receive(new Uint8Array(0), 0, 0), HttpEvent.NeedMore);
  assertEquals(exchange.receiveEnd(), HttpEvent.End);
  assertEquals(exchange.receive(bytesOf("HTTP/1.1 408 \r\n\r\n"), 0, 17), HttpEvent.Error);
  assertEquals(httpVerdictName(exchange.verdict), "Unexpected");
});

/** Runs a server that answers each request when it is complete. */
function runServer(
  input: Uint8Array,
  cuts: readonly number[] = [],
  options: HttpServerOptions & { respond?: (method: string) => HttpResponseHead } = {},
): string[] {
  const exchange = new HttpServerExchange(options);
  const out = new Uint8Array(1000);
  let request = "";
  const driver = new Driver(exchange, (exchange, event) => {
    if (event === HttpEvent.Head) {
      request = `${exchange.head.method} ${exchange.head.target}`;
      return request;
    }
    if (!exchange.canRespond) return undefined;
    const response = event === HttpEvent.Error
      ? { status: exchange.errorStatus }
      : options.respond?.(request) ?? { status: 200 };
    let end = exchange.writeHead(out, 0, out.length, response);
    const body = exchange.responseBody;
    if (!body.isComplete && body.kind !== 4) {
      end += body.open(out, end, 2);
      out.set([0x68, 0x69], end);
      end += 2;
      end += body.close(out, end);
      end += body.finish(out, end);
    }
    return JSON.stringify(textOf(out, 0, end)).replaceAll("\\r\\n", "|");
  });
  let from = 0;
  for (const cut of [...cuts, input.length]) {
    driver.receive(input.subarray(from, cut));
    from = cut;
  }
  return [...driver.notes, `close ${exchange.shouldClose}`, `left ${driver.left}`];
}

const H = "Host: a\r\n";
const OK = 'End "HTTP/1.1 200 OK|Content-Length: 0||"';
const refusal = (verdict: string, status: string): string[] => [
  `Error ${verdict} "HTTP/1.1 ${status}|Content-Length: 0|Connection: close||"`,
  "close true",
];

const serverCases: [string, string, string[]][] = [
  ["one request", `GET / HTTP/1.1\r\n${H}\r\n`, ["Head GET /", OK, "close false", "left 0"]],
  [
    "requests in a pipeline",
    `GET /1 HTTP/1.1\r\n${H}\r\n\r\nPOST /2 HTTP/1.1\r\n${H}Content-Length: 3\r\n\r\nabc` +
    `PUT /3 HTTP/1.1\r\n${H}Transfer-Encoding: chunked\r\n\r\n2\r\nde\r\n0\r\n\r\nGET /4`,
    [
      "Head GET /1",
      OK,
      "Head POST /2",
      'body "abc"',
      OK,
      "Head PUT /3",
      'body "de"',
      OK,
      "close false",
      "left 6",
    ],
  ],
  ["close", `GET / HTTP/1.1\r\n${H}Connection: close\r\n\r\nGET /2`, [
    "Head GET /",
    'End "HTTP/1.1 200 OK|Content-Length: 0|Connection: close||"',
    "close true",
    "left 6",
  ]],
  ["HTTP/1.0", "GET / HTTP/1.0\r\n\r\n", [
    "Head GET /",
    'End "HTTP/1.1 200 OK|Content-Length: 0|Connection: close||"',
    "close true",
    "left 0",
  ]],
  ["HTTP/1.0 kept alive", "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", [
    "Head GET /",
    'End "HTTP/1.1 200 OK|Content-Length: 0|Connection: keep-alive||"',
    "close false",
    "left 0",
  ]],
  ["no Host", "GET / HTTP/1.1\r\n\r\n", [...refusal("BadHost", "400 Bad Request"), "left 0"]],
  ["malformed", `GET / HTTP/1.1\r\nA b: c\r\n\r\n`, refusal("BadField", "400 Bad Request")],
  [
    "version",
    `GET / HTTP/3.0\r\n${H}\r\n`,
    refusal("BadVersion", "505 HTTP Version Not Supported"),
  ],
  [
    "coding",
    `POST / HTTP/1.1\r\n${H}Transfer-Encoding: gzip, chunked\r\n\r\n`,
    [...refusal("UnknownTransferCoding", "501 Not Implemented"), "left 0"],
  ],
  [
    "CL.TE",
    `POST / HTTP/1.1\r\n${H}Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nG`,
    [...refusal("AmbiguousLength", "400 Bad Request"), "left 6"],
  ],
  [
    "TE.TE",
    `POST / HTTP/1.1\r\n${H}Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n0\r\n\r\n`,
    [...refusal("BadTransferEncoding", "400 Bad Request"), "left 5"],
  ],
  [
    "CL.CL",
    `POST / HTTP/1.1\r\n${H}Content-Length: 6\r\nContent-Length: 5\r\n\r\n12345G`,
    [...refusal("BadContentLength", "400 Bad Request"), "left 6"],
  ],
  [
    "malformed after a good one",
    `GET / HTTP/1.1\r\n${H}\r\nGET / FTP/1.1\r\n\r\n`,
    ["Head GET /", OK, ...refusal("BadStartLine", "400 Bad Request")],
  ],
];

Deno.test("a server reads requests one after another, whole, in two pieces and byte by byte", () => {
  for (const [name, text, expected] of serverCases) {
    const input = bytesOf(text);
    const check = (cuts: readonly number[]): void => {
      const notes = runServer(input, cuts);
      // How much is left behind an error in a head depends on when it was found.
      if (expected.at(-1)!.startsWith("close")) notes.pop();
      assertEquals(notes, expected, `${name}, cut at ${cuts}`);
    };
    check([]);
    for (let cut = 0; cut <= input.length; cut++) check([cut]);
    check(Array.from({ length: input.length }, (_, i) => i));
  }
});

const respondCases: [string, HttpResponseHead, string][] = [
  [
    "GET / HTTP/1.1",
    { status: 200, body: 2, fields: [["X", "y"]] },
    "HTTP/1.1 200 OK|X: y|Content-Length: 2||hi",
  ],
  [
    "GET / HTTP/1.1",
    { status: 200, body: "chunked" },
    "HTTP/1.1 200 OK|Transfer-Encoding: chunked||2|hi|0||",
  ],
  [
    "GET / HTTP/1.0",
    { status: 200, body: "chunked" },
    "HTTP/1.1 200 OK|Connection: close||hi",
  ],
  [
    "HEAD / HTTP/1.1",
    { status: 200, body: 2 },
    "HTTP/1.1 200 OK|Content-Length: 2||",
  ],
  [
    "HEAD / HTTP/1.1",
    { status: 200, body: "chunked" },
    "HTTP/1.1 200 OK|Transfer-Encoding: chunked||",
  ],
  ["GET / HTTP/1.1", { status: 204 }, "HTTP/1.1 204 No Content||"],
  ["GET / HTTP/1.1", { status: 304 }, "HTTP/1.1 304 Not Modified||"],
  [
    "GET / HTTP/1.1",
    { status: 304, body: 7 },
    "HTTP/1.1 304 Not Modified|Content-Length: 7||",
  ],
  [
    "GET / HTTP/1.1",
    { status: 200, close: true, reason: "Fine" },
    "HTTP/1.1 200 Fine|Content-Length: 0|Connection: close||",
  ],
  [
    "GET / HTTP/1.1",
    { status: 200, fields: [["Connection", "Close"]] },
    "HTTP/1.1 200 OK|Connection: Close|Content-Length: 0||",
  ],
  ["CONNECT a:1 HTTP/1.1", { status: 200 }, "HTTP/1.1 200 OK||"],
  ["CONNECT a:1 HTTP/1.1", { status: 403 }, "HTTP/1.1 403 Forbidden|Content-Length: 0||"],
  [
    "GET / HTTP/1.1",
    { status: 101, fields: [["Connection", "upgrade"], ["Upgrade", "x"]] },
    "HTTP/1.1 101 Switching Protocols|Connection: upgrade|Upgrade: x||",
  ],
];

Deno.test("responses are written with what frames them", () => {
  for (const [line, response, expected] of respondCases) {
    const notes = runServer(bytesOf(`${line}\r\n${H}\r\n`), [], { respond: () => response });
    const written: string = JSON.parse(notes[1]!.slice(4));
    assertEquals(written, expected, line);
  }
});

Deno.test("after CONNECT and 101 the bytes are the caller's", () => {
  const cases: [string, HttpResponseHead][] = [
    [`CONNECT a:1 HTTP/1.1\r\n${H}\r\n`, { status: 200 }],
    [`GET / HTTP/1.1\r\n${H}Upgrade: x\r\nConnection: upgrade\r\n\r\n`, { status: 101 }],
  ];
  for (const [text, response] of cases) {
    const notes = runServer(bytesOf(text + "raw"), [], { respond: () => response });
    assertEquals(notes.slice(-3), ["Tunnel", "close false", "left 3"]);
  }
});

/** A server's exchange that has taken a request. */
function taken(
  text: string,
): { exchange: HttpServerExchange; bytes: Uint8Array; position: number } {
  const exchange = new HttpServerExchange();
  const bytes = bytesOf(text);
  assertEquals(exchange.receive(bytes, 0, bytes.length), HttpEvent.Head);
  return { exchange, bytes, position: exchange.position };
}

const out = new Uint8Array(1000);

Deno.test("100 Continue is written when asked for, once, and not to HTTP/1.0", () => {
  const head = `PUT / HTTP/1.1\r\n${H}Expect: 100-continue\r\nContent-Length: 2\r\n\r\n`;
  const { exchange } = taken(head);
  assertEquals(exchange.expectsContinue, true);
  const end = exchange.writeInformational(out, 0, out.length);
  assertEquals(textOf(out, 0, end), "HTTP/1.1 100 Continue\r\n\r\n");
  assertEquals(exchange.expectsContinue, false);
  const hints = exchange.writeInformational(out, 0, out.length, 103, [["Link", "x"]]);
  assertEquals(textOf(out, 0, hints), "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n");
  assertThrows(() => exchange.writeInformational(out, 0, 1000, 101), RangeError);
  assertThrows(() => exchange.writeInformational(out, 0, 1000, 200), RangeError);

  const old = taken("PUT / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n").exchange;
  assertEquals(old.expectsContinue, false);
  assertEquals(old.writeInformational(out, 5, out.length), 5);

  const impatient = taken(head + "hi");
  assertEquals(
    impatient.exchange.receive(impatient.bytes, impatient.position, impatient.bytes.length),
    HttpEvent.Data,
  );
  assertEquals(impatient.exchange.expectsContinue, false);

  const none = taken(`PUT / HTTP/1.1\r\n${H}Expect: 100-continue\r\nContent-Length: 0\r\n\r\n`);
  assertEquals(none.exchange.expectsContinue, false);
});

Deno.test("a final status instead of 100 Continue closes the connection", () => {
  const { exchange } = taken(
    `PUT / HTTP/1.1\r\n${H}Expect: 100-continue\r\nContent-Length: 2\r\n\r\n`,
  );
  const end = exchange.writeHead(out, 0, out.length, { status: 413 });
  assertEquals(
    textOf(out, 0, end),
    "HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
  );
  assertEquals(exchange.shouldClose, true);
});

Deno.test("an early answer leaves the body to be dropped before the next request", () => {
  const { exchange, bytes, position } = taken(
    `PUT / HTTP/1.1\r\n${H}Content-Length: 2\r\n\r\nhiGET /2 HTTP/1.1\r\n${H}\r\n`,
  );
  exchange.writeHead(out, 0, out.length, { status: 200 });
  assertEquals([exchange.isAnswered, exchange.shouldClose], [true, false]);
  assertEquals(exchange.receive(bytes, position, bytes.length), HttpEvent.Data);
  assertEquals(exchange.receive(bytes, exchange.position, bytes.length), HttpEvent.End);
  assertEquals(exchange.receive(bytes, exchange.position, bytes.length), HttpEvent.Head);
  assertEquals(exchange.head.target, "/2");
  assertEquals([exchange.isAnswered, exchange.canRespond], [false, true]);
});

Deno.test("the next request waits until the response is complete", () => {
  const { exchange, bytes, position } = taken(
    `GET / HTTP/1.1\r\n${H}\r\nGET /2 HTTP/1.1\r\n${H}\r\n`,
  );
  const next = (): HttpEvent => exchange.receive(bytes, exchange.position, bytes.length);
  assertEquals(exchange.receive(bytes, position, bytes.length), HttpEvent.End);
  assertEquals(next(), HttpEvent.Paused);
  assertEquals(exchange.position, position);
  exchange.writeHead(out, 0, out.length, { status: 200, body: 5 });
  assertEquals(next(), HttpEvent.Paused);
  assertThrows(() => exchange.writeHead(out, 0, 1000, { status: 200 }), TypeError, "no request");
  exchange.responseBody.open(out, 0, 3);
  assertEquals(next(), HttpEvent.Paused);
  exchange.responseBody.open(out, 0, 2);
  assertEquals(next(), HttpEvent.Head);
});

Deno.test("the client's end between requests is none, within one it is a cut", () => {
  const fresh = new HttpServerExchange();
  assertEquals(fresh.receiveEnd(), HttpEvent.End);
  const partial = new HttpServerExchange();
  partial.receive(bytesOf("GET"), 0, 3);
  assertEquals(partial.receiveEnd(), HttpEvent.Error);
  const { exchange } = taken(`PUT / HTTP/1.1\r\n${H}Content-Length: 2\r\n\r\n`);
  assertEquals(exchange.receiveEnd(), HttpEvent.Error);
  assertEquals(httpVerdictName(exchange.verdict), "Truncated");
  const whole = taken(`GET / HTTP/1.1\r\n${H}\r\n`).exchange;
  assertEquals(whole.receiveEnd(), HttpEvent.End);
  whole.writeHead(out, 0, out.length, { status: 200 });
  assertEquals(whole.shouldClose, true);
});

Deno.test("responses out of turn and out of shape are the programmer's mistakes", () => {
  const exchange = new HttpServerExchange();
  assertThrows(() => exchange.writeHead(out, 0, 1000, { status: 200 }), TypeError, "no request");
  assertThrows(() => exchange.writeInformational(out, 0, 1000), TypeError, "no request");
  const { exchange: asked } = taken(`GET / HTTP/1.1\r\n${H}\r\n`);
  const write = (response: HttpResponseHead): number => asked.writeHead(out, 0, 1000, response);
  assertThrows(() => write({ status: 100 }), RangeError, "not a final");
  assertThrows(() => write({ status: 1000 }), RangeError);
  assertThrows(() => write({ status: 200, body: 1.5 }), RangeError, "not a length");
  assertThrows(() => write({ status: 200, fields: [["Content-Length", "1"]] }), TypeError);
  assertThrows(() => write({ status: 200, fields: [["X", "\n"]] }), TypeError);
  assertThrows(() => asked.writeHead(out, 0, 20, { status: 200 }), RangeError, "does not fit");
  write({ status: 200 });
  assertThrows(() => asked.responseBody.open(out, 0, 1), TypeError, "it is complete");
});

Deno.test("what a client writes a server reads, and the other way round", () => {
  const body = fc.oneof(fc.constant(undefined), fc.uint8Array({ maxLength: 50 }));
  const kind = fc.boolean();
  const cuts = fc.array(fc.nat(400), { maxLength: 4 });
  fc.assert(
    fc.property(
      body,
      kind,
      cuts,
      (data: Uint8Array | undefined, isChunked: boolean, cutAt: number[]) => {
        const size = data?.length ?? 0;
        const announced = data === undefined ? {} : { body: isChunked ? "chunked" as const : size };
        const client = new HttpClientExchange();
        const buffer = new Uint8Array(500);
        let end = client.writeHead(buffer, 0, 500, { ...GET, method: "POST", ...announced });
        end += client.requestBody.open(buffer, end, size);
        buffer.set(data ?? [], end);
        end += size;
        if (size > 0) end += client.requestBody.close(buffer, end);
        end += client.requestBody.finish(buffer, end);
        assertEquals(client.requestBody.isComplete, true);
        const ends = cutAt.map((cut) => Math.min(cut, end)).sort((a, b) => a - b);
        const notes = runServer(buffer.subarray(0, end), ends, {
          respond: () => ({ status: 200, body: "chunked" }),
        });
        const text = data === undefined ? "" : textOf(data, 0, size);
        assertEquals(notes, [
          "Head POST /",
          ...text === "" ? [] : [`body ${JSON.stringify(text)}`],
          'End "HTTP/1.1 200 OK|Transfer-Encoding: chunked||2|hi|0||"',
          "close false",
          "left 0",
        ]);
        const answer = bytesOf(JSON.parse(notes.at(-3)!.slice(4)).replaceAll("|", "\r\n"));
        assertEquals(runClient(GET, answer, ends.map((cut) => Math.min(cut, answer.length))), [
          "Head 200 Transfer-Encoding=chunked",
          'body "hi"',
          "End ",
          "reuse true",
          "left 0",
        ]);
      },
    ),
  );
});
