/**
 * `httptap` as root lends a TAP, and `xcurl` as user nobody, with no right but to connect to it, fetches a page from
 * nginx on the kernel's side; curl does what lneto's client does.
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { equals } from "@std/bytes";
import { Namespace, type NamespaceChild, requirePeers, type RunResult } from "./_namespace.ts";

const root = new URL("..", import.meta.url).pathname;
const size = 16 * 1024 * 1024;
const address = "10.77.0.1";

/** Programs and their modules where user nobody may read them. */
interface Network extends AsyncDisposable {
  readonly namespace: Namespace;
  readonly folder: string;
  readonly content: Uint8Array<ArrayBuffer>;
}

/** A namespace with dnsmasq and nginx that listen on tap0, which httptap makes. */
async function makeNetwork(): Promise<Network> {
  requirePeers("dnsmasq", "nginx", "curl", "setpriv");
  const folder = await Deno.makeTempDir();
  await Deno.chmod(folder, 0o777);
  const namespace = await Namespace.create();
  const content = new Uint8Array(size);
  for (let i = 0; i < size; i += 65_536) crypto.getRandomValues(content.subarray(i, i + 65_536));
  return {
    namespace,
    folder,
    content,
    async [Symbol.asyncDispose]() {
      await namespace[Symbol.asyncDispose]();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

async function startServers({ namespace, folder, content }: Network): Promise<void> {
  // deno-fmt-ignore
  const dnsmasq = namespace.spawn("dnsmasq", [
    "-d", "-C", "/dev/null", "--interface=tap0", "--bind-interfaces", "--except-interface=lo",
    "--dhcp-range=10.77.0.50,10.77.0.60,2m", `--dhcp-option=3,${address}`,
    `--address=/web.test/${address}`, "--no-resolv", "--no-hosts",
    `--dhcp-leasefile=${folder}/leases`, `--pid-file=${folder}/dnsmasq.pid`,
  ]);
  await dnsmasq.waitFor("DHCP, IP range");
  await Deno.mkdir(`${folder}/web`);
  await Deno.writeFile(`${folder}/web/file`, content);
  await Deno.writeTextFile(
    `${folder}/nginx.conf`,
    `error_log stderr notice; pid ${folder}/nginx.pid; user root; worker_processes 1;
events {}
http {
  access_log off; client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi; uwsgi_temp_path ${folder}/uwsgi; scgi_temp_path ${folder}/scgi;
  server { listen ${address}:80; root ${folder}/web; }
}
`,
  );
  const nginx = namespace.spawn("nginx", [
    ...["-p", folder, "-c", `${folder}/nginx.conf`],
    ...["-g", "daemon off;"],
  ]);
  await nginx.waitFor("start worker process ");
}

async function startHttpTap({ namespace }: Network): Promise<NamespaceChild> {
  const child = namespace.spawnDeno([
    ...["run", "--no-check", "--no-prompt", "--allow-ffi", "--allow-net=127.0.0.1:7070"],
    ...[`${root}examples/httptap.ts`, "--host-ip", `${address}/24`, "--verbose"],
  ]);
  await child.waitFor("Lending tap0 at http://127.0.0.1:7070");
  return child;
}

/** Bundles xcurl into a file, as user nobody may read neither this folder nor root's cache of modules. */
async function bundle({ folder }: Network): Promise<string> {
  const file = `${folder}/xcurl.js`;
  // Outside of the namespace: the first time Deno fetches its bundler.
  const bundled = await new Deno.Command(Deno.execPath(), {
    args: ["bundle", "--quiet", "--output", file, `${root}examples/xcurl.ts`],
  }).output();
  if (!bundled.success) throw new Error(new TextDecoder().decode(bundled.stderr));
  const program = `${folder}/deno`;
  await Deno.copyFile(Deno.execPath(), program);
  await Deno.chmod(program, 0o755);
  return file;
}

function asNobody(
  { namespace, folder }: Network,
  args: readonly string[],
): Promise<RunResult> {
  return namespace.run("setpriv", [
    ...["--reuid=65534", "--regid=65534", "--clear-groups", "--no-new-privs"],
    ...[`${folder}/deno`, "run", "--no-check", "--no-prompt", ...args],
  ], { check: false, cwd: folder, env: { DENO_DIR: `${folder}/cache`, HOME: folder } });
}

async function readIfThere(path: string): Promise<string | null> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    // The kernel says ESRCH when the thread ends between opening and reading.
    if (error instanceof Deno.errors.NotFound || /os error 3\)/.test(String(error))) return null;
    throw error;
  }
}

