/**
 * What a client is asked for, and what it tells beside the response.
 *
 * @module
 */
import type { FieldList } from "@octet/httpraw";
import type { HttpConnect } from "./conn.ts";

/** The body of a request: bytes, or pieces of bytes as they come, which go out as chunks. */
export type HttpRequestBody = Uint8Array | AsyncIterable<Uint8Array>;

/** A request as {@linkcode HttpClient.request} sends it: nothing is added but Host and what frames the body. */
export interface HttpClientRequest {
  /** Whom to connect to: a name or an address. */
  hostname: string;
  /** The port; 80 when not given. */
  port?: number;
  /** The method; GET when not given. */
  method?: string;
  /** The request target, percent-encoded; `/` when not given. */
  target?: string;
  /** The Host field; hostname, and port where it is not 80, when not given. */
  host?: string;
  /** Further fields in this order. */
  fields?: FieldList;
  /** The body; none when not given. */
  body?: HttpRequestBody | null;
  /** The length of a body that comes in pieces, where it is known: it is announced and not chunked. */
  bodyLength?: number;
  /** Whether the connection is not to be kept. */
  close?: boolean;
  /** Whether the body waits, for a second at the most, until the server asks for it. */
  expectContinue?: boolean;
  /** Ends the exchange, at any time. */
  signal?: AbortSignal;
  /** Told of interim responses such as `103 Early Hints`. */
  onInformational?: (status: number, fields: readonly (readonly [string, string])[]) => void;
}

/** When the steps of an exchange were done, in milliseconds of `performance.now`; NaN for those that were not needed. */
export interface HttpTiming {
  /** The request was asked for. */
  readonly started: number;
  /** The name was resolved. */
  readonly resolved: number;
  /** The connection was there; NaN when a kept one was used. */
  readonly connected: number;
  /** The request had been handed to the connection whole. */
  readonly sent: number;
  /** The first bytes of the response came. */
  readonly firstByte: number;
  /** The response was complete. */
  readonly done: number;
}

/** The timing as it is being taken. */
export type Timing = { -readonly [K in keyof HttpTiming]: HttpTiming[K] };

/** A timing with nothing done. */
export function newTiming(): Timing {
  return {
    started: performance.now(),
    resolved: NaN,
    connected: NaN,
    sent: NaN,
    firstByte: NaN,
    done: NaN,
  };
}

/** How an {@linkcode HttpClient} is set up. */
export interface HttpClientOptions {
  /** Makes connections: `(options) => host.connect(options)`, or `Deno.connect`. */
  connect: HttpConnect;
  /**
   * Gives the addresses of a name, which are then tried one after another; without it `connect` is given the
   * name.
   */
  resolve?: (hostname: string, signal?: AbortSignal) => Promise<string[]>;
  /** The most connections to one host and port; 32 when not given. Further requests wait. */
  maxConnections?: number;
  /** How long a connection is kept for the next request, in milliseconds; 30,000 when not given, 0 keeps none. */
  idleTimeout?: number;
  /** How long the final response's head may take once the request is under way, in milliseconds; Infinity when not given. */
  headTimeout?: number;
  /** The longest response head in bytes; 65,536 when not given. */
  maxHeadLength?: number;
}
