import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { allocate, type Block, copyBytes, isAccelerated, release } from "./memory.ts";

Deno.test("a block's capacity is the next power of two, at least 256", () => {
  const cases = [
    [0, 256],
    [1, 256],
    [255, 256],
    [256, 256],
    [257, 512],
    [1514, 2048],
    [65_536, 65_536],
    [65_537, 131_072],
    [(1 << 24) - 1, 1 << 24],
  ];
  for (const [size, capacity] of cases) {
    const block = allocate(size!);
    assertEquals(block.bytes.length, capacity);
    assert(block.address >= 0);
    assertEquals(block.bytes.byteOffset, block.address);
    release(block);
  }
});

Deno.test("what is larger than 16 MiB comes from the heap, and goes back to it", () => {
  const block = allocate((1 << 24) + 1);
  assertEquals([block.bytes.length, block.address], [(1 << 24) + 1, -1]);
  release(block);
  assert(allocate((1 << 24) + 1) !== block);
});

Deno.test("blocks that are held do not overlap", () => {
  const blocks = [300, 1, 5000, 512, 513, 256].map((size) => allocate(size));
  blocks.forEach(({ bytes }, index) => bytes.fill(index + 1));
  blocks.forEach(({ bytes }, index) => assert(bytes.every((byte) => byte === index + 1)));
  blocks.forEach(release);
});

Deno.test("a block that was given back is handed out again, to its own size only", () => {
  const block = allocate(3000);
  release(block);
  const other = allocate(300);
  assert(other !== block);
  assert(allocate(2049) === block);
  release(block);
  release(other);
});

Deno.test("any sequence of taking and giving back: nobody's bytes are touched", () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.boolean(), fc.nat(20_000)), { maxLength: 60 }),
      (steps: [boolean, number][]) => {
        const held: { block: Block; mark: number }[] = [];
        steps.forEach(([takes, number], index) => {
          if (takes || held.length === 0) {
            const block = allocate(number);
            assert(block.bytes.length >= number);
            const mark = (index % 255) + 1;
            block.bytes.fill(mark);
            held.push({ block, mark });
          } else {
            const [{ block, mark }] = held.splice(number % held.length, 1) as [typeof held[0]];
            assert(block.bytes.every((byte) => byte === mark));
            release(block);
          }
        });
        for (const { block } of held) release(block);
      },
    ),
    { numRuns: 30 },
  );
});

Deno.test("a full slab: blocks come from the heap with address -1, until some are given back", () => {
  const held: Block[] = [];
  for (let block = allocate(1 << 24); block.address >= 0; block = allocate(1 << 24)) {
    held.push(block);
    assert(held.length <= 16);
  }
  const outside = allocate(1 << 24);
  assertEquals([outside.address, outside.bytes.length], [-1, 1 << 24]);
  const returned = held.pop()!;
  release(returned);
  assert(allocate(1 << 24) === returned);
  release(returned);
  held.forEach(release);
});

// Where the two ends of a copy lie.
const places = ["slab", "heap", "plain array"] as const;
type Place = typeof places[number];

function buffer(place: Place): Block {
  if (place === "slab") return allocate(1024);
  return { bytes: new Uint8Array(place === "heap" ? 1024 : 700), address: -1 };
}

for (const from of places) {
  for (const to of places) {
    Deno.test(`copies from ${from} to ${to} touch what they should and nothing else`, () => {
      const source = buffer(from);
      const target = buffer(to);
      const model = new Uint8Array(target.bytes.length);
      for (const length of [0, 1, 2, 8, 9, 31, 32, 33, 64, 333, 700]) {
        for (const fromOffset of [0, 1, source.bytes.length - length]) {
          for (const toOffset of [0, 3, target.bytes.length - length]) {
            if (fromOffset + length > source.bytes.length) continue;
            if (toOffset + length > target.bytes.length) continue;
            for (let i = 0; i < source.bytes.length; i++) source.bytes[i] = i * 7 + length;
            target.bytes.fill(0xa5);
            model.fill(0xa5);
            for (let i = 0; i < length; i++) model[toOffset + i] = source.bytes[fromOffset + i]!;
            const { bytes, address } = target;
            const { bytes: s, address: sa } = source;
            copyBytes(s, sa, fromOffset, bytes, address, toOffset, length);
            assertEquals(bytes, model, `${fromOffset} to ${toOffset}, ${length} bytes`);
          }
        }
      }
      release(source);
      release(target);
    });
  }
}

