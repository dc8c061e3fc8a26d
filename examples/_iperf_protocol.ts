/**
 * What iperf3 says on its control connection: a cookie, one-byte states, and JSON behind its length. The protocol is
 * written down nowhere but in iperf3 itself; the names are those of its `iperf_api.h`.
 *
 * @module
 */
import type { TcpConn } from "@octet/internet";
import { concat } from "@std/bytes";

/** The states, as the server tells them; a few come from the client. */
export const State = {
  /** Both count and show from here on. */
  TestStart: 1,
  /** Data flows. */
  TestRunning: 2,
  /** From the client: the data is sent. */
  TestEnd: 4,
  /** The client is to say what it wants. */
  ParamExchange: 9,
  /** The client is to open the connections for data. */
  CreateStreams: 10,
  /** The server gives up. */
  ServerTerminate: 11,
  /** From the client: it gives up. */
  ClientTerminate: 12,
  /** The client is to say what it counted, the server says it then. */
  ExchangeResults: 13,
  /** Both may show the results. */
  DisplayResults: 14,
  /** From the client: all is done. */
  IperfDone: 16,
  /** The server is busy with another test, or did not like the client. */
  AccessDenied: 255,
  /** The server fails; its error number and that of its system follow, four bytes each. */
  ServerError: 254,
} as const;

/** One of the values of {@linkcode State}. */
export type State = (typeof State)[keyof typeof State];

/** Where an iperf3 server listens. */
export const defaultPort = 5201;
/** Length of a cookie in bytes, the NUL behind it included. */
export const cookieLength = 37;
/** What a UDP client says first, and what it hears then: two integers of a little-endian machine. */
export const udpHello: Uint8Array = Uint8Array.of(0x39, 0x38, 0x37, 0x36);
/** The answer to {@linkcode udpHello}. */
export const udpReply: Uint8Array = Uint8Array.of(0x36, 0x37, 0x38, 0x39);
/** The longest JSON text taken from a peer, in bytes. */
const longestJson = 1 << 20;
/** RFC 4648's base32 letters, as iperf3 draws them. */
const cookieLetters = "abcdefghijklmnopqrstuvwxyz234567";

/** What the client wants, as it stands in the JSON of `ParamExchange`. */
export interface Parameters {
  /** Whether the data goes over TCP. */
  readonly tcp?: boolean;
  /** Whether the data goes over UDP. */
  readonly udp?: boolean;
  /** Seconds at the beginning that do not count. */
  readonly omit?: number;
  /** Seconds to send; 0 when bytes are counted. */
  readonly time?: number;
  /** Bytes to send; 0 when time is. */
  readonly num?: number;
  /** Blocks to send; 0 when bytes or time are. */
  readonly blockcount?: number;
  /** Streams in each direction. */
  readonly parallel?: number;
  /** Whether the server sends. */
  readonly reverse?: boolean;
  /** Whether both send. */
  readonly bidirectional?: boolean;
  /** Bytes a write, or a datagram. */
  readonly len?: number;
  /** Bit/s to send a stream at; 0 for as many as go through. */
  readonly bandwidth?: number;
  /** Whether Nagle's algorithm is off. */
  readonly nodelay?: boolean;
  /** Whether datagrams are counted with 64 bits; `iperf3 --udp-counters-64bit` says 1. */
  readonly udp_counters_64bit?: number | boolean;
  /** Milliseconds between looks at the clock, of iperf3's pacing. */
  readonly pacing_timer?: number;
  /** Version of the client. */
  readonly client_version?: string;
}

/** What one side counted of one stream. */
export interface StreamResult {
  /** 1, 3, 4, 5 and so on: both number the streams in the order they were opened in. */
  readonly id: number;
  /** Bytes sent, or received. */
  readonly bytes: number;
  /** Segments sent again; -1 where the side does not send. */
  readonly retransmits: number;
  /** Seconds by which the transit time varies (RFC 1889 §6.3.1). */
  readonly jitter: number;
  /** Datagrams lost. */
  readonly errors: number;
  /** Datagrams sent, or the highest number received. */
  readonly packets: number;
  /** Seconds. */
  readonly start_time: number;
  /** Seconds. */
  readonly end_time: number;
}

/** What one side counted. */
export interface Results {
  /** Percent of a processor. */
  readonly cpu_util_total: number;
  /** Percent of a processor, outside of the kernel. */
  readonly cpu_util_user: number;
  /** Percent of a processor, inside of it. */
  readonly cpu_util_system: number;
  /** Whether the sender knows of retransmissions; -1 where the side does not send. */
  readonly sender_has_retransmits: number;
  /** The name of the congestion control. */
  readonly congestion_used?: string;
  /** The streams. */
  readonly streams: readonly StreamResult[];
}

/** The peer does not speak iperf3's protocol, or says no. */
export class IperfError extends Error {
  /** The error's name. */
  override name = "IperfError";
}

/** Draws a cookie. */
export function newCookie(): string {
  const random = crypto.getRandomValues(new Uint8Array(cookieLength - 1));
  return Array.from(random, (byte) => cookieLetters[byte & 31]).join("");
}

