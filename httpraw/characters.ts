// The character classes of HTTP as tables (RFC 9110 §5.5, §5.6), and text to and from bytes.

function tableOf(holds: (code: number) => boolean): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, code) => holds(code) ? 1 : 0);
}

/** 1 for `tchar` (RFC 9110 §5.6.2). */
export const tokenTable: Uint8Array = tableOf((code) =>
  /[!#$%&'*+\-.^_`|~0-9A-Za-z]/.test(String.fromCharCode(code))
);

/** 1 for what may stand in a field value: SP, HTAB, VCHAR, obs-text (RFC 9110 §5.5). */
export const textTable: Uint8Array = tableOf((code) => code === 9 || code >= 32 && code !== 127);

/** The byte itself, letters A to Z as a to z. */
export const lowerTable: Uint8Array = Uint8Array.from(
  { length: 256 },
  (_, code) => code >= 65 && code <= 90 ? code + 32 : code,
);

/** The value of a hexadecimal digit; 255 for what is none. */
export const hexTable: Uint8Array = Uint8Array.from({ length: 256 }, (_, code) => {
  const value = parseInt(String.fromCharCode(code), 16);
  return Number.isNaN(value) ? 255 : value;
});

/**
 * Bytes as text, one character each (ISO 8859-1).
 *
 * @param bytes The buffer.
 * @param offset Where the text begins.
 * @param end Where it ends (exclusive).
 * @example
 * ```ts
 * import { latin1 } from "@octet/httpraw";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(latin1(Uint8Array.of(0x47, 0x45, 0x54, 0x20), 0, 3), "GET");
 * ```
 */
export function latin1(bytes: Uint8Array, offset: number, end: number): string {
  let text = "";
  for (let i = offset; i < end; i++) text += String.fromCharCode(bytes[i]!);
  return text;
}

/** Whether `bytes[offset…end)` is `lower`, which is in lower case, no matter the case of the letters. */
export function equalsIgnoreCase(
  bytes: Uint8Array,
  offset: number,
  end: number,
  lower: Uint8Array,
): boolean {
  const length = end - offset;
  if (length !== lower.length) return false;
  for (let i = 0; i < length; i++) {
    if (lowerTable[bytes[offset + i]!] !== lower[i]) return false;
  }
  return true;
}

/**
 * The bytes of a token in lower case, to compare fields and list elements with.
 *
 * @param text A token (RFC 9110 §5.6.2): a field's name, a connection option, a coding.
 * @returns Its bytes.
 * @throws {TypeError} When the text is no token.
 * @example
 * ```ts
 * import { tokenBytes } from "@octet/httpraw";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(tokenBytes("Host"), Uint8Array.of(104, 111, 115, 116));
 * ```
 */
export function tokenBytes(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 127 || tokenTable[code] === 0) {
      throw new TypeError(`Cannot use ${JSON.stringify(text)} as it is not an HTTP token`);
    }
    bytes[i] = lowerTable[code]!;
  }
  if (bytes.length === 0) throw new TypeError("Cannot use an empty text as an HTTP token");
  return bytes;
}
