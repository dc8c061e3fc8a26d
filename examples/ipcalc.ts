/**
 * Answers questions about addresses, prefixes and ranges of IPv4 and IPv6.
 *
 * @module
 */
import {
  aggregateIpv4Prefixes,
  aggregateIpv6Prefixes,
  excludeIpv4Prefix,
  excludeIpv6Prefix,
  Ipv4Prefix,
  Ipv6Prefix,
} from "@octet/netip";
import { type Arguments, describeOptions, type OptionTable, UsageError } from "./_arguments.ts";
import { factLines, factObject, factsOf } from "./_ip_facts.ts";
import {
  type Address,
  addressOf,
  countOf,
  endsOf,
  formatAddress,
  type IpItem,
  jsonCount,
  makePrefix,
  type Prefix,
  prefixesOf,
  readAddress,
  readItem,
  readRange,
  valueOf,
} from "./_ip_item.ts";
import { PrefixList } from "./_ip_list.ts";
import { ExitError, print, runProgram } from "./_program.ts";
import { reasonOf } from "./_watch.ts";

const options: OptionTable = {
  list: { value: "FILE", like: "routes.txt", help: "match: the prefixes, one a line; - is stdin" },
  hosts: { help: "enumerate: leave out network and broadcast addresses of IPv4" },
  limit: { value: "N", like: "10", help: "enumerate, split: stop after N" },
  json: { help: "answer in JSON" },
};

const help = `ipcalc: questions about addresses, prefixes and ranges of IPv4 and IPv6

  deno run examples/ipcalc.ts [parse] WHAT …              what it is
  deno run examples/ipcalc.ts contains NETWORK WHAT …     whether all of it lies inside
  deno run examples/ipcalc.ts next|previous WHAT [N]      the N that follow or go before; 1 when left out
  deno run examples/ipcalc.ts count WHAT …                how many addresses
  deno run examples/ipcalc.ts enumerate WHAT              the addresses, one a line
  deno run examples/ipcalc.ts split NETWORK LENGTH        the prefixes of that length in it
  deno run examples/ipcalc.ts range FIRST LAST            the fewest prefixes that make it up
  deno run examples/ipcalc.ts aggregate WHAT …            the fewest prefixes that make up all
  deno run examples/ipcalc.ts exclude NETWORK WHAT        what is left of it
  deno run examples/ipcalc.ts match --list FILE WHAT …    the longest prefix of a list, for each address

WHAT is an address, a prefix, an address with its length or mask, or a range: 192.0.2.1,
192.0.2.0/24, 192.0.2.1/255.255.255.0, 2001:db8::/32, 192.0.2.1-192.0.2.9. A line of a list is a
prefix, and anything behind it; # begins a comment.

Options:
${describeOptions(options)}

Permissions: none; --allow-read=FILE for --list FILE.

Examples:
  deno run examples/ipcalc.ts 192.0.2.9/26
  deno run examples/ipcalc.ts 2001:db8::1/48 --json
  deno run examples/ipcalc.ts contains 10.0.0.0/8 10.1.2.3 10.2.0.0/16
  deno run examples/ipcalc.ts next 10.77.0.0/24 3
  deno run examples/ipcalc.ts split 10.0.0.0/22 24
  deno run examples/ipcalc.ts range 10.0.0.1 10.0.0.130
  echo '10.0.0.0/8 lab' | deno run examples/ipcalc.ts match --list - 10.1.2.3

Exit codes: 1 when contains or match says no for one of them, 2 for wrong usage.
`;

/** One answer: a line, and what JSON says. */
interface Answer {
  readonly line: string;
  readonly json: unknown;
  /** Whether it is a no. */
  readonly isNo?: boolean;
}

type Command = (
  words: readonly string[],
  args: Arguments,
) => Iterable<Answer> | Promise<Iterable<Answer>>;

function needs(words: readonly string[], least: number, most: number, wants: string): void {
  if (words.length >= least && words.length <= most) return;
  throw new UsageError(`Wanted is ${wants}: --help shows examples`);
}

function plain(value: string): Answer {
  return { line: `${value}\n`, json: value };
}

function* parse(words: readonly string[]): Generator<Answer> {
  needs(words, 1, Infinity, "ipcalc parse WHAT …");
  let isFirst = true;
  for (const item of words.map(readItem)) {
    const facts = factsOf(item);
    yield { line: `${isFirst ? "" : "\n"}${factLines(facts)}`, json: factObject(facts) };
    isFirst = false;
  }
}

