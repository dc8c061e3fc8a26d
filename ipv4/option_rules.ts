/**
 * What a host does with the options of a header (RFC 791 §3.1, RFC 1122 §3.2.1.8): finds what is wrong
 * with them, enters itself where a route or times are recorded, and sends them back with an echo.
 *
 * @module
 */
import { readI32, Verdict, writeU32 } from "@octet/wire";
import { type Ipv4Options, Ipv4OptionType, TimestampFlag } from "./options.ts";

/** What tells whether an address is our own. */
export interface OwnAddresses {
  /** Whether datagrams to an address, signed or unsigned, come to us. */
  isLocal(address: number): boolean;
}

/** Where the parts of a route or timestamp option lie, counted from its type octet. */
const lengthOctet = 1;
const pointerOctet = 2;
const flagOctet = 3;
/** The smallest pointers, which count from 1. */
const firstRoutePointer = 4;
const firstTimestampPointer = 5;

/**
 * Looks for the first mistake in a list of options: what RFC 1122 §3.2.2.5 has a host report.
 *
 * Options of unknown types are skipped (RFC 1122 §3.2.1.8). Record route and timestamp may stand there once.
 *
 * @example
 * ```ts
 * import { Ipv4Options, optionFault } from "@octet/ipv4";
 * import { assertEquals } from "@std/assert";
 *
 * const options = new Ipv4Options();
 * options.reset(Uint8Array.of(7, 7, 4, 0, 0, 0, 0, 0), 0, 8);
 * assertEquals(optionFault(options), -1);
 * options.reset(Uint8Array.of(1, 7, 7, 3, 0, 0, 0, 0), 0, 8);
 * assertEquals(optionFault(options), 3); // The pointer points into the option's own head.
 * ```
 *
 * @param options A cursor before the first option; it is moved.
 * @returns Which octet is wrong, counted from the first option's first; -1 when none is.
 */
export function optionFault(options: Ipv4Options): number {
  let hasRoute = false;
  let hasTimestamp = false;
  while (options.next()) {
    const type = options.type;
    const isRoute = type === Ipv4OptionType.RecordRoute;
    const isTimestamp = type === Ipv4OptionType.Timestamp;
    if ((isRoute && hasRoute) || (isTimestamp && hasTimestamp)) return options.position;
    hasRoute ||= isRoute;
    hasTimestamp ||= isTimestamp;
    const fault = faultWithin(options);
    if (fault >= 0) return options.position + fault;
  }
  return options.verdict === Verdict.Ok ? -1 : options.position;
}

/** Which octet of the current option is wrong, counted from its type; -1 when none is. */
function faultWithin(options: Ipv4Options): number {
  const { type, length } = options;
  if (type === Ipv4OptionType.RouterAlert) return length < 4 ? lengthOctet : -1;
  if (type === Ipv4OptionType.RecordRoute || options.isSourceRoute) {
    if (length < 3) return lengthOctet;
    return hasRoom(options.pointer, firstRoutePointer, 4, length) ? -1 : pointerOctet;
  }
  if (type !== Ipv4OptionType.Timestamp) return -1;
  if (length < 4) return lengthOctet;
  const flag = options.timestampFlag;
  const size = flag === TimestampFlag.Time ? 4 : 8;
  if (!hasRoom(options.pointer, firstTimestampPointer, size, length)) return pointerOctet;
  // RFC 791: when the overflow count itself overflows, the datagram is in error.
  return options.pointer > length && options.overflow === 15 ? flagOctet : -1;
}

/** RFC 791: room for a part of an entry only is an error; none at all is not. */
function hasRoom(pointer: number, first: number, size: number, length: number): boolean {
  return pointer >= first && (pointer > length || pointer + size - 1 <= length);
}

/**
 * Enters an address, and the time, in the options of a header that is about to leave: in the record route option,
 * and in the timestamp option as its flag has it. The list must be without faults.
 *
 * @param options A cursor before the first option; it is moved.
 * @param bytes The buffer that the cursor reads.
 * @param address Ours, from which the datagram leaves, host order.
 * @param time Milliseconds since midnight UT; see {@linkcode internetTimestamp}.
 * @param own Which addresses of those that the sender asked for are ours.
 */
