// Builds a registry from rows as IANA prints them, the flags packed into five letters.

import type { SpecialBlock } from "./special_block.ts";

/** A row: prefix, kind, name, specification, and the five flags as `T`, `F` or `-`, in IANA's order. */
export type SpecialRow<Kind extends string> = readonly [string, Kind, string, string, string];

function flag(letter: string | undefined): boolean | undefined {
  return letter === "T" ? true : letter === "F" ? false : undefined;
}

/** Turns rows into entries, the longest prefixes first, so that the first that contains is the best. */
export function buildRegistry<Prefix extends { readonly length: number }, Kind extends string>(
  rows: readonly SpecialRow<Kind>[],
  parse: (text: string) => Prefix,
): readonly SpecialBlock<Prefix, Kind>[] {
  const blocks = rows.map(([prefix, kind, name, specification, flags]) =>
    Object.freeze({
      prefix: parse(prefix),
      kind,
      name,
      specification,
      source: flag(flags[0]),
      destination: flag(flags[1]),
      forwardable: flag(flags[2]),
      globallyReachable: flag(flags[3]),
      reservedByProtocol: flag(flags[4]),
    })
  );
  return Object.freeze(blocks.sort((a, b) => b.prefix.length - a.prefix.length));
}
