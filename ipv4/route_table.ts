/**
 * Where datagrams go: the longest prefix decides, then the smallest metric (RFC 1812 §5.2.4.3); a route whose
 * interface is down is not taken, and one whose router does not answer only when there is no other.
 *
 * @module
 */
import type { Ipv4Prefix } from "@octet/netip";
import { PrefixTable } from "@octet/netip/prefix-table";
import type { Ipv4Interface } from "./interface.ts";

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
  /**
   * The interface it leaves by. When left out on adding: the one that has `source`, else the one in whose subnet the
   * router stands, else the first.
   */
  readonly interfaceIndex?: number;
}

/** What is known of a router, for all routes through it. */
export interface RouterState {
  /** How many routes lead through it. */
  routes: number;
  /** Whether it did not answer when it was last asked for its hardware address. */
  isDead: boolean;
}

/** A route in the table. */
export class RouteEntry implements Route {
  /** The destinations it leads to. */
  readonly prefix: Ipv4Prefix;
  /** The router, host order; 0 when the destinations are neighbours. */
  readonly gateway: number;
  /** Of two routes with the same prefix the smaller metric counts. */
  readonly metric: number;
  /** The source address for datagrams that take it, host order; 0 leaves it to the interface. */
  readonly source: number;
  /** The interface it leaves by. */
  readonly interface: Ipv4Interface;
  /** What is known of the router; `null` when there is none. */
  readonly router: RouterState | null;
  /** The next best route with the same prefix. Kept by {@linkcode RouteTable}. */
  next: RouteEntry | null = null;

  /** Makes an entry of a route. */
  constructor(route: Route, via: Ipv4Interface, router: RouterState | null) {
    this.prefix = route.prefix;
    this.gateway = route.gateway >>> 0;
    this.metric = route.metric;
    this.source = route.source >>> 0;
    this.interface = via;
    this.router = router;
  }

  /** Whether the router did not answer when it was last asked for its hardware address. */
  get isDead(): boolean {
    return this.router !== null && this.router.isDead;
  }

  /** The index of the interface it leaves by. */
  get interfaceIndex(): number {
    return this.interface.index;
  }
}

/** The routes of a stack. Finding one allocates nothing, however many there are. */
export class RouteTable {
  /** Called when any datagram may go another way than before. */
  onChange: (() => void) | null = null;
  /** The lists, best metric first, of those prefixes that have a route whose interface is up. */
  readonly #table: PrefixTable<RouteEntry> = new PrefixTable();
  /** The lists of the other prefixes. */
  readonly #parked: Map<string, RouteEntry> = new Map();
  /** The routers that routes lead through, so that news of one costs the same however many routes there are. */
  readonly #routers: Map<number, RouterState> = new Map();
  readonly #resolve: (route: Route) => Ipv4Interface;
  #lastAddress = 0;
  #lastRoute: RouteEntry | null = null;

  /**
   * Makes an empty table.
   *
   * @param resolve Finds the interface of a route that is added.
   */
  constructor(resolve: (route: Route) => Ipv4Interface) {
    this.#resolve = resolve;
  }

  /** How many prefixes have a route that can be taken. */
  get size(): number {
    return this.#table.size;
  }

