import { assertEquals } from "@std/assert";
import { BodyFraming, BodyKind, checkHost, expectsContinue, isPersistent } from "./framing.ts";
import { RequestHead, ResponseHead } from "./head.ts";
import { HttpVerdict, httpVerdictName } from "./verdict.ts";

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

function request(fields: string, version = "1.1"): RequestHead {
  const bytes = bytesOf(`POST / HTTP/${version}\r\n${fields}\r\n`);
  const head = new RequestHead();
  assertEquals(head.parse(bytes, 0, bytes.length), HttpVerdict.Ok, fields);
  return head;
}

function response(status: number, fields: string, version = "1.1"): ResponseHead {
  const bytes = bytesOf(`HTTP/${version} ${status} \r\n${fields}\r\n`);
  const head = new ResponseHead();
  assertEquals(head.parse(bytes, 0, bytes.length), HttpVerdict.Ok, fields);
  return head;
}

const kinds = Object.keys(BodyKind);

function describe(framing: BodyFraming, verdict: HttpVerdict): string {
  if (verdict !== HttpVerdict.Ok) return httpVerdictName(verdict);
  const kind = kinds[framing.kind];
  return `${kind}${kind === "Length" ? ` ${framing.length}` : ""}${
    framing.mustClose ? " close" : ""
  }`;
}

const CL = "Content-Length:";
const TE = "Transfer-Encoding:";

/** Fields, and what becomes of a request with them: RFC 9112 §6.3, and the ways past it that attackers have tried. */
const requests: [string, string][] = [
  ["", "None"],
  [`${CL} 0\r\n`, "Length 0"],
  [`${CL} 42\r\n`, "Length 42"],
  [`${CL} 0042\r\n`, "Length 42"],
  [`${CL} 9007199254740991\r\n`, "Length 9007199254740991"],
  [`${CL} 9007199254740992\r\n`, "BadContentLength"],
  [`${CL} 18446744073709551658\r\n`, "BadContentLength"],
  [`${CL} 42, 42\r\n`, "Length 42"],
  [`${CL} 42\t,\t42,42\r\n`, "Length 42"],
  [`${CL} 42\r\n${CL} 42\r\n`, "Length 42"],
  [`${CL} 42\r\n${CL} 43\r\n`, "BadContentLength"],
  [`${CL} 42, 43\r\n`, "BadContentLength"],
  [`${CL} 42,\r\n`, "BadContentLength"],
  [`${CL} ,42\r\n`, "BadContentLength"],
  [`${CL}\r\n`, "BadContentLength"],
  [`${CL} 42\r\n${CL}\r\n`, "BadContentLength"],
  [`${CL} +42\r\n`, "BadContentLength"],
  [`${CL} -1\r\n`, "BadContentLength"],
  [`${CL} 0x2a\r\n`, "BadContentLength"],
  [`${CL} 4 2\r\n`, "BadContentLength"],
  [`${CL} 4_2\r\n`, "BadContentLength"],
  [`${CL} 42.0\r\n`, "BadContentLength"],
  [`${CL} 1e3\r\n`, "BadContentLength"],
  [`${CL} "42"\r\n`, "BadContentLength"],
  [`${CL} 42;\r\n`, "BadContentLength"],
  [`${CL} \xb2\r\n`, "BadContentLength"],
  [`${TE} chunked\r\n`, "Chunked"],
  [`${TE} CHUNKed\r\n`, "Chunked"],
  [`${TE} \tchunked \t\r\n`, "Chunked"],
  [`transfer-encoding:chunked\r\n`, "Chunked"],
  [`${TE} chunked\r\n${CL} 3\r\n`, "AmbiguousLength"],
  [`${CL} 3\r\n${TE} chunked\r\n`, "AmbiguousLength"],
  [`${CL} 3\r\n${TE} identity\r\n`, "AmbiguousLength"],
  [`${CL} 3\r\n${TE} xchunked\r\n`, "AmbiguousLength"],
  [`${CL} x\r\n${TE} chunked\r\n`, "AmbiguousLength"],
  [`${TE} chunked\r\n${TE} chunked\r\n`, "BadTransferEncoding"],
  [`${TE} chunked, chunked\r\n`, "BadTransferEncoding"],
  [`${TE} chunked, identity\r\n`, "BadTransferEncoding"],
  [`${TE} chunked\r\n${TE} identity\r\n`, "BadTransferEncoding"],
  [`${TE} gzip, chunked\r\n`, "UnknownTransferCoding"],
  [`${TE} gzip\r\n`, "UnknownTransferCoding"],
  [`${TE} identity\r\n`, "UnknownTransferCoding"],
  [`${TE} cow\r\n${TE} chunked\r\n`, "UnknownTransferCoding"],
  [`${TE} xchunked\r\n`, "UnknownTransferCoding"],
  [`${TE}\r\n`, "BadTransferEncoding"],
  [`${TE} ,chunked\r\n`, "BadTransferEncoding"],
  [`${TE} chunked,\r\n`, "BadTransferEncoding"],
  [`${TE} "chunked"\r\n`, "BadTransferEncoding"],
  [`${TE} chunked;q=1\r\n`, "BadTransferEncoding"],
  [`${TE} chunk ed\r\n`, "BadTransferEncoding"],
  [`${TE} \xa0chunked\r\n`, "BadTransferEncoding"],
  [`${TE} [chunked]\r\n`, "BadTransferEncoding"],
  [`X: x\r\nTransfer-Encodin: chunked\r\n${CL} 3\r\n`, "Length 3"],
];