Deno.test("User nobody fetches a page through root's httptap", async () => {
  await using network = await makeNetwork();
  const { namespace, folder, content } = network;
  const tap = await startHttpTap(network);
  await startServers(network);
  const program = await bundle(network);
  // The program's own thread is among them; others may end while they are looked at.
  const threads = [...Deno.readDirSync(`/proc/${tap.pid}/task`)].map(({ name }) => name);
  assert(threads.includes(String(tap.pid)) && threads.length > 1);
  for (const thread of threads) {
    const status = await readIfThere(`/proc/${tap.pid}/task/${thread}/status`);
    if (status === null) continue;
    assertMatch(status, /^Uid:(\t65534){4}$/m, "httptap has given root up");
    assertMatch(status, /^Gid:(\t65534){4}$/m);
    assertMatch(status, /^Groups:\t *$/m);
    assertMatch(status, /^CapEff:\t0{16}$/m);
  }
  const twice = await namespace.deno([
    ...["run", "--no-check", "--no-prompt", "--allow-ffi", "--allow-net=127.0.0.1:7071"],
    ...[`${root}examples/httptap.ts`, "--listen", "127.0.0.1:7071"],
  ], { check: false });
  assertEquals([twice.code, twice.stdout], [1, ""]);
  assertMatch(twice.stderr, /^httptap: Cannot open TAP device tap0 as another program has it open/);

  const fetchPage = (...more: string[]) =>
    asNobody(network, [
      ...["--allow-net=127.0.0.1:7070", `--allow-read=${folder}`, `--allow-write=${folder}`],
      ...[program, "--link", "http://127.0.0.1:7070", ...more],
    ]);
  const page = await fetchPage("--output", "got", "--json", "http://web.test/file");
  assertEquals(page.code, 0, page.stderr);
  assert(equals(await Deno.readFile(`${folder}/got`), content), "the file has arrived whole");
  assertEquals((await Deno.stat(`${folder}/got`)).uid, 65_534);
  const { steps } = JSON.parse(page.stdout) as { steps: Record<string, unknown>[] };
  const done = steps.find(({ step }) => step === "done");
  console.log(`    xcurl from nginx: ${(Number(done?.["bitsPerSecond"]) / 1e6).toFixed(0)} Mbit/s`);

  const direct = await asNobody(network, [
    ...["--allow-ffi", program, "--link", "tap:tap1", "--ip", "10.77.0.9/24"],
    `http://${address}/`,
  ]);
  assertEquals(direct.code, 45, "without httptap user nobody has no device");

  // As lneto's client: an echo request to the kernel goes in by /send, and the ARP request it leads to comes out.
  const curl = async (...args: string[]) =>
    (await namespace.run("curl", ["--silent", ...args], { check: false })).stdout;
  const at = (place: string) => `http://127.0.0.1:7070/${place}`;
  const info = JSON.parse(await curl(at("info")));
  assertEquals([info.MTU, info.IPPrefix], [1500, `${address}/24`]);
  const [{ address: mac }] = await namespace.json("ip", ["-json", "link", "show", "tap0"]) as [
    { address: string },
  ];
  assertEquals(info.HardwareAddr, mac);
  const whoHas = Uint8Array.fromHex(
    "ffffffffffff" + "020000000009" + "0806" + "0001" + "0800" + "0604" + "0001" +
      "020000000009" + "0a4d0009" + "000000000000" + "0a4d0001",
  );
  assertEquals(await curl("--data", JSON.stringify(whoHas.toBase64()), at("send")), "");
  let reply = new Uint8Array();
  for (let i = 0; i < 100 && !(reply[13] === 6 && reply[21] === 2); i++) {
    reply = Uint8Array.fromBase64(JSON.parse(await curl(at("recv"))));
  }
  assertEquals(reply.subarray(22, 28).toHex(), mac.replaceAll(":", ""));
  assertEquals(reply.subarray(28, 32).toHex(), "0a4d0001");

  const second = await fetchPage("http://web.test/file");
  assertEquals(second.code, 45);
  assertMatch(second.stderr, /^xcurl: Cannot use httptap .*Cannot lend tap0 as 127\.0\.0\.1 at/m);

  await namespace.run("ip", ["link", "del", "tap0"]);
  assertEquals(await tap.exited, 1);
  assertMatch(tap.stderr, /^httptap: Cannot use tap0 as its interface has been deleted/m);
});
