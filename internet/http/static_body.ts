/**
 * Bodies of responses that are there at once.
 *
 * @module
 */

/**
 * The body of a response that was made of text or bytes, without the promises that a stream costs.
 *
 * @returns The body, `null` for none, `undefined` where only its stream can tell.
 */
export function readStaticBody(response: Response): string | Uint8Array | null | undefined {
  return response.body === null ? null : undefined;
}
