import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import { UsageError } from "./_arguments.ts";
import { type ChildResult, runExample } from "./_child.ts";
import { factObject, factsOf } from "./_ip_facts.ts";
import { countOf, prefixesOf, readItem, readRange } from "./_ip_item.ts";
import { PrefixList } from "./_ip_list.ts";
import { ExitError } from "./_program.ts";

function ipcalc(...args: string[]): Promise<ChildResult> {
  return runExample("ipcalc.ts", args);
}

Deno.test("Questions are answered, and no is 1", async () => {
  const table: [args: string, code: number, stdout: string][] = [
    [
      "contains 10.0.0.0/8 10.1.2.3 10.2.0.0/16",
      0,
      "10.1.2.3 is in 10.0.0.0/8\n10.2.0.0/16 is in 10.0.0.0/8\n",
    ],
    ["contains 10.0.0.0/9 10.0.0.0/8", 1, "10.0.0.0/8 is not in 10.0.0.0/9\n"],
    ["contains ::/0 10.0.0.1", 1, "10.0.0.1 is not in ::/0\n"],
    ["next 10.77.0.0/24 2", 0, "10.77.1.0/24\n10.77.2.0/24\n"],
    ["next 10.0.0.1-10.0.0.3", 0, "10.0.0.4-10.0.0.6\n"],
    ["next 255.255.255.254 2", 1, "255.255.255.255\n"],
    ["previous 2001:db8::/48", 0, "2001:db7:ffff::/48\n"],
    [
      "count ::/0 10.0.0.1 10.0.0.0-10.0.0.9",
      0,
      "340282366920938463463374607431768211456\n1\n10\n",
    ],
    ["enumerate 10.0.0.0/30", 0, "10.0.0.0\n10.0.0.1\n10.0.0.2\n10.0.0.3\n"],
    ["enumerate 10.0.0.0/30 --hosts", 0, "10.0.0.1\n10.0.0.2\n"],
    ["enumerate ::/0 --limit 2", 0, "::\n::1\n"],
    ["split 10.0.0.0/23 24", 0, "10.0.0.0/24\n10.0.1.0/24\n"],
    ["split ::/0 128 --limit 1", 0, "::/128\n"],
    ["range 10.0.0.1 10.0.0.4", 0, "10.0.0.1/32\n10.0.0.2/31\n10.0.0.4/32\n"],
    ["aggregate 10.0.1.0/24 10.0.0.0/24 ::/128", 0, "10.0.0.0/23\n::/128\n"],
    ["exclude 10.0.0.0/24 10.0.0.0/25", 0, "10.0.0.128/25\n"],
    ["exclude 10.0.0.0/24 10.0.0.0/8", 0, ""],
  ];
  // Each is a process: a few at a time.
  for (let at = 0; at < table.length; at += 4) {
    await Promise.all(
      table.slice(at, at + 4).map(async ([args, code, stdout]) => {
        const result = await ipcalc(...args.split(" "));
        assertEquals([result.code, result.stdout], [code, stdout], args + result.stderr);
      }),
    );
  }
});

Deno.test("Facts of IPv4 and IPv6 are those of the RFCs", () => {
  const facts = (text: string) => factObject(factsOf(readItem(text)));
  assertEquals(facts("192.0.2.9/26"), {
    address: "192.0.2.9",
    network: "192.0.2.0/26",
    prefixLength: 26,
    netmask: "255.255.255.192",
    wildcard: "0.0.0.63",
    broadcast: "192.0.2.63",
    firstHost: "192.0.2.1",
    lastHost: "192.0.2.62",
    hosts: 62,
    addresses: 64,
    reverseZone: "2.0.192.in-addr.arpa",
    version: 4,
    kind: "documentation",
    block: "192.0.2.0/24",
    blockName: "Documentation (TEST-NET-1)",
    specification: "RFC 5737",
    isGloballyReachable: false,
    hex: "0xc0000209",
    integer: "3221225993",
    reverse: "9.2.0.192.in-addr.arpa",
  });
  const link = facts("fe80::fc:ff:fe00:1");
  assertEquals([link["mac"], link["solicitedNode"], link["kind"]], [
    "02:fc:00:00:00:01",
    "ff02::1:ff00:1",
    "link-local",
  ]);
  // RFC 3596 §2.5's own example.
  assertEquals(
    facts("4321:0:1:2:3:4:567:89ab")["reverse"],
    "b.a.9.8.7.6.5.0.4.0.0.0.3.0.0.0.2.0.0.0.1.0.0.0.0.0.0.0.1.2.3.4.ip6.arpa",
  );
  assertEquals(facts("2001:db8::/32")["addresses"], String(2n ** 96n));
  assertEquals(facts("::ffff:192.0.2.1")["ipv4"], "192.0.2.1");
  assertEquals(facts("2002:c000:201::1")["ipv4"], "192.0.2.1");
  assertEquals(facts("224.0.0.251")["ethernetGroup"], "01:00:5e:00:00:fb");
  assertEquals(facts("ff02::fb")["ethernetGroup"], "33:33:00:00:00:fb");
  // A /31 has two hosts and no broadcast address of its own (RFC 3021 §2.2).
  const pair = facts("10.0.0.0/31");
  assertEquals([pair["hosts"], pair["broadcast"], pair["lastHost"]], [2, undefined, "10.0.0.1"]);
  assertEquals(facts("10.0.0.1-10.0.0.2")["prefixes"], ["10.0.0.1/32", "10.0.0.2/32"]);
});

