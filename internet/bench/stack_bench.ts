// Two whole stacks joined by a buffer: Ethernet, ARP, IPv4, TCP, every checksum made and verified, no promise.
// Time passes as it does on a real clock, in fractions of a millisecond.

import { benchWith } from "@octet/testing/bench";
import { StackPair, type StackPairOptions } from "@octet/testing";
import { TcpConnection, type TcpConnectionOptions, TcpError, TcpState } from "@octet/tcp";
import { HttpVerdict, RequestHead, ResponseHead, tokenBytes } from "@octet/httpraw";
import { allocate, type Block } from "@octet/wire";
import { Buffer } from "node:buffer";

const group = "two stacks in one process, MTU 1500, checksums on";
const options = { group, isolated: true } as const;
/** As lneto's: MSS is the only option of a SYN. */
const bare: TcpConnectionOptions = { timestamps: false, sack: false, windowScaling: false };

/** A pair whose clock moves: by 1.313 ms every hundredth time it is asked to. */
class Ticking extends StackPair {
  #count = 0;

  constructor(options?: StackPairOptions) {
    super(options);
    this.now = 1000.25;
  }

  tick(): void {
    if (++this.#count % 100 === 0) this.now += 1.313;
  }
}

function expect(holds: boolean, what: string): void {
  if (!holds) throw new Error(`Not so: ${what}`);
}

benchWith("ARP request and reply", () => {
  // The bound on how often is asked is kept account of, and far away.
  const pair = new Ticking({ neighbours: { requestRate: 1e9 } });
  const arp = pair.left.arp!;
  const found = new Uint8Array(6);
  const target = StackPair.rightAddress;
  return () => {
    pair.tick();
    const before = pair.frames;
    arp.query(target, pair.now);
    pair.exchange();
    expect(arp.cache.read(target, found, 0) && found[5] === 2, "an answer");
    expect(pair.frames - before === 2, "two frames");
    arp.cache.forget(target);
  };
}, { ...options, target: 220, peers: { lneto: 256 } });

benchWith("TCP handshake, sockets reused", () => {
  const pair = new Ticking({ tcp: bare });
  const listener = pair.right.tcp.listen(80);
  const client = new TcpConnection(bare);
  const target = { address: StackPair.rightAddress, port: 80, localPort: 50_000 };
  return () => {
    pair.tick();
    pair.left.tcp.connect(target, pair.now, client);
    pair.exchange();
    const server = listener.accept();
    if (server === null) throw new Error("Not connected");
    client.end(TcpError.None);
    server.end(TcpError.None);
    pair.right.tcp.recycle(server);
  };
}, { ...options, target: 1200, peers: { lneto: 1318 } });

/** Closes from the client's side to the end: FIN, ACK, FIN, ACK; TIME-WAIT is skipped, both ends are ready for reuse. */
function closeOrderly(pair: StackPair, client: TcpConnection, server: TcpConnection): void {
  client.close(pair.now);
  pair.exchange();
  expect(server.isEndOfStream, "the server has seen the end");
  server.close(pair.now);
  pair.exchange();
  expect(client.state === TcpState.TimeWait, "the client is in TIME-WAIT");
  expect(server.state === TcpState.Closed, "the server is closed");
  client.end(TcpError.None);
  pair.right.tcp.recycle(server);
}

benchWith("connect and close, TIME-WAIT skipped", () => {
  const pair = new Ticking();
  const listener = pair.right.tcp.listen(80);
  const client = new TcpConnection();
  const target = { address: StackPair.rightAddress, port: 80, localPort: 50_000 };
  return () => {
    pair.tick();
    pair.left.tcp.connect(target, pair.now, client);
    pair.exchange();
    const server = listener.accept();
    if (server === null) throw new Error("Not connected");
    closeOrderly(pair, client, server);
  };
}, { ...options, target: 2190, peers: { smoltcp: 2190, gVisor: 66_000, "lwIP/WASM": 87_000 } });

/** An open connection without Nagle's algorithm. */
function opened(pair: StackPair): [client: TcpConnection, server: TcpConnection] {
  const listener = pair.right.tcp.listen(80);
  const client = pair.left.tcp.connect({ address: StackPair.rightAddress, port: 80 }, pair.now);
  pair.exchange();
  const server = listener.accept();
  if (server === null) throw new Error("Not connected");
  client.sender.nagle.noDelay = true;
  server.sender.nagle.noDelay = true;
  return [client, server];
}

benchWith("1-byte request and response on an open connection", () => {
  const pair = new Ticking();
  const [client, server] = opened(pair);
  const sent = Uint8Array.of(0);
  const back = new Uint8Array(16);
  return () => {
    pair.tick();
    sent[0]!++;
    client.write(sent);
    pair.toRight();
    expect(server.read(back) === 1, "a request of one byte");
    server.write(back, 0, 1);
    pair.toLeft();
    expect(client.read(back) === 1 && back[0] === sent[0], "the same byte back");
  };
}, {
  ...options,
  target: 741,
  peers: { lneto: 1155, smoltcp: 741, gVisor: 24_000, "lwIP/WASM": 14_400 },
});

{
  const size = 65_536;
  benchWith("bulk, 64 KiB written and read, content checked", () => {
    const pair = new Ticking();
    const [client, server] = opened(pair);
    // What is sent begins elsewhere in it each time, so that bytes of the round before would show.
    const bytes = new Uint8Array(2 * size);
    for (let i = 0; i < bytes.length; i++) bytes[i] = (i * 31) % 251;
    const source = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    const target = allocate(size).bytes;
    const received = Buffer.from(target.buffer, target.byteOffset, size);
    expect(source.length === 2 * size && received.length === size, "views, not copies");
    let start = 0;
    return () => {
      pair.tick();
      start = (start + 7) % 250;
      let written = 0;
      let read = 0;
      while (read < size) {
        written += client.write(bytes, start + written, start + size);
        pair.exchange();
        read += server.read(target, read, size);
      }
      expect(source.compare(received, 0, size, start, start + size) === 0, "the bytes sent");
    };
  }, {
    ...options,
    bytes: size,
    target: size * 8 / 24,
    peers: {
      lneto: size * 8 / 8.0,
      smoltcp: size * 8 / 24.4,
      gVisor: size * 8 / 2.5,
      "lwIP/WASM": size * 8 / 0.66,
    },
  });
}

const encoder = new TextEncoder();
const request = encoder.encode("GET / HTTP/1.1\r\nHost: 10.0.0.2\r\n\r\n");
const response = encoder.encode(
  "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 12\r\n\r\nhello world!",
);
const contentLength = tokenBytes("content-length");
const twelve = encoder.encode("12");

/** Requests and responses over two connections, the bytes of each parsed and checked. */
class HttpExchange {
  readonly #pair: StackPair;
  readonly #block: Block = allocate(2048);
  readonly #request = new RequestHead();
  readonly #response = new ResponseHead();

