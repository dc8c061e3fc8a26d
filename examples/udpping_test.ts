import { assert, assertEquals, assertMatch } from "@std/assert";
import { Host, Lan } from "@octet/internet";
import { runExample } from "./_child.ts";
import { Figures } from "./_udpping_figures.ts";
import { makeAnswer, newRequest, sequenceOf, setSequence } from "./_udpping_message.ts";
import { answerRequests, UdppingRun } from "./_udpping_run.ts";

Deno.test("Answers are counted: times, duplicates, losses, and those that come too late", () => {
  const figures = new Figures();
  assertEquals([figures.loss, figures.latencies], [0, null]);
  for (let i = 0; i < 5; i++) assertEquals(figures.send(10 * i), i + 1);
  const answer = { isDuplicate: false, isReordered: false };
  assertEquals(figures.receive(1, 3), { sequence: 1, time: 3, ...answer });
  assertEquals(figures.receive(3, 21), { sequence: 3, time: 1, ...answer });
  assertEquals(figures.receive(2, 22), { sequence: 2, time: 12, ...answer, isReordered: true });
  // What comes once more is no latency, and not late either.
  assertEquals(figures.receive(2, 90), { sequence: 2, time: 80, ...answer, isDuplicate: true });
  assertEquals(figures.receive(5, 44), { sequence: 5, time: 4, ...answer });
  for (const unknown of [0, 6, 65_537, 2 ** 32 - 1]) {
    assertEquals(figures.receive(unknown, 99), null);
  }
  const { sent, received, duplicates, reordered, loss, latencies } = figures;
  assertEquals([sent, received, duplicates, reordered], [5, 4, 1, 1]);
  assertEquals(Math.round(loss), 20);
  assertEquals(latencies, { min: 1, avg: 5, median: 3, p99: 12, max: 12 });
});

Deno.test("Percentiles are ranks; requests out of memory are not confused with later ones", () => {
  const figures = new Figures();
  for (let i = 1; i <= 200; i++) figures.receive(figures.send(0), i);
  assertEquals(figures.latencies, { min: 1, avg: 100.5, median: 100, p99: 198, max: 200 });
  for (let i = 0; i < 65_536; i++) figures.send(1000);
  assertEquals(figures.receive(200, 1001), null);
  assertEquals(figures.receive(201, 1001)?.time, 1);
});

Deno.test("A datagram says whose it is; nothing but a request is answered", () => {
  const bytes = newRequest(12, 0xfedcba98);
  setSequence(bytes, 0x01020304);
  assertEquals(bytes.toHex(), "4f555001fedcba9801020304");
  assertEquals(sequenceOf(bytes, 12, 0xfedcba98), 0x01020304);
  assertEquals(makeAnswer(bytes), true);
  assertEquals(bytes.toHex(), "4f555002fedcba9801020304");
  assertEquals(makeAnswer(bytes), false);
  assertEquals(sequenceOf(bytes, 12, 0xfedcba98), 0x01020304);
  assertEquals(sequenceOf(bytes, 12, 0xfedcba99), -1);
  assertEquals(sequenceOf(bytes, 13, 0xfedcba98), -1);
  bytes[3] = 3;
  assertEquals(sequenceOf(bytes, 12, 0xfedcba98), -1);
  for (let length = 0; length < 12; length++) {
    assertEquals(makeAnswer(new Uint8Array(length)), false);
  }
});

Deno.test("Over a wire that loses, repeats and reorders, all of it is counted", async () => {
  const lan = new Lan();
  const impairment = "loss=10%,duplicate=10%,reorder=20%,seed=7";
  await using a = new Host(lan.attach({ impairment }), {
    address: { address: "10.0.0.1/24" },
  });
  await using b = new Host(lan.attach(), { address: { address: "10.0.0.2/24" } });
  void answerRequests(b.listenDatagram({ port: 7 }), () => {});
  const settings = { port: 7, count: 500, interval: 0.5, size: 100, wait: 100 };
  const run = await UdppingRun.ask(a, "10.0.0.2", settings, new AbortController().signal);
  const { sent, received, duplicates, reordered, latencies } = run.figures;
  assertEquals(sent, 500);
  assert(received > 350 && received < 480, `${received} received`);
  assert(duplicates > 20, `${duplicates} duplicates`);
  assert(reordered > 20, `${reordered} reordered`);
  assert(latencies!.min <= latencies!.median && latencies!.p99 <= latencies!.max);
});

