import { assertEquals, assertThrows } from "@std/assert";
import type { Action, ScriptEvent, SystemCall, TcpPacket } from "./ast.ts";
import { ScriptSyntaxError, Unsupported } from "./errors.ts";
import { formatExpression } from "./expression.ts";
import { formatPacket } from "./packet_spec.ts";
import { parseScript } from "./parser.ts";

function event(source: string): ScriptEvent {
  const { events } = parseScript(source);
  assertEquals(events.length, 1, source);
  return events[0]!;
}

function packet(source: string): TcpPacket {
  const action: Action = event(`0 ${source}`).action;
  if (action.kind !== "tcp") throw new Error(`${source} is no TCP packet`);
  return action;
}

function call(source: string): SystemCall {
  const action: Action = event(`0 ${source}`).action;
  if (action.kind !== "call") throw new Error(`${source} is no call`);
  return action;
}

Deno.test("packetdrill parser: a packet prints as it was written", () => {
  for (
    const text of [
      "> S 0:0(0) <mss 1460,sackOK,TS val 100 ecr 0,nop,wscale 8>",
      "< S. 0:0(0) ack 1 win 5792 <mss 1000,nop,nop,sackOK>",
      "> . 1:1001(1000) ack 1",
      "< P. 1:1001(1000) ack 1 win 257 urg 10",
      "> R 5:5(0)",
      "> FP. 1:11(10) ack 2",
      "> SEW 0:0(0)",
      "< . 1:1(0) ack 1 win 257 <nop,nop,sack 1001:2001 3001:4001>",
      "> S. 0:0(0) ack 1 <...>",
      "> - 1:1(0)",
      "> [ect0] P. 1:2(1) ack 1",
      "> [tos 0x4] . 1:1(0) ack 1",
      "> [ttl 64] . 1:1(0) ack 1",
      "< 4000 > 80 . 1:1(0) ack 1 win 5",
      "< S 4294967295:4294967295(0) win 1 <FO 0102ff,eol>",
      "> .5 1:1(0) ack 1",
    ]
  ) assertEquals(formatPacket(packet(text)), text);
});

Deno.test("packetdrill parser: times", () => {
  const table: readonly (readonly [string, ScriptEvent["time"]])[] = [
    ["0.5", { kind: "absolute", start: 500_000, end: 500_000, isRange: false }],
    ["+.002", { kind: "relative", start: 2000, end: 2000, isRange: false }],
    ["1.0~1.2", { kind: "absolute", start: 1_000_000, end: 1_200_000, isRange: true }],
    ["+0~+.1", { kind: "relative", start: 0, end: 100_000, isRange: true }],
    ["*", { kind: "any", start: 0, end: 0, isRange: false }],
  ];
  for (const [text, time] of table) assertEquals(event(`${text} > . 1:1(0) ack 1`).time, time);
});

