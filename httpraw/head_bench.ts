import { bench, benchWith } from "@octet/testing/bench";
import { RequestHead, ResponseHead } from "./head.ts";
import { HttpVerdict } from "./verdict.ts";

const encoder = new TextEncoder();

const request = encoder.encode(
  "GET /data/set HTTP/1.1\r\nHost: \r\nUser-Agent: Go-http-client/1.1\r\nContent-Length: 12\r\n\r\n" +
    "hello world!",
);

benchWith("request head of 98 B, copied, parsed, body found", () => {
  const head = new RequestHead();
  const buffer = new Uint8Array(4096);
  return () => {
    buffer.set(request);
    const verdict = head.parse(buffer, 0, request.length);
    // Request line, three fields, and where the body begins: `hello world!`.
    const isRight = verdict === HttpVerdict.Ok && head.targetEnd - head.targetOffset === 9 &&
      head.fieldCount === 3 && head.valueOffset(0) === head.valueEnd(0) && head.end === 86 &&
      buffer[head.valueOffset(2)] === 0x31 && buffer[head.end] === 0x68;
    if (!isRight) throw new Error("Not what was sent");
  };
}, { group: "httpraw", target: 100, peers: { lneto: 102 }, isolated: true });

const response = encoder.encode(
  "HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\nDate: Fri, 20 Nov 2026 20:10:15 GMT\r\n" +
    "Content-Type: application/octet-stream\r\nContent-Length: 67108864\r\n" +
    "Connection: keep-alive\r\nAccept-Ranges: bytes\r\n\r\n",
);
const responseHead = new ResponseHead();

bench("response head of 205 B parsed", () => {
  if (responseHead.parse(response, 0, response.length) !== HttpVerdict.Ok) {
    throw new Error("Refused");
  }
  return responseHead.end;
}, { group: "httpraw", bytes: response.length });
