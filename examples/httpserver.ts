/**
 * A web server on a network of its own: no kernel socket, but a TAP device, a TUN device, or an Ethernet in memory.
 *
 * @module
 */
import type { HttpAddr, ServeHandler } from "@octet/internet";
import { formatIpv4 } from "@octet/netip";
import { type Arguments, describeOptions, type OptionTable, UsageError } from "./_arguments.ts";
import { bytesPage, echoPage, methodRefused, sinkPage } from "./_bytes_page.ts";
import { Link, linkOptions, linkPermissions, readLinkSettings } from "./_link.ts";
import { describeLink, serverExitCode } from "./_listening.ts";
import { print, printable, runProgram, say } from "./_program.ts";
import { StaticFiles } from "./_static_files.ts";
import { reasonOf } from "./_watch.ts";

const options: OptionTable = {
  root: { value: "DIR", like: ".", help: "serve the files of this folder" },
  port: { value: "N", like: "8080", help: "where to listen; 80 when left out" },
  ...linkOptions,
  verbose: { help: "one line per request on standard error" },
  json: { help: "say where it listens in JSON" },
  timeout: { value: "SECONDS", like: "5", help: "how long to wait for a lease; 30 when left out" },
};

const help = `httpserver: a web server on a TCP/IP stack of its own

  deno run examples/httpserver.ts [OPTION …]

Serves /, /bytes/N (N bytes, byte i is i modulo 251), POST /echo (the body back), POST /sink (how
many bytes came, and their SHA-256) and, with --root, files with types, ranges and conditions.
Ctrl-C ends it.

With --link lan, the default, the server is on an Ethernet in memory and is reached only from
within this process: a second host on that LAN fetches / once, and the result is printed. To be
reached from this machine, take a TAP device and give the kernel's side of it an address.

Options:
${describeOptions(options)}

Permissions: ${linkPermissions};
--allow-read=DIR for --root; --allow-write=FILE for --pcap.

Examples:
  deno run examples/httpserver.ts
  deno run --allow-ffi examples/httpserver.ts --link tap:tap0 --host-ip 10.77.0.1/24 --ip 10.77.0.2/24
  deno run --allow-read=. examples/httpserver.ts --root . --verbose
  deno run examples/httpserver.ts --impair loss=3%,delay=5ms --sniff

With the second, in another terminal:
  curl http://10.77.0.2/
  curl http://10.77.0.2/bytes/67108864 | sha256sum
  curl --data hello http://10.77.0.2/echo

Exit codes: 1 when the device or the port cannot be had, 2 for wrong usage, 28 when no lease came in
time, 130 after Ctrl-C.
`;

async function main(args: Arguments, signal: AbortSignal): Promise<number> {
  const settings = readLinkSettings(args);
  const port = args.integer("port", 1, 65_535) ?? 80;
  const root = args.read("root", "the name of a folder", (text) => text || undefined);
  const files = root === undefined ? null : openRoot(root);
  await using link = await Link.open(settings, "httpserver");
  const { host } = link;
  await link.configure(signal);
  const address = formatIpv4(link.addresses[0]!);
  const url = `http://${address}${port === 80 ? "" : `:${port}`}/`;
  const handler = makeHandler(files);
  const serves = settings.verbose ? logged(handler) : handler;
  host.serve({ port, signal, onListen: () => {} }, serves);
  if (settings.json) print(`${JSON.stringify({ url, address, port, link: settings.label })}\n`);
  else print(`Listening on ${url} (${describeLink(settings)})\n`);
  if (link.lan !== null) await checkSelf(link, url, settings.json, signal);
  await link.ended(signal);
  return 0;
}

function openRoot(root: string): StaticFiles {
  try {
    return new StaticFiles(root);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    throw new UsageError(`Option --root wants a folder, and ${root} is none: ${reasonOf(error)}`);
  }
}

/** The same, and a line for each request. */
function logged(handler: ServeHandler): ServeHandler {
  return async (request, info) => {
    const start = performance.now();
    const response = await handler(request, info);
    const { hostname, port } = info.remoteAddr as HttpAddr;
    log(request, response, `${hostname}:${port}`, performance.now() - start);
    return response;
  };
}

/** Answers at once what is at hand: a promise for each response takes a third of all requests a second. */
function makeHandler(files: StaticFiles | null): ServeHandler {
  return (request) => {
    const path = pathOf(request.url);
    if (path.startsWith("/bytes/")) return bytesPage(request, path.slice(7));
    if (path === "/echo") return echoPage(request);
    if (path === "/sink") return sinkPage(request);
    return files === null && path === "/"
      ? frontPage(request, null)
      : otherPage(request, path, files);
  };
}

async function otherPage(
  request: Request,
  path: string,
  files: StaticFiles | null,
): Promise<Response> {
  const found = await files?.serve(request);
  if (found) return found;
  if (path === "/") return await frontPage(request, files);
  return new Response("Not found\n", {
    status: 404,
    headers: { "content-type": "text/plain; charset=utf-8" },
  });
}

/** The path of an absolute URL, as `URL.pathname` would give it, at a sixth of the price. */
function pathOf(url: string): string {
  const start = url.indexOf("/", url.indexOf("//") + 2);
  const query = url.indexOf("?", start);
  return url.slice(start, query < 0 ? undefined : query);
}

async function frontPage(request: Request, files: StaticFiles | null): Promise<Response> {
  if (request.method !== "GET" && request.method !== "HEAD") return methodRefused("GET, HEAD");
  const list = files === null ? "" : `<h2>Files</h2>\n<ul>\n${await files.list()}</ul>\n`;
  const body = `<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>Octet's httpserver</title></head>
<body>
<h1>Octet's httpserver</h1>
<ul>
  <li><a href="/bytes/1048576">/bytes/N</a>: N bytes, byte i is i modulo 251</li>
  <li>POST /echo: the body back</li>
  <li>POST /sink: how many bytes came, and their SHA-256</li>
</ul>
${list}</body>
</html>
`;
  return new Response(request.method === "HEAD" ? null : body, {
    headers: { "content-type": "text/html; charset=utf-8" },
  });
}

function log(request: Request, response: Response, peer: string, time: number): void {
  const { pathname, search } = new URL(request.url);
  const length = response.headers.get("content-length") ?? "-";
  say(printable(
    `${peer} "${request.method} ${pathname}${search}" ${response.status} ${length} ${
      time.toFixed(1)
    }ms`,
  ));
}

/** A second host on the LAN fetches the page, as nobody else can. */
async function checkSelf(
  link: Link,
  url: string,
  isJson: boolean,
  signal: AbortSignal,
): Promise<void> {
  await using neighbour = link.addNeighbour("10.77.0.2");
  const start = performance.now();
  const response = await neighbour.fetch(url, { signal });
  const length = (await response.bytes()).length;
  const time = performance.now() - start;
  const check = { from: "10.77.0.2", url, status: response.status, bytes: length, ms: time };
  if (isJson) print(`${JSON.stringify({ check })}\n`);
  else {
    print(
      `Self-check: 10.77.0.2 on the same LAN fetched ${url}: ${response.status}, ${length} bytes, ` +
        `${time.toFixed(1)}ms\n`,
    );
  }
}

if (import.meta.main) {
  await runProgram({ name: "httpserver", help, options, main, exitCode: serverExitCode });
}
