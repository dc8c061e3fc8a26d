/**
 * What is known of paths beyond one connection: a path that a router has told of serves the next connection
 * to the same host, too (RFC 1191 §6.2, RFC 8201 §5.2).
 *
 * @module
 */
import { pathMtuTimeout } from "./path_mtu.ts";

/** How many hosts are remembered; the one learnt first makes room. */
const capacity = 1024;

interface Path {
  readonly mtu: number;
  readonly until: number;
}

/** Paths of one stack by the address at their end. */
export class PathMtuCache {
  readonly #paths: Map<number, Path> = new Map();

  /** A router on the way to `address` (host order) passes no more than `mtu` bytes on. */
  learn(address: number, mtu: number, now: number): void {
    this.#paths.delete(address);
    this.#paths.set(address, { mtu, until: now + pathMtuTimeout });
    if (this.#paths.size > capacity) this.#paths.delete(this.#paths.keys().next().value!);
  }

  /** What a path carries, in bytes, when the link at its beginning carries `link`. */
  mtu(address: number, link: number, now: number): number {
    if (this.#paths.size === 0) return link;
    const path = this.#paths.get(address);
    if (path === undefined) return link;
    if (now < path.until) return Math.min(path.mtu, link);
    this.#paths.delete(address);
    return link;
  }
}
