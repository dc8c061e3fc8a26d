/**
 * The fixed part of a DHCP message over `(bytes, offset, end)` (RFC 2131 §2, which is RFC 951's
 * header).
 *
 * ```text
 *   0 op      1 htype   2 hlen    3 hops
 *   4 xid                                  32 bits
 *   8 secs              10 flags           16 bits each
 *  12 ciaddr  16 yiaddr  20 siaddr  24 giaddr
 *  28 chaddr                               16 bytes
 *  44 sname                                64 bytes
 * 108 file                                128 bytes
 * 236 magic cookie 63.82.53.63, 240 options
 * ```
 *
 * @module
 */
import { readU16, readU32, Verdict, writeU16, writeU32 } from "@octet/wire";

/** The UDP port a DHCP server listens on (RFC 2131 §4.1). */
export const dhcpv4ServerPort = 67;
/** The UDP port a DHCP client listens on (RFC 2131 §4.1). */
export const dhcpv4ClientPort = 68;
/** The length of the fixed header and the magic cookie in bytes: where options begin. */
export const dhcpv4HeaderLength = 240;
/** The shortest message to send, in bytes: some relays and clients drop what is shorter than a BOOTP message (RFC 1542 §2.1). */
export const dhcpv4MinimumLength = 300;
/** The longest message, in bytes, that a receiver must take when it did not ask for longer ones: a datagram of 576 (RFC 2131 §2). */
export const dhcpv4DefaultMaximumLength = 548;

/** What the op field says (RFC 2131 §2). */
export const DhcpOp = {
  /** From client to server. */
  Request: 1,
  /** From server to client. */
  Reply: 2,
} as const;

/** The bit of the flags field that asks for answers by broadcast (RFC 2131 §2, figure 2). */
export const dhcpv4BroadcastFlag = 0x8000;

const magicCookie = 0x63825363;
const cookieOffset = 236;
const chaddrOffset = 28;
const chaddrSize = 16;
const snameOffset = 44;
const snameSize = 64;
const fileOffset = 108;
const fileSize = 128;

/**
 * A reusable view of a DHCP message. After {@linkcode Dhcpv4Frame.validate} said ok no getter reads
 * outside `[offset, end)`; {@linkcode Dhcpv4Frame.hardwareLength} is the one setter that can undo it.
 *
 * @example
 * ```ts
 * import { Dhcpv4Frame, DhcpOp } from "@octet/dhcpv4";
 * import { Verdict } from "@octet/wire";
 * import { assertEquals } from "@std/assert";
 *
 * const bytes = new Uint8Array(300);
 * const frame = new Dhcpv4Frame().reset(bytes, 0, bytes.length);
 * frame.clear();
 * frame.op = DhcpOp.Request;
 * frame.hardwareType = 1;
 * frame.hardwareLength = 6;
 * frame.xid = 0x12345678;
 * assertEquals(frame.validate(), Verdict.Ok);
 * assertEquals(frame.payloadOffset, 240);
 * ```
 */
export class Dhcpv4Frame {
  #bytes: Uint8Array = new Uint8Array(0);
  #offset = 0;
  #end = 0;

  /**
   * Aims the view at a message.
   *
   * @param bytes The buffer.
   * @param offset Where the message begins.
   * @param end Where it stops (exclusive).
   * @returns This view.
   */
  reset(bytes: Uint8Array, offset: number, end: number): this {
    this.#bytes = bytes;
    this.#offset = offset;
    this.#end = end;
    return this;
  }

