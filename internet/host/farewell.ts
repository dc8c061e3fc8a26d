/**
 * The end of a host's connections.
 *
 * @module
 */
import { TcpState } from "@octet/tcp";
import type { RunLoop } from "./run_loop.ts";

/** How long connections have to say goodbye when the host closes, in milliseconds. */
const farewellTime = 1000;

/** Waits until no connection has anything on its way that its peer has not confirmed, but not for long. */
export async function sayFarewell(loop: RunLoop): Promise<void> {
  const until = loop.now() + farewellTime;
  while (loop.isRunning && loop.now() < until && hasFarewells(loop)) {
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** Whether a connection has data or a FIN on its way that the peer has not confirmed. */
function hasFarewells(loop: RunLoop): boolean {
  for (const { state } of loop.stack.tcp.connections()) {
    if (
      state === TcpState.FinWait1 || state === TcpState.Closing || state === TcpState.LastAck
    ) return true;
  }
  return false;
}
