/**
 * One end of a measurement, on the kernel's TCP or on ours: `deno run -A peer.ts PLAN`, the plan a
 * {@linkcode PeerPlan} in JSON. It says `ready` when it listens or has connected. A source then waits
 * for anything on its standard input before it sends. At its end it says a {@linkcode SinkReport} or
 * {@linkcode SourceReport} in JSON.
 *
 * @module
 */
import { Host, impair, openTun } from "@octet/internet";
import { drain, farewell, pour, type TrafficTimes } from "./traffic.ts";

/** What one end does. */
export interface PeerPlan {
  /** Whether it sends or receives; the sink listens. */
  readonly role: "source" | "sink";
  /** Where the source connects to. */
  readonly hostname: string;
  /** The sink's port. */
  readonly port: number;
  /** When the sink counts. */
  readonly times: TrafficTimes;
  /** The place of a stack of ours on a TAP device; without it, it runs on the kernel's TCP. */
  readonly octet?: {
    /** The TAP device. */
    readonly device: string;
    /** Its address with the prefix length. */
    readonly address: string;
    /** What goes wrong on the wire; a good one when left out. */
    readonly impairment?: string;
  };
}

function makeHost({ octet }: PeerPlan): Host | typeof Deno {
  if (octet === undefined) return Deno;
  const tap = openTun({ name: octet.device, offload: false });
  const device = octet.impairment === undefined ? tap : impair(tap, octet.impairment);
  return new Host(device, { address: { address: octet.address } });
}

if (import.meta.main) {
  const plan = JSON.parse(Deno.args[0] ?? "") as PeerPlan;
  const { hostname, port, times } = plan;
  const host = makeHost(plan);
  if (plan.role === "sink") {
    const listener = host.listen({ port });
    console.log("ready");
    const conn = await listener.accept();
    console.log(JSON.stringify(await drain(conn, times)));
  } else {
    const conn = await host.connect({ hostname, port });
    console.log("ready");
    await Deno.stdin.read(new Uint8Array(1));
    console.log(JSON.stringify(await pour(conn, times)));
    // The sink closes when it has all; on a very bad wire nobody waits for the rest.
    const timer = setTimeout(() => Deno.exit(), farewell);
    await conn.read(new Uint8Array(1)).catch(() => null);
    clearTimeout(timer);
  }
  Deno.exit();
}
