/**
 * Files of a folder over HTTP: types, a list of a folder without an index, ranges, conditional requests, and nothing
 * from outside the folder.
 *
 * @module
 */
import { formatContentRange, formatHttpDate, parseHttpDate, parseRange } from "@octet/httpraw";
import { methodRefused } from "./_bytes_page.ts";

const types: Readonly<Record<string, string>> = {
  avif: "image/avif",
  bin: "application/octet-stream",
  bmp: "image/bmp",
  css: "text/css; charset=utf-8",
  csv: "text/csv; charset=utf-8",
  gif: "image/gif",
  gz: "application/gzip",
  htm: "text/html; charset=utf-8",
  html: "text/html; charset=utf-8",
  ico: "image/x-icon",
  jpeg: "image/jpeg",
  jpg: "image/jpeg",
  js: "text/javascript; charset=utf-8",
  json: "application/json",
  md: "text/markdown; charset=utf-8",
  mjs: "text/javascript; charset=utf-8",
  mp3: "audio/mpeg",
  mp4: "video/mp4",
  pdf: "application/pdf",
  png: "image/png",
  svg: "image/svg+xml",
  tar: "application/x-tar",
  ts: "text/plain; charset=utf-8",
  ttf: "font/ttf",
  txt: "text/plain; charset=utf-8",
  wasm: "application/wasm",
  wav: "audio/wav",
  webm: "video/webm",
  webp: "image/webp",
  woff: "font/woff",
  woff2: "font/woff2",
  xml: "application/xml",
  zip: "application/zip",
};

const chunkSize = 256 * 1024;

/** Serves the files below one folder. */
export class StaticFiles {
  readonly #root: string;

  /**
   * Serves a folder.
   *
   * @throws {Deno.errors.NotFound} When there is none.
   * @throws {Deno.errors.NotADirectory} When it is none.
   */
  constructor(root: string) {
    this.#root = Deno.realPathSync(root);
    if (!Deno.statSync(this.#root).isDirectory) {
      throw new Deno.errors.NotADirectory(`${root} is no folder`);
    }
  }

  /** Answers a request; `null` when there is no such file. */
  async serve(request: Request): Promise<Response | null> {
    const found = await this.#find(request);
    if (found === null) return null;
    if (request.method !== "GET" && request.method !== "HEAD") return methodRefused("GET, HEAD");
    const { path, info, pathname } = found;
    if (!info.isDirectory) return await fileResponse(request, path, info);
    if (!pathname.endsWith("/")) {
      const { search } = new URL(request.url);
      return new Response(null, {
        status: 301,
        // One slash: with two, a browser would take the first segment for another host.
        headers: { location: `${pathname.replace(/^\/+/, "/")}/${search}` },
      });
    }
    const index = await this.#inside(`${path}/index.html`);
    if (index !== null && index.info.isFile) {
      return await fileResponse(request, index.path, index.info);
    }
    return pathname === "/" ? null : await listing(request, path, pathname);
  }

  /** The files of the root as items of a list in HTML. */
  list(): Promise<string> {
    return listItems(this.#root);
  }

  async #find(
    request: Request,
  ): Promise<{ path: string; info: Deno.FileInfo; pathname: string } | null> {
    const { pathname } = new URL(request.url);
    const segments: string[] = [];
    for (const part of pathname.split("/")) {
      const segment = decode(part);
      // Whatever its spelling, a segment is the name of one file: no way up, no separator, no end of string.
      if (segment === null || segment === ".." || /[/\\\0]/.test(segment)) return null;
      if (segment !== "" && segment !== ".") segments.push(segment);
    }
    const found = await this.#inside([this.#root, ...segments].join("/"));
    if (found === null) return null;
    if (!found.info.isDirectory && pathname.endsWith("/")) return null;
    return { ...found, pathname };
  }

  /** A file or folder by the path that all links are followed to, when that is below the root. */
  async #inside(path: string): Promise<{ path: string; info: Deno.FileInfo } | null> {
    try {
      const real = await Deno.realPath(path);
      if (real !== this.#root && !real.startsWith(this.#root.replace(/\/?$/, "/"))) return null;
      const info = await Deno.stat(real);
      return info.isFile || info.isDirectory ? { path: real, info } : null;
    } catch (error) {
      if (error instanceof Deno.errors.NotCapable) throw error;
      // Not there, not a folder on the way, a circle of links, a name too long, not ours to read.
      if (error instanceof Error) return null;
      throw error;
    }
  }
}

function decode(part: string): string | null {
  try {
    return decodeURIComponent(part);
  } catch {
    return null;
  }
}

async function fileResponse(
  request: Request,
  path: string,
  info: Deno.FileInfo,
): Promise<Response> {
  const modified = Math.floor((info.mtime?.getTime() ?? 0) / 1000) * 1000;
  const etag = `"${info.size.toString(36)}-${(info.mtime?.getTime() ?? 0).toString(36)}"`;
  const extension = /\.([a-z0-9]+)$/i.exec(path)?.[1]?.toLowerCase() ?? "";
  const headers = new Headers({
    "content-type": Object.hasOwn(types, extension) ? types[extension]! : types["bin"]!,
    "last-modified": formatHttpDate(modified),
    "accept-ranges": "bytes",
    etag,
  });
  const verdict = judge(request, etag, modified);
  if (verdict !== 200) return new Response(null, { status: verdict, headers });
  const ranges = request.method === "GET" && mayRange(request, etag, modified)
    ? parseRange(request.headers.get("range") ?? "", info.size)
    : undefined;
  if (ranges?.length === 0) {
    headers.set("content-range", formatContentRange(null, info.size));
    headers.delete("content-type");
    return new Response(null, { status: 416, headers });
  }
  // Several ranges at once are answered with the whole, as RFC 9110 §14.2 allows.
  const range = ranges?.length === 1 ? ranges[0] : undefined;
  const first = range?.first ?? 0;
  const length = range === undefined ? info.size : range.last - range.first + 1;
  headers.set("content-length", `${length}`);
  if (range !== undefined) headers.set("content-range", formatContentRange(range, info.size));
  const status = range === undefined ? 200 : 206;
  if (request.method === "HEAD") return new Response(null, { status, headers });
  let file: Deno.FsFile;
  try {
    file = await Deno.open(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.PermissionDenied)) throw error;
    return new Response("Forbidden\n", { status: 403 });
  }
  if (first > 0) await file.seek(first, Deno.SeekMode.Start);
  return new Response(fileStream(file, length), { status, headers });
}

