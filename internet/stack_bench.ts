import { bench } from "@octet/testing/bench";
import { StackPair } from "@octet/testing";
import { TcpConnection } from "@octet/tcp";
import { allocate } from "@octet/wire";

const group = "two stacks in one process, MTU 1500, checksums on";

{
  const pair = new StackPair();
  const arp = pair.left.arp!;
  const found = new Uint8Array(6);
  const target = StackPair.rightAddress;
  bench("ARP request and reply", () => {
    arp.query(target, pair.now);
    pair.exchange();
    if (!arp.cache.read(target, found, 0) || found[5] !== 2) throw new Error("No answer");
    arp.cache.forget(target);
  }, { group, peers: { lneto: 256 } });
}

{
  const pair = new StackPair({ tcp: { timestamps: false, sack: false, windowScaling: false } });
  const listener = pair.right.tcp.listen(80);
  const client = new TcpConnection({ timestamps: false, sack: false, windowScaling: false });
  const target = { address: StackPair.rightAddress, port: 80, localPort: 50_000 };
  bench("TCP handshake, sockets reused", () => {
    pair.left.tcp.connect(target, pair.now, client);
    pair.exchange();
    const server = listener.accept();
    if (server === null) throw new Error("Not connected");
    client.end(0);
    server.end(0);
    pair.right.tcp.recycle(server);
  }, { group, peers: { lneto: 1318 } });
}

{
  const pair = new StackPair();
  const listener = pair.right.tcp.listen(80);
  const client = pair.left.tcp.connect({ address: StackPair.rightAddress, port: 80 }, pair.now);
  pair.exchange();
  const server = listener.accept()!;
  client.sender.nagle.noDelay = true;
  server.sender.nagle.noDelay = true;
  const byte = Uint8Array.of(0x2a);
  const back = new Uint8Array(16);
  bench("1-byte request and response on an open connection", () => {
    client.write(byte);
    pair.toRight();
    if (server.read(back) !== 1) throw new Error("No request");
    server.write(back, 0, 1);
    pair.toLeft();
    if (client.read(back) !== 1 || back[0] !== 0x2a) throw new Error("No response");
  }, { group, peers: { lneto: 1155, smoltcp: 741 } });
}

{
  const pair = new StackPair();
  const listener = pair.right.tcp.listen(80);
  const client = pair.left.tcp.connect({ address: StackPair.rightAddress, port: 80 }, pair.now);
  pair.exchange();
  const server = listener.accept()!;
  const size = 65_536;
  const chunk = allocate(size).bytes;
  for (let i = 0; i < size; i++) chunk[i] = i % 251;
  const words = new Uint32Array(chunk.buffer, chunk.byteOffset, size / 4);
  const received = allocate(size).bytes;
  const receivedWords = new Uint32Array(received.buffer, received.byteOffset, size / 4);
  bench("bulk, 64 KiB written and read, content checked", () => {
    let written = 0;
    let read = 0;
    while (read < size) {
      written += client.write(chunk, written, size);
      pair.exchange();
      read += server.read(received, read, size);
    }
    for (let i = 0; i < words.length; i++) {
      if (words[i] !== receivedWords[i]) throw new Error(`Word ${i} differs`);
    }
    receivedWords.fill(0);
  }, {
    group,
    bytes: size,
    peers: { lneto: size * 8 / 8.0, smoltcp: size * 8 / 24.4, "lwIP/WASM": size * 8 / 0.66 },
  });
}
