/**
 * The DHCP client: RFC 2131 §4.4, with rapid commit (RFC 4039).
 *
 * @module
 */
import type { MacAddress } from "@octet/netip";
import { BaseNode, type Packet, type Random, randomBelow, Verdict } from "@octet/wire";
import { macClientIdentifier } from "./client_identifier.ts";
import {
  type Dhcpv4ClientOptions,
  Dhcpv4ClientState,
  type Dhcpv4ClientTiming,
  dhcpv4DefaultTiming,
} from "./client_options.ts";
import {
  type ClientMessages,
  type Farewell,
  makeClientMessages,
  retransmissionBase,
} from "./_client_messages.ts";
import {
  DhcpOp,
  dhcpv4ClientPort,
  dhcpv4DefaultMaximumLength,
  Dhcpv4Frame,
  dhcpv4ServerPort,
} from "./frame.ts";
import { type Dhcpv4Lease, makeConfiguration, makeLease } from "./lease.ts";
import {
  decodeMessage,
  type Dhcpv4Message,
  type Dhcpv4MessageFields,
  writeMessage,
} from "./message.ts";
import { DhcpMessageType } from "./option_code.ts";

const State = Dhcpv4ClientState;
const udp = 17;
const broadcastAddress = 0xffff_ffff;
const ethernet = 1;

/** States in which a server's word is awaited. */
const waiting: ReadonlySet<Dhcpv4ClientState> = new Set([
  State.Selecting,
  State.Requesting,
  State.Rebooting,
  State.Renewing,
  State.Rebinding,
  State.Informing,
]);

/**
 * Gets an address and keeps it. The first acceptable offer is taken.
 *
 * - Getters: {@linkcode Dhcpv4Client.state}, {@linkcode Dhcpv4Client.lease}.
 * - What the network does to it: {@linkcode Dhcpv4Client.demux}.
 * - What the application does to it: {@linkcode Dhcpv4Client.start}, `inform`, `renew`, `decline`, `stop`.
 * - What it wants done: {@linkcode Dhcpv4Client.encapsulate}, `deadline`.
 *
 * @example
 * ```ts
 * import { Dhcpv4Client } from "@octet/dhcpv4";
 * import { MacAddress } from "@octet/netip";
 * import { Packet, SeededRandom } from "@octet/wire";
 * import { assertEquals } from "@std/assert";
 *
 * const client = new Dhcpv4Client({
 *   hardwareAddress: MacAddress.parse("02:00:00:00:00:01"),
 *   random: new SeededRandom(1),
 *   hostName: "octet",
 * });
 * client.start(0);
 * const packet = new Packet(1514);
 * assertEquals(client.encapsulate(packet, 14, 42, 0), 300);
 * assertEquals(packet.destination, 0xffffffff);
 * assertEquals([client.state, client.lease], ["selecting", null]);
 * ```
 */
export class Dhcpv4Client extends BaseNode {
  readonly #hardwareAddress: MacAddress;
  readonly #identifier: Uint8Array | null;
  readonly #random: Random;
  readonly #messages: ClientMessages;
  readonly #frame: Dhcpv4Frame = new Dhcpv4Frame();
  readonly #onChange: (() => void) | undefined;
  readonly #rapidCommit: boolean;
  readonly #timing: Required<Dhcpv4ClientTiming>;

  #state: Dhcpv4ClientState = State.Stopped;
  #lease: Dhcpv4Lease | null = null;
  #hasChanged = false;
  /** The address asked for: hinted at, offered, had before, or the client's own with DHCPINFORM. */
  #address = 0;
  #server = 0;
  #xid = 0;
  /** When this attempt to get or extend a lease began: what the secs field counts from. */
  #startedAt = 0;
  #secs = 0;
  #attempts = 0;
  #sendAt = Infinity;
  /** When the request now waiting for an answer was first sent under its xid. */
  #requestedAt = 0;
  #failures = 0;
  #farewell: Farewell | null = null;
  /** Whether the last message is written, so that the next turn ends it all. */
  #isGone = false;

  /**
   * Makes a client that does nothing until {@linkcode Dhcpv4Client.start}.
   *
   * @param options What it is made of.
   * @throws {RangeError} When an option cannot be written, or all of them do not fit in a message.
   * @throws {SyntaxError} When the host name is not text.
   */
  constructor(options: Dhcpv4ClientOptions) {
    super();
    this.protocol = udp;
    this.localPort = dhcpv4ClientPort;
    this.#hardwareAddress = options.hardwareAddress;
    this.#identifier = options.clientIdentifier === undefined
      ? macClientIdentifier(options.hardwareAddress)
      : options.clientIdentifier;
    this.#random = options.random;
    this.#messages = makeClientMessages(options, this.#identifier);
    this.#onChange = options.onChange;
    this.#rapidCommit = options.rapidCommit ?? true;
    this.#timing = { ...dhcpv4DefaultTiming, ...options.timing };
  }