Deno.test("udpping asks the neighbour on its LAN", async () => {
  const { code, stdout, stderr } = await runExample("udpping.ts", [
    ...["10.77.0.2", "-c", "3", "-i", "0.01"],
  ]);
  assertEquals([code, stderr], [0, ""]);
  assertEquals(
    stdout.replace(/\d+\.\d{3}/g, "T"),
    `UDPPING 10.77.0.2 port 31122: 64 bytes
64 bytes from 10.77.0.2: seq=1 time=T ms
64 bytes from 10.77.0.2: seq=2 time=T ms
64 bytes from 10.77.0.2: seq=3 time=T ms

--- 10.77.0.2 udpping statistics ---
3 sent, 3 received, 0% lost, 0 duplicates, 0 reordered
latency min/avg/median/p99/max = T/T/T/T/T ms
`,
  );
});

Deno.test("udpping ends with 0, 1 or 2, and one line that says why", async () => {
  const table: readonly (readonly [code: number, args: string, says: RegExp])[] = [
    [0, "10.77.0.2 -c 3 -i 0.01 -s 9000 -q", /3 received/],
    [1, "10.77.0.1", /^udpping: Cannot ask 10\.77\.0\.1 port 31122: Connection refused$/m],
    [1, "10.99.0.1 -c 1 -W 0.1", /1 sent, 0 received, 100% lost/],
    [2, "", /Give HOST to ask it, or --server/],
    [2, "10.77.0.2 --server", /HOST and --server do not go together/],
    [2, "--server -c 3", /--count is for who asks/],
    [2, "10.77.0.2 -s 11", /--size wants a whole number from 12/],
    [2, "10.77.0.2 -i 0", /--interval wants/],
    [2, "10.77.0.2 -p 0", /--port wants/],
    [2, "www.example.com", /Cannot resolve www\.example\.com/],
    [2, "10.77.0.2 -c 1 --ip 10.1.0.1/24", /Network is unreachable/],
    [2, "10.77.0.2 --link tap:none0", /./],
    [28, "--server --timeout 0.1 --impair loss=100%", /./],
  ];
  const todo = [...table];
  const work = async (): Promise<void> => {
    for (let next = todo.shift(); next !== undefined; next = todo.shift()) {
      const [code, words, says] = next;
      const args = words.split(" ").filter((word) => word !== "");
      const { stdout, stderr, ...rest } = await runExample("udpping.ts", args);
      assertEquals(rest.code, code, `${words}\n${stdout}${stderr}`);
      assertMatch(stdout + stderr, says);
      if (code >= 2) assertEquals(stderr.split("\n").length, 2, stderr);
    }
  };
  await Promise.all([work(), work()]);
});

Deno.test("--json is one object; Ctrl-C ends udpping with its summary, and the server with 130", async () => {
  const args = ["10.77.0.2", "-c", "2", "-i", "0.01", "--json"];
  const { answers, latencies, ms, ...rest } = JSON.parse(
    (await runExample("udpping.ts", args)).stdout,
  );
  assertEquals(rest, {
    target: "10.77.0.2",
    address: "10.77.0.2",
    port: 31_122,
    size: 64,
    sent: 2,
    received: 2,
    duplicates: 0,
    reordered: 0,
    errors: 0,
    loss: 0,
  });
  assertEquals(answers.map(({ sequence }: { sequence: number }) => sequence), [1, 2]);
  assert(latencies.min > 0 && ms > 0);
  const ended = await runExample("udpping.ts", ["10.77.0.2", "-i", "0.01"], {
    interruptAfter: "seq=3",
  });
  assertEquals([ended.code, ended.stderr], [0, ""]);
  assertMatch(ended.stdout, /udpping statistics ---\n\d+ sent, \d+ received/);
  const server = await runExample("udpping.ts", ["--server"], { interruptAfter: "answered" });
  assertEquals([server.code, server.stderr], [130, ""]);
  assertMatch(
    server.stdout,
    /^Self-check: 10\.77\.0\.2 .* had 10 of 10 requests answered, median /m,
  );
  assertMatch(server.stdout, /^10 requests answered$/m);
});

Deno.test("The examples of --help work when pasted, where they need no device", async () => {
  const { stdout } = await runExample("udpping.ts", ["--help"]);
  const lines = stdout.split("\n").filter((line) => line.startsWith("  deno run ")).slice(2);
  const pasted = lines.filter((line) => !line.includes("tap:"));
  assertEquals([lines.length, pasted.length], [3, 2]);
  for (const line of pasted) {
    const { code, stderr } = await runExample("udpping.ts", line.trim().split(" ").slice(3));
    assertEquals(code, 0, `${line}\n${stderr}`);
  }
});
