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
