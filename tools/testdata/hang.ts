import { fuzz } from "@octet/testing/fuzz";

/** Never ends on an input that holds the byte 7. */
fuzz("fuzzHang", (input) => {
  for (let i = 0; i < input.length; i++) {
    if (input[i] === 7) i--;
  }
}, { seeds: [new Uint8Array(3)], timeLimit: 20, corpus: new URL(Deno.env.get("CORPUS")!) });
