import { assert, assertEquals, assertMatch } from "@std/assert";
import { runExample } from "./_child.ts";

const request = "GET / HTTP/1.0\r\n\r\n";

Deno.test("tcpclient carries standard input to the peer, and the peer to standard output", async () => {
  const { code, stdout, stderr } = await runExample("tcpclient.ts", ["www.octet.test", "80"], {
    stdin: request,
  });
  assertEquals([code, stderr], [0, ""]);
  assertMatch(stdout, /^HTTP\/1\.1 200 OK\r\n[^]*<\/html>\n$/);
});

Deno.test("tcpclient says how long each step took, and what it carried", async () => {
  const { stderr, stdout } = await runExample(
    "tcpclient.ts",
    ["www.octet.test", "80", "--verbose", "--json"],
    { stdin: request },
  );
  const lines = stderr.trimEnd().split("\n");
  assertEquals(
    lines.slice(0, -1).map((line) => /^\[[\d.]+ms\] (\w+) /.exec(line)?.[1]),
    ["DHCP", "ARP", "DNS", "TCP", "done"],
  );
  const { ms, ...told } = JSON.parse(lines.at(-1)!);
  const received = new TextEncoder().encode(stdout).length;
  assertEquals(told, { address: "10.77.0.1", port: 80, sent: request.length, received });
  assert(ms > 0);
});

Deno.test("tcpclient and tcpserver end with a meaning, and one line that says it", async () => {
  const table: readonly (readonly [code: number, args: string, says: RegExp])[] = [
    [2, "tcpclient", /Missing HOST/],
    [2, "tcpclient 10.77.0.1", /Missing PORT/],
    [2, "tcpclient 10.77.0.1 http", /PORT wants a whole number from 1 to 65535/],
    [2, "tcpclient 10.77.0.1 65536", /PORT wants/],
    [6, "tcpclient www.example.com 80", /Cannot resolve www\.example\.com/],
    [7, "tcpclient www.octet.test 81", /Cannot connect to www\.octet\.test port 81: Connection r/],
    [7, "tcpclient 10.77.0.1 80 --ip 10.1.0.2/24", /Network is unreachable/],
    [28, "tcpclient 10.78.0.1 80 --timeout 0.2", /Timed out after 0\.2 s/],
    [2, "tcpserver", /Missing PORT/],
    [2, "tcpserver 0", /PORT wants/],
    [2, "tcpserver 7 --sha256", /--sha256 wants --sink/],
    [28, "tcpserver 7 --timeout 0.1 --impair loss=100%", /./],
  ];
  const todo = [...table];
  const work = async (): Promise<void> => {
    for (let next = todo.shift(); next !== undefined; next = todo.shift()) {
      const [code, words, says] = next;
      const [name, ...args] = words.split(" ");
      const { stdout, stderr, ...rest } = await runExample(`${name}.ts`, args, { stdin: "x" });
      assertEquals([rest.code, stdout], [code, ""], `${words}\n${stderr}`);
      assertMatch(stderr, says);
      assertEquals(stderr.split("\n").length, 2, stderr);
    }
  };
  await Promise.all([work(), work()]);
});

Deno.test("min_working_example says hello, in under 40 lines", async () => {
  const name = "min_working_example.ts";
  assert((await Deno.readTextFile(new URL(name, import.meta.url))).split("\n").length <= 40);
  const { code, stdout, stderr } = await runExample(name, []);
  assertEquals([code, stderr], [0, ""]);
  assertMatch(stdout, /^Listening on 10\.77\.0\.\d+:80\nHello!\n$/);
});

Deno.test("tcpserver gives a neighbour back what it sent", async () => {
  const { code, stdout, stderr } = await runExample("tcpserver.ts", ["7", "--once", "--verbose"]);
  assertEquals(code, 0, stderr);
  assertMatch(stdout, /^Listening on 10\.77\.0\.\d+:7 \(LAN in memory: only this process reaches /);
  assertMatch(stdout, /^10\.77\.0\.2:\d+ 1048576 bytes received, 1048576 sent in [\d.]+ms, /m);
  assertMatch(
    stdout,
    /^Self-check: 10\.77\.0\.2 on the same LAN sent 1048576 bytes, 1048576 came /m,
  );
  assertMatch(stderr, /^10\.77\.0\.2:\d+ has connected\n$/);
});

Deno.test("tcpserver --sink counts and hashes, in JSON lines", async () => {
  const { code, stdout } = await runExample("tcpserver.ts", [
    ...["9", "--sink", "--sha256", "--once", "--json", "--ip", "10.77.0.9/24"],
  ]);
  assertEquals(code, 0);
  const [at, ...rest] = stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
  assertEquals(at, { address: "10.77.0.9", port: 9, link: "lan" });
  const outcome = rest.find(({ peer }) => peer !== undefined);
  const bytes = Uint8Array.from({ length: 1024 * 1024 }, (_, i) => i % 251);
  assertEquals([outcome.received, outcome.sent], [bytes.length, 0]);
  const digest = await crypto.subtle.digest("SHA-256", bytes);
  assertEquals(outcome.sha256, new Uint8Array(digest).toHex());
});

Deno.test("Ctrl-C ends tcpserver with 130", async () => {
  const { code, stderr } = await runExample("tcpserver.ts", ["7"], {
    interruptAfter: "Self-check",
  });
  assertEquals([code, stderr], [130, ""]);
});

Deno.test("The examples of their --help work when pasted, where they need no device", async () => {
  for (const name of ["tcpclient.ts", "tcpserver.ts"]) {
    const { stdout } = await runExample(name, ["--help"]);
    const lines = stdout.split("\n").filter((line) => /^ {2}.*deno run /.test(line)).slice(1);
    const pasted = lines.filter((line) => !line.includes("tap:"));
    assertEquals([lines.length, pasted.length], [3, 2]);
    for (const line of pasted) {
      const args = line.slice(line.indexOf(".ts ") + 4).trim().split(" ");
      const stdin = line.includes("printf") ? request : "\n";
      const { code, stderr } = await runExample(name, args, { stdin });
      assertEquals(code, 0, `${line}\n${stderr}`);
    }
  }
});
