import { assert, assertEquals } from "@std/assert";
import { Packet, SeededRandom, Verdict } from "@octet/wire";
import fc from "fast-check";
import { encodeIpv4, Ipv4Frame } from "./frame.ts";
import { Reassembler, type ReassemblyOptions } from "./reassembly.ts";

interface FragmentFields {
  readonly identification?: number;
  readonly source?: number;
  readonly options?: Uint8Array;
  readonly ecn?: number;
  readonly protocol?: number;
}

class Bench {
  readonly timeouts: number[] = [];
  readonly reassembler: Reassembler;
  readonly packet = new Packet(65_600);
  now = 0;

  constructor(options: ReassemblyOptions = {}) {
    this.reassembler = new Reassembler(
      (packet, offset, end) => {
        assertEquals(packet.bytes[offset]! >>> 4, 4);
        this.timeouts.push(end - offset);
      },
      options,
    );
  }

  /** Gives one fragment; answers the whole payload when it is complete, else the verdict. */
  add(
    fragmentOffset: number,
    payload: Uint8Array,
    moreFragments: boolean,
    fields: FragmentFields = {},
  ): Uint8Array | Verdict {
    const { identification = 7, source = 1, options = new Uint8Array(0), ecn = 0 } = fields;
    const { protocol = 17 } = fields;
    const bytes = encodeIpv4({
      source,
      destination: 2,
      protocol,
      identification,
      moreFragments,
      fragmentOffset,
      payload,
      options,
      trafficClass: ecn,
    });
    const packet = this.packet;
    packet.bytes.set(bytes);
    packet.length = bytes.length;
    packet.source = source;
    packet.destination = 2;
    packet.protocol = protocol;
    packet.trafficClass = ecn;
    const header = bytes.length - payload.length;
    const whole = this.reassembler.add(packet, 0, header, bytes.length, this.now);
    if (whole === null) return this.reassembler.verdict;
    const frame = new Ipv4Frame();
    frame.reset(whole.bytes, whole.networkOffset, whole.length);
    assertEquals(frame.validate(), Verdict.Ok);
    assert(!frame.isFragment);
    assertEquals(frame.payloadEnd, whole.length);
    assertEquals([whole.source, whole.destination, whole.protocol], [source, 2, protocol]);
    this.ecn = whole.trafficClass & 3;
    const result = whole.bytes.slice(frame.payloadOffset, frame.payloadEnd);
    this.reassembler.recycle(whole);
    return result;
  }
  ecn = 0;
}

function bytesOf(length: number, seed = 1): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => i * 13 + seed);
}

const bytesOf16 = Uint8Array.of(...bytesOf(8), ...bytesOf(8));

Deno.test("pieces in any order become the datagram that was cut", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 2, max: 60_000 }),
      fc.integer({ min: 1, max: 30 }),
      fc.integer(),
      (length: number, pieces: number, seed: number) => {
        const random = new SeededRandom(seed);
        const payload = bytesOf(length, seed);
        const size = Math.max(8, Math.ceil(length / pieces / 8) * 8);
        const fragments: [number, Uint8Array, boolean][] = [];
        for (let at = 0; at < length; at += size) {
          fragments.push([at, payload.subarray(at, at + size), at + size < length]);
        }
        for (let i = fragments.length - 1; i > 0; i--) {
          const j = random.uint32() % (i + 1);
          [fragments[i], fragments[j]] = [fragments[j]!, fragments[i]!];
        }
        const bench = new Bench();
        fragments.forEach((fragment, index) => {
          const result = bench.add(...fragment);
          if (index < fragments.length - 1) assertEquals(result, Verdict.Ok);
          else assertEquals(result, payload);
        });
        assertEquals([bench.reassembler.memory, bench.reassembler.count], [0, 0]);
      },
    ),
    { numRuns: 50 },
  );
});

