/**
 * The classic BPF program (McCanne and Jacobson 1993; Linux's `Documentation/networking/filter.rst`) that runs in the
 * kernel before a packet socket: what is the host's own business never costs this process a wake-up.
 *
 * @module
 */
import { MacAddress } from "@octet/netip/mac-address";
import { readU16, readU32 } from "@octet/wire";

/** Instructions of classic BPF, those used here. */
const op = {
  /** A = 32 bits of the packet at k. */
  loadWord: 0x20,
  /** A = 16 bits of the packet at k. */
  loadHalf: 0x28,
  /** A = 8 bits of the packet at k. */
  loadByte: 0x30,
  /** Skips `jt` instructions if A = k, else `jf`. */
  jumpEqual: 0x15,
  /** Skips `jt` instructions if A & k, else `jf`. */
  jumpSet: 0x45,
  /** Ends; k bytes of the packet are taken, 0 for none. */
  give: 0x06,
} as const;

/** `SKF_AD_OFF + SKF_AD_PKTTYPE`: loading from there gives the kernel's classification of the frame. */
const packetTypeOffset = 0xffff_f004;
/** `SKF_AD_OFF + SKF_AD_VLAN_TAG_PRESENT`: whether the kernel has taken a tag out of the frame. */
const tagPresentOffset = 0xffff_f030;
/** A frame that this host sends. */
const PACKET_OUTGOING = 4;
const everything = 0xffff_ffff;
const instructionLength = 8;
const destination = 0;
const source = 6;

/** Beyond so many groups the filter takes every multicast frame, and leaves the rest to the stack. */
export const mostFilteredGroups = 64;

/** Which frames a packet socket takes. */
export interface PacketFilterOptions {
  /** Our address: frames to it are taken, frames from it never. */
  readonly hardwareAddress: MacAddress;
  /** Whether frames to everybody else are taken, too; `false` when left out. */
  readonly promiscuous?: boolean;
  /** Whether frames with 802.1Q tags are taken; `true` when left out. */
  readonly tags?: boolean;
  /** The multicast addresses whose frames are taken beside broadcasts; all of them when left out. */
  readonly groups?: readonly MacAddress[];
}

/**
 * Builds the filter of a packet socket: frames to our address, broadcasts and the groups joined; never what this host sends,
 * and never what carries our own address as its source (a loop somewhere has brought it back).
 *
 * @example
 * ```ts
 * import { buildPacketFilter } from "@octet/internet";
 * import { MacAddress } from "@octet/netip";
 * import { assertEquals } from "@std/assert";
 *
 * const hardwareAddress = MacAddress.parse("02:00:00:00:00:02");
 * const program = buildPacketFilter({ hardwareAddress, groups: [] });
 * assertEquals(program.length % 8, 0); // An array of struct sock_filter.
 * ```
 *
 * @param options Which frames.
 * @returns The instructions as `struct sock_filter` has them, 8 bytes each, host order (little-endian).
 */
export function buildPacketFilter(options: PacketFilterOptions): Uint8Array<ArrayBuffer> {
  const { hardwareAddress, promiscuous = false, tags = true, groups } = options;
  const program = new Program();
  program.add(op.loadWord, packetTypeOffset).add(op.jumpEqual, PACKET_OUTGOING, 0, 1);
  program.add(op.give, 0);
  if (!tags) {
    program.add(op.loadWord, tagPresentOffset).add(op.jumpEqual, 0, 1, 0).add(op.give, 0);
  }
  program.ifAddress(source, hardwareAddress, 0);
  if (promiscuous) return program.add(op.give, everything).bytes();
  program.ifAddress(destination, hardwareAddress, everything);
  if (groups === undefined || groups.length > mostFilteredGroups) {
    // The lowest bit of the first octet marks what is for several stations, broadcasts among them (IEEE 802 §8.2).
    program.add(op.loadByte, destination).add(op.jumpSet, 1, 0, 1).add(op.give, everything);
  } else {
    program.ifAddress(destination, MacAddress.broadcast, everything);
    for (const group of groups) program.ifAddress(destination, group, everything);
  }
  return program.add(op.give, 0).bytes();
}

class Program {
  readonly #instructions: [code: number, k: number, jt: number, jf: number][] = [];

  add(code: number, k: number, jt: number = 0, jf: number = 0): this {
    this.#instructions.push([code, k, jt, jf]);
    return this;
  }

  /** Ends with `verdict` if the address at `offset` is the one given, and goes on otherwise. */
  ifAddress(offset: number, address: MacAddress, verdict: number): this {
    const bytes = new Uint8Array(6);
    address.writeTo(bytes, 0);
    // The lower bytes first: they tell stations of one maker apart.
    return this.add(op.loadWord, offset + 2).add(op.jumpEqual, readU32(bytes, 2), 0, 3)
      .add(op.loadHalf, offset).add(op.jumpEqual, readU16(bytes, 0), 0, 1)
      .add(op.give, verdict);
  }

  bytes(): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(this.#instructions.length * instructionLength);
    const view = new DataView(bytes.buffer);
    this.#instructions.forEach(([code, k, jt, jf], index) => {
      const at = index * instructionLength;
      view.setUint16(at, code, true);
      bytes[at + 2] = jt;
      bytes[at + 3] = jf;
      view.setUint32(at + 4, k, true);
    });
    return bytes;
  }
}
