/**
 * What a host tells of its neighbours.
 *
 * @module
 */
import { type Neighbour, NeighbourState } from "@octet/arp";
import { formatIpv4 } from "@octet/netip/ipv4";

/** A neighbour of an interface; the states are those of `ip neighbour`. */
export interface NeighbourInfo {
  /** Its address. */
  address: string;
  /** Its hardware address; `null` while that is not known. */
  mac: string | null;
  /** How sure that is. */
  state: "failed" | "incomplete" | "stale" | "delay" | "probe" | "reachable" | "permanent";
}

const names = {
  [NeighbourState.None]: "failed",
  [NeighbourState.Failed]: "failed",
  [NeighbourState.Incomplete]: "incomplete",
  [NeighbourState.Stale]: "stale",
  [NeighbourState.Delay]: "delay",
  [NeighbourState.Probe]: "probe",
  [NeighbourState.Reachable]: "reachable",
  [NeighbourState.Permanent]: "permanent",
} as const;

/** A neighbour, as text. */
export function neighbourInfo(neighbour: Neighbour): NeighbourInfo {
  const { address, hardwareAddress, state } = neighbour;
  return {
    address: formatIpv4(address),
    mac: hardwareAddress === null ? null : hardwareAddress.toString(),
    state: names[state],
  };
}
