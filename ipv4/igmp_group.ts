/**
 * One group on one interface: what is wanted of it, and what routers are still to be told (RFC 3376 §3.2, §5.1).
 *
 * @module
 */
import { GroupRecordType, type IgmpRecordFields } from "./igmp_frame.ts";

/** Which senders to a group somebody wants to hear. */
export interface MulticastFilter {
  /** `include`: only these sources; `exclude`: all but these. */
  readonly mode: "include" | "exclude";
  /** The sources, host order. */
  readonly sources: readonly number[];
}

/** Every sender. */
export const everySource: MulticastFilter = { mode: "exclude", sources: [] };

/** How many sources of one group queries may ask about before the answer is about all of them. */
const askedLimit = 512;

/** A source that routers are to be told of. */
interface SourceChange {
  readonly isAllowed: boolean;
  left: number;
}

/** A group. */
export class IgmpGroup {
  /** The group, host order. */
  readonly group: number;
  /** When it is to be reported as a query wants it, in milliseconds; Infinity when none does. */
  responseAt: number = Infinity;
  /** The sources that the query asked about; empty when it asked about the group. */
  readonly asked: Set<number> = new Set();
  /** Version 1 and 2: how many times more it is to be reported without being asked. */
  repeatsLeft = 0;
  /** Version 2: whether nobody else has reported it since we did (RFC 2236 §3). */
  wasLastReporter = false;

  readonly #listeners: Map<object, MulticastFilter> = new Map();
  #isInclude = true;
  #sources: Set<number> = new Set();
  #modeChangesLeft = 0;
  readonly #changes: Map<number, SourceChange> = new Map();

  /** Makes a group that nobody listens to. */
  constructor(group: number) {
    this.group = group;
  }

  /** Whether nobody listens to it. */
  get isIdle(): boolean {
    return this.#listeners.size === 0;
  }

  /** Whether anything of it is heard: the state that is no state is "include nothing". */
  get isHeard(): boolean {
    return !this.#isInclude || this.#sources.size > 0;
  }

  /** Whether routers are still to be told of a change. */
  get hasChanges(): boolean {
    return this.#modeChangesLeft > 0 || this.#changes.size > 0;
  }

  /**
   * Notes what a listener wants, and what is to be told of it.
   *
   * @param listener Who.
   * @param filter What; `null` for nothing any more.
   * @param repeats How many times a change is told: the robustness variable.
   * @returns Whether what is heard has changed.
   */
  listen(listener: object, filter: MulticastFilter | null, repeats: number): boolean {
    if (filter === null) this.#listeners.delete(listener);
    else this.#listeners.set(listener, filter);
    const { isInclude, sources } = merge(this.#listeners.values());
    const before = this.#sources;
    const hasNewMode = isInclude !== this.#isInclude;
    this.#isInclude = isInclude;
    this.#sources = sources;
    if (hasNewMode) {
      this.#modeChangesLeft = repeats;
      this.#changes.clear();
      return true;
    }
    let hasChanged = false;
    const note = (source: number, isInList: boolean) => {
      this.#changes.set(source, { isAllowed: isInList === isInclude, left: repeats });
      hasChanged = true;
    };
    for (const source of sources) if (!before.has(source)) note(source, true);
    for (const source of before) if (!sources.has(source)) note(source, false);
    return hasChanged;
  }

  /** Forgets what is still to be told and to be answered: the querier speaks another version (RFC 3376 §7.2.1). */
  cancel(): void {
    this.#modeChangesLeft = 0;
    this.#changes.clear();
    this.repeatsLeft = 0;
    this.cancelResponse();
  }

  /** Adds sources that a query asks about; of too many the whole group is asked. */
  ask(source: number): void {
    this.asked.add(source);
    if (this.asked.size > askedLimit) this.asked.clear();
  }

  /** Forgets a query. */
  cancelResponse(): void {
    this.responseAt = Infinity;
    this.asked.clear();
  }

  /** What routers are told of changes now; counts down how often they are told still (RFC 3376 §5.1). */
  takeChanges(): IgmpRecordFields[] {
    const { group } = this;
    if (this.#modeChangesLeft > 0) {
      this.#modeChangesLeft--;
      const { ChangeToInclude, ChangeToExclude } = GroupRecordType;
      const type = this.#isInclude ? ChangeToInclude : ChangeToExclude;
      return [{ type, group, sources: [...this.#sources] }];
    }
    const allowed: number[] = [];
    const blocked: number[] = [];
    for (const [source, change] of this.#changes) {
      (change.isAllowed ? allowed : blocked).push(source);
      if (--change.left === 0) this.#changes.delete(source);
    }
    const records: IgmpRecordFields[] = [];
    const { AllowNewSources, BlockOldSources } = GroupRecordType;
    if (allowed.length > 0) records.push({ type: AllowNewSources, group, sources: allowed });
    if (blocked.length > 0) records.push({ type: BlockOldSources, group, sources: blocked });
    return records;
  }

  /** What a router that asks for everything is told; `null` for nothing. */
  currentState(): IgmpRecordFields | null {
    if (!this.isHeard) return null;
    const { ModeIsInclude, ModeIsExclude } = GroupRecordType;
    const type = this.#isInclude ? ModeIsInclude : ModeIsExclude;
    return { type, group: this.group, sources: [...this.#sources] };
  }

  /** What a router that asked for this group, or for some of its sources, is told (RFC 3376 §5.2 rule 3). */
  answer(): IgmpRecordFields | null {
    if (this.asked.size === 0) return this.currentState();
    const isWanted = (source: number) => this.#sources.has(source) === this.#isInclude;
    const sources = [...this.asked].filter(isWanted);
    if (sources.length === 0) return null;
    return { type: GroupRecordType.ModeIsInclude, group: this.group, sources };
  }
}

/** RFC 3376 §3.2: what an interface must hear so that each of its listeners does. */
function merge(
  filters: Iterable<MulticastFilter>,
): { isInclude: boolean; sources: Set<number> } {
  const included = new Set<number>();
  let excluded: Set<number> | null = null;
  for (const { mode, sources } of filters) {
    const list = new Set(sources.map((source) => source >>> 0));
    if (mode === "include") { for (const source of list) included.add(source); }
    else excluded = excluded === null ? list : excluded.intersection(list);
  }
  if (excluded === null) return { isInclude: true, sources: included };
  return { isInclude: false, sources: excluded.difference(included) };
}
