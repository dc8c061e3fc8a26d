import { assert, assertEquals } from "@std/assert";
import { parseCommandLine } from "./main.ts";
import { formatResult, formatSummary } from "./report.ts";
import type { RunResult } from "./result.ts";
import { runScript } from "./runner.ts";

const server = `
0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0 bind(3, ..., ...) = 0
+0 listen(3, 1) = 0
+0 < S 0:0(0) win 65535 <mss 1000>
+0 > S. 0:0(0) ack 1 <mss 1460>
+.1 < . 1:1(0) ack 1 win 65535
+0 accept(3, ..., ...) = 4
`;
/** The line on which what is added to {@linkcode server} begins. */
const added = 9;

function run(rest: string, options: readonly (readonly [string, string])[] = []): RunResult {
  return runScript(server + rest, { options });
}

Deno.test("packetdrill runner: a script that holds passes, in its own time", () => {
  const result = run("+1 write(4, ..., 100) = 100\n+0 > P. 1:101(100) ack 1\n");
  assertEquals([result.verdict, result.events, result.time], ["pass", 9, 1_100_000]);
});

/** What is added to the server, and the line, what differs, what was expected and what came. */
const failures: readonly (readonly [string, string, number, string, string, string])[] = [
  [
    "sequence numbers",
    "+0 write(4, ..., 100) = 100\n+0 > P. 2:102(100) ack 1",
    1,
    "sequence numbers differ",
    "> P. 2:102(100) ack 1",
    "> P. 1:101(100) ack 1 win 65535",
  ],
  [
    "acknowledgement numbers",
    "+0 write(4, ..., 100) = 100\n+0 > P. 1:101(100) ack 2",
    1,
    "acknowledgement numbers differ",
    "> P. 1:101(100) ack 2",
    "> P. 1:101(100) ack 1 win 65535",
  ],
  [
    "flags",
    "+0 close(4) = 0\n+0 > . 1:1(0) ack 1",
    1,
    "flags differ",
    "> . 1:1(0) ack 1",
    "> F. 1:1(0) ack 1 win 65535",
  ],
  [
    "windows",
    "+0 close(4) = 0\n+0 > F. 1:1(0) ack 1 win 7",
    1,
    "windows differ",
    "> F. 1:1(0) ack 1 win 7",
    "> F. 1:1(0) ack 1 win 65535",
  ],
  [
    "options",
    "+0 close(4) = 0\n+0 > F. 1:1(0) ack 1 <nop,nop,TS val 1 ecr 2>",
    1,
    "TCP options differ",
    "> F. 1:1(0) ack 1 <nop,nop,TS val 1 ecr 2>",
    "> F. 1:1(0) ack 1 win 65535",
  ],
  [
    "ECN marks",
    "+0 close(4) = 0\n+0 > [ce] F. 1:1(0) ack 1",
    1,
    "ECN marks differ",
    "> [ce] F. 1:1(0) ack 1",
    "> F. 1:1(0) ack 1 win 65535",
  ],
  [
    "a packet too few",
    "+0 > F. 1:1(0) ack 1",
    0,
    "no packet is sent",
    "> F. 1:1(0) ack 1",
    "nothing until 0.104000",
  ],
  [
    "a packet too early",
    "+0 close(4) = 0\n+.1 > F. 1:1(0) ack 1",
    1,
    "the packet is sent at another time",
    "0.200000",
    "0.100000",
  ],
  [
    "a segment too short",
    "+0 write(4, ..., 100) = 100\n+0 > P. 1:201(200) ack 1",
    1,
    "no packet is sent",
    "> P. 1:201(200) ack 1",
    "> P. 1:101(100) ack 1 win 65535 and no more until 0.104000",
  ],
  [
    "a result",
    "+0 write(4, ..., 100) = 99",
    0,
    "write gives another result",
    "= 99",
    "= 100",
  ],
  [
    "an error",
    "+0 recv(4, ..., 100, MSG_DONTWAIT) = -1 EPIPE (Broken pipe)",
    0,
    "recv gives another result",
    "= -1 EPIPE",
    "= -1 EAGAIN",
  ],
  ["a call that waits", "+0 read(4, ..., 100) = 100", 0, "read waits", "= 100", "no result yet"],
  [
    "a call that waits too long",
    "+0...0.2 read(4, ..., 100) = 100\n+1 < . 1:1(0) ack 1 win 1",
    0,
    "read still waits",
    "= 100 at 0.300000",
    "no result at 0.304000",
  ],
  [
    "a call that ends too early",
    "+0...0.2 read(4, ..., 100) = 100\n+.1 < . 1:101(100) ack 1 win 1",
    0,
    "read ends at another time",
    "0.300000",
    "0.200000",
  ],
  [
    "an assertion",
    "+0 %{ assert tcpi_state == TCP_CLOSE, tcpi_state }%",
    0,
    "assertion does not hold",
    "tcpi_state == TCP_CLOSE",
    "1",
  ],
  [
    "a socket option",
    "+0 getsockopt(4, SOL_SOCKET, SO_ERROR, [111], [4]) = 0",
    0,
    "getsockopt gives another SO_ERROR",
    "[111]",
    "[0]",
  ],
  [
    "events",
    "+0 poll([{fd=4, events=POLLIN, revents=POLLIN}], 1, 0) = 1",
    0,
    "poll tells other events of descriptor 4",
    "POLLIN",
    "0",
  ],
];

