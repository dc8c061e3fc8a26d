import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { Packet, randomBelow, SeededRandom, TimerQueue, Verdict } from "@octet/wire";
import fc from "fast-check";
import { NtpClient, type NtpClientOptions, NtpClientState, NtpFailure } from "./client.ts";
import { encodeNtp, type NtpFields } from "./fields.ts";
import { ClockFilter } from "./filter.ts";
import { NtpField, NtpFrame, NtpLeap, NtpMode } from "./frame.ts";
import { RateDecision, RateLimiter } from "./rate_limiter.ts";
import { NtpServer, type NtpServerOptions } from "./server.ts";
import { ntpFromUnixMs } from "./date.ts";

const START = Date.UTC(2026, 10, 20, 12);
const CLIENT = 0x0a4d0002;
const SERVER = 0x0a4d0001;

const defaults: NtpClientOptions = {
  server: SERVER,
  wallTime: (now) => START + now,
  random: new SeededRandom(3),
  interval: 100,
};

/** A node's parent that only says who wants a turn. */
function parentOf(timers: TimerQueue) {
  return {
    timers,
    enqueue(node: { isReady: boolean }): void {
      node.isReady = true;
    },
    dequeue(node: { isReady: boolean }): void {
      node.isReady = false;
    },
  };
}

/** Runs a client against a server on virtual time; `path` gives the delay each way, negative for a loss. */
class Exchange {
  readonly client: NtpClient;
  readonly server: NtpServer;
  readonly packet: Packet = new Packet(1514);
  readonly states: NtpClientState[] = [];
  readonly path: (direction: "there" | "back", count: number) => number;
  now = 0;

  constructor(
    client: Partial<NtpClientOptions>,
    server: Partial<NtpServerOptions>,
    path: (direction: "there" | "back", count: number) => number,
  ) {
    this.path = path;
    this.client = new NtpClient({
      ...defaults,
      ...client,
      onChange: () => this.states.push(this.client.state),
    });
    this.server = new NtpServer({ wallTime: (now) => START + now, ...server });
  }

  run(limit = 100_000): void {
    const timers = new TimerQueue();
    this.client.attach(parentOf(timers));
    this.client.start(this.now);
    const inFlight: { time: number; bytes: Uint8Array; to: "client" | "server" }[] = [];
    let count = 0;
    while (this.now <= limit) {
      timers.expire(this.now);
      while (this.client.isReady) {
        this.client.isReady = false;
        const length = this.client.encapsulate(this.packet, 0, 0, this.now);
        if (length === 0) continue;
        const delay = this.path("there", ++count);
        if (delay >= 0) {
          const bytes = this.packet.bytes.slice(0, length);
          inFlight.push({ time: this.now + delay, bytes, to: "server" });
        }
        this.client.requestTurn();
      }
      inFlight.sort((a, b) => a.time - b.time);
      const next = Math.min(timers.next(), inFlight[0]?.time ?? Infinity);
      if (next === Infinity) break;
      this.now = Math.max(this.now, next);
      if (inFlight[0] === undefined || inFlight[0].time > this.now) continue;
      const { bytes, to } = inFlight.shift()!;
      this.packet.bytes.set(bytes, 0);
      if (to === "client") {
        this.packet.source = SERVER;
        this.packet.sourcePort = 123;
        this.client.demux(this.packet, 0, bytes.length, this.now);
        continue;
      }
      this.packet.source = CLIENT;
      this.packet.sourcePort = this.client.localPort;
      this.packet.destination = SERVER;
      this.server.demux(this.packet, 0, bytes.length, this.now);
      for (;;) {
        const length = this.server.encapsulate(this.packet, 0, 0, this.now);
        if (length === 0) break;
        assertEquals(this.packet.destination, CLIENT);
        assertEquals(this.packet.destinationPort, this.client.localPort);
        assertEquals(this.packet.source, SERVER);
        const delay = this.path("back", count);
        if (delay < 0) continue;
        inFlight.push({
          time: this.now + delay,
          bytes: this.packet.bytes.slice(0, length),
          to: "client",
        });
      }
    }
    this.client.detach();
    this.packet.release();
  }
}

