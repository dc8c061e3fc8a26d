import { bench } from "@octet/testing/bench";
import { readI32, readU16, readU24, readU32, readU48, writeU16, writeU32 } from "./byte_order.ts";
import { sumBytes } from "./checksum.ts";
import { allocate, copyBytes, isAccelerated, release } from "./memory.ts";
import { BaseNode } from "./node.ts";
import { Packet } from "./packet.ts";
import { CryptoRandom, SeededRandom } from "./random.ts";
import { BranchNode } from "./ready_list.ts";
import { RingBuffer } from "./ring_buffer.ts";
import { Verdict } from "./verdict.ts";

const packet = new Packet(70_000);
for (let i = 0; i < packet.bytes.length; i++) packet.bytes[i] = i * 7;
const heap = new Uint8Array(70_000);
heap.set(packet.bytes.subarray(0, 70_000));
/** Where results go; a plain variable would box those that are no small integers. */
const sink = new Float64Array(1);

{
  const group = `checksum (slab accelerated: ${isAccelerated()})`;
  for (const size of [20, 1460, 65_160]) {
    bench(`${size} B in the slab`, () => {
      sink[0] = packet.sum(0, size, 1);
    }, { group, bytes: size });
    bench(`${size} B in JavaScript`, () => {
      sink[0] = sumBytes(heap, 0, size, 1);
    }, { group, bytes: size });
  }
}

{
  const group = "memory";
  const other = new Packet(70_000);
  for (const size of [20, 1460, 65_160]) {
    bench(`copy of ${size} B within the slab`, () => {
      copyBytes(packet.bytes, packet.address, 0, other.bytes, other.address, 0, size);
    }, { group, bytes: size });
    bench(`copy of ${size} B from the heap`, () => {
      copyBytes(heap, -1, 0, other.bytes, other.address, 0, size);
    }, { group, bytes: size });
  }
  bench("allocate and release 2 KiB", () => release(allocate(2048)), { group });
  const ring = new RingBuffer(1 << 20);
  ring.write(heap, 0, 100);
  bench("ring buffer, 1,460 B in and out", () => {
    ring.place(0, packet.bytes, packet.address, 0, 1460);
    ring.commit(1460);
    ring.peek(0, other.bytes, other.address, 0, 1460);
    ring.discard(1460);
  }, { group, bytes: 1460 });
}

/** Has one frame to send each time it is asked to. */
class Leaf extends BaseNode {
  frames = 0;

  override demux(): Verdict {
    return Verdict.Ok;
  }

  override encapsulate(): number {
    if (this.frames === 0) return 0;
    this.frames--;
    return 60;
  }
}

class Branch extends BranchNode {
  override demux(): Verdict {
    return Verdict.Ok;
  }

  override encapsulate(target: Packet, ipOffset: number, offset: number, now: number): number {
    return this.giveTurns(target, ipOffset, offset, now);
  }
}

/** A root with `floors` branches below one another, and leaves on the lowest that each wait for a time. */
function tree(floors: number, leaves: number): { root: Branch; lowest: Branch; nodes: Leaf[] } {
  const root = new Branch();
  let lowest = root;
  for (let i = 0; i < floors; i++) {
    const next = new Branch();
    next.attach(lowest);
    lowest = next;
  }
  const nodes = Array.from({ length: leaves }, (_, i) => {
    const leaf = new Leaf();
    leaf.attach(lowest);
    leaf.wakeAt(1e9 + i);
    return leaf;
  });
  return { root, lowest, nodes };
}

{
  const group = "timers and turns";
  for (const count of [1, 10_000]) {
    const { root, nodes } = tree(3, count);
    const [node] = nodes;
    let time = 2e9;
    bench(`timer moved later, ${count} waiting`, () => {
      time += 1;
      node!.wakeAt(time);
    }, { group });
    const early = new Leaf();
    early.attach(root);
    let now = 0;
    bench(`timer set and expired, ${count} waiting`, () => {
      now += 1;
      early.wakeAt(now);
      root.timers.expire(now);
      sink[0] = root.encapsulate(packet, 0, 0, now);
    }, { group });
  }
  const { root, nodes } = tree(3, 10_000);
  const [node] = nodes;
  bench("turn asked for and given through 3 floors, 10,000 idle", () => {
    node!.frames = 1;
    node!.requestTurn();
    while (root.encapsulate(packet, 0, 0, 0) > 0);
  }, { group });
}

{
  const group = "bytes and numbers";
  bench("2 + 3 + 4 + 4 + 6 bytes read", () => {
    sink[0] = readU16(heap, 0) + readU24(heap, 2) + readU32(heap, 5) + readI32(heap, 9) +
      readU48(heap, 13);
  }, { group });
  let counter = 0;
  bench("2 + 4 bytes written", () => {
    counter = (counter + 1) & 0xffff;
    writeU16(heap, 0, counter);
    writeU32(heap, 2, counter);
  }, { group });
  const seeded = new SeededRandom(1);
  bench("random number from a seed", () => {
    sink[0] = seeded.uint32();
  }, { group });
  const secret = new CryptoRandom();
  bench("random number, cryptographic", () => {
    sink[0] = secret.uint32();
  }, { group });
}