  constructor(pair: StackPair) {
    this.#pair = pair;
    expect(request.length === 34 && response.length === 77, "34 and 77 bytes");
  }

  run(client: TcpConnection, server: TcpConnection): void {
    client.write(request);
    this.#pair.toRight();
    this.#answer(server);
    this.#pair.toLeft();
    this.#check(client);
  }

  /** Reads what has come; into the slab nothing is allocated, where `read` makes a view of 104 bytes. */
  #take(connection: TcpConnection): number {
    const { bytes, address } = this.#block;
    const { buffer } = connection.receiver;
    const { length } = buffer;
    buffer.peek(0, bytes, address, 0, length);
    buffer.discard(length);
    connection.consumed(length);
    return length;
  }

  #answer(server: TcpConnection): void {
    const head = this.#request;
    const buffer = this.#block.bytes;
    const length = this.#take(server);
    head.reset();
    const isWhole = head.parse(buffer, 0, length) === HttpVerdict.Ok && head.end === length;
    const isRoot = head.isMethod("GET") && head.targetEnd - head.targetOffset === 1 &&
      buffer[head.targetOffset] === 0x2f;
    expect(isWhole && isRoot, "GET /");
    server.write(response);
  }

  #check(client: TcpConnection): void {
    const head = this.#response;
    const buffer = this.#block.bytes;
    const length = this.#take(client);
    head.reset();
    const isWhole = head.parse(buffer, 0, length) === HttpVerdict.Ok && head.status === 200;
    const field = head.findField(contentLength);
    expect(isWhole && field >= 0 && head.fieldValueEquals(field, twelve), "200, 12 bytes");
    let same = length - head.end === 12;
    for (let i = 65; same && i < 77; i++) same = buffer[i] === response[i];
    expect(same, "the body");
  }
}

benchWith("HTTP GET, keep-alive (34 B, 77 B)", () => {
  const pair = new Ticking();
  const [client, server] = opened(pair);
  const exchange = new HttpExchange(pair);
  return () => {
    pair.tick();
    exchange.run(client, server);
  };
}, { ...options, target: 1700, peers: { lneto: 1815, gVisor: 29_400 } });

benchWith("HTTP GET, new connection each", () => {
  const pair = new Ticking();
  const listener = pair.right.tcp.listen(80);
  const client = new TcpConnection();
  const exchange = new HttpExchange(pair);
  const target = { address: StackPair.rightAddress, port: 80, localPort: 50_000 };
  return () => {
    pair.tick();
    pair.left.tcp.connect(target, pair.now, client);
    pair.exchange();
    const server = listener.accept();
    if (server === null) throw new Error("Not connected");
    client.sender.nagle.noDelay = true;
    server.sender.nagle.noDelay = true;
    exchange.run(client, server);
    closeOrderly(pair, client, server);
  };
}, { ...options, target: 4500, peers: { lneto: 4727, "lwIP/WASM": 350_000 } });
