import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { tokenBytes } from "./characters.ts";
import type { FieldOptions, FieldSection } from "./fields.ts";
import { RequestHead, ResponseHead, TargetForm } from "./head.ts";
import { checkTarget } from "./target.ts";
import { HttpVerdict, httpVerdictName, httpVerdictStatus } from "./verdict.ts";

/** Text to bytes, one a character. */
function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

function nameOf(section: FieldSection, bytes: Uint8Array, offset = 0, end = bytes.length): string {
  return httpVerdictName(section.parse(bytes, offset, end));
}

function summary(head: RequestHead): unknown {
  return [head.method, head.target, head.minorVersion, [...head.fields()], head.end - head.offset];
}

Deno.test("the parts of a request are found where they are", () => {
  const text = "GET /data/set HTTP/1.1\r\nHost: \r\nUser-Agent: Go-http-client/1.1\r\n" +
    "Content-Length: 12\r\n\r\nhello world!";
  const bytes = bytesOf("xx" + text + "yy");
  const head = new RequestHead();
  assertEquals(head.parse(bytes, 2, bytes.length - 2), HttpVerdict.Ok);
  const at = (from: number, to: number): string => text.slice(from - 2, to - 2);
  assertEquals(at(head.methodOffset, head.methodEnd), "GET");
  assertEquals(at(head.targetOffset, head.targetEnd), "/data/set");
  assertEquals(head.minorVersion, 1);
  assertEquals(head.fieldCount, 3);
  assertEquals(
    [0, 1, 2].map((i) => [
      at(head.nameOffset(i), head.nameEnd(i)),
      at(head.valueOffset(i), head.valueEnd(i)),
    ]),
    [["Host", ""], ["User-Agent", "Go-http-client/1.1"], ["Content-Length", "12"]],
  );
  assertEquals(at(head.end, bytes.length - 2), "hello world!");
});

const good: [string, string, unknown[]][] = [
  ["no fields", "GET / HTTP/1.1\r\n\r\n", ["GET", "/", 1, []]],
  ["HTTP/1.0", "GET / HTTP/1.0\r\n\r\n", ["GET", "/", 0, []]],
  ["a later minor version", "GET / HTTP/1.9\r\n\r\n", ["GET", "/", 9, []]],
  ["a method of one's own", "M-SEARCH * HTTP/1.1\r\n\r\n", ["M-SEARCH", "*", 1, []]],
  ["case is kept", "get /A HTTP/1.1\r\nhOsT: X\r\n\r\n", ["get", "/A", 1, [["hOsT", "X"]]]],
  ["no normalisation", "GET /a/../b//%41?# HTTP/1.1\r\n\r\n", ["GET", "/a/../b//%41?#", 1, []]],
  ["an empty line before (RFC 9112 §2.2)", "\r\nGET / HTTP/1.1\r\n\r\n", ["GET", "/", 1, []]],
  ["values trimmed of blanks", "GET / HTTP/1.1\r\nA: \t b c\t \r\n\r\n", [
    "GET",
    "/",
    1,
    [["A", "b c"]],
  ]],
  ["a value of blanks", "GET / HTTP/1.1\r\nA: \t \r\n\r\n", ["GET", "/", 1, [["A", ""]]]],
  ["no blank after the colon", "GET / HTTP/1.1\r\nA:b\r\n\r\n", ["GET", "/", 1, [["A", "b"]]]],
  ["colons in a value", "GET / HTTP/1.1\r\nA::b:\r\n\r\n", ["GET", "/", 1, [["A", ":b:"]]]],
  ["obs-text", "GET / HTTP/1.1\r\nA: \xe4\x80\r\n\r\n", ["GET", "/", 1, [["A", "\xe4\x80"]]]],
  ["every token character", "GET / HTTP/1.1\r\n!#$%&'*+-.^_`|~09AZaz: 1\r\n\r\n", [
    "GET",
    "/",
    1,
    [["!#$%&'*+-.^_`|~09AZaz", "1"]],
  ]],
];

