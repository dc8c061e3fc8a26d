import { assert, assertEquals, assertThrows } from "@std/assert";
import { formatIpv4, MacAddress, parseIpv4 } from "@octet/netip";
import { Verdict, verdictName } from "@octet/wire";
import { type Sent, SimulatedLan } from "./_lan_test.ts";
import type { Dhcpv4MessageFields } from "./message.ts";
import { DhcpMessageType, RelayAgentOption } from "./option_code.ts";
import type { Dhcpv4Options } from "./option_types.ts";
import { Dhcpv4Server } from "./server.ts";
import type { Dhcpv4ServerOptions } from "./server_options.ts";

const ip = parseIpv4;
const own = ip("10.77.0.1");
const second = 1000;

const settings: Dhcpv4ServerOptions = {
  address: own,
  pools: [{ first: ip("10.77.0.50"), last: ip("10.77.0.59"), prefixLength: 24 }],
  leaseSeconds: 1000,
  options: { routers: [own], dnsServers: [own], domainName: "lan.example" },
};

/** A server alone on its wire, asked by hand. */
class Bench {
  readonly lan = new SimulatedLan();
  readonly server: Dhcpv4Server;
  readonly changes: string[] = [];

  constructor(options: Partial<Dhcpv4ServerOptions> = {}) {
    this.server = new Dhcpv4Server({
      ...settings,
      onChange: (lease, change) => this.changes.push(`${change} ${formatIpv4(lease.address)}`),
      ...options,
    });
    this.lan.add(this.server, () => own);
  }

  /** Sends a message of client number `client`. */
  ask(
    client: number,
    type: keyof typeof DhcpMessageType,
    options: Dhcpv4Options = {},
    more: Partial<Dhcpv4MessageFields> = {},
  ): Verdict {
    return this.lan.inject(this.server, {
      op: 1,
      xid: 0x1000 + client,
      hardwareAddress: Uint8Array.of(2, 0, 0, 0, client >> 8, client & 0xff),
      ...more,
      options: { messageType: DhcpMessageType[type], ...options },
    });
  }

  /** The one answer since the last call, `null` for silence. */
  answer(): Sent | null {
    const sent = this.lan.take();
    assert(sent.length <= 1, "More than one answer");
    return sent[0] ?? null;
  }

  /** The answer's type and address. */
  word(): string {
    const sent = this.answer();
    if (sent === null) return "silence";
    return sent.type === "Nak" ? "Nak" : `${sent.type} ${formatIpv4(sent.message.yiaddr)}`;
  }

  /** Gets a client a lease by the four-way exchange. */
  lease(client: number, options: Dhcpv4Options = {}): number {
    this.ask(client, "Discover", options);
    const offer = this.answer();
    assert(offer?.type === "Offer", "No offer");
    const address = offer!.message.yiaddr;
    this.ask(client, "Request", { ...options, serverIdentifier: own, requestedAddress: address });
    assertEquals(this.word(), `Ack ${formatIpv4(address)}`);
    return address;
  }
}

Deno.test("the four-way exchange, all of both answers", () => {
  const it = new Bench();
  const list = [1, 28, 3, 15, 6, 42];
  const options = {
    parameterRequestList: list,
    clientIdentifier: Uint8Array.of(1, 2, 0, 0, 0, 0, 7),
  };
  assertEquals(it.ask(7, "Discover", options, { flags: 0x8000, secs: 3, hops: 0 }), Verdict.Ok);
  const offer = it.answer()!;
  const address = offer.message.yiaddr;
  assertEquals([offer.source, offer.destination, offer.port], ["10.77.0.1", "255.255.255.255", 68]);
  const expected = {
    op: 2,
    xid: 0x1007,
    hardwareAddress: Uint8Array.of(2, 0, 0, 0, 0, 7),
    hardwareType: 1,
    hops: 0,
    secs: 0,
    flags: 0x8000,
    ciaddr: 0,
    yiaddr: address,
    siaddr: 0,
    giaddr: 0,
    serverName: "",
    bootFile: "",
    options: {
      messageType: DhcpMessageType.Offer as number,
      serverIdentifier: own,
      leaseTime: 1000,
      renewalTime: 500,
      rebindingTime: 875,
      subnetMask: ip("255.255.255.0"),
      broadcastAddress: ip("10.77.0.255"),
      routers: [own],
      domainName: "lan.example",
      dnsServers: [own],
      clientIdentifier: options.clientIdentifier,
    },
  };
  assertEquals(offer.message, expected);
  // RFC 2132 §9.8: in the order requested.
  const codes: number[] = [];
  for (let at = 240; offer.bytes[at] !== 255; at += 2 + offer.bytes[at + 1]!) {
    codes.push(offer.bytes[at]!);
  }
  assertEquals(codes, [53, 54, 51, 58, 59, 1, 28, 3, 15, 6, 61]);
  it.ask(7, "Request", { ...options, serverIdentifier: own, requestedAddress: address }, {
    flags: 0x8000,
  });
  expected.options.messageType = DhcpMessageType.Ack;
  assertEquals(it.answer()!.message, expected);
  assertEquals(it.changes, [`offered ${formatIpv4(address)}`, `bound ${formatIpv4(address)}`]);
});

