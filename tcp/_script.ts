/**
 * Exchanges as tables: one `Tcp` against a peer whose every segment is written out, on virtual
 * time. A script is a text of one step a line, in the manner of packetdrill:
 *
 *     listen                                  we listen
 *     < S 0:0(0) win 1000 <mss 1000>          the peer sends
 *     > S. 0:0(0) ack 1                       we must send exactly this next
 *     < . 1:1(0) ack 1 win 1000
 *     state ESTABLISHED
 *     write 100                               our application writes
 *     > P. 1:101(100) ack 1
 *     +200                                    200 ms pass, timers go off
 *     > -                                     we must have nothing to say
 *
 * Sequence numbers count from the sender's initial one. What a `>` line does not name is not compared; `<nothing>`
 * says that there are no options, `!sack` that there is no such option. Stream bytes are checked both ways.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { Packet, SeededRandom, Verdict, writeU16, writeU32 } from "@octet/wire";
import { Root } from "./_root.ts";
import type { TcpConnection } from "./connection.ts";
import { encodeTcp, TcpFlag, TcpFrame } from "./frame.ts";
import { initialSequence } from "./isn.ts";
import type { TcpListener } from "./listener.ts";
import { TcpOption, TcpOptionCursor } from "./options.ts";
import { seqDistance } from "./seq.ts";
import { tcpStateName } from "./state.ts";
import type { TcpOptions } from "./network.ts";
import { Tcp } from "./tcp.ts";

/** Byte `position` of a stream: no power of two divides its period, so a shift shows. */
export const byteAt = (position: number): number => position % 251;

/** How a script is set up. */
export interface ScriptOptions {
  /** Settings of the connections. */
  options?: TcpOptions;
  /** Our initial sequence number, whatever the clock says. */
  iss?: number;
  /** The peer's initial sequence number; 1,000,000 when not given. */
  peerIss?: number;
  /** The MTU; 1500 when not given. */
  mtu?: number;
  /** The longest datagram handed down at once; the MTU when not given. */
  maxSegment?: number;
  /** The backlog of `listen`. */
  backlog?: number;
}

/** What the layer below says of a segment. */
export interface PacketFacts {
  /** Where it comes from. */
  source: number;
  /** Where it goes. */
  destination: number;
  /** Whether it came by broadcast of the link. */
  isLinkBroadcast: boolean;
}

/** Our address. */
export const localAddress = 0x0a000001;
/** The peer's address. */
export const peerAddress = 0x0a000002;
/** Our port. */
export const localPort = 80;
/** The peer's port. */
export const peerPort = 4000;

const flagLetters: readonly (readonly [string, number])[] = [
  ["F", TcpFlag.Fin],
  ["S", TcpFlag.Syn],
  ["R", TcpFlag.Rst],
  ["P", TcpFlag.Psh],
  [".", TcpFlag.Ack],
  ["U", TcpFlag.Urg],
];

interface Shape {
  flags: string;
  start: number;
  end: number;
  length: number;
  ack: number | undefined;
  win: number | undefined;
  options: string | undefined;
}

/** One exchange. */
export class Script {
  readonly tcp: Tcp;
  now: number;
  /** Our connection: the one opened last. */
  connection!: TcpConnection;
  /** What `listen` made. */
  listener: TcpListener | null = null;
  /** Events in the order in which they were told. */
  readonly events: number[] = [];
  /** What the last segment from the peer came to. */
  verdict: Verdict = Verdict.Ok;
  readonly #root: Root = new Root();
  readonly #peerIss: number;
  readonly #options: ScriptOptions;
  #iss: number | null;
  #written = 0;
  #read = 0;

