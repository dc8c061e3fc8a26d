/**
 * Round trips: an octet over TCP between processes, and `ping -f`.
 *
 * @module
 */
import type { Figure } from "@octet/testing/bench";
import { Namespace, requirePeers } from "../_namespace.ts";
import { peerAddress, startOurs, Veth } from "./wires.ts";

const group = "round trips";
const script = new URL("round_trips.py", import.meta.url).pathname;
const python = "/usr/bin/python3";
/** Round trips before those that count. */
const warmUp = 5000;

interface RoundTrips {
  /** Microseconds. */
  readonly median: number;
  /** Microseconds; one in a hundred takes longer. */
  readonly p99: number;
}

async function octets(namespace: Namespace, count: number): Promise<RoundTrips> {
  const times = await namespace.json(python, [script, peerAddress, String(count + warmUp)]);
  const sorted = (times as number[]).slice(warmUp).sort((a, b) => a - b);
  const at = (part: number) => sorted[Math.floor(sorted.length * part)]! / 1000;
  return { median: at(0.5), p99: at(0.99) };
}

/** The average of a flood, in microseconds. */
async function flood(namespace: Namespace, count: number): Promise<number> {
  const { stdout } = await namespace.run("ping", ["-f", "-q", "-c", String(count), peerAddress]);
  const [, average, unit] = /= [\d.]+\/([\d.]+)\/[\d.]+\/[\d.]+ (ms)/.exec(stdout) ?? [];
  if (unit === undefined || !stdout.includes(" 0% packet loss")) {
    throw new Error(`Cannot read what ping said: ${stdout}`);
  }
  return Number(average) * 1000;
}

/**
 * Measures round trips over a veth and over a TAP.
 *
 * @param count How many.
 */
export async function measureLatency(count: number): Promise<Figure[]> {
  requirePeers("ping", python);
  let kernel: RoundTrips;
  let kernelFlood: number;
  {
    await using veth = await Veth.create(true);
    const server = veth.far.spawn(python, [script, "serve"]);
    await server.waitFor("Listening");
    kernel = await octets(veth.near, count);
    kernelFlood = await flood(veth.near, count);
  }
  await using namespace = await Namespace.create();
  await startOurs(namespace, "interop/bench/echo.ts", "Listening");
  const ours = await octets(namespace, count);
  await flood(namespace, Math.ceil(count / 4));
  const ourFlood = await flood(namespace, count);
  const base = { group, unit: "µs", better: "less" } as const;
  return [
    {
      ...base,
      name: "1 octet over TCP, kernel to kernel over a veth, median",
      value: kernel.median,
    },
    { ...base, name: "1 octet over TCP, kernel to kernel over a veth, p99", value: kernel.p99 },
    {
      ...base,
      name: "1 octet over TCP, kernel to us over a TAP, median",
      value: ours.median,
      target: kernel.median,
      peers: { kernel: kernel.median },
    },
    {
      ...base,
      name: "1 octet over TCP, kernel to us over a TAP, p99",
      value: ours.p99,
      target: 2 * kernel.p99,
      peers: { kernel: kernel.p99 },
    },
    { ...base, name: "ping -f, kernel to kernel over a veth, average", value: kernelFlood },
    {
      ...base,
      name: "ping -f, kernel to us over a TAP, average",
      value: ourFlood,
      target: 50,
      peers: { kernel: kernelFlood, gVisor: 79 },
    },
  ];
}
