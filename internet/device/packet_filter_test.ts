import { MacAddress } from "@octet/netip";
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { buildPacketFilter, mostFilteredGroups } from "./packet_filter.ts";

const us = MacAddress.parse("02:00:00:00:00:02");
const other = MacAddress.parse("02:00:00:00:00:03");
const group = MacAddress.parse("01:00:5e:00:00:fb");
const otherGroup = MacAddress.parse("01:00:5e:00:01:fb");

/** `PACKET_HOST`, `PACKET_OTHERHOST` and `PACKET_OUTGOING` of packet(7). */
const [host, otherHost, outgoing] = [0, 3, 4];

/**
 * Classic BPF as Linux's `Documentation/networking/filter.rst` has it: gives what the kernel would take of a frame. It fails on
 * what the kernel's own check refuses (`bpf_check_classic`).
 */
function run(
  program: Uint8Array,
  frame: Uint8Array,
  packetType: number,
  isTagged: boolean = false,
): number {
  const view = new DataView(program.buffer);
  const data = new DataView(frame.buffer, frame.byteOffset, frame.length);
  let a = 0;
  for (let pc = 0;; pc++) {
    const at = pc * 8;
    assert(at < program.length, "the program runs past its end");
    const [code, jt, jf] = [view.getUint16(at, true), program[at + 2]!, program[at + 3]!];
    const k = view.getUint32(at + 4, true);
    // A load outside the frame ends the program: nothing is taken.
    const size = code === 0x20 ? 4 : code === 0x28 ? 2 : 1;
    const isLoad = code === 0x20 || code === 0x28 || code === 0x30;
    if (isLoad && k === 0xffff_f004) a = packetType;
    else if (isLoad && k === 0xffff_f030) a = isTagged ? 1 : 0;
    else if (isLoad && k + size > frame.length) return 0;
    else if (isLoad) {
      a = size === 4 ? data.getUint32(k) : size === 2 ? data.getUint16(k) : data.getUint8(k);
    } else if (code === 0x15) pc += a === k ? jt : jf;
    else if (code === 0x45) pc += (a & k) !== 0 ? jt : jf;
    else {
      assertEquals(code, 0x06, "an instruction that is not of classic BPF");
      return k;
    }
  }
}

function frame(destination: MacAddress, source: MacAddress): Uint8Array {
  const bytes = new Uint8Array(60).fill(0xa5);
  destination.writeTo(bytes, 0);
  source.writeTo(bytes, 6);
  return bytes;
}

Deno.test("A packet socket takes what is for us, whole, and nothing of the host's own", () => {
  const all = buildPacketFilter({ hardwareAddress: us });
  const some = buildPacketFilter({ hardwareAddress: us, groups: [group] });
  const none = buildPacketFilter({ hardwareAddress: us, groups: [] });
  const promiscuous = buildPacketFilter({ hardwareAddress: us, promiscuous: true, groups: [] });
  const { broadcast } = MacAddress;
  const table: [to: MacAddress, from: MacAddress, type: number, taken: boolean[]][] = [
    [us, other, otherHost, [true, true, true, true]],
    [us, other, host, [true, true, true, true]],
    [broadcast, other, 1, [true, true, true, true]],
    [group, other, 2, [true, true, false, true]],
    [otherGroup, other, 2, [true, false, false, true]],
    [other, group, otherHost, [false, false, false, true]],
    // What this host sends, and what comes back of what we have sent.
    [us, other, outgoing, [false, false, false, false]],
    [broadcast, other, outgoing, [false, false, false, false]],
    [broadcast, us, 1, [false, false, false, false]],
    [us, us, otherHost, [false, false, false, false]],
    [other, us, otherHost, [false, false, false, false]],
  ];
  for (const [to, from, type, taken] of table) {
    const given = [all, some, none, promiscuous].map((program) =>
      run(program, frame(to, from), type)
    );
    assertEquals(given, taken.map((is) => is ? 0xffff_ffff : 0), `${from} to ${to}, type ${type}`);
  }
});

Deno.test("The filter decides as its rule says, for any addresses", () => {
  const mac = fc.integer({ min: 0, max: 2 ** 48 - 1 }).map((value) => MacAddress.fromNumber(value));
  // Near misses: addresses that differ in one bit.
  const near = fc.nat(47).map((bit) =>
    MacAddress.fromNumber(Number(BigInt(us.toNumber()) ^ (1n << BigInt(bit))))
  );
  fc.assert(
    fc.property(
      fc.oneof(mac, fc.constant(us), near),
      fc.array(mac, { maxLength: 9 }),
      (to, groups) => {
        const program = buildPacketFilter({ hardwareAddress: us, groups });
        const isWanted = [us, MacAddress.broadcast, ...groups].some((one) => one.sameAs(to));
        assertEquals(run(program, frame(to, other), otherHost) !== 0, isWanted);
      },
    ),
  );
});

Deno.test("Frames with tags are taken where they are wanted", () => {
  for (const promiscuous of [false, true]) {
    for (
      const [tags, isTagged, isTaken] of [
        [true, true, true],
        [true, false, true],
        [false, true, false],
        [false, false, true],
      ] as const
    ) {
      const program = buildPacketFilter({ hardwareAddress: us, promiscuous, tags });
      assertEquals(run(program, frame(us, other), host, isTagged) !== 0, isTaken);
    }
  }
});

Deno.test("A frame cut short is never taken for ours", () => {
  const program = buildPacketFilter({ hardwareAddress: us, groups: [group] });
  for (let length = 0; length < 14; length++) {
    const given = run(program, frame(us, other).slice(0, length), otherHost);
    assertEquals(given !== 0, length >= 12, `${length} bytes`);
  }
});

Deno.test("Beyond the most groups that it filters, every multicast frame is taken; the program stays within the kernel's limit", () => {
  const groups = Array.from(
    { length: mostFilteredGroups },
    (_, i) => MacAddress.fromNumber(0x0100_5e00_0000 + i),
  );
  const full = buildPacketFilter({ hardwareAddress: us, groups });
  // BPF_MAXINSNS.
  assert(full.length / 8 <= 4096);
  assertEquals(run(full, frame(groups.at(-1)!, other), 2), 0xffff_ffff);
  assertEquals(run(full, frame(group, other), 2), 0);
  const beyond = buildPacketFilter({ hardwareAddress: us, groups: [...groups, otherGroup] });
  assertEquals(run(beyond, frame(group, other), 2), 0xffff_ffff);
});
