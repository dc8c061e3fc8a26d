/**
 * What an httptap and its client say to each other over plain HTTP, as lneto's does: `GET /info` an object,
 * `GET /recv` and `POST /send` a frame each, as a JSON string in base64; the empty string is no frame.
 *
 * @module
 */

/** What an httptap tells of itself at `/info`. */
export interface HttpTapInfo {
  /** The MTU in bytes. */
  readonly mtu: number;
  /** The address of the far side with its prefix's length, such as `10.77.0.1/24`; `0.0.0.0/0` for none. */
  readonly prefix: string;
  /** The hardware address of the far side, as text. */
  readonly hardwareAddress: string;
  /** Whether a frame waits at `/recv`. */
  readonly isDataReady: boolean;
}

/** The longest answer or request in bytes that is read: a frame of 64 KiB in base64, twice over. */
export const longestBody = 200_000;

/** Writes what `/info` says. */
export function encodeInfo(info: HttpTapInfo): string {
  return `${
    JSON.stringify({
      MTU: info.mtu,
      IPPrefix: info.prefix,
      HardwareAddr: info.hardwareAddress,
      DataReady: info.isDataReady,
    })
  }\n`;
}

/**
 * Reads what `/info` said. Older servers leave `DataReady` out.
 *
 * @throws {SyntaxError} When it is not what an httptap says; the message tells what is wrong with it.
 */
export function decodeInfo(text: string): HttpTapInfo {
  const value = parseJson(text);
  if (typeof value !== "object" || value === null) throw new SyntaxError("it is not an object");
  const { MTU, IPPrefix, HardwareAddr, DataReady } = value as Record<string, unknown>;
  if (!(typeof MTU === "number" && Number.isInteger(MTU) && MTU >= 68 && MTU <= 0xff_ffff)) {
    throw new SyntaxError("its MTU is not a number of bytes");
  }
  return {
    // 65,535 stands for "any" in some; no IP packet is longer.
    mtu: Math.min(MTU, 65_535),
    prefix: typeof IPPrefix === "string" ? IPPrefix : "",
    hardwareAddress: typeof HardwareAddr === "string" ? HardwareAddr : "",
    isDataReady: DataReady === true,
  };
}

/** Writes a frame. */
export function encodeFrame(frame: Uint8Array): string {
  return `"${frame.toBase64()}"\n`;
}

/**
 * Reads a frame; an empty one is none. Go writes `null` for a slice that is not there.
 *
 * @throws {SyntaxError} When it is not a JSON string in base64 (RFC 4648 §4).
 */
export function decodeFrame(text: string): Uint8Array<ArrayBuffer> {
  const value = parseJson(text);
  if (value === null) return new Uint8Array(0);
  if (typeof value !== "string") throw new SyntaxError("it is not a JSON string");
  try {
    return Uint8Array.fromBase64(value, { lastChunkHandling: "strict" });
  } catch (cause) {
    throw new SyntaxError("it is not base64", { cause });
  }
}

/**
 * Reads a body whose length nobody has to be believed.
 *
 * @param body A request or a response.
 * @returns The text; `null` when it is longer than {@linkcode longestBody}.
 */
export async function readBody(body: Request | Response): Promise<string | null> {
  if (body.body === null) return "";
  const decoder = new TextDecoder();
  let text = "";
  let length = 0;
  for await (const part of body.body) {
    length += part.length;
    if (length > longestBody) return null;
    text += decoder.decode(part, { stream: true });
  }
  return text + decoder.decode();
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new SyntaxError("it is not JSON", { cause });
  }
}
