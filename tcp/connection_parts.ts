/**
 * The objects that a connection works with while it is awake. They are as large as they are quick
 * to use, 2 KiB in all, so connections that sleep lend theirs to others.
 *
 * @module
 */
import type { Archive } from "./archive.ts";
import { Cubic } from "./cubic.ts";
import { KeepAlive } from "./keepalive.ts";
import { Pacing } from "./pacing.ts";
import { Receiver } from "./receiver.ts";
import { Sender } from "./sender.ts";
import type { TcpSettings, TcpTuning } from "./settings.ts";
import { Timestamps } from "./timestamps.ts";

/** What belongs to one connection at a time. */
export class ConnectionParts {
  /** The sending half. */
  declare readonly sender: Sender;
  /** The receiving half. */
  declare readonly receiver: Receiver;
  /** The timestamps option. */
  readonly timestamps: Timestamps = new Timestamps();
  /** Keep-alive probes. */
  readonly keepAlive: KeepAlive = new KeepAlive();
  /** The earliest of all deadlines, in milliseconds; before it nothing has to be looked at. -Infinity when unknown. */
  dueAt: number = -Infinity;
  /** The next in the pool. */
  next: ConnectionParts | null = null;
  /** What they were set up for last. */
  #settings: TcpSettings;

  /** Makes parts for a connection with these settings. */
  constructor(settings: TcpSettings) {
    const { sendBuffer, maxSendBuffer, receiveBuffer, maxReceiveBuffer } = settings;
    this.#settings = settings;
    const congestion = settings.congestionControl?.() ?? new Cubic();
    this.sender = new Sender(sendBuffer, maxSendBuffer, congestion);
    this.receiver = new Receiver(receiveBuffer, maxReceiveBuffer);
    this.retune(settings);
  }

  /** What may change while the connection is open has changed. */
  retune({ pacing, slowStartAfterIdle, trafficClass }: TcpTuning): void {
    const { sender } = this;
    sender.trafficClass = trafficClass;
    sender.decaysIdle = slowStartAfterIdle;
    if (pacing === 0) {
      sender.pacing = null;
      return;
    }
    sender.pacing ??= new Pacing();
    if (sender.pacing.limit === pacing) return;
    sender.pacing.limit = pacing;
    sender.pacing.reset();
  }

  /** Serves another connection from now on. */
  adapt(settings: TcpSettings): void {
    const { nagle } = this.sender;
    nagle.noDelay = false;
    nagle.isCorked = false;
    this.fit(settings);
  }

  /** Serves a connection that is about to open; what its application has chosen for it by now stays. */
  fit(settings: TcpSettings): void {
    const { sender } = this;
    this.dueAt = -Infinity;
    if (sender.buffer.limit !== settings.sendBuffer) sender.buffer.limit = settings.sendBuffer;
    sender.maxBuffer = settings.maxSendBuffer;
    sender.chrono = null;
    this.retune(settings);
    sender.pacing?.reset();
    if (settings !== this.#settings) this.#follow(settings);
  }

  /** The settings are others than before. */
  #follow(settings: TcpSettings): void {
    this.receiver.resize(settings.receiveBuffer, settings.maxReceiveBuffer);
    if (settings.congestionControl !== this.#settings.congestionControl) {
      this.sender.congestion = settings.congestionControl?.() ?? new Cubic();
    }
    this.#settings = settings;
  }

  /** Forgets whom they served, and all data and timers. */
  reset(): void {
    const { sender, receiver } = this;
    sender.clear();
    sender.open(0);
    receiver.reset();
    this.timestamps.reset();
    this.keepAlive.stop();
  }

  /** Whether there is nothing to remember but numbers. */
  get isIdle(): boolean {
    return this.sender.isIdle && this.receiver.isIdle &&
      this.sender.congestion.archive !== undefined;
  }

  /** Keeps what a connection needs beyond an idle time; see {@linkcode Archive}. */
  archive(archive: Archive): void {
    this.sender.archive(archive);
    this.receiver.archive(archive);
    this.timestamps.archive(archive);
    this.keepAlive.archive(archive);
  }
}

/** How many wait in the pool at most: as many as a stack keeps awake, and some more. */
const poolLimit = 1024;
let pool: ConnectionParts | null = null;
let pooled = 0;

/** Takes parts that nobody uses, or makes some. They know of those whom they served before. */
export function takeParts(settings: TcpSettings): ConnectionParts {
  const parts = pool;
  if (parts === null) return new ConnectionParts(settings);
  pool = parts.next;
  pooled--;
  parts.next = null;
  parts.adapt(settings);
  return parts;
}

/** Gives parts back that hold no data and no timer. */
export function returnParts(parts: ConnectionParts): void {
  if (pooled === poolLimit) return;
  pooled++;
  parts.next = pool;
  pool = parts;
}