Deno.test("copies of a fragment are no attack, overlaps are (RFC 5722)", () => {
  const payload = bytesOf(64);
  const first = payload.subarray(0, 32);
  const cases: [string, number, Uint8Array, boolean, Verdict][] = [
    ["the same again", 0, first, true, Verdict.Duplicate],
    ["a part of it again", 8, payload.subarray(8, 24), true, Verdict.Duplicate],
    ["the same with other content", 0, bytesOf(32, 9), true, Verdict.Filtered],
    ["reaching beyond it", 24, payload.subarray(24, 48), true, Verdict.Filtered],
    ["reaching beyond it, last", 24, payload.subarray(24, 64), false, Verdict.Filtered],
  ];
  for (const [name, offset, content, more, verdict] of cases) {
    const bench = new Bench();
    assertEquals(bench.add(0, first, true), Verdict.Ok);
    assertEquals(bench.add(offset, content, more), verdict, name);
    const end = bench.add(32, payload.subarray(32), false);
    if (verdict === Verdict.Duplicate) assertEquals(end, payload, name);
    else assertEquals(end, Verdict.Filtered, name);
    assertEquals(bench.reassembler.memory, 0, name);
  }
});

Deno.test("an overlap from below is found too", () => {
  const bench = new Bench();
  assertEquals(bench.add(32, bytesOf(32), false), Verdict.Ok);
  assertEquals(bench.add(16, bytesOf(24), true), Verdict.Filtered);
  assertEquals(bench.reassembler.counters.overlapped, 1);
});

Deno.test("lengths that contradict each other discard the datagram", () => {
  const cases: [string, [number, number, boolean][]][] = [
    ["not a multiple of 8", [[0, 9, true]]],
    ["nothing at all", [[8, 0, true]]],
    ["beyond the end", [[8, 8, false], [16, 8, true]]],
    ["an end before what came", [[32, 8, true], [8, 8, false]]],
    ["two ends", [[8, 8, false], [16, 8, false]]],
    ["beyond 65,535 (the ping of death)", [[65_528, 16, false]]],
  ];
  for (const [name, fragments] of cases) {
    const bench = new Bench();
    let last: unknown;
    for (const [offset, length, more] of fragments) last = bench.add(offset, bytesOf(length), more);
    assertEquals(last, Verdict.BadLength, name);
    assertEquals(bench.reassembler.memory, 0, name);
    assertEquals(bench.add(0, bytesOf(8), true), Verdict.Filtered, name);
  }
});

Deno.test("the longest datagram there is fits", () => {
  const bench = new Bench();
  const payload = bytesOf(65_515);
  assertEquals(bench.add(65_512, payload.subarray(65_512), false), Verdict.Ok);
  assertEquals(bench.add(0, payload.subarray(0, 32_760), true), Verdict.Ok);
  assertEquals(bench.add(32_760, payload.subarray(32_760, 65_512), true), payload);
});

Deno.test("datagrams of different senders, or identifications, are kept apart", () => {
  const bench = new Bench();
  bench.add(0, bytesOf(8, 1), true, { identification: 1 });
  bench.add(0, bytesOf(8, 2), true, { identification: 2 });
  bench.add(0, bytesOf(8, 3), true, { source: 9 });
  const end = bytesOf(3);
  const whole = (seed: number) => Uint8Array.of(...bytesOf(8, seed), ...end);
  assertEquals(bench.add(8, end, false, { source: 9 }), whole(3));
  assertEquals(bench.add(8, end, false, { identification: 2 }), whole(2));
  assertEquals(bench.add(8, end, false, { identification: 1 }), whole(1));
});

Deno.test("after 30 seconds a datagram is given up, and who sent its beginning hears of it", () => {
  const bench = new Bench();
  bench.add(0, bytesOf(16), true, { identification: 1 });
  bench.now = 10_000;
  bench.add(8, bytesOf(8), true, { identification: 2 });
  assertEquals(bench.reassembler.deadline, 30_000);
  bench.reassembler.expire(29_999);
  assertEquals(bench.reassembler.count, 2);
  bench.reassembler.expire(30_000);
  assertEquals(bench.timeouts, [36]);
  assertEquals(bench.reassembler.deadline, 40_000);
  bench.reassembler.expire(40_000);
  assertEquals(bench.timeouts, [36]);
  assertEquals([bench.reassembler.memory, bench.reassembler.counters.timedOut], [0, 2]);
  assertEquals(bench.reassembler.deadline, Infinity);
});

Deno.test("options of the first fragment are the datagram's", () => {
  const bench = new Bench();
  bench.add(8, bytesOf(5), false);
  const options = Uint8Array.of(148, 4, 0, 0);
  assertEquals(
    bench.add(0, bytesOf(8), true, { options }),
    Uint8Array.of(...bytesOf(8), ...bytesOf(5)),
  );
});