  /**
   * Adds a route; one with the same prefix, gateway, metric, source and interface is replaced.
   *
   * @throws {RangeError} When there is no such interface.
   */
  add(route: Route): void {
    const via = this.#resolve(route);
    const entry = new RouteEntry(route, via, this.#routerOf(route.gateway, via));
    const rest = this.#unlink(entry.prefix, (old) => isSame(old, entry));
    this.#store(entry.prefix, insert(rest, entry));
    this.#changed();
  }

  /**
   * Takes routes away.
   *
   * @param prefix Their prefix.
   * @param gateway Their gateway, host order; any when left out.
   * @param interfaceIndex Their interface; any when left out.
   * @returns How many there were.
   */
  remove(prefix: Ipv4Prefix, gateway?: number, interfaceIndex?: number): number {
    let count = 0;
    const rest = this.#unlink(prefix, (route) => {
      const isMeant = (gateway === undefined || route.gateway === gateway >>> 0) &&
        (interfaceIndex === undefined || route.interfaceIndex === interfaceIndex);
      if (isMeant) count++;
      return isMeant;
    });
    this.#store(prefix, rest);
    this.#changed();
    return count;
  }

  /** Takes away the routes whose source address is `source`, as when that address goes. */
  removeSource(source: number): void {
    this.#removeWhere((route) => route.source === source >>> 0);
  }

  /** Takes away the routes through an interface, as when it goes. */
  removeInterface(via: Ipv4Interface): void {
    this.#removeWhere((route) => route.interface === via);
  }

  /** Takes note that an interface went up or down. */
  refresh(via: Ipv4Interface): void {
    for (const head of this.#heads()) {
      if (some(head, (route) => route.interface === via)) this.#store(head.prefix, head);
    }
    this.#changed();
  }

  /**
   * Takes note of whether a router answers; routes through one that does not are avoided.
   *
   * @param gateway The router, host order.
   * @param via The interface it is asked on.
   * @returns Whether a route leads through it.
   */
  markGateway(gateway: number, via: Ipv4Interface, isDead: boolean): boolean {
    const router = this.#routers.get(routerKey(gateway, via));
    if (router === undefined) return false;
    router.isDead = isDead;
    this.#changed();
    return true;
  }

  /**
   * The route to a destination.
   *
   * @param address Signed or unsigned.
   * @returns `null` when there is none.
   */
  find(address: number): RouteEntry | null {
    const last = this.#lastRoute;
    if (last !== null && this.#lastAddress === (address | 0)) return last;
    const head = this.#table.longestMatch(address);
    if (head === undefined) return null;
    this.#lastAddress = address | 0;
    return this.#lastRoute = head.next === null ? head : best(head)!;
  }

  /**
   * The route to a destination that leaves by a given interface. It costs more than {@linkcode find} where the longest
   * prefix has no such route.
   *
   * @param address Signed or unsigned.
   * @param via The interface; when it is down there is none.
   */
  findVia(address: number, via: Ipv4Interface): RouteEntry | null {
    const route = this.find(address);
    if (route === null || route.interface === via || !via.isUp) {
      return route !== null && route.interface === via ? route : null;
    }
    let found: RouteEntry | null = null;
    for (const [, head] of this.#table.matches(address)) found = best(head, via) ?? found;
    return found;
  }

  /** All routes, by prefix and metric; those that cannot be taken now come last. */
  list(): RouteEntry[] {
    const result: RouteEntry[] = [];
    for (const head of this.#heads()) {
      for (let route: RouteEntry | null = head; route !== null; route = route.next) {
        result.push(route);
      }
    }
    return result;
  }

  #heads(): RouteEntry[] {
    return [...this.#table.values(), ...this.#parked.values()];
  }

  /** Takes those that match out of the list of a prefix; gives what is left of it. */
  #unlink(prefix: Ipv4Prefix, matches: (route: RouteEntry) => boolean): RouteEntry | null {
    const head = this.#table.get(prefix) ?? this.#findParked(prefix);
    let rest: RouteEntry | null = null;
    for (let route = head; route !== null;) {
      const { next } = route;
      if (matches(route)) this.#leave(route);
      else rest = insert(rest, route);
      route = next;
    }
    return rest;
  }

  #routerOf(gateway: number, via: Ipv4Interface): RouterState | null {
    if (gateway === 0) return null;
    const key = routerKey(gateway, via);
    let router = this.#routers.get(key);
    if (router === undefined) this.#routers.set(key, router = { routes: 0, isDead: false });
    router.routes++;
    return router;
  }

  #leave(route: RouteEntry): void {
    const { router, gateway } = route;
    if (router !== null && --router.routes === 0) {
      this.#routers.delete(routerKey(gateway, route.interface));
    }
  }

  #findParked(prefix: Ipv4Prefix): RouteEntry | null {
    return this.#parked.size === 0 ? null : this.#parked.get(`${prefix}`) ?? null;
  }

  #store(prefix: Ipv4Prefix, head: RouteEntry | null): void {
    const isUsable = head !== null && some(head, (route) => route.interface.isUp);
    if (isUsable) this.#table.set(prefix, head);
    else this.#table.delete(prefix);
    if (head !== null && !isUsable) this.#parked.set(`${prefix}`, head);
    else if (this.#parked.size > 0) this.#parked.delete(`${prefix}`);
  }

  #removeWhere(matches: (route: RouteEntry) => boolean): void {
    for (const head of this.#heads()) {
      if (some(head, matches)) this.#store(head.prefix, this.#unlink(head.prefix, matches));
    }
    this.#changed();
  }

  #changed(): void {
    this.#lastRoute = null;
    this.onChange?.();
  }
}

/** Puts a route behind those with the same metric or a smaller one: of two equals the older counts. */
function insert(head: RouteEntry | null, entry: RouteEntry): RouteEntry {
  if (head === null || entry.metric < head.metric) {
    entry.next = head;
    return entry;
  }
  let before = head;
  while (before.next !== null && before.next.metric <= entry.metric) before = before.next;
  entry.next = before.next;
  before.next = entry;
  return head;
}

/** The first route whose interface is up and whose router answers, else the first whose interface is up. */
function best(head: RouteEntry, via: Ipv4Interface | null = null): RouteEntry | null {
  let fallback: RouteEntry | null = null;
  for (let route: RouteEntry | null = head; route !== null; route = route.next) {
    if (!route.interface.isUp || via !== null && route.interface !== via) continue;
    if (!route.isDead) return route;
    fallback ??= route;
  }
  return fallback;
}

function routerKey(gateway: number, via: Ipv4Interface): number {
  return via.index * 0x1_0000_0000 + (gateway >>> 0);
}

function some(head: RouteEntry, matches: (route: RouteEntry) => boolean): boolean {
  for (let route: RouteEntry | null = head; route !== null; route = route.next) {
    if (matches(route)) return true;
  }
  return false;
}

function isSame(a: RouteEntry, b: RouteEntry): boolean {
  return a.gateway === b.gateway && a.metric === b.metric && a.source === b.source &&
    a.interface === b.interface;
}
