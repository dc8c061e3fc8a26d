// A TCP server on a TAP that sends back what it receives. Run by `latency.ts`.

import { Host, openTun } from "@octet/internet";
import { bringUp } from "@octet/netlink";
import { kernelAddress, peerAddress } from "./wires.ts";

const device = openTun({ name: "tap0" });
bringUp("tap0", { address: `${kernelAddress}/24` });
await using host = new Host(device, { address: { address: `${peerAddress}/24` } });
using listener = host.listen({ port: 7 });
console.log("Listening");
for await (const conn of listener) {
  conn.setNoDelay();
  void (async () => {
    using _closing = conn;
    const bytes = new Uint8Array(2048);
    for (;;) {
      const count = await conn.read(bytes);
      if (count === null) return;
      await conn.write(bytes.subarray(0, count));
    }
  })();
}
