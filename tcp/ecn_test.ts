import { assert, assertEquals } from "@std/assert";
import { Ecn } from "./ecn.ts";
import { TcpFlag } from "./frame.ts";
import { Pair } from "./_pair.ts";

Deno.test("a mark is echoed until the sender says CWR (RFC 3168 §6.1.3)", () => {
  const ecn = new Ecn();
  ecn.reset(0);
  assertEquals([ecn.received(3, 0), ecn.takeFlags(false)], [false, 0], "not agreed on");
  ecn.enabled = true;
  assertEquals([ecn.received(3, 0), ecn.takeFlags(false)], [true, TcpFlag.Ece]);
  assertEquals([ecn.received(2, 0), ecn.takeFlags(true)], [false, TcpFlag.Ece]);
  assertEquals([ecn.received(2, TcpFlag.Cwr), ecn.takeFlags(false)], [true, 0]);
  assertEquals(ecn.received(3, TcpFlag.Cwr), true, "marked again");
  assertEquals(ecn.takeFlags(false), TcpFlag.Ece);
});

Deno.test("an echo reduces the window once a round trip, and CWR goes on new data (RFC 3168 §6.1.2)", () => {
  const ecn = new Ecn();
  ecn.reset(0);
  ecn.enabled = true;
  assertEquals(ecn.acknowledged(TcpFlag.Ece, 0, 5000), true);
  assertEquals(ecn.acknowledged(TcpFlag.Ece, 4999, 9000), false);
  assertEquals(ecn.takeFlags(false), 0);
  assertEquals(ecn.takeFlags(true), TcpFlag.Cwr);
  assertEquals(ecn.takeFlags(true), 0);
  assertEquals(ecn.acknowledged(TcpFlag.Ece, 5000, 9000), true);
});

/** Sends data over a pipe that marks every `every`th data segment that may be marked. */
function marked(client: "on" | "accept", server: "accept" | "off", every: number) {
  let data = 0;
  let marks = 0;
  let capable = 0;
  const pair = new Pair({
    delay: 10,
    options: { ecn: client },
    serverOptions: { ecn: server },
    filter: (from, packet) => {
      if (from === 0 && packet.length > 500) {
        if (packet.trafficClass === 2) capable++;
        if (packet.trafficClass === 2 && ++data % every === 0) {
          packet.trafficClass = 3;
          marks++;
        }
      }
      return true;
    },
  });
  const ends = pair.open();
  const chunk = new Uint8Array(300_000);
  let left = 600_000;
  let read = 0;
  pair.run(pair.now + 60_000, () => {
    if (left > 0) left -= ends.client.write(chunk, 0, Math.min(left, chunk.length));
    else ends.client.closeWrite();
    read += ends.server.read(chunk);
    return ends.server.isEndOfStream;
  });
  const { sender } = ends.client;
  return {
    read,
    marks,
    capable,
    ssthresh: sender.congestion.ssthresh,
    again: sender.retransmissions,
  };
}

Deno.test("marks shrink the window, and nothing is lost or sent again", () => {
  const { read, marks, ssthresh, again } = marked("on", "accept", 50);
  assertEquals([read, again], [600_000, 0]);
  assert(marks > 0 && ssthresh < 100_000, `${marks} marks, ssthresh ${ssthresh}`);
});

Deno.test("who does not offer, or is not agreed with, sends what no router marks (RFC 3168 §6.1.1)", () => {
  assertEquals(marked("accept", "accept", 50).capable, 0);
  assertEquals(marked("on", "off", 50).capable, 0);
});
