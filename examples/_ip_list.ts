/**
 * A list of prefixes, one a line, for longest matches.
 *
 * @module
 */
import { Ipv4Prefix, Ipv6Prefix, Ipv6PrefixTable, PrefixTable } from "@octet/netip";
import type { Address, Prefix } from "./_ip_item.ts";
import { ExitError } from "./_program.ts";

/** A table of both versions, whose values are what stands behind the prefixes. */
export class PrefixList {
  readonly #ipv4 = new PrefixTable<string>();
  readonly #ipv6 = new Ipv6PrefixTable<string>();

  /** How many prefixes there are. */
  get size(): number {
    return this.#ipv4.size + this.#ipv6.size;
  }

  /**
   * Reads lines of a prefix, or an address, and anything behind it; `#` begins a comment. The last of two lines of the
   * same prefix counts.
   *
   * @throws {ExitError} With the line's number, when one begins with neither.
   */
  static parse(text: string, name: string): PrefixList {
    const list = new PrefixList();
    let number = 0;
    for (const line of text.split("\n")) {
      number++;
      const [word, ...rest] = line.replace(/#.*/, "").trim().split(/\s+/);
      if (word === undefined || word === "") continue;
      if (!list.#add(word, rest.join(" "))) {
        throw new ExitError(
          1,
          `${name}:${number}: ${JSON.stringify(word)} is not a prefix like 192.0.2.0/24`,
        );
      }
    }
    return list;
  }

  #add(word: string, value: string): boolean {
    const isIpv6 = word.includes(":");
    if (isIpv6) {
      const prefix = Ipv6Prefix.tryParse(word.includes("/") ? word : `${word}/128`);
      if (prefix !== undefined) this.#ipv6.set(prefix, value);
      return prefix !== undefined;
    }
    const prefix = Ipv4Prefix.tryParse(word.includes("/") ? word : `${word}/32`);
    if (prefix !== undefined) this.#ipv4.set(prefix, value);
    return prefix !== undefined;
  }

  /** The longest prefix that holds an address, and what stands behind it. */
  match(address: Address): readonly [prefix: Prefix, value: string] | undefined {
    return typeof address === "number"
      ? this.#ipv4.longestMatchEntry(address)
      : this.#ipv6.longestMatchEntry(address);
  }
}
