/**
 * Requests and their answers over a netlink socket.
 *
 * @module
 */
import { decodeAcknowledgement } from "./acknowledgement.ts";
import { Errno } from "./errno.ts";
import { systemError } from "./libc.ts";
import { NetlinkFlag, NetlinkMessage, NetlinkType } from "./message.ts";
import { type NamespaceReference, withNamespace } from "./namespace.ts";
import { requestError } from "./request_error.ts";
import { NetlinkSocket } from "./socket.ts";
import { MessageWriter } from "./writer.ts";

/** How often a list is asked for again that changed while it was being read. */
const dumpAttempts = 16;

/** The length of the family header of a request, in bytes, by the subject that its type is of. */
const headerLengths: ReadonlyMap<number, number> = new Map([
  [NetlinkType.NewLink, 16],
  [NetlinkType.NewAddress, 8],
  [NetlinkType.NewRoute, 12],
  [NetlinkType.NewNeighbour, 12],
  [NetlinkType.NewRule, 12],
  [NetlinkType.NewLinkProperty, 16],
]);

/** What {@linkcode NetlinkConnection} is built on: it is open to those who speak a message type that has no method there. */
export class Exchange implements Disposable {
  /** For requests; reused. */
  protected readonly writer: MessageWriter = new MessageWriter(65_536);
  readonly #socket: NetlinkSocket;
  readonly #message = new NetlinkMessage();
  #sequence = 0;
  #wasInterrupted = false;

  /**
   * Opens the socket.
   *
   * @param options Where.
   * @throws {Deno.errors.NotCapable} Without `--allow-ffi`.
   * @throws {Deno.errors.NotSupported} On anything but Linux.
   */
  constructor(options: { readonly namespace?: NamespaceReference } = {}) {
    this.#socket = new NetlinkSocket("Cannot open a netlink socket", options);
  }

  /**
   * Sends a request and reads the answer to its end.
   *
   * @param action What the error says when it fails, as in `Cannot list links`.
   * @param writer The request; its sequence number is set here.
   * @param onMessage Called with each message of the answer; the view is reused.
   */
  request(
    action: string,
    writer: MessageWriter,
    onMessage: (message: NetlinkMessage) => void = () => {},
  ): void {
    this.#sequence = (this.#sequence + 1) >>> 0;
    this.#wasInterrupted = false;
    const request = writer.stamp(this.#sequence).finish();
    this.#socket.send(action, request);
    while (!this.#receive(action, request, onMessage));
  }

  /**
   * Asks for a list, and again when it changed while it was being read, so that nothing is missing or doubled.
   *
   * @param action What the error says when it fails.
   * @param write Writes the request.
   * @param decode Reads a message of the answer; `undefined` for what does not belong to the list.
   * @throws {Deno.errors.Busy} When it changes faster than it can be read.
   */
  dump<T>(
    action: string,
    write: (writer: MessageWriter) => void,
    decode: (message: NetlinkMessage) => T | undefined,
  ): T[] {
    for (let attempt = 0; attempt < dumpAttempts; attempt++) {
      const found: T[] = [];
      write(this.writer);
      this.request(action, this.writer, (message) => {
        const one = decode(message);
        if (one !== undefined) found.push(one);
      });
      if (!this.#wasInterrupted) return found;
    }
    throw systemError(
      action,
      Errno.EBUSY,
      `the list changed each of the ${dumpAttempts} times that it was read`,
    );
  }

  /** Reads one datagram; `true` when the answer is complete. */
  #receive(
    action: string,
    request: Uint8Array,
    onMessage: (message: NetlinkMessage) => void,
  ): boolean {
    const { buffer } = this.#socket;
    const length = this.#socket.receive();
    if (length < 0) {
      throw systemError(
        action,
        -length,
        length === -Errno.EAGAIN ? "the kernel gave no answer" : undefined,
      );
    }
    const message = this.#message;
    let isComplete = false;
    for (let at = 0; at < length; at = message.nextOffset) {
      if (message.reset(buffer, at, length).validate() !== 0) {
        throw systemError(action, Errno.EIO, "the kernel's answer is malformed");
      }
      if (message.sequence !== this.#sequence) continue;
      const { type, flags } = message;
      if ((flags & NetlinkFlag.DumpInterrupted) !== 0) this.#wasInterrupted = true;
      if (type === NetlinkType.Error || type === NetlinkType.Done) {
        isComplete = true;
        this.#finish(action, request);
      } else {
        onMessage(message);
        // Without a list or an acknowledgement asked for, one message is the answer.
        if ((flags & NetlinkFlag.Multi) === 0 && !asksForEnd(request)) isComplete = true;
      }
    }
    return isComplete;
  }

  #finish(action: string, request: Uint8Array): void {
    const answer = decodeAcknowledgement(this.#message) ?? { errno: Errno.EIO, text: "" };
    if (answer.errno === 0) return;
    const type = request[4]! | request[5]! << 8;
    throw requestError(action, answer, request, headerLengths.get(type & ~3) ?? 0);
  }

  /**
   * Calls `use` with a descriptor of a namespace, and closes it afterwards.
   *
   * @param action What the error says when it fails.
   * @param namespace The namespace.
   * @param use Called once.
   */
  protected withNamespace(
    action: string,
    namespace: NamespaceReference,
    use: (descriptor: number) => void,
  ): void {
    withNamespace(this.#socket.libc, action, namespace, use);
  }

  /** Closes the socket; a second call does nothing. */
  close(): void {
    this.#socket.close();
  }

  /** Closes the socket. */
  [Symbol.dispose](): void {
    this.close();
  }
}

/** Whether the answer to a request ends with an acknowledgement. */
function asksForEnd(request: Uint8Array): boolean {
  const flags = request[6]! | request[7]! << 8;
  return (flags & NetlinkFlag.Ack) !== 0;
}
