/**
 * `tcpclient` and `tcpserver` on a TAP, against the kernel's sockets.
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { equals } from "@std/bytes";
import { Namespace, type NamespaceChild, type RunResult } from "./_namespace.ts";

const folder = new URL("../examples/", import.meta.url).pathname;
const peer = new URL("./_tcp_peer.ts", import.meta.url).pathname;
const mebibyte = 1024 * 1024;
const link = ["--link", "tap:tap0", "--ip", "10.77.0.2/24"];
const bad = ["--impair", "loss=3%,delay=5ms,seed=3"];

/** Byte i is i modulo 251, and the SHA-256 of that many. */
async function pattern(length: number): Promise<{ bytes: Uint8Array<ArrayBuffer>; hash: string }> {
  const block = Uint8Array.from({ length: 251 * 256 }, (_, i) => i % 251);
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += block.length) {
    bytes.set(block.subarray(0, Math.min(block.length, length - at)), at);
  }
  const digest = await crypto.subtle.digest("SHA-256", bytes);
  return { bytes, hash: new Uint8Array(digest).toHex() };
}

async function makeNetwork(): Promise<Namespace> {
  const namespace = await Namespace.create();
  await namespace.run("ip", ["tuntap", "add", "dev", "tap0", "mode", "tap"]);
  await namespace.run("ip", ["address", "add", "10.77.0.1/24", "dev", "tap0"]);
  await namespace.run("ip", ["link", "set", "tap0", "up"]);
  return namespace;
}

function start(namespace: Namespace, name: string, args: readonly string[]): NamespaceChild {
  const run = ["run", "--no-check", "--no-prompt", "--allow-ffi", `${folder}${name}.ts`];
  return namespace.spawnDeno([...run, ...args, ...link]);
}

/** Runs tcpclient with files for its standard streams, as a shell does. */
function client(
  namespace: Namespace,
  input: string,
  output: string,
  args: readonly string[],
): Promise<RunResult> {
  const script = 'in="$1"; out="$2"; shift 2; exec "$@" < "$in" > "$out"';
  const run = [Deno.execPath(), "run", "--no-check", "--no-prompt", "--allow-ffi"];
  return namespace.run("sh", [
    ...["-c", script, "sh", input, output, ...run, `${folder}tcpclient.ts`, "10.77.0.1"],
    ...[...args, ...link],
  ], { check: false });
}

async function startPeer(namespace: Namespace, ...args: string[]): Promise<NamespaceChild> {
  const child = namespace.spawnDeno(["run", "-A", "--no-check", peer, ...args]);
  await child.waitFor("ready");
  return child;
}

function report(what: string, bytes: number, ms: number): void {
  console.log(`    ${what}: ${(8 * bytes / ms / 1e6).toFixed(2)} Gbit/s each way`);
}

async function withFolder(run: (folder: string) => Promise<void>): Promise<void> {
  const made = await Deno.makeTempDir();
  try {
    await run(made);
  } finally {
    await Deno.remove(made, { recursive: true });
  }
}

for (
  const [what, size, options] of [
    ["offload on", 64 * mebibyte, []],
    ["offload off", 16 * mebibyte, ["--offload", "off"]],
    ["a bad wire", mebibyte, bad],
  ] as const
) {
  Deno.test(`tcpserver gives the kernel back what it sent, ${what}`, async () => {
    await using namespace = await makeNetwork();
    const server = start(namespace, "tcpserver", ["7", "--verbose", ...options]);
    await server.waitFor("Listening on 10.77.0.2:7");
    const { hash } = await pattern(size);
    const asked = await namespace.deno([
      ...["run", "-A", "--no-check", peer, "ask", "10.77.0.2", "7", `${size}`, "1"],
    ]);
    assertMatch(asked.stdout, new RegExp(`^${size} ${hash}\n`));
    report(`tcpserver, ${what}`, size, Number(/took ([\d.]+)/.exec(asked.stdout)![1]));
    await server.waitFor(new RegExp(`${size} bytes received, ${size} sent`));
    await server.stop("SIGINT");
    assertEquals(await server.exited, 130);
  });

  Deno.test(`tcpclient carries files both ways byte for byte, ${what}`, async () => {
    await withFolder(async (folder) => {
      await using namespace = await makeNetwork();
      await startPeer(namespace, "echo", "7");
      const { bytes } = await pattern(size);
      await Deno.writeFile(`${folder}/in`, bytes);
      const args = ["7", "--json", ...options];
      const { code, stderr } = await client(namespace, `${folder}/in`, `${folder}/out`, args);
      assertEquals(code, 0, stderr);
      const told = JSON.parse(stderr);
      assertEquals([told.sent, told.received], [size, size]);
      assert(equals(await Deno.readFile(`${folder}/out`), bytes));
      report(`tcpclient, ${what}`, size, told.ms);
    });
  });
}

