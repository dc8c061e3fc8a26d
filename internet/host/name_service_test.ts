import { assert, assertEquals } from "@std/assert";
import { createSocket, type Socket } from "node:dgram";
import { DnsStreamDecoder, frameForStream } from "@octet/dns/resolver";
import { DnsServer, DnsZone } from "@octet/dns/server";
import { parseZone } from "@octet/dns/text";
import type { RecordTypeName } from "@octet/dns";
import { parseIpv4 } from "@octet/netip";
import { LanNetwork, outcome } from "./_both_test.ts";
import type { TcpListener } from "./mod.ts";

const master = `
$TTL 60
@ SOA ns.shapes.example. admin.shapes.example. 7 3600 600 86400 60
@ NS ns
@ NS ns2.other.example.
@ MX 10 mail
@ CAA 128 issue "ca.example; policy=ev"
@ TXT "one" "two words"
@ TXT "three"
ns A 10.0.0.2
www A 10.0.0.3
www A 10.0.0.4
www AAAA 2001:db8::1
www AAAA ::ffff:10.0.0.1
alias CNAME www
alias2 CNAME alias
_s._tcp SRV 1 2 443 www
num NAPTR 100 50 "s" "SIP+D2U" "" _sip._udp
ptr PTR www
two A 10.0.0.1
two A 10.0.0.2
self A 10.0.0.2
`;

function server(): DnsServer {
  const zone = new DnsZone("shapes.example", parseZone(master, { origin: "shapes.example" }));
  for (let i = 0; i < 40; i++) {
    for (const record of parseZone(`big.shapes.example. 60 TXT "${i} ${"x".repeat(60)}"`)) {
      zone.add(record);
    }
  }
  return new DnsServer({ zones: [zone] });
}

/** The same server behind a port of the kernel, for Deno's own resolver. */
async function kernelServer(): Promise<{ socket: Socket; port: number }> {
  const dns = server();
  const socket = createSocket("udp4");
  socket.on("message", (message, from) => {
    const answer = dns.answerDatagram(message, 0, message.length);
    if (answer !== null) socket.send(answer, from.port, from.address);
  });
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", () => resolve()));
  return { socket, port: socket.address().port };
}

/** A LAN whose host 10.0.0.2 is the name server of 10.0.0.1. */
function network(options: { search?: string[] } = {}): LanNetwork & { dns: DnsServer } {
  const net = new LanNetwork({ nameServers: ["10.0.0.2"], ...options });
  const dns = server();
  net.server.attach(dns);
  return Object.assign(net, { dns });
}

const addresses = ["10.0.0.3", "10.0.0.4"];

/** Name, type, and what resolveDns gives; `null` for NotFound. */
const questions: [string, RecordTypeName, unknown[] | null][] = [
  ["www.shapes.example", "A", addresses],
  ["www.shapes.example.", "A", addresses],
  ["WWW.Shapes.Example", "A", addresses],
  ["www.shapes.example", "AAAA", ["2001:db8::1", "::ffff:10.0.0.1"]],
  ["alias.shapes.example", "A", addresses],
  ["alias2.shapes.example", "A", addresses],
  ["alias.shapes.example", "CNAME", ["www.shapes.example."]],
  ["alias2.shapes.example", "CNAME", ["alias.shapes.example."]],
  ["shapes.example", "MX", [{ preference: 10, exchange: "mail.shapes.example." }]],
  ["shapes.example", "NS", ["ns.shapes.example.", "ns2.other.example."]],
  ["shapes.example", "TXT", [["one", "two words"], ["three"]]],
  ["shapes.example", "CAA", [{ critical: true, tag: "issue", value: "ca.example; policy=ev" }]],
  ["shapes.example", "SOA", [{
    mname: "ns.shapes.example.",
    rname: "admin.shapes.example.",
    serial: 7,
    refresh: 3600,
    retry: 600,
    expire: 86_400,
    minimum: 60,
  }]],
  ["_s._tcp.shapes.example", "SRV", [{
    priority: 1,
    weight: 2,
    port: 443,
    target: "www.shapes.example.",
  }]],
  ["num.shapes.example", "NAPTR", [{
    order: 100,
    preference: 50,
    flags: "s",
    services: "SIP+D2U",
    regexp: "",
    replacement: "_sip._udp.shapes.example.",
  }]],
  ["ptr.shapes.example", "PTR", ["www.shapes.example."]],
  ["localhost", "A", ["127.0.0.1"]],
  ["no.shapes.example", "A", null],
  ["www.shapes.example", "MX", null],
  ["elsewhere.example", "A", null],
];