/** A cookie as it is sent. */
export function cookieBytes(cookie: string): Uint8Array {
  return new TextEncoder().encode(`${cookie}\0`);
}

/** A connection on which both sides talk about the test. */
export class ControlConnection {
  /** The connection. */
  readonly conn: TcpConn;

  /** Speaks on a connection whose cookie has been sent, or read. */
  constructor(conn: TcpConn) {
    this.conn = conn;
  }

  /**
   * Waits for the peer's next state.
   *
   * @throws {IperfError} When the peer has closed the connection.
   */
  async readState(): Promise<number> {
    return (await readExactly(this.conn, 1))[0]!;
  }

  /** Tells the peer a state. */
  async writeState(state: State): Promise<void> {
    await writeAll(this.conn, Uint8Array.of(state));
  }

  /**
   * Reads an object.
   *
   * @throws {IperfError} When what comes is none.
   */
  async readJson(): Promise<Record<string, unknown>> {
    const [a, b, c, d] = await readExactly(this.conn, 4) as unknown as number[];
    const length = (a! << 24 | b! << 16 | c! << 8 | d!) >>> 0;
    if (length > longestJson) throw new IperfError(`The peer announces ${length} bytes of JSON`);
    const text = new TextDecoder().decode(await readExactly(this.conn, length));
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      throw new IperfError("The peer has sent no JSON where it should have");
    }
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw new IperfError("The peer has sent no object where it should have");
    }
    return value as Record<string, unknown>;
  }

  /** Sends an object. */
  async writeJson(value: object): Promise<void> {
    const text = new TextEncoder().encode(JSON.stringify(value));
    const length = new Uint8Array(4);
    new DataView(length.buffer).setUint32(0, text.length);
    await writeAll(this.conn, concat([length, text]));
  }
}

/**
 * Reads so many bytes.
 *
 * @throws {IperfError} When the peer sends fewer.
 */
export async function readExactly(conn: TcpConn, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length;) {
    const count = await conn.read(bytes.subarray(at));
    if (count === null) throw new IperfError("The peer has closed the connection");
    at += count;
  }
  return bytes;
}

/** Writes all of the bytes. */
export async function writeAll(conn: TcpConn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await conn.write(bytes.subarray(at));
}

/**
 * Reads what a client wants, strictly: what is missing has iperf3's default, what cannot be is refused.
 *
 * @throws {IperfError} With what is wrong.
 */
export function checkParameters(value: Record<string, unknown>): Parameters {
  const number = (name: keyof Parameters, most: number, least = 0): void => {
    const given = value[name];
    if (given === undefined) return;
    if (typeof given === "number" && given >= least && given <= most) return;
    throw new IperfError(`The client asks for ${name} ${JSON.stringify(given)}`);
  };
  number("omit", 600);
  number("time", 86_400);
  number("num", Number.MAX_SAFE_INTEGER);
  number("blockcount", Number.MAX_SAFE_INTEGER);
  number("parallel", 128, 1);
  number("bandwidth", 1e12);
  number("len", 1 << 20, 1);
  if (value["udp"] === true && ((value["len"] as number | undefined) ?? 1460) > 65_507) {
    throw new IperfError(`The client asks for datagrams of ${value["len"]} bytes`);
  }
  if (value["udp"] !== true && value["tcp"] !== true) {
    throw new IperfError("The client asks for neither TCP nor UDP");
  }
  return value as Parameters;
}

/**
 * Reads what the peer counted.
 *
 * @throws {IperfError} When it is not that.
 */
export function checkResults(value: Record<string, unknown>): Results {
  const streams = value["streams"];
  if (!Array.isArray(streams)) throw new IperfError("The peer has sent no results of streams");
  const congestion = value["congestion_used"];
  return {
    cpu_util_total: numberIn(value, "cpu_util_total"),
    cpu_util_user: numberIn(value, "cpu_util_user"),
    cpu_util_system: numberIn(value, "cpu_util_system"),
    sender_has_retransmits: countIn(value, "sender_has_retransmits"),
    ...(typeof congestion === "string" && { congestion_used: congestion }),
    streams: streams.map((stream) => {
      const one: unknown = stream;
      if (typeof one !== "object" || one === null || !("id" in one) || !("bytes" in one)) {
        throw new IperfError("The peer has sent results of no stream");
      }
      return {
        id: numberIn(one, "id"),
        bytes: numberIn(one, "bytes"),
        retransmits: countIn(one, "retransmits"),
        jitter: numberIn(one, "jitter"),
        errors: numberIn(one, "errors"),
        packets: numberIn(one, "packets"),
        start_time: numberIn(one, "start_time"),
        end_time: numberIn(one, "end_time"),
      };
    }),
  };
}

function numberIn(object: object, name: string): number {
  const value = (object as Record<string, unknown>)[name] ?? 0;
  if (typeof value === "number") return value;
  throw new IperfError(`The peer says that ${name} is ${JSON.stringify(value)}`);
}

/** iperf3 writes -1 as a number of 64 bits without sign. */
function countIn(object: object, name: string): number {
  const value = numberIn(object, name);
  return value > Number.MAX_SAFE_INTEGER ? -1 : value;
}