Deno.test("well-formed requests are taken as they are", () => {
  for (const [name, text, parts] of good) {
    const head = new RequestHead();
    assertEquals(nameOf(head, bytesOf(text)), "Ok", name);
    assertEquals(summary(head), [...parts, text.length], name);
  }
});

const bad: [string, string, string][] = [
  ["CR before the method", "\rGET / HTTP/1.1\r\n\r\n", "BadLineEnd"],
  ["space before the method", " GET / HTTP/1.1\r\n\r\n", "BadStartLine"],
  ["no method", "/ HTTP/1.1\r\n\r\n", "BadStartLine"],
  ["method is no token", "G(T / HTTP/1.1\r\n\r\n", "BadStartLine"],
  ["two spaces", "GET  / HTTP/1.1\r\n\r\n", "BadStartLine"],
  ["tab for a space", "GET\t/ HTTP/1.1\r\n\r\n", "BadStartLine"],
  ["space in the target", "GET /a b HTTP/1.1\r\n\r\n", "BadStartLine"],
  ["control in the target", "GET /\x01 HTTP/1.1\r\n\r\n", "BadStartLine"],
  ["NUL in the target", "GET /\0 HTTP/1.1\r\n\r\n", "BadStartLine"],
  ["a letter above ASCII in the target", "GET /\xe4 HTTP/1.1\r\n\r\n", "BadStartLine"],
  ["HTTP/0.9", "GET /\r\n\r\n             ", "BadStartLine"],
  ["lower-case version", "GET / http/1.1\r\n\r\n", "BadStartLine"],
  ["version of one digit", "GET / HTTP/1\r\n\r\n    ", "BadStartLine"],
  ["version with two digits", "GET / HTTP/1.10\r\n\r\n", "BadStartLine"],
  ["space after the version", "GET / HTTP/1.1 \r\n\r\n", "BadStartLine"],
  ["HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "BadVersion"],
  ["HTTP/0.1", "GET / HTTP/0.1\r\n\r\n", "BadVersion"],
  ["CR alone after the version", "GET / HTTP/1.1\rA: b\r\n\r\n", "BadLineEnd"],
  ["LF alone after the version", "GET / HTTP/1.1\nHost: a\r\n\r\n", "BadLineEnd"],
  ["LF alone after a field", "GET / HTTP/1.1\r\nHost: a\n\r\n", "BadLineEnd"],
  ["LF alone for the empty line", "GET / HTTP/1.1\r\nHost: a\r\n\n", "BadLineEnd"],
  ["CR alone in a value", "GET / HTTP/1.1\r\nA: b\rc\r\n\r\n", "BadLineEnd"],
  ["CR CR LF", "GET / HTTP/1.1\r\nA: b\r\r\n\r\n", "BadLineEnd"],
  ["NUL in a value", "GET / HTTP/1.1\r\nA: b\0c\r\n\r\n", "BadField"],
  ["DEL in a value", "GET / HTTP/1.1\r\nA: b\x7f\r\n\r\n", "BadField"],
  ["space before the colon", "GET / HTTP/1.1\r\nHost : a\r\n\r\n", "BadField"],
  ["tab before the colon", "GET / HTTP/1.1\r\nHost\t: a\r\n\r\n", "BadField"],
  ["no colon", "GET / HTTP/1.1\r\nHost\r\n\r\n", "BadField"],
  ["no name", "GET / HTTP/1.1\r\n: a\r\n\r\n", "BadField"],
  ["name is no token", "GET / HTTP/1.1\r\nHo[st: a\r\n\r\n", "BadField"],
  ["name above ASCII", "GET / HTTP/1.1\r\nH\xf6st: a\r\n\r\n", "BadField"],
  ["a fold", "GET / HTTP/1.1\r\nA: b\r\n c\r\n\r\n", "BadField"],
  ["a fold with a tab", "GET / HTTP/1.1\r\nA: b\r\n\tc: d\r\n\r\n", "BadField"],
  ["blanks before the first field (§2.2)", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", "BadField"],
];

Deno.test("malformed requests are refused", () => {
  for (const [name, text, verdict] of bad) {
    assertEquals(nameOf(new RequestHead(), bytesOf(text)), verdict, name);
  }
});

Deno.test("an LF alone ends a line where that is allowed", () => {
  const head = new RequestHead({ bareLineFeed: true });
  const bytes = bytesOf("\n\r\nGET / HTTP/1.1\nA: b \r\nC: d\n\nrest");
  assertEquals(nameOf(head, bytes), "Ok");
  assertEquals(summary(head), ["GET", "/", 1, [["A", "b"], ["C", "d"]], bytes.length - 4]);
  assertEquals(nameOf(head, bytesOf("GET / HTTP/1.1\nA: b\rc\n\n")), "BadLineEnd");
});

Deno.test("all malformed heads, cut anywhere or fed in two pieces, come to the same verdict", () => {
  const all = [...bad, ...good.map(([name, text]) => [name, text, "Ok"] as const)];
  for (const [name, text, verdict] of all) {
    const bytes = bytesOf(text);
    const whole = new RequestHead();
    nameOf(whole, bytes);
    for (let cut = 0; cut <= bytes.length; cut++) {
      const head = new RequestHead();
      const first = nameOf(head, bytes, 0, cut);
      if (first === "Incomplete") {
        assertEquals(nameOf(head, bytes), verdict, `${name}, cut at ${cut}`);
      } else {
        assertEquals(first, verdict, `${name}, cut at ${cut}`);
      }
      if (verdict === "Ok") assertEquals(summary(head), summary(whole), `${name}, cut at ${cut}`);
    }
  }
});

Deno.test("a head that comes byte by byte, in moving buffers, is the same", () => {
  const long = "z".repeat(700);
  const text = `POST /${long} HTTP/1.1\r\nHost: a\r\nX-${long}: ${long}\r\nY:${long}\r\n\r\n`;
  const head = new RequestHead();
  for (let length = 0; length < text.length; length++) {
    const bytes = bytesOf("_".repeat(length % 7) + text.slice(0, length));
    assertEquals(nameOf(head, bytes, length % 7), "Incomplete");
  }
  const bytes = bytesOf("___" + text + "next");
  assertEquals(nameOf(head, bytes, 3), "Ok");
  assertEquals(summary(head), [
    "POST",
    "/" + long,
    1,
    [["Host", "a"], ["X-" + long, long], ["Y", long]],
    text.length,
  ]);
});

Deno.test("a fault in a long line that comes in pieces is found at the latest with its end", () => {
  const text = `GET / HTTP/1.1\r\nA: ${"b".repeat(600)}\x01${"c".repeat(600)}\r\n\r\n`;
  const bytes = bytesOf(text);
  for (let cut = 0; cut < bytes.length; cut += 7) {
    const head = new RequestHead();
    let verdict = nameOf(head, bytes, 0, cut);
    if (verdict === "Incomplete") verdict = nameOf(head, bytes);
    assertEquals(verdict, "BadField");
  }
});

Deno.test("limits hold to the byte and to the field, however the bytes come", () => {
  const text = "GET / HTTP/1.1\r\nA: b\r\nC: d\r\n\r\n";
  const bytes = bytesOf(text + "x".repeat(100));
  const cases: [FieldOptions, string][] = [
    [{ maxLength: text.length }, "Ok"],
    [{ maxLength: text.length - 1 }, "HeadTooLong"],
    [{ maxLength: 17 }, "HeadTooLong"],
    [{ maxLength: 16 }, "HeadTooLong"],
    [{ maxLength: 15 }, "StartLineTooLong"],
    [{ maxLength: 1 }, "StartLineTooLong"],
    [{ maxFields: 2 }, "Ok"],
    [{ maxFields: 1 }, "TooManyFields"],
  ];
  for (const [options, verdict] of cases) {
    assertEquals(nameOf(new RequestHead(options), bytes), verdict, JSON.stringify(options));
    const head = new RequestHead(options);
    let last = "Incomplete";
    for (let end = 0; last === "Incomplete" && end <= bytes.length; end++) {
      last = nameOf(head, bytes, 0, end);
    }
    assertEquals(last, verdict, `${JSON.stringify(options)}, byte by byte`);
  }
  assertThrows(() => new RequestHead({ maxFields: 0 }), RangeError, "Cannot limit");
  assertThrows(() => new RequestHead({ maxLength: 1.5 }), RangeError, "Cannot limit");
});

Deno.test("a head of 64 KiB is the longest by default", () => {
  const field = "A: " + "b".repeat(65_536 - 14 - 2 - 3 - 2 - 2);
  const text = `GET / HTTP/1.1\r\n${field}\r\n\r\n`;
  assertEquals(text.length, 65_536);
  assertEquals(nameOf(new RequestHead(), bytesOf(text)), "Ok");
  assertEquals(
    nameOf(new RequestHead(), bytesOf(text.replace("A: ", "AA: "))),
    "HeadTooLong",
  );
});

Deno.test("a head after a refused or forgotten one begins anew", () => {
  const head = new RequestHead();
  assertEquals(nameOf(head, bytesOf("GET / HTTP/1.1\r\nA b\r\n")), "BadField");
  assertEquals(nameOf(head, bytesOf("GET /2 HTTP/1.1\r\nA: b\r\n\r\n")), "Ok");
  assertEquals(head.fieldCount, 1);
  assertEquals(nameOf(head, bytesOf("GET /3 HTTP/1.1\r\nC: d\r\nE")), "Incomplete");
  head.reset();
  assertEquals(nameOf(head, bytesOf("GET /4 HTTP/1.1\r\n\r\n")), "Ok");
  assertEquals([head.target, head.fieldCount], ["/4", 0]);
});

Deno.test("a buffer is never read behind its end", () => {
  const text = "GET /a HTTP/1.1\r\nHost: a\r\nB: c d\r\n\r\n";
  for (let cut = 0; cut <= text.length; cut++) {
    const bytes = bytesOf(text.slice(0, cut) + "\r\n\r\nX: y\r\n\r\n");
    const guarded = new Proxy(bytes, {
      get(target, key): unknown {
        if (typeof key === "string" && /^-?\d+$/.test(key)) {
          assertEquals(Number(key) >= 0 && Number(key) < cut, true, `read ${key} of ${cut}`);
          return target[Number(key)];
        }
        return Reflect.get(target, key, target);
      },
    });
    const verdict = new RequestHead().parse(guarded, 0, cut);
    assertEquals(verdict, cut === text.length ? HttpVerdict.Ok : HttpVerdict.Incomplete);
  }
});

const responses: [string, string, unknown[]][] = [
  ["plain", "HTTP/1.1 200 OK\r\n\r\n", [200, "OK", 1, []]],
  ["no reason", "HTTP/1.0 404 \r\n\r\n", [404, "", 0, []]],
  ["no reason and no space", "HTTP/1.1 302\r\n\r\n", [302, "", 1, []]],
  ["a long reason", "HTTP/1.1 418 I'm a \xe4 teapot\r\nA: b\r\n\r\n", [
    418,
    "I'm a \xe4 teapot",
    1,
    [["A", "b"]],
  ]],
  ["folds (RFC 9112 §5.2)", "HTTP/1.1 200 OK\r\nA: b \r\n  c\r\n\td\r\nE:\r\n f\r\n\r\n", [
    200,
    "OK",
    1,
    [["A", "b c d"], ["E", "f"]],
  ]],
  ["a fold of blanks", "HTTP/1.1 200 OK\r\nA: b\r\n \r\nC: d\r\n\r\n", [
    200,
    "OK",
    1,
    [["A", "b"], ["C", "d"]],
  ]],
];

const badResponses: [string, string, string][] = [
  ["status of two digits", "HTTP/1.1 20 OK\r\n\r\n", "BadStartLine"],
  ["status of four digits", "HTTP/1.1 2000 OK\r\n\r\n", "BadStartLine"],
  ["status 099", "HTTP/1.1 099 OK\r\n\r\n", "BadStartLine"],
  ["letters for a status", "HTTP/1.1 2xx OK\r\n\r\n", "BadStartLine"],
  ["no space", "HTTP/1.1-200 OK\r\n\r\n", "BadStartLine"],
  ["ICY", "ICY 200 OK\r\n\r\n", "BadStartLine"],
  ["HTTP/2", "HTTP/2.0 200 OK\r\n\r\n", "BadVersion"],
  ["control in the reason", "HTTP/1.1 200 O\x01K\r\n\r\n", "BadStartLine"],
  ["CR in the reason", "HTTP/1.1 200 O\rK\r\n\r\n", "BadLineEnd"],
  ["LF alone", "HTTP/1.1 200 OK\n\r\n", "BadLineEnd"],
  ["a fold before any field", "HTTP/1.1 200 OK\r\n A: b\r\n\r\n", "BadField"],
];

Deno.test("responses are taken apart, whole and in two pieces", () => {
  for (const [name, text, parts] of responses) {
    const bytes = bytesOf(text);
    for (let cut = 0; cut <= bytes.length; cut++) {
      const head = new ResponseHead();
      if (cut < bytes.length) assertEquals(nameOf(head, bytes, 0, cut), "Incomplete", name);
      assertEquals(nameOf(head, bytes), "Ok", name);
      assertEquals(
        [head.status, head.reason, head.minorVersion, [...head.fields()]],
        parts,
        `${name}, cut at ${cut}`,
      );
    }
  }
  for (const [name, text, verdict] of badResponses) {
    assertEquals(nameOf(new ResponseHead(), bytesOf(text)), verdict, name);
  }
});

Deno.test("fields are found by name and compared by value", () => {
  const head = new RequestHead();
  const text = "GET / HTTP/1.1\r\nAccept: A\r\nConnection: Keep-Alive ,, TE\r\naccept: b\r\n" +
    "CONNECTION:close\r\n\r\n";
  assertEquals(nameOf(head, bytesOf(text)), "Ok");
  const accept = tokenBytes("Accept");
  assertEquals(head.findField(accept), 0);
  assertEquals(head.findField(accept, 1), 2);
  assertEquals(head.findField(accept, 3), -1);
  assertEquals(head.findField(tokenBytes("accep")), -1);
  assertEquals(head.get("ACCEPT"), "A");
  assertEquals(head.get("missing"), null);
  assertThrows(() => head.get("no token"), TypeError);
  assertEquals(head.fieldValueEquals(0, bytesOf("A")), true);
  assertEquals(head.fieldValueEquals(0, bytesOf("a")), false);
  assertEquals(head.fieldValueEquals(0, bytesOf("AA")), false);
  assertEquals(head.fieldValueEqualsIgnoreCase(0, bytesOf("a")), true);
  const connection = tokenBytes("connection");
  const tokens = ["keep-alive", "te", "close", "alive", "keep"].map((token) =>
    head.hasToken(connection, tokenBytes(token))
  );
  assertEquals(tokens, [true, true, true, false, false]);
});

const targets: [string, string, string, TargetForm][] = [
  ["GET", "/", "Ok", TargetForm.Origin],
  ["GET", "/a?b#c", "BadTarget", TargetForm.Origin],
  ["OPTIONS", "*", "Ok", TargetForm.Asterisk],
  ["GET", "*", "BadTarget", TargetForm.Asterisk],
  ["GET", "http://example.org/a", "Ok", TargetForm.Absolute],
  ["GET", "http://", "BadTarget", TargetForm.Absolute],
  ["GET", "example.org", "BadTarget", TargetForm.Absolute],
  ["GET", "1http://a", "BadTarget", TargetForm.Absolute],
  ["GET", "://a", "BadTarget", TargetForm.Absolute],
  ["CONNECT", "example.org:443", "Ok", TargetForm.Authority],
  ["CONNECT", "[2001:db8::1]:443", "Ok", TargetForm.Authority],
  ["CONNECT", "example.org", "BadTarget", TargetForm.Authority],
  ["CONNECT", "example.org:", "BadTarget", TargetForm.Authority],
  ["CONNECT", ":443", "BadTarget", TargetForm.Authority],
  ["CONNECT", "http://a:80", "BadTarget", TargetForm.Authority],
  ["CONNECT", "u@a:80", "BadTarget", TargetForm.Authority],
  ["CONNECT", "/", "BadTarget", TargetForm.Authority],
];

Deno.test("a target's form must go with the method", () => {
  for (const [method, target, verdict, form] of targets) {
    const head = new RequestHead();
    assertEquals(nameOf(head, bytesOf(`${method} ${target} HTTP/1.1\r\n\r\n`)), "Ok");
    assertEquals(head.targetForm, form, target);
    assertEquals(httpVerdictName(checkTarget(head)), verdict, `${method} ${target}`);
  }
});

Deno.test("verdicts have a status of their own where HTTP has one", () => {
  const statuses = Object.values(HttpVerdict).map(httpVerdictStatus);
  assertEquals(statuses.every((status) => status >= 400 && status <= 505), true);
  assertEquals(httpVerdictStatus(HttpVerdict.BadVersion), 505);
  assertEquals(httpVerdictStatus(HttpVerdict.StartLineTooLong), 414);
  assertEquals(httpVerdictStatus(HttpVerdict.TooManyFields), 431);
  assertEquals(httpVerdictStatus(HttpVerdict.UnknownTransferCoding), 501);
  assertEquals(httpVerdictStatus(HttpVerdict.BodyTooLong), 413);
  assertEquals(httpVerdictStatus(HttpVerdict.AmbiguousLength), 400);
});

Deno.test("any bytes give a verdict, the same in two pieces", () => {
  const pieces = fc.constantFrom(
    ..."\r\n|\r|\n|:| |\t|GET|/|HTTP/1.1|A|\0|200|\x7f|\xff|Host".split("|"),
  );
  const anything = fc.oneof(
    fc.array(pieces, { maxLength: 40 }).map((parts: string[]) => bytesOf(parts.join(""))),
    fc.array(pieces, { maxLength: 30 }).map((parts: string[]) =>
      bytesOf("GET / HTTP/1.1\r\n" + parts.join(""))
    ),
    fc.uint8Array({ maxLength: 100 }),
  );
  fc.assert(
    fc.property(anything, fc.nat(100), (bytes: Uint8Array, at: number) => {
      for (const make of [() => new RequestHead(), () => new ResponseHead()]) {
        const whole = make();
        const verdict = nameOf(whole, bytes);
        const cut = Math.min(at, bytes.length);
        const head = make();
        let split = nameOf(head, bytes, 0, cut);
        if (split === "Incomplete") split = nameOf(head, bytes);
        assertEquals(split, verdict);
        if (verdict !== "Ok") continue;
        assertEquals([...head.fields()], [...whole.fields()]);
        assertEquals(head.end, whole.end);
      }
    }),
    { numRuns: 2000 },
  );
});

Deno.test("another protocol's greeting is no beginning of a response, however short it is", () => {
  const head = new ResponseHead();
  for (const text of ["SSH-2.0-x\r\n", "220 smtp\r\n", "X", "HTTQ"]) {
    assertEquals(nameOf(head, bytesOf(text)), "BadStartLine", text);
  }
  for (const text of ["", "H", "HTTP/", "HTTP/1.1 20"]) {
    const fresh = new ResponseHead();
    assertEquals(nameOf(fresh, bytesOf(text)), "Incomplete", text);
  }
});