  /**
   * Whether the fixed part is there and makes sense.
   *
   * @returns `Short` below 240 bytes, `BadValue` for an unknown op or a missing magic cookie (plain
   *     BOOTP), `BadLength` for a hardware address longer than its field.
   */
  validate(): Verdict {
    if (this.#end - this.#offset < dhcpv4HeaderLength || this.#end > this.#bytes.length) {
      return Verdict.Short;
    }
    if (this.op !== DhcpOp.Request && this.op !== DhcpOp.Reply) return Verdict.BadValue;
    if (this.hardwareLength > chaddrSize) return Verdict.BadLength;
    if (readU32(this.#bytes, this.#offset + cookieOffset) !== magicCookie) return Verdict.BadValue;
    return Verdict.Ok;
  }

  /** Zeroes the fixed part and writes the magic cookie. The buffer must hold 240 bytes from the offset on. */
  clear(): void {
    this.#bytes.fill(0, this.#offset, this.#offset + cookieOffset);
    writeU32(this.#bytes, this.#offset + cookieOffset, magicCookie);
  }

  /** The buffer the view is aimed at. */
  get bytes(): Uint8Array {
    return this.#bytes;
  }

  /** Where options begin in the buffer. */
  get payloadOffset(): number {
    return this.#offset + dhcpv4HeaderLength;
  }

  /** Where the options field stops (exclusive): the end of the message. */
  get payloadEnd(): number {
    return this.#end;
  }

  /** Who speaks: one of {@linkcode DhcpOp}. */
  get op(): number {
    return this.#bytes[this.#offset]!;
  }
  set op(value: number) {
    this.#bytes[this.#offset] = value;
  }

  /** The hardware type (ARP's numbers): 1 is Ethernet. */
  get hardwareType(): number {
    return this.#bytes[this.#offset + 1]!;
  }
  set hardwareType(value: number) {
    this.#bytes[this.#offset + 1] = value;
  }

  /** The length of the hardware address in bytes, at most 16. */
  get hardwareLength(): number {
    return this.#bytes[this.#offset + 2]!;
  }
  set hardwareLength(value: number) {
    this.#bytes[this.#offset + 2] = value;
  }

  /** How many relay agents the message came through. */
  get hops(): number {
    return this.#bytes[this.#offset + 3]!;
  }
  set hops(value: number) {
    this.#bytes[this.#offset + 3] = value;
  }

  /** The transaction id, unsigned 32 bits: the answer carries the question's. */
  get xid(): number {
    return readU32(this.#bytes, this.#offset + 4);
  }
  set xid(value: number) {
    writeU32(this.#bytes, this.#offset + 4, value);
  }

  /** Seconds since the client began to acquire or renew, 0 to 65535. */
  get secs(): number {
    return readU16(this.#bytes, this.#offset + 8);
  }
  set secs(value: number) {
    writeU16(this.#bytes, this.#offset + 8, value);
  }

  /** All 16 bits of the flags field; {@linkcode dhcpv4BroadcastFlag} is the only one defined. */
  get flags(): number {
    return readU16(this.#bytes, this.#offset + 10);
  }
  set flags(value: number) {
    writeU16(this.#bytes, this.#offset + 10, value);
  }

  /** The client's address when it has one and can answer ARP for it, host order; else 0. */
  get ciaddr(): number {
    return readU32(this.#bytes, this.#offset + 12);
  }
  set ciaddr(value: number) {
    writeU32(this.#bytes, this.#offset + 12, value);
  }

  /** "Your" address: what the server gives the client, host order. */
  get yiaddr(): number {
    return readU32(this.#bytes, this.#offset + 16);
  }
  set yiaddr(value: number) {
    writeU32(this.#bytes, this.#offset + 16, value);
  }

  /** The next server to use in bootstrap, host order. */
  get siaddr(): number {
    return readU32(this.#bytes, this.#offset + 20);
  }
  set siaddr(value: number) {
    writeU32(this.#bytes, this.#offset + 20, value);
  }

  /** The relay agent's address, host order; 0 when there is none. */
  get giaddr(): number {
    return readU32(this.#bytes, this.#offset + 24);
  }
  set giaddr(value: number) {
    writeU32(this.#bytes, this.#offset + 24, value);
  }

  /** Where the client's hardware address begins in the buffer; it is {@linkcode Dhcpv4Frame.hardwareLength} bytes long. */
  get hardwareAddressOffset(): number {
    return this.#offset + chaddrOffset;
  }

  /** Whether the client's hardware address is `address`, without reading beyond either. */
  isHardwareAddress(address: Uint8Array): boolean {
    if (address.length !== this.hardwareLength) return false;
    const start = this.hardwareAddressOffset;
    for (let i = 0; i < address.length; i++) {
      if (this.#bytes[start + i] !== address[i]) return false;
    }
    return true;
  }

  /** Where the server name field begins in the buffer. */
  get snameOffset(): number {
    return this.#offset + snameOffset;
  }

  /** Where the server name field stops (exclusive): 64 bytes on. */
  get snameEnd(): number {
    return this.#offset + snameOffset + snameSize;
  }

  /** Where the boot file name field begins in the buffer. */
  get fileOffset(): number {
    return this.#offset + fileOffset;
  }

  /** Where the boot file name field stops (exclusive): 128 bytes on. */
  get fileEnd(): number {
    return this.#offset + fileOffset + fileSize;
  }
}
