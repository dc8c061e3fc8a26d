/**
 * A socket of `AF_NETLINK`, through FFI: what {@linkcode NetlinkConnection} asks through and
 * {@linkcode NetlinkMonitor} listens at.
 *
 * @module
 */
import { Errno } from "./errno.ts";
import { readHost32, writeHost16, writeHost32 } from "./host_order.ts";
import { type Libc, openLibc, systemError } from "./libc.ts";
import { insideNamespace, namespaceFunctions, type NamespaceReference } from "./namespace.ts";

const functions = {
  ...namespaceFunctions,
  socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
  bind: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  setsockopt: { parameters: ["i32", "i32", "i32", "buffer", "u32"], result: "i32" },
  sendto: { parameters: ["i32", "buffer", "u32", "i32", "buffer", "u32"], result: "i32" },
  recvfrom: {
    parameters: ["i32", "buffer", "u32", "i32", "buffer", "buffer"],
    result: "i32",
  },
  eventfd: { parameters: ["u32", "i32"], result: "i32" },
  write: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  poll: { parameters: ["buffer", "u32", "i32"], result: "i32", nonblocking: true },
} as const;

const AF_NETLINK = 16;
const SOCK_RAW = 3;
const SOCK_CLOEXEC = 0x8_0000;
const NETLINK_ROUTE = 0;
const SOL_SOCKET = 1;
const SO_RCVBUF = 8;
const SOL_NETLINK = 270;
const NETLINK_ADD_MEMBERSHIP = 1;
const NETLINK_CAP_ACK = 10;
const NETLINK_EXT_ACK = 11;
const NETLINK_GET_STRICT_CHK = 12;
const MSG_TRUNC = 0x20;
const MSG_DONTWAIT = 0x40;
const EFD_CLOEXEC = 0x8_0000;
const POLLIN = 1;
const addressLength = 12;
/** The longest answer of one receive: the kernel fills at most 32 KiB. */
const receiveSize = 65_536;

/** How a {@linkcode NetlinkSocket} is opened. */
export interface NetlinkSocketOptions {
  /** The namespace that it is in; this process's own when left out. */
  readonly namespace?: NamespaceReference;
  /** Multicast groups to join, by their numbers. */
  readonly groups?: readonly number[];
  /** Room for what waits to be read, in bytes; the system's default when left out. */
  readonly receiveBuffer?: number;
}

/** A netlink socket of family `NETLINK_ROUTE`. No call but {@linkcode NetlinkSocket.wait} waits. */
export class NetlinkSocket implements Disposable {
  /** What the last {@linkcode NetlinkSocket.receive} received. */
  readonly buffer: Uint8Array<ArrayBuffer> = new Uint8Array(receiveSize);
  readonly #libc: Libc<typeof functions>;
  readonly #kernel = new Uint8Array(addressLength);
  readonly #sender = new Uint8Array(addressLength);
  readonly #senderLength = new Uint8Array(4);
  // Two `struct pollfd`; they and the eventfd are made when somebody waits.
  readonly #poll = new Uint8Array(16);
  #event = -1;
  #descriptor: number;
  #isWaiting = false;
  #isReleased = false;