Deno.test("What is no address, prefix or range is refused", () => {
  const wrong = [
    ...["1..2.3", "01.2.3.4", "0x7f.1", "10.0.0.1/33", "10.0.0.1/08", "10.0.0.1/255.0.255.0"],
    ...[
      "::/129",
      "::1/255.255.255.0",
      "1:::2",
      "10.0.0.1/",
      "",
      "10.0.0.9-10.0.0.1",
      "10.0.0.1-::1",
    ],
    "10.0.0.1-",
  ];
  for (const text of wrong) assertThrows(() => readItem(text), UsageError, undefined, text);
  assertEquals(String(readItem("10.1.2.3/255.255.0.0").prefix), "10.1.0.0/16");
  assertEquals(readItem("0.0.0.0/0.0.0.0").prefix.length, 0);
  assertEquals(countOf(readRange("", "0.0.0.0", "255.255.255.255")), 2n ** 32n);
  assertEquals(prefixesOf(readItem("::/0")).map(String), ["::/0"]);
});

Deno.test("The longest prefix of a list wins, comments aside", () => {
  const list = PrefixList.parse(
    "# routes\n10.0.0.0/8 lab  two words\n10.1.0.0/16\r\n\n10.1.2.3 host # one\n::/0 six\n",
    "list",
  );
  assertEquals(list.size, 4);
  const match = (text: string) => list.match(readItem(text).address)?.map(String);
  assertEquals(match("10.1.2.3"), ["10.1.2.3/32", "host"]);
  assertEquals(match("10.1.9.9"), ["10.1.0.0/16", ""]);
  assertEquals(match("10.2.0.1"), ["10.0.0.0/8", "lab two words"]);
  assertEquals(match("2001:db8::1"), ["::/0", "six"]);
  assertEquals(match("11.0.0.1"), undefined);
  for (const line of ["10.0.0.1/8", "x", "10.0.0.0/33 a", ":::/0"]) {
    const error = assertThrows(() => PrefixList.parse(`\n${line}`, "f.txt"), ExitError);
    assertMatch(error.message, /^f\.txt:2: "[^"]+" is not a prefix like/);
  }
});

Deno.test("A list comes from standard input, and JSON says what was found", async () => {
  const path = new URL("ipcalc.ts", import.meta.url).pathname;
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--no-check", "--no-prompt", path, "match", "--list", "-"],
      ...["10.1.2.3", "::1", "--json"],
    ],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const input = child.stdin.getWriter();
  await input.write(new TextEncoder().encode("10.0.0.0/8 lab\n"));
  await input.close();
  const { code, stdout } = await child.output();
  assertEquals(code, 1);
  assertEquals(JSON.parse(new TextDecoder().decode(stdout)), [
    { address: "10.1.2.3", prefix: "10.0.0.0/8", value: "lab" },
    { address: "::1", prefix: null, value: null },
  ]);
});

Deno.test("Wrong usage ends with 2 and one line, what cannot be read with 1", async () => {
  const table: [args: string[], code: number, says: RegExp][] = [
    [["1..2.3"], 2, /^ipcalc: "1\.\.2\.3" is not an address[^\n]*\n$/],
    [["frobnicate"], 2, /^ipcalc: Unknown command "frobnicate"[^\n]*\n$/],
    [["match", "10.0.0.1"], 2, /--list FILE[^\n]*\n$/],
    [["next", "10.0.0.1", "-1"], 2, /^ipcalc: [^\n]*\n$/],
    [["next", "10.0.0.1", "x"], 2, /^ipcalc: Wanted is a whole number[^\n]*\n$/],
    [["split", "10.0.0.0/8", "7"], 2, /from 8 to 32, not "7"\n$/],
    [["match", "--list", "/nowhere", "10.0.0.1"], 1, /run with --allow-read=\/nowhere\n$/],
    [["previous", "::"], 1, /^ipcalc: There is nothing of that size before ::\n$/],
    [[], 2, /^ipcalc: Missing WHAT[^\n]*\n$/],
  ];
  for (const [args, code, says] of table) {
    const result = await ipcalc(...args);
    assertEquals([result.code, result.stdout], [code, ""], args.join(" "));
    assertMatch(result.stderr, says);
  }
  const help = await ipcalc("--help");
  assertEquals([help.code, help.stderr], [0, ""]);
  assertMatch(help.stdout, /^Examples:$/m);
});

Deno.test("An endless enumeration ends on Ctrl-C", async () => {
  const result = await runExample("ipcalc.ts", ["enumerate", "::/0"], {
    interruptAfter: "::ffff\n",
  });
  assertEquals(result.code, 130);
});
