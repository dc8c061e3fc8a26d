import { Host, Lan, type TcpConn } from "@octet/internet";
import { assert, assertEquals, assertMatch, assertRejects, assertThrows } from "@std/assert";
import { type Arguments, parseArguments, UsageError } from "./_arguments.ts";
import { runExample } from "./_child.ts";
import { IperfClient } from "./_iperf_client.ts";
import { iperfOptions, readIperfSettings, readSize } from "./_iperf_options.ts";
import {
  ControlConnection,
  cookieBytes,
  IperfError,
  newCookie,
  State,
  writeAll,
} from "./_iperf_protocol.ts";
import { IperfServer } from "./_iperf_server.ts";

function parse(...args: string[]): Arguments {
  return parseArguments(args, iperfOptions);
}

function settings(...args: string[]): ReturnType<typeof readIperfSettings> {
  return readIperfSettings(parse(...args));
}

Deno.test("Letters stand for options: alone, with their value behind or attached, several at once", () => {
  const found = settings("-c", "10.77.0.2", "-uR", "-P4", "-t", "3", "-b10M", "-i", "0", "-J");
  assertEquals([found.host, found.interval, found.link.json], ["10.77.0.2", 0, true]);
  const { udp, direction, parallel, time, rate } = found.test;
  assertEquals([udp, direction, parallel, time, rate], [true, "reverse", 4, 3, 10e6]);
  assertEquals(settings("-s", "-1", "-p", "80").oneOff, true);
  // A value may look like an option.
  assertEquals(parse("-c", "-s").text("client"), "-s");
  assertEquals(parse("--client", "-s").flag("server"), false);
  assertThrows(() => parse("-Rx"), UsageError, "Unknown option -x");
  assertThrows(() => parse("-c"), UsageError, "Option --client wants a value");
});

Deno.test("Sizes take powers of 1024, rates powers of 1000", () => {
  assertEquals(["7", "1K", "1.5m", "2G"].map((text) => readSize(text, 1024)), [
    7,
    1024,
    1.5 * 2 ** 20,
    2 ** 31,
  ]);
  assertEquals(readSize("10M", 1000), 10e6);
  for (const bad of ["", "K", "-1", "1.5", "1KB", "0", "1e3", "99999999T"]) {
    assertEquals(readSize(bad, 1024), undefined, bad);
  }
});

Deno.test("What is wrong with iperf's options is said in one line", () => {
  const table: readonly (readonly [string[], string])[] = [
    [[], "Give -s to serve"],
    [["-s", "-c", "a"], "-s and -c do not go together"],
    [["-s", "-R"], "Option --reverse is for -c"],
    [["-c", "a", "-1"], "Option --one-off is for -s"],
    [["-c", "a", "-R", "--bidir"], "do not go together"],
    [["-c", "a", "-t", "1", "-n", "1M"], "do not go together"],
    [["-c", "a", "-P", "0"], "Option --parallel wants a whole number from 1 to 128"],
    [["-c", "a", "-l", "2M"], "Option --length wants a size"],
    [["-c", "a", "-u", "-l", "8"], "16 or more"],
    [["-c", "a", "-i", "0.01"], "Option --interval wants"],
  ];
  for (const [args, message] of table) {
    assertThrows(() => settings(...args), UsageError, message, args.join(" "));
  }
});

/** A server and a client on a LAN. */
class Pair implements AsyncDisposable {
  readonly complaints: string[] = [];
  readonly lines: string[] = [];
  /** Called when the server has complained. */
  onComplaint: () => void = () => {};
  readonly #serverHost: Host;
  readonly #clientHost: Host;
  readonly #server: IperfServer;

  constructor() {
    const lan = new Lan();
    this.#serverHost = new Host(lan.attach(), { address: { address: "10.77.0.2/24" } });
    this.#clientHost = new Host(lan.attach(), { address: { address: "10.77.0.3/24" } });
    this.#server = new IperfServer(this.#serverHost, {
      port: 5201,
      interval: 0,
      json: false,
      print: (line) => this.lines.push(line),
      complain: (line) => {
        this.complaints.push(line);
        this.onComplaint();
      },
    });
    void this.#server.run();
  }

  test(...args: string[]): Promise<Record<string, unknown>> {
    const client = new IperfClient(
      this.#clientHost,
      settings("-c", "10.77.0.2", "-i", "0", ...args),
      () => {},
    );
    return client.run(new AbortController().signal);
  }

  /** A client that says what it wants, after its cookie. */
  async connect(cookie: string): Promise<[TcpConn, ControlConnection]> {
    const conn = await this.#clientHost.connect({ hostname: "10.77.0.2", port: 5201 });
    await writeAll(conn, cookieBytes(cookie));
    return [conn, new ControlConnection(conn)];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    await this.#clientHost.close();
    await this.#serverHost.close();
  }
}

