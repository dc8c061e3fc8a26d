import { Host, Lan } from "@octet/internet";
import { assert, assertEquals, assertMatch } from "@std/assert";
import { bytesPage, echoPage, sinkPage } from "./_bytes_page.ts";
import { runExample } from "./_child.ts";
import { StaticFiles } from "./_static_files.ts";

const base = "http://10.77.0.2";

Deno.test("On the LAN in memory the server is asked by a second host, until Ctrl-C", async () => {
  const result = await runExample("httpserver.ts", ["--verbose"], { interruptAfter: "Self-check" });
  assertEquals(result.code, 130, result.stderr);
  assertMatch(
    result.stdout,
    /^Listening on http:\/\/10\.77\.0\.\d+\/ \(LAN in memory: only this process/,
  );
  assertMatch(result.stdout, /^Self-check: 10\.77\.0\.2 .* fetched .*: 200, \d+ bytes, [\d.]+ms$/m);
  assertMatch(result.stderr, /^10\.77\.0\.2:\d+ "GET \/" 200 (\d+|-) [\d.]+ms$/m);
});

Deno.test("Wrong options of the server are told in one line", async () => {
  for (
    const [args, says] of [
      [["--port", "0"], /--port wants a whole number from 1 to 65535/],
      [["--root", "/nowhere"], /--root wants a folder, and \/nowhere is none/],
      [["here"], /Unexpected argument "here"/],
    ] as const
  ) {
    const result = await runExample("httpserver.ts", args, { permissions: ["--allow-read"] });
    assertEquals([result.code, result.stdout], [2, ""]);
    assertMatch(result.stderr, says);
    assertEquals(result.stderr.split("\n").length, 2);
  }
});

Deno.test("Without a lease the server ends with 28", async () => {
  const result = await runExample("httpserver.ts", ["--impair", "loss=100%", "--timeout", "0.5"]);
  assertEquals(result.code, 28);
  assertMatch(result.stderr, /^httpserver: Cannot get an address as no DHCP server[^\n]*\n$/);
});

Deno.test("/bytes/N gives N bytes, byte i being i modulo 251", async () => {
  for (const size of [0, 1, 251, 257_023, 257_024, 257_025, 1_000_003]) {
    const response = bytesPage(new Request(`${base}/bytes/${size}`), `${size}`);
    // The server tells the length of a body that is at hand; of a stream the page must.
    const isStream = size > 257_024;
    assertEquals(response.headers.get("content-length"), isStream ? `${size}` : null);
    const bytes = await response.bytes();
    assertEquals(bytes.length, size);
    assert(bytes.every((value, i) => value === i % 251), `${size}`);
  }
});

Deno.test("/bytes/N has a length on the wire, whatever its size", async () => {
  const lan = new Lan();
  await using server = new Host(lan.attach(), { address: { address: "10.0.0.1/24" } });
  await using client = new Host(lan.attach(), { address: { address: "10.0.0.2/24" } });
  server.serve(
    { port: 80, onListen: () => {} },
    (request) => bytesPage(request, request.url.replace(/.*\//, "")),
  );
  for (const size of [0, 12, 257_024, 257_025]) {
    const response = await client.fetch(`http://10.0.0.1/${size}`);
    assertEquals(response.headers.get("content-length"), `${size}`);
    assertEquals((await response.bytes()).length, size);
  }
});

Deno.test("/bytes/N refuses what is no size, and gives the head of the largest", () => {
  for (const bad of ["", "x", "-1", "1e3", "0x10", "01", "1.5", "1099511627777", " 1", "1/"]) {
    assertEquals(bytesPage(new Request(base), bad).status, 400, bad);
  }
  const head = bytesPage(new Request(base, { method: "HEAD" }), "1099511627776");
  assertEquals([head.status, head.headers.get("content-length"), head.body], [
    200,
    "1099511627776",
    null,
  ]);
  const post = bytesPage(new Request(base, { method: "POST" }), "1");
  assertEquals([post.status, post.headers.get("allow")], [405, "GET, HEAD"]);
});

Deno.test("/bytes/N comes whole over a LAN, in pieces large and small", async () => {
  const lan = new Lan();
  await using server = new Host(lan.attach(), { address: { address: "10.77.0.2/24" } });
  await using client = new Host(lan.attach(), { address: { address: "10.77.0.3/24" } });
  server.serve(
    { port: 80, onListen: () => {} },
    (request) => bytesPage(request, new URL(request.url).pathname.slice(7)),
  );
  for (const size of [0, 1, 257_024, 2 * 257_024 + 25_600, 4 * 257_024 + 1]) {
    const response = await client.fetch(`${base}/bytes/${size}`);
    const bytes = await response.bytes();
    assertEquals(bytes.length, size);
    assert(bytes.every((value, i) => value === i % 251), `${size}`);
  }
});

Deno.test("/bytes/N makes no more than is read", async () => {
  const reader = bytesPage(new Request(base), "1099511627776").body!.getReader();
  const { value } = await reader.read();
  assert(value!.length < 1 << 20);
  await reader.cancel();
});

Deno.test("/echo gives the body and its type back, /sink its length and SHA-256", async () => {
  const echoed = echoPage(
    new Request(base, { method: "POST", body: "abc", headers: { "content-type": "text/x-mine" } }),
  );
  assertEquals([echoed.headers.get("content-type"), await echoed.text()], ["text/x-mine", "abc"]);
  assertEquals(echoPage(new Request(base)).status, 405);
  // The digests are those of FIPS 180-4's examples.
  for (
    const [body, sha256] of [
      ["abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"],
      ["", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
    ] as const
  ) {
    const sunk = await sinkPage(new Request(base, { method: "POST", body }));
    assertEquals(await sunk.json(), { bytes: body.length, sha256 });
  }
});

interface Tree extends AsyncDisposable {
  readonly files: StaticFiles;
  readonly folder: string;
}

async function makeTree(): Promise<Tree> {
  const folder = await Deno.makeTempDir();
  await Deno.mkdir(`${folder}/root/sub/deep`, { recursive: true });
  await Deno.mkdir(`${folder}/root-other`);
  await Deno.writeTextFile(`${folder}/secret.txt`, "secret");
  await Deno.writeTextFile(`${folder}/root-other/secret.txt`, "secret");
  await Deno.writeTextFile(`${folder}/root/a b.txt`, "0123456789");
  await Deno.writeTextFile(`${folder}/root/sub/index.html`, "<p>index");
  await Deno.writeTextFile(`${folder}/root/sub/deep/<&>.js`, "1");
  await Deno.symlink(`${folder}/secret.txt`, `${folder}/root/leak.txt`);
  await Deno.symlink(folder, `${folder}/root/up`);
  await Deno.symlink("loop", `${folder}/root/loop`);
  await Deno.symlink("a b.txt", `${folder}/root/inside.txt`);
  return {
    folder,
    files: new StaticFiles(`${folder}/root`),
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}

Deno.test("Files have types, sizes and dates; folders an index or a list", async () => {
  await using tree = await makeTree();
  const get = (path: string, init?: RequestInit): Promise<Response | null> =>
    tree.files.serve(new Request(base + path, init));
  const file = (await get("/a%20b.txt"))!;
  assertEquals(file.headers.get("content-type"), "text/plain; charset=utf-8");
  assertEquals([file.headers.get("content-length"), await file.text()], ["10", "0123456789"]);
  assertMatch(file.headers.get("last-modified")!, /^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$/);
  assertEquals(await (await get("/inside.txt"))!.text(), "0123456789");
  const moved = (await get("/sub?q=1"))!;
  assertEquals([moved.status, moved.headers.get("location")], [301, "/sub/?q=1"]);
  assertEquals((await get("//sub"))!.headers.get("location"), "/sub/");
  assertEquals(await (await get("/sub/"))!.text(), "<p>index");
  const list = await (await get("/sub/deep/"))!.text();
  assert(list.includes('<a href="./%3C%26%3E.js">&lt;&amp;&gt;.js</a>'), list);
  assertEquals(await (await get("/sub/deep/%3C%26%3E.js"))!.text(), "1");
  assertEquals(await get("/", { method: "GET" }), null);
  const refused = (await get("/a%20b.txt", { method: "DELETE" }))!;
  assertEquals(refused.status, 405);
  const head = (await get("/a%20b.txt", { method: "HEAD" }))!;
  assertEquals([head.headers.get("content-length"), head.body], ["10", null]);
});

Deno.test("Nothing from outside the folder is given, however it is spelt", async () => {
  await using tree = await makeTree();
  const paths = [
    ...["/../secret.txt", "/%2e%2e/secret.txt", "/..%2fsecret.txt", "/%2e%2e%2fsecret.txt"],
    ...["/sub/..%5c..%5csecret.txt", "/leak.txt", "/up/secret.txt", "/up/", "/loop", "/a%00b"],
    ...[
      "/%ff",
      "/%2Fetc%2Fpasswd",
      "//etc/passwd",
      "/a%20b.txt/",
      "/a%20b.txt/x",
      "/../root-other/secret.txt",
    ],
    ...[`/${"x".repeat(300)}`, "/none"],
  ];
  for (const path of paths) {
    assertEquals(await tree.files.serve(new Request(base + path)), null, path);
  }
});

Deno.test("Ranges and conditions are answered as RFC 9110 has it", async () => {
  await using tree = await makeTree();
  const get = async (headers: Record<string, string>): Promise<Response> =>
    (await tree.files.serve(new Request(`${base}/a%20b.txt`, { headers })))!;
  const whole = await get({});
  const etag = whole.headers.get("etag")!;
  const modified = whole.headers.get("last-modified")!;
  await whole.body?.cancel();
  const early = "Thu, 01 Jan 1970 00:00:00 GMT";
  const table: readonly (readonly [Record<string, string>, number, string])[] = [
    [{ "range": "bytes=2-4" }, 206, "234"],
    [{ "range": "bytes=7-" }, 206, "789"],
    [{ "range": "bytes=-3" }, 206, "789"],
    [{ "range": "bytes=0-100" }, 206, "0123456789"],
    [{ "range": "bytes=10-" }, 416, ""],
    [{ "range": "bytes=5-2" }, 200, "0123456789"],
    [{ "range": "lines=1-2" }, 200, "0123456789"],
    [{ "range": "bytes=0-1,4-5" }, 200, "0123456789"],
    [{ "range": "bytes=2-4", "if-range": etag }, 206, "234"],
    [{ "range": "bytes=2-4", "if-range": '"other"' }, 200, "0123456789"],
    [{ "range": "bytes=2-4", "if-range": modified }, 206, "234"],
    [{ "if-none-match": etag }, 304, ""],
    [{ "if-none-match": `"x", W/${etag}` }, 304, ""],
    [{ "if-none-match": "*" }, 304, ""],
    [{ "if-none-match": '"x"', "if-modified-since": modified }, 200, "0123456789"],
    [{ "if-modified-since": modified }, 304, ""],
    [{ "if-modified-since": early }, 200, "0123456789"],
    [{ "if-modified-since": "yesterday" }, 200, "0123456789"],
    [{ "if-match": etag }, 200, "0123456789"],
    [{ "if-match": '"x"' }, 412, ""],
    [{ "if-match": `W/${etag}` }, 412, ""],
    [{ "if-unmodified-since": early }, 412, ""],
    [{ "if-unmodified-since": modified }, 200, "0123456789"],
  ];
  for (const [headers, status, body] of table) {
    const response = await get(headers);
    const label = JSON.stringify(headers);
    assertEquals([response.status, await response.text()], [status, body], label);
  }
  const part = await get({ range: "bytes=2-4" });
  assertEquals(part.headers.get("content-range"), "bytes 2-4/10");
  await part.body?.cancel();
  assertEquals((await get({ range: "bytes=10-" })).headers.get("content-range"), "bytes */10");
});