const x = ip("10.77.0.55");
const foreign = ip("192.168.1.5");

type Setup = (it: Bench) => void;
const fresh: Setup = () => {};
/** Client 1 has a lease of .55. */
const bound: Setup = (it) => {
  it.ask(1, "Discover", { requestedAddress: x });
  assertEquals(it.word(), "Offer 10.77.0.55");
  it.ask(1, "Request", { serverIdentifier: own, requestedAddress: x });
  assertEquals(it.word(), "Ack 10.77.0.55");
};
const offered: Setup = (it) => {
  it.ask(1, "Discover", { requestedAddress: x });
  assertEquals(it.word(), "Offer 10.77.0.55");
};
const expired: Setup = (it) => {
  bound(it);
  it.lan.pass(1001 * second);
};
const released: Setup = (it) => {
  bound(it);
  it.ask(1, "Release", { serverIdentifier: own }, { ciaddr: x });
};

/** DHCPREQUEST in its four kinds (RFC 2131 §4.3.2): who asks, how, and the answer plain and authoritative. */
const requests: [
  name: string,
  setup: Setup,
  client: number,
  options: Dhcpv4Options,
  more: Partial<Dhcpv4MessageFields>,
  plain: string,
  authoritative: string,
][] = [
  [
    "SELECTING: the offer taken",
    offered,
    1,
    { serverIdentifier: own, requestedAddress: x },
    {},
    "Ack 10.77.0.55",
    "Ack 10.77.0.55",
  ],
  [
    "SELECTING: a lease it has",
    bound,
    1,
    { serverIdentifier: own, requestedAddress: x },
    {},
    "Ack 10.77.0.55",
    "Ack 10.77.0.55",
  ],
  [
    "SELECTING: another server's offer taken",
    offered,
    1,
    { serverIdentifier: ip("10.77.0.2"), requestedAddress: x },
    {},
    "silence",
    "silence",
  ],
  [
    "SELECTING: a free address after the server's restart",
    fresh,
    1,
    { serverIdentifier: own, requestedAddress: x },
    {},
    "Ack 10.77.0.55",
    "Ack 10.77.0.55",
  ],
  [
    "SELECTING: another client's address",
    bound,
    2,
    { serverIdentifier: own, requestedAddress: x },
    {},
    "Nak",
    "Nak",
  ],
  [
    "SELECTING: another client's offer",
    offered,
    2,
    { serverIdentifier: own, requestedAddress: x },
    {},
    "Nak",
    "Nak",
  ],
  [
    "SELECTING: outside the range",
    fresh,
    1,
    { serverIdentifier: own, requestedAddress: ip("10.77.0.60") },
    {},
    "Nak",
    "Nak",
  ],
  [
    "SELECTING: the server's own address",
    fresh,
    1,
    { serverIdentifier: own, requestedAddress: own },
    {},
    "Nak",
    "Nak",
  ],
  [
    "SELECTING: no requested address",
    offered,
    1,
    { serverIdentifier: own },
    {},
    "silence",
    "silence",
  ],
  [
    "INIT-REBOOT: the lease it has",
    bound,
    1,
    { requestedAddress: x },
    {},
    "Ack 10.77.0.55",
    "Ack 10.77.0.55",
  ],
  [
    "INIT-REBOOT: the lease it had",
    expired,
    1,
    { requestedAddress: x },
    {},
    "Ack 10.77.0.55",
    "Ack 10.77.0.55",
  ],
  [
    "INIT-REBOOT: another address than its own",
    bound,
    1,
    { requestedAddress: ip("10.77.0.56") },
    {},
    "Nak",
    "Nak",
  ],
  ["INIT-REBOOT: wrong network", bound, 1, { requestedAddress: foreign }, {}, "Nak", "Nak"],
  [
    "INIT-REBOOT: wrong network, unknown client",
    fresh,
    1,
    { requestedAddress: foreign },
    {},
    "Nak",
    "Nak",
  ],
  [
    "INIT-REBOOT: unknown client, free address",
    fresh,
    1,
    { requestedAddress: x },
    {},
    "silence",
    "Ack 10.77.0.55",
  ],
  [
    "INIT-REBOOT: unknown client, somebody's address",
    bound,
    2,
    { requestedAddress: x },
    {},
    "silence",
    "Nak",
  ],
  ["INIT-REBOOT: no address at all", bound, 1, {}, {}, "silence", "silence"],
  ["RENEWING: its lease", bound, 1, {}, { ciaddr: x }, "Ack 10.77.0.55", "Ack 10.77.0.55"],
  [
    "RENEWING: its lease, over but free",
    expired,
    1,
    {},
    { ciaddr: x },
    "Ack 10.77.0.55",
    "Ack 10.77.0.55",
  ],
  [
    "RENEWING: its lease, released but free",
    released,
    1,
    {},
    { ciaddr: x },
    "Ack 10.77.0.55",
    "Ack 10.77.0.55",
  ],
  [
    "RENEWING: another address than its own",
    bound,
    1,
    {},
    { ciaddr: ip("10.77.0.56") },
    "Nak",
    "Nak",
  ],
  ["RENEWING: unknown client", fresh, 1, {}, { ciaddr: x }, "silence", "Ack 10.77.0.55"],
  ["RENEWING: unknown client, somebody's address", bound, 2, {}, { ciaddr: x }, "silence", "Nak"],
  ["RENEWING: an address of no pool", fresh, 1, {}, { ciaddr: foreign }, "silence", "Nak"],
];