Deno.test("ranges of a copy may overlap, either way", () => {
  for (const block of [allocate(1024), buffer("heap")]) {
    const { bytes, address } = block;
    const model = new Uint8Array(1024);
    for (const length of [1, 2, 8, 9, 31, 32, 33, 100, 500]) {
      for (const shift of [-40, -33, -3, -1, 0, 1, 3, 31, 33, 40]) {
        for (let i = 0; i < 1024; i++) model[i] = bytes[i] = i * 13;
        model.copyWithin(100 + shift, 100, 100 + length);
        copyBytes(bytes, address, 100, bytes, address, 100 + shift, length);
        assertEquals(bytes, model, `address ${address}, ${length} bytes by ${shift}`);
      }
    }
    release(block);
  }
});

Deno.test("two neighbours of the slab overlap as one: addresses count, not views", () => {
  const { bytes, address } = allocate(1024);
  for (const length of [20, 200]) {
    for (let i = 0; i < 1024; i++) bytes[i] = i;
    const model = bytes.slice().copyWithin(110, 100, 100 + length);
    // The same memory under a second view that begins elsewhere.
    const shifted = bytes.subarray(90);
    copyBytes(bytes, address, 100, shifted, address + 90, 20, length);
    assertEquals(bytes, model);
  }
});

// The slab is made once in a process, so that what is missing must be missing from its beginning.
const missing: [string, string][] = [
  ["there is no WebAssembly", `delete globalThis.WebAssembly;`],
  ["there is no SIMD", `WebAssembly.validate = () => false;`],
  [
    "memory cannot be reserved",
    `WebAssembly.Memory = class { constructor() { throw new RangeError("No room"); } };`,
  ],
  [
    "compiling is forbidden",
    `WebAssembly.Module = class { constructor() { throw new WebAssembly.CompileError("Policy"); } };`,
  ],
];

for (const [what, preparation] of missing) {
  Deno.test(`the same results without compiled code: ${what}`, async () => {
    const script = `${preparation}
      const wire = await import(${JSON.stringify(import.meta.resolve("./mod.ts"))});
      const block = wire.allocate(1000);
      const packet = new wire.Packet(1514);
      for (let i = 0; i < 1500; i++) packet.bytes[i] = i * 31;
      packet.length = 1500;
      const copy = new wire.Packet(1514);
      copy.copyFrom(packet);
      const ring = new wire.RingBuffer(100_000);
      ring.write(copy.bytes, 0, 1500);
      const out = new Uint8Array(1500);
      ring.read(out);
      wire.release(block);
      copy.release();
      const again = new wire.Packet(1514);
      console.log(JSON.stringify([
        wire.isAccelerated(), block.address, block.bytes.length, packet.address, again.address,
        packet.sum(1, 1500, 7), wire.sumBytes(out, 1, 1500, 7),
      ]));`;
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["eval", "--ext=js", script],
    }).output();
    assertEquals(code, 0, new TextDecoder().decode(stderr));
    const bytes = Uint8Array.from({ length: 1500 }, (_, i) => i * 31);
    let sum = 7;
    for (let i = 1; i < 1500; i += 2) sum += bytes[i]! * 256 + (bytes[i + 1] ?? 0);
    sum = (sum % 65_536) + Math.floor(sum / 65_536);
    sum = (sum % 65_536) + Math.floor(sum / 65_536);
    assertEquals(JSON.parse(new TextDecoder().decode(stdout)), [
      false,
      -1,
      1024,
      -1,
      -1,
      sum,
      sum,
    ]);
  });
}

Deno.test("a process without anything missing is accelerated", () => {
  assert(isAccelerated());
});

Deno.test("the embedded module is what its source compiles to", async () => {
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--allow-all", "--no-check", import.meta.resolve("./wasm/build.ts"), "--check"],
  }).output();
  assertEquals(code, 0, new TextDecoder().decode(stderr));
});
