/**
 * Which port a connection is opened from when the program does not say (RFC 6056 §3.3.3: a keyed offset for each
 * destination, and a counter), so that nobody off the path can guess it, and each port rests for as long as
 * possible before it is used again.
 *
 * @module
 */
import { type Random, randomBelow } from "@octet/wire";
import type { KeyedHash } from "./isn.ts";

/** The first port handed out by itself, as in Linux; RFC 6056 §3.2 asks for as many as possible. */
export const firstEphemeral = 32_768;
/** How many there are. */
export const ephemeralCount: number = 65_536 - firstEphemeral;

/** Knows which ports are free. */
export interface PortUser {
  /** Whether a new connection between these ends may be opened now. */
  mayOpen(local: number, port: number, remote: number, remotePort: number, now: number): boolean;
}

/** The choice of ports of one stack. */
export class EphemeralPorts {
  readonly #hash: KeyedHash;
  readonly #user: PortUser;
  #counter: number;

  /** Begins at a random port. */
  constructor(hash: KeyedHash, random: Random, user: PortUser) {
    this.#hash = hash;
    this.#user = user;
    this.#counter = randomBelow(random, ephemeralCount);
  }

  /**
   * Chooses a port.
   *
   * @param local Our address, host order.
   * @param remote The peer's address, host order.
   * @param remotePort The peer's port.
   * @param now Milliseconds.
   * @throws {TypeError} When all are in use.
   */
  choose(local: number, remote: number, remotePort: number, now: number): number {
    const offset = this.#hash.hash(local, remote, remotePort, 2) >>> 0;
    for (let i = 0; i < ephemeralCount; i++) {
      const port = firstEphemeral + (offset + this.#counter + i) % ephemeralCount;
      if (this.#user.mayOpen(local, port, remote, remotePort, now)) {
        this.#counter = (this.#counter + i + 1) % ephemeralCount;
        return port;
      }
    }
    throw new TypeError("Cannot connect as all ephemeral ports towards the peer are in use");
  }
}
