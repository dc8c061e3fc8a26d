/**
 * The errors of the API: Deno's own classes on Deno, so that `instanceof Deno.errors.ConnectionRefused`
 * holds, and classes of the same names elsewhere.
 *
 * @module
 */
import { TcpError } from "@octet/tcp";

/** An error with the code that the operating system would give, such as `ECONNREFUSED`. */
export interface NetworkError extends Error {
  /** The name of the errno, where there is one. */
  code?: string;
}

type ErrorClass = new (message: string) => Error;

/** The names of Deno's error classes that the API throws. */
export type ErrorName =
  | "AddrInUse"
  | "AddrNotAvailable"
  | "BadResource"
  | "BrokenPipe"
  | "Busy"
  | "ConnectionAborted"
  | "ConnectionRefused"
  | "ConnectionReset"
  | "Interrupted"
  | "NotConnected"
  | "NotFound"
  | "PermissionDenied"
  | "TimedOut";

const platform = globalThis as { Deno?: { errors?: Record<string, ErrorClass> } };
const own: Map<string, ErrorClass> = new Map();

function errorClass(name: string): ErrorClass {
  const native = platform.Deno?.errors?.[name];
  if (native !== undefined) return native;
  let made = own.get(name);
  if (made === undefined) {
    made = class extends Error {
      override name = name;
    };
    own.set(name, made);
  }
  return made;
}

/**
 * Makes one of Deno's errors.
 *
 * @example
 * ```ts
 * import { networkError } from "@octet/internet";
 * import { assertEquals } from "@std/assert";
 *
 * const error = networkError("AddrInUse", "Address already in use (os error 98)", "EADDRINUSE");
 * assertEquals(error.name, "AddrInUse");
 * assertEquals(error.code, "EADDRINUSE");
 * ```
 *
 * @param name The class, such as `ConnectionRefused`.
 * @param message The message.
 * @param code The name of the errno, where there is one.
 */
export function networkError(name: ErrorName, message: string, code?: string): NetworkError {
  const error: NetworkError = new (errorClass(name))(message);
  if (code !== undefined) error.code = code;
  return error;
}

/** What Deno throws when a resource has been closed. */
export function badResource(message: string = "Bad resource ID"): NetworkError {
  return networkError("BadResource", message);
}

/**
 * What Deno throws when a resource is closed under a pending operation.
 *
 * @param cause Why the host has ended; its message is told, as Deno has no case like it. Left out when it was closed.
 */
export function interrupted(cause?: unknown): NetworkError {
  if (!(cause instanceof Error)) return networkError("Interrupted", "operation canceled", "EINTR");
  const error = networkError("Interrupted", cause.message, "EINTR");
  error.cause = cause;
  return error;
}

/** What Deno throws for a port or address that is bound. */
export function addressInUse(): NetworkError {
  return networkError("AddrInUse", "Address already in use (os error 98)", "EADDRINUSE");
}

/** What Deno throws for an address that is none of the host's. */
export function addressNotAvailable(): NetworkError {
  return networkError(
    "AddrNotAvailable",
    "Cannot assign requested address (os error 99)",
    "EADDRNOTAVAIL",
  );
}

/** What the kernel says to a broadcast from a socket that may not. */
export function permissionDenied(): NetworkError {
  return networkError("PermissionDenied", "Permission denied (os error 13)", "EACCES");
}

/** An interface that there is not. */
export function noSuchDevice(): NetworkError {
  return withCode(new Error("No such device (os error 19)"), "ENODEV");
}

/** A datagram without an address from a socket that is not connected. */
export function notConnected(): NetworkError {
  return withCode(new Error("Destination address required (os error 89)"), "EDESTADDRREQ");
}

/** A peer's host that cannot be reached. */
export function hostUnreachable(): NetworkError {
  return withCode(new Error("No route to host (os error 113)"), "EHOSTUNREACH");
}

/** A network that no route leads to. */
export function networkUnreachable(): NetworkError {
  return withCode(new Error("Network is unreachable (os error 101)"), "ENETUNREACH");
}

/** A datagram that is too long for UDP, or for the way to its destination. */
export function messageTooLong(): NetworkError {
  return withCode(new Error("Message too long (os error 90)"), "EMSGSIZE");
}

/** What the kernel says to port 0 as a destination. */
export function invalidArgument(): NetworkError {
  return withCode(new TypeError("Invalid argument (os error 22)"), "EINVAL");
}

/** A peer that has reset the connection, or refused it. */
export function tcpError(error: TcpError): NetworkError {
  switch (error) {
    case TcpError.Refused:
      return connectionRefused();
    case TcpError.TimedOut:
      return networkError("TimedOut", "Connection timed out (os error 110)", "ETIMEDOUT");
    case TcpError.HostUnreachable:
      return hostUnreachable();
    case TcpError.NetworkUnreachable:
      return networkUnreachable();
    case TcpError.Aborted:
      return networkError(
        "ConnectionAborted",
        "Software caused connection abort (os error 103)",
        "ECONNABORTED",
      );
    default:
      return networkError(
        "ConnectionReset",
        "Connection reset by peer (os error 104)",
        "ECONNRESET",
      );
  }
}

/** A port where nobody listens. */
export function connectionRefused(): NetworkError {
  return networkError("ConnectionRefused", "Connection refused (os error 111)", "ECONNREFUSED");
}

/** What Deno throws for a buffer that is none. */
export function notBytes(): TypeError {
  return new TypeError("expected typed ArrayBufferView");
}

/** A connection whose sending direction is over. */
export function brokenPipe(): NetworkError {
  return networkError("BrokenPipe", "Broken pipe (os error 32)", "EPIPE");
}

/** What an aborted signal makes of a pending call. */
export function abortReason(signal: AbortSignal): unknown {
  const { reason } = signal;
  if (!(reason instanceof DOMException) || reason.name !== "AbortError") return reason;
  return new DOMException("The signal has been aborted", "AbortError");
}

/**
 * Checks a port as Deno does, which takes text too.
 *
 * @param port What a program gave.
 * @param least The smallest that makes sense: 0 for "any", or 1.
 * @returns The port as a number.
 * @throws {TypeError} When it is no integer.
 * @throws {RangeError} When it is out of range.
 */
export function checkPort(port: unknown, least: 0 | 1): number {
  if (typeof port !== "number" && typeof port !== "string") {
    throw new TypeError(`Invalid port (expected number): ${String(port)}`);
  }
  const number = port === "" ? NaN : Number(port);
  if (!Number.isInteger(number)) {
    const text = typeof port === "string" && Number.isNaN(number) ? `'${port}'` : port;
    throw new TypeError(`Invalid port: ${text}`);
  }
  if (number < least || number > 65_535) {
    throw new RangeError(`Invalid port (out of range): ${port}`);
  }
  return number;
}

/**
 * Checks the transport that a program asks for.
 *
 * @throws {TypeError} When it is another than `only`.
 */
export function checkTransport(transport: string | undefined, only: "tcp" | "udp"): void {
  if (transport !== undefined && transport !== only) {
    throw new TypeError(`Unsupported transport: '${transport}'`);
  }
}

/** What Deno throws for a host name without a character. */
export function emptyHost(): URIError {
  return new URIError("invalid empty host: ''");
}

function withCode(error: NetworkError, code: string): NetworkError {
  error.code = code;
  return error;
}
