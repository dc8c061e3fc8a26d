/**
 * A device that an httptap lends over its WebSocket.
 *
 * @module
 */
import type { Packet } from "@octet/wire";
import { longestPrefixedFrame } from "../length_prefix.ts";
import { BorrowedDevice, type BorrowedFacts } from "./borrowed_device.ts";
import { MessageReader, MessageWriter } from "./frame_messages.ts";

/** Bytes that may wait to be received; what comes beyond is dropped, as by any card whose ring is full. */
const inLimit = 8 << 20;
/** Bytes that may wait to be sent. */
const outLimit = 1 << 20;

/**
 * Opens the WebSocket.
 *
 * @throws {Error} When the httptap does not let it be opened.
 */
export async function openSocketDevice(
  facts: BorrowedFacts,
  signal: AbortSignal,
): Promise<SocketDevice> {
  const socket = new WebSocket(facts.address.socketUrl);
  const opened = Promise.withResolvers<void>();
  socket.onopen = () => opened.resolve();
  socket.onclose = () =>
    opened.reject(
      new Error(
        `Cannot connect to httptap at ${facts.address.text} as it does not open its WebSocket: ` +
          "another program may have come first",
      ),
    );
  const abort = () => opened.reject(signal.reason);
  signal.addEventListener("abort", abort);
  try {
    if (signal.aborted) abort();
    await opened.promise;
    return new SocketDevice(facts, socket);
  } catch (error) {
    socket.close();
    throw error;
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

/** Frames travel in messages of many. */
export class SocketDevice extends BorrowedDevice {
  /** By WebSocket. */
  readonly transport = "socket";
  readonly #socket: WebSocket;
  readonly #reader: MessageReader = new MessageReader();
  readonly #writer: MessageWriter = new MessageWriter();
  readonly #messages: ArrayBuffer[] = [];
  #waiting = 0;
  #isScheduled = false;

  /**
   * Takes a socket over.
   *
   * @param facts What the httptap has said.
   * @param socket The WebSocket, open.
   */
  constructor(facts: BorrowedFacts, socket: WebSocket) {
    super(facts);
    this.#socket = socket;
    socket.binaryType = "arraybuffer";
    socket.onopen = null;
    socket.onmessage = ({ data }: MessageEvent<unknown>) => this.#take(data);
    socket.onclose = ({ reason }) => {
      const why = reason === "" ? "it has ended" : reason;
      this.lose(new Error(`Cannot go on with httptap at ${this.name} as it is gone: ${why}`));
    };
  }

  /** Takes the oldest frame. */
  receive(packet: Packet): boolean {
    if (this.isClosed) return false;
    const reader = this.#reader;
    const { oversized } = reader;
    let isThere = reader.next(packet);
    while (!isThere) {
      const message = reader.isWhole ? this.#messages.shift() : null;
      if (message === undefined) break;
      if (message === null || !reader.open(message)) {
        this.#fail("what it sends is not frames behind their lengths");
        break;
      }
      this.#waiting -= message.byteLength;
      isThere = reader.next(packet);
    }
    this.counters.inDrops += reader.oversized - oversized;
    return isThere;
  }

  /** Sends a frame, with all that are sent at the same moment in one message. */
  transmit(packet: Packet): boolean {
    if (this.isOver) return true;
    if (this.isFull) return false;
    packet.completeChecksum();
    if (packet.length > longestPrefixedFrame || packet.segmentSize !== 0) {
      this.counters.outDrops++;
      return true;
    }
    if (!this.#writer.hasRoom) this.#flush();
    this.#writer.append(packet);
    if (!this.#isScheduled) {
      this.#isScheduled = true;
      queueMicrotask(this.#flushLater);
    }
    return true;
  }

  protected override get hasFrames(): boolean {
    return this.#messages.length > 0 || !this.#reader.isWhole;
  }

  protected override get isFull(): boolean {
    return this.#socket.bufferedAmount > outLimit;
  }

  protected override end(): void {
    this.#flush();
    this.#socket.onclose = null;
    this.#socket.close(1000);
    this.#messages.length = 0;
    this.#reader.release();
    this.#writer.release();
  }

  readonly #flushLater = (): void => {
    this.#isScheduled = false;
    if (!this.isClosed) this.#flush();
  };

  #flush(): void {
    if (this.#writer.length === 0) return;
    const message = this.#writer.take();
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(message);
  }

  #take(data: unknown): void {
    if (this.isOver) return;
    if (!(data instanceof ArrayBuffer)) {
      this.#fail("it sends text");
    } else if (this.#waiting + data.byteLength > inLimit) {
      this.counters.inDrops++;
    } else {
      this.#waiting += data.byteLength;
      this.#messages.push(data);
      this.signal.fire();
    }
  }

  #fail(why: string): void {
    this.#messages.length = 0;
    this.#reader.reset();
    this.#socket.close();
    this.lose(new Error(`Cannot go on with httptap at ${this.name} as ${why}`));
  }
}
