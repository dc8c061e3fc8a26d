/**
 * The borrowing side of an httptap: a device whose frames come and go over HTTP.
 *
 * @module
 */
import { MacAddress } from "@octet/netip/mac-address";
import { networkError } from "../../host/errors.ts";
import type { Device } from "../device.ts";
import { stationAddress } from "../station_address.ts";
import { HttpTapAddress } from "./address.ts";
import type { HttpTapInfo } from "./wire_form.ts";

/** How long an httptap may take to answer, in milliseconds, unless a signal is given. */
const patience = 5000;

/** How {@linkcode connectHttpTap} connects. */
export interface HttpTapOptions {
  /** The token, when the httptap was started with one and it is not in the URL as `?token=`. */
  readonly token?: string;
  /** The MTU in bytes, 68 to what the httptap says, which it is when left out. */
  readonly mtu?: number;
  /** The address our side uses; random and locally administered when left out. Not the far side's own. */
  readonly hardwareAddress?: MacAddress;
  /** `socket` for the WebSocket, `polling` for `/recv` and `/send`; the first that there is when left out. */
  readonly transport?: "socket" | "polling";
  /** Ends the attempt to connect; when left out, it ends after 5 s. */
  readonly signal?: AbortSignal;
}

/** What happened to frames on their way to and from an httptap. */
export interface HttpTapCounters {
  /** Frames received and dropped: too long for their packet, or more than may wait. */
  inDrops: number;
  /** Frames not sent: too long, or refused by the httptap for lack of room. */
  outDrops: number;
}

/** A device that an httptap lends. */
export interface HttpTapDevice extends Device {
  /** What the httptap said of itself. */
  readonly info: HttpTapInfo;
  /** How frames travel. */
  readonly transport: "socket" | "polling";
  /** What was dropped. */
  readonly counters: Readonly<HttpTapCounters>;
}

/**
 * Borrows a device from an httptap, Octet's or lneto's. Over a WebSocket where there is one, else by asking for each
 * frame. When the httptap goes, {@linkcode Device.ready} rejects and says so.
 *
 * `--allow-net` for the httptap's host is the only permission needed.
 *
 * @example
 * ```ts ignore
 * import { connectHttpTap, Host } from "@octet/internet";
 *
 * await using host = new Host(await connectHttpTap("http://127.0.0.1:7070"));
 * await host.configure();
 * ```
 *
 * @param url Where it is, such as `http://127.0.0.1:7070` or `https://host/tap?token=TOKEN`.
 * @param options Token, MTU, hardware address.
 * @returns The device.
 * @throws {SyntaxError} When the URL is none of HTTP.
 * @throws {RangeError} When the MTU or hardware address cannot be.
 * @throws {Deno.errors.ConnectionRefused} When nobody answers.
 * @throws {Deno.errors.Busy} When another client has the device.
 * @throws {Deno.errors.PermissionDenied} When the token is wrong or missing.
 * @throws {Deno.errors.TimedOut} When no answer comes within 5 s.
 */
export async function connectHttpTap(
  url: string | URL,
  options: HttpTapOptions = {},
): Promise<HttpTapDevice> {
  const address = new HttpTapAddress(url, options.token);
  const limit = options.signal ?? AbortSignal.timeout(patience);
  try {
    const info = await address.info(limit);
    const facts = { address, info, ...readOptions(address.text, info, options) };
    const { transport = await address.hasSocket(limit) ? "socket" : "polling" } = options;
    // Loaded when it is known which, as others need neither.
    if (transport === "socket") {
      const { openSocketDevice } = await import("./socket_device.ts");
      return await openSocketDevice(facts, limit);
    }
    const { PollingDevice } = await import("./polling_device.ts");
    return new PollingDevice(facts);
  } catch (error) {
    if (!limit.aborted || options.signal !== undefined) throw error;
    throw networkError(
      "TimedOut",
      `Cannot connect to httptap at ${address.text} as it has not answered within ${
        patience / 1000
      } s`,
      "ETIMEDOUT",
    );
  }
}

function readOptions(
  text: string,
  info: HttpTapInfo,
  options: HttpTapOptions,
): { mtu: number; hardwareAddress: MacAddress } {
  const action = `Cannot connect to httptap at ${text}`;
  const { mtu = info.mtu } = options;
  if (!(Number.isInteger(mtu) && mtu >= 68 && mtu <= info.mtu)) {
    throw new RangeError(`${action} as an MTU of ${mtu} is not from 68 to its own ${info.mtu}`);
  }
  const far = MacAddress.tryParse(info.hardwareAddress);
  const hardwareAddress = stationAddress(action, options.hardwareAddress, far);
  if (far?.sameAs(hardwareAddress)) {
    throw new RangeError(`${action} as the far side has address ${far} already`);
  }
  return { mtu, hardwareAddress };
}