interface Ends {
  readonly end: {
    readonly sum_sent: { readonly bytes: number };
    readonly sum_received: { readonly bytes: number };
  };
}

Deno.test("iperf moves what it is asked to, and both sides agree on it", async () => {
  await using pair = new Pair();
  for (const args of [["-n", "3M"], ["-n", "3M", "-R", "-P", "3"], ["-n", "1M", "-u", "-b", "0"]]) {
    const { end } = await pair.test(...args) as unknown as Ends;
    assert(end.sum_sent.bytes >= 1 << 20, args.join(" "));
    assert(end.sum_received.bytes > 0, args.join(" "));
    assert(end.sum_received.bytes <= end.sum_sent.bytes, args.join(" "));
  }
  assertEquals(pair.complaints, []);
});

Deno.test("iperf's server outlives clients that do not keep to the protocol, and serves the next", async () => {
  await using pair = new Pair();
  const bad: readonly (readonly [object | Uint8Array, RegExp])[] = [
    [Uint8Array.of(0xff, 0xff, 0xff, 0xff), /announces 4294967295 bytes/],
    [Uint8Array.of(0, 0, 0, 2, 0x7b, 0x7b), /no JSON/],
    [Uint8Array.of(0, 0, 0, 2, 0x5b, 0x5d), /no object/],
    [{ tcp: true, parallel: 1e6 }, /asks for parallel 1000000/],
    [{ tcp: true, len: -1 }, /asks for len -1/],
    [{ udp: true, len: 100_000 }, /datagrams of 100000/],
    [{}, /neither TCP nor UDP/],
  ];
  for (const [said, complaint] of bad) {
    const [conn, control] = await pair.connect(newCookie());
    assertEquals(await control.readState(), State.ParamExchange);
    if (said instanceof Uint8Array) await writeAll(conn, said);
    else await control.writeJson(said);
    await assertRejects(async () => {
      for (;;) await control.readState();
    });
    conn.close();
    assertMatch(pair.complaints.pop() ?? "", complaint);
  }
  const complained = Promise.withResolvers<void>();
  pair.onComplaint = complained.resolve;
  const [gone] = await pair.connect(newCookie());
  gone.close();
  await complained.promise;
  const { end } = await pair.test("-n", "1M") as unknown as Ends;
  assert(end.sum_received.bytes > 0);
});

Deno.test("iperf's server takes one test at a time, and connections of no other", async () => {
  await using pair = new Pair();
  const cookie = newCookie();
  const [first, control] = await pair.connect(cookie);
  assertEquals(await control.readState(), State.ParamExchange);
  await assertRejects(() => pair.test("-n", "1M"), IperfError, "busy");
  await control.writeJson({ tcp: true, num: 1, parallel: 1, len: 1000 });
  assertEquals(await control.readState(), State.CreateStreams);
  const [stranger, strange] = await pair.connect(newCookie());
  assertEquals(await strange.readState(), State.AccessDenied);
  const [stream] = await pair.connect(cookie);
  assertEquals(await control.readState(), State.TestStart);
  assertEquals(await control.readState(), State.TestRunning);
  await control.writeState(State.ClientTerminate);
  await assertRejects(() => control.readState(), IperfError, "closed the connection");
  for (const conn of [first, stranger, stream]) conn.close();
  assertMatch(pair.complaints.join(), /The client has ended the test/);
});

Deno.test("iperf measures itself on a LAN in memory, and prints iperf3's JSON", async () => {
  const { code, stdout, stderr } = await runExample("iperf.ts", [
    ...["-c", "10.77.0.2", "-n", "2M", "--bidir", "-J"],
  ]);
  assertEquals([code, stderr], [0, ""]);
  const report = JSON.parse(stdout);
  assertEquals(Object.keys(report), ["start", "intervals", "end"]);
  assertEquals(report.start.test_start.bidir, 1);
  assert(report.end.sum_sent.bytes > 0 && report.end.sum_received_bidir_reverse.bytes >= 0);
  assertEquals(report.end.streams.length, 2);
});

Deno.test("Ctrl-C ends iperf with 130, wherever it is", async () => {
  const { code, stderr } = await runExample("iperf.ts", ["-c", "10.77.0.2", "-t", "100"], {
    interruptAfter: "connected to",
  });
  assertEquals([code, stderr], [130, ""]);
  assertEquals((await runExample("iperf.ts", ["-c", "10.77.0.9", "--timeout", "0.2"])).code, 1);
  assertEquals((await runExample("iperf.ts", ["-c"])).code, 2);
});