  /** Where the client stands. */
  get state(): Dhcpv4ClientState {
    return this.#state;
  }

  /** What it got; `null` while it has nothing. Renewal replaces the object. */
  get lease(): Dhcpv4Lease | null {
    return this.#lease;
  }

  /**
   * Begins to look for an address.
   *
   * @param now Milliseconds.
   * @param address The address it had before, host order, to ask for again (RFC 2131 §3.2); 0 for none.
   * @throws {TypeError} When the client is running.
   */
  start(now: number, address: number = 0): void {
    this.#expectStopped("start");
    this.#failures = 0;
    this.#address = address;
    if (address === 0) {
      this.#enterInit(now, randomBelow(this.#random, Math.floor(this.#timing.initialDelay) + 1));
    } else {
      this.#begin(State.InitReboot, now);
    }
    this.#settle(now);
  }

  /**
   * Asks for the configuration that goes with an address got by other means (RFC 2131 §3.4). It comes
   * as a lease without end.
   *
   * @param now Milliseconds.
   * @param address The client's address, host order.
   * @throws {TypeError} When the client is running.
   */
  inform(now: number, address: number): void {
    this.#expectStopped("inform");
    this.#address = address;
    this.#begin(State.Informing, now);
    this.#settle(now);
  }

  /**
   * Gives the lease back with a DHCPRELEASE and stops. The lease is there until the turn after that
   * message, as the message leaves from its address.
   *
   * @param now Milliseconds.
   * @param release Whether to send the DHCPRELEASE; without it the server keeps the address for this client.
   */
  stop(now: number, release: boolean = true): void {
    const lease = this.#lease;
    this.#sendAt = Infinity;
    if (lease === null || this.#state === State.Informed || !release) {
      if (lease !== null) this.#farewell = null;
      this.#isGone = false;
      this.#loseLease();
      this.#enter(State.Stopped);
    } else if (this.#farewell === null) {
      this.#farewell = this.#messages.release(this.#random.uint32(), lease);
    }
    this.#settle(now);
  }

