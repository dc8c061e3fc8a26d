/**
 * `struct msghdr` of `recvmsg`, for one packet and the control message of a packet socket that comes with it
 * (`struct tpacket_auxdata`, packet(7)).
 *
 * @module
 */
import { type Packet, writeU16 } from "@octet/wire";
import { writeAddress } from "./libc.ts";
import { PACKET_AUXDATA, SOL_PACKET } from "./packet_open.ts";

const TP_STATUS_VLAN_VALID = 0x10;
const TP_STATUS_VLAN_TPID_VALID = 0x40;
/** The tag protocol identifier of IEEE 802.1Q. */
const tpidCustomer = 0x8100;
/** Where a tag stands: after both addresses. */
const tagOffset = 12;
const tagLength = 4;

/** A `struct cmsghdr` of 16 bytes, `struct tpacket_auxdata` of 20, rounded up. */
const controlLength = 40;
/** The control message's length with its header, padding left out. */
const auxiliaryLength = 36;

/** What one `recvmsg` reads and writes beside the frame. One object is reused for all frames. */
export class MessageBuffer {
  readonly #header = new Uint8Array(56);
  readonly #header32 = new Int32Array(this.#header.buffer);
  readonly #vector = new Uint8Array(16);
  readonly #vector32 = new Int32Array(this.#vector.buffer);
  readonly #control = new Uint8Array(controlLength);
  readonly #control32 = new Int32Array(this.#control.buffer);
  #room: Uint8Array<ArrayBuffer> | null = null;

  /** Makes the structures point at one another. */
  constructor() {
    writeAddress(this.#header, 16, this.#vector);
    this.#header32[6] = 1;
    writeAddress(this.#header, 32, this.#control);
  }

  /**
   * Makes ready for a call that fills a packet's room.
   *
   * @returns `struct msghdr`, to be handed to `recvmsg`.
   */
  aim(packet: Packet): Uint8Array<ArrayBuffer> {
    const { room } = packet;
    if (room !== this.#room) {
      writeAddress(this.#vector, 0, room);
      this.#vector32[2] = room.length;
      this.#room = room;
    }
    this.#header32[10] = controlLength;
    this.#control32[0] = 0;
    return this.#header;
  }

  /**
   * Puts back the 802.1Q tag that the kernel has taken out of the last frame and told beside it (IEEE 802.1Q-2022 §9.5).
   *
   * @param packet The frame; its length and offload facts must be set.
   * @returns `false` when the packet has no room for it.
   */
  restoreTag(packet: Packet): boolean {
    const control = this.#control32;
    if (
      control[0] !== auxiliaryLength || control[2] !== SOL_PACKET || control[3] !== PACKET_AUXDATA
    ) return true;
    const status = control[4]!;
    if ((status & TP_STATUS_VLAN_VALID) === 0) return true;
    const { bytes, length } = packet;
    if (length < tagOffset || length + tagLength > bytes.length) return false;
    bytes.copyWithin(tagOffset + tagLength, tagOffset, length);
    const tag = control[8]!;
    writeU16(
      bytes,
      tagOffset,
      (status & TP_STATUS_VLAN_TPID_VALID) === 0 ? tpidCustomer : tag >>> 16,
    );
    writeU16(bytes, tagOffset + 2, tag & 0xffff);
    packet.length = length + tagLength;
    if (packet.checksumStart !== 0) packet.checksumStart += tagLength;
    return true;
  }
}