  constructor(options: ScriptOptions = {}) {
    this.#options = options;
    this.#peerIss = options.peerIss ?? 1_000_000;
    this.#iss = options.iss === undefined ? null : options.iss | 0;
    const mtu = options.mtu ?? 1500;
    const link = { mtu, maxSegment: options.maxSegment ?? mtu };
    this.tcp = new Tcp(
      { sourceFor: () => localAddress, linkTo: () => link },
      new SeededRandom(7),
      options.options,
    );
    this.tcp.attach(this.#root);
    this.now = 1000;
    if (this.#iss !== null) {
      // The clock of RFC 6528 runs through every number: the time at which it stands at ours.
      const ports = (localPort << 16) | peerPort;
      const base = initialSequence(this.tcp.hash, localAddress, peerAddress, ports, 0);
      this.now = ((this.#iss - base) >>> 0) / 250 + 0.001;
    }
  }

  /** When the next timer is due, in milliseconds. */
  deadline(): number {
    return this.#root.timers.next();
  }

  /** Runs the steps of a script. */
  run(text: string): this {
    for (const line of text.split("\n")) {
      const step = line.trim();
      if (step === "" || step.startsWith("#")) continue;
      try {
        this.#step(step);
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        throw new Error(`Step "${step}" at ${this.now} ms: ${reason}`, { cause: error });
      }
    }
    return this;
  }

  #step(step: string): void {
    const [word, ...rest] = step.split(/\s+/);
    const argument = rest[0] ?? "";
    switch (word) {
      case "<":
        return this.#inject(parseShape(step.slice(1)));
      case ">":
        return this.#expect(step.slice(1).trim());
      case "listen": {
        const { backlog } = this.#options;
        this.listener = this.tcp.listen(localPort, backlog === undefined ? {} : { backlog });
        return;
      }
      case "connect": {
        const target = { address: peerAddress, port: peerPort, localPort };
        this.#watch(this.tcp.connect(target, this.now));
        return;
      }
      case "accept":
        this.#watch(this.listener!.accept()!);
        return;
      case "write":
        return this.#write(Number(argument));
      case "read":
        return this.#take(Number(argument));
      case "shutdown":
        return this.connection.closeWrite();
      case "close":
        return this.connection.close(this.now);
      case "abort":
        return this.connection.abort(this.now);
      case "nodelay":
        this.connection.sender.nagle.noDelay = true;
        return;
      case "state":
        return assertEquals(tcpStateName(this.connection.state), argument);
      case "error":
        return assertEquals(this.connection.error, Number(argument));
      default:
        if (!step.startsWith("+")) throw new SyntaxError("Cannot run step as its word is unknown");
        this.pass(Number(step.slice(1)));
    }
  }

  /** Time passes, one deadline after another; what is written meanwhile is kept for `>`. */
  pass(milliseconds: number): void {
    const until = this.now + milliseconds;
    this.#drain();
    for (;;) {
      const next = this.#root.timers.next();
      if (next > until) break;
      this.now = Math.max(this.now, next);
      this.#root.timers.expire(this.now);
      this.#drain();
    }
    this.now = until;
  }

  readonly #heard: Uint8Array[] = [];

  #drain(): void {
    for (let count = 0;; count++) {
      // A window of 1 MiB in segments of 76 bytes is not more than this.
      if (count > 20_000) throw new Error("What is to be sent does not end");
      const packet = new Packet(65_535 + 100);
      packet.clear();
      packet.bytes.fill(0xa5, 0, 200);
      const length = this.#root.encapsulate(packet, 0, 20, this.now);
      packet.length = 20 + length;
      packet.completeChecksum();
      const holds = packet.verifyTransport(6, 20, packet.length);
      if (length > 0) this.#heard.push(packet.bytes.slice(20, packet.length));
      packet.release();
      if (length === 0) return;
      assertEquals(holds, true, "checksum");
    }
  }

  #watch(connection: TcpConnection): void {
    this.connection = connection;
    connection.onEvent = (events) => void this.events.push(events);
  }

