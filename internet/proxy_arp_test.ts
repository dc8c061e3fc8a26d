import { assertEquals, assertThrows } from "@std/assert";
import { Ipv4Prefix, parseIpv4 } from "@octet/netip";
import { SeededRandom } from "@octet/wire";
import { Topology } from "./_topology_test.ts";
import type { InterfaceOptions } from "./interface.ts";
import { Stack } from "./stack.ts";

/**
 * left 10.0.1.2/16, other 10.0.1.3/16 — (10.0.1.1/24) router (10.0.2.1/24) — right 10.0.2.2/16: hosts that know of no
 * subnets, and a router that hides them (RFC 1027 §1).
 */
class Hidden extends Topology {
  readonly left: Stack = this.host("left", "10.0.1.2/16");
  readonly other: Stack = this.host("other", "10.0.1.3/16");
  readonly right: Stack = this.host("right", "10.0.2.2/16");
  readonly middle: Stack;

  constructor(proxyArp: InterfaceOptions["proxyArp"] = true) {
    super();
    const options = proxyArp === undefined ? {} : { proxyArp };
    this.middle = this.router("router", ["10.0.1.1/24", "10.0.2.1/24"], options, options);
    this.wire([this.left, 0], [this.middle, 0], [this.other, 0]);
    this.wire([this.middle, 1], [this.right, 0]);
  }

  /** Whose hardware address `left` has for another. */
  macAtLeft(address: string): string | undefined {
    const wanted = parseIpv4(address);
    const found = this.left.arp!.neighbours.find((one) => one.address === wanted);
    return found?.hardwareAddress?.toString();
  }
}

Deno.test("hosts that know of no subnets reach each other through the router that answers for them", () => {
  const net = new Hidden();
  assertEquals(net.ping(net.left, "10.0.2.2")?.hopLimit, 63);
  assertEquals(net.macAtLeft("10.0.2.2"), net.middle.interfaces[0]!.hardwareAddress.toString());
});

Deno.test("what is on the same link answers for itself, and for what has no route nobody answers", () => {
  const net = new Hidden();
  assertEquals(net.ping(net.left, "10.0.1.3")?.hopLimit, 64);
  assertEquals(net.macAtLeft("10.0.1.3"), net.other.hardwareAddress.toString());
  const replies = net.middle.interfaces[0]!.arp!.counters.outReplies;
  for (const address of ["10.0.1.9", "10.0.9.9", "10.0.2.255"]) {
    net.ping(net.left, address);
    assertEquals(net.macAtLeft(address), undefined);
  }
  assertEquals(net.middle.interfaces[0]!.arp!.counters.outReplies, replies);
});

Deno.test("a default route by the other interface is answered for; by the same one it is not", () => {
  for (const [gateway, isAnswered] of [["10.0.2.9", true], ["10.0.1.9", false]] as const) {
    const net = new Hidden();
    net.middle.addRoute({ gateway: parseIpv4(gateway) });
    net.left.arp!.query(parseIpv4("10.0.77.7"), net.now);
    net.drive();
    assertEquals(net.macAtLeft("10.0.77.7") !== undefined, isAnswered);
  }
});

Deno.test("the addresses may be bounded to prefixes; without the option nobody is answered for", () => {
  const bounded = new Hidden([Ipv4Prefix.parse("10.0.2.4/30")]);
  assertEquals(bounded.ping(bounded.left, "10.0.2.2")?.kind, "error");
  const allowed = new Hidden([Ipv4Prefix.parse("10.0.2.0/30"), Ipv4Prefix.parse("10.0.1.0/30")]);
  assertEquals(allowed.ping(allowed.left, "10.0.2.2")?.kind, "reply");
  const without = new Hidden(false);
  assertEquals(without.ping(without.left, "10.0.2.2")?.kind, "error");
});

Deno.test("only a stack that forwards can answer for others", () => {
  assertThrows(
    () => new Stack({ random: new SeededRandom(1), proxyArp: true }),
    TypeError,
    "Cannot answer for others on eth0 as the stack does not forward",
  );
});