Deno.test("DHCPREQUEST by RFC 2131 §4.3.2", async (t) => {
  for (const [name, setup, client, options, more, plain, authoritative] of requests) {
    for (const isAuthoritative of [false, true]) {
      await t.step(`${name}${isAuthoritative ? ", authoritative" : ""}`, () => {
        const it = new Bench({ authoritative: isAuthoritative });
        setup(it);
        it.ask(client, "Request", options, more);
        assertEquals(it.word(), isAuthoritative ? authoritative : plain);
      });
    }
  }
});

Deno.test("a DHCPNAK says little and goes by broadcast (RFC 2131 table 3, §4.3.2)", () => {
  const it = new Bench();
  bound(it);
  it.ask(1, "Request", { parameterRequestList: [1, 3] }, { ciaddr: ip("10.77.0.56") });
  const nak = it.answer()!;
  assertEquals([nak.destination, nak.port, nak.message.ciaddr, nak.message.yiaddr], [
    "255.255.255.255",
    68,
    0,
    0,
  ]);
  assertEquals(nak.message.options, {
    messageType: 6,
    serverIdentifier: own,
    message: "address not available",
  });
});

Deno.test("a renewal is answered to the client's address, and lasts anew", () => {
  const it = new Bench();
  bound(it);
  it.lan.pass(500 * second);
  it.ask(1, "Request", {}, { ciaddr: x });
  const ack = it.answer()!;
  assertEquals([ack.destination, ack.port, formatIpv4(ack.message.ciaddr)], [
    "10.77.0.55",
    68,
    "10.77.0.55",
  ]);
  assertEquals(it.server.leases(it.lan.now).map((lease) => lease.remainingSeconds), [1000]);
  assertEquals(it.changes.at(-1), "renewed 10.77.0.55");
});

Deno.test("taking another server's offer frees ours", () => {
  const it = new Bench({ pools: [{ first: x, last: x, prefixLength: 24 }] });
  offered(it);
  it.ask(2, "Discover");
  assertEquals(it.word(), "silence");
  assertEquals(
    it.ask(1, "Request", { serverIdentifier: ip("10.77.0.2"), requestedAddress: x }),
    Verdict.NotForUs,
  );
  it.ask(2, "Discover");
  assertEquals(it.word(), "Offer 10.77.0.55");
});

Deno.test("taking another server's offer leaves a lease alone", () => {
  const it = new Bench();
  bound(it);
  it.ask(1, "Request", { serverIdentifier: ip("10.77.0.2"), requestedAddress: x });
  assertEquals(it.server.leases(it.lan.now).length, 1);
});

