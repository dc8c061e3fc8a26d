/** What each file imports, as Deno's own parser sees it. @module */

import { root, runDeno } from "./terminal.ts";

/** One import, re-export, dynamic import or type import of a file. */
export interface Dependency {
  /** What is written. */
  readonly specifier: string;
  /** The file it means, relative to the root, if it is one of the repository. */
  readonly target: string | undefined;
}

interface Resolution {
  readonly specifier?: string;
}

interface Info {
  readonly modules: readonly {
    readonly specifier: string;
    readonly error?: string;
    readonly dependencies?: readonly {
      readonly specifier: string;
      readonly code?: Resolution;
      readonly type?: Resolution;
    }[];
  }[];
}

/** The imports of many files. */
export interface Dependencies {
  /** By path relative to the root. */
  readonly byFile: ReadonlyMap<string, readonly Dependency[]>;
  /** What could not be read, in Deno's words: a file that is missing or does not parse. */
  readonly errors: readonly string[];
}

/**
 * Reads the dependencies of files, in one run of `deno info`.
 *
 * @param paths The files, relative to the root.
 * @throws {Error} If Deno cannot answer at all.
 */
export async function readDependencies(
  paths: readonly string[],
): Promise<Dependencies> {
  const entry = await Deno.makeTempFile({ suffix: ".ts" });
  try {
    const lines = paths.map((path) => `import ${JSON.stringify(new URL(path, root).href)};`);
    await Deno.writeTextFile(entry, lines.join("\n"));
    const config = new URL("deno.json", root).pathname;
    const { code, output } = await runDeno(
      ["info", "--json", "--no-lock", "--config", config, entry],
      { show: false },
    );
    if (code !== 0) throw new Error(`Cannot read the dependencies: deno info ended with ${code}`);
    return collect(JSON.parse(output), root.href);
  } finally {
    await Deno.remove(entry);
  }
}

/** Sorts what `deno info` says by file; `base` is the URL of the root. */
export function collect(info: Info, base: string): Dependencies {
  const byFile = new Map<string, Dependency[]>();
  const errors: string[] = [];
  for (const module of info.modules) {
    if (!module.specifier.startsWith(base)) continue;
    if (module.error !== undefined) {
      errors.push(module.error);
      continue;
    }
    const path = module.specifier.slice(base.length);
    byFile.set(
      path,
      (module.dependencies ?? []).map(({ specifier, code, type }) => {
        const url = code?.specifier ?? type?.specifier;
        const target = url?.startsWith(base) ? url.slice(base.length) : undefined;
        return { specifier, target: url?.startsWith("file:") ? target ?? url : undefined };
      }),
    );
  }
  return { byFile, errors };
}
