import { Ipv4Prefix } from "@octet/netip";
import { benchWith } from "@octet/testing/bench";
import { SeededRandom } from "@octet/wire";
import { Ipv4 } from "./ipv4.ts";

const group = "a million routes";
const random = new SeededRandom(1);
const ipv4 = new Ipv4({ random });
const interfaces = [0, 1, 2, 3].map(() => ipv4.addInterface({ mtu: 1500 }));
const count = 1_000_000;

/** Prefixes as long as those of the Internet: most are /24, the rest shorter. */
function prefix(): Ipv4Prefix {
  const length = random.uint32() % 5 < 3 ? 24 : 14 + random.uint32() % 10;
  return new Ipv4Prefix((0x01000000 + random.uint32() % 0xde000000) >>> 0, length);
}

const prefixes = Array.from({ length: count }, prefix);
const addresses = Int32Array.from(
  { length: 4096 },
  (_, index) => prefixes[(index * 7919) % count]!.address | random.uint32() & 0xff,
);
let filled = false;

/** The table is filled when the first of the measurements runs. */
function fill(): void {
  if (filled) return;
  filled = true;
  const start = performance.now();
  prefixes.forEach((prefix, index) => ipv4.routes.add(route(prefix, index)));
  const seconds = (performance.now() - start) / 1000;
  console.log(`${ipv4.routes.size} prefixes added in ${seconds.toFixed(2)} s`);
}

function route(prefix: Ipv4Prefix, index: number) {
  const gateway = 0x0a000001 + index % 256;
  return { prefix, gateway, metric: 0, source: 0, interfaceIndex: interfaces[index & 3]!.index };
}

benchWith("the route to a destination", () => {
  fill();
  let at = 0;
  return () => {
    at = (at + 1) & 4095;
    if (ipv4.routes.find(addresses[at]!) === null) throw new Error("No route");
  };
}, { group });

benchWith("one route taken away and added again", () => {
  fill();
  let changed = 0;
  return () => {
    changed = (changed + 1) % count;
    const known = prefixes[changed]!;
    ipv4.routes.remove(known, 0x0a000001 + changed % 256);
    ipv4.routes.add(route(known, changed));
  };
}, { group });
