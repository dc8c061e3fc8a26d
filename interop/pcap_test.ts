/**
 * Captures against Wireshark's own reader: it accepts what is written, and reads the same fields out
 * of every frame.
 */
import {
  Direction,
  Dissector,
  FieldFormat,
  fieldFormat,
  fieldId,
  fieldKey,
  Formatter,
  openCapture,
  PcapFileWriter,
  PcapngWriter,
} from "@octet/pcap";
import { assertEquals, assertMatch } from "@std/assert";
import { frames } from "../pcap/testdata/frames.ts";
import { requirePeers } from "./_namespace.ts";

const started = 1_700_000_000_000;

/** Fields that Wireshark knows by the same key and prints in a form that can be compared. */
const keys = [
  "eth.dst eth.src vlan.id vlan.priority vlan.dei vlan.etype",
  "arp.opcode arp.src.hw_mac arp.src.proto_ipv4 arp.dst.hw_mac arp.dst.proto_ipv4",
  "ip.dsfield ip.len ip.id ip.ttl ip.proto ip.checksum ip.src ip.dst",
  "ipv6.tclass ipv6.flow ipv6.plen ipv6.nxt ipv6.hlim ipv6.src ipv6.dst",
  "icmp.type icmp.code icmp.checksum icmp.ident icmp.seq icmp.mtu icmp.redir_gw",
  "udp.srcport udp.dstport udp.length udp.checksum",
  "tcp.srcport tcp.dstport tcp.seq_raw tcp.ack_raw tcp.flags tcp.window_size_value",
  "tcp.checksum tcp.urgent_pointer tcp.options.mss_val tcp.options.wscale.shift",
  "tcp.options.timestamp.tsval tcp.options.timestamp.tsecr",
  "dhcp.type dhcp.hw.type dhcp.hw.len dhcp.hops dhcp.id dhcp.secs dhcp.flags dhcp.ip.client",
  "dhcp.ip.your dhcp.ip.server dhcp.ip.relay dhcp.hw.mac_addr dhcp.option.dhcp",
  "dhcp.option.subnet_mask dhcp.option.router dhcp.option.domain_name_server",
  "dhcp.option.hostname dhcp.option.domain_name dhcp.option.broadcast_address",
  "dhcp.option.requested_ip_address dhcp.option.dhcp_server_id",
  "dhcp.option.dhcp_max_message_size",
  "dns.id dns.flags dns.count.queries dns.count.answers dns.count.auth_rr dns.count.add_rr",
  "dns.qry.name dns.qry.type dns.a dns.aaaa dns.resp.ttl dns.rr.udp_payload_size",
  "ntp.flags.li ntp.flags.vn ntp.flags.mode ntp.stratum ntp.ppoll ntp.precision",
].flatMap((line) => line.split(" "));

/** Every frame by itself, and ports whose payload is no protocol's, whatever Wireshark takes them for. */
const unguessed = [
  "-o",
  "ip.defragment:FALSE",
  "-d",
  "tcp.port==7000,data",
  "-d",
  "udp.port==5000,data",
];

/** Every frame once, on one interface, a millisecond and a half apart, with its name as a remark. */
function writeAll(): Uint8Array<ArrayBuffer> {
  const writer = new PcapngWriter({ application: "interop", os: "test", hardware: "none" });
  const tap = writer.addInterface({
    name: "tap0",
    hardwareAddress: Uint8Array.of(2, 0, 0, 0, 0, 1),
    ipv4Address: { address: 0xc0a80135, mask: 0xffffff00 },
  });
  writer.writeNames([{ address: Uint8Array.of(192, 168, 1, 1), names: ["gateway.octet.test"] }]);
  Object.entries(frames).forEach(([name, frame], index) => {
    writer.writePacketWith(tap, started + index * 1.5, frame, {
      direction: index % 2 === 0 ? Direction.In : Direction.Out,
      comment: name,
    });
  });
  writer.writeStatistics(tap, started + 1e6, { received: Object.keys(frames).length, dropped: 0 });
  return writer.take();
}

/** Runs one of Wireshark's tools. */
async function runTool(
  command: string,
  args: readonly string[],
): Promise<{ stdout: string; stderr: string }> {
  requirePeers("tshark");
  const output = await new Deno.Command(command, { args: [...args], stdin: "null" }).output();
  const decoder = new TextDecoder();
  const stderr = decoder.decode(output.stderr);
  if (!output.success) throw new Error(`${command} ended with ${output.code}: ${stderr}`);
  return { stdout: decoder.decode(output.stdout), stderr };
}

