/**
 * Master files cut into entries and tokens (RFC 1035 §5.1): quotes, parentheses, comments, escapes.
 *
 * @module
 */

/** A word of an entry, quotes off, escapes still in. */
export interface Token {
  /** The word. */
  text: string;
  /** Whether any of it stood in quotes. */
  isQuoted: boolean;
}

/** An entry: a line, or several within parentheses. */
export interface Entry {
  /** The number of its first line, from 1. */
  line: number;
  /** Whether it begins with white space: its owner is the last one. */
  isIndented: boolean;
  /** Its words. */
  tokens: Token[];
}

/**
 * Cuts text into entries.
 *
 * @throws {SyntaxError} When a quote or parenthesis is not closed, or one closes that was not open.
 */
export function tokenize(text: string): Entry[] {
  const entries: Entry[] = [];
  let line = 1;
  let depth = 0;
  let isOpen = false;
  let i = 0;
  const fail = (reason: string): never => {
    throw new SyntaxError(`Cannot parse zone line ${line} as ${reason}`);
  };
  const open = (isIndented: boolean): Entry => {
    if (!isOpen) entries.push({ line, isIndented, tokens: [] });
    isOpen = true;
    return entries.at(-1)!;
  };
  while (i < text.length) {
    const character = text[i]!;
    switch (character) {
      case "\n":
        line++;
        i++;
        if (depth === 0) isOpen = false;
        break;
      case " ":
      case "\t":
      case "\r":
        open(true);
        i++;
        break;
      case ";":
        while (i < text.length && text[i] !== "\n") i++;
        break;
      case "(":
        open(false);
        depth++;
        i++;
        break;
      case ")":
        if (--depth < 0) fail("a parenthesis closes that was not open");
        i++;
        break;
      default: {
        const token: Token = { text: "", isQuoted: false };
        let inQuotes = false;
        for (; i < text.length; i++) {
          const c = text[i]!;
          if (c === "\n" || (!inQuotes && " \t\r;()".includes(c))) break;
          if (c === '"') {
            inQuotes = !inQuotes;
            token.isQuoted = true;
          } else {
            token.text += c;
            if (c === "\\" && i + 1 < text.length && text[i + 1] !== "\n") token.text += text[++i];
          }
        }
        if (inQuotes) fail("a quote is not closed");
        open(false).tokens.push(token);
      }
    }
  }
  if (depth > 0) fail("a parenthesis is not closed");
  return entries.filter((entry) => entry.tokens.length > 0);
}
