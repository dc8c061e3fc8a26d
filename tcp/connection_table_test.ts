import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { TcpConnection } from "./connection.ts";
import { ConnectionTable } from "./connection_table.ts";
import { KeyedHash } from "./isn.ts";
import { SeededRandom } from "@octet/wire";

interface Ends {
  local: number;
  localPort: number;
  remote: number;
  remotePort: number;
}

const options = { sendBuffer: 1, receiveBuffer: 1 };

function connect(ends: Ends): TcpConnection {
  const connection = new TcpConnection(options);
  connection.localAddress = ends.local;
  connection.localPort = ends.localPort;
  connection.remoteAddress = ends.remote;
  connection.remotePort = ends.remotePort;
  return connection;
}

/** Few values, so that ends share parts and slots. */
const ends = fc.record({
  local: fc.constantFrom(0x0a000001, 0xffffffff),
  localPort: fc.integer({ min: 80, max: 84 }),
  remote: fc.constantFrom(0x0a000002, 0x0a000003, 0xc0a80001),
  remotePort: fc.oneof(fc.integer({ min: 1, max: 6 }), fc.constantFrom(65_535, 49_152)),
});

Deno.test("adds, finds and removes as a Map does", () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ adds: fc.boolean(), at: ends }), { maxLength: 200 }),
      (steps: { adds: boolean; at: Ends }[]) => {
        const table = new ConnectionTable(new KeyedHash(new SeededRandom(5)));
        const model = new Map<string, TcpConnection>();
        for (const { adds, at } of steps) {
          const key = JSON.stringify(at);
          const known = model.get(key);
          assertEquals(
            table.find(at.local, at.localPort, at.remote, at.remotePort),
            known ?? null,
          );
          if (adds && known === undefined) {
            const connection = connect(at);
            table.add(connection);
            model.set(key, connection);
          } else if (!adds && known !== undefined) {
            table.remove(known);
            table.remove(known);
            model.delete(key);
          }
          assertEquals(table.size, model.size);
        }
        for (const [key, connection] of model) {
          const at: Ends = JSON.parse(key);
          assertEquals(table.find(at.local, at.localPort, at.remote, at.remotePort), connection);
        }
        assertEquals(new Set(table), new Set(model.values()));
      },
    ),
    { numRuns: 200 },
  );
});

Deno.test("ten thousand connections in and out, in another order", () => {
  const table = new ConnectionTable(new KeyedHash(new SeededRandom(5)));
  const all = Array.from(
    { length: 10_000 },
    (_, i) => connect({ local: 1, localPort: 80, remote: 2 + i % 7, remotePort: i }),
  );
  for (const connection of all) table.add(connection);
  assertEquals(table.size, 10_000);
  for (let i = 0; i < all.length; i += 3) table.remove(all[i]!);
  for (const [i, connection] of all.entries()) {
    const found = table.find(1, 80, connection.remoteAddress, connection.remotePort);
    assertEquals(found === connection, i % 3 !== 0);
  }
  for (const connection of all) table.remove(connection);
  assertEquals([table.size, [...table].length], [0, 0]);
});

Deno.test("what falls together under one key does not under another", () => {
  const first = new KeyedHash(new SeededRandom(1));
  const second = new KeyedHash(new SeededRandom(2));
  const mask = 0xfff;
  const wanted = first.quick(80, 1, 2) & mask;
  let together = 0;
  let still = 0;
  for (let remote = 2; together < 20; remote++) {
    if ((first.quick(80, remote, 2) & mask) !== wanted) continue;
    together++;
    if ((second.quick(80, remote, 2) & mask) === (second.quick(80, 1, 2) & mask)) still++;
  }
  assertEquals(still <= 1, true, `${still} of ${together}`);
});

Deno.test("every bit of every word moves half of the bits of the hash", () => {
  const hash = new KeyedHash(new SeededRandom(3));
  const bits = (value: number) => (value >>> 0).toString(2).replaceAll("0", "").length;
  for (let word = 0; word < 3; word++) {
    for (let bit = 0; bit < 32; bit++) {
      let moved = 0;
      for (let i = 0; i < 100; i++) {
        const words = [i, 7 * i, 13 * i] as const;
        const changed = words.map((value, at) => at === word ? value ^ (1 << bit) : value);
        moved += bits(hash.quick(...words) ^ hash.quick(changed[0]!, changed[1]!, changed[2]!));
      }
      assertEquals(moved > 1300 && moved < 1900, true, `word ${word} bit ${bit}: ${moved}`);
    }
  }
});
