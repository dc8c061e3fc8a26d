/**
 * The lending side of an httptap: a device's frames over HTTP, to one client at a time.
 *
 * @module
 */
import { copyBytes, Packet } from "@octet/wire";
import { type Device, frameCapacity } from "../device.ts";
import { Signal } from "../signal.ts";
import { refuse } from "./access.ts";
import { MessageReader, MessageWriter } from "./frame_messages.ts";
import { Lease, pollingLease } from "./lease.ts";
import { decodeFrame, encodeFrame, encodeInfo, longestBody, readBody } from "./wire_form.ts";

/** Bytes on their way to a WebSocket, beyond which the device is left to wait. */
const socketLimit = 1 << 20;
/** How long to wait for such a socket to take some, and for one to open, in milliseconds. */
const socketWait = 1;
const openingWait = 5000;
/** Frames taken from the device before others have a turn. */
const batch = 256;
const ethernetHeader = 14;
/** What tells clients that poll from the same machine apart; lneto's send none. */
const clientHeader = "octet-client";

/** WebSocket close codes (RFC 6455 §7.4.1). */
const CloseCode = { Normal: 1000, GoingAway: 1001, BadMessage: 1007, TooBig: 1009 } as const;

/** How an {@linkcode HttpTapServer} is set up. */
export interface HttpTapServerOptions {
  /** The far side's address with its prefix's length, for `/info`; `0.0.0.0/0` when left out. */
  readonly prefix?: string;
  /** The far side's hardware address as text, for `/info`; zeros when left out. */
  readonly hardwareAddress?: string;
  /** What requests must carry; when left out, they must come from this machine, and from no web page. */
  readonly token?: string;
  /** How many frames wait for a client that polls, 1 to 65,536; 2,048 when left out. The oldest makes room. */
  readonly queueLimit?: number;
  /** The time in milliseconds; `performance.now` when left out. */
  readonly clock?: () => number;
  /** Makes a WebSocket of a request; `Deno.upgradeWebSocket` when left out. */
  readonly upgrade?: (request: Request) => { socket: WebSocket; response: Response };
  /** Called when a client has come, and when one with a WebSocket has gone, with its name. */
  readonly onClient?: (client: string, has: "come" | "gone") => void;
}

/** What an {@linkcode HttpTapServer} has counted. */
export interface HttpTapServerCounters {
  /** Frames handed to clients. */
  received: number;
  /** Frames that clients sent. */
  sent: number;
  /** Frames dropped as nobody fetched them in time. */
  queueDrops: number;
  /** Frames that clients sent and the device had no room for. */
  outDrops: number;
  /** Frames that clients sent and that were too short or too long, and messages that were none. */
  outErrors: number;
  /** Requests refused: wrong token, from a web page, or as another client has the device. */
  refused: number;
}

/**
 * Lends a device over HTTP. It answers requests that some server hands it: `Deno.serve` in a program.
 *
 * @example
 * ```ts
 * import { connectHttpTap, HttpTapServer, Lan } from "@octet/internet";
 * import { Packet } from "@octet/wire";
 * import { assertEquals } from "@std/assert";
 *
 * const lan = new Lan();
 * using far = lan.attach();
 * using tap = new HttpTapServer(lan.attach());
 * await using server = Deno.serve(
 *   { hostname: "127.0.0.1", port: 0, onListen: () => {} },
 *   (request, info) => tap.handle(request, info.remoteAddr),
 * );
 * using device = await connectHttpTap(`http://127.0.0.1:${server.addr.port}`);
 *
 * const packet = new Packet(1518);
 * packet.bytes.fill(0xff, 0, 6);
 * packet.length = 60;
 * device.transmit(packet);
 * await far.ready(1000);
 * assertEquals(far.receive(packet), true);
 * ```
 */
export class HttpTapServer implements Disposable {
  /** Resolves when it has been closed; rejects when the device was lost. */
  readonly finished: Promise<void>;

