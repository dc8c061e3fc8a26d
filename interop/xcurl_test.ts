/**
 * `xcurl` on a TAP against dnsmasq, chrony and nginx on the kernel's side, and against servers that misbehave.
 */
import { formatIpv4, parseIpv4 } from "@octet/netip";
import { assert, assertEquals, assertMatch } from "@std/assert";
import { equals } from "@std/bytes";
import { Namespace, requirePeers, type RunResult } from "./_namespace.ts";

const program = new URL("../examples/xcurl.ts", import.meta.url).pathname;
const permissions = ["--allow-ffi", "--allow-read", "--allow-write"];
const impairment = "loss=3%,reorder=2%,duplicate=1%,delay=5ms,seed=1";
const size = 64 * 1024 * 1024;

interface Network extends AsyncDisposable {
  readonly namespace: Namespace;
  readonly folder: string;
}

/** A namespace whose kernel has 10.77.0.1/24 on tap0, and a folder that nginx serves as `web.test`. */
async function makeNetwork(): Promise<Network> {
  requirePeers("dnsmasq", "chronyd", "nginx", "tshark");
  const folder = await Deno.makeTempDir();
  const namespace = await Namespace.create();
  const network: Network = {
    namespace,
    folder,
    async [Symbol.asyncDispose]() {
      await namespace[Symbol.asyncDispose]();
      await Deno.remove(folder, { recursive: true });
    },
  };
  try {
    await namespace.run("ip", ["tuntap", "add", "dev", "tap0", "mode", "tap"]);
    await namespace.run("ip", ["addr", "add", "10.77.0.1/24", "dev", "tap0"]);
    await namespace.run("ip", ["link", "set", "tap0", "up"]);
    return network;
  } catch (error) {
    await network[Symbol.asyncDispose]();
    throw error;
  }
}

async function startDnsmasq({ namespace, folder }: Network): Promise<void> {
  // deno-fmt-ignore
  const server = namespace.spawn("dnsmasq", [
    "-d", "-C", "/dev/null", "--interface=tap0", "--bind-interfaces", "--except-interface=lo",
    "--dhcp-range=10.77.0.50,10.77.0.60,2m", "--dhcp-option=3,10.77.0.1",
    "--address=/web.test/10.77.0.1", "--no-resolv", "--no-hosts",
    `--dhcp-leasefile=${folder}/leases`, `--pid-file=${folder}/dnsmasq.pid`,
  ]);
  await server.waitFor("DHCP, IP range");
}

async function startChrony({ namespace, folder }: Network): Promise<void> {
  await Deno.writeTextFile(
    `${folder}/chrony.conf`,
    `local stratum 3\nallow 10.77.0.0/24\ncmdport 0\nbindcmdaddress /\n` +
      `pidfile ${folder}/chrony.pid\ndriftfile ${folder}/drift\n`,
  );
  const server = namespace.spawn("chronyd", [
    ...["-d", "-x", "-u", "root"],
    ...["-f", `${folder}/chrony.conf`],
  ]);
  await server.waitFor("chronyd version");
}

async function startNginx({ namespace, folder }: Network): Promise<Uint8Array> {
  const content = new Uint8Array(size);
  for (let i = 0; i < size; i += 65_536) crypto.getRandomValues(content.subarray(i, i + 65_536));
  await Deno.mkdir(`${folder}/web`);
  await Deno.writeFile(`${folder}/web/64MiB`, content);
  await Deno.writeTextFile(
    `${folder}/nginx.conf`,
    `error_log stderr notice; pid ${folder}/nginx.pid; user root; worker_processes 1;
events {}
http {
  access_log off; client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi; uwsgi_temp_path ${folder}/uwsgi; scgi_temp_path ${folder}/scgi;
  server { listen 10.77.0.1:80; root ${folder}/web; location /there { return 302 /64MiB; } }
}
`,
  );
  const server = namespace.spawn("nginx", [
    ...["-p", folder, "-c", `${folder}/nginx.conf`],
    ...["-g", "daemon off;"],
  ]);
  await server.waitFor("start worker process ");
  return content;
}

function xcurl(
  { namespace, folder }: Network,
  args: readonly string[],
  options: { check?: boolean } = {},
): Promise<RunResult> {
  return namespace.deno(
    ["run", "--no-check", "--no-prompt", ...permissions, program, "--link", "tap:tap0", ...args],
    { cwd: folder, timeout: 120_000, ...options },
  );
}

