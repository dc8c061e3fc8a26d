/**
 * `udpping` on a TAP, with the kernel's sockets on the other side.
 */
import { assertEquals, assertMatch } from "@std/assert";
import { Namespace } from "./_namespace.ts";

const program = new URL("../examples/udpping.ts", import.meta.url).pathname;
const run = ["run", "--no-check", "--no-prompt", "--allow-ffi", program];
const link = ["--link", "tap:tap0", "--ip", "10.77.0.2/24"];

async function makeNetwork(): Promise<Namespace> {
  const namespace = await Namespace.create();
  await namespace.run("ip", ["tuntap", "add", "dev", "tap0", "mode", "tap"]);
  await namespace.run("ip", ["address", "add", "10.77.0.1/24", "dev", "tap0"]);
  await namespace.run("ip", ["link", "set", "tap0", "up"]);
  return namespace;
}

Deno.test("udpping measures a plain UDP echo of the kernel's, and is told where there is none", async () => {
  await using namespace = await makeNetwork();
  const echo = namespace.spawnDeno([
    "eval",
    "--unstable-net",
    `const socket = Deno.listenDatagram({ port: 7, transport: "udp" });
    console.log("ready");
    for await (const [bytes, from] of socket) await socket.send(bytes, from);`,
  ]);
  await echo.waitFor("ready");
  const ask = (words: string) =>
    namespace.deno([...run, ...words.split(" "), ...link], { check: false });
  const found = await ask("10.77.0.1 -p 7 -c 50 -i 0.005 -s 1400 -q");
  assertEquals([found.code, found.stderr], [0, ""]);
  assertMatch(found.stdout, /^50 sent, 50 received, 0% lost, 0 duplicates, 0 reordered$/m);
  assertMatch(found.stdout, /^latency min\/avg\/median\/p99\/max = ([\d.]+\/){4}[\d.]+ ms$/m);
  const refused = await ask("10.77.0.1 -p 8");
  assertEquals([refused.code, refused.stderr], [
    1,
    "udpping: Cannot ask 10.77.0.1 port 8: Connection refused\n",
  ]);
  const silent = await ask("10.77.0.9");
  assertEquals([silent.code, silent.stderr], [
    1,
    "udpping: Cannot ask 10.77.0.9 port 31122: No route to host\n",
  ]);
});

Deno.test("udpping --server answers the kernel's requests, and nothing else", async () => {
  await using namespace = await makeNetwork();
  const server = namespace.spawnDeno([...run, "--server", ...link]);
  await server.waitFor("Listening on 10.77.0.2:31122");
  const asked = await namespace.deno([
    "eval",
    "--unstable-net",
    `const socket = Deno.listenDatagram({ port: 0, transport: "udp", hostname: "10.77.0.1" });
    const to = { hostname: "10.77.0.2", port: 31122, transport: "udp" };
    for (const text of ["4f555002aaaaaaaa00000001", "00", "", "4f555001aaaaaaaa00000002ff"]) {
      await socket.send(Uint8Array.fromHex(text), to);
    }
    console.log((await socket.receive())[0].toHex());`,
  ]);
  assertEquals(asked.stdout, "4f555002aaaaaaaa00000002ff\n");
  await server.stop("SIGINT");
  assertEquals(await server.exited, 130);
  assertMatch(server.stdout, /^1 requests answered$/m);
});
