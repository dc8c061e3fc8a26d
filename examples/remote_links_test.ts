import { assertEquals, assertMatch, assertStringIncludes, assertThrows } from "@std/assert";
import { exampleCommand, runExample } from "./_child.ts";

const permissions = ["--allow-ffi"];

for (const form of ["stream", "datagram"] as const) {
  Deno.test(`Two programs are each other's machine, by ${form}, without any privilege`, async () => {
    const folder = await Deno.makeTempDir();
    const [ours, its]: [string, string] = form === "stream"
      ? [`${folder}/vm`, `${folder}/vm`]
      : [`${folder}/a,${folder}/b`, `${folder}/b,${folder}/a`];
    const args = ["--link", `qemu:${ours}`, "--ip", "10.77.0.1/24"];
    const server = exampleCommand("httpserver.ts", args, { permissions }).spawn();
    const errors = new Response(server.stderr).text();
    try {
      const lines = server.stdout.pipeThrough(new TextDecoderStream()).getReader();
      assertMatch((await lines.read()).value ?? "", /^Listening on http:\/\/10\.77\.0\.1\/ /);
      const args = ["--link", `qemu:${its}`, "--ip", "10.77.0.2/24", "http://10.77.0.1/"];
      const page = await runExample("xcurl.ts", args, { permissions });
      assertEquals(page.code, 0, page.stderr);
      assertStringIncludes(page.stdout, "</html>");
      server.kill("SIGINT");
      await lines.cancel();
      assertEquals((await server.status).code, 130, await errors);
      assertThrows(() => Deno.lstatSync(ours.split(",")[0]!), Deno.errors.NotFound);
    } finally {
      // It has ended already, unless the test has failed.
      if (await Promise.race([server.status, null]) === null) server.kill("SIGKILL");
      await server.status;
      await errors;
      await Deno.remove(folder, { recursive: true });
    }
  });
}

Deno.test("A socket that cannot be had ends a program with one line", async () => {
  const table: readonly (readonly [string, RegExp])[] = [
    ["/nowhere/vm", /Cannot listen for QEMU at \/nowhere\/vm as there is no such folder/],
    ["/proc/version", /Cannot listen for QEMU at \/proc\/version as another program listens there/],
    ["/tmp/a,/tmp/a", /as the two are one: give each side its own/],
    ["/tmp/".padEnd(120, "x"), /has at most 107 bytes and this has 120/],
  ];
  for (const [path, says] of table) {
    const args = ["--link", `qemu:${path}`, "--ip", "10.77.0.2/24", "http://10.77.0.1/"];
    const result = await runExample("xcurl.ts", args, { permissions });
    assertEquals([result.code, result.stdout], [45, ""]);
    assertMatch(result.stderr, says);
    assertMatch(result.stderr, /^xcurl: [^\n]+\n$/);
  }
});
