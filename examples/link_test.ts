import { openCapture } from "@octet/pcap";
import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { describeOptions, parseArguments, UsageError } from "./_arguments.ts";
import { runExample } from "./_child.ts";
import { linkOptions, readLinkSettings } from "./_link.ts";

function settings(...args: string[]): ReturnType<typeof readLinkSettings> {
  return readLinkSettings(parseArguments(args, linkOptions));
}

Deno.test("Shared options have the defaults of their table", () => {
  const found = settings();
  assertEquals([found.kind.name, found.address, found.offload, found.hostname], [
    "lan",
    null,
    true,
    "octet",
  ]);
  assertEquals([found.timeout, found.sniff, found.nameServers], [Infinity, false, []]);
});

Deno.test("Shared options are read, with = or without", () => {
  const found = settings(
    ...["--link", "tap:tap0", "--ip=10.77.0.2/24", "--gateway", "10.77.0.1", "--dns=10.77.0.1"],
    ...["--dns", "10.77.0.3", "--mac", "02:00:00:00:00:02", "--mtu", "1400", "--timeout", "0.5"],
    ...["--host-ip", "10.77.0.1/24", "--offload", "off", "--hostname", "my-host", "--json"],
  );
  assertEquals([found.kind.name, found.name, found.gateway], ["tap", "tap0", 0x0a4d0001]);
  assertEquals([found.nameServers, found.mtu, found.timeout], [
    ["10.77.0.1", "10.77.0.3"],
    1400,
    500,
  ]);
  assertEquals([found.hostIp, found.offload, found.json], ["10.77.0.1/24", false, true]);
  assertEquals(settings("--link", "tap:tap0", "--impair", "loss=1%").offload, false);
});

Deno.test("The token of an httptap is kept, and not shown", () => {
  const found = settings("--link", "https://tap.example/path?token=abcdefghijklmnop");
  assertEquals(found.name, "https://tap.example/path?token=abcdefghijklmnop");
  assertEquals(found.label, "https://tap.example/path");
});

Deno.test("What is wrong with a shared option is said in one line", () => {
  const tun = ["--link", "tun:tun0"];
  const table: readonly (readonly [string[], RegExp])[] = [
    [["--nope"], /^Unknown option --nope: --help/],
    [["-v"], /^Unknown option -v: --help/],
    [["--no-json"], /^Unknown option --no-json/],
    [["--json=yes"], /^Option --json takes no value/],
    [["extra"], /^Unexpected argument "extra"/],
    [["--", "--json"], /^Unexpected argument "--json"/],
    [["--timeout"], /^Option --timeout wants a value: --timeout 5/],
    [["--timeout", "abc"], /not "abc"/],
    [["--timeout", "-1"], /not "-1"/],
    [["--timeout", "0"], /not "0"/],
    [["--timeout", "1e3"], /not "1e3"/],
    [["--timeout", ""], /not ""/],
    [["--timeout", "."], /not "\."/],
    [["--timeout", "Infinity"], /not "Infinity"/],
    [["--timeout", "5", "--timeout=6"], /was given 2 times/],
    [["--mtu", "67"], /from 68 to 65535/],
    [["--mtu", "1500.5"], /from 68 to 65535/],
    [["--mtu", "0x5dc"], /from 68 to 65535/],
    [["--ip", "10.77.0.2"], /like "10.77.0.2\/24"/],
    [["--ip", "010.77.0.2/24"], /--ip wants dhcp or an address/],
    [["--ip", "1..2.3/24"], /--ip wants/],
    [["--ip", "10.77.0.0/24"], /not the address of a host/],
    [["--ip", "10.77.0.255/24"], /not the address of a host/],
    [["--ip", "224.0.0.1/24"], /not the address of a host/],
    [["--ip", "0.0.0.1/24"], /not the address of a host/],
    [["--ip", "--json"], /--ip wants/],
    [["--ip6", "slaac"], /^IPv6 is not there yet/],
    [["--gateway", "10.77.0.1"], /wants --ip ADDR\/LEN/],
    [["--ip", "10.77.0.2/24", "--gateway", "10.78.0.1"], /a neighbour in 10\.77\.0\.0\/24/],
    [["--ip", "10.77.0.2/24", "--gateway", "10.77.0.2"], /a neighbour/],
    [["--dns", "dns.test"], /--dns wants/],
    [["--mac", "02:00:00:00:00"], /--mac wants/],
    [["--mac", "ff:ff:ff:ff:ff:ff"], /not the address of one station/],
    [["--mac", "00:00:00:00:00:00"], /not the address of one station/],
    [["--hostname", "under_score"], /--hostname wants/],
    [["--hostname", "a..b"], /--hostname wants/],
    [["--offload", "yes"], /on or off, not "yes"/],
    [["--impair", "loss=200%"], /--impair wants .*loss/],
    [["--impair", "lag=1ms"], /"lag" at character 1/],
    [["--pcap", ""], /--pcap wants/],
    [["--host-ip", "10.77.0.1/24"], /wants a TUN\/TAP device/],
    [["--link", "wlan"], /--link wants lan, tap:NAME.* or \S+, not "wlan"/],
    [["--link", "lan:x"], /--link wants/],
    [["--link", "tap:"], /--link wants/],
    [["--link", "tap:a/b"], /--link wants/],
    [["--link", "tap:tap%d"], /--link wants/],
    [["--link", "http:127.0.0.1:7070"], /--link wants/],
    [["--link", "http:///x"], /--link wants/],
    [["--link", "http://h:70000"], /--link wants/],
    [["--link", "http://h:7070", "--host-ip", "10.77.0.1/24"], /an httptap has no side/],
    [["--link", "qemu:"], /--link wants/],
    [["--link", "replay:"], /--link wants/],
    [["--link", "qemu:a,b,c"], /--link wants/],
    [["--link", "qemu:/run/q", "--host-ip", "10.77.0.1/24"], /a virtual machine has no side/],
    [["--link", "tap:sixteencharacter"], /at most 15 bytes/],
    [tun, /give --ip ADDR\/LEN/],
    [[...tun, "--ip", "10.0.0.2/24", "--mac", "02:00:00:00:00:02"], /no Ethernet/],
    [
      ["--link", "tap:t", "--ip", "10.0.0.2/24", "--host-ip", "10.0.0.2/24"],
      /give each side its own/,
    ],
  ];
  for (const [args, says] of table) {
    const error = assertThrows(() => settings(...args), UsageError);
    assertMatch(error.message, says, args.join(" "));
    assert(!error.message.includes("\n"), error.message);
  }
});

