/**
 * What a program sees of datagrams. Deno has them only with `--unstable-net`, so that its half runs in a process of its
 * own: this file, which prints what became of each case.
 */
import { bytes, outcome } from "./_both_test.ts";

/** A network on which datagrams are sent. */
export interface DatagramNetwork {
  /** The address of all sockets. */
  readonly address: string;
  /** As `Deno.listenDatagram`. */
  listenDatagram(options: { port: number; hostname?: string }): Deno.DatagramConn;
}

const badId = "BadResource: Bad resource ID";
const closed = "BadResource: Socket has been closed";
const canceled = "Interrupted: operation canceled [EINTR]";
const tooLong = "Error: Message too long (os error 90) [EMSGSIZE]";
const outOfRange = (port: number) => `throws RangeError: Invalid port (out of range): ${port}`;

/** What is compared. */
export const datagramCases: {
  readonly name: string;
  readonly expected: unknown;
  run(net: DatagramNetwork): Promise<unknown>;
}[] = [
  {
    name: "the address tells where the socket is bound",
    expected: [["hostname", "port", "transport"], true, "udp", true],
    async run(net) {
      const socket = net.listenDatagram({ port: 0 });
      const addr = socket.addr as Deno.NetAddr;
      socket.close();
      return await Promise.resolve([
        Object.keys(addr),
        addr.hostname === net.address,
        addr.transport,
        addr.port > 1023,
      ]);
    },
  },
  {
    name: "a datagram, and who sent it",
    expected: [3, [1, 2, 3], true, ["hostname", "port", "transport"]],
    async run(net) {
      const [a, b] = two(net);
      const count = await a.send(bytes(3), b.addr);
      const [data, from] = await b.receive();
      const same = JSON.stringify(from) === JSON.stringify(a.addr);
      close(a, b);
      return [count, [...data], same, Object.keys(from)];
    },
  },
  {
    name: "receive into a buffer of one's own; what does not fit is lost",
    expected: [true, [1, 2, 3], [1, 2, 3, 0, 0], [1, 2], 0, [1]],
    async run(net) {
      const [a, b] = two(net);
      for (const length of [3, 3, 3, 1]) await a.send(bytes(length), b.addr);
      const buffer = new Uint8Array(5);
      const [first] = await b.receive(buffer);
      const [second] = await b.receive(new Uint8Array(2));
      const [third] = await b.receive(new Uint8Array(0));
      const [fourth] = await b.receive();
      close(a, b);
      return [
        first.buffer === buffer.buffer,
        [...first],
        [...buffer],
        [...second],
        third.length,
        [...fourth],
      ];
    },
  },
  {
    name: "an empty datagram",
    expected: [0, 0],
    async run(net) {
      const [a, b] = two(net);
      const count = await a.send(new Uint8Array(0), b.addr);
      const [data] = await b.receive();
      close(a, b);
      return [count, data.length];
    },
  },
  {
    name: "the longest datagram, and one byte more",
    expected: [65_507, 65_507, `rejects ${tooLong}`],
    async run(net) {
      const [a, b] = two(net);
      const count = await a.send(new Uint8Array(65_507), b.addr);
      const [data] = await b.receive();
      const longer = await outcome(() => a.send(new Uint8Array(65_508), b.addr));
      close(a, b);
      return [count, data.length, longer];
    },
  },
  {
    name: "what a closed socket says to each call",
    expected: [
      `rejects ${canceled}`,
      `rejects ${canceled}`,
      `rejects ${closed}`,
      `rejects ${closed}`,
      `throws ${badId}`,
    ],
    async run(net) {
      const socket = net.listenDatagram({ port: 0 });
      const pending = [1, 2].map(() => outcome(() => socket.receive()));
      socket.close();
      return [
        ...await Promise.all(pending),
        await outcome(() => socket.receive()),
        await outcome(() => socket.send(bytes(1), socket.addr)),
        await outcome(() => socket.close()),
      ];
    },
  },
  {
    name: "what was sent right before close arrives",
    expected: [5, [1, 2, 3, 4, 5]],
    async run(net) {
      const [a, b] = two(net);
      const send = outcome(() => a.send(bytes(5), b.addr));
      a.close();
      const [data] = await b.receive();
      b.close();
      return [await send, [...data]];
    },
  },
  {
    name: "for await ends quietly when the socket is closed, and leaving it closes nothing",
    expected: [1, 5, null],
    async run(net) {
      const [a, b] = two(net);
      for (const length of [1, 2, 3]) await a.send(bytes(length), b.addr);
      let left = 0;
      for await (const [data] of b) {
        left = data.length;
        break;
      }
      let total = 0;
      for await (const [data] of b) {
        total += data.length;
        if (total === 5) b.close();
      }
      return [left, total, await outcome(() => a.close())];
    },
  },
  {
    name: "a port that is taken, and is free again",
    expected: ["throws AddrInUse: Address already in use (os error 98) [EADDRINUSE]", null],
    async run(net) {
      const socket = net.listenDatagram({ port: 0 });
      const { port } = socket.addr as Deno.NetAddr;
      const taken = await outcome(() => net.listenDatagram({ port }));
      socket.close();
      return [taken, await outcome(() => net.listenDatagram({ port }).close())];
    },
  },
  {
    name: "bad ports to bind",
    expected: [outOfRange(70_000), outOfRange(-1), "throws TypeError: Invalid port: 1.5", null],
    async run(net) {
      const results: unknown[] = [];
      for (const port of [70_000, -1, 1.5, undefined as unknown as number]) {
        results.push(await outcome(() => net.listenDatagram({ port }).close()));
      }
      return results;
    },
  },
  {
    name: "an address that is none of the host's, and an empty one",
    expected: [
      "throws AddrNotAvailable: Cannot assign requested address (os error 99) [EADDRNOTAVAIL]",
      "throws URIError: invalid empty host: ''",
    ],
    run: (net) =>
      Promise.all(
        ["192.0.2.1", ""].map((hostname) =>
          outcome(() => net.listenDatagram({ port: 0, hostname }))
        ),
      ),
  },
  {
    name: "where nothing can be sent",
    expected: [
      "rejects TypeError: Invalid argument (os error 22) [EINVAL]",
      "rejects URIError: invalid empty host: ''",
      "rejects TypeError: expected typed ArrayBufferView",
    ],
    async run(net) {
      const socket = net.listenDatagram({ port: 0 });
      const to = (hostname: string, port: number): Deno.NetAddr => {
        return { transport: "udp", hostname, port };
      };
      const results = [
        await outcome(() => socket.send(bytes(1), to(net.address, 0))),
        await outcome(() => socket.send(bytes(1), to("", 9))),
        await outcome(() => socket.send("x" as unknown as Uint8Array, to(net.address, 9))),
      ];
      socket.close();
      return results;
    },
  },
  {
    name: "nobody at the port: a socket that is not connected hears nothing of it",
    expected: [1, 1, [1]],
    async run(net) {
      const [a, b] = two(net);
      const gone = net.listenDatagram({ port: 0 });
      const { addr } = gone;
      gone.close();
      const first = await outcome(() => a.send(bytes(1), addr));
      const second = await outcome(() => a.send(bytes(1), addr));
      await b.send(bytes(1), a.addr);
      const [data] = await a.receive();
      close(a, b);
      return [first, second, [...data]];
    },
  },
];

function two(net: DatagramNetwork): [Deno.DatagramConn, Deno.DatagramConn] {
  return [net.listenDatagram({ port: 0 }), net.listenDatagram({ port: 0 })];
}

function close(...sockets: Deno.DatagramConn[]): void {
  for (const socket of sockets) socket.close();
}

if (import.meta.main && Deno.args.includes("--print")) {
  const address = "127.0.0.1";
  const { listenDatagram } = Deno as unknown as {
    listenDatagram(options: Deno.UdpListenOptions & { transport: "udp" }): Deno.DatagramConn;
  };
  const results: unknown[] = [];
  for (const { run } of datagramCases) {
    const net: DatagramNetwork = {
      address,
      listenDatagram: (options) =>
        listenDatagram({ hostname: address, ...options, transport: "udp" }),
    };
    results.push(await run(net));
  }
  console.log(JSON.stringify(results));
}