Deno.test("an offer keeps the address for a while, no longer", () => {
  const it = new Bench({ pools: [{ first: x, last: x, prefixLength: 24 }], offerSeconds: 30 });
  offered(it);
  it.lan.pass(29 * second);
  assertEquals(it.ask(2, "Discover"), Verdict.QueueFull);
  assertEquals(it.word(), "silence");
  it.lan.pass(2 * second);
  it.ask(2, "Discover");
  assertEquals(it.word(), "Offer 10.77.0.55");
});

Deno.test("offering again does not shorten a lease", () => {
  const it = new Bench();
  bound(it);
  it.ask(1, "Discover");
  assertEquals(it.word(), "Offer 10.77.0.55");
  it.lan.pass(120 * second);
  assertEquals(it.server.leases(it.lan.now).map((lease) => lease.remainingSeconds), [880]);
});

Deno.test("every client gets an address of its own until there is none, and the same again", () => {
  const it = new Bench();
  const given = new Map<number, number>();
  for (let client = 1; client <= 10; client++) given.set(client, it.lease(client));
  assertEquals(
    [...new Set(given.values())].sort(),
    Array.from({ length: 10 }, (_, i) => ip("10.77.0.50") + i),
  );
  it.ask(11, "Discover");
  assertEquals(it.word(), "silence");
  it.lan.pass(2000 * second);
  for (const [client, address] of [...given].reverse()) assertEquals(it.lease(client), address);
});

Deno.test("the longest unused address is given to a new client", () => {
  const it = new Bench();
  const given: number[] = [];
  for (let client = 1; client <= 10; client++) {
    given.push(it.lease(client));
    it.lan.pass(second);
  }
  it.ask(1, "Request", {}, { ciaddr: given[0]! });
  it.lan.take();
  it.lan.pass(1005 * second);
  assertEquals(it.lease(11), given[1]);
  // Client 2 finds its address taken, and gets the next.
  assertEquals(it.lease(2), given[2]);
});

Deno.test("a client is its identifier where it sends one, whatever its hardware address (RFC 2131 §4.2)", () => {
  const it = new Bench();
  const identifier = { clientIdentifier: Uint8Array.of(0, 1, 2, 3) };
  const first = it.lease(1, identifier);
  assertEquals(it.lease(2, identifier), first);
  assert(it.lease(1) !== first);
  assertEquals(it.server.clientCount, 2);
});

Deno.test("DHCPDECLINE quarantines the address", () => {
  const it = new Bench({ declineSeconds: 300 });
  bound(it);
  assertEquals(
    it.ask(2, "Decline", { serverIdentifier: own, requestedAddress: x }),
    Verdict.Unexpected,
  );
  assertEquals(
    it.ask(1, "Decline", { serverIdentifier: ip("10.77.0.2"), requestedAddress: x }),
    Verdict.NotForUs,
  );
  assertEquals(it.ask(1, "Decline", { serverIdentifier: own, requestedAddress: x }), Verdict.Ok);
  assertEquals([it.word(), it.changes.at(-1)], ["silence", "declined 10.77.0.55"]);
  for (const client of [1, 2]) {
    it.ask(client, "Discover", { requestedAddress: x });
    assert(!it.word().includes(".55"));
    it.ask(client, "Request", { serverIdentifier: own, requestedAddress: x });
    assertEquals(it.word(), "Nak");
  }
  it.lan.pass(301 * second);
  it.ask(3, "Discover", { requestedAddress: x });
  assertEquals(it.word(), "Offer 10.77.0.55");
});

Deno.test("DHCPRELEASE frees the address", () => {
  const it = new Bench({ pools: [{ first: x, last: x, prefixLength: 24 }] });
  bound(it);
  assertEquals(it.ask(2, "Release", { serverIdentifier: own }, { ciaddr: x }), Verdict.Unexpected);
  assertEquals(
    it.ask(1, "Release", { serverIdentifier: own }, { ciaddr: own }),
    Verdict.Unexpected,
  );
  assertEquals(it.ask(1, "Release", {}, { ciaddr: x }), Verdict.NotForUs);
  assertEquals(it.server.leases(0).length, 1);
  assertEquals(it.ask(1, "Release", { serverIdentifier: own }, { ciaddr: x }), Verdict.Ok);
  assertEquals([it.word(), it.changes.at(-1), it.server.leases(0).length], [
    "silence",
    "released 10.77.0.55",
    0,
  ]);
  assertEquals(it.ask(1, "Release", { serverIdentifier: own }, { ciaddr: x }), Verdict.Duplicate);
  assertEquals(it.lease(2), x);
});

