/**
 * What goes wrong in HTTP itself, beside what goes wrong below it.
 *
 * @module
 */
import { HttpVerdict, httpVerdictName } from "@octet/httpraw";

/** Why an exchange failed: a verdict of the parser by its name, or one of a few more. */
export type HttpErrorCode =
  | keyof typeof HttpVerdict
  /** The connection was closed before a byte of the response had come. */
  | "EmptyReply"
  /** The head of the response did not come in time. */
  | "TimedOut"
  /** The client was closed. */
  | "Closed";

/** An exchange that failed though the connection below it did not. */
export class HttpError extends Error {
  /** `"HttpError"`. */
  override name = "HttpError";
  /** What happened. */
  readonly code: HttpErrorCode;

  /** Makes an error. */
  constructor(code: HttpErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** The error that a response's verdict amounts to. */
export function responseError(verdict: HttpVerdict, hasResponse: boolean): HttpError {
  if (verdict !== HttpVerdict.Truncated) {
    const code = httpVerdictName(verdict) as keyof typeof HttpVerdict;
    return new HttpError(code, `Cannot read response as it is malformed: ${code}`);
  }
  return hasResponse
    ? new HttpError("Truncated", "Connection closed before message completed")
    : new HttpError("EmptyReply", "Connection closed before a response came");
}
