/**
 * Which senders to a multicast group a socket wants to hear (RFC 3376 §2, §3.1).
 *
 * @module
 */

/** A wish about the sources of a group. */
export interface SourceFilter {
  /** `include`: only these sources; `exclude`: all but these. */
  readonly mode: "include" | "exclude";
  /** The sources, host order. */
  readonly sources: readonly number[];
}

/** The groups that a socket is in, with their filters. */
export class GroupFilters {
  readonly #groups: Map<number, { isInclude: boolean; sources: Set<number> }> = new Map();

  /** How many groups there are. */
  get size(): number {
    return this.#groups.size;
  }

  /** Sets a group's filter, host order or signed; `null` takes it away. */
  set(group: number, filter: SourceFilter | null): void {
    if (filter === null) this.#groups.delete(group | 0);
    else {
      const sources = new Set(filter.sources.map((source) => source | 0));
      this.#groups.set(group | 0, { isInclude: filter.mode === "include", sources });
    }
  }

  /**
   * Whether a datagram is wanted.
   *
   * @param group Signed.
   * @param source Signed.
   * @param otherwise What is said of groups that have no filter.
   */
  accepts(group: number, source: number, otherwise: boolean): boolean {
    const filter = this.#groups.get(group);
    return filter === undefined ? otherwise : filter.sources.has(source) === filter.isInclude;
  }
}
