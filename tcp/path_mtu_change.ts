/**
 * What a smaller path does to a sender: segments shrink, and those in flight that are too long go again (RFC
 * 1191 §6.4, RFC 8201 §4).
 *
 * @module
 */
import type { TcpConnection } from "./connection.ts";
import { RecoveryState } from "./recovery.ts";
import type { Sender } from "./sender.ts";
import { restartTimer } from "./sender_timer.ts";

/** A router cannot pass our segments on; `mtu` is what it can, 0 when it does not say. Later connections know, too. */
export function segmentsTooBig(connection: TcpConnection, mtu: number, now: number): void {
  const { sender, remoteAddress } = connection;
  const mss = sender.path.tooBig(sender.mss, mtu, sender.headers, now);
  if (mss < sender.mss) connection.tcp!.paths.learn(remoteAddress, mss + sender.headers, now);
  shrink(sender, mss, now);
}

/** Full segments go unanswered: perhaps they are too large for the path, and nobody says so. */
export function suspectBlackHole(sender: Sender, now: number): void {
  const { first } = sender.scoreboard;
  if (first === null || first.length < sender.mss) return;
  shrink(sender, sender.path.unanswered(sender.mss, now), now);
}

function shrink(sender: Sender, mss: number, now: number): void {
  if (mss >= sender.mss) return;
  sender.resize(mss);
  const { recovery, scoreboard, congestion } = sender;
  scoreboard.markLongLost(mss);
  // They were not lost by congestion: the window stays (RFC 8201 §4).
  if (recovery.state === RecoveryState.Open && scoreboard.lost.first !== null) {
    recovery.enter(sender.nxt, sender.flight, congestion.cwnd);
    recovery.cwnd = congestion.cwnd;
  }
  restartTimer(sender, now);
}
