/** `interfaces.ts` and `link.ts` without any right: what they say, and what they refuse. */
import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import { parseArguments, UsageError } from "./_arguments.ts";
import { runExample } from "./_child.ts";
import { readNewLink, readSettings, Words } from "./_link_words.ts";

const permissions = ["--allow-ffi"];

Deno.test("interfaces.ts lists the loopback, as lines and as JSON", async () => {
  const lines = await runExample("interfaces.ts", ["lo"], { permissions });
  assertEquals([lines.code, lines.stderr], [0, ""]);
  assertMatch(lines.stdout, /^lo {2}\w+ {2}00:00:00:00:00:00 {2}mtu \d+/);
  const json = await runExample("interfaces.ts", ["lo", "--json"], { permissions });
  const [link] = JSON.parse(json.stdout) as Record<string, unknown>[];
  assertEquals([link!["ifname"], link!["link_type"]], ["lo", "loopback"]);
});

Deno.test("Both answer --help, and refuse what they do not know with 2", async () => {
  const table: [program: string, args: string[], says: RegExp][] = [
    ["interfaces.ts", ["lo", "eth0"], /^interfaces: Unexpected argument "eth0"[^\n]*\n$/],
    ["interfaces.ts", ["--colour"], /^interfaces: Unknown option --colour[^\n]*\n$/],
    ["link.ts", ["explode"], /^link: Unknown command "explode": one of show, up[^\n]*\n$/],
    ["link.ts", ["up"], /^link: Missing IFNAME[^\n]*\n$/],
    ["link.ts", ["add", "sixteencharacter", "type", "veth"], /^link: [^\n]*at most 15 fit\n$/],
  ];
  for (const [program, args, says] of table) {
    const result = await runExample(program, args, { permissions });
    assertEquals([result.code, result.stdout], [2, ""], args.join(" "));
    assertMatch(result.stderr, says);
  }
  for (const program of ["interfaces.ts", "link.ts"]) {
    const help = await runExample(program, ["--help"]);
    assertEquals([help.code, help.stderr], [0, ""]);
    assertMatch(help.stdout, /^Examples:$/m);
    const denied = await runExample(program, program === "link.ts" ? ["show"] : []);
    assertEquals([denied.code, denied.stdout], [1, ""]);
    assertMatch(denied.stderr, /^\w+: Cannot open a netlink socket as [^\n]*--allow-ffi\n$/);
  }
});

Deno.test("The words of set and add are iproute2's", () => {
  const words = (text: string) => new Words(text.split(" "));
  const index = (name: string) => name === "eth0" ? 4 : 0;
  assertEquals(readSettings(words("mtu 1400 up promisc on nomaster netns 12 name x alias y")), {
    mtu: 1400,
    up: true,
    promiscuous: true,
    master: null,
    namespace: { pid: 12 },
    name: "x",
    alias: "y",
  });
  assertEquals(readSettings(words("type bridge stp_state 1 priority 7")), {
    bridge: { stp: true, priority: 7 },
  });
  const cases: [text: string, kind: unknown, settings?: unknown][] = [
    ["type veth peer name v1 netns 3", {
      kind: "veth",
      peer: { name: "v1", namespacePid: 3 },
    }],
    ["link eth0 mtu 1400 type vlan id 5 protocol 802.1ad", {
      kind: "vlan",
      parent: 4,
      id: 5,
      protocol: 0x88a8,
    }, { mtu: 1400 }],
    ["tap user 7 multi_queue", { kind: "tap", owner: 7, multiQueue: true }],
    ["link eth0 type macvlan mode vepa", { kind: "macvlan", parent: 4, mode: 2 }],
    ["type vxlan id 5 remote 10.0.0.1 dstport 8472", {
      kind: "vxlan",
      id: 5,
      remote: "10.0.0.1",
      port: 8472,
    }],
    ["up master br0 type dummy", { kind: "dummy" }, { up: true, master: "br0" }],
  ];
  for (const [text, kind, settings = {}] of cases) {
    assertEquals(readNewLink(words(text), index) as unknown, { kind, settings }, text);
  }
  const wrong = [
    ...["mtu", "mtu -1", "mtu 01", "promisc maybe", "address 1:2", "bogus", "type veth"],
  ];
  for (const text of wrong) assertThrows(() => readSettings(words(text)), UsageError);
  const wrongKinds = [
    ...[
      "up",
      "type nosuch",
      "type vlan id 5",
      "link eth0 type vlan",
      "type dummy x",
      "mtu 1 type tap",
    ],
    ...["type vrf", "link eth0 type vlan id 4095", "link eth0 type macvlan mode x"],
  ];
  for (const text of wrongKinds) {
    assertThrows(() => readNewLink(words(text), index), UsageError, undefined, text);
  }
});

Deno.test("Arguments in brackets may be left out, and the last may be many", () => {
  const given = (args: string[], wanted: string[]) => parseArguments(args, {}, wanted).positionals;
  assertEquals(given([], ["[NAME]"]), []);
  assertEquals(given(["a"], ["[NAME]"]), ["a"]);
  assertThrows(() => given(["a", "b"], ["[NAME]"]), UsageError, 'Unexpected argument "b"');
  assertEquals(given(["a", "b", "c"], ["COMMAND", "[WORD …]"]), ["a", "b", "c"]);
  assertThrows(() => given([], ["COMMAND", "[WORD …]"]), UsageError, "Missing COMMAND");
});