Deno.test("resolveDns gives what Deno's gives for the same server", async () => {
  const { socket, port } = await kernelServer();
  await using net = network();
  const nameServer = { ipAddr: "127.0.0.1", port };
  for (const [name, type, expected] of questions) {
    const theirs = await found(() => Deno.resolveDns(name, type as "A", { nameServer }));
    const ours = await found(() => net.client.resolveDns(name, type));
    const what = `${name} ${type}`;
    assertEquals([what, theirs], [what, expected]);
    assertEquals([what, ours], [what, expected]);
  }
  await new Promise<void>((resolve) => socket.close(() => resolve()));
});

/** The records, `null` for NotFound. */
async function found(call: () => Promise<unknown>): Promise<unknown> {
  try {
    return JSON.parse(JSON.stringify(await call()));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

Deno.test("an aborted signal ends a question as Deno's ends", async () => {
  const { socket, port } = await kernelServer();
  await using net = network();
  const nameServer = { ipAddr: "127.0.0.1", port };
  const name = "www.shapes.example";
  const ask = [
    (signal: AbortSignal) => Deno.resolveDns(name, "A", { nameServer, signal }),
    (signal: AbortSignal) => net.client.resolveDns(name, "A", { signal }),
  ];
  for (const resolve of ask) {
    const aborted = "rejects AbortError: The signal has been aborted [20]";
    assertEquals(await outcome(() => resolve(AbortSignal.abort())), aborted);
    assertEquals(await outcome(() => resolve(AbortSignal.abort("why"))), 'rejects "why"');
    const controller = new AbortController();
    const during = outcome(() => resolve(controller.signal));
    controller.abort();
    assertEquals(await during, aborted);
  }
  assertEquals(net.client.stack.udp.counters.noPorts, 0);
  await new Promise<void>((resolve) => socket.close(() => resolve()));
});

Deno.test("the error says why a name does not resolve, and who was asked", async () => {
  await using net = network();
  const messages: Record<string, string> = {
    "no.shapes.example": "the name does not exist (asked 10.0.0.2)",
    "ptr.shapes.example": "the name has no such record (asked 10.0.0.2)",
    "elsewhere.example": "the name server refused to answer (asked 10.0.0.2)",
  };
  for (const [name, why] of Object.entries(messages)) {
    assertEquals(
      await outcome(() => net.client.lookup(name)),
      `rejects NotFound: Cannot resolve ${name} as ${why} [ENOTFOUND]`,
    );
  }
  assertEquals(
    await outcome(() => net.client.connect({ hostname: "nor.shapes.example", port: 80 })),
    "rejects NotFound: Cannot resolve nor.shapes.example as the name does not exist (asked 10.0.0.2) [ENOTFOUND]",
  );
  await using without = new LanNetwork();
  assertEquals(
    await outcome(() => without.client.lookup("www.example")),
    "rejects NotFound: Cannot resolve www.example as no name server is known [ENOTFOUND]",
  );
  assertEquals(
    String(await outcome(() => net.client.lookup("a..b"))).split(":")[0],
    "rejects SyntaxError",
  );
});

Deno.test("another name server, on another port, may be asked", async () => {
  await using net = new LanNetwork();
  const dns = server();
  dns.localPort = 5353;
  net.server.attach(dns);
  const nameServer = { ipAddr: "10.0.0.2", port: 5353 };
  assertEquals(
    await net.client.resolveDns("www.shapes.example", "A", { nameServer }),
    addresses,
  );
});

Deno.test("an address stands for itself, and localhost for 127.0.0.1", async () => {
  await using net = new LanNetwork();
  assertEquals(await net.client.lookup("192.0.2.7"), [parseIpv4("192.0.2.7")]);
  assertEquals(await net.client.lookup("localhost"), [parseIpv4("127.0.0.1")]);
});

Deno.test("the search list completes short names", async () => {
  await using net = network({ search: ["nowhere.shapes.example", "shapes.example"] });
  assertEquals(await net.client.lookup("www"), addresses.map(parseIpv4));
  assertEquals(await net.client.resolveDns("ns", "A"), ["10.0.0.2"]);
});

Deno.test("a second question is answered from the cache", async () => {
  await using net = network();
  await net.client.lookup("www.shapes.example");
  const { received } = net.dns.counters;
  await net.client.lookup("www.shapes.example");
  assertEquals(net.dns.counters.received, received);
});

Deno.test("many questions at once", async () => {
  await using net = network();
  // So that the neighbour's address is known: of a burst before, ARP keeps one datagram.
  await net.client.ping("10.0.0.2");
  const asked = questions.filter(([, , expected]) => expected !== null);
  const answers = await Promise.all(
    asked.map(([name, type]) => net.client.resolveDns(name, type)),
  );
  assertEquals(JSON.parse(JSON.stringify(answers)), asked.map(([, , expected]) => expected));
});

/** Answers questions over TCP; gives how many there were. */
async function serveStreams(listener: TcpListener, dns: DnsServer): Promise<number> {
  let count = 0;
  for await (const conn of listener) {
    const decoder = new DnsStreamDecoder();
    const buffer = new Uint8Array(512);
    for (;;) {
      const length = await conn.read(buffer);
      if (length === null) break;
      decoder.push(buffer, 0, length);
      while (decoder.next()) {
        const answer = dns.answerStream(decoder.bytes, decoder.offset, decoder.end);
        if (answer === null) continue;
        count++;
        const framed = frameForStream(answer);
        for (let at = 0; at < framed.length;) at += await conn.write(framed.subarray(at));
      }
    }
    conn.close();
  }
  return count;
}

Deno.test("an answer that is too long for UDP is asked for over TCP", async () => {
  await using net = network();
  const listener = net.server.listen({ port: 53 });
  const served = serveStreams(listener, net.dns);
  const records = await net.client.resolveDns("big.shapes.example", "TXT") as string[][];
  assertEquals(records.length, 40);
  assert(records.every((record, i) => record.length === 1 && record[0]!.startsWith(`${i} x`)));
  listener.close();
  assertEquals(await served, 1);
  assertEquals([...net.client.stack.tcp.connections()].length <= 1, true);
});

Deno.test("a server that has no TCP leaves a long answer unresolved", async () => {
  await using net = network();
  const result = String(await outcome(() => net.client.resolveDns("big.shapes.example", "TXT")));
  assert(result.startsWith("rejects NotFound: Cannot resolve big.shapes.example as "), result);
});

Deno.test("connecting by name tries the addresses one after another", async () => {
  await using net = network();
  using listener = net.server.listen({ port: 80 });
  // The first address is the client's own, where nobody listens.
  using conn = await net.client.connect({ hostname: "two.shapes.example", port: 80 });
  using accepted = await listener.accept();
  assertEquals(conn.remoteAddr.hostname, "10.0.0.2");
  assertEquals(accepted.remoteAddr.hostname, "10.0.0.1");
  assertEquals(
    await outcome(() => net.client.connect({ hostname: "two.shapes.example", port: 81 })),
    "rejects ConnectionRefused: Connection refused (os error 111) [ECONNREFUSED]",
  );
});

Deno.test("a closed host answers no question", async () => {
  const net = network();
  const pending = outcome(() => net.client.resolveDns("unanswered.example", "A"));
  await net.client.close();
  const result = String(await pending);
  assert(result.startsWith("rejects "), result);
  await net.server.close();
});
