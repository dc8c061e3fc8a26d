import { bench } from "@octet/testing/bench";
import { Packet } from "@octet/wire";
import { openQemuDatagram } from "./datagram.ts";
import { connectQemu, listenQemu } from "./stream.ts";

/** The devices are Linux's. */
if (Deno.build.os === "linux") benchSockets();

function benchSockets(): void {
  const folder = Deno.makeTempDirSync();
  globalThis.addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));
  const [path, ours, its] = ["stream", "ours", "its"].map((name) => `${folder}/${name}`);
  const received = new Packet(1518);
  const sent = new Packet(1518);
  sent.length = 1514;

  /** Frames in a row, as a host sends and takes them. */
  const burst = 32;

  const near = listenQemu(path!);
  const far = connectQemu(path!);
  bench("QEMU stream, a frame of 1,514 B through the socket", () => {
    for (let i = 0; i < burst; i++) near.transmit(sent);
    for (let i = 0; i < burst;) if (far.receive(received)) i++;
  }, { group: "device", operations: burst, bytes: 1514 });

  const here = openQemuDatagram({ local: ours!, remote: its! });
  const there = openQemuDatagram({ local: its!, remote: ours! });
  bench("QEMU datagram, a frame of 1,514 B through the socket", () => {
    here.transmit(sent);
    while (!there.receive(received));
  }, { group: "device", bytes: 1514 });
}
