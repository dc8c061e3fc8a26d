/**
 * What keeps the process alive while a host waits for its devices: the host itself, until it is told not to, and every call
 * that waits for the network, unless its resource is told not to. That is Deno's own rule, with a kernel that lives in the process.
 *
 * @module
 */

/** Counts who wants the process to stay alive. */
export class Liveness {
  readonly #onChange: (isAlive: boolean) => void;
  #isHostRef = true;
  #holders = 1;

  /**
   * Begins with one holder, the host.
   *
   * @param onChange Called when the first comes or the last goes.
   */
  constructor(onChange: (isAlive: boolean) => void) {
    this.#onChange = onChange;
  }

  /** Whether anybody wants it. */
  get isAlive(): boolean {
    return this.#holders > 0;
  }

  /** Says whether the host itself wants it. */
  setHost(isRef: boolean): void {
    if (this.#isHostRef === isRef) return;
    this.#isHostRef = isRef;
    if (isRef) this.retain();
    else this.letGo();
  }

  /** One more wants it. */
  retain(): void {
    if (this.#holders++ === 0) this.#onChange(true);
  }

  /** One of them does no more. */
  letGo(): void {
    if (--this.#holders === 0) this.#onChange(false);
  }
}

/** The calls that wait of one resource, which count or do not count together. */
export class Interest {
  readonly #liveness: Liveness;
  #waiting = 0;
  #isRef = true;

  /** Begins with none that waits, and lets those to come count. */
  constructor(liveness: Liveness) {
    this.#liveness = liveness;
  }

  /** A call begins to wait. */
  begin(): void {
    if (this.#waiting++ === 0 && this.#isRef) this.#liveness.retain();
  }

  /** So many calls wait no more. */
  end(count: number = 1): void {
    if (count === 0) return;
    this.#waiting -= count;
    if (this.#waiting === 0 && this.#isRef) this.#liveness.letGo();
  }

  /** Says whether its calls count. */
  setRef(isRef: boolean): void {
    if (this.#isRef === isRef) return;
    this.#isRef = isRef;
    if (this.#waiting === 0) return;
    if (isRef) this.#liveness.retain();
    else this.#liveness.letGo();
  }
}
