/**
 * Where datagrams go: the longest prefix decides, then the smallest metric (RFC 1122 §3.3.1, RFC 1812 §5.2.4.3).
 *
 * @module
 */
import { type Ipv4Prefix, PrefixTable } from "@octet/netip";

/** A route. */
export interface Route {
  /** The destinations it leads to. */
  readonly prefix: Ipv4Prefix;
  /** The router, host order; 0 when the destinations are neighbours. */
  readonly gateway: number;
  /** Of two routes with the same prefix the smaller metric counts. */
  readonly metric: number;
  /** The source address for datagrams that take it, host order; 0 leaves it to the interface. */
  readonly source: number;
}

/** The routes of a stack. Finding one allocates nothing, however many there are. */
export class RouteTable {
  readonly #table: PrefixTable<readonly Route[]> = new PrefixTable();
  #lastAddress = 0;
  #lastRoute: Route | null = null;

  /**
   * Adds a route; one with the same prefix, gateway and metric is replaced.
   */
  add(route: Route): void {
    const others = (this.#table.get(route.prefix) ?? []).filter((old) => !isSame(old, route));
    // Sorting is stable: of two with one metric the older stays first.
    this.#table.set(route.prefix, [...others, route].sort((a, b) => a.metric - b.metric));
    this.#lastRoute = null;
  }

  /**
   * Takes routes away.
   *
   * @param prefix Their prefix.
   * @param gateway Their gateway, host order; any when left out.
   * @returns How many there were.
   */
  remove(prefix: Ipv4Prefix, gateway?: number): number {
    const routes = this.#table.get(prefix) ?? [];
    const rest = routes.filter((route) => gateway !== undefined && route.gateway !== gateway);
    if (rest.length > 0) this.#table.set(prefix, rest);
    else this.#table.delete(prefix);
    this.#lastRoute = null;
    return routes.length - rest.length;
  }

  /** Takes away the routes whose source address is `source`, as when that address goes. */
  removeSource(source: number): void {
    for (const route of this.list()) {
      if (route.source !== source) continue;
      const rest = this.#table.get(route.prefix)!.filter((other) => other !== route);
      if (rest.length > 0) this.#table.set(route.prefix, rest);
      else this.#table.delete(route.prefix);
    }
    this.#lastRoute = null;
  }

  /**
   * The route to a destination.
   *
   * @param address Signed or unsigned.
   * @returns `null` when there is none.
   */
  find(address: number): Route | null {
    const last = this.#lastRoute;
    if (last !== null && this.#lastAddress === (address | 0)) return last;
    const routes = this.#table.longestMatch(address);
    if (routes === undefined) return null;
    this.#lastAddress = address | 0;
    return this.#lastRoute = routes[0]!;
  }

  /** All routes, by prefix and metric. */
  list(): Route[] {
    const result: Route[] = [];
    for (const [, routes] of this.#table) result.push(...routes);
    return result;
  }
}

function isSame(a: Route, b: Route): boolean {
  return a.gateway === b.gateway && a.metric === b.metric && a.source === b.source;
}