Deno.test("min_working_example says hello to the kernel, and goes on after a reset", async () => {
  await using namespace = await makeNetwork();
  const server = start(namespace, "min_working_example", []);
  await server.waitFor("Listening on 10.77.0.2:80");
  await namespace.deno(["run", "-A", "--no-check", peer, "quit", "10.77.0.2", "80"], {
    check: false,
  });
  const { stdout } = await namespace.run("bash", ["-c", "cat < /dev/tcp/10.77.0.2/80"]);
  assertEquals(stdout, "Hello!\n");
  await server.stop("SIGINT");
  assertEquals(await server.exited, 130);
});

Deno.test("tcpserver --sink counts many connections at once", async () => {
  await using namespace = await makeNetwork();
  const server = start(namespace, "tcpserver", ["9", "--sink", "--sha256", "--json"]);
  await server.waitFor(/"port":9/);
  const { hash } = await pattern(mebibyte);
  await namespace.deno([
    "run",
    "-A",
    "--no-check",
    peer,
    "ask",
    "10.77.0.2",
    "9",
    `${mebibyte}`,
    "8",
  ]);
  await server.waitFor(new RegExp(`(${hash}[^]*){8}`));
  const outcomes = server.stdout.trimEnd().split("\n").slice(1).map((line) => JSON.parse(line));
  for (const { received, sha256, error } of outcomes) {
    assertEquals([received, sha256, error], [mebibyte, hash, undefined]);
  }
});

Deno.test("tcpserver tells of a connection that is reset, and goes on", async () => {
  await using namespace = await makeNetwork();
  const server = start(namespace, "tcpserver", ["7", "--json"]);
  await server.waitFor(/"port":7/);
  const ask = (...words: string[]) =>
    namespace.deno(["run", "-A", "--no-check", peer, ...words], { check: false });
  await ask("quit", "10.77.0.2", "7");
  await server.waitFor(/"error":"Connection reset by peer"/);
  await ask("ask", "10.77.0.2", "7", "5", "1");
  await server.waitFor(/"received":5,"sent":5/);
});

Deno.test("tcpclient hears a peer out that ends its direction first", async () => {
  await withFolder(async (folder) => {
    await using namespace = await makeNetwork();
    const size = 8 * mebibyte;
    const talker = await startPeer(namespace, "talk", "7", `${size}`);
    const { bytes, hash } = await pattern(size);
    await Deno.writeFile(`${folder}/in`, bytes);
    const { code, stderr } = await client(namespace, `${folder}/in`, `${folder}/out`, ["7"]);
    assertEquals([code, stderr], [0, ""]);
    await talker.waitFor(`${size} ${hash}`);
    assertEquals((await Deno.stat(`${folder}/out`)).size, size);
  });
});

Deno.test("tcpclient ends with 55 or 56 when its peer is gone, with 7 and 28 when nobody takes its call", async () => {
  await withFolder(async (folder) => {
    await using namespace = await makeNetwork();
    await startPeer(namespace, "slam", "7");
    await startPeer(namespace, "leave", "9");
    await Deno.writeFile(`${folder}/in`, new Uint8Array(mebibyte));
    const run = (...args: string[]) => client(namespace, `${folder}/in`, "/dev/null", args);
    const reset = await run("7");
    assertEquals([reset.code, reset.stderr], [
      56,
      "tcpclient: Connection lost: Connection reset by peer\n",
    ]);
    const left = await run("9");
    assertEquals([left.code, left.stderr], [
      55,
      "tcpclient: Cannot send all as the peer reads no more\n",
    ]);
    const refused = await run("8");
    assertEquals(refused.code, 7);
    assertMatch(refused.stderr, /^tcpclient: Cannot connect to 10\.77\.0\.1 port 8: Connection r/);
    const lost = await run("8", "--impair", "loss=100%", "--timeout", "0.3");
    assertEquals([lost.code, lost.stderr], [28, "tcpclient: Timed out after 0.3 s\n"]);
  });
});

Deno.test("Ctrl-C ends tcpclient with 130; its peer reads to the end", async () => {
  await using namespace = await makeNetwork();
  const talker = await startPeer(namespace, "talk", "7", "1000");
  const child = start(namespace, "tcpclient", ["10.77.0.1", "7", "--verbose"]);
  await child.write("octet");
  await child.waitFor("TCP connected");
  await child.stop("SIGINT");
  assertEquals(await child.exited, 130);
  await talker.waitFor(/^5 /m);
});
