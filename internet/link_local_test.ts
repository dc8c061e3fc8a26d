// Link-local addresses of whole stacks, on virtual time (RFC 3927).

import { assert, assertEquals } from "@std/assert";
import { EchoClient } from "@octet/icmpv4";
import { LinkLocal, linkLocalPrefixLength } from "@octet/ipv4";
import { Ipv4Prefix, parseIpv4 } from "@octet/netip";
import { StackPair } from "@octet/testing";
import type { Stack } from "./stack.ts";

function linkLocalOf(stack: Stack, preferred: number = 0): LinkLocal {
  let current = 0;
  return new LinkLocal({
    claims: stack.arp!,
    hardwareAddress: stack.hardwareAddress,
    preferred,
    onAddress: (address) => {
      if (current !== 0) stack.removeAddress(current);
      current = address;
      if (address !== 0) stack.addAddress(address, linkLocalPrefixLength);
    },
  });
}

function bare(): StackPair {
  const pair = new StackPair();
  pair.left.removeAddress(StackPair.leftAddress);
  pair.right.removeAddress(StackPair.rightAddress);
  return pair;
}

Deno.test("two hosts that want the same address at once end with two, and talk", () => {
  const preferred = parseIpv4("169.254.7.7");
  const pair = bare();
  const left = linkLocalOf(pair.left, preferred);
  const right = linkLocalOf(pair.right, preferred);
  left.start(pair.now);
  right.start(pair.now);
  pair.run(pair.now + 60_000);
  assert(left.address !== 0 && right.address !== 0 && left.address !== right.address);
  const ping = new EchoClient({ destination: right.address });
  pair.left.icmp.register(ping);
  ping.request();
  pair.exchange();
  assertEquals(ping.takeResult()?.kind, "reply");
});

Deno.test("who comes later leaves the address to who has it", () => {
  const preferred = parseIpv4("169.254.7.7");
  const pair = bare();
  const left = linkLocalOf(pair.left, preferred);
  const right = linkLocalOf(pair.right, preferred);
  left.start(pair.now);
  pair.run(pair.now + 20_000);
  right.start(pair.now);
  pair.run(pair.now + 20_000);
  assertEquals(left.address, preferred);
  assert(right.address !== 0 && right.address !== preferred);
  assertEquals(pair.left.arp!.counters.conflicts, 0);
});

Deno.test("§2.6.2: a link-local destination is asked for on the link, though a router leads everywhere", () => {
  const pair = new StackPair();
  const other = parseIpv4("169.254.9.9");
  pair.left.addRoute({ prefix: Ipv4Prefix.all, gateway: parseIpv4("10.0.0.99") });
  pair.right.addAddress(other, linkLocalPrefixLength);
  const ping = new EchoClient({ destination: other });
  pair.left.icmp.register(ping);
  ping.request();
  pair.exchange();
  assertEquals(pair.left.arp!.neighbours.map(({ address }) => address), [other]);
});

Deno.test("§2.5: an address that another station insists on is left for another", () => {
  const pair = bare();
  const left = linkLocalOf(pair.left);
  left.start(pair.now);
  pair.run(pair.now + 20_000);
  const { address } = left;
  // A station that is given the same address by hand announces it, is answered by a defence, and insists.
  pair.right.addAddress(address, linkLocalPrefixLength, pair.now);
  pair.exchange();
  assertEquals(left.address, 0);
  assertEquals(pair.left.arp!.counters.conflicts, 2);
  pair.run(pair.now + 20_000);
  assert(left.address !== 0 && left.address !== address);
});