Deno.test("equal delays give the exact offset", () => {
  const exchange = new Exchange(
    {},
    { wallTime: (now) => START + now + 12_345.678, stratum: 2, referenceId: 0xc0000201 },
    () => 7,
  );
  exchange.run();
  const { client } = exchange;
  assertEquals(exchange.states, [NtpClientState.Measuring, NtpClientState.Synchronized]);
  const result = client.result!;
  assertAlmostEquals(result.offset, 12_345.678, 0.002);
  assertAlmostEquals(result.delay, 14, 0.002);
  assertEquals(result.samples, 4);
  assertEquals(result.stratum, 2);
  assertEquals(result.reference, "192.0.2.1");
  assertEquals(result.leap, NtpLeap.None);
  assertEquals(result.precision, -20);
  assertAlmostEquals(client.correctedTime(50), START + 50 + 12_345.678, 0.002);
  assertEquals(exchange.server.answered, 4);
  assertEquals(client.bogus, 0);
});

Deno.test("an asymmetric path shifts the offset by half the difference, within the root distance", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 400 }),
      fc.integer({ min: 0, max: 400 }),
      fc.integer({ min: -100_000_000, max: 100_000_000 }),
      (there: number, back: number, ahead: number) => {
        const exchange = new Exchange(
          { samples: 1 },
          { wallTime: (now) => START + now + ahead },
          (direction) => direction === "there" ? there : back,
        );
        exchange.run();
        const result = exchange.client.result!;
        assertAlmostEquals(result.offset, ahead + (there - back) / 2, 0.002);
        assertAlmostEquals(result.delay, there + back, 0.002);
        assertEquals(Math.abs(result.offset - ahead) <= result.rootDistance + 0.001, true);
      },
    ),
    { numRuns: 50 },
  );
});

Deno.test("the offset is right over the end of an era", () => {
  const rollover = Date.UTC(2036, 1, 7, 6, 28, 16);
  for (const ahead of [-60_000, 60_000, 86_400_000]) {
    const exchange = new Exchange(
      { wallTime: (now) => rollover - 150 + now },
      { wallTime: (now) => rollover - 150 + now + ahead },
      () => 5,
    );
    exchange.run();
    assertAlmostEquals(exchange.client.result!.offset, ahead, 0.002);
  }
});

Deno.test("the sample of least delay wins and the others are jitter", () => {
  const delays = [40, 3, 90, 25];
  const exchange = new Exchange(
    {},
    {},
    (direction, count) => direction === "there" ? delays[count - 1]! : 3,
  );
  exchange.run();
  const result = exchange.client.result!;
  assertAlmostEquals(result.offset, 0, 0.002);
  assertAlmostEquals(result.delay, 6, 0.002);
  const distances = delays.map((delay) => (delay - 3) / 2);
  const squares = distances.reduce((sum, distance) => sum + distance * distance, 0);
  assertAlmostEquals(result.jitter, Math.sqrt(squares / 3), 0.002);
});

Deno.test("losses cost retries, and the burst ends with what it has", () => {
  const lossy = new Exchange({ timeout: 200, retries: 3 }, {}, (_, count) => count < 3 ? -1 : 5);
  lossy.run();
  assertEquals(lossy.client.result?.samples, 4);
  assertEquals(lossy.client.sent, 6);

  const tail = new Exchange({ timeout: 200, retries: 1 }, {}, (_, count) => count > 2 ? -1 : 5);
  tail.run();
  assertEquals(tail.client.result?.samples, 2);
  assertEquals(tail.client.sent, 4);
});

Deno.test("a silent server is a timeout after all retries", () => {
  const exchange = new Exchange({ timeout: 300, retries: 2 }, {}, () => -1);
  exchange.run();
  assertEquals(exchange.states, [NtpClientState.Measuring, NtpClientState.Failed]);
  assertEquals(exchange.client.failure, NtpFailure.Timeout);
  assertEquals(exchange.client.sent, 3);
  assertEquals(exchange.now, 900);
  assertEquals(exchange.client.deadline(), Infinity);
});

