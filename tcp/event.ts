/**
 * What a connection tells its application.
 *
 * @module
 */

/** What has changed for the application; a set of bits. */
export const TcpEvent = {
  /** The connection is established. */
  Opened: 1,
  /** There is more to read, or the end of the stream was reached. */
  Readable: 2,
  /** The send buffer has room again. */
  Writable: 4,
  /** The connection has ended; `error` says why. */
  Closed: 8,
} as const;
