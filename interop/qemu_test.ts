/**
 * A real virtual machine: QEMU with the iPXE of its network card's ROM gets its lease, its script and its file from a
 * `Host`. No privilege and no namespace is needed: the wire is a Unix socket.
 */
import { Dhcpv4Server } from "@octet/dhcpv4";
import {
  connectQemu,
  type Device,
  DeviceWrapper,
  Host,
  listenQemu,
  openQemuDatagram,
} from "@octet/internet";
import { formatIpv4, parseIpv4 } from "@octet/netip";
import { Packet, readU16 } from "@octet/wire";
import { assertEquals, assertMatch } from "@std/assert";
import { NamespaceChild, requirePeers } from "./_namespace.ts";

const program = "qemu-system-x86_64";
const gateway = "10.77.0.1";
const fileSize = 3_000_000;
/** How long a machine may take to get there, in milliseconds; it takes 3 s. */
const patience = 60_000;

/** iPXE boots this after it has got it. What it prints goes to the serial line. */
const script = `#!ipxe
echo OCTET address \${net0/ip} mask \${net0/netmask} router \${net0/gateway} dns \${net0/dns}
imgfetch http://${gateway}/file?ip=\${net0/ip} || echo OCTET failed
imgstat
echo OCTET done
poweroff || shell
`;

/** The machine's own address, as QEMU numbers them when nobody chose. */
const machineAddress = Uint8Array.of(0x52, 0x54, 0, 0x12, 0x34, 0x56);

/**
 * The answer of a router that has nothing to offer (RFC 4861 §4.2), from fe80::1 to all nodes. Without any, iPXE
 * waits for one for 13 s before it boots.
 */
const routerAdvertisement = Uint8Array.fromHex(
  "333300000001" + "020000000001" + "86dd" +
    "60000000" + "0010" + "3aff" + "fe800000000000000000000000000001" +
    "ff020000000000000000000000000001" +
    "8600" + "3c2f" + "40000000" + "00000000" + "00000000",
);

/** Answers router solicitations, which a host without IPv6 does not. */
class SilentRouter extends DeviceWrapper {
  readonly #answer: Packet = new Packet(1514);

  override receive(packet: Packet): boolean {
    if (!this.inner.receive(packet)) return false;
    if (readU16(packet.bytes, 12) === 0x86dd && packet.bytes[54] === 133) {
      this.#answer.bytes.set(routerAdvertisement);
      this.#answer.length = routerAdvertisement.length;
      this.inner.transmit(this.#answer);
    }
    return true;
  }
}

/** What the host serves, and what was asked of it. */
class BootServer implements AsyncDisposable {
  readonly host: Host;
  readonly requests: string[] = [];
  /** Resolves with the first address that was given. */
  readonly leased: Promise<string>;

  constructor(device: Device) {
    const leased = Promise.withResolvers<string>();
    this.leased = leased.promise;
    this.host = new Host(new SilentRouter(device), { address: { address: `${gateway}/24` } });
    const address = parseIpv4(gateway);
    this.host.attach(
      new Dhcpv4Server({
        address,
        pools: [{
          first: parseIpv4("10.77.0.50"),
          last: parseIpv4("10.77.0.60"),
          prefixLength: 24,
        }],
        authoritative: true,
        nextServer: address,
        bootFile: `http://${gateway}/boot.ipxe`,
        // Option 175 is iPXE's own; its 176 says that there is no ProxyDHCP server to wait for.
        options: {
          routers: [address],
          dnsServers: [address],
          other: [{ code: 175, data: Uint8Array.of(176, 1, 1) }],
        },
        onChange: (lease, change) => {
          if (change !== "bound") return;
          assertEquals(lease.hardwareAddress, machineAddress);
          leased.resolve(formatIpv4(lease.address));
        },
      }),
    );
    this.host.serve({ port: 80, onListen: () => {} }, (request) => {
      const { pathname, search } = new URL(request.url);
      this.requests.push(`${request.method} ${pathname}${search}`);
      if (pathname === "/boot.ipxe") return new Response(script);
      return new Response(new Uint8Array(fileSize));
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.host.close();
  }
}

/** Starts a machine that boots from its network card, 64 MiB and no screen; its serial line is its standard output. */
function startMachine(netdev: string): NamespaceChild {
  const process = new Deno.Command(program, {
    // deno-fmt-ignore
    args: [
      "-display", "none", "-monitor", "none", "-serial", "stdio", "-no-reboot",
      "-machine", "graphics=off", "-m", "64", "-boot", "n",
      "-netdev", netdev, "-device", "e1000,netdev=n",
    ],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  return new NamespaceChild(program, process);
}

function withTimeLimit<T>(promise: Promise<T>, what: string): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => late.reject(new Error(`${what} has not come within ${patience} ms`)),
    patience,
  );
  return Promise.race([promise, late.promise]).finally(() => clearTimeout(timer));
}

async function withFolder(test: (folder: string) => Promise<void>): Promise<void> {
  requirePeers(program);
  const folder = await Deno.makeTempDir();
  try {
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("A virtual machine boots over DHCP and HTTP from a host, twice", async () => {
  await withFolder(async (folder) => {
    const path = `${folder}/vm`;
    await using server = new BootServer(listenQemu(path));
    for (const round of [1, 2]) {
      await using machine = startMachine(
        `stream,id=n,server=off,addr.type=unix,addr.path=${path}`,
      );
      const address = await withTimeLimit(server.leased, "A lease");
      assertMatch(address, /^10\.77\.0\.(5\d|60)$/);
      await machine.waitFor("OCTET done", patience);
      const facts = `OCTET address ${address} mask 255.255.255.0 router ${gateway} dns ${gateway}`;
      assertEquals(machine.stdout.includes(facts), true, machine.stdout);
      assertMatch(machine.stdout, new RegExp(`${fileSize} bytes`));
      // The second gets the address of the first, as it is the same card.
      const wanted = ["GET /boot.ipxe", `GET /file?ip=${address}`];
      assertEquals(server.requests.splice(0), wanted, `round ${round}`);
    }
  });
});

Deno.test("A virtual machine that listens, and one that speaks datagrams, get their lease", async () => {
  await withFolder(async (folder) => {
    const [path, ours, its] = ["stream", "ours", "its"].map((name) => `${folder}/${name}`);
    await using datagrams = new BootServer(openQemuDatagram({ local: ours!, remote: its! }));
    await using _datagramMachine = startMachine(
      `dgram,id=n,local.type=unix,local.path=${its},remote.type=unix,remote.path=${ours}`,
    );
    await using streamMachine = startMachine(
      `stream,id=n,server=on,addr.type=unix,addr.path=${path}`,
    );
    // QEMU listens from before its machine starts, and so before the first thing that the machine says.
    await streamMachine.waitFor("SeaBIOS", patience);
    await using stream = new BootServer(connectQemu(path!));
    const addresses = [datagrams.leased, stream.leased];
    for (const leased of addresses) {
      assertMatch(await withTimeLimit(leased, "A lease"), /^10\.77\.0\./);
    }
    await streamMachine.stop("SIGKILL");
    const lost = await withTimeLimit(stream.host.closed.then(() => "", String), "The loss");
    assertMatch(lost, /QEMU has ended or closed the connection/);
  });
});
