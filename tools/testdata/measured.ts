import { bench, benchWith, figure } from "@octet/testing/bench";

const bytes = new Uint8Array(100);
let kept: unknown;

bench("ours", () => {
  kept = bytes.subarray(1);
}, { group: "g", peers: { other: 12 }, time: 30 });

benchWith("alone", () => {
  const other = new Uint8Array(100);
  return () => other.set(bytes);
}, { group: "g", isolated: true });

figure("size", () => 7, { group: "g", unit: "B", target: 8 });

Deno.bench("theirs", { group: "h" }, () => {
  bytes[0]!++;
});

Deno.bench({
  name: "ignored",
  ignore: true,
  fn: () => {
    throw new Error(`Called with ${kept}`);
  },
});
