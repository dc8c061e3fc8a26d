import { bench } from "@octet/testing/bench";

const bytes = new Uint8Array(100);
let kept: unknown;

bench("ours", () => {
  kept = bytes.subarray(1);
}, { group: "g", peers: { other: 12 }, time: 30 });

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
