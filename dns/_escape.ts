/**
 * Bytes in presentation text (RFC 1035 §5.1, RFC 4343 §2.1).
 *
 * @module
 */

/** How a byte is written in a name: the characters master files give a meaning are escaped. */
export function escapeLabelByte(byte: number): string {
  if (byte <= 0x20 || byte >= 0x7f) return "\\" + String(byte).padStart(3, "0");
  const character = String.fromCharCode(byte);
  return '."\\;()@$'.includes(character) ? "\\" + character : character;
}

/** How a string is written: in quotes, quotes and backslashes escaped. */
export function quote(bytes: Uint8Array): string {
  let text = '"';
  for (const byte of bytes) {
    if (byte < 0x20 || byte >= 0x7f) text += "\\" + String(byte).padStart(3, "0");
    else text += (byte === 0x22 || byte === 0x5c ? "\\" : "") + String.fromCharCode(byte);
  }
  return text + '"';
}

/**
 * Reads one character of presentation text, which may be escaped as `\X` or `\DDD`
 * (RFC 1035 §5.1).
 *
 * @param text The text.
 * @param index Where the character, or the backslash, stands.
 * @returns The byte value; 256 is added for each character of text used beyond the first. -1 when
 *     the escape is cut short or above 255, or the character is not ASCII.
 */
export function readEscaped(text: string, index: number): number {
  const code = text.charCodeAt(index);
  if (code !== 0x5c) return code < 0x80 ? code : -1;
  const digits = /^\d{3}/.exec(text.slice(index + 1, index + 4));
  if (digits !== null) return Number(digits[0]) < 256 ? Number(digits[0]) + 3 * 256 : -1;
  const next = text.charCodeAt(index + 1);
  return next < 0x80 && !(next >= 0x30 && next <= 0x39) ? next + 256 : -1;
}

/**
 * The bytes of a string whose quotes are off already.
 *
 * @throws {SyntaxError} When an escape is malformed or a character is not ASCII.
 */
export function unescape(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(text.length);
  let length = 0;
  for (let i = 0; i < text.length;) {
    const value = readEscaped(text, i);
    if (value < 0) throw new SyntaxError(`Cannot parse string as it holds ${text.slice(i, i + 4)}`);
    bytes[length++] = value;
    i += 1 + (value >> 8);
  }
  return bytes.slice(0, length);
}
