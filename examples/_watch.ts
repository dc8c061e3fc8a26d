/**
 * Looking at the packets of a program: `--sniff`, a line each on standard error, and `--pcap`, a pcapng file.
 *
 * @module
 */
import { type CapturedDevice, type Device, type FrameSink, sniff } from "@octet/internet";
import { capture } from "@octet/internet";
import { Dissector, Formatter, LinkType, PcapngWriter } from "@octet/pcap";
import { ExitError, say } from "./_program.ts";

/** curl's code for what cannot be written. */
const writeError = 23;

/** Whose addresses are printed as `us`: those a host has at the moment, host order. */
export type Addresses = () => readonly number[];

/** Prints a line for each packet of a device on standard error. */
export function sniffed(device: Device, addresses: Addresses): CapturedDevice {
  const dissector = new Dissector();
  const formatter = new Formatter();
  const linkType = linkTypeOf(device);
  let known = "?";
  return sniff(device, (bytes, length, direction) => {
    const ours = addresses();
    if (ours.join() !== known) {
      known = ours.join();
      formatter.setUs(
        device.link === "ethernet"
          ? { mac: device.hardwareAddress, addresses: ours }
          : { addresses: ours },
      );
    }
    dissector.dissect(bytes, 0, length, linkType);
    return formatter.format(dissector.packet, direction);
  }, say);
}

function linkTypeOf(device: Device): number {
  return device.link === "ethernet" ? LinkType.Ethernet : LinkType.Raw;
}

/** A pcapng file that packets are written to as they pass. */
export class CaptureFile implements Disposable {
  readonly #path: string;
  readonly #file: Deno.FsFile;
  readonly #writer: PcapngWriter;
  #failure: unknown = null;
  #isClosed = false;

  /**
   * Makes the file, or empties the one there is.
   *
   * @throws {ExitError} With code 23, when that cannot be done.
   */
  constructor(path: string, application: string) {
    this.#path = path;
    try {
      this.#file = Deno.openSync(path, { write: true, create: true, truncate: true });
    } catch (error) {
      throw new ExitError(writeError, `Cannot write packets to ${path}: ${reasonOf(error)}`);
    }
    this.#writer = new PcapngWriter({
      application,
      os: Deno.build.os,
      sink: (bytes) => this.#write(bytes),
    });
  }

  /** Why the file is not whole, or `null`. */
  get failure(): unknown {
    return this.#failure;
  }

  /** Writes every packet of a device, with complete checksums. */
  watch(device: Device): CapturedDevice {
    const writer = this.#writer;
    const isOffloaded = device.maxSegment > device.mtu;
    const id = writer.addInterface({
      name: device.name,
      linkType: linkTypeOf(device),
      ...(device.link === "ethernet" && { hardwareAddress: Uint8Array.fromHex(hex(device)) }),
      ...(isOffloaded && {
        comment: "TCP segments beyond the MTU are cut by the kernel; checksums are filled in",
      }),
    });
    const sink: FrameSink = {
      frame: (bytes, length, direction, time) => {
        if (this.#failure !== null || this.#isClosed) return;
        writer.writePacket(id, time, bytes, 0, length, direction);
      },
    };
    return capture(device, sink);
  }

  /** Writes what is left and closes the file. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#writer.close();
    this.#file.close();
  }

  /** Closes the file. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** Called in the midst of a packet's way, so that it throws nothing: the network goes on without a capture. */
  #write(bytes: Uint8Array): void {
    if (this.#failure !== null) return;
    try {
      for (let at = 0; at < bytes.length;) at += this.#file.writeSync(bytes.subarray(at));
    } catch (error) {
      this.#failure = error;
      say(`Cannot write packets to ${this.#path} any more: ${reasonOf(error)}`);
    }
  }
}

function hex(device: Device): string {
  return device.hardwareAddress.toString().replaceAll(":", "");
}

/** The reason in an error of the file system, without what Deno puts around it. */
export function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.replace(/ \(os error \d+\).*$/s, "");
}
