/**
 * A router for tests: a host on several TAPs, in the namespace it is started in. Its arguments are interfaces, each
 * `NAME=ADDRESS/LENGTH`, with `,nat` for those behind which is outside and `,plain` for those without offloads. It says
 * `ready`, and then takes commands, one a line: `route PREFIX GATEWAY METRIC`, `unroute PREFIX GATEWAY`, `down NAME`,
 * `up NAME`, `counters`; each is answered by a line.
 */
import { Host, openTun } from "@octet/internet";
import { Ipv4Prefix, parseIpv4 } from "@octet/netip";

const addresses = Deno.args.map((argument) => {
  const [head, ...flags] = argument.split(",");
  const [name, address] = head!.split("=");
  return {
    name: name!,
    address: address!,
    nat: flags.includes("nat"),
    plain: flags.includes("plain"),
  };
});
const devices = addresses.map(({ name, plain }) => openTun({ name, mode: "tap", offload: !plain }));
const [first, ...others] = addresses;
const host = new Host(devices[0]!, {
  forwarding: true,
  sourceValidation: "loose",
  address: { address: first!.address },
  nat: first!.nat,
});
others.forEach(({ address, nat }, index) => {
  host.addInterface(devices[index + 1]!, {
    sourceValidation: "loose",
    address: { address },
    nat,
  });
});

function answer(line: string): string {
  const [command, ...words] = line.split(" ");
  const [prefix, gateway, metric] = words;
  const named = () => host.interfaces.find(({ name }) => name === words[0])!;
  switch (command) {
    case "route":
      host.stack.addRoute({
        prefix: Ipv4Prefix.parse(prefix!),
        gateway: parseIpv4(gateway!),
        metric: Number(metric),
      });
      return "added";
    case "unroute":
      return `removed ${host.stack.removeRoute(Ipv4Prefix.parse(prefix!), parseIpv4(gateway!))}`;
    case "down":
      named().down();
      return "down";
    case "up":
      named().up();
      return "up";
    case "counters":
      return JSON.stringify(host.stack.counters);
    default:
      return `unknown ${line}`;
  }
}

console.log("ready");
let rest = "";
for await (const chunk of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
  const lines = (rest + chunk).split("\n");
  rest = lines.pop()!;
  for (const line of lines) console.log(answer(line));
}
await host.close();
