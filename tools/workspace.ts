/** The members of the workspace and their files. @module */

import { root } from "./terminal.ts";

/** One folder of the workspace. */
export interface Member {
  /** The folder, such as `dns`. */
  readonly folder: string;
  /** The entrypoints, relative to the root, such as `dns/mod.ts`; none if it is not published. */
  readonly entrypoints: readonly string[];
}

interface Manifest {
  readonly workspace?: string[];
  readonly name?: string;
  readonly exports?: string | Record<string, string>;
}

async function manifest(folder: string): Promise<Manifest> {
  return JSON.parse(await Deno.readTextFile(new URL(`${folder}deno.json`, root)));
}

/** Reads the members from the root `deno.json`. */
export async function members(): Promise<Member[]> {
  const { workspace = [] } = await manifest("");
  return await Promise.all(workspace.map(async (path) => {
    const folder = path.replace(/^\.\//, "");
    const { name, exports = {} } = await manifest(`${folder}/`);
    const files = typeof exports === "string" ? [exports] : Object.values(exports);
    const entrypoints = name === undefined
      ? []
      : files.map((file) => `${folder}/${file.replace(/^\.\//, "")}`);
    return { folder, entrypoints };
  }));
}

/** Lists the files below a folder that end in `suffix`, relative to the root, sorted. */
export async function filesBelow(folder: string, suffix: string): Promise<string[]> {
  const files: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(new URL(`${folder}/`, root))) {
    if (name.startsWith(".") || name === "node_modules") continue;
    const path = folder === "." ? name : `${folder}/${name}`;
    if (isDirectory) files.push(...await filesBelow(path, suffix));
    else if (name.endsWith(suffix)) files.push(path);
  }
  return files.sort();
}
