// What an exchange tells who drives it.

/** What was met in the bytes received. */
export const HttpEvent = {
  /** Nothing more can be made of these bytes: keep those from `position` on, and come again with more behind them. */
  NeedMore: 0,
  /** A piece of the body: `bytes[dataOffset…dataEnd)`, to be taken before the bytes move. */
  Data: 1,
  /** The message is complete, trailers included. */
  End: 2,
  /** The peer broke the rules, or left: `verdict` says how. No further byte of this connection can be understood. */
  Error: 3,
  /** The head is complete; its offsets hold until the bytes move. */
  Head: 4,
  /** An interim response, status 1xx: the final one is yet to come (RFC 9110 §15.2). Clients only. */
  Informational: 5,
  /** From `position` on the bytes are no longer HTTP: CONNECT succeeded, or protocols were switched. */
  Tunnel: 6,
  /** The bytes are another request's, whose turn comes when this one is answered; or never, when the connection is to close. Servers only. */
  Paused: 7,
} as const;

/** One of the events of {@linkcode HttpEvent}. */
export type HttpEvent = (typeof HttpEvent)[keyof typeof HttpEvent];
