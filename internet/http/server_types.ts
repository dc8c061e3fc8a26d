/**
 * What a server, its connections and its handler are to each other.
 *
 * @module
 */

import type { HeadStore } from "./head_store.ts";

/** What a handler is told beside the request; as `Deno.ServeHandlerInfo`. */
export interface ServeHandlerInfo {
  /** The client's end of the connection. */
  readonly remoteAddr: unknown;
  /** Resolves when the response has been sent; rejects when that failed. */
  readonly completed: Promise<void>;
}

/** Answers requests. */
export type ServeHandler = (
  request: Request,
  info: ServeHandlerInfo,
) => Response | Promise<Response>;

/** What a connection needs of its server. */
export interface ConnectionOwner {
  /** Answers requests. */
  readonly handler: ServeHandler;
  /** Answers where the handler fails. */
  readonly onError: (error: unknown) => Response | Promise<Response>;
  /** The longest head in bytes. */
  readonly maxHeadLength: number;
  /** Scheme and authority for requests that name no host. */
  readonly origin: string;
  /** Whether connections are to end after the response under way. */
  readonly isClosing: boolean;
  /** Keeps heads for handlers. */
  readonly heads: HeadStore;
  /** Lends a buffer for output. */
  takeBuffer(): Uint8Array<ArrayBuffer>;
  /** Takes it back. */
  giveBuffer(buffer: Uint8Array<ArrayBuffer>): void;
}

/** What a connection is doing, for who watches the time. */
export const Phase = {
  /** Waits for a request. */
  Idle: 0,
  /** The first part of a head has come. */
  Head: 1,
  /** A request is being answered. */
  Busy: 2,
  /** All has been answered; the client is given time to read it. */
  Lingering: 3,
} as const;

/** One of the phases of {@linkcode Phase}. */
export type Phase = (typeof Phase)[keyof typeof Phase];
