/**
 * Options as they are sent: record route, timestamp, router alert (RFC 791 §3.1, RFC 2113).
 *
 * @module
 */
import { writeU32 } from "@octet/wire";
import { Ipv4OptionType, TimestampFlag } from "./options.ts";

/** Bytes of options that a header has room for. */
export const ipv4MaximumOptions = 40;

/** How many addresses a record route option has room for. */
const routeLimit = 9;

/**
 * Builds a record route option without an entry.
 *
 * @example
 * ```ts
 * import { encodeRecordRoute } from "@octet/ipv4";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals([...encodeRecordRoute(1)], [7, 7, 4, 0, 0, 0, 0, 0]);
 * ```
 *
 * @param count For how many addresses, 1 to 9.
 * @returns The option, padded to a multiple of four.
 * @throws {RangeError} When the count is out of range.
 */
export function encodeRecordRoute(count: number = routeLimit): Uint8Array<ArrayBuffer> {
  checkCount("record route", count, routeLimit);
  const bytes = new Uint8Array(4 + 4 * count);
  bytes[0] = Ipv4OptionType.RecordRoute;
  bytes[1] = 3 + 4 * count;
  bytes[2] = 4;
  return bytes;
}

/** What {@linkcode encodeTimestampOption} writes. */
export interface TimestampOptionFields {
  /** What the entries are. */
  readonly flag: TimestampFlag;
  /** For how many entries: 1 to 9 of times alone, 1 to 4 with addresses; as many as fit when left out. */
  readonly count?: number;
  /** Whose times are wanted, host order, at most four: with {@linkcode TimestampFlag.Prespecified}. */
  readonly addresses?: readonly number[];
}

/**
 * Builds a timestamp option without a time.
 *
 * @example
 * ```ts
 * import { encodeTimestampOption, TimestampFlag } from "@octet/ipv4";
 * import { assertEquals } from "@std/assert";
 *
 * const option = encodeTimestampOption({ flag: TimestampFlag.Time, count: 1 });
 * assertEquals([...option], [68, 8, 5, 0, 0, 0, 0, 0]);
 * ```
 *
 * @param fields What to write.
 * @returns The option; its length is a multiple of four.
 * @throws {RangeError} When the count is out of range.
 */
export function encodeTimestampOption(fields: TimestampOptionFields): Uint8Array<ArrayBuffer> {
  const { flag, addresses = [] } = fields;
  const size = flag === TimestampFlag.Time ? 4 : 8;
  const limit = Math.floor((ipv4MaximumOptions - 4) / size);
  const isPrespecified = flag === TimestampFlag.Prespecified;
  const count = isPrespecified ? addresses.length : fields.count ?? limit;
  checkCount("timestamp", count, limit);
  const bytes = new Uint8Array(4 + size * count);
  bytes[0] = Ipv4OptionType.Timestamp;
  bytes[1] = bytes.length;
  bytes[2] = 5;
  bytes[3] = flag;
  if (isPrespecified) addresses.forEach((address, i) => writeU32(bytes, 4 + 8 * i, address));
  return bytes;
}

/**
 * Builds a router alert option (RFC 2113 §2.1): routers look at the datagram though it is not theirs.
 *
 * @example
 * ```ts
 * import { encodeRouterAlert } from "@octet/ipv4";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals([...encodeRouterAlert()], [148, 4, 0, 0]);
 * ```
 *
 * @returns The option.
 */
export function encodeRouterAlert(): Uint8Array<ArrayBuffer> {
  return Uint8Array.of(Ipv4OptionType.RouterAlert, 4, 0, 0);
}

function checkCount(name: string, count: number, limit: number): void {
  if (!(Number.isInteger(count) && count >= 1 && count <= limit)) {
    throw new RangeError(
      `Cannot encode ${name} option as its ${count} entries are not from 1 to ${limit}`,
    );
  }
}
