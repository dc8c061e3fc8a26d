import { assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  readI32,
  readU16,
  readU24,
  readU32,
  readU48,
  writeU16,
  writeU24,
  writeU32,
  writeU48,
} from "./byte_order.ts";

const widths = [
  { size: 2, read: readU16, write: writeU16 },
  { size: 3, read: readU24, write: writeU24 },
  { size: 4, read: readU32, write: writeU32 },
  { size: 6, read: readU48, write: writeU48 },
];

Deno.test("the most significant byte comes first", () => {
  const bytes = Uint8Array.of(0x99, 0xf2, 0x34, 0x56, 0x78, 0x9a, 0xbc, 0x99);
  assertEquals(readU16(bytes, 1), 0xf234);
  assertEquals(readU24(bytes, 1), 0xf23456);
  assertEquals(readU32(bytes, 1), 0xf2345678);
  assertEquals(readI32(bytes, 1), 0xf2345678 - 2 ** 32);
  assertEquals(readU48(bytes, 1), 0xf23456789abc);
});

for (const { size, read, write } of widths) {
  Deno.test(`${8 * size} bits: the extremes, every byte and the borders between them`, () => {
    const values = [0, 1, 2 ** (8 * size) - 1, 2 ** (8 * size - 1), 2 ** (8 * size - 1) - 1];
    for (let bit = 0; bit < 8 * size; bit++) values.push(2 ** bit);
    for (const value of values) {
      const bytes = new Uint8Array(size + 2).fill(0xa5);
      write(bytes, 1, value);
      const expected = value.toString(16).padStart(2 * size, "0");
      assertEquals(bytes.toHex(), `a5${expected}a5`);
      assertEquals(read(bytes, 1), value);
    }
  });

  Deno.test(`${8 * size} bits: read as DataView reads, at any offset`, () => {
    fc.assert(fc.property(
      fc.uint8Array({ minLength: size, maxLength: 20 }),
      fc.nat(),
      (bytes: Uint8Array<ArrayBuffer>, at: number) => {
        const offset = at % (bytes.length - size + 1);
        let expected = 0;
        const view = new DataView(bytes.buffer, bytes.byteOffset);
        for (let i = 0; i < size; i++) expected = expected * 256 + view.getUint8(offset + i);
        assertEquals(read(bytes, offset), expected);
        if (size === 4) assertEquals(readI32(bytes, offset), view.getInt32(offset));
      },
    ));
  });

  Deno.test(`${8 * size} bits: what is wider is cut to the low bits`, () => {
    const bytes = new Uint8Array(size);
    write(bytes, 0, 2 ** (8 * size) + 5);
    assertEquals(read(bytes, 0), 5);
  });
}

Deno.test("32 bits are written alike, signed or not", () => {
  for (const value of [-1, -2, -(2 ** 31), 2 ** 31 - 1, 0, 1]) {
    const bytes = new Uint8Array(4);
    writeU32(bytes, 0, value);
    assertEquals(readI32(bytes, 0), value);
    assertEquals(readU32(bytes, 0), value < 0 ? value + 2 ** 32 : value);
  }
  for (const value of [-1, -32_768]) {
    const bytes = new Uint8Array(2);
    writeU16(bytes, 0, value);
    assertEquals(readU16(bytes, 0), value + 65_536);
  }
});
