/**
 * A device that an httptap lends by a request for each frame, as lneto's does.
 *
 * @module
 */
import { copyBytes, type Packet } from "@octet/wire";
import { Signal } from "../signal.ts";
import { reasonOf } from "./address.ts";
import { BorrowedDevice, type BorrowedFacts } from "./borrowed_device.ts";
import { decodeFrame, encodeFrame, readBody } from "./wire_form.ts";

/** Frames that may wait to be received, and then to be sent. */
const inLimit = 1024;
const outLimit = 256;
/** The shortest and the longest pause after an empty answer, in milliseconds. */
const shortestPause = 1;
const longestPause = 10;
/** How long the httptap may not answer, or answer with errors of its own, before it counts as gone. */
const tries = 20;
const retryPause = 50;

/** Frames travel one a request: to the httptap one after another, and from it as fast as it gives them. */
export class PollingDevice extends BorrowedDevice {
  /** By polling. */
  readonly transport = "polling";
  readonly #abort: AbortController = new AbortController();
  readonly #in: Uint8Array[] = [];
  readonly #out: string[] = [];
  /** Wakes the loop that fetches, when there is room or an answer is to be expected. */
  readonly #fetching: Signal = new Signal();
  readonly #sending: Signal = new Signal();
  #pause = 0;

  /** Begins to fetch frames. */
  constructor(facts: BorrowedFacts) {
    super(facts);
    void this.#run(() => this.#fetchFrame());
    void this.#run(() => this.#sendFrame());
  }

  /** Takes the oldest frame. */
  receive(packet: Packet): boolean {
    for (let frame = this.#in.shift(); frame !== undefined; frame = this.#in.shift()) {
      if (this.#in.length === inLimit - 1) this.#fetching.fire();
      if (frame.length > packet.bytes.length) {
        this.counters.inDrops++;
        continue;
      }
      copyBytes(frame, -1, 0, packet.bytes, packet.address, 0, frame.length);
      packet.length = frame.length;
      packet.checksumVerified = false;
      packet.checksumStart = 0;
      packet.checksumOffset = 0;
      packet.segmentSize = 0;
      return true;
    }
    return false;
  }

  /** Sends a frame. */
  transmit(packet: Packet): boolean {
    if (this.isOver) return true;
    if (this.isFull) return false;
    packet.completeChecksum();
    if (packet.segmentSize !== 0) {
      this.counters.outDrops++;
      return true;
    }
    this.#out.push(encodeFrame(packet.bytes.subarray(0, packet.length)));
    this.#sending.fire();
    return true;
  }

  protected override get hasFrames(): boolean {
    return this.#in.length > 0;
  }

  protected override get isFull(): boolean {
    return this.#out.length >= outLimit;
  }

  protected override end(): void {
    this.#abort.abort();
    this.#in.length = this.#out.length = 0;
    this.#fetching.close();
    this.#sending.close();
  }

  /** Takes one turn after another until the device or the httptap is gone. */
  async #run(turn: () => Promise<void>): Promise<void> {
    let failures = 0;
    while (!this.isOver) {
      try {
        await turn();
        failures = 0;
      } catch (error) {
        if (this.isOver) return;
        if (!(error instanceof Passing) || ++failures >= tries) {
          this.#end(error);
          return;
        }
        await this.#fetching.wait(retryPause);
      }
    }
  }

  #end(error: unknown): void {
    const why = error instanceof Error ? error.message : String(error);
    this.lose(
      new Error(`Cannot go on with httptap at ${this.name} as ${why}`, { cause: error }),
    );
    this.#fetching.close();
    this.#sending.close();
  }

  async #fetchFrame(): Promise<void> {
    if (this.#in.length >= inLimit) {
      await this.#fetching.wait(Infinity);
      return;
    }
    const frame = decodeAnswer(await this.#ask("recv", { method: "GET" }));
    if (this.isOver) return;
    if (frame.length === 0) {
      // Who has sent something soon gets an answer.
      this.#pause = Math.min(longestPause, this.#pause + shortestPause);
      await this.#fetching.wait(this.#pause);
      return;
    }
    this.#pause = 0;
    this.#in.push(frame);
    this.signal.fire();
  }

  async #sendFrame(): Promise<void> {
    const body = this.#out[0];
    if (body === undefined) {
      await this.#sending.wait(Infinity);
      return;
    }
    const headers = { "content-type": "application/json" };
    try {
      await this.#ask("send", { method: "POST", body, headers });
    } catch (error) {
      if (!(error instanceof Passing) || error.isUnanswered) throw error;
      // No room, says lneto's as well as ours: such a frame is lost, and the next has better luck.
      this.counters.outDrops++;
    }
    this.#out.shift();
    this.#pause = 0;
    this.#fetching.fire();
    if (this.#out.length === outLimit - 1) this.signal.fire();
  }

  async #ask(place: "recv" | "send", init: RequestInit): Promise<string> {
    let response: Response;
    let text: string | null;
    try {
      response = await this.address.fetch(place, { ...init, signal: this.#abort.signal });
      text = await readBody(response);
    } catch (error) {
      throw new Passing(reasonOf(error), true, error);
    }
    if (response.status === 200 && text !== null) return text;
    if (response.status >= 500) {
      throw new Passing(`it answers /${place} with ${response.status}`, false);
    }
    throw this.address.refused(response.status, text ?? "too much");
  }
}

/** What may be better the next time. */
class Passing extends Error {
  /** Whether there was no answer at all. */
  readonly isUnanswered: boolean;

  constructor(message: string, isUnanswered: boolean, cause?: unknown) {
    super(message, { cause });
    this.isUnanswered = isUnanswered;
  }
}

function decodeAnswer(text: string): Uint8Array {
  try {
    return decodeFrame(text);
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw new Error(`its answer cannot be read, ${cause.message}`, { cause });
  }
}
