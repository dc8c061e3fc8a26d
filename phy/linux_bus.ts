/**
 * The management bus behind a Linux interface: `SIOCGMIIPHY`, `SIOCGMIIREG` and `SIOCSMIIREG`
 * (`linux/mii.h`, `linux/mdio.h`), through FFI to libc. It needs Linux, `--allow-ffi` and
 * `CAP_NET_ADMIN`, and a driver that gives access to its PHY.
 *
 * @example
 * ```ts ignore
 * import { Phy } from "@octet/phy";
 * import { openLinuxMdioBus } from "@octet/phy/linux";
 *
 * using bus = openLinuxMdioBus("eth0");
 * const { isUp, mode, pause } = new Phy(bus, bus.port).linkState();
 * console.log(isUp, mode, pause);
 * ```
 *
 * @module
 */
import { Errno, linkNameProblem, readHost16, writeHost16 } from "@octet/netlink";
import { type Libc, openLibc, systemError } from "@octet/netlink/libc";
import type { MdioBus } from "./bus.ts";

const functions = {
  socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
  ioctl: { parameters: ["i32", "u32", "buffer"], result: "i32" },
  close: { parameters: ["i32"], result: "i32" },
} as const;

const AF_INET = 2;
const SOCK_DGRAM_CLOEXEC = 0x8_0002;
const SIOCGMIIPHY = 0x8947;
const SIOCGMIIREG = 0x8948;
const SIOCSMIIREG = 0x8949;
/** Marks a port as one with a device beside it: clause 45 (`MDIO_PHY_ID_C45`). */
const clause45 = 0x8000;

/** Where `struct mii_ioctl_data` has its fields, behind the name of `struct ifreq`. */
const field = { port: 16, register: 18, valueIn: 20, valueOut: 22 } as const;

/** The bus behind an interface. */
export class LinuxMdioBus implements MdioBus, Disposable {
  /** The interface. */
  readonly name: string;
  /** The address of the interface's own PHY, 0 to 31. */
  readonly port: number;
  readonly #libc: Libc<typeof functions>;
  readonly #request = new Uint8Array(40);
  #descriptor: number;
  #isReleased = false;

  /**
   * Opens the bus.
   *
   * @param name The interface.
   * @throws {RangeError} When an interface cannot have that name.
   * @throws {Deno.errors.NotFound} When there is no such interface.
   * @throws {Deno.errors.NotSupported} When its driver gives no access to a PHY, and on anything but Linux.
   * @throws {Deno.errors.PermissionDenied} Without `CAP_NET_ADMIN`.
   * @throws {Deno.errors.NotCapable} Without `--allow-ffi`.
   */
  constructor(name: string) {
    const action = `Cannot open the MDIO bus of ${name}`;
    const problem = linkNameProblem(name);
    if (problem !== undefined) throw new RangeError(`${action} as ${problem}`);
    this.name = name;
    this.#libc = openLibc(functions, `open the MDIO bus of ${name}`);
    new TextEncoder().encodeInto(name, this.#request);
    this.#descriptor = this.#libc.symbols.socket(AF_INET, SOCK_DGRAM_CLOEXEC, 0);
    try {
      if (this.#descriptor < 0) throw systemError(action, this.#libc.errno());
      this.#call(action, SIOCGMIIPHY);
    } catch (error) {
      this.close();
      throw error;
    }
    this.port = readHost16(this.#request, field.port) & 0x1f;
  }

  /** Reads a register. */
  read(port: number, register: number): number {
    return this.#read(port, register);
  }

  /** Writes a register. */
  write(port: number, register: number, value: number): void {
    this.#write(port, register, value);
  }

  /** Reads a device's register with clause 45 frames. */
  readMmd(port: number, device: number, register: number): number {
    return this.#read(clause45 | port << 5 | device, register);
  }

  /** Writes a device's register with clause 45 frames. */
  writeMmd(port: number, device: number, register: number, value: number): void {
    this.#write(clause45 | port << 5 | device, register, value);
  }

  #read(port: number, register: number): number {
    writeHost16(this.#request, field.port, port);
    writeHost16(this.#request, field.register, register);
    this.#call(`Cannot read register ${register} of the PHY of ${this.name}`, SIOCGMIIREG);
    return readHost16(this.#request, field.valueOut);
  }

  #write(port: number, register: number, value: number): void {
    writeHost16(this.#request, field.port, port);
    writeHost16(this.#request, field.register, register);
    writeHost16(this.#request, field.valueIn, value);
    this.#call(`Cannot write register ${register} of the PHY of ${this.name}`, SIOCSMIIREG);
  }

  #call(action: string, request: number): void {
    if (this.#descriptor < 0) throw systemError(action, Errno.EBADF, "the bus is closed");
    if (this.#libc.symbols.ioctl(this.#descriptor, request, this.#request) >= 0) return;
    const errno = this.#libc.errno();
    throw systemError(action, errno, describe(errno));
  }

  /** Closes the bus; a second call does nothing. */
  close(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    if (this.#descriptor >= 0) this.#libc.symbols.close(this.#descriptor);
    this.#descriptor = -1;
    this.#libc.close();
  }

  /** Closes the bus. */
  [Symbol.dispose](): void {
    this.close();
  }
}

function describe(errno: number): string | undefined {
  switch (errno) {
    case Errno.EPERM:
      return "this process lacks CAP_NET_ADMIN: run as root";
    case Errno.EOPNOTSUPP:
    case Errno.ENOTTY:
    case Errno.EINVAL:
      return "its driver gives no access to a PHY";
    default:
      return undefined;
  }
}

/**
 * Opens the bus behind an interface, see {@linkcode LinuxMdioBus}.
 *
 * @param name The interface, such as `eth0`.
 */
export function openLinuxMdioBus(name: string): LinuxMdioBus {
  return new LinuxMdioBus(name);
}