Deno.test("a late reply is not taken for the next request's", () => {
  const exchange = new Exchange(
    { timeout: 50, interval: 60, retries: 1, samples: 1 },
    {},
    (direction, count) => direction === "back" && count === 1 ? 65 : 1,
  );
  exchange.run();
  assertEquals(exchange.client.bogus, 1);
  assertAlmostEquals(exchange.client.result!.delay, 2, 0.002);
});

Deno.test("an unsynchronised server is refused", () => {
  const exchange = new Exchange({ retries: 1 }, { stratum: 16 }, () => 1);
  exchange.run();
  assertEquals(exchange.client.failure, NtpFailure.Unsynchronized);
  assertEquals(exchange.client.sent, 2);
});

Deno.test("a server too far from its source is refused", () => {
  const exchange = new Exchange({ maxRootDistance: 100 }, {}, () => 1);
  exchange.server.rootDispersion = 120;
  exchange.run();
  assertEquals(exchange.client.failure, NtpFailure.TooDistant);
});

Deno.test("RATE slows the client down, over the end of the burst", () => {
  const limited = new Exchange(
    { samples: 4, interval: 100 },
    { rateInterval: 4000, rateBurst: 2 },
    () => 1,
  );
  limited.run();
  assertEquals(limited.client.result?.samples, 2, "ends with the samples it has");
  assertEquals(limited.client.interval, 4000, "the poll interval that the kiss asks for");
  assertEquals(limited.server.kissed, 1);
  const sentAt = limited.now;
  limited.client.start(sentAt + 10);
  assertEquals(limited.client.isReady, false);
  assertEquals(limited.client.deadline(), sentAt + 4000);
});

/** A client that has one request under way, and the means to answer it by hand. */
class ByHand {
  readonly packet: Packet = new Packet(1514);
  readonly client: NtpClient;
  cookie = 0n;
  now = 0;

  constructor(options: Partial<NtpClientOptions> = {}) {
    this.client = new NtpClient({ ...defaults, samples: 1, ...options });
    this.client.start(0);
    this.ask();
  }

  ask(): number {
    this.packet.bytes.fill(0xa5);
    const length = this.client.encapsulate(this.packet, 0, 0, this.now);
    if (length > 0) {
      this.cookie = new DataView(this.packet.bytes.slice(40, 48).buffer).getBigUint64(0);
    }
    return length;
  }

  reply(fields: NtpFields, change?: (bytes: Uint8Array) => void): Verdict {
    const time = ntpFromUnixMs(START + this.now + 100);
    const bytes = encodeNtp({
      mode: NtpMode.Server,
      stratum: 2,
      precision: -20,
      origin: this.cookie,
      receive: time,
      transmit: time,
      ...fields,
    });
    change?.(bytes);
    this.packet.bytes.set(bytes, 0);
    this.packet.source = SERVER;
    this.packet.sourcePort = 123;
    return this.client.demux(this.packet, 0, bytes.length, this.now + 10);
  }
}

Deno.test("a request is 48 bytes that tell nothing but version, mode and a cookie", () => {
  const hand = new ByHand({ version: 4 });
  const { bytes } = hand.packet;
  assertEquals(bytes[0], 0x23);
  assertEquals([...bytes.subarray(1, 40)], new Array(39).fill(0));
  assertEquals(bytes[48], 0xa5);
  assertEquals(hand.packet.destination, SERVER);
  assertEquals(hand.packet.destinationPort, 123);
  assertEquals(hand.packet.sourcePort, hand.client.localPort);
  assertEquals(hand.client.localPort >= 49152, true);
  assertEquals(hand.client.wakeTime, 1000);

  const other = new ByHand({ random: new SeededRandom(99) });
  assertEquals(other.cookie === hand.cookie, false);
  assertEquals(new ByHand({ version: 3 }).packet.bytes[0], 0x1b);
});

