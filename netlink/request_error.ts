/**
 * Errors that the kernel answers requests with.
 *
 * @module
 */
import { type Acknowledgement, attributeAt } from "./acknowledgement.ts";
import { Errno, errnoText } from "./errno.ts";
import { systemError } from "./libc.ts";
import { netlinkHeaderLength } from "./message.ts";

/** What an error of {@linkcode NetlinkConnection} carries beside its message. */
export interface NetlinkRequestError extends Error {
  /** The errno's name, such as `EINVAL`. */
  readonly code: string;
  /** The kernel's own words, empty when it had none. */
  readonly kernelMessage: string;
  /** The attribute refused: its type, behind those of the nests that it is in; empty when the kernel did not say. */
  readonly attributePath: readonly number[];
  /** The type of an attribute that the request lacks. */
  readonly missingType?: number;
}

/**
 * Makes the error that a refused request is reported by.
 *
 * @param action What failed, as in `Cannot add link br0`.
 * @param answer The kernel's answer.
 * @param request The request.
 * @param headerLength The length of the request's family header in bytes.
 * @returns The error, to be thrown.
 */
export function requestError(
  action: string,
  answer: Acknowledgement,
  request: Uint8Array,
  headerLength: number,
): NetlinkRequestError {
  const { errno, text, offset, missingType } = answer;
  const attributePath = offset === undefined || offset < netlinkHeaderLength
    ? []
    : attributeAt(request, headerLength, offset);
  const error = systemError(action, errno, describe(errno, text, attributePath, missingType));
  return Object.assign(error, {
    kernelMessage: text,
    attributePath,
    ...(missingType !== undefined && { missingType }),
  });
}

function describe(
  errno: number,
  text: string,
  path: readonly number[],
  missingType: number | undefined,
): string {
  if (text !== "") {
    const where = path.length === 0 ? "" : `, attribute ${path.join("/")}`;
    return `the kernel says: ${text.replace(/\.$/, "")}${where}`;
  }
  if (errno === Errno.EPERM) {
    return "this process lacks CAP_NET_ADMIN: run as root, or have root make the change beforehand";
  }
  if (errno === Errno.EEXIST) return "it is there already";
  if (path.length > 0) return `${errnoText(errno)}: attribute ${path.join("/")} of the request`;
  if (missingType !== undefined) return `${errnoText(errno)}: attribute ${missingType} is missing`;
  return errnoText(errno);
}
