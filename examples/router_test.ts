import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { exampleCommand, runExample } from "./_child.ts";

const permissions = ["--allow-ffi"];

Deno.test("A program inside gets an address of the router, and a page from outside", async () => {
  const folder = await Deno.makeTempDir();
  const inside = `qemu:${folder}/inside`;
  const router = exampleCommand("router.ts", [
    ...["--inside", `${inside}=192.168.7.1/24`, "--nat", "--dhcp", "--json", "--verbose"],
  ], { permissions }).spawn();
  const errors = new Response(router.stderr).text();
  try {
    const lines = router.stdout.pipeThrough(new TextDecoderStream()).getReader();
    const ready = JSON.parse((await lines.read()).value ?? "");
    assertEquals(ready.nat, true);
    assertEquals(
      ready.interfaces.map(({ side }: { side: string }) => side),
      ["outside", "inside"],
    );
    const page = await runExample(
      "xcurl.ts",
      ["--link", inside, "--json", "http://www.octet.test/"],
      { permissions },
    );
    assertEquals(page.code, 0, page.stderr);
    assertStringIncludes(page.stdout, "192.168.7.");
    router.kill("SIGINT");
    let text = "";
    for (let chunk = await lines.read(); !chunk.done; chunk = await lines.read()) {
      text += chunk.value;
    }
    const { counters } = JSON.parse(text);
    assertEquals(counters.IpForwDatagrams > 4 && counters.NatMappingsCreated >= 2, true);
    assertEquals((await router.status).code, 130, await errors);
    assertMatch(await errors, /^offered 192\.168\.7\.\d+ to [0-9a-f:]{17}.*\nbound .*/);
  } finally {
    // It has ended already, unless the test has failed.
    if (await Promise.race([router.status, null]) === null) router.kill("SIGKILL");
    await router.status;
    await errors;
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("A router that is asked for what cannot be says so in one line", async () => {
  const inside = ["--inside", "tap:in0=192.168.7.1/24"];
  const table: readonly (readonly [string[], RegExp])[] = [
    [[], /Missing --inside/],
    [["--inside", "tap:in0"], /wants a link and an address there/],
    [["--inside", "lan=192.168.7.1/24"], /wants a link and an address there/],
    [["--inside", "tap:in0=192.168.7.0/24"], /192\.168\.7\.0\/24 is not the address of a host/],
    [["--inside", "tap:a-name-that-is-too-long=10.1.0.1/24"], /at most 15 bytes/],
    [[...inside, "--inside", "tap:in1=192.168.0.1/16"], /are not apart/],
    [[...inside, "--forward", "tcp:80=192.168.7.2:80"], /--forward wants --nat/],
    [[...inside, "--nat", "--forward", "sctp:80=192.168.7.2:80"], /wants ports such as/],
    [[...inside, "--nat", "--forward", "tcp:0=192.168.7.2:80"], /port 0 is not from 1/],
    [[...inside, "--route", "10.9.0.0/16"], /wants a prefix and a neighbour/],
    [["--inside", "tun:in0=192.168.7.1/24", "--dhcp"], /--dhcp wants Ethernet/],
    [["--inside", "tap:in0=192.168.7.1/31", "--dhcp"], /wants addresses to give/],
  ];
  for (const [args, says] of table) {
    const result = await runExample("router.ts", args);
    assertEquals([result.code, result.stdout], [2, ""], args.join(" "));
    assertMatch(result.stderr, says);
    assertMatch(result.stderr, /^router: [^\n]+\n$/);
  }
});
