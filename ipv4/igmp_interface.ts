/**
 * A host's side of IGMP on one interface (RFC 3376 §5, §7.2; RFC 2236 §3, §6; RFC 1112 appendix I).
 *
 * @module
 */
import { type Random, randomBelow } from "@octet/wire";
import {
  GroupRecordType,
  type IgmpFrame,
  type IgmpRecordFields,
  igmpRecordLength,
  IgmpType,
} from "./igmp_frame.ts";
import { IgmpGroup, type MulticastFilter } from "./igmp_group.ts";

/** 224.0.0.1: everybody is in it, and nobody reports that (RFC 3376 §5). */
export const allSystems = 0xe0000001;
/** 224.0.0.2: who gets leaves of version 2 (RFC 2236 §9). */
const allRouters = 0xe0000002;
/** 224.0.0.22: who gets reports of version 3 (RFC 3376 §4.2.14). */
const allIgmpRouters = 0xe0000016;

/** RFC 3376 §8.1, §8.2, §8.3: what holds until a querier says otherwise; times in milliseconds. */
const defaultRobustness = 2;
const defaultQueryInterval = 125_000;
/** RFC 3376 §8.11 and RFC 2236 §8.10: changes are told again within this time. */
const changeInterval = 1000;
const oldChangeInterval = 10_000;

/** A message to be sent. */
export interface IgmpMessage {
  /** To which group, host order. */
  readonly destination: number;
  /** What it is. */
  readonly type: IgmpType;
  /** Version 1 and 2: the group it is about, host order. */
  readonly group: number;
  /** Version 3: what it says. */
  readonly records: readonly IgmpRecordFields[];
}

/** The groups of one interface. It is asked for messages when its {@linkcode deadline} has come. */
export class IgmpInterface {
  /** Its index. */
  readonly index: number;

  readonly #random: Random;
  /** Bytes for records in a report: the MTU less IP header, router alert and IGMP header. */
  readonly #room: number;
  readonly #groups: Map<number, IgmpGroup> = new Map();
  readonly #outbox: IgmpMessage[] = [];
  #robustness = defaultRobustness;
  #queryInterval = defaultQueryInterval;
  /** Until when queriers of old are taken for present, and which version holds (RFC 3376 §7.2.1). */
  #version1Until = -Infinity;
  #version2Until = -Infinity;
  #version: 1 | 2 | 3 = 3;
  /** When all groups are to be reported, and when changes are to be told again. */
  #responseAt = Infinity;
  #changesAt = Infinity;
  /** When the first of the groups' own times comes. */
  #groupsAt = Infinity;

  /** Prepares an interface without groups. */
  constructor(index: number, mtu: number, random: Random) {
    this.index = index;
    this.#random = random;
    this.#room = mtu - 32;
  }

  /** Which version is spoken, by what routers speak. */
  get version(): 1 | 2 | 3 {
    return this.#version;
  }