/** What the conditions of a request come to: 200, 304 or 412 (RFC 9110 §13.2.2). */
function judge(request: Request, etag: string, modified: number): 200 | 304 | 412 {
  const { headers } = request;
  const ifMatch = headers.get("if-match");
  if (ifMatch !== null && !matches(ifMatch, etag, false)) return 412;
  const ifUnmodified = ifMatch === null ? dateOf(headers.get("if-unmodified-since")) : undefined;
  if (ifUnmodified !== undefined && modified > ifUnmodified) return 412;
  const ifNoneMatch = headers.get("if-none-match");
  if (ifNoneMatch !== null) return matches(ifNoneMatch, etag, true) ? 304 : 200;
  const ifModified = dateOf(headers.get("if-modified-since"));
  return ifModified !== undefined && modified <= ifModified ? 304 : 200;
}

/** Whether a range may be answered with a part: only of the version that the client has (RFC 9110 §13.1.5). */
function mayRange(request: Request, etag: string, modified: number): boolean {
  if (!request.headers.has("range")) return false;
  const condition = request.headers.get("if-range");
  return condition === null || condition === etag || dateOf(condition) === modified;
}

/** Whether a list of entity tags holds one; the weak comparison takes `W/` for nothing (RFC 9110 §8.8.3.2). */
function matches(list: string, etag: string, weak: boolean): boolean {
  return list.split(",").some((item) => {
    const tag = item.trim();
    return tag === "*" || tag === etag || weak && tag === `W/${etag}`;
  });
}

function dateOf(text: string | null): number | undefined {
  return text === null ? undefined : parseHttpDate(text, Date.now());
}

/** Reads a part of a file as it is wanted, and closes the file at the end, however that comes. */
function fileStream(file: Deno.FsFile, length: number): ReadableStream<Uint8Array<ArrayBuffer>> {
  let left = length;
  return new ReadableStream({
    async pull(controller) {
      if (left > 0) {
        const chunk = new Uint8Array(Math.min(left, chunkSize));
        const count = await file.read(chunk);
        if (count === null) {
          file.close();
          controller.error(new Error("The file has become shorter while it was sent"));
          return;
        }
        left -= count;
        controller.enqueue(chunk.subarray(0, count));
      }
      if (left > 0) return;
      file.close();
      controller.close();
    },
    cancel() {
      file.close();
    },
  }, { highWaterMark: 0 });
}

async function listing(request: Request, path: string, pathname: string): Promise<Response> {
  const title = escapeHtml(decode(pathname) ?? pathname);
  const items = `  <li><a href="../">../</a></li>\n${await listItems(path)}`;
  const body = `<!DOCTYPE html>\n<html lang="en">\n<head><meta charset="utf-8"><title>${title}` +
    `</title></head>\n<body>\n<h1>${title}</h1>\n<ul>\n${items}</ul>\n</body>\n</html>\n`;
  return new Response(request.method === "HEAD" ? null : body, {
    headers: { "content-type": "text/html; charset=utf-8" },
  });
}

async function listItems(path: string): Promise<string> {
  const names: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(path)) {
    names.push(isDirectory ? `${name}/` : name);
  }
  return names.sort().map((name) => {
    const reference = `./${name.split("/").map(encodeURIComponent).join("/")}`;
    return `  <li><a href="${reference}">${escapeHtml(name)}</a></li>\n`;
  }).join("");
}

function escapeHtml(text: string): string {
  const entities: Record<string, string> = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
  };
  return text.replace(/[&<>"]/g, (character) => entities[character]!);
}