Deno.test("DHCPINFORM gets the configuration, no address and no lease (RFC 2131 §4.3.5)", () => {
  const it = new Bench();
  it.ask(1, "Inform", { parameterRequestList: [3, 6] }, { ciaddr: ip("10.77.0.200") });
  const ack = it.answer()!;
  assertEquals([ack.type, ack.destination, ack.message.yiaddr], ["Ack", "10.77.0.200", 0]);
  assertEquals(ack.message.options, {
    messageType: 5,
    serverIdentifier: own,
    subnetMask: ip("255.255.255.0"),
    routers: [own],
    dnsServers: [own],
  });
  assertEquals([it.server.clientCount, it.changes], [0, []]);
  assertEquals(it.ask(1, "Inform"), Verdict.BadValue);
  assertEquals(it.ask(1, "Inform", {}, { ciaddr: foreign }), Verdict.NoRoute);
});

Deno.test("rapid commit where both want it (RFC 4039)", () => {
  const willing = new Bench({ rapidCommit: true });
  willing.ask(1, "Discover", { rapidCommit: true });
  const ack = willing.answer()!;
  assertEquals([ack.type, ack.message.options.rapidCommit, willing.server.leases(0).length], [
    "Ack",
    true,
    1,
  ]);
  willing.ask(2, "Discover");
  assertEquals(willing.answer()?.type, "Offer");
  const unwilling = new Bench();
  unwilling.ask(1, "Discover", { rapidCommit: true });
  const offer = unwilling.answer()!;
  assertEquals([offer.type, offer.message.options.rapidCommit], ["Offer", undefined]);
});

Deno.test("hosts with an address of their own", () => {
  const outside = ip("10.77.0.9");
  const inside = ip("10.77.0.50");
  const it = new Bench({
    hosts: [
      {
        address: outside,
        hardwareAddress: MacAddress.parse("02:00:00:00:00:01"),
        hostName: "nine",
        options: { domainName: "host.example" },
        leaseSeconds: 0xffffffff,
      },
      { address: inside, clientIdentifier: Uint8Array.of(0, 9) },
    ],
  });
  it.ask(1, "Discover", { parameterRequestList: [12, 15, 6], hostName: "other" });
  const { options, yiaddr } = it.answer()!.message;
  assertEquals([yiaddr, options.hostName, options.domainName, options.dnsServers], [
    outside,
    "nine",
    "host.example",
    [own],
  ]);
  assertEquals([options.leaseTime, options.renewalTime, options.rebindingTime], [
    0xffffffff,
    undefined,
    undefined,
  ]);
  // INIT-REBOOT without any record: the host is known all the same.
  it.ask(1, "Request", { requestedAddress: outside });
  assertEquals(it.word(), "Ack 10.77.0.9");
  assertEquals(it.server.leases(0).map((lease) => [lease.hostName, lease.remainingSeconds]), [[
    "nine",
    Infinity,
  ]]);
  it.ask(1, "Request", { requestedAddress: x });
  assertEquals(it.word(), "Nak");
  assertEquals(it.lease(5, { clientIdentifier: Uint8Array.of(0, 9) }), inside);
  // Nobody else gets a host's address, though it lies in the range and is free.
  it.ask(5, "Release", { serverIdentifier: own, clientIdentifier: Uint8Array.of(0, 9) }, {
    ciaddr: inside,
  });
  for (let client = 20; client < 29; client++) assert(it.lease(client) !== inside);
  it.ask(40, "Discover", { requestedAddress: inside });
  assertEquals(it.word(), "silence");
});

Deno.test("a host with an identifier is known by it, not by its MAC address", () => {
  const outside = ip("10.77.0.9");
  const hardwareAddress = MacAddress.parse("02:00:00:00:00:01");
  const clientIdentifier = Uint8Array.of(0, 9);
  const it = new Bench({ hosts: [{ address: outside, hardwareAddress, clientIdentifier }] });
  assert(it.lease(1) !== outside);
  assert(it.lease(1, { clientIdentifier: Uint8Array.of(0, 8) }) !== outside);
  assertEquals(it.lease(2, { clientIdentifier }), outside);
});

