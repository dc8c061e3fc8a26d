import { fuzz } from "@octet/testing/fuzz";
import { Packet, SeededRandom, Verdict } from "@octet/wire";
import { NtpClient } from "./client.ts";
import { encodeNtp } from "./fields.ts";
import { NtpExtensionCursor, NtpFrame, NtpMode } from "./frame.ts";
import { NtpServer } from "./server.ts";

const frame = new NtpFrame();
const cursor = new NtpExtensionCursor();

fuzz("fuzzNtpFrame", (input) => {
  frame.reset(input, 0, input.length);
  if (frame.validate() !== Verdict.Ok) return;
  cursor.reset(input, frame.payloadOffset, frame.payloadEnd);
  let position = frame.payloadOffset;
  while (cursor.next()) {
    if (cursor.valueOffset !== position + 4) throw new Error("Extension fields leave a gap");
    position = cursor.valueEnd;
  }
  if (cursor.verdict !== Verdict.Ok || position !== frame.payloadEnd) {
    throw new Error("The cursor disagrees with validate");
  }
  if (frame.payloadEnd > input.length) throw new Error("The payload ends outside the packet");
}, {
  seeds: [
    encodeNtp({}),
    encodeNtp({ mode: NtpMode.Server, stratum: 2, mac: new Uint8Array(20) }),
    encodeNtp({ extensions: [{ type: 0x0104, value: new Uint8Array(32) }] }),
  ],
});

fuzz("fuzzNtpNodes", (input) => {
  const server = new NtpServer({ wallTime: (now) => 1.8e12 + now, rateInterval: 0 });
  const client = new NtpClient({
    server: 0x0a000001,
    wallTime: (now) => 1.8e12 + now,
    random: new SeededRandom(1),
    samples: 1,
  });
  const packet = new Packet(8192);
  client.start(0);
  client.encapsulate(packet, 0, 0, 0);
  const cookie = packet.bytes.slice(40, 48);
  packet.bytes.set(input, 0);
  // With the right cookie the fuzzer gets behind the origin check.
  if (input.length >= 48) packet.bytes.set(cookie, 24);
  packet.source = 0x0a000001;
  packet.sourcePort = 123;
  client.demux(packet, 0, input.length, 10);
  const result = client.result;
  if (result !== null && !(Number.isFinite(result.offset) && result.delay > 0)) {
    throw new Error(`The offset is ${result.offset}, the delay ${result.delay}`);
  }
  server.demux(packet, 0, input.length, 10);
  const length = server.encapsulate(packet, 0, 0, 10);
  packet.release();
  if (length > input.length) throw new Error("The reply is longer than the request");
}, {
  seeds: [
    encodeNtp({ mode: NtpMode.Server, stratum: 2, receive: 1n << 63n, transmit: 1n << 63n }),
    encodeNtp({ mode: NtpMode.Server, stratum: 0, referenceId: "RATE" }),
    encodeNtp({ mode: NtpMode.Client, mac: new Uint8Array(24) }),
  ],
});