interface Step {
  readonly step: string;
  readonly [fact: string]: unknown;
}

function stepOf(json: string, name: string): Step {
  const { steps } = JSON.parse(json) as { steps: Step[] };
  const found = steps.find(({ step }) => step === name);
  if (found === undefined) throw new Error(`No step ${name} in ${json}`);
  return found;
}

/**
 * What tshark is to find. Linux itself writes 0xffff for a TCP checksum of 0 where a card leaves it to
 * the kernel (`skb_checksum_help`): the same number to who adds it up, but tshark complains.
 */
const badPackets = "_ws.malformed || ip.checksum.status == 0 || udp.checksum.status == 0 || " +
  "(tcp.checksum.status == 0 && !(ip.src == 10.77.0.1 && tcp.checksum == 0xffff))";

/** Lets tshark judge a capture: nothing malformed, no wrong checksum. */
async function checkCapture(
  { namespace, folder }: Network,
  file: string,
  ...more: string[]
): Promise<void> {
  const checks = ["tcp", "udp", "ip"].flatMap((name) => ["-o", `${name}.check_checksum:TRUE`]);
  // deno-fmt-ignore
  const bad = await namespace.run("tshark", [
    "-r", `${folder}/${file}`, ...checks, ...more,
    "-Y", badPackets,
  ], { timeout: 120_000 });
  assertEquals(bad.stdout, "", "tshark has found bad packets");
}

/** How many of the first packets of a capture a filter lets through. */
async function countPackets(
  { namespace, folder }: Network,
  file: string,
  filter: string,
): Promise<number> {
  const found = await namespace.run("tshark", [
    "-r",
    `${folder}/${file}`,
    "-c",
    "1000",
    "-Y",
    filter,
  ]);
  return found.stdout.split("\n").length - 1;
}

Deno.test("xcurl gets its address from dnsmasq, its time from chrony and 64 MiB from nginx", async () => {
  await using network = await makeNetwork();
  const { folder } = network;
  await startDnsmasq(network);
  await startChrony(network);
  const content = await startNginx(network);
  const url = "http://web.test/64MiB";

  const plain = await xcurl(network, ["--ntp", "10.77.0.1", "--output", "f", url]);
  assertMatch(
    plain.stderr,
    /^\[[\d.]+ms\] DHCP 10\.77\.0\.(5\d|60)\/24 from 10\.77\.0\.1, router/m,
  );
  assertMatch(plain.stderr, /^\[[\d.]+ms\] ARP 10\.77\.0\.1 is at [0-9a-f:]{17}/m);
  assertMatch(plain.stderr, /^\[[\d.]+ms\] DNS web\.test is 10\.77\.0\.1$/m);
  assertMatch(plain.stderr, /^\[[\d.]+ms\] NTP \d{4}-.* stratum 3$/m);
  assertMatch(plain.stderr, /^\[[\d.]+ms\] TCP connected to 10\.77\.0\.1:80$/m);
  assertMatch(plain.stderr, /^\[[\d.]+ms\] HTTP 200 OK$/m);
  assert(equals(await Deno.readFile(`${folder}/f`), content));

  // One captured, one at full speed with the figure, one over a bad wire with its capture.
  const measured = await xcurl(network, ["--json", "--output", "g", url]);
  const { address } = stepOf(measured.stdout, "DHCP");
  const lease = parseIpv4(String(address).split("/")[0]!);
  assert(lease >= parseIpv4("10.77.0.50") && lease <= parseIpv4("10.77.0.60"), formatIpv4(lease));
  const rate = Number(stepOf(measured.stdout, "done")["bitsPerSecond"]) / 1e9;
  console.log(`    xcurl from nginx, offload on: ${rate.toFixed(2)} Gbit/s`);
  assert(equals(await Deno.readFile(`${folder}/g`), content));

  await xcurl(network, ["--pcap", "plain.pcapng", "--output", "h", url]);
  assert(equals(await Deno.readFile(`${folder}/h`), content));
  await checkCapture(network, "plain.pcapng");
  assert(await countPackets(network, "plain.pcapng", "dhcp") >= 4);
  assertEquals(await countPackets(network, "plain.pcapng", 'tcp contains "HTTP/1.1 200 OK"'), 1);

  const bad = await xcurl(network, [
    ...["--impair", impairment, "--pcap", "bad.pcapng"],
    ...["--json", "--ntp", "10.77.0.1", "--output", "i", url],
  ]);
  const badRate = Number(stepOf(bad.stdout, "done")["bitsPerSecond"]) / 1e6;
  console.log(`    xcurl from nginx, ${impairment}: ${badRate.toFixed(1)} Mbit/s`);
  assert(equals(await Deno.readFile(`${folder}/i`), content));
  // Each packet by itself: behind a gap tshark takes random bytes of the body for protocols of their own.
  const alone = ["--disable-protocol", "http", "-o", "tcp.desegment_tcp_streams:FALSE"];
  await checkCapture(network, "bad.pcapng", ...alone);

  const redirected = await xcurl(network, ["--location", "--output", "j", "http://web.test/there"]);
  assertMatch(redirected.stderr, /HTTP 302 /);
  assertEquals((await Deno.stat(`${folder}/j`)).size, size);
  const missing = await xcurl(network, ["--fail", "--output", "k", "http://web.test/none"], {
    check: false,
  });
  assertEquals([missing.code, missing.stderr.match(/^xcurl: .*$/m)?.[0]], [
    22,
    "xcurl: The server answered 404 Not Found",
  ]);
  const files = [...Deno.readDirSync(folder)].map(({ name }) => name);
  assertEquals(files.filter((name) => name === "k" || name.includes(".part")), []);
});

