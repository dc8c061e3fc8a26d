/**
 * The netlink message header (RFC 3549 §2.3.2, `struct nlmsghdr` of Linux's `linux/netlink.h`).
 *
 * @module
 */
import { Verdict } from "@octet/wire";
import { readHost16, readHost32 } from "./host_order.ts";

/** Message types that every netlink family shares (RFC 3549 §2.3.2). */
export const NetlinkType = {
  /** Ignored. */
  Noop: 1,
  /** An error, or with errno 0 an acknowledgement. */
  Error: 2,
  /** The end of a multipart answer. */
  Done: 3,
  /** Data was lost. */
  Overrun: 4,
  /** A link appeared or changed. */
  NewLink: 16,
  /** A link went away; as a request, removes it. */
  DeleteLink: 17,
  /** Asks for links. */
  GetLink: 18,
  /** Changes a link. */
  SetLink: 19,
  /** An address appeared; as a request, adds it. */
  NewAddress: 20,
  /** An address went away; as a request, removes it. */
  DeleteAddress: 21,
  /** Asks for addresses. */
  GetAddress: 22,
  /** A route appeared; as a request, adds it. */
  NewRoute: 24,
  /** A route went away; as a request, removes it. */
  DeleteRoute: 25,
  /** Asks for routes. */
  GetRoute: 26,
  /** A neighbour appeared or changed; as a request, adds it. */
  NewNeighbour: 28,
  /** A neighbour went away; as a request, removes it. */
  DeleteNeighbour: 29,
  /** Asks for neighbours. */
  GetNeighbour: 30,
  /** A policy routing rule appeared; as a request, adds it. */
  NewRule: 32,
  /** A policy routing rule went away; as a request, removes it. */
  DeleteRule: 33,
  /** Asks for policy routing rules. */
  GetRule: 34,
  /** Gives a link one more name. */
  NewLinkProperty: 108,
  /** Takes one of its other names from a link. */
  DeleteLinkProperty: 109,
} as const;

/** Flags of a message's header. */
export const NetlinkFlag = {
  /** A request to the kernel. */
  Request: 0x1,
  /** Part of an answer of several messages, which {@linkcode NetlinkType}`.Done` ends. */
  Multi: 0x2,
  /** Asks for an acknowledgement. */
  Ack: 0x4,
  /** Asks that the change be told to the one who made it, too. */
  Echo: 0x8,
  /** In an answer: what is listed changed meanwhile, so that entries may be missing or doubled. */
  DumpInterrupted: 0x10,
  /** In an answer: the kernel filtered as the request asked. */
  DumpFiltered: 0x20,
  /** In an acknowledgement: the request is not echoed behind the errno. */
  Capped: 0x100,
  /** In an acknowledgement: attributes with the kernel's message follow. */
  AckAttributes: 0x200,
  /** In a get request: all entries. */
  Dump: 0x300,
  /** In a new request: replaces what exists. */
  Replace: 0x100,
  /** In a new request: fails when it exists. */
  Exclusive: 0x200,
  /** In a new request: makes what does not exist. */
  Create: 0x400,
  /** In a new request: puts it behind what exists. */
  Append: 0x800,
} as const;

/** The header's length in bytes. */
export const netlinkHeaderLength = 16;

/** Rounds a length up to a multiple of 4, on which messages and attributes begin. */
export function alignNetlink(length: number): number {
  return (length + 3) & ~3;
}

/**
 * A netlink message over `bytes[offset…end)`. After {@linkcode NetlinkMessage.validate} says ok, no getter
 * reads outside.
 *
 * @example
 * ```ts
 * import { NetlinkMessage, NetlinkType } from "@octet/netlink";
 * import { assertEquals } from "@std/assert";
 *
 * // NLMSG_DONE with its 4 byte status, sequence number 7.
 * const bytes = Uint8Array.of(20, 0, 0, 0, 3, 0, 2, 0, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
 * const message = new NetlinkMessage().reset(bytes, 0, bytes.length);
 * assertEquals(message.validate(), 0);
 * assertEquals(message.type, NetlinkType.Done);
 * assertEquals(message.sequence, 7);
 * ```
 */
export class NetlinkMessage {
  /** The buffer. */
  bytes: Uint8Array = new Uint8Array(0);
  /** Where the message begins. */
  offset = 0;
  /** Where the buffer stops (exclusive). */
  end = 0;

  /** Lays the view over `bytes[offset…end)`. */
  reset(bytes: Uint8Array, offset: number, end: number): this {
    this.bytes = bytes;
    this.offset = offset;
    this.end = end;
    return this;
  }

  /** Checks that header and declared length lie within the buffer. */
  validate(): Verdict {
    if (this.end - this.offset < netlinkHeaderLength) return Verdict.Short;
    const length = this.length;
    if (length < netlinkHeaderLength || length > this.end - this.offset) return Verdict.BadLength;
    return Verdict.Ok;
  }

  /** The length of header and payload in bytes, without padding. */
  get length(): number {
    return readHost32(this.bytes, this.offset);
  }

  /** The type, one of {@linkcode NetlinkType} or of another family's. */
  get type(): number {
    return readHost16(this.bytes, this.offset + 4);
  }

  /** Flags, see {@linkcode NetlinkFlag}. */
  get flags(): number {
    return readHost16(this.bytes, this.offset + 6);
  }

  /** The sequence number that ties an answer to its request. */
  get sequence(): number {
    return readHost32(this.bytes, this.offset + 8);
  }

  /** The port id of the socket that asked; 0 for the kernel. */
  get port(): number {
    return readHost32(this.bytes, this.offset + 12);
  }

  /** Where the payload begins. */
  get payloadOffset(): number {
    return this.offset + netlinkHeaderLength;
  }

  /** Where the payload stops (exclusive). */
  get payloadEnd(): number {
    return this.offset + this.length;
  }

  /** Where the next message of the buffer begins; at or beyond `end` when there is none. */
  get nextOffset(): number {
    return this.offset + alignNetlink(this.length);
  }
}