  /**
   * Tells the server that somebody else uses the address, and starts over after a while (RFC 2131 §3.1.5).
   *
   * @param now Milliseconds.
   * @returns Whether there was a lease to decline.
   */
  decline(now: number): boolean {
    const lease = this.#lease;
    if (lease === null || this.#state === State.Informed || this.#farewell !== null) return false;
    this.#farewell = this.#messages.decline(this.#random.uint32(), lease);
    this.#loseLease();
    this.#address = 0;
    this.#enterInit(now, this.#timing.declineDelay);
    this.#settle(now);
    return true;
  }

  /**
   * Does now what the client waits for: extends the lease it has, or sends again.
   *
   * @param now Milliseconds.
   */
  renew(now: number): void {
    if (this.#state === State.Stopped || this.#farewell !== null) return;
    if (this.#state === State.Bound) this.#begin(State.Renewing, now);
    else if (this.#state === State.Informed) this.#begin(State.Informing, now);
    else this.#sendAt = now;
    this.#settle(now);
  }

  /** Reads a message from a server. See {@linkcode StackNode.demux}. */
  demux(packet: Packet, offset: number, end: number, now: number): Verdict {
    if (!this.#isWaiting()) return Verdict.Unexpected;
    const frame = this.#frame.reset(packet.bytes, offset, end);
    const verdict = frame.validate();
    if (verdict !== Verdict.Ok) return verdict;
    if (frame.op !== DhcpOp.Reply || frame.xid !== this.#xid) return Verdict.Unexpected;
    if (
      frame.hardwareType !== ethernet || frame.hardwareLength !== 6 ||
      !this.#hardwareAddress.equals(packet.bytes, frame.hardwareAddressOffset)
    ) return Verdict.NotForUs;
    const message = decodeMessage(packet.bytes, offset, end);
    if (typeof message === "number") return message;
    const answer = this.#answer(message, now);
    this.#settle(now);
    return answer;
  }

  /** Writes what is due. See {@linkcode StackNode.encapsulate}. */
  encapsulate(packet: Packet, _ipOffset: number, offset: number, now: number): number {
    this.#advance(now);
    const farewell = this.#farewell;
    let length = 0;
    if (farewell !== null && this.#isGone) {
      this.#farewell = null;
      this.#isGone = false;
      this.#loseLease();
      this.#enter(State.Stopped);
    } else if (farewell !== null) {
      length = this.#write(packet, offset, farewell.fields, farewell.source, farewell.destination);
      // The layers below still need the address to send this one.
      if (farewell.isLast) this.#isGone = true;
      else this.#farewell = null;
    } else if (now >= this.#sendAt) {
      length = this.#send(packet, offset, now);
    }
    this.#settle(now);
    return length;
  }

  #expectStopped(action: string): void {
    if (this.#state === State.Stopped) return;
    throw new TypeError(`Cannot ${action} DHCP client as it is in state ${this.#state}`);
  }

  #isWaiting(): boolean {
    // A new round's first message is not out yet, so nothing can answer it.
    return !this.#farewell?.isLast && this.#attempts > 0 && waiting.has(this.#state);
  }

  #enter(state: Dhcpv4ClientState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#hasChanged = true;
  }

  /** Enters a state whose message goes out at once, as a new exchange. */
  #begin(state: Dhcpv4ClientState, now: number): void {
    this.#enter(state);
    this.#attempts = 0;
    this.#startedAt = now;
    this.#xid = this.#random.uint32();
    this.#sendAt = now;
  }

  #enterInit(now: number, delay: number): void {
    this.#begin(State.Init, now);
    this.#sendAt = now + delay;
  }

  #loseLease(): void {
    if (this.#lease === null) return;
    this.#lease = null;
    this.#hasChanged = true;
  }

  /** Starts over after a refusal or silence: the first time at once, then with growing pauses so that a server that offers and refuses is not flooded. */
  #startOver(now: number): void {
    this.#loseLease();
    const pause = this.#failures === 0 ? 0 : retransmissionBase(this.#timing, this.#failures);
    this.#failures = Math.min(this.#failures + 1, 16);
    this.#enterInit(now, pause);
  }

  /** Asks for the turns that the state needs, and tells the host. */
  #settle(now: number): void {
    const next = Math.min(this.#sendAt, this.#nextTransition());
    if (this.#farewell !== null || next <= now) this.requestTurn();
    this.wakeAt(next);
    if (this.#hasChanged) {
      this.#hasChanged = false;
      this.#onChange?.();
    }
  }

  #nextTransition(): number {
    const lease = this.#lease;
    if (lease === null || this.#farewell !== null) return Infinity;
    switch (this.#state) {
      case State.Bound:
        return lease.obtainedAt + lease.t1 * 1000;
      case State.Renewing:
        return lease.obtainedAt + lease.t2 * 1000;
      case State.Rebinding:
        return lease.expiresAt;
      default:
        return Infinity;
    }
  }

  /** Moves through the states whose time has come (RFC 2131 §4.4.5). */
  #advance(now: number): void {
    const lease = this.#lease;
    if (lease === null || now < this.#nextTransition()) return;
    if (now >= lease.expiresAt) {
      this.#loseLease();
      this.#enterInit(now, 0);
    } else if (now >= lease.obtainedAt + lease.t2 * 1000) {
      this.#begin(State.Rebinding, now);
    } else {
      this.#begin(State.Renewing, now);
    }
  }

  #send(packet: Packet, offset: number, now: number): number {
    const { requestAttempts, rebootAttempts } = this.#timing;
    if (this.#state === State.Requesting && this.#attempts >= requestAttempts) {
      this.#startOver(now);
    } else if (this.#state === State.Rebooting && this.#attempts >= rebootAttempts) {
      this.#enterInit(now, 0);
    }
    if (this.#sendAt > now) return 0;
    if (this.#state === State.Init) this.#begin(State.Selecting, now);
    else if (this.#state === State.InitReboot) this.#enter(State.Rebooting);
    const lease = this.#lease;
    if (this.#state === State.Renewing || this.#state === State.Rebinding) {
      // A transmission of its own xid each, so that an answer tells when its request was sent.
      this.#xid = this.#random.uint32();
      this.#attempts = 0;
    }
    // RFC 2131 §3.1.3: a DHCPREQUEST has the secs of the DHCPDISCOVER it follows.
    if (this.#state !== State.Requesting) {
      this.#secs = Math.min(0xffff, Math.floor((now - this.#startedAt) / 1000));
    }
    if (this.#attempts === 0) this.#requestedAt = now;
    this.#attempts++;
    this.#sendAt = now + this.#wait(now);
    const fields = this.#messages.compose(
      this.#state,
      this.#xid,
      this.#secs,
      this.#address,
      this.#server,
    );
    const source = lease?.address ?? (this.#state === State.Informing ? this.#address : 0);
    const destination = this.#state === State.Renewing && lease !== null
      ? lease.server
      : broadcastAddress;
    return this.#write(packet, offset, fields, source, destination);
  }

  /** How long to wait for an answer (RFC 2131 §4.1; with a lease, §4.4.5). */
  #wait(now: number): number {
    const lease = this.#lease;
    if (lease !== null && this.#state !== State.Informing) {
      // Half of what remains, but not less than a minute; the transition cuts it short.
      return Math.max(this.#timing.minimumRenewal, (this.#nextTransition() - now) / 2);
    }
    const base = retransmissionBase(this.#timing, this.#attempts);
    const swing = (this.#random.uint32() / 0x8000_0000 - 1) * this.#timing.jitter;
    return Math.max(1, base + swing);
  }

  #write(
    packet: Packet,
    offset: number,
    fields: Dhcpv4MessageFields,
    source: number,
    destination: number,
  ): number {
    packet.source = source;
    packet.destination = destination;
    packet.sourcePort = dhcpv4ClientPort;
    packet.destinationPort = dhcpv4ServerPort;
    return writeMessage(fields, packet.bytes, offset, packet.bytes.length, {
      maximumLength: dhcpv4DefaultMaximumLength,
    });
  }

  #answer(message: Dhcpv4Message, now: number): Verdict {
    const { options } = message;
    // RFC 6842 §3: an identifier that is not ours means an answer that is not ours.
    if (options.clientIdentifier !== undefined && !this.#isIdentifier(options.clientIdentifier)) {
      return Verdict.NotForUs;
    }
    switch (options.messageType) {
      case DhcpMessageType.Offer:
        return this.#takeOffer(message, now);
      case DhcpMessageType.Ack:
        return this.#takeAck(message, now);
      case DhcpMessageType.Nak:
        return this.#takeNak(message, now);
      case undefined:
        return Verdict.Unsupported;
      default:
        return Verdict.Unexpected;
    }
  }

  #isIdentifier(bytes: Uint8Array): boolean {
    const own = this.#identifier;
    return own !== null && own.length === bytes.length && own.every((byte, i) => byte === bytes[i]);
  }

  #takeOffer(message: Dhcpv4Message, now: number): Verdict {
    if (this.#state !== State.Selecting) return Verdict.Unexpected;
    const offer = makeLease(message, now);
    if (typeof offer === "number") return offer;
    this.#server = offer.server;
    this.#address = offer.address;
    this.#attempts = 0;
    this.#sendAt = now;
    this.#enter(State.Requesting);
    return Verdict.Ok;
  }

  #takeAck(message: Dhcpv4Message, now: number): Verdict {
    const { options } = message;
    if (this.#state === State.Informing) {
      const made = makeConfiguration(message, this.#address, Infinity, this.#requestedAt);
      return typeof made === "number" ? made : this.#takeLease(made, State.Informed);
    }
    const made = makeLease(message, this.#requestedAt);
    if (typeof made === "number") return made;
    if (this.#state === State.Selecting) {
      // RFC 4039 §3.1: without the option an early DHCPACK is not for this exchange.
      if (!this.#rapidCommit || options.rapidCommit === undefined) return Verdict.Unexpected;
    } else if (made.address !== (this.#lease?.address ?? this.#address)) {
      return Verdict.Unexpected;
    } else if (this.#state === State.Requesting && made.server !== this.#server) {
      return Verdict.Unexpected;
    }
    if (made.expiresAt <= now) return Verdict.Unexpected;
    return this.#takeLease(made, State.Bound);
  }

  #takeLease(lease: Dhcpv4Lease, state: Dhcpv4ClientState): Verdict {
    this.#lease = lease;
    this.#hasChanged = true;
    this.#address = lease.address;
    this.#server = lease.server;
    this.#failures = 0;
    this.#sendAt = Infinity;
    this.#enter(state);
    return Verdict.Ok;
  }

  #takeNak(message: Dhcpv4Message, now: number): Verdict {
    const server = message.options.serverIdentifier;
    if (server === undefined) return Verdict.BadOption;
    switch (this.#state) {
      case State.Requesting:
      case State.Renewing:
        if (server !== this.#server) return Verdict.Unexpected;
        break;
      case State.Rebooting:
      case State.Rebinding:
        break;
      default:
        return Verdict.Unexpected;
    }
    this.#address = 0;
    this.#startOver(now);
    return Verdict.Ok;
  }
}
