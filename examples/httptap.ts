/**
 * Lends a TAP device over HTTP, so that only this program needs privilege, and what uses the network needs none.
 *
 * @module
 */
import { HttpTapServer } from "@octet/internet";
import type { Arguments } from "./_arguments.ts";
import { LentDevice } from "./_httptap_device.ts";
import {
  defaultUser,
  httpTapHelp,
  httpTapOptions,
  type HttpTapSettings,
  readHttpTapSettings,
} from "./_httptap_options.ts";
import { becomeUser, isRoot } from "./_httptap_privileges.ts";
import { ExitError, print, printable, runProgram, say } from "./_program.ts";

async function main(args: Arguments, signal: AbortSignal): Promise<number> {
  const settings = readHttpTapSettings(args);
  const { link, token } = settings;
  await using lent = await LentDevice.open(link);
  using tap = new HttpTapServer(lent.device, {
    ...lent.farSide,
    ...(token !== undefined && { token }),
    onClient: (client, has) => {
      if (link.verbose) say(printable(`${client} has ${has}`));
    },
  });
  const server = listen(settings, tap);
  try {
    giveRootUp(settings);
    const { hostname, port } = server.addr;
    const url = `http://${hostname.includes(":") ? `[${hostname}]` : hostname}:${port}`;
    if (link.json) print(`${JSON.stringify({ url, link: link.label, mtu: lent.device.mtu })}\n`);
    else print(`Lending ${link.label} at ${url}\n`);
    await ended(tap, signal);
  } finally {
    tap.close();
    await server.shutdown();
  }
  return 0;
}

function listen(
  { hostname, port }: HttpTapSettings,
  tap: HttpTapServer,
): Deno.HttpServer<Deno.NetAddr> {
  try {
    return Deno.serve(
      { hostname, port, onListen: () => {} },
      (request, info) => tap.handle(request, info.remoteAddr),
    );
  } catch (error) {
    const reason = error instanceof Deno.errors.AddrInUse
      ? "another program does: choose another port with --listen"
      : error instanceof Deno.errors.AddrNotAvailable
      ? "it is none of this machine's addresses"
      : null;
    if (reason === null) throw error;
    throw new ExitError(1, `Cannot listen on ${hostname} port ${port} as ${reason}`);
  }
}

/** All that wants root is open. A device that needs none has not asked for `--allow-ffi` either. */
function giveRootUp({ link, user }: HttpTapSettings): void {
  if (user === undefined && link.kind.name === "lan") return;
  if (isRoot()) {
    if (user !== "root") becomeUser(user ?? defaultUser);
  } else if (user !== undefined) {
    throw new ExitError(1, `Cannot become user ${user} as this program was not started as root`);
  }
}

/** Resolves on Ctrl-C; rejects when the device is lost. */
async function ended(tap: HttpTapServer, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const interrupted = Promise.withResolvers<void>();
  signal.addEventListener("abort", () => interrupted.resolve());
  await Promise.race([interrupted.promise, tap.finished]);
}

if (import.meta.main) {
  await runProgram({ name: "httptap", help: httpTapHelp, options: httpTapOptions, main });
}
