import { fuzz } from "@octet/testing/fuzz";
import { Packet, SeededRandom, Verdict } from "@octet/wire";
import { decodeMessage, DnsCursor, encodeMessage } from "./mod.ts";
import { DnsResolver } from "./mod_resolver.ts";
import { DnsServer, DnsZone } from "./mod_server.ts";
import { formatRecord, parseRecord, parseZone } from "./mod_text.ts";

const lines = [
  "a.test. 1 A 10.0.0.1",
  "a.test. 1 AAAA 2001:db8::1",
  "b.test. 1 MX 10 mail.test.",
  "c.test. 1 TXT one two",
  "test. 1 SOA ns.test. h.test. 1 2 3 4 5",
  "_sip._udp.test. 1 SRV 1 2 3 a.test.",
  "test. 1 CAA 0 issue ca.test",
  "w.test. 1 CNAME a.test.",
  "d.test. 1 NAPTR 1 2 s t u v.test.",
  "d.test. 1 DS 1 2 3 abcd",
  "h.test. 1 HTTPS 1 . mandatory=alpn alpn=h2,h3 no-default-alpn port=1 ipv4hint=1.2.3.4 " +
  "ech=AAEC ipv6hint=::1 dohpath=/q ohttp key99=x",
  "u.test. 1 TYPE4711 \\# 2 abcd",
];
const answers = lines.map((line) => parseRecord(line));
const questions = [{ name: "w.test.", type: "A" as const }];
const client = new Uint8Array(8);
const seeds = [
  ...answers.map((record) => encodeMessage({ isResponse: true, answers: [record] })),
  encodeMessage({ id: 1, isResponse: true, questions, answers, edns: {} }),
  encodeMessage({
    questions,
    edns: {
      options: [
        { kind: "nsid", data: new Uint8Array(0) },
        { kind: "cookie", client, server: client },
        { kind: "padding", length: 4 },
        { kind: "keepalive", timeout: 1 },
        { kind: "extendedError", infoCode: 1, extraText: "x" },
        {
          kind: "clientSubnet",
          family: 1,
          sourcePrefix: 9,
          scopePrefix: 0,
          address: Uint8Array.of(10, 128),
        },
      ],
    },
  }),
];

const cursor = new DnsCursor();

fuzz("fuzzDnsMessage", (input) => {
  cursor.reset(input, 0, input.length);
  while (cursor.next()) {
    if (cursor.dataEnd > input.length || cursor.dataOffset > cursor.dataEnd) {
      throw new Error("A record lies outside the message");
    }
  }
  const message = decodeMessage(input);
  if (typeof message === "number") {
    if (message === Verdict.Ok) throw new Error("Ok is not a reason");
    return;
  }
  if (cursor.verdict !== Verdict.Ok) throw new Error("The cursor refuses what is taken apart");
  const plain = encodeMessage(message, { compress: false, maxSize: 65535 });
  const again = decodeMessage(plain);
  if (typeof again === "number") throw new Error("What was written cannot be read");
  const text = message.answers.map(formatRecord);
  if (JSON.stringify(again.answers.map(formatRecord)) !== JSON.stringify(text)) {
    throw new Error("Records change on the way out and in");
  }
  for (const record of message.answers) {
    // Text is stricter about what belongs together (RFC 9460 §8).
    if ("params" in record) continue;
    if (formatRecord(parseRecord(formatRecord(record))) !== formatRecord(record)) {
      throw new Error("A record changes on the way through text");
    }
  }
}, { seeds });

const zone = new DnsZone("test", parseZone(lines.join("\n") + "\n*.wild.test. 1 A 10.0.0.2"));

fuzz("fuzzDnsServer", (input) => {
  const server = new DnsServer({ zones: [zone], version: "x" });
  const reply = server.answerDatagram(input, 0, input.length);
  if (reply === null) return;
  if (reply.length > 1232) throw new Error("The reply is too long");
  const message = decodeMessage(reply);
  if (typeof message === "number") throw new Error("The reply is malformed");
  if (!message.isResponse || message.id !== ((input[0]! << 8) | input[1]!)) {
    throw new Error("The reply belongs to nothing");
  }
}, { seeds: [...seeds, encodeMessage({ questions: [{ name: "x.wild.test.", type: "ANY" }] })] });

const packet = new Packet(1514);

fuzz("fuzzDnsQuery", (input) => {
  const resolver = new DnsResolver({ random: new SeededRandom(1), servers: [1] });
  const query = resolver.resolve("w.test", 0, { onTruncated() {} });
  for (let round = 0; round < 4 && query.state === "pending"; round++) {
    packet.clear();
    const length = query.encapsulate(packet, 14, 42, round);
    const id = packet.bytes.slice(42, 44);
    packet.bytes.set(input.subarray(0, 1400), 42);
    if (length > 0) packet.bytes.set(id, 42);
    packet.source = 1;
    packet.sourcePort = 53;
    query.demux(packet, 42, 42 + Math.min(input.length, 1400), round);
  }
  if (query.state === "answered" && query.records.length === 0) {
    throw new Error("It is answered by nothing");
  }
}, { seeds });

fuzz("fuzzZoneFile", (input) => {
  let text = "";
  for (const byte of input) text += String.fromCharCode(byte);
  try {
    for (const record of parseZone(text, { ttl: 1 })) {
      if (formatRecord(parseRecord(formatRecord(record))) !== formatRecord(record)) {
        throw new Error("A record changes on the way through text");
      }
    }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
}, {
  seeds: [...lines, '$TTL 1\n$ORIGIN o.\na ( A\n1.2.3.4 ) ; x\n TXT "a\\"b"'].map((line) =>
    new TextEncoder().encode(line)
  ),
});
