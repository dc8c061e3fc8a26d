import type { Tally } from "../tally.ts";
import { root } from "../terminal.ts";
export { parseCount } from "../durations.ts";
export * from "../options.ts";

/** Not an import: `import "../bench.ts"`. */
export async function later(): Promise<Tally> {
  const { tally } = await import("../tally.ts");
  const { members } = await import("../workspace.ts");
  return tally(`${root}${members}`, 0);
}
