/**
 * What the kernel tells those who listen: changes of links, addresses, routes, neighbours and rules
 * (RFC 3549 §2.3.2.1, `enum rtnetlink_groups` of `linux/rtnetlink.h`).
 *
 * @module
 */
import { decodeLinkAddress, type LinkAddress } from "./address.ts";
import { AddressFamily } from "./address_bytes.ts";
import { decodeLink, type Link } from "./link.ts";
import { type NetlinkMessage, NetlinkType } from "./message.ts";
import { decodeNeighbour, type Neighbour } from "./neighbour.ts";
import { decodeRoute, type KernelRoute } from "./route.ts";
import { decodeRule, type Rule } from "./rule.ts";

/** A subject that may be listened to. */
export type NetlinkSubject = "link" | "address" | "route" | "neighbour" | "rule";

/** All subjects. */
export const netlinkSubjects: readonly NetlinkSubject[] = [
  "link",
  "address",
  "route",
  "neighbour",
  "rule",
];

/** Multicast groups of rtnetlink by subject, by their numbers. */
export const netlinkGroups: Readonly<Record<NetlinkSubject, readonly number[]>> = {
  link: [1],
  address: [5, 9],
  route: [7, 11],
  neighbour: [3],
  rule: [8, 19],
};

/** A change that the kernel tells of. */
export type NetlinkChange =
  | {
    /** What the change is of. */
    readonly subject: "link";
    /** `set` when it appeared or became different. */
    readonly action: "set" | "deleted";
    /** The link after it, or before it went away. */
    readonly link: Link;
  }
  | {
    /** What the change is of. */
    readonly subject: "address";
    /** `set` when it appeared or became different. */
    readonly action: "set" | "deleted";
    /** The address. */
    readonly address: LinkAddress;
  }
  | {
    /** What the change is of. */
    readonly subject: "route";
    /** `set` when it appeared or became different. */
    readonly action: "set" | "deleted";
    /** The route. */
    readonly route: KernelRoute;
  }
  | {
    /** What the change is of. */
    readonly subject: "neighbour";
    /** `set` when it appeared or became different. */
    readonly action: "set" | "deleted";
    /** The neighbour. */
    readonly neighbour: Neighbour;
  }
  | {
    /** What the change is of. */
    readonly subject: "rule";
    /** `set` when it appeared. */
    readonly action: "set" | "deleted";
    /** The rule. */
    readonly rule: Rule;
  };

/** What a listener gets: a change, or word that some were lost and all must be asked for anew. */
export type NetlinkEvent = NetlinkChange | {
  /** Changes came faster than they were read, and some are lost: list again what you know. */
  readonly subject: "resync";
};

/**
 * Reads a message as a change.
 *
 * @example
 * ```ts
 * import { decodeChange, MessageWriter, NetlinkMessage, NetlinkType } from "@octet/netlink";
 * import { assertEquals } from "@std/assert";
 *
 * const bytes = new MessageWriter().begin(NetlinkType.DeleteLink, 0, 0)
 *   .bytes(Uint8Array.of(0, 0, 1, 0, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))
 *   .text(3, "veth0").finish();
 * const change = decodeChange(new NetlinkMessage().reset(bytes, 0, bytes.length));
 * assertEquals([change?.subject, change?.action], ["link", "deleted"]);
 * ```
 *
 * @param message A message that {@linkcode NetlinkMessage.validate} found well formed.
 * @returns The change, or `undefined` when it is none, malformed, or of a family that is not known here.
 */
export function decodeChange(message: NetlinkMessage): NetlinkChange | undefined {
  switch (message.type) {
    case NetlinkType.NewLink:
    case NetlinkType.DeleteLink: {
      const link = decodeLink(message);
      // A bridge tells of its ports in messages of its own family, without what makes a link.
      if (link === undefined) return undefined;
      if (message.bytes[message.payloadOffset] !== AddressFamily.Unspecified) return undefined;
      return { subject: "link", action: actionOf(message), link };
    }
    case NetlinkType.NewAddress:
    case NetlinkType.DeleteAddress: {
      const address = decodeLinkAddress(message);
      return address && { subject: "address", action: actionOf(message), address };
    }
    case NetlinkType.NewRoute:
    case NetlinkType.DeleteRoute: {
      const route = decodeRoute(message);
      return route && { subject: "route", action: actionOf(message), route };
    }
    case NetlinkType.NewNeighbour:
    case NetlinkType.DeleteNeighbour: {
      const neighbour = decodeNeighbour(message);
      return neighbour && { subject: "neighbour", action: actionOf(message), neighbour };
    }
    case NetlinkType.NewRule:
    case NetlinkType.DeleteRule: {
      const rule = decodeRule(message);
      return rule && { subject: "rule", action: actionOf(message), rule };
    }
    default:
      return undefined;
  }
}

/** Of "new", "delete" and "get" of a subject, in this order from a multiple of 4 on. */
function actionOf(message: NetlinkMessage): "set" | "deleted" {
  return message.type % 4 === 0 ? "set" : "deleted";
}
