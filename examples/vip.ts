/**
 * Holds a virtual IP address: gives it to an interface, and tells the link where it is.
 *
 * @module
 */
import { formatIpv4, type Ipv4Interface, isUnicastIpv4, parseIpv4Interface } from "@octet/netip";
import { type Arguments, describeOptions, type OptionTable, UsageError } from "./_arguments.ts";
import { readInterfaceName } from "./_link_kinds.ts";
import { ExitError, print, runProgram, say } from "./_program.ts";
import { type HoldEnd, VirtualAddress } from "./_virtual_address.ts";

const options: OptionTable = {
  interval: {
    value: "SECONDS",
    like: "3",
    help: "the time between announcements, 0.1 to 3600; 3 when left out",
  },
  probe: { help: "first ask whether anybody has the address, and leave it to who has" },
  defend: { help: "keep the address when another station claims it" },
  verbose: { help: "say each announcement" },
  json: { help: "say it in JSON, one object a line" },
};

const help = `vip: hold a virtual IP address

  deno run --allow-ffi examples/vip.ts IFNAME ADDR [OPTION …]

Gives ADDR (or ADDR/LEN; /32 when left out) to the interface, and announces it to the link every three
seconds, so that all stations send there what is for it (RFC 5227). Whoever claims the address last
has it: another vip on another machine takes it over, and this one lets go. Ctrl-C withdraws it.

Options:
${describeOptions({ ...options, help: { help: "this page" } })}

Permissions: --allow-ffi; and root, or CAP_NET_ADMIN and CAP_NET_RAW.

Examples:
  deno run --allow-ffi examples/vip.ts eth0 10.77.0.100
  deno run --allow-ffi examples/vip.ts eth0 10.77.0.100/24 --probe --json
  deno run --allow-ffi examples/vip.ts eth0 10.77.0.100 --interval 0.5 --defend

Exit codes: 1 when the interface or the address cannot be had, or was lost; 2 for wrong usage; 3 when
another station has the address; 130 after Ctrl-C.
`;

const takenCode = 3;

async function main(args: Arguments, signal: AbortSignal): Promise<number> {
  const [name, text] = args.positionals as [string, string];
  const address = readAddress(text);
  checkName(name);
  const interval = args.read("interval", "seconds from 0.1 to 3600, such as 3", readSeconds) ??
    3000;
  const shown = formatIpv4(address.address);
  const facts = { interface: name, address: shown };
  const tell = (event: string, line: string, more: Record<string, unknown> = {}): void =>
    print(args.flag("json") ? `${JSON.stringify({ event, ...facts, ...more })}\n` : `${line}\n`);

  using held = new VirtualAddress(name, address);
  const mac = `${held.hardwareAddress}`;
  if (args.flag("probe")) {
    const rival = await held.probe(signal);
    if (rival !== null) {
      throw new ExitError(takenCode, `Cannot claim ${shown} as ${rival} on ${name} has it`);
    }
    if (signal.aborted) return 130;
  }
  claim(held, shown, name);
  tell("claimed", `${shown} is at ${mac} on ${name}`, { mac });
  const end = await held.hold(signal, {
    interval,
    defends: args.flag("defend"),
    onAnnounce: () => {
      if (args.flag("verbose")) say(`announced ${shown} at ${mac}`);
    },
  });
  held.withdraw();
  return ended(end, shown, name, tell);
}

function ended(
  end: HoldEnd,
  shown: string,
  name: string,
  tell: (event: string, line: string, more?: Record<string, unknown>) => void,
): number {
  switch (end.reason) {
    case "taken":
      tell("taken", `${shown} is at ${end.by} now`, { mac: `${end.by}` });
      return takenCode;
    case "removed":
      throw new ExitError(1, `Cannot hold ${shown} as somebody has removed it from ${name}`);
    case "stopped":
      tell("withdrawn", `${shown} is withdrawn from ${name}`);
      return 130;
  }
}

function claim(held: VirtualAddress, shown: string, name: string): void {
  try {
    held.claim();
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    throw new ExitError(
      1,
      `Cannot claim ${shown} as ${name} has it already: end the vip that holds it, or say ` +
        `"ip address del ${shown} dev ${name}"`,
    );
  }
}

function checkName(name: string): void {
  try {
    if (readInterfaceName(name) !== undefined) return;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new UsageError(`Cannot use ${JSON.stringify(name)} as ${error.message}`);
  }
  throw new UsageError(`IFNAME is the name of an interface, not ${JSON.stringify(name)}`);
}

function readAddress(text: string): Ipv4Interface {
  try {
    const found = parseIpv4Interface(text.includes("/") ? text : `${text}/32`);
    if (isUnicastIpv4(found.address) && found.prefix.length > 0) return found;
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof RangeError)) throw error;
  }
  throw new UsageError(
    `ADDR is an IPv4 address of a host, such as 10.77.0.100 or 10.77.0.100/24, not ${
      JSON.stringify(text)
    }`,
  );
}

function readSeconds(text: string): number | undefined {
  const seconds = /^(\d{1,4}|\d{0,4}\.\d{1,6})$/.test(text) ? Number(text) : NaN;
  return seconds >= 0.1 && seconds <= 3600 ? seconds * 1000 : undefined;
}

if (import.meta.main) {
  await runProgram({ name: "vip", help, options, positionals: ["IFNAME", "ADDR"], main });
}
