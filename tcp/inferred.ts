/**
 * What duplicate acknowledgements tell where the peer does not speak SACK: each says that a segment has
 * left the network, though not which (RFC 5681 §3.2 steps 2 and 4, RFC 6582 §3.2, RFC 3042).
 *
 * @module
 */
import { RecoveryState } from "./recovery.ts";
import type { Sender } from "./sender.ts";
import * as seq from "./seq.ts";

// V8 folds constants of a module; what is imported it loads and checks at each use. See ARCHITECTURE.md.
const { seqAfter } = seq;
const { Open, Recovery } = RecoveryState;

/** How many duplicates let a new segment go before the third one tells of a loss (RFC 3042 §2). */
const limitedTransmit = 2;

/**
 * Octets of the flight that duplicates tell to have arrived. To take them off the pipe is what RFC 6582
 * calls inflating the window; a partial acknowledgement takes back what it covers.
 */
export function inferredOctets(sender: Sender): number {
  const { dupAcks, mss } = sender;
  if (dupAcks === 0) return 0;
  switch (sender.recovery.state) {
    case Open:
      return Math.min(dupAcks, limitedTransmit) * mss;
    case Recovery:
      // One segment at least is missing, or there would be no duplicates.
      return Math.max(0, Math.min(dupAcks * mss, sender.flight - mss));
    default:
      return 0;
  }
}

/**
 * Octets that an acknowledgement of `advance` octets newly tells to have arrived (RFC 9937 §6.2): those that
 * duplicates have told of are not counted again.
 */
export function inferredDelivery(sender: Sender, advance: number): number {
  return Math.max(advance - sender.dupAcks * sender.mss, Math.min(advance, sender.mss));
}

/** New data is acknowledged: duplicates count anew, or in recovery less those that it covers (RFC 6582 §3.2 step 5). */
export function forgetDuplicates(sender: Sender, advance: number): void {
  const { recovery } = sender;
  const isOpen = recovery.state === Open;
  const covered = Math.ceil(advance / sender.mss) - 1;
  sender.dupAcks = isOpen ? 0 : Math.max(0, sender.dupAcks - covered);
  // Kept near SND.UNA, or it would lie ahead of it again after 2 GiB.
  if (isOpen && seqAfter(sender.una, recovery.point)) recovery.point = (sender.una - 1) | 0;
}

/**
 * Whether duplicates tell of a loss: there are three, and they are not the echo of what was sent again
 * in the episode before (RFC 6582 §3.2 step 1, §4.1).
 */
export function areTelling(sender: Sender): boolean {
  const { recovery } = sender;
  return sender.dupAcks === 3 && recovery.state === Open &&
    seqAfter(sender.una, recovery.point);
}