Deno.test("a request's body ends where RFC 9112 §6.3 says, or the request is refused", () => {
  for (const [fields, expected] of requests) {
    const framing = new BodyFraming();
    const verdict = framing.ofRequest(request(fields));
    assertEquals(describe(framing, verdict), expected, JSON.stringify(fields));
  }
});

Deno.test("HTTP/1.0 has no transfer codings", () => {
  const framing = new BodyFraming();
  assertEquals(
    describe(framing, framing.ofRequest(request(`${TE} chunked\r\n`, "1.0"))),
    "BadTransferEncoding",
  );
  assertEquals(
    describe(framing, framing.ofResponse(response(200, `${TE} chunked\r\n`, "1.0"), "GET")),
    "BadTransferEncoding",
  );
  assertEquals(
    describe(framing, framing.ofRequest(request(`${CL} 3\r\n`, "1.0"))),
    "Length 3",
  );
});

/** Heads that a parser, other than ours, may read as framing: ours must refuse the head itself. */
const smuggled = [
  `${CL} 3\r\nTransfer-Encoding : chunked\r\n`,
  `${CL} 3\r\n Transfer-Encoding: chunked\r\n`,
  `${CL} 3\r\nX: y\rTransfer-Encoding: chunked\r\n`,
  `${CL} 3\r\nX: y\nTransfer-Encoding: chunked\r\n`,
  `${CL} 3\r\nTransfer-Encoding\0: chunked\r\n`,
  `${CL} 3\r\nTransfer-Encoding\x0b: chunked\r\n`,
  `${CL} 3\r\nTransfer-Encoding: \x0bchunked\r\n`,
  `${CL} 3\r\nTransfer-Encoding:\r\n chunked\r\n`,
  `${CL} 3\r\nTransfer-Encoding: chunked\0\r\n`,
  `${CL} 3\r\n"Transfer-Encoding": chunked\r\n`,
  `${CL} 3\r\nTransfer\u00adEncoding: chunked\r\n`,
  `Content-Length\t: 3\r\n`,
  `: 3\r\n`,
];

Deno.test("fields that another parser might read otherwise are no fields", () => {
  for (const fields of smuggled) {
    const bytes = bytesOf(`POST / HTTP/1.1\r\nHost: a\r\n${fields}\r\n`);
    const verdict = new RequestHead().parse(bytes, 0, bytes.length);
    assertEquals(verdict > HttpVerdict.Incomplete, true, JSON.stringify(fields));
  }
});

