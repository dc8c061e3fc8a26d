/**
 * A conversation with the kernel over an `AF_NETLINK` socket, through FFI. The kernel answers
 * rtnetlink requests while they are being sent, so every call here is synchronous and never waits.
 *
 * @module
 */
import { decodeAcknowledgement } from "./acknowledgement.ts";
import {
  decodeLinkAddress,
  type LinkAddress,
  type NewAddressOptions,
  writeDeleteAddress,
  writeGetAddresses,
  writeNewAddress,
} from "./address.ts";
import { Errno } from "./errno.ts";
import { writeHost16, writeHost32 } from "./host_order.ts";
import { type Libc, openLibc, systemError } from "./libc.ts";
import { decodeLink, type Link, type LinkChange, writeGetLink, writeSetLink } from "./link.ts";
import { NetlinkMessage, NetlinkType } from "./message.ts";
import {
  decodeRoute,
  type KernelRoute,
  type RouteOptions,
  writeDeleteRoute,
  writeGetRoutes,
  writeNewRoute,
} from "./route.ts";
import { MessageWriter } from "./writer.ts";

const functions = {
  socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
  setsockopt: { parameters: ["i32", "i32", "i32", "buffer", "u32"], result: "i32" },
  sendto: { parameters: ["i32", "buffer", "usize", "i32", "buffer", "u32"], result: "i32" },
  recv: { parameters: ["i32", "buffer", "usize", "i32"], result: "i32" },
  close: { parameters: ["i32"], result: "i32" },
} as const;

const AF_NETLINK = 16;
const SOCK_RAW = 3;
const SOCK_CLOEXEC = 0x8_0000;
const NETLINK_ROUTE = 0;
const SOL_NETLINK = 270;
const NETLINK_CAP_ACK = 10;
const NETLINK_EXT_ACK = 11;
const MSG_TRUNC = 0x20;
const MSG_DONTWAIT = 0x40;
/** The longest answer of one `recv`: the kernel fills at most 32 KiB. */
const receiveSize = 65_536;

/** Options of {@linkcode bringUp}. */
export interface BringUpOptions {
  /** An address for the kernel's side, with its prefix length, such as `10.77.0.1/24`. */
  readonly address?: string;
  /** The MTU in bytes. */
  readonly mtu?: number;
}

/**
 * A netlink socket of family `NETLINK_ROUTE`. Reading needs no right; changing needs `CAP_NET_ADMIN`.
 * Every method throws `Deno.errors.*` with the kernel's own words in the message and the errno's name as `code`.
 */
export class NetlinkConnection implements Disposable {
  readonly #libc: Libc<typeof functions>;
  readonly #writer = new MessageWriter();
  readonly #message = new NetlinkMessage();
  readonly #buffer = new Uint8Array(receiveSize);
  readonly #kernel = new Uint8Array(12);
  #descriptor: number;
  #sequence = 0;