  /**
   * Opens the socket.
   *
   * @param action What the errors begin with, as in `Cannot open a netlink socket`.
   * @param options The namespace, and what to listen to.
   * @throws {Deno.errors.NotCapable} Without `--allow-ffi`.
   * @throws {Deno.errors.NotSupported} On anything but Linux.
   */
  constructor(action: string, options: NetlinkSocketOptions = {}) {
    this.#libc = openLibc(functions, action.replace(/^Cannot /, ""));
    this.#descriptor = -1;
    writeHost16(this.#kernel, 0, AF_NETLINK);
    try {
      insideNamespace(this.#libc, action, options.namespace, () => this.#open(action, options));
    } catch (error) {
      this.close();
      throw error;
    }
  }

  #open(action: string, options: NetlinkSocketOptions): void {
    const { socket, bind } = this.#libc.symbols;
    this.#descriptor = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    if (this.#descriptor < 0) throw systemError(action, this.#libc.errno());
    // Kernels before 4.12, and before 5.0, do not know these; then the errors come without the kernel's
    // words, and lists unfiltered.
    this.#set(SOL_NETLINK, NETLINK_CAP_ACK, 1);
    this.#set(SOL_NETLINK, NETLINK_EXT_ACK, 1);
    this.#set(SOL_NETLINK, NETLINK_GET_STRICT_CHK, 1);
    if (options.receiveBuffer !== undefined) {
      this.#set(SOL_SOCKET, SO_RCVBUF, options.receiveBuffer);
    }
    if (bind(this.#descriptor, this.#kernel, addressLength) < 0) {
      throw systemError(action, this.#libc.errno());
    }
    for (const group of options.groups ?? []) {
      if (!this.#set(SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, group)) {
        throw systemError(action, this.#libc.errno());
      }
    }
  }

  #set(level: number, option: number, value: number): boolean {
    const bytes = new Uint8Array(4);
    writeHost32(bytes, 0, value);
    return this.#libc.symbols.setsockopt(this.#descriptor, level, option, bytes, 4) === 0;
  }

  /** The C library, for calls that belong to what the socket is asked for. */
  get libc(): Libc<typeof namespaceFunctions> {
    return this.#libc as unknown as Libc<typeof namespaceFunctions>;
  }

  /** Whether it has been closed. */
  get isClosed(): boolean {
    return this.#descriptor < 0;
  }

  /**
   * Sends a message to the kernel, which answers before this returns.
   *
   * @param action What the error says when it fails.
   * @param message The message.
   * @throws {Deno.errors.BadResource} When the socket is closed.
   */
  send(action: string, message: Uint8Array<ArrayBuffer>): void {
    if (this.isClosed) throw systemError(action, Errno.EBADF, "the netlink connection is closed");
    const { sendto } = this.#libc.symbols;
    const { length } = message;
    while (sendto(this.#descriptor, message, length, 0, this.#kernel, addressLength) < 0) {
      const errno = this.#libc.errno();
      if (errno !== Errno.EINTR) throw systemError(action, errno);
    }
  }

  /**
   * Receives one datagram of the kernel's into {@linkcode NetlinkSocket.buffer}. What other processes send is dropped.
   *
   * @returns Its length in bytes, or a negative error number: `-Errno.EAGAIN` when there is none.
   */
  receive(): number {
    const { buffer } = this;
    const { recvfrom } = this.#libc.symbols;
    for (;;) {
      writeHost32(this.#senderLength, 0, addressLength);
      const length = recvfrom(
        this.#descriptor,
        buffer,
        buffer.length,
        MSG_DONTWAIT | MSG_TRUNC,
        this.#sender,
        this.#senderLength,
      );
      if (length < 0) {
        const errno = this.#libc.errno();
        if (errno === Errno.EINTR) continue;
        return -errno;
      }
      if (readHost32(this.#sender, 4) !== 0) continue;
      return length > buffer.length ? -Errno.EMSGSIZE : length;
    }
  }

  /** Waits until there is something to receive, or {@linkcode NetlinkSocket.wake}. One call at a time. */
  async wait(action: string): Promise<void> {
    if (this.isClosed) return;
    if (this.#event < 0) {
      this.#event = this.#libc.symbols.eventfd(0, EFD_CLOEXEC);
      if (this.#event < 0) throw systemError(action, this.#libc.errno());
    }
    writeHost32(this.#poll, 0, this.#descriptor);
    writeHost32(this.#poll, 4, POLLIN);
    writeHost32(this.#poll, 8, this.#event);
    writeHost32(this.#poll, 12, POLLIN);
    this.#isWaiting = true;
    // An interrupted call ends early, and whoever waits looks again.
    await this.#libc.symbols.poll(this.#poll, 2, -1);
    this.#isWaiting = false;
    if (this.isClosed) this.#release();
  }

  /** Ends the wait that is under way, and every one after it. */
  wake(): void {
    if (this.#event < 0) return;
    const one = new Uint8Array(8);
    one[0] = 1;
    this.#libc.symbols.write(this.#event, one, 8);
  }

  /** Closes the socket; a second call does nothing. A wait that is under way ends. */
  close(): void {
    if (this.#descriptor >= 0) {
      this.#libc.symbols.close(this.#descriptor);
      this.#descriptor = -1;
    } else if (this.#isReleased) return;
    // The thread that waits still uses the eventfd and the library.
    if (this.#isWaiting) this.wake();
    else this.#release();
  }

  #release(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    if (this.#event >= 0) this.#libc.symbols.close(this.#event);
    this.#libc.close();
  }

  /** Closes the socket. */
  [Symbol.dispose](): void {
    this.close();
  }
}
