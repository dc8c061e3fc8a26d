/**
 * The body of a request as the handler's stream.
 *
 * @module
 */
import { HttpEvent } from "@octet/httpraw";
import type { BodyIntake } from "./body_intake.ts";

/** What the stream needs of its connection. */
export interface RequestBodySource {
  /** Where the bytes come from. */
  readonly intake: BodyIntake;
  /** Whether the body is still the current request's. */
  readonly isCurrent: boolean;
  /** Called before bytes are waited for: the client may wait to be asked for them. */
  invite(): Promise<void> | null;
  /** Called when all has been read. */
  onEnd(): void;
  /** Called when nothing more can be read. */
  onFailure(error: unknown): void;
}

/** The largest buffer that a stream is given whose reader brings none, in bytes. */
const chunkSize = 65_536;

/**
 * Makes the stream of a request's body, which reads nothing ahead of its reader.
 *
 * @param source The connection.
 * @param length The body's length in bytes, 0 where it is not known.
 */
export function requestBodyStream(
  source: RequestBodySource,
  length: number,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const { intake } = source;
  return new ReadableStream({
    type: "bytes",
    autoAllocateChunkSize: length > 0 ? Math.min(length, chunkSize) : chunkSize,
    async pull(controller) {
      if (!source.isCurrent) throw unread();
      const request = controller.byobRequest!;
      let count: number;
      try {
        const invited = source.invite();
        if (invited !== null) await invited;
        count = await intake.readInto(request.view as Uint8Array);
      } catch (error) {
        source.onFailure(error);
        throw new TypeError("error reading a body from connection", { cause: error });
      }
      if (count > 0) request.respond(count);
      if (intake.event === HttpEvent.End) {
        source.onEnd();
        controller.close();
        if (count === 0) request.respond(0);
      } else if (count === 0) {
        throw new TypeError("error reading a body from connection");
      }
    },
  }, { highWaterMark: 0 });
}

function unread(): TypeError {
  return new TypeError("Cannot read body as its request has been answered");
}