function* contains(words: readonly string[]): Generator<Answer> {
  needs(words, 2, Infinity, "ipcalc contains NETWORK WHAT …");
  const [outer, ...inner] = words.map(readItem);
  const [first, last] = endsOf(outer!);
  for (const item of inner) {
    const [from, to] = endsOf(item);
    const isIn = typeof from === typeof first && from >= first && to <= last;
    yield {
      line: `${item.text} is ${isIn ? "" : "not "}in ${outer!.text}\n`,
      json: { what: item.text, network: outer!.text, contained: isIn },
      isNo: !isIn,
    };
  }
}

function step(direction: 1 | -1): Command {
  return function* (words): Generator<Answer> {
    const name = direction === 1 ? "next" : "previous";
    needs(words, 1, 2, `ipcalc ${name} WHAT [N]`);
    const item = readItem(words[0]!);
    const count = words[1] === undefined ? 1 : readCount(words[1]);
    const [first] = endsOf(item);
    const size = countOf(item);
    const { length } = item.prefix;
    let before = item.text;
    for (let i = 1n; i <= BigInt(count); i++) {
      const from = addressOf(valueOf(first) + BigInt(direction) * i * size, first);
      if (from === undefined || addressOf(valueOf(from) + size - 1n, first) === undefined) {
        const side = direction === 1 ? "behind" : "before";
        throw new ExitError(1, `There is nothing of that size ${side} ${before}`);
      }
      before = stepText(item, from, size, length);
      yield plain(before);
    }
  };
}

/** What is as large as what was given, from an address on. */
function stepText(item: IpItem, from: Address, size: bigint, length: number): string {
  if (item.last !== undefined) {
    return `${formatAddress(from)}-${formatAddress(addressOf(valueOf(from) + size - 1n, from)!)}`;
  }
  return item.hasLength ? String(makePrefix(from, length)) : formatAddress(from);
}

function readCount(text: string): number {
  const value = /^[1-9]\d{0,8}$/.test(text) ? Number(text) : NaN;
  if (Number.isInteger(value)) return value;
  throw new UsageError(`Wanted is a whole number from 1 to 999999999, not ${JSON.stringify(text)}`);
}

function* count(words: readonly string[]): Generator<Answer> {
  needs(words, 1, Infinity, "ipcalc count WHAT …");
  for (const item of words.map(readItem)) {
    const addresses = countOf(item);
    yield { line: `${addresses}\n`, json: { what: item.text, addresses: jsonCount(addresses) } };
  }
}

function* enumerate(words: readonly string[], args: Arguments): Generator<Answer> {
  needs(words, 1, 1, "ipcalc enumerate WHAT");
  const item = readItem(words[0]!);
  let [first, last] = endsOf(item).map(valueOf) as [bigint, bigint];
  if (args.flag("hosts") && item.hasLength && item.prefix instanceof Ipv4Prefix) {
    first = BigInt(item.prefix.firstHost);
    last = BigInt(item.prefix.lastHost);
  }
  for (let value = first; value <= last; value++) {
    yield plain(formatAddress(addressOf(value, item.address)!));
  }
}

function* split(words: readonly string[]): Generator<Answer> {
  needs(words, 2, 2, "ipcalc split NETWORK LENGTH");
  const { prefix } = readItem(words[0]!);
  const length = /^\d{1,3}$/.test(words[1]!) ? Number(words[1]) : NaN;
  const most = prefix instanceof Ipv4Prefix ? 32 : 128;
  if (!(length >= prefix.length && length <= most)) {
    throw new UsageError(
      `LENGTH wants a number from ${prefix.length} to ${most}, not ${JSON.stringify(words[1])}`,
    );
  }
  for (const subnet of prefix.subnets(length)) yield plain(String(subnet));
}

function range(words: readonly string[]): Answer[] {
  needs(words, 1, 2, "ipcalc range FIRST LAST");
  const item = words.length === 2
    ? readRange(words.join("-"), words[0]!, words[1]!)
    : readItem(words[0]!);
  return prefixesOf(item).map((prefix) => plain(String(prefix)));
}

