/**
 * What a handler is told of its request, and of the end that the response comes to.
 *
 * @module
 */
import type { ServeHandlerInfo } from "./server_types.ts";

/** The facts of one request. The promise is made when somebody asks for it. */
export class Info implements ServeHandlerInfo {
  /** The client's end of the connection. */
  readonly remoteAddr: unknown;
  #end: PromiseWithResolvers<void> | null = null;
  #outcome: { readonly error: unknown } | null | undefined = undefined;

  /** A request from `remoteAddr`. */
  constructor(remoteAddr: unknown) {
    this.remoteAddr = remoteAddr;
  }

  /** Resolves when the response has been sent; rejects when that failed. */
  get completed(): Promise<void> {
    if (this.#end === null) {
      this.#end = Promise.withResolvers();
      this.#end.promise.catch(() => {});
      if (this.#outcome !== undefined) this.settle(this.#outcome);
    }
    return this.#end.promise;
  }

  /** The response has been sent, or has failed. */
  settle(outcome: { readonly error: unknown } | null): void {
    this.#outcome = outcome;
    if (outcome === null) this.#end?.resolve();
    else this.#end?.reject(outcome.error);
  }
}
