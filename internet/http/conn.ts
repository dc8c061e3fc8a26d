/**
 * What HTTP needs of a network: the part of Deno's API that its connections and listeners share with
 * those of a `Host`, so that either may carry it.
 *
 * @module
 */

/** An end of a connection, as in `Deno.NetAddr`. */
export interface HttpAddr {
  /** The transport; `"tcp"`. */
  readonly transport: "tcp" | "udp";
  /** The address as text. */
  readonly hostname: string;
  /** The port. */
  readonly port: number;
}

/** A connection; `TcpConn` and `Deno.TcpConn` are some. */
export interface HttpConn {
  /** The peer's end, where there is one to tell. */
  readonly remoteAddr?: unknown;
  /** Reads into `p`: how many bytes, or `null` at the end of the stream. */
  read(p: Uint8Array): Promise<number | null>;
  /** Writes bytes of `p`: how many were taken. */
  write(p: Uint8Array): Promise<number>;
  /** Ends the sending direction. */
  closeWrite?(): Promise<void>;
  /** Closes the connection; what was written is still delivered. */
  close(): void;
  /** Ends the connection at once, telling the peer by a reset. */
  abort?(): void;
  /** Sends small pieces without waiting for more. */
  setNoDelay?(noDelay?: boolean): void;
  /** Lets it keep the process alive. */
  ref?(): void;
  /** Lets the process end all the same. */
  unref?(): void;
}

/** A listener; `TcpListener` and `Deno.TcpListener` are some. */
export interface HttpListener {
  /** Where it listens. */
  readonly addr: unknown;
  /** The next connection; rejects once the listener is closed. */
  accept(): Promise<HttpConn>;
  /** Stops listening. */
  close(): void;
  /** Lets it keep the process alive. */
  ref?(): void;
  /** Lets the process end all the same. */
  unref?(): void;
}

/** Where to connect to. */
export interface HttpConnectOptions {
  /** A name or an address. */
  hostname: string;
  /** The port. */
  port: number;
  /** Ends the attempt. */
  signal?: AbortSignal;
}

/** Makes connections; `Host.connect` and `Deno.connect` are such. */
export type HttpConnect = (options: HttpConnectOptions) => Promise<HttpConn>;

/** Writes all bytes. */
export async function writeAll(conn: HttpConn, bytes: Uint8Array): Promise<void> {
  let written = await conn.write(bytes);
  while (written < bytes.length) written += await conn.write(bytes.subarray(written));
}

/** Closes a connection that may have been closed already, as by its host. */
export function closeConn(conn: HttpConn): void {
  try {
    conn.close();
  } catch {
    // It was.
  }
}
