/**
 * What stands behind the system calls: descriptors, the stack, and the settings it is made with.
 *
 * @module
 */
import type { TcpConnectionOptions, TcpOptions } from "@octet/tcp";
import type { RunConfig } from "../config.ts";
import { Unsupported } from "../errors.ts";
import type { Evaluator } from "../expression.ts";
import type { Flow } from "../flow.ts";
import type { Sysctls } from "../sysctl.ts";
import { World } from "../world.ts";
import { Socket } from "./socket.ts";

/** What `epoll_create` gives: who is watched, and for what. */
export class EpollSet {
  /** The watched descriptors. */
  readonly entries: Map<number, EpollEntry> = new Map();
}

/** One descriptor that an {@linkcode EpollSet} watches. */
export interface EpollEntry {
  /** For what. */
  events: number;
  /** What is told when it happens: the descriptor, or what the script gave. */
  data: number;
  /** How many edges of the socket have been told; -1 for none at all. */
  edges: number;
  /** What was told last. */
  told: number;
}

/** The system under test. */
export class Kernel {
  /** Settings of the run. */
  readonly config: RunConfig;
  /** Settings of Linux's TCP. */
  readonly sysctls: Sysctls;
  /** Evaluates arguments. */
  readonly evaluator: Evaluator;
  /** The flow that the script's packets belong to. */
  flow: Flow | null = null;
  readonly #descriptors: Map<number, Socket | EpollSet> = new Map();
  readonly #prepare: (world: World) => void;
  #world: World | null = null;

  /**
   * Makes a system without a stack; the stack is made when the first call or packet wants it, by the
   * settings made until then.
   *
   * @param prepare Called with the world when it is made.
   */
  constructor(
    config: RunConfig,
    sysctls: Sysctls,
    evaluator: Evaluator,
    prepare: (world: World) => void,
  ) {
    this.config = config;
    this.sysctls = sysctls;
    this.evaluator = evaluator;
    this.#prepare = prepare;
  }

  /** The stack on virtual time. */
  get world(): World {
    return this.worldFor({});
  }

  /** The stack on virtual time; made with these settings when there is none yet. */
  worldFor(options: TcpOptions): World {
    if (this.#world === null) {
      this.#world = new World(this.config, { ...this.sysctls.connectionOptions(), ...options });
      this.#prepare(this.#world);
    }
    return this.#world;
  }

  /** The settings of a connection that is to be opened by a socket. */
  connectionOptions(socket: Socket): TcpConnectionOptions {
    return { ...this.sysctls.connectionOptions(), ...socket.options, ...socket.tuning };
  }

  /** Gives out a descriptor. */
  open(what: Socket | EpollSet, wanted: number): number {
    let descriptor = wanted;
    if (descriptor < 0 || this.#descriptors.has(descriptor)) {
      for (descriptor = 3; this.#descriptors.has(descriptor);) descriptor++;
    }
    this.#descriptors.set(descriptor, what);
    return descriptor;
  }

  /** What a descriptor stands for. */
  descriptor(number: number): Socket | EpollSet | undefined {
    return this.#descriptors.get(number);
  }

  /** A socket; `undefined` when the descriptor is none. */
  socket(number: number): Socket | undefined {
    const found = this.#descriptors.get(number);
    return found instanceof Socket ? found : undefined;
  }

  /** The epoll set behind a descriptor. */
  epollSet(number: number): EpollSet {
    const found = this.#descriptors.get(number);
    if (!(found instanceof EpollSet)) throw new Unsupported(`epoll on descriptor ${number}`);
    return found;
  }

  /** Takes a descriptor back. */
  close(number: number): Socket | EpollSet | undefined {
    const found = this.#descriptors.get(number);
    this.#descriptors.delete(number);
    return found;
  }
}