Deno.test("packetdrill parser: system calls", () => {
  const table: readonly (readonly [string, string, string, string])[] = [
    ["socket(..., SOCK_STREAM, IPPROTO_TCP) = 3", "..., SOCK_STREAM, IPPROTO_TCP", "3", ""],
    [
      "connect(3, ..., ...) = -1 EINPROGRESS (Operation now in progress)",
      "3, ..., ...",
      "-1",
      "EINPROGRESS",
    ],
    ["fcntl(3, F_GETFL) = 0x2 (flags O_RDWR)", "3, F_GETFL", "2", ""],
    ["fcntl(3, F_SETFL, O_RDWR|O_NONBLOCK) = 0", "3, F_SETFL, O_RDWR|O_NONBLOCK", "0", ""],
    [
      "setsockopt(3, SOL_SOCKET, SO_LINGER, {onoff=1, linger=0}, 8) = 0",
      "3, SOL_SOCKET, SO_LINGER, {onoff=1, linger=0}, 8",
      "0",
      "",
    ],
    [
      "poll([{fd=4, events=POLLIN, revents=POLLIN}], 1, 0) = 1",
      "[{fd=4, events=POLLIN, revents=POLLIN}], 1, 0",
      "1",
      "",
    ],
    ["writev(4, [{..., 100}, {..., 200}], 2) = 300", "4, [{..., 100}, {..., 200}], 2", "300", ""],
    [
      'setsockopt(3, SOL_TCP, TCP_CONGESTION, "re" "no", 4) = 0',
      '3, SOL_TCP, TCP_CONGESTION, "reno", 4',
      "0",
      "",
    ],
    [
      "sendmsg(4, {msg_name(...)=..., msg_iov(1)=[{..., 40}], msg_flags=0}, 0) = 40",
      "4, {msg_name=..., msg_iov=[{..., 40}], msg_flags=0}, 0",
      "40",
      "",
    ],
    [
      'bind(3, {sa_family = AF_INET, sin_port = htons(80), sin_addr = inet_addr("10.0.0.1")}, 16) = 0',
      '3, {sa_family=AF_INET, sin_port=htons(80), sin_addr=inet_addr("10.0.0.1")}, 16',
      "0",
      "",
    ],
  ];
  for (const [text, list, result, error] of table) {
    const parsed = call(text);
    assertEquals(parsed.arguments.map(formatExpression).join(", "), list);
    assertEquals([formatExpression(parsed.result), parsed.error], [result, error]);
    assertEquals(parsed.end, undefined);
  }
  assertEquals(call("...0.3 read(4, ..., 10) = 10").end, 300_000);
});

Deno.test("packetdrill parser: options, shell lines, code and events keep their lines", () => {
  const script = parseScript(`// a comment
--tolerance_usecs=10000
--local_ip=192.168.0.1
--define=CC="reno"
\`./defaults.sh
sysctl -q net.ipv4.tcp_sack=0\`

0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0 %{ assert tcpi_state == 7 }%
+0 \`sleep 1\`
+.1 < icmp unreachable frag_needed mtu 1200 [1:1461(1460)]
\`rm x\`
`);
  assertEquals(script.options.map(({ name, value, line }) => [name, value, line]), [
    ["tolerance_usecs", "10000", 2],
    ["local_ip", "192.168.0.1", 3],
    ["define", 'CC="reno"', 4],
  ]);
  assertEquals(script.setup.map(({ line }) => line), [5, 12]);
  assertEquals(script.events.map(({ line, action }) => [line, action.kind]), [
    [8, "call"],
    [9, "code"],
    [10, "command"],
    [11, "icmp"],
  ]);
});

Deno.test("packetdrill parser: what is wrong is refused with its line", () => {
  const wrong: readonly string[] = [
    "+0 < S 0:0(0)",
    "+0 < . 1:2(0) ack 1 win 1",
    "+0 > X 1:1(0)",
    "+.2~+.1 > . 1:1(0)",
    "+0~+1 < . 1:1(0) win 1",
    "* close(3) = 0",
    "+0 close(3)",
    "+0 close(3 = 0",
    "-1 close(3) = 0",
    "+0 < S 0:0(0) win 1 <...>",
    "+0 > S 0:0(0) <FO 123>",
    "nonsense",
  ];
  for (const text of wrong) {
    const error = assertThrows(() => parseScript(`\n\n${text}`), ScriptSyntaxError, "", text);
    assertEquals(error.line, 3, text);
  }
});

Deno.test("packetdrill parser: what cannot be expressed is told apart from what is wrong", () => {
  for (
    const [text, why] of [
      ["0 > udp (100)", "UDP"],
      ["0 > gre: . 1:1(0)", "gre encapsulation"],
      ["0 > S 0:0(0) <mptcp 1>", "TCP option mptcp"],
      ["0 > (flowlabel 0x1) . 1:1(0)", "IPv6 flow labels"],
    ] as const
  ) {
    const error = assertThrows(() => parseScript(text), Unsupported);
    assertEquals(error.message, why);
  }
});
