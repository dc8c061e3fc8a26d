/**
 * HTTP over a host, or over anything that connects and listens as Deno does: a client close to the wire, `fetch`,
 * and `serve`.
 *
 * @module
 */
export * from "./client.ts";
export * from "./client_response.ts";
export type {
  HttpClientOptions,
  HttpClientRequest,
  HttpRequestBody,
  HttpTiming,
} from "./client_types.ts";
export type { HttpAddr, HttpConn, HttpConnect, HttpConnectOptions, HttpListener } from "./conn.ts";
export { HttpError, type HttpErrorCode } from "./error.ts";
export * from "./fetch.ts";
export { HttpServer, serveOn, type ServeOnOptions, type ServeOptions } from "./serve.ts";
export type { ServeHandler, ServeHandlerInfo } from "./server_types.ts";