Deno.test("a host whose address was declined gets one of the range meanwhile", () => {
  const outside = ip("10.77.0.9");
  const it = new Bench({
    hosts: [{ address: outside, hardwareAddress: MacAddress.parse("02:00:00:00:00:01") }],
  });
  assertEquals(it.lease(1), outside);
  it.ask(1, "Decline", { serverIdentifier: own, requestedAddress: outside });
  const other = it.lease(1);
  assert(other >= ip("10.77.0.50") && other <= ip("10.77.0.59"));
  it.lan.pass(700 * second);
  // Its quarantine is over; the host's address is its own again.
  it.ask(1, "Request", {}, { ciaddr: other });
  assertEquals(it.word(), "Nak");
  assertEquals(it.lease(1), outside);
});

const leaseTimes: [asked: number | undefined, given: number][] = [
  [undefined, 1000],
  [500, 500],
  [999, 999],
  [1001, 1000],
  [0xffffffff, 1000],
  [10, 60],
  [0, 60],
];

Deno.test("the lease time is the client's wish within limits", () => {
  for (const [asked, given] of leaseTimes) {
    const it = new Bench();
    it.ask(1, "Discover", asked === undefined ? {} : { leaseTime: asked });
    const { leaseTime, renewalTime, rebindingTime } = it.answer()!.message.options;
    assertEquals([leaseTime, renewalTime, rebindingTime], [
      given,
      Math.floor(given / 2),
      Math.floor(given * 0.875),
    ]);
  }
});

const remote = ip("10.88.0.1");
const pools = [
  ...settings.pools,
  {
    first: ip("10.88.0.100"),
    last: ip("10.88.0.199"),
    prefixLength: 16,
    options: { routers: [remote] },
    leaseSeconds: 300,
  },
];

Deno.test("relayed clients get addresses of the relay's subnet, by way of the relay", () => {
  const it = new Bench({ pools });
  const relayAgentInformation = [{
    code: RelayAgentOption.CircuitId,
    data: Uint8Array.of(1, 2, 3),
  }];
  it.ask(1, "Discover", { relayAgentInformation, parameterRequestList: [3] }, {
    giaddr: remote,
    hops: 1,
  });
  const offer = it.answer()!;
  const { message } = offer;
  assertEquals([offer.destination, offer.port, message.giaddr], ["10.88.0.1", 67, remote]);
  assert(message.yiaddr >= ip("10.88.0.100") && message.yiaddr <= ip("10.88.0.199"));
  assertEquals(message.options.routers, [remote]);
  assertEquals([message.options.subnetMask, message.options.leaseTime], [ip("255.255.0.0"), 300]);
  assertEquals(message.options.relayAgentInformation, relayAgentInformation);
  // RFC 3046 §2.2: as the last option.
  assertEquals([...offer.bytes.subarray(offer.bytes.indexOf(82, 240))].slice(0, 8), [
    82,
    5,
    1,
    3,
    1,
    2,
    3,
    255,
  ]);
  // RFC 2131 §4.3.2: by the relay, with the broadcast bit set.
  it.ask(1, "Request", { requestedAddress: x }, { giaddr: remote });
  const nak = it.answer()!;
  assertEquals([nak.type, nak.destination, nak.port, nak.message.flags], [
    "Nak",
    "10.88.0.1",
    67,
    0x8000,
  ]);
  // A relay on a link without a pool.
  assertEquals(it.ask(1, "Discover", {}, { giaddr: foreign }), Verdict.NoRoute);
  assertEquals(it.word(), "silence");
});

Deno.test("link selection (RFC 3527), subnet selection (RFC 3011), identifier override (RFC 5107)", () => {
  const it = new Bench({ pools });
  const bytes = (address: string) => Uint8Array.from(address.split("."), Number);
  it.ask(1, "Discover", {
    relayAgentInformation: [{ code: RelayAgentOption.LinkSelection, data: bytes("10.88.7.7") }],
  }, { giaddr: ip("10.77.0.2") });
  assertEquals(it.word().slice(0, 11), "Offer 10.88");
  it.ask(2, "Discover", { subnetSelection: ip("10.88.0.0") });
  assertEquals(it.word().slice(0, 11), "Offer 10.88");
  const relayAgentInformation = [{
    code: RelayAgentOption.ServerIdentifierOverride,
    data: bytes("10.88.0.1"),
  }];
  it.ask(3, "Discover", { relayAgentInformation }, { giaddr: remote });
  const { serverIdentifier, requestedAddress } = {
    ...it.answer()!.message.options,
    requestedAddress: ip("10.88.0.150"),
  };
  assertEquals(serverIdentifier, remote);
  it.ask(3, "Request", { relayAgentInformation, serverIdentifier: remote, requestedAddress }, {
    giaddr: remote,
  });
  assertEquals(it.word(), "Ack 10.88.0.150");
});

