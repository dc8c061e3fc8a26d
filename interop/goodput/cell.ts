/**
 * One measurement: two TCPs, an impaired wire between them, and bytes in one direction for some seconds.
 *
 * Loss, delay and rate are those of each direction, as `--impair` has them: a delay of 50 ms is a round trip of 100 ms, and
 * acknowledgements are lost as data is. In each case every frame passes one impairment in a Deno process, once: that of
 * our stack, or that of the forwarder between two kernels.
 *
 * @module
 */
import { Namespace } from "../_namespace.ts";
import {
  addTap,
  begin,
  checkCubic,
  configureKernel,
  isReady,
  moveLink,
  sinkPort,
  sinkReport,
  startForwarder,
  startPeer,
} from "./network.ts";
import type { SinkReport, TrafficTimes } from "./traffic.ts";

/**
 * Who sends to whom. Where two kernels are beside ours, the arrow says on which side of the impairment the sender
 * is: each direction has random numbers of its own, and with the same seed the same frames are lost as
 * with ours, for as long as both send the same: `kernel ← kernel` is beside `ours → kernel`.
 */
export type Pairing = "ours → kernel" | "kernel → ours" | "kernel → kernel" | "kernel ← kernel";

/** The pairings in the order in which they are measured. */
export const pairings: readonly Pairing[] = [
  "ours → kernel",
  "kernel ← kernel",
  "kernel → ours",
  "kernel → kernel",
];

/** The wire of a measurement. */
export interface Wire {
  /** How likely a frame is lost, in percent, each direction. */
  readonly loss: number;
  /** How long a frame takes, in milliseconds, each direction. */
  readonly delay: number;
  /** Bandwidth in megabits per second, each direction. */
  readonly rate: number;
  /** From where the random numbers start. */
  readonly seed: number;
}

/** Frames that may wait for the line beyond those under way: some 15 ms at 200 Mbit/s. */
const queue = 256;
/** A full frame with what Ethernet adds, in bits. */
const frameBits = 1538 * 8;
const network = "10.99.0";

/** A wire as text for the impairment. */
export function impairmentOf({ loss, delay, rate, seed }: Wire, room: number = queue): string {
  const limit = Math.ceil(rate * 1e6 * delay / 1000 / frameBits) + room;
  return `loss=${loss}%,delay=${delay}ms,rate=${rate}mbit,limit=${limit},seed=${seed}`;
}

/** Measures one pairing over one wire. */
export async function measure(
  pairing: Pairing,
  wire: Wire,
  times: TrafficTimes,
): Promise<SinkReport> {
  const report = pairing === "ours → kernel" || pairing === "kernel → ours"
    ? await withOurs(pairing, wire, times)
    : await betweenKernels(pairing, wire, times);
  if (report.wrongAt >= 0) {
    throw new Error(
      `Stream ${pairing} over ${impairmentOf(wire)} is wrong at byte ${report.wrongAt}`,
    );
  }
  return report;
}

async function withOurs(pairing: Pairing, wire: Wire, times: TrafficTimes): Promise<SinkReport> {
  await using namespace = await Namespace.create();
  await addTap(namespace, "tap0");
  await configureKernel(namespace, "tap0", `${network}.1/24`);
  const octet = { device: "tap0", address: `${network}.2/24`, impairment: impairmentOf(wire) };
  const isSource = pairing === "ours → kernel";
  const common = { hostname: `${network}.${isSource ? 1 : 2}`, port: sinkPort, times };
  const sink = startPeer(namespace, { role: "sink", ...common, ...(!isSource && { octet }) });
  await isReady(sink);
  const source = startPeer(namespace, { role: "source", ...common, ...(isSource && { octet }) });
  await isReady(source);
  if (!isSource) await checkCubic(namespace);
  await begin(source);
  return await sinkReport(sink);
}

async function betweenKernels(
  pairing: Pairing,
  wire: Wire,
  times: TrafficTimes,
): Promise<SinkReport> {
  // Namespaces come to their end in reverse, the forwarder's last, as it holds the devices of both.
  await using middle = await Namespace.create();
  await using left = await Namespace.create();
  await using right = await Namespace.create();
  await addTap(middle, "tap0");
  await addTap(middle, "tap1");
  await startForwarder(middle, impairmentOf(wire), "tap0", "tap1");
  await moveLink(middle, "tap0", left);
  await moveLink(middle, "tap1", right);
  await configureKernel(left, "tap0", `${network}.1/24`);
  await configureKernel(right, "tap1", `${network}.2/24`);
  const [from, to, host] = pairing === "kernel → kernel" ? [left, right, 2] : [right, left, 1];
  const common = { hostname: `${network}.${host}`, port: sinkPort, times };
  const sink = startPeer(to, { role: "sink", ...common });
  await isReady(sink);
  const source = startPeer(from, { role: "source", ...common });
  await isReady(source);
  await checkCubic(from);
  await begin(source);
  return await sinkReport(sink);
}