Deno.test("Values may be anything: empty, negative, or like an option", () => {
  const table = { data: { value: "TEXT", help: "" }, flag: { help: "" } };
  for (const value of ["", "-", "-5", "--flag", "=", "a=b\nc", "--"]) {
    assertEquals(parseArguments(["--data", value], table).text("data"), value);
    assertEquals(parseArguments([`--data=${value}`], table).text("data"), value);
  }
  assertEquals(parseArguments(["--", "--flag"], table, ["X"]).positionals, ["--flag"]);
  assertEquals(parseArguments(["12"], table, ["X"]).positionals, ["12"]);
});

Deno.test("The help page names every option", () => {
  const page = describeOptions(linkOptions);
  for (const name of Object.keys(linkOptions)) assert(page.includes(`  --${name}`), name);
});

for (const program of ["xcurl.ts", "httpserver.ts"]) {
  Deno.test(`${program} ends with 2 for wrong usage, and answers --help`, async () => {
    const url = program === "xcurl.ts" ? ["http://www.octet.test/"] : [];
    const wrong = await runExample(program, [...url, "--link", "tap:a/b"]);
    assertEquals([wrong.code, wrong.stdout], [2, ""]);
    assertMatch(wrong.stderr, /^\w+: Option --link wants lan, [^\n]*not "tap:a\/b"\n$/);
    const help = await runExample(program, ["--help"]);
    assertEquals([help.code, help.stderr], [0, ""]);
    assertMatch(help.stdout, /^ {2}--link SPEC /m);
    assertMatch(help.stdout, /^Permissions: none for --link lan; --allow-net=HOST:PORT for http:/m);
    assertMatch(help.stdout, /^Examples:$/m);
  });
}

Deno.test("--sniff prints a line per packet, --pcap writes as many, without colour", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const file = `${folder}/p.pcapng`;
    const result = await runExample("xcurl.ts", [
      ...["http://www.octet.test/", "--sniff", "--pcap", file, "--mac", "02:00:00:00:00:02"],
    ], { permissions: [`--allow-write=${folder}`] });
    assertEquals(result.code, 0, result.stderr);
    assert(!result.stderr.includes("\x1b"), "colour where there is no terminal");
    const lines = result.stderr.split("\n").filter((line) => /^(OUT|IN ) +\d+ \[/.test(line));
    assertMatch(
      lines[0]!,
      /^OUT \d+ \[Ethernet len=14; destination=ff:ff:ff:ff:ff:ff; source=us \| IPv4/,
    );
    assert(lines.some((line) => /^OUT .* source=us; .* \| TCP .*flags=SYN\]$/.test(line)));
    assert(lines.some((line) => /^IN .* destination=us \| TCP .*flags=SYN,ACK\]$/.test(line)));
    assert(lines.some((line) => line.includes("DHCP")));

    const reader = openCapture(await Deno.readFile(file));
    let count = 0;
    while (reader.next()) count++;
    assertEquals(count, lines.length);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("A capture is played to a program, and what is none is refused", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const permissions = [`--allow-read=${folder}`, `--allow-write=${folder}`];
    const file = `${folder}/recorded.pcapng`;
    const recorded = await runExample("httpserver.ts", ["--ip", "10.77.0.9/24", "--pcap", file], {
      permissions,
      interruptAfter: "Self-check",
    });
    assertEquals(recorded.code, 130, recorded.stderr);
    const link = ["--link", `replay:${file}`, "--ip", "10.77.0.9/24"];
    const played = await runExample("httpserver.ts", [...link, "--sniff"], {
      permissions,
      interruptAfter: "Listening",
    });
    assertEquals(played.code, 130, played.stderr);
    assertMatch(played.stdout, /^Listening on http:\/\/10\.77\.0\.9\/ \(replay /);

    await Deno.writeFile(`${folder}/none`, new Uint8Array(40));
    const wrong: readonly (readonly [string, RegExp])[] = [
      ["nowhere", /: Cannot play \S+: No such file or directory\n$/],
      ["none", /: Cannot play \S+: Cannot read pcap file as its magic is 0x0\n$/],
    ];
    for (const [name, says] of wrong) {
      const result = await runExample("httpserver.ts", ["--link", `replay:${folder}/${name}`], {
        permissions,
      });
      assertEquals([result.code, result.stdout], [1, ""]);
      assertMatch(result.stderr, says);
      assertMatch(result.stderr, /^httpserver: [^\n]+\n$/);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("A capture that cannot be written ends with 23 before anything is sent", async () => {
  const result = await runExample("xcurl.ts", [
    ...["http://www.octet.test/", "--pcap", "/nowhere/p.pcapng"],
  ], { permissions: ["--allow-write"] });
  assertEquals([result.code, result.stdout], [23, ""]);
  assertMatch(
    result.stderr,
    /^xcurl: Cannot write packets to \/nowhere\/p\.pcapng: No such file[^\n]*\n$/,
  );
});
