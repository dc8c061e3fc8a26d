/**
 * All interfaces of a host: devices come and go.
 *
 * @module
 */
import type { Device } from "../device/device.ts";
import { DhcpPort } from "./dhcp_port.ts";
import {
  HostInterface,
  type HostInterfaceOptions,
  type HostInterfaceSetup,
  interfaceOptions,
  loopbackAddresses,
} from "./host_interface.ts";
import type { HostOptions, NetworkInterfaceInfo } from "./host_options.ts";
import type { NameService } from "./name_service.ts";
import type { RunLoop } from "./run_loop.ts";

/** The interfaces of a host, the loopback left out. */
export class HostInterfaces {
  readonly #loop: RunLoop;
  readonly #setup: HostInterfaceSetup;
  readonly #list: HostInterface[] = [];

  /**
   * Begins with the loop's device and the stack's first interface.
   *
   * @throws {SyntaxError} When the address in the options is none.
   */
  constructor(loop: RunLoop, names: NameService, options: HostOptions) {
    this.#loop = loop;
    this.#setup = {
      loop,
      names,
      dhcp: new DhcpPort(),
      hostname: options.hostname ?? "octet",
      keepsServers: options.nameServers !== undefined,
      keepsSearch: options.search !== undefined,
      remove: (removed) => this.#remove(removed),
    };
    loop.onDeviceLost = (device, error) =>
      this.#list.find((each) => each.device === device)?.settle(error);
    const [first] = loop.stack.interfaces;
    this.#list.push(new HostInterface(loop.device, first!, options, this.#setup));
  }

  /** The interfaces, in the order in which they were added. */
  get list(): readonly HostInterface[] {
    return this.#list;
  }

  /** Adds a device; see `Host.addInterface`. */
  add(device: Device, options: HostInterfaceOptions): HostInterface {
    const loop = this.#loop;
    loop.expectRunning();
    const { stack } = loop;
    const name = options.name ?? this.#freeName(device.name);
    const via = stack.addInterface(interfaceOptions(device, name, options));
    try {
      const added = new HostInterface(device, via, options, this.#setup);
      loop.attach(device, via);
      this.#list.push(added);
      return added;
    } catch (error) {
      stack.removeInterface(via);
      throw error;
    }
  }

  /** Their addresses, those of the loopback last. */
  addresses(): NetworkInterfaceInfo[] {
    const own = this.#list.flatMap((each) => each.addresses());
    return [...own, ...loopbackAddresses(this.#loop.stack)];
  }

  /** Gives all leases back. */
  release(): void {
    for (const each of this.#list) each.release();
  }

  /** Closes all devices; `error` says how the last one was lost. */
  close(error: unknown = null): void {
    for (const each of this.#list) {
      each.device.close();
      each.settle(error);
    }
  }

  #remove(removed: HostInterface): void {
    const index = this.#list.indexOf(removed);
    if (index < 0) return;
    if (this.#list.length === 1) {
      throw new TypeError(`Cannot remove interface ${removed.name} as it is the host's only one`);
    }
    removed.release();
    removed.detach();
    this.#loop.flush();
    this.#list.splice(index, 1);
    this.#setup.dhcp.unregister(removed.interface.index);
    this.#loop.detach(removed.device);
    this.#loop.stack.removeInterface(removed.interface);
    removed.device.close();
    removed.settle();
  }

  #freeName(name: string): string {
    const names = this.#list.map((other) => other.name);
    if (!names.includes(name)) return name;
    let number = 2;
    while (names.includes(`${name}_${number}`)) number++;
    return `${name}_${number}`;
  }
}
