/**
 * Two senders over one bottleneck, of ours or of the kernel's, and Jain's index of what each gets.
 *
 * Each sender has a network namespace and a TAP device of the forwarder; a stack of ours is joined to it by a bridge
 * of the kernel. The third port leads to the kernel that receives, behind the impairment: that is the bottleneck.
 *
 * @module
 */
import { Namespace } from "../_namespace.ts";
import { impairmentOf, type Wire } from "./cell.ts";
import {
  addBridge,
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
import type { TrafficTimes } from "./traffic.ts";

/** Whose TCP sends. */
export type Sender = "ours" | "kernel";

/** What two senders got, in bits per second. */
export interface Shares {
  /** The senders. */
  readonly senders: readonly [Sender, Sender];
  /** The goodput of each. */
  readonly goodputs: readonly [number, number];
  /** Jain's index: 1 when both got the same, 0.5 when one got all. */
  readonly index: number;
}

const network = "10.99.0";

/** Jain's index of fairness: (Σx)² / (n Σx²). */
export function jainIndex(values: readonly number[]): number {
  const sum = values.reduce((total, value) => total + value, 0);
  const squares = values.reduce((total, value) => total + value * value, 0);
  return sum * sum / (values.length * squares);
}

/** Lets two senders share a bottleneck whose queue holds as much as is under way in a round trip. */
export async function share(
  senders: readonly [Sender, Sender],
  wire: Wire,
  times: TrafficTimes,
): Promise<Shares> {
  await using middle = await Namespace.create();
  await using receiver = await Namespace.create();
  await using first = await Namespace.create();
  await using second = await Namespace.create();
  const sides = [first, second];
  const links = ["port0", "port1", "port2"];
  for (const link of links) await addTap(middle, link);
  const roundTrip = Math.ceil(wire.rate * 1e6 * 2 * wire.delay / 1000 / (1538 * 8));
  await startForwarder(middle, impairmentOf(wire, roundTrip), ...links);
  await moveLink(middle, "port0", receiver);
  await configureKernel(receiver, "port0", `${network}.1/24`);
  for (const [i, side] of sides.entries()) {
    const link = `port${i + 1}`;
    await moveLink(middle, link, side);
    if (senders[i] === "kernel") {
      await configureKernel(side, link, `${network}.${11 + i}/24`);
    } else {
      await addTap(side, "tap0");
      await addBridge(side, link, "tap0");
    }
  }
  const plans = sides.map((_, i) => ({ hostname: `${network}.1`, port: sinkPort + i, times }));
  const sinks = plans.map((plan) => startPeer(receiver, { role: "sink", ...plan }));
  for (const sink of sinks) await isReady(sink);
  const sources = sides.map((side, i) => {
    const octet = { device: "tap0", address: `${network}.${11 + i}/24` };
    return startPeer(side, {
      role: "source",
      ...plans[i]!,
      ...(senders[i] === "ours" && { octet }),
    });
  });
  for (const [i, source] of sources.entries()) {
    await isReady(source);
    if (senders[i] === "kernel") await checkCubic(sides[i]!);
  }
  await Promise.all(sources.map(begin));
  const reports = await Promise.all(sinks.map(sinkReport));
  const goodputs = [reports[0]!.goodput, reports[1]!.goodput] as const;
  return { senders, goodputs, index: jainIndex(goodputs) };
}
