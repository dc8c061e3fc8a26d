import { fuzz } from "@octet/testing/fuzz";
import { HttpClientExchange } from "./client.ts";
import { HttpEvent } from "./event.ts";
import { RequestHead, ResponseHead } from "./head.ts";
import { HttpServerExchange } from "./server.ts";
import { HttpVerdict } from "./verdict.ts";

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

const requests = [
  "GET /data/set HTTP/1.1\r\nHost: \r\nUser-Agent: Go-http-client/1.1\r\n\r\n",
  'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3;a="b"\r\nabc\r\n0\r\nX: y\r\n\r\n',
  "PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\nabcGET / HTTP/1.0\r\n\r\n",
].map(bytesOf);

const responses = [
  "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi",
  "HTTP/1.1 100 \r\n\r\nHTTP/1.1 200 OK\r\nA: b\r\n c\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n",
  "HTTP/1.0 302\r\nConnection: keep-alive\r\n\r\nrest",
].map(bytesOf);

fuzz("fuzzHttpHead", (input) => {
  for (
    const head of [new RequestHead(), new ResponseHead(), new RequestHead({ bareLineFeed: true })]
  ) {
    if (head.parse(input, 0, input.length) !== HttpVerdict.Ok) continue;
    if (head.end > input.length) throw new Error("The head ends outside its bytes");
    let position = 0;
    for (let i = 0; i < head.fieldCount; i++) {
      const inOrder = head.nameOffset(i) >= position && head.nameEnd(i) > head.nameOffset(i) &&
        head.valueOffset(i) > head.nameEnd(i) && head.valueEnd(i) >= head.valueOffset(i);
      if (!inOrder) throw new Error("Fields overlap");
      position = head.valueEnd(i);
    }
    if (position > head.end) throw new Error("A field ends behind the head");
  }
}, { seeds: [...requests, ...responses] });

/** Runs an exchange over the input, given in pieces of `step` bytes, and tells what came of it. */
function run(input: Uint8Array, step: number, isServer: boolean): string {
  const out = new Uint8Array(1000);
  const server = new HttpServerExchange({ maxLength: 512, maxFields: 8, maxBodyLength: 1000 });
  const client = new HttpClientExchange({ maxLength: 512, maxFields: 8, maxBodyLength: 1000 });
  client.writeHead(out, 0, out.length, { target: "/", host: "a" });
  const exchange = isServer ? server : client;
  let position = 0;
  let story = "";
  for (let end = Math.min(step, input.length);; end = Math.min(end + step, input.length)) {
    for (;;) {
      const event = exchange.receive(input, position, end);
      if (exchange.position < position || exchange.position > end) throw new Error("Read outside");
      const before = position;
      position = exchange.position;
      if (event === HttpEvent.NeedMore || event === HttpEvent.Paused) break;
      if (event === HttpEvent.Data) {
        if (exchange.dataOffset < before || exchange.dataEnd > position) {
          throw new Error("Data outside");
        }
        story += String.fromCharCode(...input.subarray(exchange.dataOffset, exchange.dataEnd));
        continue;
      }
      story += `<${event}>`;
      if (isServer && event === HttpEvent.End && server.canRespond) {
        server.writeHead(out, 0, out.length, { status: 200 });
      } else if (event !== HttpEvent.Head && event !== HttpEvent.Informational) {
        return story;
      }
    }
    if (end === input.length) return story;
  }
}

fuzz("fuzzHttpServer", (input) => {
  const whole = run(input, input.length, true);
  const pieces = run(input, 3, true);
  if (whole !== pieces) throw new Error(`Whole: ${whole}, in pieces: ${pieces}`);
}, { seeds: requests, maxLength: 250 });

fuzz("fuzzHttpClient", (input) => {
  const whole = run(input, input.length, false);
  const pieces = run(input, 3, false);
  if (whole !== pieces) throw new Error(`Whole: ${whole}, in pieces: ${pieces}`);
}, { seeds: responses, maxLength: 250 });