Deno.test("a congestion mark on one fragment is one on the datagram (RFC 3168 §5.3)", () => {
  const bench = new Bench();
  bench.add(0, bytesOf(8), true, { ecn: 2 });
  bench.add(8, bytesOf(8), true, { ecn: 3 });
  bench.add(16, bytesOf(8), false, { ecn: 2 });
  assertEquals(bench.ecn, 3);
});

Deno.test("congestion marks: of every pair of codepoints, what RFC 3168 §5.3 allows", () => {
  // Rows and columns: not-ECT, ECT(1), ECT(0), CE; -1 where the datagram is dropped.
  const expected = [[0, 0, 0, -1], [1, 1, 1, 3], [2, 2, 2, 3], [-1, 3, 3, 3]];
  for (let first = 0; first < 4; first++) {
    for (let second = 0; second < 4; second++) {
      const bench = new Bench();
      bench.add(0, bytesOf(8), true, { ecn: first });
      const result = bench.add(8, bytesOf(8), false, { ecn: second });
      const wanted = expected[first]![second]!;
      if (wanted < 0) assertEquals(result, Verdict.Filtered, `${first} ${second}`);
      else assertEquals([result, bench.ecn], [bytesOf16, wanted], `${first} ${second}`);
    }
  }
});

Deno.test("a fragment too small to show TCP's flags, or one that hides them, is discarded (RFC 1858, RFC 3128)", () => {
  const cases: [string, [number, number][], Verdict][] = [
    ["eight bytes of header", [[0, 8]], Verdict.Filtered],
    ["what begins at byte 8", [[8, 8]], Verdict.Filtered],
    ["what begins at byte 8 of a decent datagram", [[0, 24], [8, 8]], Verdict.Filtered],
    ["sixteen bytes of header", [[0, 16]], Verdict.Ok],
    ["what begins at byte 16", [[16, 8]], Verdict.Ok],
  ];
  for (const [name, fragments, verdict] of cases) {
    const bench = new Bench();
    let last: unknown;
    for (const [at, length] of fragments) {
      last = bench.add(at, bytesOf(length), true, { protocol: 6 });
    }
    assertEquals(last, verdict, name);
    assertEquals(bench.reassembler.counters.tiny, verdict === Verdict.Ok ? 0 : 1, name);
    for (const [at, length] of fragments) last = new Bench().add(at, bytesOf(length), true);
    assertEquals(last, Verdict.Ok, `${name}, of UDP`);
  }
});

Deno.test("one source cannot take the room of others", () => {
  const bench = new Bench();
  bench.add(0, bytesOf(8), true, { source: 77 });
  for (let i = 0; i < 500; i++) bench.add(0, bytesOf(8), true, { source: 5, identification: i });
  assertEquals(bench.reassembler.count, 65);
  for (let i = 0; i < 500; i++) {
    bench.add(60_000, bytesOf(8), true, { source: 5, identification: 1000 + i });
  }
  assert(bench.reassembler.memory <= 1024 * 1024 + 4096, `${bench.reassembler.memory}`);
  assertEquals(bench.add(8, bytesOf(8), false, { source: 77 }), bytesOf16);
});

Deno.test("a header that is longer than those of the other fragments does not make the datagram too long", () => {
  const bench = new Bench();
  bench.add(65_512, bytesOf(3), false);
  bench.add(32, bytesOf(65_480), true);
  const options = new Uint8Array(8).fill(1);
  assertEquals(bench.add(0, bytesOf(32), true, { options }), Verdict.BadLength);
  assertEquals(bench.reassembler.memory, 0);
});

Deno.test("memory and number of datagrams stay bounded, whatever comes", () => {
  const bench = new Bench({ memoryLimit: 65_536, datagramLimit: 16 });
  const random = new SeededRandom(1);
  for (let i = 0; i < 3000; i++) {
    bench.add((random.uint32() % 8000) * 8, bytesOf(8 * (1 + random.uint32() % 100)), true, {
      identification: random.uint32() % 1000,
    });
    assert(bench.reassembler.memory <= 65_536);
    assert(bench.reassembler.count <= 16);
  }
  bench.reassembler.clear();
  assertEquals(bench.reassembler.memory, 0);
});

Deno.test("who sends only every second piece is not believed for long", () => {
  const bench = new Bench();
  let verdict: unknown = Verdict.Ok;
  for (let i = 0; i < 33; i++) verdict = bench.add(16 * i, bytesOf(8), true);
  assertEquals(verdict, Verdict.QueueFull);
  assertEquals(bench.reassembler.memory, 0);
});