const refused: [string, NtpFields, Verdict][] = [
  ["wrong cookie", { origin: 1n }, Verdict.Unexpected],
  ["zero cookie", { origin: 0n }, Verdict.Unexpected],
  ["client mode", { mode: NtpMode.Client }, Verdict.Unexpected],
  ["broadcast mode", { mode: NtpMode.Broadcast }, Verdict.Unexpected],
  ["no transmit time", { transmit: 0n }, Verdict.BadValue],
  ["no receive time", { receive: 0n }, Verdict.BadValue],
  ["a MAC that nobody asked for", { mac: new Uint8Array(20) }, Verdict.Unsupported],
  ["forged DENY", { stratum: 0, referenceId: "DENY", origin: 5n }, Verdict.Unexpected],
  ["forged RATE", { stratum: 0, referenceId: "RATE", origin: 5n }, Verdict.Unexpected],
];

Deno.test("bogus replies change nothing, and the right one still counts", () => {
  for (const [name, fields, verdict] of refused) {
    const hand = new ByHand();
    assertEquals(hand.reply(fields), verdict, name);
    assertEquals(hand.client.state, NtpClientState.Measuring, name);
    assertEquals(hand.client.bogus, 1, name);
    assertEquals(hand.client.interval, 100, name);
    assertEquals(hand.reply({}), Verdict.Ok, name);
    assertEquals(hand.client.state, NtpClientState.Synchronized, name);
  }
});

Deno.test("replies from another address or port are not for us", () => {
  const hand = new ByHand();
  hand.reply({ origin: 9n });
  hand.packet.bytes.set(encodeNtp({ mode: NtpMode.Server, stratum: 1, origin: hand.cookie }), 0);
  hand.packet.source = SERVER + 1;
  assertEquals(hand.client.demux(hand.packet, 0, 48, 1), Verdict.NotForUs);
  hand.packet.source = SERVER;
  hand.packet.sourcePort = 124;
  assertEquals(hand.client.demux(hand.packet, 0, 48, 1), Verdict.NotForUs);
});

Deno.test("a reply seen before is a duplicate", () => {
  const hand = new ByHand({ samples: 2 });
  assertEquals(hand.reply({}), Verdict.Ok);
  assertEquals(hand.reply({}), Verdict.Duplicate);
  assertEquals(hand.client.bogus, 1);
  assertEquals(hand.client.state, NtpClientState.Measuring);
});

const unusable: [string, NtpFields][] = [
  ["leap 3", { leap: NtpLeap.Unknown }],
  ["stratum 16", { stratum: 16 }],
  ["stratum 255", { stratum: 255 }],
  ["kiss INIT", { stratum: 0, referenceId: "INIT" }],
  ["dispersion of 16 s", { rootDispersion: 16_000 }],
  ["delay of 32 s", { rootDelay: 32_000 }],
  ["set in its future", { reference: ntpFromUnixMs(START + 100_000) }],
];

Deno.test("replies without a usable time cost a retry", () => {
  for (const [name, fields] of unusable) {
    const hand = new ByHand({ retries: 1 });
    hand.reply(fields);
    assertEquals(hand.client.state, NtpClientState.Measuring, name);
    hand.now = 100;
    assertEquals(hand.ask(), 48, name);
    hand.reply(fields);
    assertEquals(hand.client.state, NtpClientState.Failed, name);
    assertEquals(hand.client.failure, NtpFailure.Unsynchronized, name);
  }
});

Deno.test("DENY and RSTR silence the client for good", () => {
  for (const referenceId of ["DENY", "RSTR"]) {
    const hand = new ByHand();
    hand.reply({ stratum: 0, leap: NtpLeap.Unknown, referenceId, transmit: 0n, receive: 0n });
    assertEquals(hand.client.failure, NtpFailure.Denied);
    hand.now = 100_000;
    hand.client.start(hand.now);
    assertEquals(hand.client.state, NtpClientState.Failed);
    assertEquals(hand.ask(), 0);
    assertEquals(hand.client.wakeTime, Infinity);
  }
});

