/**
 * `httpserver` on a TAP, asked by `curl` on the kernel's side.
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { equals } from "@std/bytes";
import { Namespace, type NamespaceChild, requirePeers } from "./_namespace.ts";

const program = new URL("../examples/httpserver.ts", import.meta.url).pathname;
const impairment = "loss=3%,reorder=2%,duplicate=1%,delay=5ms,seed=1";
const wholeSize = 64 * 1024 * 1024;
/** At 3% loss and 10 ms a loss-based sender does some 8 Mbit/s (Mathis et al. 1997): this takes 15 s. */
const badSize = 16 * 1024 * 1024;
const base = "http://10.77.0.2";

/** What `/bytes/N` gives. */
function expected(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => i % 251);
}

async function hex(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}

async function start(
  namespace: Namespace,
  folder: string,
  args: readonly string[] = [],
): Promise<NamespaceChild> {
  // deno-fmt-ignore
  const server = namespace.spawnDeno([
    "run", "--no-check", "--no-prompt", "--allow-ffi", "--allow-read", "--allow-write", program,
    "--link", "tap:tap0", "--host-ip", "10.77.0.1/24", "--ip", "10.77.0.2/24", ...args,
  ], { cwd: folder });
  await server.waitFor("Listening on http://10.77.0.2/");
  return server;
}

