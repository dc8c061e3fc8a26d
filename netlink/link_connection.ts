/**
 * A conversation with the kernel about its links alone: what a program needs that opens a device on one.
 *
 * @module
 */
import { Errno } from "./errno.ts";
import { Exchange } from "./exchange.ts";
import { systemError } from "./libc.ts";
import { decodeLink, type Link } from "./link.ts";
import type { NewLinkKind } from "./link_kind.ts";
import {
  type LinkChange,
  type LinkFilter,
  writeAlternativeName,
  writeDeleteLink,
  writeGetLink,
  writeGetLinkByIndex,
  writeGetLinks,
  writeNewLink,
  writeSetLink,
} from "./link_request.ts";
import { NetlinkType } from "./message.ts";
import type { NamespaceReference } from "./namespace.ts";

/** Options of a connection. */
export interface NetlinkConnectionOptions {
  /** The network namespace to speak to; this process's own when left out. Entering one needs `CAP_SYS_ADMIN`. */
  readonly namespace?: NamespaceReference;
}

/** What {@linkcode LinkConnection.setLink} changes. */
export interface LinkSettings
  extends Omit<LinkChange, "master" | "namespacePid" | "namespaceDescriptor"> {
  /** The name of the bridge or bond that it is to belong to; `null` sets it free. */
  readonly master?: string | null;
  /** The network namespace that it moves to. */
  readonly namespace?: NamespaceReference;
}

/** The part of {@linkcode NetlinkConnection} that lists, makes, changes and removes links. */
export class LinkConnection extends Exchange {
  /** All links, or those that pass a filter. */
  links(filter: LinkFilter = {}): Link[] {
    return this.dump(
      "Cannot list links",
      (writer) => writeGetLinks(writer, filter),
      (message) => message.type === NetlinkType.NewLink ? decodeLink(message) : undefined,
    ).filter((link) =>
      (filter.master === undefined || link.master === filter.master) &&
      (filter.kind === undefined || link.kind === filter.kind)
    );
  }

  /**
   * The link of a name, of one of its other names, or of an index.
   *
   * @throws {Deno.errors.NotFound} When there is none.
   */
  link(name: string | number): Link {
    let found: Link | undefined;
    const action = `Cannot find link ${name}`;
    if (typeof name === "number") writeGetLinkByIndex(this.writer, name);
    else writeGetLink(this.writer, name);
    this.request(action, this.writer, (message) => {
      if (message.type === NetlinkType.NewLink) found = decodeLink(message);
    });
    if (found === undefined) throw systemError(action, Errno.ENODEV);
    return found;
  }

  /**
   * Makes a link.
   *
   * @param name Its name; the kernel puts a number for `%d`.
   * @param link What kind, and what belongs to it. TUN/TAP devices are made by {@linkcode addPersistentTun}.
   * @param settings What else it is to have.
   * @throws {Deno.errors.AlreadyExists} When there is one of that name.
   * @throws {Deno.errors.NotSupported} When the kernel does not know the kind.
   * @throws {RangeError} When a link cannot have that name.
   */
  addLink(
    name: string,
    link: NewLinkKind,
    settings: Omit<LinkSettings, "name" | "alias" | "bridge"> = {},
  ): void {
    const action = `Cannot add link ${name}`;
    this.#change(action, settings, (change) => {
      writeNewLink(this.writer, name, link, change);
      this.request(action, this.writer);
    });
  }

  /**
   * Changes a link: up or down, MTU, hardware address, name, master, namespace …
   *
   * @param name The link.
   * @param settings What becomes different.
   * @throws {Deno.errors.PermissionDenied} Without `CAP_NET_ADMIN`.
   */
  setLink(name: string, settings: LinkSettings): void {
    const { index } = this.link(name);
    const action = `Cannot change link ${name}`;
    this.#change(action, settings, (change) => {
      writeSetLink(this.writer, index, change);
      this.request(action, this.writer);
    });
  }

  #change(action: string, settings: LinkSettings, send: (change: LinkChange) => void): void {
    const { master, namespace, ...rest } = settings;
    const change: LinkChange = master === undefined
      ? rest
      : { ...rest, master: master === null ? 0 : this.link(master).index };
    if (namespace === undefined) return send(change);
    this.withNamespace(action, namespace, (namespaceDescriptor) => {
      send({ ...change, namespaceDescriptor });
    });
  }

  /** Removes a link; of a veth pair, both ends go. */
  deleteLink(name: string): void {
    const { index } = this.link(name);
    writeDeleteLink(this.writer, index);
    this.request(`Cannot delete link ${name}`, this.writer);
  }

  /** Gives a link another name, up to 127 bytes long. */
  addAlternativeName(name: string, alternative: string): void {
    writeAlternativeName(this.writer, this.link(name).index, alternative);
    this.request(`Cannot add the name ${alternative} to link ${name}`, this.writer);
  }

  /** Takes one of its other names from a link. */
  deleteAlternativeName(name: string, alternative: string): void {
    writeAlternativeName(this.writer, this.link(name).index, alternative, false);
    this.request(`Cannot delete the name ${alternative} of link ${name}`, this.writer);
  }
}