Deno.test("RATE before any sample doubles the interval, again and again", () => {
  const hand = new ByHand({ retries: 2 });
  for (const interval of [1000, 2000]) {
    hand.reply({ stratum: 0, referenceId: "RATE", poll: -6 });
    assertEquals(hand.client.interval, interval);
    const due = hand.now + 10 + interval;
    hand.now = due - 1;
    assertEquals(hand.ask(), 0);
    hand.now = due;
    assertEquals(hand.ask(), 48);
  }
  hand.reply({ stratum: 0, referenceId: "RATE", poll: 6 });
  assertEquals(hand.client.interval, 64_000);
  assertEquals(hand.client.failure, NtpFailure.RateLimited);
});

Deno.test("an absurd poll in RATE waits a day and a half at most", () => {
  const hand = new ByHand();
  hand.reply({ stratum: 0, referenceId: "RATE", poll: 127 });
  assertEquals(hand.client.interval, 131_072_000);
});

Deno.test("stop ends a burst", () => {
  const hand = new ByHand();
  hand.client.stop();
  assertEquals(hand.client.state, NtpClientState.Idle);
  assertEquals(hand.client.wakeTime, Infinity);
  assertEquals(hand.reply({}), Verdict.Unexpected);
});

Deno.test("options out of range are refused", () => {
  const wrong: Partial<NtpClientOptions>[] = [
    { server: 0 },
    { port: 0 },
    { port: 65536 },
    { version: 5 },
    { samples: 0 },
    { samples: 9 },
    { retries: -1 },
    { interval: NaN },
    { timeout: Infinity },
  ];
  for (const options of wrong) {
    assertThrows(() => new NtpClient({ ...defaults, ...options }), RangeError, "Cannot make NTP");
  }
  assertThrows(() => new NtpServer({ wallTime: Number, queue: 3 }), RangeError, "power of two");
  assertThrows(() => new NtpServer({ wallTime: Number, stratum: 0 }), RangeError);
  assertThrows(() => new NtpServer({ wallTime: Number, rateTable: 1000 }), RangeError);
});

/** A server, and requests by hand. */
function serve(
  request: Uint8Array,
  options: Partial<NtpServerOptions> = {},
  facts: Partial<{ source: number; sourcePort: number; isLinkBroadcast: boolean }> = {},
): { verdict: Verdict; reply: Uint8Array } {
  const server = new NtpServer({ wallTime: (now) => START + now, ...options });
  const packet = new Packet(1514);
  packet.bytes.fill(0xa5);
  packet.bytes.set(request, 0);
  packet.source = facts.source ?? CLIENT;
  packet.sourcePort = facts.sourcePort ?? 50000;
  packet.destination = SERVER;
  packet.isLinkBroadcast = facts.isLinkBroadcast ?? false;
  const verdict = server.demux(packet, 0, request.length, 10);
  packet.bytes.fill(0xa5);
  const length = server.encapsulate(packet, 0, 0, 20);
  assertEquals(packet.bytes[length], 0xa5);
  const reply = packet.bytes.slice(0, length);
  packet.release();
  return { verdict, reply };
}

Deno.test("a reply copies version, poll and origin, byte for byte", () => {
  for (const version of [1, 2, 3, 4]) {
    const { verdict, reply } = serve(
      encodeNtp({ version, poll: 6, transmit: 0x0102030405060708n }),
      { stratum: 2, referenceId: 0xc0000201, precision: -18 },
    );
    assertEquals(verdict, Verdict.Ok);
    assertEquals(
      reply,
      encodeNtp({
        version,
        mode: NtpMode.Server,
        stratum: 2,
        poll: 6,
        precision: -18,
        referenceId: 0xc0000201,
        reference: ntpFromUnixMs(START + 10),
        origin: 0x0102030405060708n,
        receive: ntpFromUnixMs(START + 10),
        transmit: ntpFromUnixMs(START + 20),
      }),
    );
  }
});