async function withFolder(run: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await run(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Fetches with curl into a file and gives the rate in bit/s. */
async function download(namespace: Namespace, url: string, file: string): Promise<number> {
  const { stdout } = await namespace.run("curl", [
    ...["--no-progress-meter", "--fail", "--max-time", "100", "-o", file],
    ...["-w", "%{speed_download}", url],
  ], { timeout: 120_000 });
  return Number(stdout) * 8;
}

/**
 * What tshark is to find. Linux itself writes 0xffff for a TCP checksum of 0 where a card leaves it to
 * the kernel (`skb_checksum_help`): the same number to who adds it up, but tshark complains.
 */
const badPackets = "_ws.malformed || ip.checksum.status == 0 || udp.checksum.status == 0 || " +
  "(tcp.checksum.status == 0 && !(ip.src == 10.77.0.1 && tcp.checksum == 0xffff))";

/** Lets tshark judge a capture: nothing malformed, no wrong checksum. */
async function checkCapture(namespace: Namespace, path: string): Promise<void> {
  const checks = ["tcp", "udp", "ip"].flatMap((name) => ["-o", `${name}.check_checksum:TRUE`]);
  // Each packet by itself: behind a gap tshark takes bytes of the body for protocols of their own.
  // deno-fmt-ignore
  const bad = await namespace.run("tshark", [
    "-r", path, ...checks, "--disable-protocol", "http", "-o", "tcp.desegment_tcp_streams:FALSE",
    "-Y", badPackets,
  ], { timeout: 120_000 });
  assertEquals(bad.stdout, "", "tshark has found bad packets");
}

Deno.test("httpserver gives curl 64 MiB byte for byte, and takes as many", async () => {
  requirePeers("curl");
  await withFolder(async (folder) => {
    await using namespace = await Namespace.create();
    const server = await start(namespace, folder, ["--verbose"]);
    const content = expected(wholeSize);
    const file = `${folder}/f`;
    const rate = await download(namespace, `${base}/bytes/${wholeSize}`, file);
    console.log(`    curl from httpserver, offload on: ${(rate / 1e9).toFixed(2)} Gbit/s`);
    assertEquals(
      await hex(await Deno.readFile(file)),
      await hex(content as Uint8Array<ArrayBuffer>),
    );

    const sunk = await namespace.run("curl", [
      ...["--no-progress-meter", "--fail", "-w", "\n%{speed_upload}", "-T", file],
      ...["-X", "POST", `${base}/sink`],
    ]);
    const [told, speed] = sunk.stdout.split("\n");
    assertEquals(JSON.parse(told!), {
      bytes: wholeSize,
      sha256: await hex(content as Uint8Array<ArrayBuffer>),
    });
    console.log(`    curl to httpserver, SHA-256: ${(Number(speed) * 8 / 1e9).toFixed(2)} Gbit/s`);

    const echoed = await namespace.run("curl", [
      ...["-s", "--fail", "-H", "Content-Type: text/x-octet", "-w", "%{content_type}"],
      ...["--data-binary", "there and back", `${base}/echo`],
    ]);
    assertEquals(echoed.stdout, "there and backtext/x-octet");
    await Deno.writeFile(`${folder}/million`, content.subarray(0, 1_000_000));
    await namespace.run("curl", [
      ...["-s", "--fail", "-o", `${folder}/back`, "-H", "Transfer-Encoding: chunked"],
      ...["--data-binary", `@${folder}/million`, `${base}/echo`],
    ]);
    assert(equals(await Deno.readFile(`${folder}/back`), content.subarray(0, 1_000_000)));

    const head = await namespace.run("curl", ["-s", "-I", `${base}/bytes/${2 ** 40}`]);
    assertMatch(head.stdout, /^HTTP\/1\.1 200 OK\r\n/);
    assertMatch(head.stdout, /^content-length: 1099511627776\r$/mi);
    for (const bad of ["x", "-1", "1e3", "01", `${2 ** 40 + 1}`, ""]) {
      const { stdout } = await namespace.run("curl", [
        ...["-s", "-o", "/dev/null", "-w", "%{http_code}", `${base}/bytes/${bad}`],
      ]);
      assertEquals(stdout, "400", bad);
    }
    assertMatch(server.stderr, /^10\.77\.0\.1:\d+ "GET \/bytes\/67108864" 200 67108864 [\d.]+ms$/m);
    await server.stop("SIGINT");
    assertEquals(await server.exited, 130, server.stderr);
    const gone = await namespace.run("ip", ["link", "show", "tap0"], { check: false });
    assertEquals(gone.code, 1);
  });
});

Deno.test("httpserver gives curl its bytes over a bad wire, and tshark finds nothing wrong", async () => {
  requirePeers("curl", "tshark");
  await withFolder(async (folder) => {
    await using namespace = await Namespace.create();
    for (
      const [name, size, args] of [
        ["plain", wholeSize, []],
        ["bad", badSize, ["--impair", impairment]],
      ] as const
    ) {
      const content = expected(size) as Uint8Array<ArrayBuffer>;
      const capture = `${folder}/${name}.pcapng`;
      const server = await start(namespace, folder, ["--pcap", capture, ...args]);
      const rate = await download(namespace, `${base}/bytes/${size}`, `${folder}/f`);
      if (name === "bad") {
        console.log(`    curl from httpserver, ${impairment}: ${(rate / 1e6).toFixed(1)} Mbit/s`);
      }
      assertEquals(await hex(await Deno.readFile(`${folder}/f`)), await hex(content));
      await server.stop("SIGINT");
      assertEquals(await server.exited, 130, server.stderr);
      await checkCapture(namespace, capture);
    }
  });
});

Deno.test("httpserver gives files to curl: types, ranges, conditions, and none from outside", async () => {
  requirePeers("curl");
  await withFolder(async (folder) => {
    await Deno.mkdir(`${folder}/root/sub`, { recursive: true });
    await Deno.writeTextFile(`${folder}/secret`, "secret");
    await Deno.writeTextFile(`${folder}/root/page.html`, "0123456789");
    await Deno.symlink(`${folder}/secret`, `${folder}/root/leak`);
    await using namespace = await Namespace.create();
    const server = await start(namespace, folder, ["--root", "root"]);
    const curl = async (...args: string[]): Promise<string> =>
      (await namespace.run("curl", ["-s", "--path-as-is", ...args])).stdout;
    const page = `${base}/page.html`;
    const head = await curl("-I", page);
    assertMatch(head, /^content-type: text\/html/mi);
    assertMatch(head, /^accept-ranges: bytes\r$/mi);
    assertEquals(await curl(page), "0123456789");
    assertEquals(await curl("-r", "2-4", page), "234");
    assertEquals(await curl("-r", "-3", page), "789");
    const code = ["-o", "/dev/null", "-w", "%{http_code}"];
    assertEquals(await curl(...code, "-r", "2-4", page), "206");
    assertEquals(await curl(...code, "-r", "10-", page), "416");
    const etag = /^etag: (.*)\r$/mi.exec(head)![1]!;
    assertEquals(await curl(...code, "-H", `If-None-Match: ${etag}`, page), "304");
    assertEquals(await curl(...code, "-H", 'If-Match: "other"', page), "412");
    assertEquals(await curl(...code, `${base}/sub`), "301");
    for (
      const path of ["/../secret", "/%2e%2e/secret", "/..%2fsecret", "/leak", "/sub/../../secret"]
    ) {
      const answer = await curl(`${base}${path}`);
      assert(!answer.includes("secret"), path);
      assertEquals(await curl(...code, `${base}${path}`), "404", path);
    }
    assertEquals(await curl(...code, "-X", "DELETE", page), "405");
    await server.stop("SIGINT");
  });
});
