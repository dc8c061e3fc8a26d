import { assertEquals } from "@std/assert";
import { checkFile } from "./arrows.ts";
import { collect, readDependencies } from "./dependencies.ts";

function imports(path: string, specifier: string, target?: string): string[] {
  return checkFile({ path, source: "", dependencies: [{ specifier, target }] });
}

Deno.test("imports along the arrows pass, all others do not", () => {
  const cases: [path: string, specifier: string, allowed: boolean][] = [
    ["udp/frame.ts", "@octet/wire", true],
    ["udp/frame.ts", "@octet/netip", true],
    ["udp/frame.ts", "@octet/ipv4", false],
    ["udp/frame.ts", "@octet/udp", false],
    ["wire/packet.ts", "@octet/netip", false],
    ["arp/frame.ts", "@octet/ethernet", true],
    ["httpraw/head.ts", "@octet/netip", false],
    ["pcap/dissect.ts", "@octet/dns", true],
    ["pcap/dissect.ts", "@octet/netlink", false],
    ["pcap/dissect.ts", "@octet/internet", false],
    ["internet/stack.ts", "@octet/pcap", true],
    ["internet/stack.ts", "@octet/testing", false],
    ["testing/pair.ts", "@octet/internet", true],
    ["dns/mdns/browser.ts", "@octet/netip", true],
    ["dns/frame.ts", "@octet/dns/mdns", false],
    ["newcomer/frame.ts", "@octet/wire", false],
    ["udp/frame.ts", "@std/bytes", false],
    ["udp/frame.ts", "node:fs", false],
    ["udp/frame.ts", "npm:left-pad", false],
    ["udp/frame.ts", "jsr:@std/assert", false],
    ["testing/fuzz/coverage.ts", "node:inspector", true],
    ["udp/frame_test.ts", "@std/assert", true],
    ["udp/frame_test.ts", "fast-check", true],
    ["udp/frame_test.ts", "node:fs", true],
    ["udp/frame_test.ts", "@octet/testing/fuzz", true],
    ["udp/frame_test.ts", "@octet/udp", true],
    ["udp/frame_test.ts", "@octet/ipv4", false],
    ["udp/frame_test.ts", "npm:left-pad", false],
    ["udp/frame_bench.ts", "@octet/testing/bench", true],
    ["examples/xcurl.ts", "@std/cli", true],
    ["interop/dhcp_test.ts", "@octet/internet", true],
  ];
  for (const [path, specifier, allowed] of cases) {
    assertEquals(imports(path, specifier).length, allowed ? 0 : 1, `${path} ${specifier}`);
  }
});

Deno.test("relative imports stay in their folder and out of the tests", () => {
  assertEquals(imports("udp/frame.ts", "./port.ts", "udp/port.ts"), []);
  assertEquals(imports("udp/frame.ts", "../wire/mod.ts", "wire/mod.ts").length, 1);
  assertEquals(imports("udp/frame_test.ts", "../wire/mod.ts", "wire/mod.ts").length, 1);
  assertEquals(imports("udp/frame.ts", "./x_test.ts", "udp/x_test.ts").length, 1);
  assertEquals(imports("udp/y_test.ts", "./x_test.ts", "udp/x_test.ts"), []);
});

Deno.test("only code that may touches Deno; types, comments and text are no matter", () => {
  const cases: [path: string, source: string, problems: number][] = [
    ["udp/frame.ts", "Deno.exit(1);", 1],
    ["udp/frame.ts", "const x = globalThis.Deno;", 1],
    ["udp/frame.ts", "// like Deno.exit\n/** As {@linkcode Deno.exit}. */\n", 0],
    ["udp/frame.ts", 'const x = "Deno.exit"; const y = `Deno.exit`; const z = /"/;', 0],
    ["udp/frame.ts", 'const z = /["]/; Deno.exit(1); const y = "";', 1],
    ["internet/host.ts", "class A implements Deno.TcpConn {}\nlet a: Deno.TcpConn;\n", 0],
    ["internet/host.ts", "const MyDeno = { Denomination: 1 };", 0],
    ["internet/device/tun.ts", "Deno.dlopen();", 0],
    ["netlink/connection.ts", "Deno.dlopen();", 0],
    ["testing/fuzz/target.ts", "Deno.test();", 0],
    ["udp/frame_test.ts", "Deno.test();", 0],
    ["examples/xcurl.ts", "Deno.exit();", 0],
  ];
  for (const [path, source, problems] of cases) {
    assertEquals(checkFile({ path, source, dependencies: [] }).length, problems, source);
  }
});

Deno.test("long files, vague names and other spellings are found", () => {
  const of = (path: string, lines = 1) =>
    checkFile({ path, source: "\n".repeat(lines), dependencies: [] }).length;
  assertEquals([of("tcp/a.ts", 500), of("tcp/a.ts", 501), of("tcp/a_test.ts", 5000)], [0, 1, 0]);
  assertEquals([of("tcp/utils.ts"), of("tcp/_helpers.ts"), of("tcp/common.ts")], [1, 1, 1]);
  assertEquals([of("tcp/sendBuffer.ts"), of("tcp/send-buffer.ts"), of("tcp/_isn.ts")], [1, 1, 0]);
});

Deno.test("dependencies are read from what deno info says", () => {
  const { byFile, errors } = collect({
    modules: [
      {
        specifier: "file:///r/udp/frame.ts",
        dependencies: [
          { specifier: "@octet/wire", code: { specifier: "file:///r/wire/mod.ts" } },
          { specifier: "./port.ts", type: { specifier: "file:///r/udp/port.ts" } },
          { specifier: "../../x.ts", code: { specifier: "file:///x.ts" } },
          { specifier: "node:fs", code: { specifier: "node:fs" } },
        ],
      },
      { specifier: "file:///r/udp/gone.ts", error: "Module not found" },
      { specifier: "file:///elsewhere.ts" },
    ],
  }, "file:///r/");
  assertEquals([...byFile], [["udp/frame.ts", [
    { specifier: "@octet/wire", target: "wire/mod.ts" },
    { specifier: "./port.ts", target: "udp/port.ts" },
    { specifier: "../../x.ts", target: "file:///x.ts" },
    { specifier: "node:fs", target: undefined },
  ]]]);
  assertEquals(errors, ["Module not found"]);
});

Deno.test("every kind of import of a real file is seen", async () => {
  const { byFile, errors } = await readDependencies(["tools/testdata/imports.ts"]);
  const targets = byFile.get("tools/testdata/imports.ts")?.map(({ target }) => target);
  assertEquals(targets?.sort(), [
    "tools/durations.ts",
    "tools/options.ts",
    "tools/tally.ts",
    "tools/terminal.ts",
    "tools/workspace.ts",
  ]);
  assertEquals(errors, []);
  const gone = await readDependencies(["tools/testdata/gone.ts"]);
  assertEquals(gone.errors.length, 1);
});