Deno.test("version 1 without a mode is answered", () => {
  const { verdict, reply } = serve(encodeNtp({ version: 1, mode: NtpMode.Reserved }));
  assertEquals(verdict, Verdict.Ok);
  assertEquals(reply[0], 0x0c);
});

const unanswered: [string, Uint8Array, Parameters<typeof serve>[2], Verdict][] = [
  ["mode 0 of version 4", encodeNtp({ mode: NtpMode.Reserved }), {}, Verdict.Unsupported],
  ["symmetric active", encodeNtp({ mode: NtpMode.SymmetricActive }), {}, Verdict.Unsupported],
  ["a server's reply", encodeNtp({ mode: NtpMode.Server }), {}, Verdict.Unsupported],
  ["broadcast", encodeNtp({ mode: NtpMode.Broadcast }), {}, Verdict.Unsupported],
  ["control", encodeNtp({ mode: NtpMode.Control }), {}, Verdict.Unsupported],
  ["monlist", Uint8Array.of(0x17, 0, 3, 0x2a, 0, 0, 0, 0), {}, Verdict.Unsupported],
  ["47 bytes", encodeNtp({}).subarray(0, 47), {}, Verdict.Short],
  ["to all", encodeNtp({}), { isLinkBroadcast: true }, Verdict.Filtered],
  ["from a group", encodeNtp({}), { source: 0xe0000101 }, Verdict.Filtered],
  ["from all", encodeNtp({}), { source: 0xffffffff }, Verdict.Filtered],
  ["from nobody", encodeNtp({}), { source: 0 }, Verdict.Filtered],
  ["from port 0", encodeNtp({}), { sourcePort: 0 }, Verdict.Filtered],
];

Deno.test("what is no client's question is not answered", () => {
  for (const [name, request, facts, expected] of unanswered) {
    const { verdict, reply } = serve(request, {}, facts);
    assertEquals(verdict, expected, name);
    assertEquals(reply.length, 0, name);
  }
});

Deno.test("no reply is longer than its request", () => {
  const requests = [
    encodeNtp({}),
    encodeNtp({ mac: new Uint8Array(20).fill(1) }),
    encodeNtp({ extensions: [{ type: 1, value: new Uint8Array(100) }] }),
  ];
  for (const request of requests) {
    assertEquals(serve(request).reply.length <= request.length, true);
  }
});

Deno.test("a MAC that cannot be verified is answered with a crypto-NAK", () => {
  const { reply } = serve(encodeNtp({ mac: new Uint8Array(20).fill(1) }));
  const frame = new NtpFrame();
  frame.reset(reply, 0, reply.length);
  assertEquals(frame.validate(), Verdict.Ok);
  assertEquals(frame.isCryptoNak, true);
});

Deno.test("an unsynchronised server says so", () => {
  const { reply } = serve(encodeNtp({}), { stratum: 16 });
  assertEquals([...reply.subarray(0, 2)], [0xe4, 0]);
  assertEquals(new TextDecoder().decode(reply.subarray(12, 16)), "INIT");
  assertEquals([...reply.subarray(16, 24)], new Array(8).fill(0));
});

Deno.test("too many requests get one RATE, then silence, then time again", () => {
  const server = new NtpServer({
    wallTime: (now) => START + now,
    rateInterval: 5000,
    rateBurst: 2,
  });
  const packet = new Packet(1514);
  const ask = (now: number): string => {
    packet.bytes.set(encodeNtp({ poll: 2, transmit: 77n }), 0);
    packet.source = CLIENT;
    packet.sourcePort = 50000;
    packet.destination = SERVER;
    const verdict = server.demux(packet, 0, 48, now);
    if (server.encapsulate(packet, 0, 0, now) === 0) return `verdict ${verdict}`;
    const frame = new NtpFrame();
    frame.reset(packet.bytes, 0, 48);
    assertEquals(new DataView(packet.bytes.slice(24, 32).buffer).getBigUint64(0), 77n);
    if (frame.stratum !== 0) return "time";
    assertEquals(frame.leap, NtpLeap.Unknown);
    return `kiss ${new TextDecoder().decode(packet.bytes.slice(12, 16))} poll ${frame.poll}`;
  };
  assertEquals([0, 1, 2, 3, 4999, 5001, 5003].map(ask), [
    "time",
    "time",
    "kiss RATE poll 3",
    "verdict 14",
    "verdict 14",
    "time",
    "kiss RATE poll 3",
  ]);
  assertEquals([server.answered, server.kissed, server.dropped], [3, 2, 2]);
  packet.release();
});