/** Servers that do what no server should, a port each. */
const misbehaving = `
const hold = [];
const serve = (port, act) => {
  const listener = Deno.listen({ hostname: "10.77.0.1", port });
  (async () => { for await (const conn of listener) { hold.push(conn); act(conn).catch(() => {}); } })();
};
const asked = (conn) => conn.read(new Uint8Array(4096));
const say = (conn, text) => conn.write(new TextEncoder().encode(text));
serve(8001, async () => {});
serve(8002, async (conn) => { await asked(conn); conn.close(); });
serve(8003, async (conn) => {
  await asked(conn);
  await say(conn, "HTTP/1.1 200 OK\\r\\nContent-Length: 100\\r\\n\\r\\nonly this");
  conn.close();
});
serve(8004, async (conn) => { await asked(conn); await say(conn, "SSH-2.0-OpenSSH_9.2\\r\\n"); });
serve(8005, async (conn) => { await say(conn, "HTTP/1.1 200 OK\\r\\nContent-Length: 9\\r\\n\\r\\n"); conn.close(); });
serve(8006, async (conn) => {
  await asked(conn);
  await say(conn, "HTTP/1.1 302 Found\\r\\nLocation: /again\\r\\nContent-Length: 0\\r\\nConnection: close\\r\\n\\r\\n");
  conn.close();
});
serve(8007, async (conn) => {
  await asked(conn);
  await say(conn, "HTTP/1.1 200 OK\\r\\nContent-Length: 100\\r\\n\\r\\nand then nothing");
});
console.log("ready");
`;

Deno.test("xcurl ends with curl's codes, one line, and nothing left behind", async () => {
  await using network = await makeNetwork();
  const { namespace, folder } = network;
  await startDnsmasq(network);
  const server = namespace.spawnDeno(["eval", "--no-lock", misbehaving]);
  await server.waitFor("ready");
  const address = ["--ip", "10.77.0.2/24", "--dns", "10.77.0.1"];
  const table: readonly (readonly [code: number, args: readonly string[], says: RegExp])[] = [
    [7, ["http://10.77.0.1:8999/"], /Connection refused/],
    [6, ["http://none.invalid/"], /Cannot resolve none\.invalid/],
    [6, ["http://other.example/"], /Cannot resolve other\.example/],
    [28, ["--timeout", "1", "http://10.77.0.1:8001/"], /Timed out after 1 s/],
    [28, ["--timeout", "1", "http://10.77.0.1:8007/"], /Timed out after 1 s/],
    [52, ["http://10.77.0.1:8002/"], /before a response came/],
    [18, ["http://10.77.0.1:8003/"], /before message completed/],
    [8, ["http://10.77.0.1:8004/"], /malformed/],
    [47, ["--location", "http://10.77.0.1:8006/"], /Too many redirections/],
    [7, ["http://10.77.0.77/"], /nobody on the link answers/],
    [7, ["http://192.0.2.1/"], /unreachable/],
  ];
  for (const [code, args, says] of table) {
    const result = await xcurl(network, [...address, "--output", "f", ...args], { check: false });
    const errors = result.stderr.split("\n").filter((line) => line.startsWith("xcurl: "));
    assertEquals([result.code, errors.length], [code, 1], result.stderr);
    assertMatch(errors[0]!, says);
    assertEquals([...Deno.readDirSync(folder)].map(({ name }) => name).filter(isOutput), []);
  }
  const silent = await xcurl(network, [
    ...[...address, "--json", "--timeout", "1"],
    "http://10.77.0.1:8001/",
  ], { check: false });
  assertEquals(JSON.parse(silent.stdout).exitCode, 28);
  const reset = await xcurl(network, [...address, "http://10.77.0.1:8005/"], { check: false });
  assert(reset.code === 18 || reset.code === 56, reset.stderr);
});