for (const [name, rest, line, reason, expected, actual] of failures) {
  Deno.test(`packetdrill runner: ${name} that differ are told with line, expectation and fact`, () => {
    const result = run(rest);
    assertEquals(
      [result.verdict, result.line, result.reason, result.expected, result.actual],
      ["fail", added + line, reason, expected, actual],
    );
  });
}

Deno.test("packetdrill runner: PSH is the sender's to choose, unless it is asked for", () => {
  const rest = "+0 write(4, ..., 100) = 100\n+0 > . 1:101(100) ack 1\n";
  assertEquals(run(rest).notes, ["PSH differs in line 10"]);
  assertEquals(run(rest, [["strict_push", ""]]).reason, "flags differ");
});

Deno.test("packetdrill runner: segments in a row are joined, unless they are not to be", () => {
  const rest = "+0 write(4, ..., 3000) = 3000\n+0 > P. 1:3001(3000) ack 1\n";
  assertEquals(run(rest).verdict, "pass");
  assertEquals(run(rest, [["strict_segments", ""]]).reason, "lengths differ");
});

Deno.test("packetdrill runner: what is sent beyond the script counts when the end is strict", () => {
  const rest = "+0 close(4) = 0\n";
  assertEquals(run(rest).verdict, "pass");
  const result = run(rest, [["strict_end", ""]]);
  assertEquals(result.actual, "> F. 1:1(0) ack 1 win 65535 at 0.100000");
});

Deno.test("packetdrill runner: timestamps and their echoes translate into the stack's own", () => {
  const script = (value: number) => `
0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0 fcntl(3, F_SETFL, O_RDWR|O_NONBLOCK) = 0
+0 connect(3, ..., ...) = -1 EINPROGRESS (Operation now in progress)
+0 > S 0:0(0) <mss 1460,sackOK,TS val 100 ecr 0,nop,wscale 7>
+.1 < S. 0:0(0) ack 1 win 5000 <mss 1000,sackOK,TS val 700 ecr 100>
+0 > . 1:1(0) ack 1 <nop,nop,TS val ${value} ecr 700>
`;
  assertEquals(runScript(script(200)).verdict, "pass");
  assertEquals(runScript(script(300)).verdict, "pass", "unchecked where no tick is told");
  const ticks = { options: [["tcp_ts_tick_usecs", "1000"]] } as const;
  assertEquals(runScript(script(200), ticks).verdict, "pass");
  assertEquals(runScript(script(300), ticks).reason, "timestamps differ");
  const unknown = runScript(script(200).replace("ecr 100", "ecr 99"));
  assertEquals(unknown.reason, "no segment was sent with the timestamp to echo");
});

