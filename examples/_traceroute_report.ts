/**
 * What traceroute says: a line a hop, in the words of traceroute(8).
 *
 * @module
 */
import type { Host, TracerouteHop, TracerouteProbe } from "@octet/internet";
import { printable } from "./_program.ts";
import type { TracerouteSettings } from "./_traceroute_options.ts";

/** How long a name is waited for, in milliseconds: the way is what was asked for. */
const nameWait = 1500;

/** The names of addresses, as the domain name system has them (RFC 1035 §3.5). */
export class Names {
  readonly #host: Host;
  readonly #signal: AbortSignal;
  readonly #found: Map<string, Promise<string | null>> = new Map();

  /** Asks the name servers of a host. */
  constructor(host: Host, signal: AbortSignal) {
    this.#host = host;
    this.#signal = signal;
  }

  /** The name of an address; `null` when it has none, or nobody says so in time. */
  of(address: string): Promise<string | null> {
    let found = this.#found.get(address);
    if (found === undefined) {
      found = this.#ask(address);
      this.#found.set(address, found);
    }
    return found;
  }

  async #ask(address: string): Promise<string | null> {
    const query = `${address.split(".").reverse().join(".")}.in-addr.arpa`;
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(), nameWait);
    const signal = AbortSignal.any([this.#signal, late.signal]);
    try {
      const [name] = await this.#host.resolveDns(query, "PTR", { signal });
      return typeof name === "string" ? printable(name.replace(/\.$/, "")) : null;
    } catch (error) {
      if (this.#signal.aborted) throw error;
      // No name, no name server, no answer in time: the address says enough.
      return null;
    } finally {
      clearTimeout(timer);
    }
  }
}

/** The first line. */
export function describeSearch(
  { target, maxHops, size }: TracerouteSettings,
  address: string,
): string {
  return `traceroute to ${target} (${address}), ${maxHops} hops max, ${size} byte packets`;
}

/**
 * The line of a hop. Who answered stands before the first answer, and again when it is another.
 *
 * @param names What addresses are called; `null` for addresses alone.
 */
export function describeHop(
  { ttl, probes }: TracerouteHop,
  names: ReadonlyMap<string, string> | null,
): string {
  let line = `${String(ttl).padStart(2)} `;
  let last: string | null = null;
  for (const { address, time, note } of probes) {
    if (address === null) {
      line += " *";
      continue;
    }
    if (address !== last) {
      line += names === null ? ` ${address}` : ` ${names.get(address) ?? address} (${address})`;
    }
    last = address;
    line += `  ${time!.toFixed(3)} ms${note === "" ? "" : ` ${note}`}`;
  }
  return line;
}

/** The names of all who answered for a hop. */
export async function namesOf(hop: TracerouteHop, names: Names): Promise<Map<string, string>> {
  const addresses = new Set(hop.probes.map(({ address }) => address).filter((one) => one !== null));
  const found = await Promise.all(
    [...addresses].map(async (address) => [address, await names.of(address)] as const),
  );
  return new Map(found.filter((pair): pair is [string, string] => pair[1] !== null));
}

/** A hop for machines. */
export function hopJson(
  { ttl, probes }: TracerouteHop,
  names: ReadonlyMap<string, string> | null,
): Record<string, unknown> {
  const named = (probe: TracerouteProbe) => {
    const name = probe.address === null ? undefined : names?.get(probe.address);
    return { ...probe, ...(name !== undefined && { name }) };
  };
  return { ttl, probes: probes.map(named) };
}
