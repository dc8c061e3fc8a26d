/**
 * `struct virtio_net_hdr`, which a TUN/TAP device opened with `IFF_VNET_HDR` has before each frame:
 * the offload facts of a {@linkcode Packet} in the kernel's words (virtio 1.2 §5.1.6, legacy layout, host order:
 * little-endian). It stands in the packet's headroom, so that header and frame move in one system call.
 *
 * @module
 */
import { Packet } from "@octet/wire";
import type { LinkKind } from "./device.ts";
import { SegmentLayout } from "./segment_layout.ts";

/** The header's length in bytes: the headroom of a packet. */
export const virtioHeaderLength: number = Packet.headroom;

const needsChecksum = 1;
const dataValid = 2;
const gsoNone = 0;
const gsoTcpV4 = 1;
const gsoTcpV6 = 4;
const gsoUdp = 5;
const gsoEcn = 0x80;
/** TCP's CWR flag (RFC 3168 §6.1.2): of the segments cut, the first alone carries it. */
const cwrFlag = 0x80;

const layout = new SegmentLayout();

/**
 * Writes the header for a packet into its headroom.
 *
 * @param packet The frame to be sent.
 * @param link What the frame is.
 * @returns `false` when `segmentSize` is set on what is not TCP or UDP with a partial checksum.
 */
export function writeVirtioHeader(packet: Packet, link: LinkKind): boolean {
  const { room, checksumStart, checksumOffset, segmentSize } = packet;
  let gsoType = gsoNone;
  let headerLength = 0;
  if (segmentSize !== 0) {
    if (checksumStart === 0 || !layout.reset(packet, link)) return false;
    if (layout.payloadEnd - layout.payloadOffset > segmentSize) {
      headerLength = layout.payloadOffset;
      if (layout.isUdp) gsoType = gsoUdp;
      else gsoType = layout.ipVersion === 4 ? gsoTcpV4 : gsoTcpV6;
      if (!layout.isUdp && (packet.bytes[layout.transportOffset + 13]! & cwrFlag) !== 0) {
        gsoType |= gsoEcn;
      }
    }
  }
  room[0] = checksumStart === 0 ? 0 : needsChecksum;
  room[1] = gsoType;
  room[2] = headerLength;
  room[3] = headerLength >>> 8;
  const size = gsoType === gsoNone ? 0 : segmentSize;
  room[4] = size;
  room[5] = size >>> 8;
  room[6] = checksumStart;
  room[7] = checksumStart >>> 8;
  room[8] = checksumOffset;
  room[9] = checksumOffset >>> 8;
  return true;
}

/**
 * Reads the header in a packet's headroom into its offload facts. `length` must be set. A partial
 * checksum that would lie outside the frame is taken as none at all.
 *
 * @param packet The frame received.
 */
export function readVirtioHeader(packet: Packet): void {
  const { room } = packet;
  const flags = room[0]!;
  const start = room[6]! | (room[7]! << 8);
  const offset = room[8]! | (room[9]! << 8);
  const isPartial = (flags & needsChecksum) !== 0 && start !== 0 &&
    start + offset + 2 <= packet.length;
  packet.checksumStart = isPartial ? start : 0;
  packet.checksumOffset = isPartial ? offset : 0;
  packet.checksumVerified = isPartial || (flags & dataValid) !== 0;
  packet.segmentSize = (room[1]! & ~gsoEcn) === gsoNone ? 0 : room[4]! | (room[5]! << 8);
}

/**
 * Sets the offload facts of a frame that came without such a header.
 *
 * @param packet The frame received.
 */
export function clearOffloadFacts(packet: Packet): void {
  packet.checksumVerified = false;
  packet.checksumStart = 0;
  packet.checksumOffset = 0;
  packet.segmentSize = 0;
}
