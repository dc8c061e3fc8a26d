/**
 * Builds `slab.wat` with wabt and embeds the module in `../slab_wasm.ts`. With `--check` it only
 * compares, and fails when the two have drifted apart.
 *
 * Run: `deno run -A wire/wasm/build.ts [--check]`
 */
import wabt from "wabt";

const source = new URL("./slab.wat", import.meta.url);
const target = new URL("../slab_wasm.ts", import.meta.url);

const module = (await wabt()).parseWat("slab.wat", await Deno.readTextFile(source), {
  simd: true,
  bulk_memory: true,
});
const { buffer } = module.toBinary({});
const text = `/**
 * \`wasm/slab.wat\`, compiled: ${buffer.length} bytes in base64. Made by \`wasm/build.ts\`; do not edit.
 *
 * @module
 */

/** The module's bytes in base64. */
export const slabWasm: string =
${
  btoa(String.fromCharCode(...buffer)).match(/.{1,90}/g)!.map((line) => `  "${line}"`).join(" +\n")
};
`;

if (Deno.args.includes("--check")) {
  if (await Deno.readTextFile(target) !== text) {
    console.error(
      "wire/slab_wasm.ts is not what wire/wasm/slab.wat compiles to: run wire/wasm/build.ts",
    );
    Deno.exit(1);
  }
} else {
  await Deno.writeTextFile(target, text);
}
