import { bench } from "@octet/testing/bench";
import { RequestHead, ResponseHead } from "./head.ts";
import { HttpVerdict } from "./verdict.ts";

const encoder = new TextEncoder();

const request = encoder.encode(
  "GET /data/set HTTP/1.1\r\nHost: \r\nUser-Agent: Go-http-client/1.1\r\nContent-Length: 12\r\n\r\n" +
    "hello world!",
);
const requestHead = new RequestHead();

bench("request head of 98 B parsed", () => {
  if (requestHead.parse(request, 0, request.length) !== HttpVerdict.Ok) throw new Error("Refused");
  return requestHead.end;
}, { group: "httpraw", bytes: 98, peers: { lneto: 102 } });

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
