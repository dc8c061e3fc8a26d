/**
 * What may be the name of a link (`dev_valid_name` of Linux's `net/core/dev.c`).
 *
 * @module
 */

/** The longest name of a link, in bytes of UTF-8. */
export const maxLinkNameLength = 15;

const encoder = new TextEncoder();

/**
 * Finds what is wrong with the name of a link.
 *
 * @example
 * ```ts
 * import { linkNameProblem } from "@octet/netlink";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(linkNameProblem("eth0"), undefined);
 * assertEquals(linkNameProblem("sixteencharacter"), "its name has 16 bytes and at most 15 fit");
 * ```
 *
 * @param name The name.
 * @returns The reason why it will not do, or `undefined` when it will.
 */
export function linkNameProblem(name: string): string | undefined {
  const { length } = encoder.encode(name);
  if (length === 0) return "its name is empty";
  if (length > maxLinkNameLength) {
    return `its name has ${length} bytes and at most ${maxLinkNameLength} fit`;
  }
  if (name === "." || name === "..") return `its name must not be "${name}"`;
  if (/[/:\s\0]/.test(name)) return "its name must not hold a slash, a colon, NUL or a space";
  return undefined;
}

/**
 * Throws unless a link may have this name.
 *
 * @param action What the message begins with, as in `Cannot add link tap0`.
 * @param name The name.
 * @throws {RangeError} When it may not.
 */
export function checkLinkName(action: string, name: string): void {
  const problem = linkNameProblem(name);
  if (problem !== undefined) throw new RangeError(`${action} as ${problem}`);
}
