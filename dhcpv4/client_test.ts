import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { formatIpv4, MacAddress, parseIpv4 } from "@octet/netip";
import { Packet, type Random, SeededRandom, Verdict, verdictName } from "@octet/wire";
import { type Sent, SimulatedLan } from "./_lan_test.ts";
import { Dhcpv4Client } from "./client.ts";
import type { Dhcpv4ClientOptions } from "./client_options.ts";
import { type Dhcpv4MessageFields, encodeMessage } from "./message.ts";
import { DhcpMessageType } from "./option_code.ts";
import type { Dhcpv4Options } from "./option_types.ts";

const mac = MacAddress.parse("02:00:00:00:00:01");
const ip = parseIpv4;
const server = ip("10.77.0.1");
const address = ip("10.77.0.50");
const second = 1000;

/** Half of all, so that jitter is none; xids count up. */
class Half implements Random {
  #xid = 0x1000;
  uint32(): number {
    return 0x8000_0000 + (this.#xid++ & 0xfff);
  }
}

/** A client alone on its wire, answered by hand. */
class Bench {
  readonly lan = new SimulatedLan();
  readonly client: Dhcpv4Client;
  changes = 0;

  constructor(options: Partial<Dhcpv4ClientOptions> = {}) {
    this.client = new Dhcpv4Client({
      hardwareAddress: mac,
      random: new Half(),
      timing: { jitter: 0 },
      onChange: () => this.changes++,
      ...options,
    });
    this.lan.add(this.client, () => this.client.lease?.address ?? 0);
  }

  /** The last message it sent. */
  get last(): Sent {
    if (this.lan.last === null) throw new Error("Nothing was sent");
    return this.lan.last;
  }

  /** An answer to the last message sent. */
  reply(
    type: keyof typeof DhcpMessageType,
    more: Partial<Dhcpv4MessageFields> = {},
    options: Dhcpv4Options = {},
  ): Verdict {
    return this.lan.inject(this.client, {
      op: 2,
      xid: this.last.message.xid,
      hardwareAddress: this.last.message.hardwareAddress,
      yiaddr: type === "Nak" ? 0 : address,
      ...more,
      options: {
        messageType: DhcpMessageType[type],
        serverIdentifier: server,
        ...(type === "Nak" ? {} : { leaseTime: 1000, subnetMask: 0xffffff00 }),
        ...options,
      },
    });
  }

