/**
 * Where a body goes: standard output, a file that appears when it is whole, or nowhere.
 *
 * @module
 */
import { ExitError } from "./_program.ts";
import { reasonOf } from "./_watch.ts";
import { Exit } from "./_xcurl_options.ts";

/** Takes the bytes of one body. */
export interface BodySink {
  /** Whether many bytes at once are better than bytes soon. */
  readonly isPatient: boolean;
  /** Takes bytes; they may be overwritten once the promise has resolved. */
  write(bytes: Uint8Array): Promise<void> | void;
  /** The body is whole. */
  finish(): void;
  /** The body will not become whole; nothing stays of it. */
  abort(): void;
}

/** Counts on the bytes being of no use. */
export const nowhere: BodySink = {
  isPatient: true,
  write() {},
  finish() {},
  abort() {},
};

/** Standard output: bytes are gone as soon as they come. */
export const standardOutput: BodySink = {
  isPatient: false,
  async write(bytes) {
    try {
      for (let at = 0; at < bytes.length;) at += await Deno.stdout.write(bytes.subarray(at));
    } catch (error) {
      if (error instanceof Deno.errors.BrokenPipe) throw new ExitError(Exit.WriteError, "");
      throw cannotWrite("standard output", error);
    }
  },
  finish() {},
  abort() {},
};

/** Opens where a body goes. */
export function openSink(output: string | undefined): BodySink {
  return output === undefined || output === "-" ? standardOutput : new FileSink(output);
}

/**
 * A file under another name until it is whole. What is there already is replaced then, in one step; a device or a pipe
 * is written as it is.
 */
class FileSink implements BodySink {
  readonly isPatient = true;
  readonly #path: string;
  readonly #target: string;
  readonly #temporary: string | null;
  readonly #file: Deno.FsFile;
  #isOpen = true;

  constructor(path: string) {
    this.#path = path;
    try {
      const old = existing(path);
      this.#target = old?.path ?? path;
      if (old !== null && !old.info.isFile) {
        this.#temporary = null;
        this.#file = Deno.openSync(path, { write: true });
        return;
      }
      const slash = this.#target.lastIndexOf("/") + 1;
      const mark = crypto.randomUUID().slice(0, 8);
      this.#temporary = `${this.#target.slice(0, slash)}.${
        this.#target.slice(slash, slash + 200)
      }.${mark}.part`;
      const mode = old?.info.mode ?? 0o666;
      this.#file = Deno.openSync(this.#temporary, { write: true, createNew: true, mode });
    } catch (error) {
      throw cannotWrite(path, error);
    }
  }

  write(bytes: Uint8Array): void {
    try {
      for (let at = 0; at < bytes.length;) at += this.#file.writeSync(bytes.subarray(at));
    } catch (error) {
      throw cannotWrite(this.#path, error);
    }
  }

  finish(): void {
    this.#close();
    if (this.#temporary === null) return;
    try {
      Deno.renameSync(this.#temporary, this.#target);
    } catch (error) {
      this.#remove();
      throw cannotWrite(this.#path, error);
    }
  }

  abort(): void {
    if (!this.#isOpen) return;
    this.#close();
    this.#remove();
  }

  #close(): void {
    this.#isOpen = false;
    this.#file.close();
  }

  #remove(): void {
    if (this.#temporary === null) return;
    try {
      Deno.removeSync(this.#temporary);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
}

function existing(path: string): { path: string; info: Deno.FileInfo } | null {
  try {
    const real = Deno.realPathSync(path);
    const info = Deno.statSync(real);
    if (info.isDirectory) throw new Deno.errors.IsADirectory("it is a folder");
    return { path: real, info };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

function cannotWrite(what: string, error: unknown): ExitError {
  return new ExitError(Exit.WriteError, `Cannot write ${what}: ${reasonOf(error)}`);
}
