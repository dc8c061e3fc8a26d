/**
 * Which option goes where in a message: the options field first, then the fields that option 52 can
 * give to options (RFC 2132 §9.3), values longer than a length byte allows in pieces (RFC 3396 §4).
 *
 * @module
 */
import { checkInteger } from "./_option_kinds.ts";
import { optionByCode, optionTable } from "./_option_table.ts";
import type { Dhcpv4Frame } from "./frame.ts";
import { DhcpOption } from "./option_code.ts";
import type { Dhcpv4Options } from "./option_types.ts";
import { overloadFile, overloadSname } from "./options.ts";

const maximumPiece = 255;
const overloadSize = 3;

/** An option ready to be written. */
export interface OptionItem {
  /** The code. */
  readonly code: number;
  /** The value, of any length. */
  readonly data: ArrayLike<number>;
}

/** Which fields of the header are free. */
export interface FreeFields {
  /** Whether the file field is. */
  readonly mayUseFile: boolean;
  /** Whether the sname field is. */
  readonly mayUseSname: boolean;
}

/**
 * Writes each option's value.
 *
 * @returns The options in the table's order, raw ones next, relay agent information last.
 */
export function listOptions(options: Dhcpv4Options): OptionItem[] {
  const items: OptionItem[] = [];
  let last: OptionItem | null = null;
  for (const { code, name, kind } of optionTable) {
    const value = options[name];
    if (value === undefined) continue;
    const data: number[] = [];
    kind.encode(value, data, name);
    if (code === DhcpOption.RelayAgentInformation) last = { code, data };
    else items.push({ code, data });
  }
  for (const { code, data } of options.other ?? []) {
    checkInteger(code, 1, 254, "code");
    if (code === DhcpOption.Overload) {
      throw new RangeError("Cannot encode DHCP option 52 as the encoder decides on it");
    }
    const name = optionByCode.get(code)?.name;
    if (name !== undefined && options[name] !== undefined) {
      throw new TypeError(
        `Cannot encode DHCP option ${code} from other as ${name} is there already`,
      );
    }
    if (code === DhcpOption.RelayAgentInformation) last = { code, data };
    else items.push({ code, data });
  }
  if (last !== null) items.push(last);
  return items;
}

/** Room for options, filled from the front. */
class Region {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly limit: number;
  at: number;

  constructor(bytes: Uint8Array, start: number, limit: number) {
    this.bytes = bytes;
    this.start = start;
    this.limit = limit;
    this.at = start;
  }

  get free(): number {
    return this.limit - this.at;
  }

  /** Writes as much of the value as fits, in pieces; gives where it stopped. */
  write(item: OptionItem, from: number): number {
    let position = from;
    do {
      const length = Math.min(item.data.length - position, maximumPiece, this.free - 2);
      if (length < 0 || (length === 0 && item.data.length > 0)) return position;
      this.bytes[this.at++] = item.code;
      this.bytes[this.at++] = length;
      for (let i = 0; i < length; i++) this.bytes[this.at++] = item.data[position++]!;
    } while (position < item.data.length);
    return position;
  }
}

function sizeOf(item: OptionItem): number {
  return item.data.length + 2 * Math.max(1, Math.ceil(item.data.length / maximumPiece));
}

/** Puts an item where it fits as a whole, else in pieces through the regions in order. */
function place(item: OptionItem, regions: readonly Region[]): boolean {
  const size = sizeOf(item);
  for (const region of regions) {
    if (region.free >= size) {
      region.write(item, 0);
      return true;
    }
  }
  let position = 0;
  for (const region of regions) {
    position = region.write(item, position);
    if (position === item.data.length) return item.data.length > 0;
  }
  return false;
}

/**
 * Writes the options and their ends.
 *
 * @param items What {@linkcode listOptions} gave.
 * @param frame Where to; its end is the limit.
 * @param fields Which header fields are free.
 * @returns Where the options field stops (exclusive), 0 when the options do not fit.
 */
export function layOutOptions(
  items: readonly OptionItem[],
  frame: Dhcpv4Frame,
  fields: FreeFields,
): number {
  const { bytes, payloadOffset, payloadEnd } = frame;
  let total = 1;
  for (const item of items) total += sizeOf(item);
  const isRoomy = total <= payloadEnd - payloadOffset;
  const final = items.at(-1);
  // A relay agent looks for its own option in the options field alone.
  const relay = !isRoomy && final?.code === DhcpOption.RelayAgentInformation ? final : null;
  const reserved = isRoomy ? 1 : 1 + overloadSize + (relay === null ? 0 : sizeOf(relay));
  const main = new Region(bytes, payloadOffset, payloadEnd - reserved);
  const regions = [main];
  const file = new Region(bytes, frame.fileOffset, frame.fileEnd - 1);
  const sname = new Region(bytes, frame.snameOffset, frame.snameEnd - 1);
  if (!isRoomy && fields.mayUseFile) regions.push(file);
  if (!isRoomy && fields.mayUseSname) regions.push(sname);
  for (const item of items) if (item !== relay && !place(item, regions)) return 0;
  let overload = 0;
  if (file.at > file.start) {
    overload |= overloadFile;
    bytes[file.at] = DhcpOption.End;
  }
  if (sname.at > sname.start) {
    overload |= overloadSname;
    bytes[sname.at] = DhcpOption.End;
  }
  let at = main.at;
  if (overload !== 0) {
    bytes[at++] = DhcpOption.Overload;
    bytes[at++] = 1;
    bytes[at++] = overload;
  }
  if (relay !== null) {
    const tail = new Region(bytes, at, payloadEnd - 1);
    if (tail.write(relay, 0) < relay.data.length) return 0;
    at = tail.at;
  }
  bytes[at++] = DhcpOption.End;
  return at;
}