  #write(length: number): void {
    const bytes = Uint8Array.from({ length }, (_, i) => byteAt(this.#written + i));
    const taken = this.connection.write(bytes);
    assertEquals(taken, length, "bytes taken");
    this.#written += taken;
  }

  #take(length: number): void {
    const bytes = new Uint8Array(length + 1);
    assertEquals(this.connection.read(bytes, 0, length), length, "bytes read");
    for (let i = 0; i < length; i++) {
      if (bytes[i] !== byteAt(this.#read + i)) throw new Error(`byte ${this.#read + i} differs`);
    }
    this.#read += length;
  }

  #inject(shape: Shape): void {
    this.#drain();
    let flags = 0;
    for (const [letter, flag] of flagLetters) if (shape.flags.includes(letter)) flags |= flag;
    const segment = encodeTcp({
      sourcePort: peerPort,
      destinationPort: localPort,
      sequence: this.#peerIss + shape.start,
      acknowledgment: shape.ack === undefined ? 0 : (this.#iss ?? 0) + shape.ack,
      flags,
      window: shape.win ?? 65_535,
      options: encodeOptions(shape.options ?? "", this.#iss ?? 0),
      payload: Uint8Array.from({ length: shape.length }, (_, i) => byteAt(shape.start - 1 + i)),
    });
    this.verdict = this.inject(segment);
    if (this.connection === undefined || shape.flags.includes("S")) {
      for (const connection of this.tcp.connections()) {
        if (this.connection !== connection) this.#watch(connection);
      }
    }
  }

  /** Delivers a segment as it is; its checksum is filled in. */
  inject(segment: Uint8Array, facts: Partial<PacketFacts> = {}): Verdict {
    const packet = new Packet(segment.length + 20);
    packet.clear();
    packet.bytes.set(segment, 20);
    packet.length = 20 + segment.length;
    packet.source = facts.source ?? peerAddress;
    packet.destination = facts.destination ?? localAddress;
    packet.isLinkBroadcast = facts.isLinkBroadcast ?? false;
    packet.startChecksum(6, 20, segment.length, 16);
    packet.completeChecksum();
    const verdict = this.tcp.demux(packet, 20, packet.length, this.now);
    packet.release();
    return verdict;
  }

  /** All that we have to send now. */
  drainSegments(): Uint8Array[] {
    this.#drain();
    return this.#heard.splice(0);
  }

  /** Answers every SYN-ACK that waits to be read: functions that deliver the last part of each handshake. */
  handshakes(): (() => Verdict)[] {
    return this.drainSegments().map((bytes) => {
      const frame = new TcpFrame();
      frame.reset(bytes, 0, bytes.length);
      const answer = encodeTcp({
        sourcePort: frame.destinationPort,
        destinationPort: frame.sourcePort,
        sequence: frame.acknowledgment,
        acknowledgment: frame.sequence + 1,
        flags: TcpFlag.Ack,
        window: 1000,
      });
      return () => this.inject(answer);
    });
  }

  /** The next segment we send, taken off the queue, or `null`. */
  next(): Uint8Array | null {
    this.#drain();
    return this.#heard.shift() ?? null;
  }

  #expect(wanted: string): void {
    const bytes = this.next();
    if (bytes === null) return assertEquals("-", wanted);
    const frame = new TcpFrame();
    frame.reset(bytes, 0, bytes.length);
    assertEquals(frame.validate(), Verdict.Ok);
    if (wanted === "-") throw new Error(`sent ${this.#show(frame, bytes)}`);
    const shape = parseShape(wanted);
    if (shape.flags.includes("S") && this.#iss === null) this.#iss = frame.sequence;
    const shown = this.#show(frame, bytes);
    const got = parseShape(shown);
    if (shape.win === undefined) got.win = undefined;
    const options = shape.options;
    shape.options = got.options = undefined;
    assertEquals(got, shape, `sent ${shown}`);
    if (options !== undefined) compareOptions(options, shown);
    for (let i = 0; i < got.length; i++) {
      if (bytes[frame.payloadOffset + i] !== byteAt(got.start - 1 + i)) {
        throw new Error(`byte ${i} of the payload differs`);
      }
    }
  }

  #show(frame: TcpFrame, bytes: Uint8Array): string {
    const iss = this.#iss ?? 0;
    let flags = "";
    for (const [letter, flag] of flagLetters) if ((frame.flags & flag) !== 0) flags += letter;
    // A reset that answers a segment without ACK begins at 0, in no numbering.
    const isBareReset = frame.sequence === 0 && flags.includes("R");
    const start = isBareReset ? 0 : seqDistance(iss, frame.sequence);
    const length = bytes.length - frame.payloadOffset;
    const ack = flags.includes(".")
      ? ` ack ${seqDistance(this.#peerIss | 0, frame.acknowledgment)}`
      : "";
    const options = showOptions(frame, bytes, this.#peerIss);
    return `${flags === "" ? "-" : flags} ${start}:${
      start + length
    }(${length})${ack} win ${frame.window} <${options}>`;
  }
}

function parseShape(text: string): Shape {
  const pattern =
    /^\s*([FSRPU.\-]+) (-?\d+):(-?\d+)\((\d+)\)(?: ack (-?\d+))?(?: win (\d+))?(?: <(.*)>)?\s*$/;
  const match = pattern.exec(text);
  if (match === null) throw new SyntaxError(`Cannot read segment: ${text}`);
  const [, flags, start, end, length, ack, win, options] = match;
  const shape: Shape = {
    flags: flags!,
    start: Number(start),
    end: Number(end),
    length: Number(length),
    ack: ack === undefined ? undefined : Number(ack),
    win: win === undefined ? undefined : Number(win),
    options,
  };
  if (shape.end - shape.start !== shape.length) throw new SyntaxError(`Wrong length: ${text}`);
  return shape;
}

/** `mss 1000, sackOK, wscale 7, TS 10 20, sack 1:2 5:8, raw 1e04`; blocks count from our initial number. */
function encodeOptions(text: string, iss: number): Uint8Array {
  const bytes: number[] = [];
  const put32 = (value: number) => {
    const word = new Uint8Array(4);
    writeU32(word, 0, value);
    bytes.push(...word);
  };
  for (const option of text.split(",").map((part) => part.trim()).filter((part) => part !== "")) {
    const [name, ...values] = option.split(/\s+/);
    switch (name) {
      case "mss": {
        const word = new Uint8Array(2);
        writeU16(word, 0, Number(values[0]));
        bytes.push(TcpOption.Mss, 4, ...word);
        break;
      }
      case "sackOK":
        bytes.push(TcpOption.SackPermitted, 2);
        break;
      case "wscale":
        bytes.push(TcpOption.WindowScale, 3, Number(values[0]));
        break;
      case "TS":
        bytes.push(1, 1, TcpOption.Timestamps, 10);
        put32(Number(values[0]));
        put32(Number(values[1]));
        break;
      case "sack":
        bytes.push(1, 1, TcpOption.Sack, 2 + 8 * values.length);
        for (const edges of values) for (const edge of edges.split(":")) put32(iss + Number(edge));
        break;
      case "raw":
        for (const pair of values[0]!.match(/../g)!) bytes.push(parseInt(pair, 16));
        break;
      default:
        throw new SyntaxError(`Cannot write option ${option}`);
    }
  }
  return Uint8Array.from(bytes);
}

function showOptions(frame: TcpFrame, bytes: Uint8Array, peerIss: number): string {
  const cursor = new TcpOptionCursor();
  cursor.reset(bytes, frame.optionsOffset, frame.payloadOffset);
  const shown: string[] = [];
  while (cursor.next()) {
    switch (cursor.kind) {
      case TcpOption.Mss:
        shown.push(`mss ${cursor.u16()}`);
        break;
      case TcpOption.SackPermitted:
        shown.push("sackOK");
        break;
      case TcpOption.WindowScale:
        shown.push(`wscale ${cursor.u8()}`);
        break;
      case TcpOption.Timestamps:
        shown.push(`TS ${cursor.i32(0) >>> 0} ${cursor.i32(4) >>> 0}`);
        break;
      case TcpOption.Sack: {
        const blocks: string[] = [];
        for (let at = 0; at < cursor.dataLength; at += 8) {
          const left = seqDistance(peerIss | 0, cursor.i32(at));
          blocks.push(`${left}:${seqDistance(peerIss | 0, cursor.i32(at + 4))}`);
        }
        shown.push(`sack ${blocks.join(" ")}`);
        break;
      }
      default:
        shown.push(`kind ${cursor.kind}`);
    }
  }
  assertEquals(cursor.verdict, Verdict.Ok, "options");
  return shown.join(", ");
}

/** `TS * 20` takes any value of ours; `!sack` wants no such option; `nothing` none at all. */
function compareOptions(wanted: string, shown: string): void {
  const have = (/<(.*)>/.exec(shown)?.[1] ?? "").split(", ").filter((part) => part !== "");
  if (wanted === "nothing") return assertEquals(have, []);
  for (const option of wanted.split(",").map((part) => part.trim())) {
    if (option.startsWith("!")) {
      const name = option.slice(1);
      assertEquals(have.filter((part) => part.startsWith(name)), [], shown);
      continue;
    }
    const words = option.split(" ");
    const found = have.find((part) => part.startsWith(words[0]!)) ?? "(none)";
    const masked = found.split(" ").map((word, i) => words[i] === "*" ? "*" : word).join(" ");
    assertEquals(masked, option, `sent ${shown}`);
  }
}

/** The lines that open a plain connection from the peer's side: no option but the MSS. */
export const accepted: string = `
  listen
  < S 0:0(0) win 65535 <mss 1000>
  > S. 0:0(0) ack 1
  < . 1:1(0) ack 1 win 65535
  state ESTABLISHED
  accept
`;

/** The same with SACK and no timestamps. */
export const acceptedSack: string = `
  listen
  < S 0:0(0) win 65535 <mss 1000, sackOK>
  > S. 0:0(0) ack 1
  < . 1:1(0) ack 1 win 65535
  state ESTABLISHED
  accept
`;