const responsesTo: [string, number, string, string][] = [
  ["GET", 200, "", "UntilClose close"],
  ["GET", 200, `${CL} 5\r\n`, "Length 5"],
  ["GET", 200, `${CL} 5\r\n${CL} 6\r\n`, "BadContentLength"],
  ["GET", 200, `${TE} chunked\r\n`, "Chunked"],
  ["GET", 200, `${TE} chunked\r\n${CL} 5\r\n`, "Chunked close"],
  ["GET", 200, `${TE} gzip\r\n`, "UnknownTransferCoding"],
  ["GET", 200, `${TE} chunked, gzip\r\n`, "BadTransferEncoding"],
  ["GET", 204, `${CL} 5\r\n`, "None"],
  ["GET", 304, `${CL} 5\r\n`, "None"],
  ["GET", 304, `${TE} chunked\r\n`, "None"],
  ["HEAD", 200, `${CL} 5\r\n`, "None"],
  ["HEAD", 200, `${TE} chunked\r\n`, "None"],
  ["GET", 100, `${CL} 5\r\n`, "None"],
  ["GET", 103, "", "None"],
  ["GET", 101, `${CL} 5\r\n`, "Tunnel"],
  ["CONNECT", 200, `${CL} 5\r\n`, "Tunnel"],
  ["CONNECT", 299, `${TE} chunked\r\n`, "Tunnel"],
  ["CONNECT", 407, `${CL} 5\r\n`, "Length 5"],
  ["connect", 200, `${CL} 5\r\n`, "Length 5"],
];

Deno.test("a response's body ends where RFC 9112 §6.3 says", () => {
  for (const [method, status, fields, expected] of responsesTo) {
    const framing = new BodyFraming();
    const verdict = framing.ofResponse(response(status, fields), method);
    assertEquals(describe(framing, verdict), expected, `${method} ${status} ${fields}`);
  }
});

Deno.test("a folded length is no length", () => {
  const framing = new BodyFraming();
  assertEquals(
    describe(framing, framing.ofResponse(response(200, `${CL} 5\r\n 6\r\n`), "GET")),
    "BadContentLength",
  );
});

Deno.test("who wants the connection to go on (RFC 9112 §9.3)", () => {
  const cases: [string, string, boolean][] = [
    ["1.1", "", true],
    ["1.1", "Connection: close\r\n", false],
    ["1.1", "Connection: keep-alive, CLOSE\r\n", false],
    ["1.1", "Connection: keep-alive\r\nconnection: x , close\r\n", false],
    ["1.1", "Connection: closed\r\n", true],
    ["1.1", "Proxy-Connection: close\r\n", true],
    ["1.0", "", false],
    ["1.0", "Connection: Keep-Alive\r\n", true],
    ["1.0", "Connection: keep-alive, close\r\n", false],
  ];
  for (const [version, fields, expected] of cases) {
    assertEquals(isPersistent(request(fields, version)), expected, fields);
    assertEquals(isPersistent(response(200, fields, version)), expected, fields);
  }
});

Deno.test("who waits for 100 Continue (RFC 9110 §10.1.1)", () => {
  assertEquals(expectsContinue(request("Expect: 100-Continue\r\n")), true);
  assertEquals(expectsContinue(request("Expect: 100-continue\r\n", "1.0")), false);
  assertEquals(expectsContinue(request("Expect: 200-ok\r\n")), false);
  assertEquals(expectsContinue(request("")), false);
});

Deno.test("HTTP/1.1 has exactly one Host, of the right characters (RFC 9112 §3.2)", () => {
  const cases: [string, string, string][] = [
    ["1.1", "Host: example.org\r\n", "Ok"],
    ["1.1", "Host: [2001:db8::1]:8080\r\n", "Ok"],
    ["1.1", "Host:\r\n", "Ok"],
    ["1.1", "", "BadHost"],
    ["1.1", "Host: a\r\nHost: a\r\n", "BadHost"],
    ["1.1", "Host: a b\r\n", "BadHost"],
    ["1.1", "Host: a/b\r\n", "BadHost"],
    ["1.1", "Host: u@a\r\n", "BadHost"],
    ["1.1", "Host: a\x80\r\n", "BadHost"],
    ["1.0", "", "Ok"],
    ["1.0", "Host: a\r\nHost: b\r\n", "BadHost"],
  ];
  for (const [version, fields, expected] of cases) {
    assertEquals(httpVerdictName(checkHost(request(fields, version))), expected, fields);
  }
});