function isOutput(name: string): boolean {
  return name === "f" || name.endsWith(".part");
}

Deno.test("xcurl says what is missing for a device, and makes one that is", async () => {
  await using namespace = await Namespace.create();
  const run = (args: readonly string[], ...before: string[]): Promise<RunResult> =>
    namespace.run(before[0] ?? Deno.execPath(), [
      ...(before.length === 0 ? [] : [...before.slice(1), Deno.execPath()]),
      ...["run", "--no-check", "--no-prompt", "--allow-ffi", program, "http://10.77.0.1/"],
      ...args,
    ], { check: false });
  const tap = ["--link", "tap:tap9", "--ip", "10.77.0.2/24"];

  const rightless = await run(tap, "setpriv", "--bounding-set=-net_admin", "--inh-caps=-net_admin");
  assertEquals(rightless.code, 45, rightless.stderr);
  assertMatch(rightless.stderr, /^xcurl: Cannot open TAP device tap9.*CAP_NET_ADMIN.*$/m);

  await namespace.run("ip", ["tuntap", "add", "dev", "tun0", "mode", "tun"]);
  const wrongMode = await run(["--link", "tap:tun0", "--ip", "10.77.0.2/24"]);
  assertEquals(wrongMode.code, 45, wrongMode.stderr);
  assertMatch(wrongMode.stderr, /^xcurl: Cannot open TAP device tun0 as that interface is a TUN/m);

  const made = namespace.spawnDeno([
    ...["run", "--no-check", "--no-prompt", "--allow-ffi", program, "http://10.77.0.1:9/"],
    ...[...tap, "--host-ip", "10.77.0.1/24", "--mtu", "1400", "--sniff"],
  ]);
  assertEquals(await made.exited, 7, made.stderr);
  assertMatch(made.stderr, /^OUT {2}\d+ \[Ethernet .* \| TCP .*flags=SYN/m);
  assertMatch(made.stderr, /^IN {3}\d+ \[Ethernet .* \| TCP .*flags=RST,ACK/m);
  const gone = await namespace.run("ip", ["link", "show", "tap9"], { check: false });
  assertEquals(gone.code, 1);

  const waiting = namespace.spawnDeno([
    ...["run", "--no-check", "--no-prompt", "--allow-ffi", program, "http://10.77.0.1/"],
    ...["--link", "tap:tap9", "--host-ip", "10.77.0.1/24", "--sniff"],
  ]);
  await waiting.waitFor("DHCP");
  await waiting.stop("SIGINT");
  assertEquals(await waiting.exited, 130);
  const after = await namespace.run("ip", ["link", "show", "tap9"], { check: false });
  assertEquals(after.code, 1);
});

Deno.test("xcurl works over a TUN device", async () => {
  await using namespace = await Namespace.create();
  const server = namespace.spawnDeno([
    ...["eval", "--no-lock"],
    'Deno.serve({ port: 8000, hostname: "0.0.0.0", onListen: () => console.log("ready") }, ' +
    '() => new Response("over a tunnel"));',
  ]);
  await server.waitFor("ready");
  const result = await namespace.deno([
    ...["run", "--no-check", "--no-prompt", "--allow-ffi", program, "--link", "tun:tun0"],
    ...["--host-ip", "10.77.0.1/24", "--ip", "10.77.0.2/24", "http://10.77.0.1:8000/"],
  ]);
  assertEquals(result.stdout, "over a tunnel");
});
