import { assertEquals, assertMatch } from "@std/assert";
import { runExample } from "./_child.ts";

Deno.test("vip ends with 2 for wrong usage, in one line, and answers --help", async () => {
  const table: [args: string[], says: RegExp][] = [
    [[], /IFNAME/],
    [["eth0"], /ADDR/],
    [["eth0", "10.77.0.100", "more"], /more/],
    [["eth0", "10.77.0"], /ADDR is an IPv4 address .*not "10\.77\.0"/],
    [["eth0", "10.77.0.100/33"], /ADDR is/],
    [["eth0", "10.77.0.100/0"], /ADDR is/],
    [["eth0", "224.0.0.1"], /ADDR is/],
    [["eth0", "0.0.0.0"], /ADDR is/],
    [["eth0", "fd00::1"], /ADDR is/],
    [["a/b", "10.77.0.100"], /IFNAME is the name of an interface, not "a\/b"/],
    [["sixteencharacter", "10.77.0.100"], /at most 15 bytes/],
    [["eth0", "10.77.0.100", "--interval", "0"], /--interval wants seconds/],
    [["eth0", "10.77.0.100", "--interval", "1e3"], /--interval wants seconds/],
    [["eth0", "10.77.0.100", "--nope"], /Unknown option --nope/],
  ];
  const results = await Promise.all(table.map(([args]) => runExample("vip.ts", args)));
  for (const [index, { code, stdout, stderr }] of results.entries()) {
    assertEquals([code, stdout], [2, ""], stderr);
    assertMatch(stderr, /^vip: [^\n]+\n$/);
    assertMatch(stderr, table[index]![1]);
  }
  const help = await runExample("vip.ts", ["--help"]);
  assertEquals([help.code, help.stderr], [0, ""]);
  assertMatch(help.stdout, /^Examples:$/m);
});

Deno.test("vip without a permission says which", async () => {
  const { code, stderr } = await runExample("vip.ts", ["eth0", "10.77.0.100"]);
  assertEquals(code, 1);
  assertMatch(stderr, /^vip: Cannot .* run it with --allow-ffi\n$/);
});