export function recordHop(
  options: Ipv4Options,
  bytes: Uint8Array,
  address: number,
  time: number,
  own: OwnAddresses,
): void {
  while (options.next()) {
    const { type, pointer, length } = options;
    // `dataOffset` is behind type and length; a pointer counts from 1 at the type.
    const option = options.dataOffset - 2;
    const entry = option + pointer - 1;
    if (type === Ipv4OptionType.RecordRoute) {
      if (pointer > length) continue;
      writeU32(bytes, entry, address);
      bytes[option + pointerOctet] = pointer + 4;
    } else if (type === Ipv4OptionType.Timestamp) {
      const flag = options.timestampFlag;
      const isForAll = flag === TimestampFlag.Time || flag === TimestampFlag.AddressAndTime;
      if (!isForAll && flag !== TimestampFlag.Prespecified) continue;
      if (pointer > length) {
        if (isForAll && options.overflow < 15) bytes[option + flagOctet]! += 0x10;
        continue;
      }
      if (!isForAll && !own.isLocal(readI32(bytes, entry))) continue;
      if (flag === TimestampFlag.AddressAndTime) writeU32(bytes, entry, address);
      const size = flag === TimestampFlag.Time ? 4 : 8;
      writeU32(bytes, entry + size - 4, time);
      bytes[option + pointerOctet] = pointer + size;
    }
  }
}

/**
 * Copies what an echo reply sends back (RFC 1122 §3.2.2.6): record route and timestamp, as they came.
 *
 * @param options A cursor before the request's first option; it is moved. The list must be without faults.
 * @param bytes The buffer that the cursor reads.
 * @param target Where the options go, at least 40 bytes.
 * @returns How many bytes were written, a multiple of four; 0 when there is nothing to send back.
 */
export function copyEchoedOptions(
  options: Ipv4Options,
  bytes: Uint8Array,
  target: Uint8Array,
): number {
  let at = 0;
  while (options.next()) {
    const type = options.type;
    if (type !== Ipv4OptionType.RecordRoute && type !== Ipv4OptionType.Timestamp) continue;
    for (let i = options.dataOffset - 2; i < options.dataEnd; i++) target[at++] = bytes[i]!;
  }
  while ((at & 3) !== 0) target[at++] = Ipv4OptionType.End;
  return at;
}

/**
 * Turns the options of a header into those of the fragments behind the first one (RFC 791 §3.1): only options
 * with the copied flag stay.
 *
 * @param options A cursor before the first option; it is moved.
 * @param bytes The buffer that the cursor reads.
 * @param target Where the options go, at least 40 bytes.
 * @returns How many bytes were written, a multiple of four.
 */
export function copyFragmentOptions(
  options: Ipv4Options,
  bytes: Uint8Array,
  target: Uint8Array,
): number {
  let at = 0;
  while (options.next()) {
    if (!options.isCopied) continue;
    for (let i = options.dataOffset - 2; i < options.dataEnd; i++) target[at++] = bytes[i]!;
  }
  while ((at & 3) !== 0) target[at++] = Ipv4OptionType.End;
  return at;
}

/**
 * The time as ICMP and options carry it (RFC 792 "Timestamp", RFC 1122 §3.2.2.8).
 *
 * @example
 * ```ts
 * import { internetTimestamp } from "@octet/ipv4";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(internetTimestamp(Date.UTC(2026, 0, 1, 0, 0, 1), 0), 1000);
 * assertEquals(internetTimestamp(NaN, 5), 0x80000005);
 * ```
 *
 * @param wallTime Milliseconds since 1970; NaN when nobody knows.
 * @param now Milliseconds of any clock.
 * @returns Milliseconds since midnight UT; where that is not known, `now` with the highest bit set.
 */
export function internetTimestamp(wallTime: number, now: number): number {
  if (Number.isNaN(wallTime)) return (Math.floor(now) | 0x80000000) >>> 0;
  return Math.floor(wallTime) % 86_400_000;
}
