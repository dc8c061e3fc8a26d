/**
 * iperf's report for machines: the object that `iperf3 --json` prints.
 *
 * @module
 */
import type { TestSettings } from "./_iperf_options.ts";
import type { Results, StreamResult } from "./_iperf_protocol.ts";
import type { Interval, StreamInterval, TestRun } from "./_iperf_run.ts";
import type { DataStream } from "./_iperf_stream.ts";

/** What a report begins with. */
export interface Beginning {
  /** The peer: whom we connect to, or who connected to us. */
  readonly peer: { readonly host: string; readonly port: number };
  /** Whether this side serves. */
  readonly isServer: boolean;
  /** The test's cookie. */
  readonly cookie: string;
  /** The maximum segment size of the control connection. */
  readonly mss: number;
  /** When the test began, in milliseconds since 1970. */
  readonly time: number;
}

type Json = Record<string, unknown>;

/** Makes the whole object. */
export function jsonReport(beginning: Beginning, run: TestRun, theirs: Results | null): Json {
  return {
    start: startOf(beginning, run),
    intervals: run.intervals.map((interval) => intervalOf(interval, run)),
    end: endOf(run, theirs),
  };
}

function startOf({ peer, isServer, cookie, mss, time }: Beginning, run: TestRun): Json {
  const { settings } = run;
  return {
    connected: run.streams.map(({ socket, local, remote }) => ({
      socket,
      local_host: local.hostname,
      local_port: local.port,
      remote_host: remote.hostname,
      remote_port: remote.port,
    })),
    version: "octet iperf, protocol of iperf 3.12",
    system_info: `${Deno.build.os} ${Deno.build.arch}, Deno ${Deno.version.deno}`,
    timestamp: { time: new Date(time).toUTCString(), timesecs: Math.floor(time / 1000) },
    [isServer ? "accepted_connection" : "connecting_to"]: peer,
    cookie,
    ...(!settings.udp && { tcp_mss_default: mss }),
    target_bitrate: settings.rate,
    test_start: testStart(settings),
  };
}

function testStart(settings: TestSettings): Json {
  return {
    protocol: settings.udp ? "UDP" : "TCP",
    num_streams: settings.parallel,
    blksize: settings.length,
    omit: settings.omit,
    duration: settings.time,
    bytes: settings.bytes,
    blocks: settings.blocks,
    reverse: settings.direction === "reverse" ? 1 : 0,
    tos: 0,
    target_bitrate: settings.rate,
    ...(settings.direction === "bidirectional" && { bidir: 1 }),
  };
}

interface Span {
  readonly start: number;
  readonly end: number;
  readonly bytes: number;
}

function spanOf({ start, end, bytes }: Span): Json {
  const seconds = end - start;
  return { start, end, seconds, bytes, bits_per_second: seconds > 0 ? bytes * 8 / seconds : 0 };
}

function percent(lost: number, packets: number): number {
  return packets === 0 ? 0 : 100 * lost / packets;
}

function intervalOf(interval: Interval, { settings }: TestRun): Json {
  const { start, end, omitted, streams } = interval;
  const sums: Json = {};
  for (const [name, members] of directions(settings, streams, (one) => one.stream)) {
    const bytes = members.reduce((sum, one) => sum + one.bytes, 0);
    const sender = members[0]!.stream.isSender;
    sums[name === "" ? "sum" : `sum_${name}`] = {
      ...spanOf({ start, end, bytes }),
      ...countsOf(members, settings.udp),
      omitted,
      sender,
    };
  }
  return {
    streams: streams.map((one) => ({
      socket: one.stream.socket,
      ...spanOf({ start, end, bytes: one.bytes }),
      ...countsOf([one], settings.udp),
      ...(one.sender !== null && {
        snd_cwnd: one.sender.cwnd,
        snd_wnd: one.sender.wnd,
        rtt: one.sender.rtt,
        rttvar: one.sender.rttvar,
        pmtu: one.sender.pmtu,
      }),
      omitted,
      sender: one.stream.isSender,
    })),
    ...sums,
  };
}

/** What is counted beside bytes: datagrams, or segments sent again. */
function countsOf(members: readonly StreamInterval[], udp: boolean): Json {
  const sum = (of: (one: StreamInterval) => number) =>
    members.reduce((all, one) => all + of(one), 0);
  const { isSender } = members[0]!.stream;
  if (!udp) return isSender ? { retransmits: sum((one) => one.retransmits) } : {};
  const packets = sum((one) => one.packets);
  if (isSender) return { packets };
  const lost = sum((one) => one.lost);
  return {
    jitter_ms: 1000 * sum((one) => one.jitter) / members.length,
    lost_packets: lost,
    packets,
    lost_percent: percent(lost, packets),
  };
}

/** The streams of each direction, under the name that iperf3 adds to `sum`. */
function directions<T>(
  { direction }: TestSettings,
  all: readonly T[],
  streamOf: (one: T) => DataStream,
): [name: string, members: T[]][] {
  if (direction !== "bidirectional") return [["", [...all]]];
  // The client's direction comes first on both sides.
  const first = streamOf(all[0]!).isSender;
  return [
    ["", all.filter((one) => streamOf(one).isSender === first)],
    ["bidir_reverse", all.filter((one) => streamOf(one).isSender !== first)],
  ];
}

