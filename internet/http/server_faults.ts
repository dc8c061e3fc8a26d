/**
 * What goes wrong between a handler, its response and the client.
 *
 * @module
 */

/** Checks a piece of a response's body. */
export function checkPiece(piece: unknown): void {
  if (!(piece instanceof Uint8Array)) {
    throw new TypeError("Cannot send response as a piece of its body is not a Uint8Array");
  }
}

/** What a handler is told that gave no response. */
export function notResponse(value: unknown): TypeError {
  return new TypeError(
    `Cannot answer request as the handler gave ${
      value instanceof Response ? "Response.error()" : typeof value
    } and not a Response`,
  );
}

/** What a handler is told whose response has no body any more. */
export function usedResponse(): TypeError {
  return new TypeError("Cannot answer request as the body of the handler's response was used");
}

/** Why the request of a client that has left is aborted. */
export function goneReason(): DOMException {
  return new DOMException("The client has gone away", "AbortError");
}