  readonly #device: Device;
  readonly #options: HttpTapServerOptions;
  readonly #clock: () => number;
  readonly #lease: Lease = new Lease();
  readonly #packet: Packet;
  readonly #outgoing: Packet;
  readonly #reader: MessageReader = new MessageReader();
  readonly #writer: MessageWriter = new MessageWriter();
  /** Frames for a client that polls, or for nobody yet; the oldest first. */
  readonly #waiting: Uint8Array[] = [];
  readonly #queueLimit: number;
  readonly #counters: HttpTapServerCounters = {
    received: 0,
    sent: 0,
    queueDrops: 0,
    outDrops: 0,
    outErrors: 0,
    refused: 0,
  };
  readonly #room: Signal = new Signal();
  #socket: WebSocket | null = null;
  #polling = "";
  #isClosed = false;

  /**
   * Begins to take the device's frames.
   *
   * @param device What is lent, with Ethernet frames; it belongs to the server from then on. Without offload: frames go
   *     as they would be on a wire.
   * @param options Token, what `/info` tells, limits.
   * @throws {TypeError} When the device has no Ethernet.
   * @throws {RangeError} When the queue's limit is out of range.
   */
  constructor(device: Device, options: HttpTapServerOptions = {}) {
    const { queueLimit = 2048 } = options;
    if (device.link !== "ethernet") {
      throw new TypeError(`Cannot lend ${device.name} as it carries no Ethernet frames`);
    }
    if (!(Number.isInteger(queueLimit) && queueLimit >= 1 && queueLimit <= 65_536)) {
      throw new RangeError(
        `Cannot lend ${device.name} as a queue limit of ${queueLimit} is not from 1 to 65536`,
      );
    }
    this.#device = device;
    this.#options = options;
    this.#queueLimit = queueLimit;
    this.#clock = options.clock ?? (() => performance.now());
    this.#packet = new Packet(frameCapacity(device));
    this.#outgoing = new Packet(frameCapacity(device));
    this.finished = this.#run();
    // Who does not look at it learns of a lost device by the answers.
    this.finished.catch(() => {});
  }

  /** What it has counted. */
  get counters(): Readonly<HttpTapServerCounters> {
    return this.#counters;
  }

  /** The name of the client that has the device; empty for nobody. */
  get client(): string {
    return this.#lease.holder(this.#clock());
  }

  /**
   * Answers a request.
   *
   * @param request For `/info`, `/recv`, `/send` or `/frames`.
   * @param peer Who asks.
   */
  async handle(
    request: Request,
    peer: { readonly hostname?: string; readonly port?: number } = {},
  ): Promise<Response> {
    const refusal = refuse(request, this.#options.token);
    if (refusal !== null) return this.#refuse(refusal.status, refusal.message);
    const { pathname } = new URL(request.url);
    const { hostname = "somebody", port = 0 } = peer;
    const wanted = pathname === "/send" ? "POST" : "GET";
    if (!["/info", "/recv", "/send", "/frames"].includes(pathname)) {
      return plain(404, "This is an httptap: GET /info, GET /recv, POST /send, WebSocket /frames");
    }
    if (request.method !== wanted) {
      return plain(405, `${pathname} wants ${wanted}`, { allow: wanted });
    }
    if (this.#isClosed) return this.#ended();
    if (pathname === "/info") return json(this.#info());
    if (pathname === "/frames") return this.#frames(request, `${hostname}:${port} at /frames`);
    const id = request.headers.get(clientHeader);
    const who = `${hostname}${id === null ? "" : ` (${id.slice(0, 40)})`} at /recv`;
    if (!this.#lease.take(who, this.#clock(), pollingLease)) return this.#busy();
    if (this.#polling !== who) {
      this.#polling = who;
      this.#options.onClient?.(who, "come");
    }
    return pathname === "/recv" ? json(this.#takeWaiting()) : await this.#send(request);
  }

  /** Ends it: the client is told, and the device closed. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#room.fire();
    this.#socket?.close(CloseCode.GoingAway, "httptap has ended");
    this.#device.close();
  }

  /** Ends it. */
  [Symbol.dispose](): void {
    this.close();
  }

  #info(): string {
    const { prefix = "0.0.0.0/0", hardwareAddress = "00:00:00:00:00:00" } = this.#options;
    const isDataReady = this.#waiting.length > 0;
    return encodeInfo({ mtu: this.#device.mtu, prefix, hardwareAddress, isDataReady });
  }

  #takeWaiting(): string {
    const frame = this.#waiting.shift();
    if (frame === undefined) return encodeFrame(new Uint8Array(0));
    this.#counters.received++;
    return encodeFrame(frame);
  }

  async #send(request: Request): Promise<Response> {
    const text = await readBody(request);
    if (text === null) return this.#bad(413, `A frame has at most ${longestBody} bytes in base64`);
    let frame: Uint8Array;
    try {
      frame = decodeFrame(text);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      return this.#bad(400, `Cannot read the frame as ${error.message}`);
    }
    if (this.#isClosed) return this.#ended();
    const packet = this.#outgoing;
    // The empty string is no frame.
    if (frame.length === 0) return new Response(null);
    if (frame.length > packet.bytes.length) {
      return this.#bad(413, `A frame has at most ${packet.bytes.length} bytes`);
    }
    copyBytes(frame, -1, 0, packet.bytes, packet.address, 0, frame.length);
    packet.length = frame.length;
    if (!this.#isFrame(packet)) return this.#bad(400, "That is too short for an Ethernet frame");
    return this.#transmit(packet)
      ? new Response(null)
      : plain(503, `${this.#device.name} has no room: try again`);
  }

  #bad(status: number, message: string): Response {
    this.#counters.outErrors++;
    return plain(status, message);
  }

  #isFrame(packet: Packet): boolean {
    return packet.length >= ethernetHeader;
  }

  #transmit(packet: Packet): boolean {
    packet.checksumStart = 0;
    packet.segmentSize = 0;
    if (!this.#device.transmit(packet)) {
      this.#counters.outDrops++;
      return false;
    }
    this.#counters.sent++;
    return true;
  }

  #frames(request: Request, who: string): Response {
    if (this.#lease.holder(this.#clock()) !== "") return this.#busy();
    if (request.headers.get("upgrade")?.toLowerCase() !== "websocket") {
      return plain(426, "/frames wants a WebSocket", { upgrade: "websocket" });
    }
    const { upgrade = upgradeOnDeno } = this.#options;
    const { socket, response } = upgrade(request);
    this.#lease.take(who, this.#clock(), Infinity);
    this.#socket = socket;
    this.#polling = "";
    // What came before was for others.
    this.#counters.queueDrops += this.#waiting.length;
    this.#waiting.length = 0;
    this.#options.onClient?.(who, "come");
    const unopened = setTimeout(() => {
      socket.close();
      this.#lose(socket, who);
    }, openingWait);
    socket.binaryType = "arraybuffer";
    socket.onopen = () => {
      clearTimeout(unopened);
      this.#room.fire();
      this.#device.wake();
    };
    socket.onmessage = ({ data }: MessageEvent<unknown>) => this.#read(socket, data);
    // An error is followed by close, which tells all that there is to tell.
    socket.onclose = () => {
      clearTimeout(unopened);
      this.#lose(socket, who);
    };
    return response;
  }

  #lose(socket: WebSocket, who: string): void {
    if (this.#socket !== socket) return;
    this.#socket = null;
    this.#lease.giveBack(who);
    this.#options.onClient?.(who, "gone");
  }

  #read(socket: WebSocket, data: unknown): void {
    if (this.#isClosed || this.#socket !== socket) return;
    const reader = this.#reader;
    const packet = this.#outgoing;
    if (!reader.open(data)) {
      this.#counters.outErrors++;
      const isText = !(data instanceof ArrayBuffer);
      socket.close(
        isText ? CloseCode.BadMessage : CloseCode.TooBig,
        isText ? "Messages must be binary" : "The message is too long",
      );
      return;
    }
    const { oversized } = reader;
    while (reader.next(packet)) {
      if (this.#isFrame(packet)) this.#transmit(packet);
      else this.#counters.outErrors++;
    }
    this.#counters.outErrors += reader.oversized - oversized;
    if (reader.isWhole) return;
    this.#counters.outErrors++;
    reader.reset();
    socket.close(CloseCode.BadMessage, "A message must hold whole frames behind their lengths");
  }

  #ended(): Response {
    return plain(503, `Cannot lend ${this.#device.name} as it has been closed`);
  }

  #busy(): Response {
    const { name } = this.#device;
    return this.#refuse(
      409,
      `Cannot lend ${name} as ${this.client} has it: end that program, or start another httptap`,
    );
  }

  #refuse(status: number, message: string): Response {
    this.#counters.refused++;
    return plain(status, message, status === 401 ? { "www-authenticate": "Bearer" } : {});
  }

  async #run(): Promise<void> {
    const device = this.#device;
    const turn = new Turn();
    let lastFrame = -Infinity;
    try {
      while (!this.#isClosed) {
        const isMoved = this.#move();
        const now = this.#clock();
        if (isMoved) lastFrame = now;
        if (isMoved || now - lastFrame < device.spinTime) await turn.pass();
        // The device may well have frames then, so that it is not to be asked.
        else if (this.#isSocketFull()) await this.#room.wait(socketWait);
        else await device.ready(Infinity);
        if (!this.#isClosed && device.isClosed) {
          throw new TypeError(`Cannot lend ${device.name} as it has been closed`);
        }
      }
    } finally {
      turn.close();
      this.#room.close();
      this.close();
      for (const one of [this.#packet, this.#outgoing, this.#reader, this.#writer]) one.release();
    }
  }

  #isSocketFull(): boolean {
    const socket = this.#socket;
    return socket !== null &&
      (socket.readyState !== WebSocket.OPEN || socket.bufferedAmount > socketLimit);
  }

  /** Moves frames from the device towards the client; whether there were any. */
  #move(): boolean {
    const packet = this.#packet;
    if (this.#isSocketFull()) return false;
    let count = 0;
    while (count < batch && this.#device.receive(packet)) {
      count++;
      packet.completeChecksum();
      if (this.#socket === null) this.#enqueue(packet);
      else this.#append(packet, this.#socket);
    }
    if (this.#socket !== null && this.#writer.length > 0) this.#socket.send(this.#writer.take());
    return count > 0;
  }

  #append(packet: Packet, socket: WebSocket): void {
    if (!this.#writer.hasRoom) socket.send(this.#writer.take());
    this.#writer.append(packet);
    this.#counters.received++;
  }

  #enqueue(packet: Packet): void {
    if (this.#waiting.length >= this.#queueLimit) {
      this.#waiting.shift();
      this.#counters.queueDrops++;
    }
    this.#waiting.push(packet.bytes.slice(0, packet.length));
  }
}

/** Lets the process's other events have their turn; a message costs a few microseconds, a timer a millisecond. */
class Turn {
  readonly #channel: MessageChannel = new MessageChannel();
  #resolve: () => void = () => {};

  constructor() {
    this.#channel.port1.onmessage = () => this.#resolve();
  }

  pass(): Promise<void> {
    return new Promise((resolve) => {
      this.#resolve = resolve;
      this.#channel.port2.postMessage(0);
    });
  }

  close(): void {
    this.#channel.port1.close();
    this.#channel.port2.close();
  }
}

function upgradeOnDeno(request: Request): { socket: WebSocket; response: Response } {
  // A client that is silent for so long is asked whether it is there, in seconds.
  return Deno.upgradeWebSocket(request, { idleTimeout: 30 });
}

function plain(status: number, message: string, headers: Record<string, string> = {}): Response {
  return new Response(`${message}\n`, {
    status,
    headers: { "content-type": "text/plain; charset=utf-8", ...headers },
  });
}

function json(text: string): Response {
  return new Response(text, {
    headers: { "content-type": "application/json", "cache-control": "no-store" },
  });
}
