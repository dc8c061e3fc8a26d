import { bench } from "@octet/testing/bench";
import { Packet } from "@octet/wire";
import { decodeMessage, DnsCursor, encodeMessage } from "./mod.ts";
import { DnsServer, DnsZone } from "./mod_server.ts";
import { formatRecord, parseZone } from "./mod_text.ts";

const questions = [{ name: "www.octet.test.", type: "A" as const }];
const answers = parseZone(
  "www.octet.test. 60 CNAME web.octet.test.\nweb.octet.test. 60 A 10.77.0.1",
);
const query = encodeMessage({ id: 1, recursionDesired: true, questions, edns: {} });
const reply = encodeMessage({ id: 1, isResponse: true, questions, answers, edns: {} });
const cursor = new DnsCursor();
let sink = 0;

bench("DNS reply walked with the cursor", () => {
  cursor.reset(reply, 0, reply.length);
  while (cursor.next()) sink += cursor.type + cursor.dataEnd;
}, { group: "dns", bytes: reply.length, peers: { lneto: 367 } });

bench("DNS reply decoded and printed", () => {
  const message = decodeMessage(reply);
  if (typeof message !== "number") {
    for (const each of message.answers) sink += formatRecord(each).length;
  }
}, { group: "dns", bytes: reply.length, peers: { lneto: 1779 } });

bench("DNS query encoded", () => {
  sink += encodeMessage({ id: 1, recursionDesired: true, questions, edns: {} }).length;
}, { group: "dns" });

const server = new DnsServer({ zones: [new DnsZone("octet.test", answers)] });
const packet = new Packet(1514);

bench("DNS query answered by the server", () => {
  packet.bytes.set(query, 42);
  packet.sourcePort = 40_000;
  server.demux(packet, 42, 42 + query.length, 0);
  sink += server.encapsulate(packet, 14, 42, 0);
}, { group: "dns" });
