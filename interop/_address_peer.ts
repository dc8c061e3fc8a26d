/**
 * A host on tap0, for tests of its addresses: takes its options as JSON, and writes what happens as lines of JSON until
 * its standard input ends.
 */
import { type AddressConflict, Host, type HostOptions } from "@octet/internet";
import { openTun } from "../internet/device/tun.ts";

/** What it is told. */
export interface AddressPeerOptions extends HostOptions {
  /** Whether it asks for a lease. */
  readonly dhcp?: boolean;
}

function say(event: string, what: object = {}): void {
  console.log(JSON.stringify({ event, ...what }));
}

async function run(options: AddressPeerOptions): Promise<void> {
  const addresses = (): string[] =>
    host.networkInterfaces().filter(({ name }) => name !== "lo").map(({ cidr }) => cidr);
  const onConflict = (conflict: AddressConflict): void => {
    say("conflict", { ...conflict, addresses: addresses() });
  };
  await using host = new Host(openTun({ name: "tap0" }), { ...options, onConflict });
  say("ready", { addresses: addresses() });
  if (options.dhcp ?? false) await host.configure();
  const waiting = host.waitForAddress().then(
    () => say("address", { addresses: addresses() }),
    (error: Error) => say("ended", { name: error.name }),
  );
  await Deno.stdin.readable.pipeTo(new WritableStream());
  await host.close();
  await waiting;
}

if (import.meta.main) await run(JSON.parse(Deno.args[0]!));
