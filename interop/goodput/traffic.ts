/**
 * What is measured: a source that writes for as long as it is told, and a sink that counts what arrives
 * and checks every byte of it. Both work on `Deno.Conn`, so that the kernel's TCP and ours run the same program.
 *
 * @module
 */

/** The part of `Deno.Conn` that is used. */
export interface TrafficConn {
  /** Reads some bytes; `null` at the end. */
  read(bytes: Uint8Array): Promise<number | null>;
  /** Writes some bytes. */
  write(bytes: Uint8Array): Promise<number>;
  /** Ends the sending direction. */
  closeWrite(): Promise<void>;
}

/** When a sink counts, from the first byte that it gets. */
export interface TrafficTimes {
  /** Milliseconds that are not counted: handshake and slow start. */
  readonly ramp: number;
  /** Milliseconds that are counted. */
  readonly window: number;
}

/** What a sink found. */
export interface SinkReport {
  /** Bytes that arrived in the window. */
  readonly bytes: number;
  /** Goodput in the window, in bits per second. */
  readonly goodput: number;
  /** All bytes that arrived. */
  readonly total: number;
  /** Where the first byte was that is not what was sent; -1 when all were right. */
  readonly wrongAt: number;
  /** Whether the end of the stream came in time. */
  readonly hasEnded: boolean;
}

/** What a source did. */
export interface SourceReport {
  /** Bytes written. */
  readonly total: number;
}

/** A prime, so that the pattern is nowhere in step with segments or buffers. */
const period = 65_521;
const chunk = 65_536;
/** How long the end of the stream may take to come after the window, in milliseconds. */
export const farewell = 2000;
/** How much longer than the sink's window the source writes, in milliseconds. */
const margin = 200;

/** The bytes of the stream from any position below `period` on, for one chunk. */
function makePattern(): Uint8Array<ArrayBuffer> {
  const pattern = new Uint8Array(period + chunk);
  let state = 1;
  for (let i = 0; i < pattern.length; i++) {
    state = Math.imul(state, 1_103_515_245) + 12_345 | 0;
    pattern[i] = i < period ? state >>> 16 : pattern[i - period]!;
  }
  return pattern;
}

/** Writes for as long as the sink counts, and a little longer, and ends the stream. */
export async function pour(conn: TrafficConn, times: TrafficTimes): Promise<SourceReport> {
  const pattern = makePattern();
  const until = performance.now() + times.ramp + times.window + margin;
  let total = 0;
  while (performance.now() < until) {
    const offset = total % period;
    total += await conn.write(pattern.subarray(offset, offset + chunk));
  }
  await conn.closeWrite();
  return { total };
}

/** Reads to the end of the stream or of the time, whichever is first. */
export async function drain(conn: TrafficConn, times: TrafficTimes): Promise<SinkReport> {
  const pattern = makePattern();
  const buffer = new Uint8Array(chunk);
  let bytes = 0;
  let total = 0;
  let wrongAt = -1;
  let hasEnded = false;
  const late = Promise.withResolvers<null>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let start = 0;
  for (;;) {
    const count = await (timer === undefined
      ? conn.read(buffer)
      : Promise.race([conn.read(buffer), late.promise]));
    const now = performance.now();
    if (timer === undefined) {
      start = now;
      timer = setTimeout(() =>
        late.resolve(null), times.ramp + times.window + farewell);
    }
    const age = now - start;
    if (count === null) {
      hasEnded = age < times.ramp + times.window + farewell;
      break;
    }
    if (wrongAt < 0) wrongAt = firstDifference(buffer, count, pattern, total);
    total += count;
    if (age >= times.ramp && age < times.ramp + times.window) bytes += count;
  }
  clearTimeout(timer);
  return { bytes, goodput: bytes * 8000 / times.window, total, wrongAt, hasEnded };
}

function firstDifference(
  bytes: Uint8Array,
  count: number,
  pattern: Uint8Array,
  position: number,
): number {
  const offset = position % period;
  for (let i = 0; i < count; i++) {
    if (bytes[i] !== pattern[offset + i]) return position + i;
  }
  return -1;
}
