/**
 * One TCP stream of iperf3: between two kernels, and between a kernel and us on a TAP.
 *
 * @module
 */
import type { Figure } from "@octet/testing/bench";
import { Namespace } from "../_namespace.ts";
import {
  type Congestion,
  defaultCongestion,
  linkOptions,
  peerAddress,
  setCongestion,
  startOurs,
  Veth,
} from "./wires.ts";

const group = "throughput, one TCP stream";

interface IperfReport {
  readonly error?: string;
  readonly end: { readonly sum_received: { readonly bits_per_second: number } };
}

/** Runs iperf3 against a server at the other side; gives Gbit/s received. */
async function iperf3(namespace: Namespace, seconds: number, ...args: string[]): Promise<number> {
  const command = ["-c", peerAddress, "-J", "-t", String(seconds), ...args];
  const { stdout } = await namespace.run("iperf3", command, { check: false });
  const report: IperfReport = JSON.parse(stdout);
  if (report.error !== undefined) throw new Error(`iperf3 ${args.join(" ")}: ${report.error}`);
  return report.end.sum_received.bits_per_second / 1e9;
}

/** Gbit/s with each congestion control of the sender. */
type Rates = Readonly<Record<Congestion, number>>;

/** Runs a test with the one, then with the other. */
async function withEach(
  namespace: Namespace,
  link: string,
  test: () => Promise<number>,
): Promise<Rates> {
  await setCongestion(namespace, link, "default");
  const rate = await test();
  await setCongestion(namespace, link, "cubic");
  return { default: rate, cubic: await test() };
}

async function betweenKernels(offload: boolean, seconds: number): Promise<Rates> {
  await using veth = await Veth.create(offload);
  const server = veth.far.spawn("iperf3", ["-s", "--forceflush"]);
  await server.waitFor("Server listening");
  return await withEach(veth.near, "veth0", () => iperf3(veth.near, seconds));
}

/** What we receive and send. */
async function ours(
  offload: boolean,
  seconds: number,
): Promise<{ readonly received: Rates; readonly sent: number }> {
  await using namespace = await Namespace.create();
  const switched = ["--offload", offload ? "on" : "off"];
  await startOurs(
    namespace,
    "examples/iperf.ts",
    "Server listening",
    ...["-s", "-i", "0", ...linkOptions, ...switched],
  );
  // What V8 has not compiled yet is not what is to be measured.
  await iperf3(namespace, 1);
  await iperf3(namespace, 1, "-R");
  const received = await withEach(namespace, "tap0", () => iperf3(namespace, seconds));
  return { received, sent: await iperf3(namespace, seconds, "-R") };
}

/**
 * Measures throughput with offload and without. The kernel sends with its default and with CUBIC, which is what we
 * send with: BBR is slower where nothing is lost. What is to be reached goes by the default, as the kernel is found.
 *
 * @param seconds How long each transfer takes.
 */
export async function measureThroughput(seconds: number): Promise<Figure[]> {
  const figures: Figure[] = [];
  const add = (name: string, value: number, more: Partial<Figure> = {}) =>
    figures.push({ name, group, value, unit: "Gbit/s", better: "more", ...more });
  const names: Readonly<Record<Congestion, string>> = {
    default: await defaultCongestion(),
    cubic: "cubic",
  };
  for (const offload of [true, false]) {
    const title = offload ? "offload on" : "offload off, MTU 1500";
    const kernel = await betweenKernels(offload, seconds);
    const { received, sent } = await ours(offload, seconds);
    for (const sender of ["default", "cubic"] as const) {
      add(`kernel (${names[sender]}) to kernel over a veth, ${title}`, kernel[sender]);
    }
    for (const sender of ["default", "cubic"] as const) {
      add(`kernel (${names[sender]}) to us over a TAP, ${title}`, received[sender], {
        ...(sender === "default" && { target: offload ? 0.7 * kernel.default : 3 }),
        peers: { kernel: kernel[sender], ...(!offload && { smoltcp: 5.7, gVisor: 2.4 }) },
      });
    }
    add(`we (cubic) to a kernel over a TAP, ${title}`, sent, {
      target: offload ? kernel.default : 3,
      peers: { kernel: kernel.cubic, ...(!offload && { smoltcp: 6.3, gVisor: 1.9 }) },
    });
  }
  return figures;
}
