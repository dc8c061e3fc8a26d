/**
 * How a script ends before its last line.
 *
 * @module
 */

/** The script asks for something that this runner, or what it runs against, cannot express. */
export class Unsupported extends Error {
  /** The line, from 1; 0 when it is not known. */
  readonly line: number;

  /**
   * Says what is not supported.
   *
   * @param what A few words, as `IPv6`.
   * @param line The line, from 1; 0 when whoever catches it knows.
   */
  constructor(what: string, line: number = 0) {
    super(what);
    this.name = "Unsupported";
    this.line = line;
  }
}

/** What happened is not what the script says. */
export class Mismatch extends Error {
  /** What the script says. */
  readonly expected: string;
  /** What happened. */
  readonly actual: string;

  /**
   * Tells the difference.
   *
   * @param message What differs, in a few words.
   * @param expected What the script says.
   * @param actual What happened.
   */
  constructor(message: string, expected: string, actual: string) {
    super(message);
    this.name = "Mismatch";
    this.expected = expected;
    this.actual = actual;
  }
}

/** A script that cannot be read. */
export class ScriptSyntaxError extends SyntaxError {
  /** The line, from 1. */
  readonly line: number;

  /**
   * Says where reading stopped.
   *
   * @param message What is wrong.
   * @param line The line, from 1.
   */
  constructor(message: string, line: number) {
    super(message);
    this.name = "ScriptSyntaxError";
    this.line = line;
  }
}
