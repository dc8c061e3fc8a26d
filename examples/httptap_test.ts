import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { exampleCommand, runExample } from "./_child.ts";

const token = "a-secret-of-16-or-more";

/** An httptap that lends the LAN in memory, at a port of the kernel's choice. */
class Lender implements AsyncDisposable {
  readonly url: string;
  readonly #child: Deno.ChildProcess;
  readonly #errors: Promise<string>;

  readonly #lines: ReadableStreamDefaultReader<string>;

  private constructor(
    child: Deno.ChildProcess,
    lines: ReadableStreamDefaultReader<string>,
    url: string,
  ) {
    this.#child = child;
    this.#lines = lines;
    this.url = url;
    this.#errors = new Response(child.stderr).text();
  }

  static async start(...args: string[]): Promise<Lender> {
    const child = exampleCommand(
      "httptap.ts",
      ["--link", "lan", "--listen", "127.0.0.1:0", "--json", ...args],
      { permissions: ["--allow-net=127.0.0.1", "--allow-read"] },
    ).spawn();
    const lines = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    const { value = "" } = await lines.read();
    const { url, link, mtu } = JSON.parse(value);
    assertEquals([link, mtu], ["lan", 1500]);
    return new Lender(child, lines, url);
  }

  /** Ends it by Ctrl-C and gives what it said on standard error. */
  async end(): Promise<string> {
    this.#child.kill("SIGINT");
    assertEquals((await this.#child.status).code, 130);
    return await this.#errors;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#child.kill("SIGKILL");
    } catch (error) {
      // It has ended already.
      assert(error instanceof TypeError);
    }
    await this.#child.status;
    await this.#errors;
    await this.#lines.cancel();
  }
}

function xcurl(link: string, ...args: string[]): ReturnType<typeof runExample> {
  return runExample("xcurl.ts", ["--link", link, "http://www.octet.test/", ...args], {
    permissions: ["--allow-net=127.0.0.1"],
  });
}

Deno.test("xcurl fetches a page through an httptap, and a second client is refused", async () => {
  await using lender = await Lender.start("--verbose");
  const page = await xcurl(lender.url);
  assertEquals(page.code, 0, page.stderr);
  assertStringIncludes(page.stdout, "</html>");

  const socket = new WebSocket(`${lender.url.replace("http", "ws")}/frames`);
  await new Promise<void>((resolve) => socket.onopen = () => resolve());
  const second = await xcurl(lender.url);
  assertEquals([second.code, second.stdout], [45, ""]);
  assertMatch(
    second.stderr,
    /^xcurl: Cannot use httptap at http:\S+ as it refuses with 409: Cannot lend lan as 127\.0\.0\.1:\d+ at \/frames has it: end that program, or start another httptap\n$/,
  );
  const closed = new Promise<CloseEvent>((resolve) => socket.onclose = resolve);
  const said = await lender.end();
  assertEquals((await closed).code, 1001, "going away (RFC 6455 §7.4.1)");
  assertMatch(said, /^(127\.0\.0\.1:\d+ at \/frames) has come\n\1 has gone\n127.* has come\n/);
  const gone = await xcurl(lender.url);
  assertEquals(gone.code, 45);
  assertMatch(
    gone.stderr,
    /^xcurl: Cannot connect to httptap at .* nobody listens there: [^\n]*\n$/,
  );
});

Deno.test("A client needs the token of an httptap that has one", async () => {
  const file = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(file, `${token}\n`);
    await using lender = await Lender.start("--token", `@${file}`);
    const without = await xcurl(lender.url);
    assertEquals(without.code, 45);
    assertMatch(without.stderr, /refuses with 401: This httptap wants its token/);
    const page = await xcurl(`${lender.url}?token=${token}`, "--json");
    assertEquals(page.code, 0, page.stderr);
    assertEquals(JSON.parse(page.stdout).link, `${lender.url}/`);
    assert(!`${page.stdout}${page.stderr}`.includes(token), "the token is not shown");
    await lender.end();
  } finally {
    await Deno.remove(file);
  }
});

Deno.test("What httptap cannot do is told in one line", async () => {
  using other = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const taken = `127.0.0.1:${other.addr.port}`;
  const lan = ["--link", "lan"];
  const table: readonly (readonly [number, readonly string[], RegExp])[] = [
    [2, ["--listen", "0.0.0.0"], /Address 0\.0\.0\.0 is open to others, .*: give --token/],
    [2, ["--listen", "[::]:80"], /Address :: is open to others/],
    [2, ["--listen", "192.0.2.1:7070"], /Address 192\.0\.2\.1 is open to others/],
    [2, ["--listen", "localhost"], /--listen wants an address like 127\.0\.0\.1:7070/],
    [2, ["--listen", "127.0.0.1:70000"], /--listen wants/],
    [2, ["--listen", "127.0.0.01"], /--listen wants/],
    [2, ["--listen", "::1"], /--listen wants/],
    [2, ["--token", "short"], /--token wants 16 to 512 characters .*: these are 5/],
    [2, ["--token", "a-secret-with-ä-letter"], /--token wants/],
    [2, ["--token", "@/nowhere"], /Cannot read the token from \/nowhere/],
    [2, ["--link", "tun:tun0"], /--ip ADDR\/LEN|wants Ethernet/],
    [2, ["--ip", "dhcp"], /Unknown option --ip/],
    [1, [...lan, "--listen", taken], /Cannot listen on 127\.0\.0\.1 port \d+ as another program/],
    [
      1,
      [...lan, "--listen", "192.0.2.1", "--token", token],
      /Cannot listen on 192\.0\.2\.1 port 7070 as it is none of this machine's addresses/,
    ],
  ];
  const permissions = ["--allow-net", "--allow-read"];
  await Promise.all(table.map(async ([code, args, says]) => {
    const result = await runExample("httptap.ts", args, { permissions });
    assertEquals([result.code, result.stdout], [code, ""], result.stderr);
    assertMatch(result.stderr, says);
    assertMatch(result.stderr, /^httptap: [^\n]+\n$/);
    assert(!result.stderr.includes("a-secret"), "the token is not shown");
  }));
});
