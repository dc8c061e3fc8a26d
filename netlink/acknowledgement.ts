/**
 * The kernel's answer to a request: `NLMSG_ERROR` with an errno, 0 for success, and behind it what
 * the kernel has to say of it (`enum nlmsgerr_attrs` of `linux/netlink.h`): its own words, and which
 * attribute it means.
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
  /** The kernel's words, empty when it has none; with errno 0 they are a warning. */
  readonly text: string;
  /** Where in the request the attribute stands that the kernel refused, in bytes from its header. */
  readonly offset?: number;
  /** The type of an attribute that the request lacks. */
  readonly missingType?: number;
  /** Where in the request the nest stands that lacks it, in bytes; absent for the message itself. */
  readonly missingNest?: number;
}

/** Attributes of an acknowledgement. */
export const AcknowledgementAttribute = {
  /** Text. */
  Message: 1,
  /** Byte offset of the attribute refused, in the request. */
  Offset: 2,
  /** Type of an attribute that is missing. */
  MissingType: 5,
  /** Byte offset of the nest in which it is missing. */
  MissingNest: 6,
} as const;

/**
 * Reads a message of type `NetlinkType.Error`, or the status of one of type `NetlinkType.Done`.
 *
 * @example
 * ```ts
 * import { decodeAcknowledgement, NetlinkMessage } from "@octet/netlink";
 * import { assertEquals } from "@std/assert";
 *
 * // NLMSG_ERROR, errno 19, and the header of the request that it answers.
 * const bytes = new Uint8Array(36);
 * bytes.set([36, 0, 0, 0, 2, 0, 0, 1, 7, 0, 0, 0, 0, 0, 0, 0, 0xed, 0xff, 0xff, 0xff]);
 * const message = new NetlinkMessage().reset(bytes, 0, bytes.length);
 * assertEquals(decodeAcknowledgement(message), { errno: 19, text: "" });
 * ```
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
  let offset: number | undefined;
  let missingType: number | undefined;
  let missingNest: number | undefined;
  const attributes = new AttributeCursor().reset(bytes, attributesAt, end);
  while (attributes.next()) {
    switch (attributes.type) {
      case AcknowledgementAttribute.Message:
        text = attributes.text();
        break;
      case AcknowledgementAttribute.Offset:
        offset = attributes.u32();
        break;
      case AcknowledgementAttribute.MissingType:
        missingType = attributes.u32();
        break;
      case AcknowledgementAttribute.MissingNest:
        missingNest = attributes.u32();
        break;
    }
  }
  if (attributes.verdict !== 0) return undefined;
  return {
    errno,
    text,
    ...(offset !== undefined && { offset }),
    ...(missingType !== undefined && { missingType }),
    ...(missingNest !== undefined && { missingNest }),
  };
}

/**
 * The attribute of a request that stands at an offset: the type that the kernel complained of.
 *
 * @param request The request, from its header on.
 * @param headerLength The length of the family's header behind the message header, in bytes.
 * @param offset As in {@linkcode Acknowledgement.offset}.
 * @returns The types from the outermost nest to the attribute; empty when the offset points at none.
 */
export function attributeAt(request: Uint8Array, headerLength: number, offset: number): number[] {
  const path: number[] = [];
  let cursor = new AttributeCursor()
    .reset(request, netlinkHeaderLength + headerLength, request.length);
  while (cursor.next()) {
    const start = cursor.valueOffset - 4;
    if (offset < start) return [];
    if (offset >= cursor.valueEnd) continue;
    path.push(cursor.type);
    if (offset === start) return path;
    cursor = cursor.nested();
  }
  return [];
}
