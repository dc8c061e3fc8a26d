/**
 * What the tests of TUN/TAP devices run inside a namespace, as a program of its own.
 */
import { bringUp } from "@octet/netlink";
import { Packet, readU16 } from "@octet/wire";
import { Host } from "../internet/host/host.ts";
import { frameCapacity } from "../internet/device/device.ts";
import { openTun, type TunDevice } from "../internet/device/tun.ts";

/** How many datagrams the kernel sends, each from a port of its own. */
export const flows = 200;

/** Counts the datagrams that arrive in each of three queues, closing one on the way. */
async function queues(): Promise<void> {
  using first = openTun({ name: "tun0", mode: "tun", multiQueue: true });
  using second = first.openQueue();
  const third = first.openQueue();
  bringUp("tun0", { address: "10.77.0.1/24" });
  third.close();
  const counts = [0, 0];
  const packet = new Packet(frameCapacity(first));
  const take = (device: TunDevice, index: number): void => {
    while (device.receive(packet)) {
      if (packet.bytes[9] === 17 && readU16(packet.bytes, 22) === 9) counts[index]!++;
    }
  };
  const wait = async (device: TunDevice, index: number): Promise<void> => {
    while (counts[0]! + counts[1]! < flows) {
      await device.ready(Infinity);
      take(device, index);
    }
    first.wake();
    second.wake();
  };
  const waiting = [wait(first, 0), wait(second, 1)];
  for (let i = 0; i < flows; i++) {
    const socket = Deno.listenDatagram({ transport: "udp", hostname: "10.77.0.1", port: 0 });
    await socket.send(new Uint8Array(9), { transport: "udp", hostname: "10.77.0.2", port: 9 });
    socket.close();
  }
  await Promise.all(waiting);
  console.log(`queues: ${counts.join(" ")} of ${flows}`);
}

/** Threads of this process. */
function threads(): number {
  return [...Deno.readDirSync("/proc/self/task")].length;
}

/** Parks twenty devices, and rouses one. */
async function many(): Promise<void> {
  const devices = Array.from({ length: 20 }, (_, i) => openTun({ name: `tap${i}` }));
  const before = threads();
  const roused: string[] = [];
  const parked = devices.map((device, i) =>
    device.ready(i === 1 ? 30 : Infinity).then(() => roused.push(device.name))
  );
  await parked[1];
  console.log(`timed: ${roused.join(" ")}`);
  // A link that comes up speaks IPv6 at once.
  bringUp("tap7", { address: "10.77.0.1/24" });
  await parked[7];
  console.log(`arrived: ${roused.join(" ")}`);
  devices[3]!.wake();
  await parked[3];
  console.log(`woken: ${roused.join(" ")}`);
  console.log(`threads: ${threads() - before} more for ${devices.length} devices`);
  const left = performance.now();
  for (const device of devices) device.close();
  await Promise.all(parked);
  console.log(`closed: ${roused.length}`, performance.now() - left < 1000);
}

/** Waits on a device in a way that lets the program end. */
function unref(): void {
  const device = openTun({ name: "tap0" });
  const other = openTun({ name: "tap1" });
  device.unref();
  void device.ready(Infinity).then(() => console.log("ended early"));
  const waiting = other.ready(Infinity);
  setTimeout(async () => {
    // Of two that wait, one still keeps the program alive.
    console.log("still here");
    other.close();
    await waiting;
    console.log("last words");
  }, 20);
}

/** A host that keeps nobody waiting: calls that wait do, unless they are told not to. */
async function hostUnref(): Promise<void> {
  const host = new Host(openTun({ name: "tap0" }), { address: { address: "10.77.0.2/24" } });
  bringUp("tap0", { address: "10.77.0.1/24" });
  host.unref();
  const listener = host.listen({ port: 7 });
  const socket = host.listenDatagram({ port: 7 });
  void socket.receive().catch(() => console.log("ended early"));
  socket.unref();
  console.log("ready");
  const conn = await listener.accept();
  listener.unref();
  void listener.accept().catch(() => console.log("ended early"));
  const buffer = new Uint8Array(8);
  console.log(`read ${await conn.read(buffer)}`);
  addEventListener("unload", () => console.log("nothing waits"));
}

function open(options: string): void {
  try {
    using device = openTun(JSON.parse(options));
    const { name, link, mtu, maxSegment, isMultiQueue } = device;
    console.log(JSON.stringify({ name, link, mtu, maxSegment, isMultiQueue }));
  } catch (error) {
    console.log(String(error));
  }
}

/** Serves a page that begins and never ends. */
function stall(): void {
  Deno.serve({ hostname: "10.77.0.1", port: 8000, onListen: () => console.log("ready") }, () => {
    const body = new ReadableStream({
      start: (controller) => controller.enqueue(new TextEncoder().encode("it begins\n")),
    });
    return new Response(body);
  });
}

const roles: Readonly<Record<string, (argument: string) => void | Promise<void>>> = {
  queues,
  many,
  unref,
  "host-unref": hostUnref,
  open,
  stall,
};

if (import.meta.main) await roles[Deno.args[0]!]!(Deno.args[1] ?? "");
