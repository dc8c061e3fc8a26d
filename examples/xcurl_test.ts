import { assert, assertEquals, assertMatch } from "@std/assert";
import { exampleCommand, runExample } from "./_child.ts";

const page = "http://www.octet.test/";

/** The one line on standard error that says what went wrong. */
function errorLine(stderr: string): string {
  const lines = stderr.split("\n").filter((line) => line.startsWith("xcurl: "));
  assertEquals(lines.length, 1, stderr);
  return lines[0]!;
}

async function withFolder(run: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await run(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("The demo shows packets, the steps with their times, and the page, without a right", async () => {
  const result = await runExample("xcurl.ts", [
    ...[page, "--link", "lan", "--sniff", "--ntp", "time.octet.test"],
  ]);
  assertEquals(result.code, 0, result.stderr);
  assertMatch(result.stdout, /^<!DOCTYPE html>\n[\s\S]*<\/html>\n$/);
  const steps = [...result.stderr.matchAll(/^\[[\d.]+ms\] (\w+) /gm)].map((match) => match[1]);
  assertEquals(steps, ["DHCP", "ARP", "DNS", "NTP", "DNS", "TCP", "HTTP", "done"]);
  assertMatch(
    result.stderr,
    /^\[[\d.]+ms\] DHCP 10\.77\.0\.\d+\/24 from 10\.77\.0\.1, router 10\.77\.0\.1/m,
  );
  assertMatch(result.stderr, /^\[[\d.]+ms\] HTTP 200 OK$/m);
  for (const layer of ["ARP", "DHCPv4", "DNS", "NTP", "TCP", "HTTP"]) {
    assertMatch(result.stderr, new RegExp(`^(OUT|IN ) .*\\| ${layer}\\b`, "m"));
  }
});

Deno.test("deno task demo is that command", async () => {
  const { tasks } = JSON.parse(await Deno.readTextFile(new URL("../deno.json", import.meta.url)));
  assert(
    tasks.demo.command.endsWith(
      "examples/xcurl.ts http://www.octet.test/ --link lan --sniff --ntp time.octet.test",
    ),
  );
});

Deno.test("xcurl ends with curl's codes and one line that says what to do", async () => {
  const table: readonly (readonly [code: number, args: readonly string[], says: RegExp])[] = [
    [1, ["https://www.octet.test/"], /TLS is not there yet/],
    [1, ["ftp://www.octet.test/"], /Unsupported protocol ftp/],
    [2, [], /Missing URL/],
    [2, [page, "--head", "--data", "x"], /--head and --data/],
    [2, [page, "--header", "no colon"], /--header wants a field/],
    [2, [page, "--header", "Host: other"], /xcurl's own/],
    [2, [page, "--method", "B D"], /--method wants/],
    [2, [page, "--repeat", "0"], /--repeat wants/],
    [2, [page, "--json", "--output", "-"], /both want standard output/],
    [3, ["http://"], /Malformed URL/],
    [3, ["http://www.octet.test:99999/"], /Malformed URL/],
    [3, ["http://10.77.1/"], /write the address as 10\.77\.0\.1/],
    [6, ["http://www.example.com/"], /Cannot resolve www\.example\.com/],
    [7, ["http://www.octet.test:81/"], /Connection refused/],
    [22, ["http://www.octet.test/none", "--fail"], /answered 404/],
    [23, [page, "--output", "/nowhere/page"], /No such file/],
    [23, [page, "--output", "/"], /it is a folder/],
    [23, [page, "--output", "/dev/full"], /No space left on device/],
    [26, [page, "--data", "@/nowhere"], /Cannot read \/nowhere/],
    [28, ["http://10.78.0.1/", "--timeout", "0.3"], /Timed out after 0\.3 s/],
    [28, [page, "--impair", "loss=100%", "--timeout", "0.3"], /Timed out after 0\.3 s/],
  ];
  // Deno lets programs write to devices with all rights only.
  const permissions = ["-A"];
  // Two at a time: the machine may have no more processors.
  const todo = [...table];
  const work = async (): Promise<void> => {
    for (let next = todo.shift(); next !== undefined; next = todo.shift()) {
      const [code, args, says] = next;
      const result = await runExample("xcurl.ts", args, { permissions });
      assertEquals([result.code, result.stdout], [code, ""], `${args.join(" ")}\n${result.stderr}`);
      assertMatch(errorLine(result.stderr), says);
    }
  };
  await Promise.all([work(), work()]);
});

Deno.test("--output appears when it is whole, and replaces what was there", async () => {
  await withFolder(async (folder) => {
    const permissions = [`--allow-read=${folder}`, `--allow-write=${folder}`];
    const output = `${folder}/page.html`;
    await Deno.writeTextFile(output, "old");
    await Deno.chmod(output, 0o600);
    const failed = await runExample("xcurl.ts", [
      ...["http://www.octet.test/none", "--fail", "--output", output],
    ], { permissions });
    assertEquals(failed.code, 22);
    assertEquals(await Deno.readTextFile(output), "old");
    const done = await runExample("xcurl.ts", [page, "--output", output], { permissions });
    assertEquals([done.code, done.stdout], [0, ""], done.stderr);
    assertMatch(await Deno.readTextFile(output), /It works/);
    assertEquals((await Deno.stat(output)).mode! & 0o777, 0o600);
    assertEquals([...Deno.readDirSync(folder)].map(({ name }) => name), ["page.html"]);
    const denied = await runExample("xcurl.ts", [page, "--output", output]);
    assertEquals(denied.code, 23);
    assertMatch(errorLine(denied.stderr), /--allow-read/);
  });
});

Deno.test("--json is one object, also when something goes wrong", async () => {
  const good = await runExample("xcurl.ts", [page, "--json", "--ntp", "10.77.0.1"]);
  const told = JSON.parse(good.stdout);
  assertEquals([good.stderr, told.exitCode, told.response.status], ["", 0, 200]);
  assertEquals(
    told.steps.map(({ step }: { step: string }) => step),
    ["DHCP", "ARP", "NTP", "DNS", "TCP", "HTTP", "done"],
  );
  for (const { ms } of told.steps) assert(ms >= 0 && ms < 10_000);
  const bad = await runExample("xcurl.ts", ["http://www.octet.test:81/", "--json"]);
  assertEquals(JSON.parse(bad.stdout).exitCode, 7);
  assertMatch(errorLine(bad.stderr), /refused/);
});

Deno.test("--head prints the head, --data is a POST, --method and --header go out", async () => {
  const head = await runExample("xcurl.ts", [page, "--head"]);
  assertMatch(head.stdout, /^HTTP\/1\.1 200 OK\r\n([^\r\n]+: [^\r\n]+\r\n)+\r\n$/);
  const post = await runExample("xcurl.ts", [page, "--data", "a=b", "--verbose"]);
  assertMatch(post.stderr, /^> POST \/ HTTP\/1\.1$/m);
  assertMatch(post.stderr, /^< HTTP\/1\.1 405 /m);
  const put = await runExample("xcurl.ts", [
    ...["www.octet.test", "--method", "PUT", "--header", "X-Mine: 1", "--verbose"],
  ]);
  assertMatch(put.stderr, /^> PUT \/ HTTP\/1\.1$/m);
  assertMatch(put.stderr, /^> X-Mine: 1$/m);
});

Deno.test("--repeat and --parallel count the requests", async () => {
  const result = await runExample("xcurl.ts", [
    page,
    "--repeat",
    "20",
    "--parallel",
    "4",
    "--json",
  ]);
  const { steps } = JSON.parse(result.stdout) as { steps: Record<string, unknown>[] };
  const all = steps.find(({ step }) => step === "all")!;
  assertEquals([all["requests"], all["parallel"]], [20, 4]);
  const twice = await runExample("xcurl.ts", [page, "--repeat", "2"]);
  assertEquals(twice.stdout.split("It works").length, 3, twice.stderr);
});

Deno.test("Who closes standard output early hears nothing of it", async () => {
  const child = exampleCommand("xcurl.ts", [page, "--repeat", "2000"]).spawn();
  const errors = new Response(child.stderr).text();
  const reader = child.stdout.getReader();
  await reader.read();
  await reader.cancel();
  const { code } = await child.status;
  assertEquals(code, 23);
  assert(!(await errors).includes("xcurl: "), await errors);
});

Deno.test("Ctrl-C ends xcurl with 130, its capture written", async () => {
  await withFolder(async (folder) => {
    const result = await runExample("xcurl.ts", [
      ...[page, "--repeat", "1000000", "--pcap", `${folder}/p.pcapng`],
    ], { permissions: [`--allow-write=${folder}`], interruptAfter: "</html>" });
    assertEquals(result.code, 130, result.stderr.slice(-500));
    assert((await Deno.stat(`${folder}/p.pcapng`)).size > 500);
  });
});

Deno.test("The examples of --help work when pasted, where they need no device", async () => {
  await withFolder(async (folder) => {
    const { stdout } = await runExample("xcurl.ts", ["--help"]);
    const lines = stdout.split("\n").filter((line) => line.startsWith("  deno run ")).slice(1);
    const pasted = lines.filter((line) => !line.includes("tap:"));
    assertEquals([lines.length, pasted.length], [7, 5]);
    for (const line of pasted) {
      const words = line.trim().split(" ").slice(2);
      const at = words.indexOf("examples/xcurl.ts");
      const result = await runExample("xcurl.ts", words.slice(at + 1), {
        permissions: words.slice(0, at),
        cwd: folder,
      });
      assertEquals(result.code, 0, `${line}\n${result.stderr}`);
    }
    assertEquals([...Deno.readDirSync(folder)].map(({ name }) => name).sort(), [
      "page.html",
      "page.pcapng",
    ]);
  });
});