Deno.test("malformed relay information comes back as it came", () => {
  const it = new Bench({ pools });
  it.ask(1, "Discover", { other: [{ code: 82, data: Uint8Array.of(1, 9) }] }, { giaddr: remote });
  assertEquals(it.answer()!.message.options.other, [{ code: 82, data: Uint8Array.of(1, 9) }]);
});

Deno.test("an answer is as long as the client can take, and the dearest options stay", () => {
  const options: Dhcpv4Options = {
    routers: [own],
    domainName: "d".repeat(250),
    rootPath: "r".repeat(250),
    posixTimezone: "p".repeat(250),
    tzdbTimezone: "t".repeat(250),
  };
  const list = [3, 15, 100, 101, 17];
  const names = (it: Bench) => {
    const { bytes, message } = it.answer()!;
    return [
      bytes.length,
      Object.keys(message.options).filter((name) => name in options).sort().join(),
    ];
  };
  const it = new Bench({ options });
  // RFC 2131 §2: 548 bytes where the client says nothing, file and sname used.
  it.ask(1, "Discover", { parameterRequestList: list });
  const [short, few] = names(it);
  assert((short as number) <= 548);
  assertEquals(few, "domainName,routers");
  it.ask(1, "Discover", { parameterRequestList: list, maximumMessageSize: 1500 });
  const [long, all] = names(it);
  assert((long as number) > 1000 && (long as number) <= 1472);
  assertEquals(all, "domainName,posixTimezone,rootPath,routers,tzdbTimezone");
  // Less than the least there is counts for nothing; more than the link carries neither.
  it.ask(1, "Discover", { parameterRequestList: list, maximumMessageSize: 100 });
  assertEquals(names(it), [short, few] as never);
  const narrow = new Bench({ options, mtu: 1280 });
  narrow.ask(1, "Discover", { parameterRequestList: list, maximumMessageSize: 9000 });
  assert((names(narrow)[0] as number) <= 1252);
});

Deno.test("without a parameter request list a client gets all there is", () => {
  const it = new Bench({
    options: { routers: [own], ntpServers: [own], other: [{ code: 224, data: Uint8Array.of(1) }] },
  });
  it.ask(1, "Discover");
  const { options } = it.answer()!.message;
  assertEquals([options.routers, options.ntpServers, options.broadcastAddress], [
    [own],
    [own],
    ip("10.77.0.255"),
  ]);
  assertEquals(options.other, [{ code: 224, data: Uint8Array.of(1) }]);
  it.ask(1, "Discover", { parameterRequestList: [224, 224, 42] });
  const asked = it.answer()!.message.options;
  assertEquals([asked.routers, asked.ntpServers, asked.other?.length], [undefined, [own], 1]);
});

Deno.test("bootstrap fields", () => {
  const it = new Bench({ nextServer: ip("10.77.0.3"), serverName: "boot", bootFile: "pxelinux.0" });
  it.ask(1, "Discover");
  const { siaddr, serverName, bootFile } = it.answer()!.message;
  assertEquals([siaddr, serverName, bootFile], [ip("10.77.0.3"), "boot", "pxelinux.0"]);
});

Deno.test("leases survive a restart", () => {
  const it = new Bench();
  const first = it.lease(1, { hostName: "one" });
  it.lan.pass(100 * second);
  const second2 = it.lease(2, { clientIdentifier: Uint8Array.of(0, 2), hostName: "bad name" });
  it.ask(3, "Discover");
  const exported = it.server.leases(it.lan.now);
  assertEquals(exported.map((lease) => [lease.address, lease.remainingSeconds, lease.hostName]), [[
    first,
    900,
    "one",
  ], [second2, 1000, ""]]);
  const after = new Bench();
  const strangers = [
    { ...exported[0]!, address: foreign },
    { ...exported[0]!, remainingSeconds: 0 },
    { ...exported[0]!, remainingSeconds: NaN },
    { ...exported[0]!, address: own },
  ];
  assertEquals(after.server.importLeases([...exported, ...strangers], 5000), 2);
  assertEquals(after.server.leases(5000), exported);
  after.lan.run(5000);
  after.ask(1, "Request", {}, { ciaddr: first });
  assertEquals(after.word(), `Ack ${formatIpv4(first)}`);
  after.ask(9, "Discover", { requestedAddress: second2 });
  assert(after.answer()!.message.yiaddr !== second2);
});

