/**
 * Inputs on disk: a folder of raw files, one an input.
 *
 * @module
 */

/** One input of a corpus. */
export interface CorpusEntry {
  /** The file's name within its folder. */
  readonly name: string;
  /** What it holds. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/**
 * Reads a corpus folder.
 *
 * @example
 * ```ts
 * import { readCorpus } from "@octet/testing/fuzz";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(readCorpus(new URL("no-such-folder/", import.meta.url)), []);
 * ```
 *
 * @param folder The folder; its URL ends in a slash.
 * @returns Its files, sorted by name; none where there is no such folder.
 */
export function readCorpus(folder: URL): CorpusEntry[] {
  const entries: CorpusEntry[] = [];
  try {
    for (const { name, isFile } of Deno.readDirSync(folder)) {
      if (!isFile || name.startsWith(".")) continue;
      entries.push({ name, bytes: Deno.readFileSync(new URL(encodeURIComponent(name), folder)) });
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return entries.sort((a, b) => a.name < b.name ? -1 : 1);
}

/**
 * Writes an input into a corpus folder, which is made where it is missing. The name comes from the
 * content, so the same input is written once.
 *
 * @example
 * ```ts
 * import { readCorpus, writeInput } from "@octet/testing/fuzz";
 * import { assertEquals } from "@std/assert";
 *
 * const folder = new URL(`file://${await Deno.makeTempDir()}/`);
 * const file = await writeInput(folder, Uint8Array.of(1, 2));
 * assertEquals(readCorpus(folder)[0]?.bytes, Uint8Array.of(1, 2));
 * assertEquals(file.pathname.endsWith("/a12871fee210fb86.bin"), true);
 * await Deno.remove(folder, { recursive: true });
 * ```
 *
 * @param folder The folder; its URL ends in a slash.
 * @param bytes The input.
 * @returns The file written: the first 16 hexadecimal digits of the SHA-256, and `.bin`.
 */
export async function writeInput(folder: URL, bytes: Uint8Array<ArrayBuffer>): Promise<URL> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  const file = new URL(`${digest.subarray(0, 8).toHex()}.bin`, folder);
  Deno.mkdirSync(folder, { recursive: true });
  Deno.writeFileSync(file, bytes);
  return file;
}