function aggregate(words: readonly string[]): Answer[] {
  needs(words, 1, Infinity, "ipcalc aggregate WHAT …");
  const all = words.flatMap((word) => prefixesOf(readItem(word)));
  const ipv4 = aggregateIpv4Prefixes(all.filter((prefix) => prefix instanceof Ipv4Prefix));
  const ipv6 = aggregateIpv6Prefixes(all.filter((prefix) => prefix instanceof Ipv6Prefix));
  return [...ipv4, ...ipv6].map((prefix) => plain(String(prefix)));
}

function exclude(words: readonly string[]): Answer[] {
  needs(words, 2, 2, "ipcalc exclude NETWORK WHAT");
  const [outer, inner] = words.map((word) => prefixesOf(readItem(word)));
  let left: Prefix[] = outer!;
  for (const gone of inner!) left = left.flatMap((prefix) => without(prefix, gone));
  return left.map((prefix) => plain(String(prefix)));
}

function without(prefix: Prefix, gone: Prefix): Prefix[] {
  if (prefix instanceof Ipv4Prefix && gone instanceof Ipv4Prefix) {
    return [...excludeIpv4Prefix(prefix, gone)];
  }
  if (prefix instanceof Ipv6Prefix && gone instanceof Ipv6Prefix) {
    return [...excludeIpv6Prefix(prefix, gone)];
  }
  return [prefix];
}

async function match(words: readonly string[], args: Arguments): Promise<Answer[]> {
  needs(words, 1, Infinity, "ipcalc match --list FILE ADDRESS …");
  const addresses = words.map(readAddress);
  const name = args.text("list");
  if (name === undefined) throw new UsageError("match wants --list FILE: the prefixes, one a line");
  const list = PrefixList.parse(await readList(name), name === "-" ? "stdin" : name);
  return addresses.map((address, i) => {
    const found = list.match(address);
    const [prefix, value] = found ?? [undefined, ""];
    return {
      line: `${words[i]} ${prefix ?? "-"}${value === "" ? "" : ` ${value}`}\n`,
      json: { address: words[i], prefix: prefix?.toString() ?? null, value: found ? value : null },
      isNo: found === undefined,
    };
  });
}

async function readList(name: string): Promise<string> {
  if (name === "-") return await new Response(Deno.stdin.readable).text();
  try {
    return await Deno.readTextFile(name);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) {
      throw new ExitError(1, `Cannot read ${name}: run with --allow-read=${name}`);
    }
    throw new ExitError(1, `Cannot read ${name}: ${reasonOf(error)}`);
  }
}

const commands: Readonly<Record<string, Command>> = {
  parse,
  contains,
  next: step(1),
  previous: step(-1),
  count,
  enumerate,
  split,
  range,
  aggregate,
  exclude,
  match,
};

/** How much is written at once. */
const chunkSize = 262_144;

async function main(args: Arguments, signal: AbortSignal): Promise<number> {
  const [first, ...rest] = args.positionals;
  const isNamed = Object.hasOwn(commands, first!);
  if (!isNamed && !/[.:]/.test(first!)) {
    throw new UsageError(
      `Unknown command ${JSON.stringify(first)}: one of ${Object.keys(commands).join(", ")}`,
    );
  }
  const command = isNamed ? commands[first!]! : parse;
  const limit = args.integer("limit", 1, Number.MAX_SAFE_INTEGER) ?? Infinity;
  const json = args.flag("json");
  let isNo = false;
  let given = 0;
  let text = json ? "[" : "";
  try {
    for (const answer of await command(isNamed ? rest : args.positionals, args)) {
      if (given >= limit) break;
      text += json ? `${given > 0 ? "," : ""}${JSON.stringify(answer.json)}` : answer.line;
      given++;
      isNo ||= answer.isNo ?? false;
      if (text.length < chunkSize) continue;
      print(text);
      text = "";
      // Ctrl-C is heard between two turns of the event loop.
      await new Promise((resolve) => setTimeout(resolve));
      if (signal.aborted) return 130;
    }
    text += json ? "]\n" : "";
  } catch (error) {
    // What was answered before still counts, where it is no half of a JSON text.
    if (!json) print(text);
    throw error;
  }
  print(text);
  return isNo ? 1 : 0;
}

if (import.meta.main) {
  await runProgram({ name: "ipcalc", help, options, positionals: ["WHAT", "[WORD …]"], main });
}