/** Gives a capture to tools, in a folder that goes away again. */
async function withFile<T>(
  bytes: Uint8Array,
  body: (path: string, folder: string) => Promise<T>,
): Promise<T> {
  const folder = await Deno.makeTempDir();
  try {
    const path = `${folder}/in`;
    await Deno.writeFile(path, bytes);
    return await body(path, folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** What tshark prints for fields, a row for each packet. */
async function tsharkFields(path: string, fields: readonly string[]): Promise<string[][]> {
  const { stdout, stderr } = await runTool("tshark", [
    ...["-n", "-r", path, "-T", "fields", "-E", "separator=/t", "-E", "aggregator=;"],
    ...[...unguessed],
    ...fields.flatMap((field) => ["-e", field]),
  ]);
  assertMatch(stderr, /^(Running as user "root".*\n)?$/);
  return stdout.split("\n").slice(0, -1).map((line) => line.split("\t"));
}

/** A value in the one form that both sides are brought into. */
function normal(key: string, text: string): string {
  if (/^(0x[0-9a-f]+|-?\d+)$/i.test(text)) return String(Number(text));
  if (text === "True" || text === "False") return text === "True" ? "1" : "0";
  return key.endsWith(".name") && text === "<Root>" ? "." : text;
}

/** The values of a field in a packet, as the formatter prints them or as plain numbers. */
function valuesOf(dissector: Dissector, key: string): string[] {
  const packet = dissector.packet;
  const format = fieldFormat(fieldId(key));
  const isText = format === FieldFormat.Mac || format === FieldFormat.Ipv4 ||
    format === FieldFormat.Ipv6 || format === FieldFormat.Text || format === FieldFormat.DnsName;
  const values: string[] = [];
  for (let i = 0; i < packet.fieldCount; i++) {
    if (fieldKey(packet.fieldId(i)) !== key) continue;
    if (!isText) values.push(String(packet.number(i)));
    else values.push(...printed.formatField(packet, i).replaceAll('"', "").split(","));
  }
  return values;
}

const printed = new Formatter({ verbose: true });

Deno.test("tshark reads every frame of a pcapng without complaint, and the same values", async () => {
  await withFile(writeAll(), async (path) => {
    const rows = await tsharkFields(path, ["frame.comment", ...keys]);
    assertEquals(rows.map((row) => row[0]), Object.keys(frames));
    const dissector = new Dissector();
    let compared = 0;
    for (const row of rows) {
      const name = row[0]!;
      const frame = frames[name]!;
      dissector.dissect(frame, 0, frame.length);
      keys.forEach((key, index) => {
        // Wireshark does not show the sequence number of a segment quoted no further than that.
        if (name === "icmpFragmentationNeeded" && key === "tcp.seq_raw") return;
        let ours = valuesOf(dissector, key);
        // Wireshark calls the fields of an outer 802.1ad tag by other names.
        if (name === "vlanInVlan" && key.startsWith("vlan.")) ours = ours.slice(1);
        const all = row[index + 1]!.split(";").filter((text) => text !== "");
        // Wireshark finds these a second time in the client identifier.
        const theirs = key.startsWith("dhcp.hw.") ? all.slice(0, ours.length) : all;
        compared += ours.length;
        assertEquals(
          ours.map((text) => normal(key, text)),
          theirs.map((text) => normal(key, text)),
          `${key} of ${name}`,
        );
      });
    }
    assertEquals(compared > 500, true, `${compared} values were compared`);
  });
});

Deno.test("tshark finds times, directions and interfaces in a pcapng, and nothing malformed", async () => {
  await withFile(writeAll(), async (path) => {
    const rows = await tsharkFields(path, [
      "frame.time_epoch",
      "frame.interface_name",
      "frame.packet_flags_direction",
    ]);
    rows.forEach((row, index) => {
      const nanoseconds = String(index * 1_500_000).padStart(9, "0");
      assertEquals(row, [
        `1700000000.${nanoseconds}`,
        "tap0",
        index % 2 === 0 ? "0x00000001" : "0x00000002",
      ]);
    });
    const checks = ["ip", "tcp", "udp"].flatMap((name) => ["-o", `${name}.check_checksum:TRUE`]);
    const { stdout } = await runTool("tshark", [
      ...["-n", "-r", path, ...checks, ...unguessed, "-Y"],
      "_ws.malformed || ip.checksum.status == 0 || tcp.checksum.status == 0 || udp.checksum.status == 0",
    ]);
    assertEquals(stdout, "");
    const info = await runTool("capinfos", [path]);
    assertMatch(info.stdout, /Capture application: interop/);
    assertEquals(/Number of packets: +(\d+)/.exec(info.stdout)?.[1], String(rows.length));
  });
});

Deno.test("tshark reads a classic pcap of either order, and what editcap makes of it is read here", async () => {
  for (const bigEndian of [false, true]) {
    for (const nanoseconds of [false, true]) {
      const writer = new PcapFileWriter({ bigEndian, nanoseconds });
      Object.values(frames).forEach((frame, index) => {
        writer.writePacket(started + index * 1.5, frame, 0, frame.length);
      });
      await withFile(writer.take(), async (path, folder) => {
        const rows = await tsharkFields(path, ["frame.time_epoch", "frame.len"]);
        assertEquals(
          rows,
          Object.values(frames).map((frame, index) => [
            `1700000000.${String(index * 1_500_000).padStart(9, "0")}`,
            String(frame.length),
          ]),
        );
        for (const format of ["pcapng", "pcap", "nsecpcap"]) {
          const copy = `${folder}/${format}`;
          await runTool("editcap", ["-F", format, path, copy]);
          const reader = openCapture(await Deno.readFile(copy));
          Object.values(frames).forEach((frame, index) => {
            assertEquals(reader.next(), true);
            assertEquals(reader.bytes.slice(reader.offset, reader.end), frame);
            assertEquals([reader.seconds, reader.nanoseconds], [1_700_000_000, index * 1_500_000]);
          });
          assertEquals(reader.next(), false);
        }
      });
    }
  }
});