/** One stream as both sides have counted it; what is not known is what we have. */
interface BothSides {
  readonly stream: DataStream;
  readonly sent: StreamResult;
  readonly received: StreamResult;
}

function endOf(run: TestRun, theirs: Results | null): Json {
  const { settings, load } = run;
  const remote = new Map(theirs?.streams.map((one) => [one.id, one]));
  const ours = run.results();
  const sides = run.streams.map((stream, i): BothSides => {
    const own = ours.streams[i]!;
    const other = remote.get(stream.id) ?? own;
    return stream.isSender
      ? { stream, sent: own, received: other }
      : { stream, sent: other, received: own };
  });
  const isSender = run.streams[0]?.isSender ?? true;
  const [mine, other] = [ours.congestion_used, theirs?.congestion_used];
  return {
    streams: sides.map((one) => streamEnd(run, one)),
    ...sumsOf(run, sides),
    cpu_utilization_percent: {
      host_total: load.total,
      host_user: load.user,
      host_system: load.system,
      remote_total: theirs?.cpu_util_total ?? 0,
      remote_user: theirs?.cpu_util_user ?? 0,
      remote_system: theirs?.cpu_util_system ?? 0,
    },
    ...(!settings.udp && {
      sender_tcp_congestion: isSender ? mine : other,
      receiver_tcp_congestion: isSender ? other : mine,
    }),
  };
}

function streamEnd(run: TestRun, { stream, sent, received }: BothSides): Json {
  const { socket } = stream;
  const sender = stream.isSender;
  const end = run.seconds;
  if (run.settings.udp) {
    return {
      udp: {
        socket,
        ...spanOf({ start: 0, end, bytes: sent.bytes }),
        jitter_ms: received.jitter * 1000,
        lost_packets: received.errors,
        packets: sent.packets,
        lost_percent: percent(received.errors, sent.packets),
        out_of_order: stream.outOfOrder,
        sender,
      },
    };
  }
  const { maxCwnd, maxWnd, maxRtt, minRtt, sumRtt, looks } = run.extremesOf(stream);
  return {
    sender: {
      socket,
      ...spanOf({ start: 0, end: timeOf(sent, run), bytes: sent.bytes }),
      ...(sent.retransmits >= 0 && { retransmits: sent.retransmits }),
      ...(looks > 0 && {
        max_snd_cwnd: maxCwnd,
        max_snd_wnd: maxWnd,
        max_rtt: maxRtt,
        min_rtt: minRtt,
        mean_rtt: Math.round(sumRtt / looks),
      }),
      sender,
    },
    receiver: {
      socket,
      ...spanOf({ start: 0, end: timeOf(received, run), bytes: received.bytes }),
      sender,
    },
  };
}

function timeOf(one: StreamResult, run: TestRun): number {
  return one.end_time > 0 ? one.end_time : run.seconds;
}

function sumsOf(run: TestRun, sides: readonly BothSides[]): Json {
  const { settings } = run;
  const sums: Json = {};
  for (const [name, members] of directions(settings, sides, (one) => one.stream)) {
    const suffix = name === "" ? "" : `_${name}`;
    const sent = sumOf(run, members.map((one) => one.sent));
    const received = sumOf(run, members.map((one) => one.received));
    const sender = members[0]!.stream.isSender;
    const retransmits = members.map((one) => one.sent.retransmits);
    if (!settings.udp) {
      const known = retransmits.every((one) => one >= 0);
      const again = retransmits.reduce((all, one) => all + one, 0);
      sums[`sum_sent${suffix}`] = { ...sent, ...(known && { retransmits: again }), sender };
      sums[`sum_received${suffix}`] = { ...received, sender };
      continue;
    }
    const add = (of: (one: BothSides) => number) => members.reduce((all, one) => all + of(one), 0);
    const lost = add((one) => one.received.errors);
    const counts = (packets: number, lost: number, jitter: number) => ({
      jitter_ms: jitter,
      lost_packets: lost,
      packets,
      lost_percent: percent(lost, packets),
    });
    const jitter = 1000 * add((one) => one.received.jitter) / members.length;
    const packets = add((one) => one.sent.packets);
    sums[`sum${suffix}`] = { ...sent, ...counts(packets, lost, jitter), sender };
    sums[`sum_sent${suffix}`] = { ...sent, ...counts(packets, 0, 0), sender: true };
    sums[`sum_received${suffix}`] = {
      ...received,
      ...counts(add((one) => one.received.packets), lost, jitter),
      sender: false,
    };
  }
  return sums;
}

function sumOf(run: TestRun, results: readonly StreamResult[]): Json {
  const end = Math.max(...results.map((one) => timeOf(one, run)));
  return spanOf({ start: 0, end, bytes: results.reduce((sum, one) => sum + one.bytes, 0) });
}