  /** Up to a state, from nothing. */
  to(state: string): this {
    const { client, lan } = this;
    switch (state) {
      case "stopped":
        break;
      case "init":
        this.to("bound");
        client.decline(lan.now);
        lan.pass(0);
        break;
      case "selecting":
        client.start(lan.now);
        lan.pass(0);
        break;
      case "requesting":
        this.to("selecting").reply("Offer");
        break;
      case "bound":
        this.to("requesting").reply("Ack");
        break;
      case "renewing":
        this.to("bound").lan.pass(500 * second);
        break;
      case "rebinding":
        this.to("bound").lan.pass(875 * second);
        break;
      case "rebooting":
        client.start(lan.now, address);
        lan.pass(0);
        break;
      case "informing":
        client.inform(lan.now, address);
        lan.pass(0);
        break;
      case "informed":
        this.to("informing").reply("Ack", { yiaddr: 0 });
        break;
      default:
        throw new Error(state);
    }
    assertEquals(client.state, state);
    lan.take();
    return this;
  }
}

function bench(state: string, options: Partial<Dhcpv4ClientOptions> = {}): Bench {
  return new Bench(options).to(state);
}

type Event = (it: Bench) => Verdict | void;
const offer: Event = (it) => it.reply("Offer");
const ack: Event = (it) => it.reply("Ack");
const nak: Event = (it) => it.reply("Nak");
const pass = (seconds: number): Event => (it) => it.lan.pass(seconds * second);

/** Figure 5 of RFC 2131: from, event, to, what is sent, whether there is a lease then. */
const transitions: [
  from: string,
  name: string,
  event: Event,
  to: string,
  sent: string,
  has: boolean,
][] = [
  ["stopped", "start / DHCPDISCOVER", (it) => it.client.start(0), "selecting", "Discover", false],
  [
    "stopped",
    "start with an address (INIT-REBOOT) / DHCPREQUEST",
    (it) => it.client.start(0, address),
    "rebooting",
    "Request",
    false,
  ],
  ["selecting", "DHCPOFFER / select offer, DHCPREQUEST", offer, "requesting", "Request", false],
  ["selecting", "DHCPACK without rapid commit: discard", ack, "selecting", "", false],
  [
    "selecting",
    "DHCPACK with rapid commit",
    (it) => it.reply("Ack", {}, { rapidCommit: true }),
    "bound",
    "",
    true,
  ],
  ["selecting", "DHCPNAK: discard", nak, "selecting", "", false],
  ["selecting", "silence / DHCPDISCOVER again", pass(4), "selecting", "Discover", false],
  ["requesting", "DHCPACK / record lease", ack, "bound", "", true],
  ["requesting", "DHCPNAK / restart", nak, "selecting", "Discover", false],
  ["requesting", "DHCPOFFER: discard", offer, "requesting", "", false],
  ["requesting", "silence / DHCPREQUEST again", pass(4), "requesting", "Request", false],
  [
    "requesting",
    "silence for 60 s / restart",
    pass(60),
    "selecting",
    "Request Request Request Discover",
    false,
  ],
  ["bound", "DHCPOFFER: discard", offer, "bound", "", true],
  ["bound", "DHCPACK: discard", ack, "bound", "", true],
  ["bound", "DHCPNAK: discard", nak, "bound", "", true],
  [
    "bound",
    "T1 expires / DHCPREQUEST to the leasing server",
    pass(500),
    "renewing",
    "Request",
    true,
  ],
  [
    "bound",
    "renew / DHCPREQUEST",
    (it) => it.client.renew(it.lan.now),
    "renewing",
    "Request",
    true,
  ],
  [
    "bound",
    "decline / DHCPDECLINE",
    (it) => void it.client.decline(it.lan.now),
    "init",
    "Decline",
    false,
  ],
  ["bound", "stop / DHCPRELEASE", (it) => it.client.stop(it.lan.now), "stopped", "Release", false],
  [
    "bound",
    "stop without release",
    (it) => it.client.stop(it.lan.now, false),
    "stopped",
    "",
    false,
  ],
  ["renewing", "DHCPACK / new lease", ack, "bound", "", true],
  ["renewing", "DHCPNAK / halt network, restart", nak, "selecting", "Discover", false],
  ["renewing", "DHCPOFFER: discard", offer, "renewing", "", true],
  [
    "renewing",
    "T2 expires / DHCPREQUEST by broadcast",
    pass(375),
    "rebinding",
    "Request Request Request Request",
    true,
  ],
  [
    "renewing",
    "stop / DHCPRELEASE",
    (it) => it.client.stop(it.lan.now),
    "stopped",
    "Release",
    false,
  ],
  ["rebinding", "DHCPACK / new lease", ack, "bound", "", true],
  [
    "rebinding",
    "DHCPACK from another server",
    (it) => it.reply("Ack", {}, { serverIdentifier: ip("10.77.0.2") }),
    "bound",
    "",
    true,
  ],
  ["rebinding", "DHCPNAK / halt network, restart", nak, "selecting", "Discover", false],
  [
    "rebinding",
    "lease expires / halt network, restart",
    pass(125),
    "selecting",
    "Request Request Discover",
    false,
  ],
  [
    "rebinding",
    "stop / DHCPRELEASE",
    (it) => it.client.stop(it.lan.now),
    "stopped",
    "Release",
    false,
  ],
  ["rebooting", "DHCPACK / record lease", ack, "bound", "", true],
  ["rebooting", "DHCPNAK / restart", nak, "selecting", "Discover", false],
  ["rebooting", "DHCPOFFER: discard", offer, "rebooting", "", false],
  ["rebooting", "silence / restart", pass(12), "selecting", "Request Discover", false],
  ["init", "10 s after DHCPDECLINE / DHCPDISCOVER", pass(10), "selecting", "Discover", false],
  ["init", "9.9 s after DHCPDECLINE", pass(9.9), "init", "", false],
  ["init", "DHCPOFFER: discard", offer, "init", "", false],
  ["init", "stop", (it) => it.client.stop(it.lan.now), "stopped", "", false],
  ["selecting", "stop", (it) => it.client.stop(it.lan.now), "stopped", "", false],
  ["requesting", "stop", (it) => it.client.stop(it.lan.now), "stopped", "", false],
  [
    "stopped",
    "inform / DHCPINFORM",
    (it) => it.client.inform(0, address),
    "informing",
    "Inform",
    false,
  ],
  [
    "informing",
    "DHCPACK / configuration",
    (it) => it.reply("Ack", { yiaddr: 0 }),
    "informed",
    "",
    true,
  ],
  ["informing", "silence / DHCPINFORM again", pass(4), "informing", "Inform", false],
  ["informing", "DHCPNAK: discard", nak, "informing", "", false],
  [
    "informed",
    "renew / DHCPINFORM",
    (it) => it.client.renew(it.lan.now),
    "informing",
    "Inform",
    true,
  ],
  ["informed", "stop says nothing", (it) => it.client.stop(it.lan.now), "stopped", "", false],
  [
    "informed",
    "there is nothing to decline",
    (it) => assertEquals(it.client.decline(it.lan.now), false),
    "informed",
    "",
    true,
  ],
  [
    "stopped",
    "there is nothing to decline",
    (it) => assertEquals(it.client.decline(0), false),
    "stopped",
    "",
    false,
  ],
  ["stopped", "renew", (it) => it.client.renew(0), "stopped", "", false],
];

Deno.test("transitions of RFC 2131 figure 5", async (t) => {
  for (const [from, name, event, to, sent, has] of transitions) {
    await t.step(`${from}: ${name}`, () => {
      const it = bench(from);
      const before = it.changes;
      const lease = it.client.lease;
      event(it);
      it.lan.pass(0);
      assertEquals([it.client.state, it.lan.types()], [to, sent]);
      assertEquals(it.client.lease !== null, has);
      if (from !== to || it.client.lease !== lease) assert(it.changes > before);
      else assertEquals(it.changes, before);
    });
  }
});

/** What table 5 of RFC 2131 puts into each message, and where §4.4 sends it. */
const contents: [state: string, action: Event, expected: Record<string, unknown>][] = [
  ["stopped", (it) => it.client.start(0), {
    source: "0.0.0.0",
    destination: "255.255.255.255",
    flags: 0x8000,
    ciaddr: 0,
    requested: undefined,
    server: undefined,
    type: "Discover",
    list: true,
    rapid: true,
  }],
  ["selecting", offer, {
    source: "0.0.0.0",
    destination: "255.255.255.255",
    flags: 0x8000,
    ciaddr: 0,
    requested: address,
    server,
    type: "Request",
    list: true,
    rapid: undefined,
  }],
  ["stopped", (it) => it.client.start(0, address), {
    source: "0.0.0.0",
    destination: "255.255.255.255",
    flags: 0x8000,
    ciaddr: 0,
    requested: address,
    server: undefined,
    type: "Request",
    list: true,
    rapid: undefined,
  }],
  ["bound", pass(500), {
    source: "10.77.0.50",
    destination: "10.77.0.1",
    flags: 0,
    ciaddr: address,
    requested: undefined,
    server: undefined,
    type: "Request",
    list: true,
    rapid: undefined,
  }],
  ["bound", pass(875), {
    source: "10.77.0.50",
    destination: "255.255.255.255",
    flags: 0,
    ciaddr: address,
    requested: undefined,
    server: undefined,
    type: "Request",
    list: true,
    rapid: undefined,
  }],
  ["bound", (it) => void it.client.decline(it.lan.now), {
    source: "0.0.0.0",
    destination: "255.255.255.255",
    flags: 0,
    ciaddr: 0,
    requested: address,
    server,
    type: "Decline",
    list: false,
    rapid: undefined,
  }],
  ["bound", (it) => it.client.stop(it.lan.now), {
    source: "10.77.0.50",
    destination: "10.77.0.1",
    flags: 0,
    ciaddr: address,
    requested: undefined,
    server,
    type: "Release",
    list: false,
    rapid: undefined,
  }],
  ["stopped", (it) => it.client.inform(0, address), {
    source: "10.77.0.50",
    destination: "255.255.255.255",
    flags: 0,
    ciaddr: address,
    requested: undefined,
    server: undefined,
    type: "Inform",
    list: true,
    rapid: undefined,
  }],
];

Deno.test("contents of messages by RFC 2131 table 5", async (t) => {
  for (const [state, action, expected] of contents) {
    await t.step(`${state} / ${expected["type"]} to ${expected["destination"]}`, () => {
      const it = bench(state);
      action(it);
      it.lan.pass(0);
      const { source, destination, port, message, type } = it.last;
      const { options } = message;
      assertEquals({
        source,
        destination,
        flags: message.flags,
        ciaddr: message.ciaddr,
        requested: options.requestedAddress,
        server: options.serverIdentifier,
        type,
        list: options.parameterRequestList !== undefined,
        rapid: options.rapidCommit,
      }, expected as never);
      assertEquals([port, message.op, message.hops, message.giaddr, message.yiaddr], [
        67,
        1,
        0,
        0,
        0,
      ]);
      assertEquals([...options.clientIdentifier ?? []], [1, 2, 0, 0, 0, 0, 1]);
      assertEquals(options.leaseTime, undefined);
    });
  }
});

Deno.test("settings show in the messages", () => {
  const it = bench("stopped", {
    hostName: "octet",
    clientIdentifier: null,
    broadcast: false,
    rapidCommit: false,
    leaseSeconds: 600,
    parameterRequestList: [1, 3],
    maximumMessageSize: 576,
    options: { vendorClass: "octet", userClasses: [Uint8Array.of(1)] },
  });
  it.client.start(0);
  it.lan.pass(0);
  assertEquals(it.last.message.flags, 0);
  assertEquals(it.last.message.options, {
    messageType: DhcpMessageType.Discover,
    hostName: "octet",
    leaseTime: 600,
    parameterRequestList: [1, 3],
    maximumMessageSize: 576,
    vendorClass: "octet",
    userClasses: [Uint8Array.of(1)],
  });
  assertEquals(it.reply("Ack", {}, { rapidCommit: true }), Verdict.Unexpected);
});

Deno.test("classless routes stand before routers in the parameter request list (RFC 3442)", () => {
  const it = bench("selecting");
  const list = it.last.message.options.parameterRequestList ?? [];
  assert(
    list.indexOf(121) >= 0 && list.indexOf(121) < list.indexOf(3) &&
      list.indexOf(121) < list.indexOf(33),
  );
});

Deno.test("retransmission: 4 s doubling to 64 s (RFC 2131 §4.1)", () => {
  const it = bench("stopped");
  it.client.start(0);
  it.lan.pass(400 * second);
  const times = it.lan.log.map((sent) => sent.time / second);
  assertEquals(times, [0, 4, 12, 28, 60, 124, 188, 252, 316, 380]);
  assertEquals(new Set(it.lan.log.map((sent) => sent.message.xid)).size, 1);
  assertEquals(it.lan.log.map((sent) => sent.message.secs), times);
});

Deno.test("retransmission: each wait is up to a second longer or shorter", () => {
  const waits: number[] = [];
  for (let seed = 1; seed <= 200; seed++) {
    const it = bench("stopped", { random: new SeededRandom(seed), timing: {} });
    it.client.start(0);
    it.lan.pass(15 * second);
    const times = it.lan.log.map((sent) => sent.time);
    assert(times[1]! >= 3000 && times[1]! <= 5000);
    assert(times[2]! - times[1]! >= 7000 && times[2]! - times[1]! <= 9000);
    waits.push(times[1]!);
  }
  assert(Math.min(...waits) < 3100 && Math.max(...waits) > 4900);
  assertAlmostEquals(waits.reduce((a, b) => a + b) / waits.length, 4000, 150);
});

Deno.test("the first message may be delayed at random", () => {
  const times = new Set<number>();
  for (let seed = 1; seed <= 50; seed++) {
    const it = bench("stopped", {
      random: new SeededRandom(seed),
      timing: { initialDelay: 10_000 },
    });
    it.client.start(0);
    assertEquals(it.client.state, "init");
    it.lan.pass(10 * second);
    times.add(it.lan.log[0]!.time);
    assertEquals(it.lan.log[0]!.message.secs, 0);
  }
  assert(times.size > 40 && Math.max(...times) > 8000 && Math.min(...times) < 2000);
});

Deno.test("a DHCPREQUEST has xid and secs of the DHCPDISCOVER (RFC 2131 §3.1.3, §4.4.1)", () => {
  const it = bench("stopped");
  it.client.start(0);
  it.lan.pass(14 * second);
  const discover = it.last.message;
  assertEquals(discover.secs, 12);
  it.reply("Offer");
  it.lan.pass(5 * second);
  const requests = it.lan.log.filter((sent) => sent.type === "Request");
  assertEquals(requests.map((sent) => [sent.message.xid, sent.message.secs]), [[discover.xid, 12], [
    discover.xid,
    12,
  ]]);
});

Deno.test("renewal: half of what remains to T2, but a minute at least (RFC 2131 §4.4.5)", () => {
  const it = bench("bound");
  it.lan.pass(1000 * second);
  const log = it.lan.log.map((sent) => `${sent.time / second} ${sent.type} ${sent.destination}`);
  assertEquals(log, [
    "500 Request 10.77.0.1",
    "687.5 Request 10.77.0.1",
    "781.25 Request 10.77.0.1",
    "841.25 Request 10.77.0.1",
    "875 Request 255.255.255.255",
    "937.5 Request 255.255.255.255",
    "997.5 Request 255.255.255.255",
    "1000 Discover 255.255.255.255",
  ]);
  // The address it had is its wish.
  assertEquals(it.last.message.options.requestedAddress, address);
  assertEquals(it.client.lease, null);
});

Deno.test("a renewed lease counts from the request that was answered, not from the answer", () => {
  const it = bench("bound");
  it.lan.pass(690 * second);
  assertEquals(it.last.time, 687_500);
  assertEquals(it.reply("Ack", {}, { leaseTime: 2000 }), Verdict.Ok);
  const lease = it.client.lease!;
  assertEquals([lease.obtainedAt, lease.expiresAt, lease.t1], [687_500, 2_687_500, 1000]);
  it.lan.take();
  it.lan.run(1687.4 * second);
  assertEquals(it.lan.types(), "");
  it.lan.run(1687.5 * second);
  assertEquals(it.lan.types(), "Request");
});

Deno.test("the first lease counts from the first DHCPREQUEST", () => {
  const it = bench("requesting");
  it.lan.pass(5 * second);
  it.reply("Ack");
  assertEquals(it.client.lease?.obtainedAt, 0);
});

Deno.test("a lease without end asks for nothing", () => {
  const it = bench("requesting");
  it.reply("Ack", {}, { leaseTime: 0xffffffff });
  it.lan.pass(1e12);
  assertEquals([it.client.state, it.lan.types(), it.client.deadline()], ["bound", "", Infinity]);
});

Deno.test("refusals and silence slow the client down", () => {
  const it = bench("stopped");
  it.client.start(0);
  it.lan.pass(0);
  const times: number[] = [];
  for (let i = 0; i < 7; i++) {
    while (it.client.state !== "selecting") it.lan.pass(second);
    assertEquals(it.last.type, "Discover");
    times.push(it.last.time / second);
    it.reply("Offer");
    assertEquals(it.client.state, "requesting");
    assertEquals(it.reply("Nak"), Verdict.Ok);
    it.lan.pass(0);
  }
  assertEquals(times, [0, 0, 4, 12, 28, 60, 124]);
});

/** Answers that are not for this client or not acceptable; none may change anything. */
const strays: [state: string, name: string, event: Event, verdict: string][] = [
  ["selecting", "another xid", (it) => it.reply("Offer", { xid: 1 }), "Unexpected"],
  ["selecting", "a request, not a reply", (it) => it.reply("Offer", { op: 1 }), "Unexpected"],
  [
    "selecting",
    "another hardware address",
    (it) => it.reply("Offer", { hardwareAddress: Uint8Array.of(2, 0, 0, 0, 0, 2) }),
    "NotForUs",
  ],
  [
    "selecting",
    "a longer hardware address",
    (it) => it.reply("Offer", { hardwareAddress: Uint8Array.of(2, 0, 0, 0, 0, 1, 0) }),
    "NotForUs",
  ],
  [
    "selecting",
    "another hardware type",
    (it) => it.reply("Offer", { hardwareType: 6 }),
    "NotForUs",
  ],
  [
    "selecting",
    "another client identifier (RFC 6842)",
    (it) => it.reply("Offer", {}, { clientIdentifier: Uint8Array.of(1, 2, 3) }),
    "NotForUs",
  ],
  [
    "selecting",
    "a mask with a hole",
    (it) => it.reply("Offer", {}, { subnetMask: 0xff00ff00 }),
    "BadOption",
  ],
  ["selecting", "lease time 0", (it) => it.reply("Offer", {}, { leaseTime: 0 }), "BadOption"],
  ["selecting", "no server", (it) => it.reply("Offer", {}, { serverIdentifier: 0 }), "BadOption"],
  ["selecting", "address 0.0.0.0", (it) => it.reply("Offer", { yiaddr: 0 }), "BadValue"],
  ["selecting", "a message type of servers to come", (it) => it.reply("ForceRenew"), "Unexpected"],
  [
    "requesting",
    "an acknowledgement of another server",
    (it) => it.reply("Ack", {}, { serverIdentifier: ip("10.77.0.9") }),
    "Unexpected",
  ],
  [
    "requesting",
    "an acknowledgement of another address",
    (it) => it.reply("Ack", { yiaddr: ip("10.77.0.51") }),
    "Unexpected",
  ],
  [
    "requesting",
    "a refusal by another server",
    (it) => it.reply("Nak", {}, { serverIdentifier: ip("10.77.0.9") }),
    "Unexpected",
  ],
  [
    "requesting",
    "an acknowledgement without lease time",
    (it) => it.reply("Ack", {}, { leaseTime: 0 }),
    "BadOption",
  ],
  [
    "renewing",
    "another address",
    (it) => it.reply("Ack", { yiaddr: ip("10.77.0.51") }),
    "Unexpected",
  ],
  [
    "renewing",
    "a refusal by another server",
    (it) => it.reply("Nak", {}, { serverIdentifier: ip("10.77.0.9") }),
    "Unexpected",
  ],
  [
    "rebooting",
    "another address",
    (it) => it.reply("Ack", { yiaddr: ip("10.77.0.51") }),
    "Unexpected",
  ],
  [
    "informing",
    "an acknowledgement without server",
    (it) => it.reply("Ack", {}, { serverIdentifier: 0 }),
    "BadOption",
  ],
  ["bound", "anything", (it) => it.reply("Ack"), "Unexpected"],
  ["stopped", "anything", (it) => it.lan.injectBytes(it.client, new Uint8Array(300)), "Unexpected"],
  ["selecting", "too short", (it) => it.lan.injectBytes(it.client, new Uint8Array(239)), "Short"],
  [
    "selecting",
    "no DHCP",
    (it) => it.lan.injectBytes(it.client, new Uint8Array(300).fill(1)),
    "BadValue",
  ],
];

Deno.test("strays change nothing", async (t) => {
  for (const [state, name, event, verdict] of strays) {
    await t.step(`${state}: ${name}`, () => {
      const it = bench(state);
      const { changes } = it;
      const { lease } = it.client;
      assertEquals(verdictName(event(it) as Verdict), verdict);
      assertEquals([it.client.state, it.client.lease, it.changes, it.lan.types()], [
        state as never,
        lease,
        changes,
        "",
      ]);
    });
  }
});

Deno.test("the client identifier coming back is ours", () => {
  const it = bench("selecting");
  assertEquals(
    it.reply("Offer", {}, { clientIdentifier: Uint8Array.of(1, 2, 0, 0, 0, 0, 1) }),
    Verdict.Ok,
  );
  const none = bench("selecting", { clientIdentifier: null });
  assertEquals(
    none.reply("Offer", {}, { clientIdentifier: Uint8Array.of(1, 2, 0, 0, 0, 0, 1) }),
    Verdict.NotForUs,
  );
});

Deno.test("an acknowledgement that comes after its lease has ended is no lease", () => {
  const it = bench("requesting");
  it.lan.pass(3 * second);
  assertEquals(it.reply("Ack", {}, { leaseTime: 2 }), Verdict.Unexpected);
});

Deno.test("after DHCPNAK the refused address is no wish any more; after DHCPDECLINE neither", () => {
  for (const state of ["renewing", "rebooting"]) {
    const it = bench(state);
    it.reply("Nak");
    assertEquals([it.last.type, it.last.message.options.requestedAddress], ["Discover", undefined]);
  }
  const it = bench("init");
  it.lan.pass(10 * second);
  assertEquals([it.last.type, it.last.message.options.requestedAddress], ["Discover", undefined]);
});

Deno.test("one second leases do not make a storm", () => {
  const it = bench("requesting");
  it.reply("Ack", {}, { leaseTime: 1, renewalTime: 0, rebindingTime: 0 });
  it.lan.take();
  for (let i = 0; i < 100; i++) {
    it.lan.pass(100);
    if (it.client.state === "renewing" || it.client.state === "rebinding") {
      it.reply("Ack", {}, { leaseTime: 1 });
    }
  }
  assert(it.lan.log.length <= 20);
});

Deno.test("onChange is called once per change, after the state has moved", () => {
  const seen: string[] = [];
  const it: Bench = bench("stopped", {
    onChange: () =>
      seen.push(
        `${it.client.state} ${
          it.client.lease === null ? "-" : formatIpv4(it.client.lease.address)
        }`,
      ),
  });
  it.client.start(0);
  it.lan.pass(0);
  it.reply("Offer");
  it.reply("Ack");
  it.lan.pass(500 * second);
  it.reply("Ack");
  it.client.stop(it.lan.now);
  assertEquals(it.client.state, "bound");
  it.lan.pass(0);
  assertEquals(seen, [
    "init -",
    "selecting -",
    "requesting -",
    "bound 10.77.0.50",
    "renewing 10.77.0.50",
    "bound 10.77.0.50",
    "stopped -",
  ]);
});

Deno.test("while the DHCPRELEASE is on its way down the lease is still there", () => {
  const it = bench("bound");
  it.client.stop(it.lan.now);
  const packet = new Packet(1514);
  assertEquals(it.client.encapsulate(packet, 14, 42, it.lan.now), 300);
  assertEquals([it.client.state, it.client.lease?.address, packet.source], [
    "bound",
    address,
    address,
  ]);
  assertEquals(it.client.encapsulate(packet, 14, 42, it.lan.now), 0);
  assertEquals([it.client.state, it.client.lease], ["stopped", null]);
});

Deno.test("what comes before the DHCPREQUEST has gone out is no answer to it", () => {
  const it = bench("selecting");
  const packet = new Packet(1514);
  const hand = (options: Dhcpv4Options): Verdict => {
    const bytes = encodeMessage({
      op: 2,
      xid: it.last.message.xid,
      hardwareAddress: it.last.message.hardwareAddress,
      yiaddr: address,
      options: { serverIdentifier: server, leaseTime: 1000, subnetMask: 0xffffff00, ...options },
    });
    packet.bytes.set(bytes, 42);
    return it.client.demux(packet, 42, 42 + bytes.length, 0);
  };
  assertEquals(hand({ messageType: DhcpMessageType.Offer }), Verdict.Ok);
  assertEquals(hand({ messageType: DhcpMessageType.Ack }), Verdict.Unexpected);
  assertEquals(hand({ messageType: DhcpMessageType.Nak }), Verdict.Unexpected);
  assertEquals([it.client.state, it.client.lease], ["requesting", null]);
});

Deno.test("a lease makes former refusals forgotten", () => {
  const it = bench("requesting");
  it.reply("Nak");
  it.reply("Offer");
  it.reply("Nak");
  it.lan.pass(4 * second);
  it.reply("Offer");
  it.reply("Ack");
  assertEquals(it.client.state, "bound");
  it.lan.pass(500 * second);
  it.lan.take();
  it.reply("Nak");
  assertEquals([it.client.state, it.lan.types()], ["selecting", "Discover"]);
});

Deno.test("onChange may call the client", () => {
  const it: Bench = bench("stopped", {
    onChange: () => {
      if (it.client.state === "bound") it.client.stop(it.lan.now);
    },
  });
  it.client.start(0);
  it.lan.pass(0);
  it.reply("Offer");
  it.reply("Ack");
  it.lan.pass(0);
  assertEquals([it.client.state, it.last.type], ["stopped", "Release"]);
});

Deno.test("a stopped client starts again, and sends a pending DHCPDECLINE first", () => {
  const it = bench("bound");
  it.client.decline(it.lan.now);
  it.client.stop(it.lan.now);
  assertEquals(it.client.state, "stopped");
  it.client.start(it.lan.now);
  it.lan.pass(0);
  assertEquals([it.lan.types(), it.client.state], ["Decline Discover", "selecting"]);
});

Deno.test("while a DHCPRELEASE waits nothing else happens", () => {
  const it = bench("bound");
  it.client.stop(it.lan.now);
  it.client.renew(it.lan.now);
  assertEquals(it.client.decline(it.lan.now), false);
  it.client.stop(it.lan.now);
  it.lan.pass(2000 * second);
  assertEquals(it.lan.types(), "Release");
});

Deno.test("misuse throws", () => {
  const it = bench("selecting");
  assertThrows(
    () => it.client.start(0),
    TypeError,
    "Cannot start DHCP client as it is in state selecting",
  );
  assertThrows(() => it.client.inform(0, 1), TypeError, "Cannot inform DHCP client");
  const make = (options: Partial<Dhcpv4ClientOptions>) => () =>
    new Dhcpv4Client({ hardwareAddress: mac, random: new Half(), ...options });
  assertThrows(make({ hostName: "" }), RangeError);
  assertThrows(make({ hostName: "a\0" }), SyntaxError);
  assertThrows(make({ clientIdentifier: new Uint8Array(1) }), RangeError);
  assertThrows(make({ options: { vendorClass: "x".repeat(500) } }), RangeError, "fit in 548");
});