  /**
   * Opens the socket.
   *
   * @throws {Deno.errors.NotCapable} Without `--allow-ffi`.
   * @throws {Deno.errors.NotSupported} On anything but Linux.
   */
  constructor() {
    this.#libc = openLibc(functions, "open a netlink socket");
    const { socket, setsockopt } = this.#libc.symbols;
    this.#descriptor = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    if (this.#descriptor < 0) {
      const errno = this.#libc.errno();
      this.#libc.close();
      throw systemError("Cannot open a netlink socket", errno);
    }
    writeHost16(this.#kernel, 0, AF_NETLINK);
    const on = new Uint8Array(4);
    writeHost32(on, 0, 1);
    // Kernels before 4.12 know neither option; then the errors come without the kernel's words.
    setsockopt(this.#descriptor, SOL_NETLINK, NETLINK_CAP_ACK, on, 4);
    setsockopt(this.#descriptor, SOL_NETLINK, NETLINK_EXT_ACK, on, 4);
  }

  /**
   * Sends a request and reads the answer to its end. The parts below use it; it is open to those who
   * speak a message type that has no method here.
   *
   * @param action What the error says when it fails, as in `Cannot list links`.
   * @param writer The request; its sequence number is set here, and it must ask for an acknowledgement or a dump.
   * @param onMessage Called with each message of the answer; the view is reused.
   */
  request(
    action: string,
    writer: MessageWriter,
    onMessage: (message: NetlinkMessage) => void = () => {},
  ): void {
    this.#sequence = (this.#sequence + 1) >>> 0;
    const request = writer.stamp(this.#sequence).finish();
    const { sendto } = this.#libc.symbols;
    const kernel = this.#kernel;
    while (sendto(this.#open(action), request, BigInt(request.length), 0, kernel, 12) < 0) {
      const errno = this.#libc.errno();
      if (errno !== Errno.EINTR) throw systemError(action, errno);
    }
    while (!this.#receive(action, onMessage));
  }

  /** Reads one datagram; `true` when the answer is complete. */
  #receive(action: string, onMessage: (message: NetlinkMessage) => void): boolean {
    const buffer = this.#buffer;
    const { recv } = this.#libc.symbols;
    const length = recv(this.#descriptor, buffer, BigInt(buffer.length), MSG_DONTWAIT | MSG_TRUNC);
    if (length < 0) {
      const errno = this.#libc.errno();
      if (errno === Errno.EINTR) return false;
      throw systemError(
        action,
        errno,
        errno === Errno.EAGAIN ? "the kernel gave no answer" : undefined,
      );
    }
    if (length > buffer.length) {
      throw systemError(action, Errno.EMSGSIZE, `the kernel's answer has ${length} bytes`);
    }
    const message = this.#message;
    let isComplete = false;
    for (let at = 0; at < length; at = message.nextOffset) {
      if (message.reset(buffer, at, length).validate() !== 0) {
        throw systemError(action, Errno.EIO, "the kernel's answer is malformed");
      }
      if (message.sequence !== this.#sequence) continue;
      if (message.type === NetlinkType.Error || message.type === NetlinkType.Done) {
        isComplete = true;
        const { errno = Errno.EIO, text = "" } = decodeAcknowledgement(message) ?? {};
        if (errno !== 0) throw this.#refused(action, errno, text);
      } else onMessage(message);
    }
    return isComplete;
  }

  #refused(action: string, errno: number, text: string): Error {
    if (errno === Errno.EPERM) {
      return systemError(
        action,
        errno,
        "this process lacks CAP_NET_ADMIN: run as root, or have root make the change beforehand",
      );
    }
    return systemError(action, errno, text === "" ? undefined : `the kernel says: ${text}`);
  }

  /** All links. */
  links(): Link[] {
    const found: Link[] = [];
    writeGetLink(this.#writer);
    this.request("Cannot list links", this.#writer, (message) => {
      const link = message.type === NetlinkType.NewLink ? decodeLink(message) : undefined;
      if (link !== undefined) found.push(link);
    });
    return found;
  }

  /**
   * The link of a name.
   *
   * @throws {Deno.errors.NotFound} When there is none.
   */
  link(name: string): Link {
    let found: Link | undefined;
    const action = `Cannot find link ${name}`;
    writeGetLink(this.#writer, name);
    this.request(action, this.#writer, (message) => {
      if (message.type === NetlinkType.NewLink) found = decodeLink(message);
    });
    if (found === undefined) throw systemError(action, Errno.ENODEV);
    return found;
  }

  /**
   * Changes a link: up or down, MTU, hardware address, name.
   *
   * @param name The link.
   * @param change What becomes different.
   * @throws {Deno.errors.PermissionDenied} Without `CAP_NET_ADMIN`.
   */
  setLink(name: string, change: LinkChange): void {
    const { index } = this.link(name);
    writeSetLink(this.#writer, index, change);
    this.request(`Cannot change link ${name}`, this.#writer);
  }

  /** All addresses, or those of the link named. */
  addresses(name?: string): LinkAddress[] {
    const index = name === undefined ? 0 : this.link(name).index;
    const found: LinkAddress[] = [];
    writeGetAddresses(this.#writer);
    this.request("Cannot list addresses", this.#writer, (message) => {
      const address = message.type === NetlinkType.NewAddress
        ? decodeLinkAddress(message)
        : undefined;
      if (address !== undefined && (index === 0 || address.index === index)) found.push(address);
    });
    return found;
  }

  /**
   * Gives a link an address.
   *
   * @param name The link.
   * @param address Address and prefix length, such as `10.77.0.1/24`.
   * @param options Broadcast and peer addresses.
   * @throws {Deno.errors.AlreadyExists} When the link has it already, unless `replace` is set.
   */
  addAddress(name: string, address: string, options: NewAddressOptions = {}): void {
    const { index } = this.link(name);
    writeNewAddress(this.#writer, index, address, options);
    this.request(`Cannot add address ${address} to ${name}`, this.#writer);
  }

  /** Takes an address away from a link. */
  deleteAddress(name: string, address: string): void {
    const { index } = this.link(name);
    writeDeleteAddress(this.#writer, index, address);
    this.request(`Cannot delete address ${address} from ${name}`, this.#writer);
  }

  /** All routes of all tables. */
  routes(): KernelRoute[] {
    const found: KernelRoute[] = [];
    writeGetRoutes(this.#writer);
    this.request("Cannot list routes", this.#writer, (message) => {
      const route = message.type === NetlinkType.NewRoute ? decodeRoute(message) : undefined;
      if (route !== undefined) found.push(route);
    });
    return found;
  }

  /**
   * Adds a route.
   *
   * @param destination The prefix, such as `0.0.0.0/0`.
   * @param options Where it leads.
   */
  addRoute(destination: string, options: RouteOptions = {}): void {
    writeNewRoute(this.#writer, destination, options);
    this.request(`Cannot add route to ${destination}`, this.#writer);
  }

  /**
   * Removes a route.
   *
   * @param destination The prefix.
   * @param options What else must match.
   */
  deleteRoute(destination: string, options: RouteOptions = {}): void {
    writeDeleteRoute(this.#writer, destination, options);
    this.request(`Cannot delete route to ${destination}`, this.#writer);
  }

  /**
   * Brings a link up, with an MTU and an address for the kernel's side where given. What is so already
   * is left alone, so that a device that root made ready needs no right.
   *
   * @param name The link.
   * @param options Address and MTU.
   * @throws {Deno.errors.PermissionDenied} When something is to change and `CAP_NET_ADMIN` is missing.
   */
  bringUp(name: string, options: BringUpOptions = {}): void {
    const link = this.link(name);
    const mtu = options.mtu === link.mtu ? undefined : options.mtu;
    if (!link.isUp || mtu !== undefined) {
      this.setLink(name, { up: true, ...(mtu !== undefined && { mtu }) });
    }
    const { address } = options;
    if (address === undefined) return;
    const has = this.addresses(name).some((one) =>
      `${one.address}/${one.prefixLength}` === address
    );
    if (!has) this.addAddress(name, address);
  }

  /** Closes the socket; a second call does nothing. */
  close(): void {
    if (this.#descriptor < 0) return;
    this.#libc.symbols.close(this.#descriptor);
    this.#descriptor = -1;
    this.#libc.close();
  }

  /** Closes the socket. */
  [Symbol.dispose](): void {
    this.close();
  }

  #open(action: string): number {
    if (this.#descriptor < 0) {
      throw new Deno.errors.BadResource(`${action} as the netlink connection is closed`);
    }
    return this.#descriptor;
  }
}

/**
 * Brings a link up in one call, as {@linkcode NetlinkConnection.bringUp} does: what a program does with the TAP device
 * it has opened.
 *
 * @example
 * ```ts ignore
 * import { bringUp } from "@octet/netlink";
 *
 * bringUp("tap0", { address: "10.77.0.1/24" });
 * ```
 *
 * @param name The link.
 * @param options Address and MTU.
 */
export function bringUp(name: string, options: BringUpOptions = {}): void {
  using connection = new NetlinkConnection();
  connection.bringUp(name, options);
}
