/**
 * The kernel's answer to a request: `NLMSG_ERROR` with an errno, 0 for success, and behind it the
 * kernel's own words where it has any (`NLMSGERR_ATTR_MSG` of `linux/netlink.h`).
 *
 * @module
 */
import { AttributeCursor } from "./attribute.ts";
import { readHost32, readHostI32 } from "./host_order.ts";
import {
  alignNetlink,
  NetlinkFlag,
  netlinkHeaderLength,
  type NetlinkMessage,
  NetlinkType,
} from "./message.ts";

/** An acknowledgement. */
export interface Acknowledgement {
  /** A positive error number, 0 for success. */
  readonly errno: number;
  /** The kernel's words, empty when it has none. */
  readonly text: string;
}

const textAttribute = 1;

/**
 * Reads a message of type `NetlinkType.Error`, or the status of one of type `NetlinkType.Done`.
 *
 * @param message A message that {@linkcode NetlinkMessage.validate} found well formed.
 * @returns The errno and the text, or `undefined` when the payload is malformed.
 */
export function decodeAcknowledgement(message: NetlinkMessage): Acknowledgement | undefined {
  const { bytes, flags, payloadOffset: at, payloadEnd: end } = message;
  if (end - at < 4) return undefined;
  const errno = -readHostI32(bytes, at) | 0;
  if ((flags & NetlinkFlag.AckAttributes) === 0) return { errno, text: "" };
  let attributesAt = at + 4;
  if (message.type === NetlinkType.Error) {
    if (end - attributesAt < netlinkHeaderLength) return undefined;
    const echoLength = (flags & NetlinkFlag.Capped) !== 0
      ? netlinkHeaderLength
      : readHost32(bytes, attributesAt);
    if (echoLength < netlinkHeaderLength || echoLength > end - attributesAt) return undefined;
    attributesAt += alignNetlink(echoLength);
  }
  let text = "";
  const attributes = new AttributeCursor().reset(bytes, attributesAt, end);
  while (attributes.next()) {
    if (attributes.type === textAttribute) text = attributes.text();
  }
  return attributes.verdict === 0 ? { errno, text } : undefined;
}