Deno.test("packetdrill runner: the stack is made as the settings say", () => {
  const script = (setting: string, options: string) => `
\`sysctl -q net.ipv4.${setting}\`
0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0 fcntl(3, F_SETFL, O_RDWR|O_NONBLOCK) = 0
+0 connect(3, ..., ...) = -1 EINPROGRESS (Operation now in progress)
+0 > S 0:0(0) <${options}>
`;
  for (
    const [setting, options] of [
      ["tcp_sack=0", "mss 1460,nop,nop,TS val 100 ecr 0,nop,wscale 7"],
      ["tcp_timestamps=0", "mss 1460,nop,nop,sackOK,nop,wscale 7"],
      ["tcp_window_scaling=0", "mss 1460,sackOK,TS val 100 ecr 0"],
      ["tcp_rmem='4096 131072 33554432'", "mss 1460,sackOK,TS val 100 ecr 0,nop,wscale 10"],
    ] as const
  ) {
    const result = runScript(script(setting, options));
    assertEquals([setting, result.verdict, result.actual], [setting, "pass", undefined]);
  }
});

Deno.test("packetdrill runner: what cannot be expressed is neither passed nor failed", () => {
  for (
    const [script, reason] of [
      ["--ip_version=ipv6\n0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3", "IPv6"],
      ["0 socket(AF_INET6, SOCK_STREAM, IPPROTO_TCP) = 3", "IPv6"],
      ["0 socket(..., SOCK_DGRAM, IPPROTO_UDP) = 3", "sockets other than TCP"],
      ["0 fork() = 1", "system call fork"],
      ["0 `reboot`", 'shell line "reboot"'],
      [
        "`sysctl net.ipv4.tcp_congestion_control=bbr`\n0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n+0 listen(3, 1) = 0",
        "congestion control bbr",
      ],
    ] as const
  ) {
    const result = runScript(script);
    assertEquals([result.verdict, result.reason], ["unsupported", reason]);
  }
});

Deno.test("packetdrill runner: no script throws, however broken", () => {
  const words = server.split(/(\s+)/);
  for (let cut = 0; cut < words.length; cut++) {
    const broken = [...words.slice(0, cut), ...words.slice(cut + 1)].join("");
    assert(["pass", "fail", "unsupported"].includes(runScript(broken).verdict));
    assert(
      ["pass", "fail", "unsupported"].includes(runScript(words.slice(0, cut).join("")).verdict),
    );
  }
});

Deno.test("packetdrill report: a failure shows place, line, expectation and fact", () => {
  const result = run("+0 write(4, ..., 100) = 99");
  assertEquals(
    formatResult({ file: "a.pkt", milliseconds: 1, ...result }),
    `FAIL  a.pkt:9: write gives another result, at 0.100000
      line      +0 write(4, ..., 100) = 99
      expected  = 99
      got       = 100`,
  );
  const unsupported = runScript("0 fork() = 1");
  assertEquals(
    formatResult({ file: "b.pkt", milliseconds: 1, ...unsupported }),
    "unsupported: system call fork  (b.pkt:1)",
  );
  const results = [result, unsupported].map((one) => ({ file: "", milliseconds: 2, ...one }));
  assertEquals(formatSummary(results), "0 passed, 1 failed, 1 unsupported, in 4 ms");
});

Deno.test("packetdrill command line: options go on to the scripts", () => {
  assertEquals(parseCommandLine(["--json", "-v", "--tolerance_usecs=9", "-D", "A=1", "x.pkt"]), {
    verbose: true,
    json: true,
    options: [["tolerance_usecs", "9"], ["define", "A=1"]],
    paths: ["x.pkt"],
  });
});
