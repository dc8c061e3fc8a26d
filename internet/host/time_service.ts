/**
 * The time from an NTP server.
 *
 * @module
 */
import { NtpClient, type NtpMeasurement } from "@octet/ntp";
import { CryptoRandom } from "@octet/wire";
import { abortReason, networkError } from "./errors.ts";
import type { RunLoop } from "./run_loop.ts";

/** How to ask for the time. */
export interface QueryTimeOptions {
  /** The server's port; 123 when not given. */
  port?: number;
  /** Good samples wanted, 1 to 8; 1 when not given. More take {@linkcode QueryTimeOptions.interval} each. */
  samples?: number;
  /** Time between requests, in milliseconds; 2000 when not given (RFC 5905's burst). */
  interval?: number;
  /** Ends the wait. */
  signal?: AbortSignal;
}

/**
 * Measures how far our clock is from a server's.
 *
 * @param server Host order.
 * @throws {Deno.errors.TimedOut} When no usable answer comes.
 */
export async function queryTime(
  loop: RunLoop,
  server: number,
  options: QueryTimeOptions = {},
): Promise<NtpMeasurement> {
  const { signal } = options;
  if (signal?.aborted) throw abortReason(signal);
  loop.expectRunning();
  const done = Promise.withResolvers<void>();
  const { udp } = loop.stack;
  const client = new NtpClient({
    server,
    random: new CryptoRandom(),
    wallTime: (now) => performance.timeOrigin + now,
    samples: options.samples ?? 1,
    onChange: () => {
      if (client.result !== null || client.failure !== "none") done.resolve();
    },
    ...(options.port === undefined ? {} : { port: options.port }),
    ...(options.interval === undefined ? {} : { interval: options.interval }),
  });
  udp.register(client);
  const abort = () => done.resolve();
  signal?.addEventListener("abort", abort);
  try {
    client.start(loop.now());
    loop.flush();
    await loop.wait(done);
  } finally {
    signal?.removeEventListener("abort", abort);
    udp.unregister(client);
  }
  if (client.result !== null) return client.result;
  if (signal?.aborted) throw abortReason(signal);
  throw networkError(
    "TimedOut",
    `Cannot get the time from the NTP server: ${client.failure}`,
    "ETIMEDOUT",
  );
}