Deno.test("memory is bounded: a flood of clients leaves no more records than the limit", () => {
  const it = new Bench({
    pools: [{ first: ip("10.77.1.0"), last: ip("10.77.200.0"), prefixLength: 16 }],
    address: ip("10.77.0.1"),
    maximumLeases: 100,
  });
  let offers = 0;
  for (let client = 0; client < 3000; client++) {
    it.ask(client, "Discover", { requestedAddress: ip("10.77.2.0") + client });
    if (it.word() !== "silence") offers++;
  }
  assertEquals([offers, it.server.clientCount], [100, 100]);
  it.lan.pass(61 * second);
  it.ask(5000, "Discover");
  assert(it.word().startsWith("Offer"));
  assertEquals(it.server.clientCount, 100);
});

Deno.test("answers wait in a bounded queue", () => {
  const server = new Dhcpv4Server(settings);
  const lan = new SimulatedLan();
  const verdicts: Verdict[] = [];
  const it = new Bench();
  // Nobody gives this one a turn.
  Object.defineProperty(it, "server", { value: server });
  it.lan.inject = lan.inject.bind(lan);
  for (let client = 0; client < 70; client++) verdicts.push(it.ask(1, "Discover"));
  assertEquals(verdicts.filter((verdict) => verdict === Verdict.Ok).length, 64);
  assertEquals(verdictName(verdicts.at(-1)!), "QueueFull");
});

const strays: [
  name: string,
  type: keyof typeof DhcpMessageType,
  options: Dhcpv4Options,
  more: Partial<Dhcpv4MessageFields>,
  verdict: string,
][] = [
  ["a reply", "Offer", {}, { op: 2 }, "NotForUs"],
  ["an offer in a request", "Offer", {}, {}, "Unsupported"],
  ["a lease query", "LeaseQuery", {}, {}, "Unsupported"],
  ["nobody", "Discover", {}, { hardwareAddress: new Uint8Array(0) }, "BadValue"],
];

Deno.test("strays are not answered", async (t) => {
  for (const [name, type, options, more, verdict] of strays) {
    await t.step(name, () => {
      const it = new Bench();
      assertEquals(verdictName(it.ask(1, type, options, more)), verdict);
      assertEquals([it.word(), it.server.clientCount], ["silence", 0]);
    });
  }
  const it = new Bench();
  assertEquals(it.lan.injectBytes(it.server, new Uint8Array(100)), Verdict.Short);
  assertEquals(
    it.lan.inject(it.server, { op: 1, xid: 1, hardwareAddress: new Uint8Array(6), options: {} }),
    Verdict.Unsupported,
  );
});

const refused: [name: string, options: Partial<Dhcpv4ServerOptions>][] = [
  ["a range beyond its subnet", {
    pools: [{ first: ip("10.77.0.50"), last: ip("10.77.1.5"), prefixLength: 24 }],
  }],
  ["a range with the broadcast address", {
    pools: [{ first: ip("10.77.0.50"), last: ip("10.77.0.255"), prefixLength: 24 }],
  }],
  ["a range with the network's address", {
    pools: [{ first: ip("10.77.0.0"), last: ip("10.77.0.5"), prefixLength: 24 }],
  }],
  ["a range backwards", {
    pools: [{ first: ip("10.77.0.5"), last: ip("10.77.0.4"), prefixLength: 24 }],
  }],
  ["a range of 2^21", {
    pools: [{ first: ip("10.0.0.1"), last: ip("10.32.0.0"), prefixLength: 8 }],
  }],
  ["prefix length 33", { pools: [{ first: 1, last: 2, prefixLength: 33 }] }],
  ["prefix length 0", {
    pools: [{ first: ip("10.0.0.1"), last: ip("10.0.0.2"), prefixLength: 0 }],
  }],
  ["a host in no subnet", { hosts: [{ address: foreign }] }],
  ["lease time 0", { leaseSeconds: 0 }],
  ["lease time 2^32", { leaseSeconds: 2 ** 32 }],
  ["an option that cannot be written", { options: { routers: [] } }],
  ["a boot file that is too long", { bootFile: "b".repeat(128) }],
];

Deno.test("settings that make no sense are refused", async (t) => {
  for (const [name, options] of refused) {
    await t.step(name, () => {
      assertThrows(() => new Dhcpv4Server({ ...settings, ...options }), RangeError, "Cannot");
    });
  }
});
