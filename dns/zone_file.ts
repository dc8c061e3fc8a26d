/**
 * Master files (RFC 1035 §5, RFC 2308 §4 for `$TTL`).
 *
 * @module
 */
import { absoluteName, parseData, tryParseTime } from "./_parse_data.ts";
import { type Entry, tokenize } from "./_tokens.ts";
import { RecordClass, recordClassNumber, recordTypeName, recordTypeNumber } from "./constants.ts";
import { formatName, parseName } from "./name.ts";
import type { DnsRecord } from "./record.ts";

/** Where a master file starts from. */
export interface ParseZoneOptions {
  /** What relative names are relative to, until `$ORIGIN` says otherwise; the root when left out. */
  origin?: string;
  /** The TTL in seconds of records that give none, until `$TTL` says otherwise. */
  ttl?: number;
}

interface ParserState {
  origin: string;
  defaultTtl: number | undefined;
  lastTtl: number | undefined;
  owner: string | undefined;
}

function parseEntry(entry: Entry, state: ParserState): DnsRecord | null {
  const { tokens } = entry;
  const first = tokens[0]!;
  if (first.text.startsWith("$") && !first.isQuoted && !entry.isIndented) {
    if (tokens.length !== 2) throw new SyntaxError(`${first.text} takes one value`);
    const value = tokens[1]!;
    switch (first.text.toUpperCase()) {
      case "$ORIGIN":
        state.origin = absoluteName(value, state.origin);
        return null;
      case "$TTL":
        state.defaultTtl = tryParseTime(value.text);
        if (state.defaultTtl === undefined) throw new SyntaxError(`"${value.text}" is not a time`);
        return null;
      default:
        throw new SyntaxError(`${first.text} is not supported`);
    }
  }
  if (!entry.isIndented) state.owner = absoluteName(tokens.shift()!, state.origin);
  if (state.owner === undefined) throw new SyntaxError("the first record has no owner");
  // RFC 1035 §5.1: [<TTL>] [<class>] <type>, or [<class>] [<TTL>] <type>.
  let ttl: number | undefined;
  let recordClass: number | undefined;
  for (;;) {
    const word = tokens[0]?.text ?? "";
    const time = ttl === undefined ? tryParseTime(word) : undefined;
    const number = recordClass === undefined ? recordClassNumber(word) : -1;
    if (time !== undefined) ttl = time;
    else if (number >= 0) recordClass = number;
    else break;
    tokens.shift();
  }
  const word = tokens.shift()?.text ?? "";
  const type = recordTypeNumber(word);
  // IXFR to ANY are questions; OPT belongs to messages.
  if (type < 0 || type === 41 || (type >= 251 && type <= 255)) {
    throw new SyntaxError(word === "" ? "the type is missing" : `"${word}" is not a record type`);
  }
  const record: Record<string, unknown> & { type: string } = {
    name: state.owner,
    type: recordTypeName(type),
    ttl: 0,
  };
  if (recordClass !== undefined && recordClass !== RecordClass.IN) record.class = recordClass;
  parseData(record, tokens, state.origin);
  // RFC 2308 §4: the TTL given, else $TTL, else that of the record before; a SOA falls back on its minimum.
  ttl ??= state.defaultTtl ?? state.lastTtl ?? record.minimum as number | undefined;
  if (ttl === undefined) throw new SyntaxError("no TTL is given");
  record.ttl = state.lastTtl = ttl;
  return record as unknown as DnsRecord;
}

/**
 * Reads a master file: `$ORIGIN`, `$TTL`, `@`, relative names, left-out owners, parentheses,
 * comments, quoted strings, times with units (`1h30m`), and data in RFC 3597's form `\# 2 ABCD`.
 * `$INCLUDE` and `$GENERATE` are refused.
 *
 * @example
 * ```ts
 * import { parseZone } from "@octet/dns/text";
 * import { assertEquals } from "@std/assert";
 *
 * const records = parseZone(`
 * $TTL 1h
 * @    IN SOA ns admin 1 1d 2h 4w 5m
 *      IN NS  ns
 * ns   IN A   10.0.0.1 ; the server
 * `, { origin: "octet.test." });
 * assertEquals(records.map((record) => `${record.name} ${record.type}`), [
 *   "octet.test. SOA",
 *   "octet.test. NS",
 *   "ns.octet.test. A",
 * ]);
 * ```
 *
 * @param text The file.
 * @param options Origin and TTL to start from.
 * @returns The records in their order.
 * @throws {SyntaxError} When the text is not a master file; the message names the line.
 */
export function parseZone(text: string, options: ParseZoneOptions = {}): DnsRecord[] {
  const state: ParserState = {
    origin: formatName(parseName(options.origin ?? "."), 0, 0),
    defaultTtl: options.ttl,
    lastTtl: undefined,
    owner: undefined,
  };
  const records: DnsRecord[] = [];
  for (const entry of tokenize(text)) {
    try {
      const record = parseEntry(entry, state);
      if (record !== null) records.push(record);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new SyntaxError(`Cannot parse zone line ${entry.line} as ${reason}`, { cause: error });
    }
  }
  return records;
}

/**
 * Reads one record in the form of master files.
 *
 * @example
 * ```ts
 * import { parseRecord } from "@octet/dns/text";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(parseRecord("www.octet.test. 60 IN A 10.77.0.1"), {
 *   name: "www.octet.test.",
 *   type: "A",
 *   ttl: 60,
 *   address: 0x0a4d0001,
 * });
 * ```
 *
 * @param text The record.
 * @param options Origin and TTL, where the record leaves them out.
 * @throws {SyntaxError} When the text is not one record.
 */
export function parseRecord(text: string, options: ParseZoneOptions = {}): DnsRecord {
  const records = parseZone(text, options);
  if (records.length !== 1) {
    throw new SyntaxError(`Cannot parse record as the text holds ${records.length} records`);
  }
  return records[0]!;
}
