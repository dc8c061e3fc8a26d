/**
 * `wrk` with 50 connections against web servers that all answer with the same twelve bytes.
 *
 * @module
 */
import type { Figure } from "@octet/testing/bench";
import { Namespace, type NamespaceChild, requirePeers } from "../_namespace.ts";
import { linkOptions, peerAddress, startOurs } from "./wires.ts";

const group = "HTTP requests, wrk -c 50";

const nodeServer = `require("http").createServer((_, response) => {
  response.setHeader("Content-Type", "text/plain");
  response.end("hello world!");
}).listen(8080, "127.0.0.1", () => console.log("Listening"));`;

const denoServer = `Deno.serve(
  { port: 8080, hostname: "127.0.0.1", onListen: () => console.log("Listening") },
  () => new Response("hello world!"),
);`;

const nginxConfiguration = `pid nginx.pid;
error_log stderr notice;
worker_processes auto;
events {}
http {
  access_log off;
  keepalive_requests 100000000;
  server {
    listen 127.0.0.1:8080;
    default_type text/plain;
    location / { return 200 "hello world!"; }
  }
}
`;

/** Requests a second. */
async function wrk(namespace: Namespace, url: string, seconds: number): Promise<number> {
  const args = ["-c", "50", "-t", "1", "-d", `${seconds}s`, url];
  const { stdout } = await namespace.run("wrk", args);
  const rate = /^Requests\/sec:\s+([\d.]+)$/m.exec(stdout)?.[1];
  if (rate === undefined || /Non-2xx|Socket errors/.test(stdout)) {
    throw new Error(`wrk ${url}: ${stdout}`);
  }
  return Number(rate);
}

/** Checks that a server answers as the others do. */
async function checkAnswer(namespace: Namespace, url: string): Promise<void> {
  const { stdout } = await namespace.run("curl", ["-s", "-w", "%{http_code}", url]);
  if (stdout.length !== 12 + 3 || !stdout.endsWith("200")) {
    throw new Error(`Cannot measure ${url} as it answers ${JSON.stringify(stdout)}`);
  }
}

/** Measures a server after it has run for a second. */
async function measure(namespace: Namespace, url: string, seconds: number): Promise<number> {
  await checkAnswer(namespace, url);
  await wrk(namespace, url, 1);
  return await wrk(namespace, url, seconds);
}

async function onLoopback(
  start: (namespace: Namespace) => NamespaceChild,
  ready: string | RegExp,
  seconds: number,
): Promise<number> {
  await using namespace = await Namespace.create();
  await start(namespace).waitFor(ready);
  return await measure(namespace, "http://127.0.0.1:8080/", seconds);
}

async function nginx(seconds: number): Promise<number> {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/nginx.conf`, nginxConfiguration);
    const args = ["-p", folder, "-c", "nginx.conf", "-g", "daemon off;"];
    return await onLoopback(
      (namespace) => namespace.spawn("nginx", args),
      "start worker process",
      seconds,
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/**
 * Measures `httpserver.ts` on a TAP, and others on loopback.
 *
 * @param seconds How long each of them is asked.
 */
export async function measureHttp(seconds: number): Promise<Figure[]> {
  requirePeers("wrk", "curl", "nginx", "node");
  const node = await onLoopback(
    (namespace) => namespace.spawn("node", ["-e", nodeServer]),
    "Listening",
    seconds,
  );
  const deno = await onLoopback(
    (namespace) => namespace.spawnDeno(["eval", denoServer]),
    "Listening",
    seconds,
  );
  const others = { "Node http": node, "Deno.serve": deno, nginx: await nginx(seconds) };
  await using namespace = await Namespace.create();
  await startOurs(namespace, "examples/httpserver.ts", "Listening on", ...linkOptions);
  const value = await measure(namespace, `http://${peerAddress}/bytes/12`, seconds);
  const base = { group, unit: "/s", better: "more" } as const;
  return [
    ...Object.entries(others).map(([name, rate]): Figure => ({
      ...base,
      name: `${name} on loopback`,
      value: rate,
    })),
    { ...base, name: "httpserver.ts on a TAP", value, target: node, peers: others },
  ];
}
