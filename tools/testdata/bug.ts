import { fuzz } from "@octet/testing/fuzz";

fuzz("fuzzBug", (input) => {
  if (input[0] === 0x4f && input[1] === 0x38) throw new RangeError("Cannot go on");
}, { corpus: new URL(Deno.env.get("CORPUS")!) });

fuzz("fuzzFine", () => {}, { corpus: new URL(Deno.env.get("CORPUS")!) });
