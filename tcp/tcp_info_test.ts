import { assert, assertEquals } from "@std/assert";
import { Pair } from "./_pair.ts";
import { TcpCaState, TcpInfoOption } from "./tcp_info.ts";
import { TcpState } from "./state.ts";

Deno.test("tcp_info counts what has happened, as Linux's does", () => {
  const pair = new Pair({ delay: 10 });
  const { client, server } = pair.open();
  client.write(new Uint8Array(100_000));
  pair.run(pair.now + 1000, () => {
    server.read(new Uint8Array(65_536));
    return false;
  });
  const sent = client.tcpInfo(pair.now);
  assertEquals(sent.state, TcpState.Established);
  assertEquals(sent.ca_state, TcpCaState.Open);
  assertEquals(
    sent.options,
    TcpInfoOption.Timestamps | TcpInfoOption.Sack | TcpInfoOption.WindowScale,
  );
  assertEquals([sent.bytes_sent, sent.bytes_acked, sent.bytes_retrans], [100_000, 100_000, 0]);
  assertEquals([sent.unacked, sent.notsent_bytes, sent.total_retrans], [0, 0, 0]);
  assertEquals([sent.snd_mss, sent.advmss, sent.pmtu], [1448, 1448, 1500]);
  assert(sent.rtt >= 20_000 && sent.rtt < 30_000, `${sent.rtt} us`);
  assertEquals(sent.min_rtt, 20_000);
  assertEquals(sent.snd_ssthresh, 0x7fff_ffff);
  const received = server.tcpInfo(pair.now);
  assertEquals([received.bytes_received, received.rcv_mss], [100_000, 1448]);
  assertEquals([received.segs_in, received.segs_out], [sent.segs_out, sent.segs_in]);
});

Deno.test("what is in flight, held and lost shows while it is", () => {
  let count = 0;
  const pair = new Pair({ delay: 10, filter: (from) => from !== 0 || ++count !== 4 });
  const { client } = pair.open();
  client.write(new Uint8Array(14_480));
  pair.run(pair.now + 25, () => false);
  const info = client.tcpInfo(pair.now);
  assertEquals(info.ca_state, TcpCaState.Recovery);
  assert(info.sacked > 0 && info.retrans === 1 && info.total_retrans === 1, JSON.stringify(info));
});

Deno.test("the delivery rate is what the path takes, or what the application has, also after a pause", () => {
  let free = 0;
  // One segment of 1500 bytes in a millisecond: 1.448 MB of payload a second.
  const pair = new Pair({
    delay: 10,
    queue: 40,
    filter: (from, packet, now) => {
      if (from !== 0) return true;
      free = Math.max(free, now) + packet.length / 1520;
      pair.delayNext(free - now);
      return true;
    },
  });
  const { client, server } = pair.open();
  const rate = () => client.tcpInfo(pair.now).delivery_rate;
  const chunk = new Uint8Array(65_536);
  const until = pair.now + 2000;
  pair.run(until, () => {
    client.write(chunk);
    while (server.read(chunk) > 0);
    return false;
  });
  assert(Math.abs(rate() - 1_448_000) < 30_000, `${rate()} bytes a second`);
  pair.run(pair.now + 5000, () => {
    while (server.read(chunk) > 0);
    return false;
  });
  const rested = rate();
  assert(rested > 500_000, `${rested} bytes a second`);
  client.write(new Uint8Array(1448));
  pair.run(pair.now + 1000);
  // One segment, and its acknowledgement waits for another: 61 ms.
  assert(Math.abs(rate() - 1448 / 0.061) < 100, `${rate()} bytes a second`);
});