  /** When there is something to send, in milliseconds; -Infinity for at once, Infinity for never. */
  get deadline(): number {
    if (this.#outbox.length > 0) return -Infinity;
    const isOld = this.#version !== 3;
    const versionEnds = isOld ? Math.max(this.#version1Until, this.#version2Until) : Infinity;
    return Math.min(this.#responseAt, this.#changesAt, this.#groupsAt, versionEnds);
  }

  /** Whether anybody listens to a group, host order. */
  hears(group: number): boolean {
    return this.#groups.get(group >>> 0)?.isIdle === false;
  }

  /**
   * Notes what a listener wants of a group; see {@linkcode IgmpGroup.listen}.
   *
   * @param group Host order.
   */
  listen(group: number, listener: object, filter: MulticastFilter | null): void {
    let state = this.#groups.get(group);
    if (state === undefined) {
      if (filter === null) return;
      this.#groups.set(group, state = new IgmpGroup(group));
    }
    const wasHeard = state.isHeard;
    const hasChanged = state.listen(listener, filter, this.#robustness);
    if (group === allSystems) {
      state.cancel();
      if (state.isIdle) this.#groups.delete(group);
      return;
    }
    if (!hasChanged) {
      this.#forgetIdle(state);
      return;
    }
    if (this.#version === 3) {
      this.#changesAt = -Infinity;
      return;
    }
    const { wasLastReporter } = state;
    state.cancel();
    if (state.isHeard) {
      if (!wasHeard) {
        state.repeatsLeft = this.#robustness;
        state.responseAt = -Infinity;
        this.#groupsAt = -Infinity;
      }
    } else {
      // RFC 2236 §3: who was not the last to report need not say goodbye; version 1 knows none.
      if (wasLastReporter && this.#version === 2) {
        this.#send(allRouters, IgmpType.Leave, group);
      }
      state.wasLastReporter = false;
      this.#forgetIdle(state);
    }
  }

  /** Takes a valid query. */
  takeQuery(frame: IgmpFrame, now: number): void {
    const version = frame.queryVersion;
    if (version === 3) {
      this.#robustness = frame.robustness || defaultRobustness;
      this.#queryInterval = frame.queryInterval || defaultQueryInterval;
    }
    const maxResponse = frame.maxResponseTime;
    const present = this.#robustness * this.#queryInterval + maxResponse;
    if (version === 1) this.#version1Until = now + present;
    else if (version === 2) this.#version2Until = now + present;
    this.#reconsiderVersion(now);
    const at = now + this.#delay(maxResponse);
    const group = frame.group;
    if (this.#version === 3) this.#scheduleResponse(frame, group, at);
    else if (group !== 0) {
      const state = this.#groups.get(group);
      if (state !== undefined) this.#scheduleReport(state, at, now + maxResponse);
    } else {
      for (const state of this.#groups.values()) {
        const own = now + this.#delay(maxResponse);
        this.#scheduleReport(state, own, now + maxResponse);
      }
    }
  }

  /** Takes another host's report of version 1 or 2: ours need not follow (RFC 2236 §3). */
  takeReport(group: number): void {
    const state = this.#groups.get(group);
    if (this.#version === 3 || state === undefined) return;
    if (state.responseAt !== Infinity) state.cancelResponse();
    state.repeatsLeft = 0;
    state.wasLastReporter = false;
  }

  /** Tells all groups anew, as after the link was gone. */
  announce(): void {
    for (const state of this.#groups.values()) {
      if (state.group === allSystems || !state.isHeard) continue;
      if (this.#version === 3) {
        const record = state.currentState()!;
        const { ModeIsInclude, ChangeToInclude, ChangeToExclude } = GroupRecordType;
        const type = record.type === ModeIsInclude ? ChangeToInclude : ChangeToExclude;
        this.#sendRecords([{ ...record, type }]);
      } else {
        state.repeatsLeft = this.#robustness;
        state.responseAt = -Infinity;
        this.#groupsAt = -Infinity;
      }
    }
  }

  /** The next message that is due; `null` when none is. */
  take(now: number): IgmpMessage | null {
    if (this.#outbox.length === 0) this.#collect(now);
    return this.#outbox.shift() ?? null;
  }

  #scheduleResponse(frame: IgmpFrame, group: number, at: number): void {
    // RFC 3376 §5.2 rule 1: an answer about everything that comes sooner does for this one, too.
    if (this.#responseAt <= at) return;
    if (group === 0) {
      this.#responseAt = at;
      return;
    }
    const state = this.#groups.get(group);
    if (state === undefined || !state.isHeard || group === allSystems) return;
    const isPending = state.responseAt !== Infinity;
    const asksForGroup = frame.sourceCount === 0;
    // Rules 3 to 5.
    if (asksForGroup || (isPending && state.asked.size === 0)) state.asked.clear();
    else for (let i = 0; i < frame.sourceCount; i++) state.ask(frame.source(i));
    state.responseAt = Math.min(state.responseAt, at);
    this.#groupsAt = Math.min(this.#groupsAt, state.responseAt);
  }

  /** RFC 2236 §3: a timer that runs is set anew when it would end too late. */
  #scheduleReport(state: IgmpGroup, at: number, latest: number): void {
    if (state.group === allSystems || !state.isHeard) return;
    if (state.responseAt > latest) state.responseAt = at;
    this.#groupsAt = Math.min(this.#groupsAt, state.responseAt);
  }

  #reconsiderVersion(now: number): void {
    let version: 1 | 2 | 3 = 3;
    if (now < this.#version1Until) version = 1;
    else if (now < this.#version2Until) version = 2;
    if (version === this.#version) return;
    this.#version = version;
    this.#responseAt = Infinity;
    this.#changesAt = Infinity;
    this.#groupsAt = Infinity;
    for (const state of this.#groups.values()) {
      state.cancel();
      this.#forgetIdle(state);
    }
  }

  /** Makes messages of all that is due. */
  #collect(now: number): void {
    this.#reconsiderVersion(now);
    if (this.#responseAt <= now) {
      this.#responseAt = Infinity;
      const records: IgmpRecordFields[] = [];
      for (const state of this.#groups.values()) {
        state.cancelResponse();
        const record = state.group === allSystems ? null : state.currentState();
        if (record !== null) records.push(record);
      }
      this.#sendRecords(records);
    }
    if (this.#groupsAt <= now) this.#collectGroups(now);
    if (this.#changesAt <= now) {
      const records: IgmpRecordFields[] = [];
      let hasMore = false;
      for (const state of this.#groups.values()) {
        if (!state.hasChanges) continue;
        records.push(...state.takeChanges());
        if (state.hasChanges) hasMore = true;
        else this.#forgetIdle(state);
      }
      this.#sendRecords(records);
      this.#changesAt = hasMore ? now + this.#delay(changeInterval) : Infinity;
    }
  }

  #collectGroups(now: number): void {
    this.#groupsAt = Infinity;
    const records: IgmpRecordFields[] = [];
    for (const state of this.#groups.values()) {
      if (state.responseAt <= now) {
        if (this.#version === 3) {
          const record = state.answer();
          if (record !== null) records.push(record);
          state.cancelResponse();
        } else this.#report(state, now);
      }
      this.#groupsAt = Math.min(this.#groupsAt, state.responseAt);
    }
    this.#sendRecords(records);
  }

  #report(state: IgmpGroup, now: number): void {
    const { group } = state;
    this.#send(group, this.#version === 1 ? IgmpType.ReportV1 : IgmpType.ReportV2, group);
    state.cancelResponse();
    state.wasLastReporter = true;
    if (state.repeatsLeft > 0) state.repeatsLeft--;
    if (state.repeatsLeft > 0) state.responseAt = now + this.#delay(oldChangeInterval);
  }

  #send(destination: number, type: IgmpType, group: number): void {
    this.#outbox.push({ destination, type, group, records: [] });
  }

  /** Distributes records over as many reports as it takes (RFC 3376 §4.2.16). */
  #sendRecords(records: readonly IgmpRecordFields[]): void {
    const most = (this.#room - igmpRecordLength(0)) >> 2;
    let batch: IgmpRecordFields[] = [];
    let left = this.#room;
    const flush = () => {
      if (batch.length > 0) {
        this.#outbox.push({
          destination: allIgmpRouters,
          type: IgmpType.ReportV3,
          group: 0,
          records: batch,
        });
      }
      batch = [];
      left = this.#room;
    };
    for (const record of records) {
      const { type, group, sources } = record;
      const { ModeIsExclude, ChangeToExclude } = GroupRecordType;
      const isExclude = type === ModeIsExclude || type === ChangeToExclude;
      let at = 0;
      do {
        const part = { type, group, sources: sources.slice(at, at + most) };
        const length = igmpRecordLength(part.sources.length);
        if (length > left) flush();
        batch.push(part);
        left -= length;
        at += most;
        // Of a list of exceptions what does not fit is left out: more is heard than need be.
      } while (at < sources.length && !isExclude);
    }
    flush();
  }

  #forgetIdle(state: IgmpGroup): void {
    if (state.isIdle && !state.hasChanges) this.#groups.delete(state.group);
  }

  /** A random time up to a limit, in milliseconds. */
  #delay(limit: number): number {
    return limit <= 0 ? 0 : 1 + randomBelow(this.#random, Math.ceil(limit));
  }
}
