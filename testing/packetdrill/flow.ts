/**
 * One connection as the script sees it: how its sequence numbers and timestamps translate into those
 * on the wire. A packet with SYN has absolute numbers; all others count from the SYN, as tcpdump
 * shows them.
 *
 * @module
 */
import type { TcpConnection } from "@octet/tcp";

/** Where a flow stands; it decides which packets belong to it. */
export type FlowState = "listening" | "received" | "connecting" | "open";

/** One connection as the script sees it. */
export class Flow {
  /** Where it stands. */
  state: FlowState;
  /** Our port; 0 while the stack has not chosen one. */
  localPort: number;
  /** The peer's port; 0 while it is not known. */
  remotePort: number;
  /** The connection of the stack, once there is one. */
  connection: TcpConnection | null = null;
  /** Our initial sequence number in the script. */
  scriptIss: number = 0;
  /** Our initial sequence number on the wire; `undefined` while none has been seen. */
  liveIss: number | undefined = undefined;
  /** The peer's initial sequence number, the same in script and on the wire. */
  peerIss: number | undefined = undefined;
  readonly #timestamps: Map<number, number> = new Map();
  #firstScript: number | undefined = undefined;
  #firstLive = 0;

  /** Begins a flow. */
  constructor(state: FlowState, localPort: number, remotePort: number) {
    this.state = state;
    this.localPort = localPort;
    this.remotePort = remotePort;
  }

  /** What to add to our numbers of the script to get those on the wire. */
  localOffset(isSyn: boolean): number {
    const live = this.liveIss ?? 0;
    return isSyn ? (live - this.scriptIss) | 0 : live | 0;
  }

  /** What to add to the peer's numbers of the script to get those on the wire. */
  remoteOffset(isSyn: boolean): number {
    return isSyn ? 0 : (this.peerIss ?? 0) | 0;
  }

  /** A segment with this timestamp was sent where the script expects that one. */
  sawTimestamp(script: number, live: number): void {
    this.#timestamps.set(script, live);
    if (this.#firstScript !== undefined) return;
    this.#firstScript = script;
    this.#firstLive = live;
  }

  /** A timestamp of ours in the script's counting. */
  timestampToScript(live: number): number {
    return ((this.#firstScript ?? 0) + live - this.#firstLive) >>> 0;
  }

  /**
   * The timestamp on the wire that the peer is to echo.
   *
   * @param script The echo that the script names.
   * @param scales Whether one that was never sent is computed from the first.
   * @returns `undefined` when there is none.
   */
  echoToLive(script: number, scales: boolean): number | undefined {
    const live = this.#timestamps.get(script);
    if (live !== undefined) return live;
    if (script === 0) return 0;
    if (!scales || this.#firstScript === undefined) return undefined;
    return (script - this.#firstScript + this.#firstLive) >>> 0;
  }
}