Deno.test("replies wait in a bounded queue, first come first served", () => {
  const server = new NtpServer({ wallTime: (now) => START + now, queue: 2, rateInterval: 0 });
  const packet = new Packet(1514);
  const ask = (port: number): Verdict => {
    packet.bytes.set(encodeNtp({}), 0);
    packet.source = CLIENT;
    packet.sourcePort = port;
    packet.destination = SERVER;
    return server.demux(packet, 0, 48, 0);
  };
  const answered: number[] = [];
  for (let round = 0; round < 3; round++) {
    assertEquals([ask(1), ask(2), ask(3)], [Verdict.Ok, Verdict.Ok, Verdict.QueueFull]);
    while (server.encapsulate(packet, 0, 0, 0) > 0) answered.push(packet.destinationPort);
  }
  assertEquals(answered, [1, 2, 1, 2, 1, 2]);
  packet.release();
});

Deno.test("the rate table stays its size and answers newcomers under a flood of addresses", () => {
  const limiter = new RateLimiter(16, 1000, 2);
  const random = new SeededRandom(5);
  for (let i = 0; i < 10_000; i++) {
    const decision = limiter.take(1 + randomBelow(random, 0xdfff_fffe), i);
    assertEquals(decision, RateDecision.Answer);
  }
  assertEquals(limiter.pollExponent, 0);
});

Deno.test("server and client take any bytes without an exception", () => {
  const hand = new ByHand();
  const server = new NtpServer({ wallTime: (now) => START + now });
  fc.assert(fc.property(fc.uint8Array({ maxLength: 120 }), (bytes: Uint8Array) => {
    hand.packet.bytes.set(bytes, 0);
    hand.packet.source = SERVER;
    hand.packet.sourcePort = 123;
    hand.packet.destination = SERVER;
    hand.client.demux(hand.packet, 0, bytes.length, 5);
    server.demux(hand.packet, 0, bytes.length, 5);
    assertEquals(hand.client.state, NtpClientState.Measuring);
    const length = server.encapsulate(hand.packet, 0, 0, 5);
    assertEquals(length <= bytes.length, true);
  }));
});

Deno.test("the clock filter forgets the oldest of nine samples", () => {
  const filter = new ClockFilter();
  filter.add(100, 1, 0, 0);
  for (let i = 1; i <= 8; i++) filter.add(i, 10 + i, 0, i);
  filter.update(8);
  assertEquals(filter.count, 8);
  assertEquals(filter.offset, 1);
  assertEquals(filter.delay, 11);
  filter.clear();
  filter.update(9);
  assertEquals([filter.count, filter.offset], [0, 0]);
});

Deno.test("the filter's dispersion halves with each place and grows with age", () => {
  const filter = new ClockFilter();
  filter.add(0, 2, 8, 0);
  filter.add(0, 1, 4, 0);
  filter.update(0);
  assertEquals(filter.dispersion, 4 / 2 + 8 / 4);
  filter.update(1_000_000);
  assertAlmostEquals(filter.dispersion, (4 + 15) / 2 + (8 + 15) / 4, 1e-9);
});

Deno.test("a client's transmit field comes back in the origin field", () => {
  const { reply } = serve(encodeNtp({ transmit: 0xfedcba9876543210n }));
  assertEquals(new DataView(reply.buffer).getBigUint64(NtpField.Origin), 0xfedcba9876543210n);
});
