/** The shortest whole program: an address by DHCP, then an answer to whoever connects to port 80. @module */
import { formatIpv4 } from "@octet/netip";
import { type Arguments, describeOptions } from "./_arguments.ts";
import { Link, linkOptions, linkPermissions, readLinkSettings } from "./_link.ts";
import { serverExitCode } from "./_listening.ts";
import { print, runProgram, say, writeOutput } from "./_program.ts";

const options = { ...linkOptions, timeout: { value: "SECONDS", like: "5", help: "for a lease" } };
const help = `min_working_example: gets an address, and says hello to who connects to port 80

Options:
${describeOptions(options)}

Permissions: ${linkPermissions}. Example, to be asked by nc 10.77.0.2 80:
  deno run -A examples/min_working_example.ts --link tap:tap0 --host-ip 10.77.0.1/24 --ip 10.77.0.2/24
`;

async function main(args: Arguments, signal: AbortSignal): Promise<number> {
  await using link = await Link.open(readLinkSettings(args), "octet");
  await link.configure(signal);
  const hostname = formatIpv4(link.addresses[0]!);
  const listener = link.host.listen({ port: 80 });
  print(`Listening on ${hostname}:80\n`);
  const hello = new TextEncoder().encode("Hello!\n");
  const accepting = (async () => {
    for await (using conn of listener) await conn.write(hello).catch(({ message }) => say(message));
  })();
  // On a LAN in memory, only a neighbour of ours can ask.
  await Promise.race([accepting, link.lan === null ? link.ended(signal) : ask(link, hostname)]);
  return 0;
}
async function ask(link: Link, hostname: string): Promise<void> {
  await using neighbour = link.addNeighbour("10.77.0.2");
  const conn = await neighbour.connect({ hostname, port: 80 });
  for await (const bytes of conn.readable) writeOutput(bytes);
}
if (import.meta.main) {
  await runProgram({ name: "min_working_example", help, options, main, exitCode: serverExitCode });
}
