/**
 * A device around another device.
 *
 * @module
 */
import type { MacAddress } from "@octet/netip";
import type { Packet } from "@octet/wire";
import type { Device, LinkKind } from "./device.ts";

/** Passes everything through to the device inside; a wrapper changes what it is about. */
export abstract class DeviceWrapper implements Device {
  /** The device inside. */
  protected readonly inner: Device;

  /**
   * Wraps a device, which belongs to the wrapper from then on: closing one closes the other.
   *
   * @param inner The device.
   */
  constructor(inner: Device) {
    this.inner = inner;
  }

  /** The inner device's name. */
  get name(): string {
    return this.inner.name;
  }

  /** What the frames are. */
  get link(): LinkKind {
    return this.inner.link;
  }

  /** The longest IP packet in bytes. */
  get mtu(): number {
    return this.inner.mtu;
  }

  /** The hardware address of our side. */
  get hardwareAddress(): MacAddress {
    return this.inner.hardwareAddress;
  }

  /** The longest IP packet in bytes of a super-segment. */
  get maxSegment(): number {
    return this.inner.maxSegment;
  }

  /** Whether partial checksums cost nothing. */
  get checksumOffload(): boolean {
    return this.inner.checksumOffload;
  }

  /** Whether the device has been closed. */
  get isClosed(): boolean {
    return this.inner.isClosed;
  }

  /** Takes the oldest frame; see {@linkcode Device.receive}. */
  receive(packet: Packet): boolean {
    return this.inner.receive(packet);
  }

  /** Sends a frame; see {@linkcode Device.transmit}. */
  transmit(packet: Packet): boolean {
    return this.inner.transmit(packet);
  }

  /** Waits for something to do; see {@linkcode Device.ready}. */
  ready(timeout: number): Promise<void> {
    return this.inner.ready(timeout);
  }

  /** Makes a `ready` that waits keep the process alive. */
  ref(): void {
    this.inner.ref?.();
  }

  /** Lets the process end while a `ready` waits. */
  unref(): void {
    this.inner.unref?.();
  }

  /** Says which multicast addresses are listened to. */
  setGroups(groups: readonly MacAddress[]): void {
    this.inner.setGroups?.(groups);
  }

  /** Ends a `ready` that is waiting. */
  wake(): void {
    this.inner.wake();
  }

  /** How long it pays to look again before a `ready`, in milliseconds. */
  get spinTime(): number {
    return this.inner.spinTime;
  }

  /** When the device next has something to do by itself, in milliseconds. */
  deadline(): number {
    return this.inner.deadline();
  }

  /** Closes the device inside. */
  close(): void {
    this.inner.close();
  }

  /** Closes the device inside. */
  [Symbol.dispose](): void {
    this.close();
  }
}
