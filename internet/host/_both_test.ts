/**
 * What a program sees of a network, tried on Deno's own and on Octet's: one table of cases, each with the
 * result that both must give.
 */
import { assertEquals } from "@std/assert";
import { Host, type HostOptions, Lan, type ListenOptions } from "../mod.ts";

/** What is called on; the one half of it listens, the other connects. */
export interface Network extends AsyncDisposable {
  /** Where a listener listens and a client connects to. */
  readonly address: string;
  /** As `Deno.connect`. */
  connect(options: Partial<Deno.ConnectOptions>): Promise<Deno.TcpConn>;
  /** As `Deno.listen`. */
  listen(options: Partial<Deno.TcpListenOptions>): Deno.TcpListener;
}

/** A case, and what both networks say to it. */
export interface Case {
  readonly name: string;
  readonly expected: unknown;
  run(net: Network): Promise<unknown>;
}

/** Two hosts on a LAN, 10.0.0.1 and 10.0.0.2. */
export class LanNetwork implements Network {
  readonly address = "10.0.0.2";
  readonly client: Host;
  readonly server: Host;

  constructor(options: HostOptions = {}) {
    const lan = new Lan();
    this.client = new Host(lan.attach(), { ...options, address: { address: "10.0.0.1/24" } });
    this.server = new Host(lan.attach(), { ...options, address: { address: "10.0.0.2/24" } });
  }

  connect(options: Partial<Deno.ConnectOptions>): Promise<Deno.TcpConn> {
    return this.client.connect({ hostname: this.address, ...options } as Deno.ConnectOptions);
  }

  listen(options: Partial<Deno.TcpListenOptions>): Deno.TcpListener {
    return this.server.listen({ hostname: this.address, ...options } as ListenOptions);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.client.close();
    await this.server.close();
  }
}

/** One host that speaks to itself. */
export class LoopbackNetwork implements Network {
  readonly address = "127.0.0.1";
  readonly host: Host = new Host(new Lan().attach(), { address: { address: "10.0.0.1/24" } });

  connect(options: Partial<Deno.ConnectOptions>): Promise<Deno.TcpConn> {
    return this.host.connect({ hostname: this.address, ...options } as Deno.ConnectOptions);
  }

  listen(options: Partial<Deno.TcpListenOptions>): Deno.TcpListener {
    return this.host.listen({ hostname: this.address, ...options } as ListenOptions);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.host.close();
  }
}

/** The kernel's loopback. */
class DenoNetwork implements Network {
  readonly address = "127.0.0.1";

  connect(options: Partial<Deno.ConnectOptions>): Promise<Deno.TcpConn> {
    return Deno.connect({ hostname: this.address, ...options } as Deno.ConnectOptions);
  }

  listen(options: Partial<Deno.TcpListenOptions>): Deno.TcpListener {
    return Deno.listen({ hostname: this.address, ...options } as Deno.TcpListenOptions);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }
}

const networks: [string, () => Network][] = [
  ["Deno", () => new DenoNetwork()],
  ["Octet on a LAN", () => new LanNetwork()],
  ["Octet's loopback", () => new LoopbackNetwork()],
];

/** Registers a test for each case on each network. */
export function testBoth(cases: readonly Case[]): void {
  for (const [where, make] of networks) {
    for (const { name, expected, run } of cases) {
      Deno.test(`${name} (${where})`, async () => {
        await using net = make();
        assertEquals(plain(await run(net)), expected);
      });
    }
  }
}

/** What became of a call: its value, or how it failed, as text. */
export async function outcome(call: () => unknown): Promise<unknown> {
  let result: unknown;
  try {
    result = call();
  } catch (error) {
    return `throws ${describe(error)}`;
  }
  if (!(result instanceof Promise)) return plain(result);
  try {
    return plain(await result);
  } catch (error) {
    return `rejects ${describe(error)}`;
  }
}

/** Class, message and code of an error. */
export function describe(error: unknown): string {
  if (!(error instanceof Error)) return JSON.stringify(error);
  const code = (error as { code?: string | number }).code;
  return `${error.name}: ${error.message}${code === undefined ? "" : ` [${code}]`}`;
}

/** Methods without a result give `undefined` here and `null` there; objects may lack a prototype. */
function plain(value: unknown): unknown {
  return value === undefined ? null : JSON.parse(JSON.stringify(value));
}

/** Bytes 1, 2, 3, … */
export function bytes(length: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, (_, i) => i + 1);
}

/** Both ends of a connection; `client` belongs to who connected. */
export async function pair(
  net: Network,
): Promise<{ client: Deno.TcpConn; server: Deno.TcpConn }> {
  using listener = net.listen({ port: 0 });
  const [client, server] = await Promise.all([
    net.connect({ port: listener.addr.port }),
    listener.accept(),
  ]);
  return { client, server };
}

/** Reads until the end of the stream; the bytes as numbers. */
export async function readAll(conn: Deno.TcpConn): Promise<number[]> {
  const all: number[] = [];
  const buffer = new Uint8Array(1000);
  for (;;) {
    const count = await conn.read(buffer);
    if (count === null) return all;
    all.push(...buffer.subarray(0, count));
  }
}
