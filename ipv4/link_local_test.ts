import { assert, assertEquals, assertThrows } from "@std/assert";
import { MacAddress, parseIpv4 } from "@octet/netip";
import { LinkLocal, type LinkLocalClaim, type LinkLocalClaimOptions } from "./link_local.ts";

const hardwareAddress = MacAddress.parse("02:00:00:00:00:01");

interface Claim extends LinkLocalClaim {
  isUsable: boolean;
  readonly now: number;
  readonly options: LinkLocalClaimOptions;
}

/** A link on which this test decides who has what. */
class Link {
  readonly made: Claim[] = [];
  readonly released: number[] = [];
  readonly log: string[] = [];
  readonly linkLocal: LinkLocal;

  constructor(
    mac: MacAddress = hardwareAddress,
    more: { preferred?: number; duration?: number } = {},
  ) {
    this.linkLocal = new LinkLocal({
      hardwareAddress: mac,
      claims: {
        claim: (address, now, options) => {
          const claim = { address, now, options, isUsable: false };
          this.made.push(claim);
          return claim;
        },
        release: ({ address }) => {
          this.released.push(address);
        },
      },
      onAddress: (address, now) => this.log.push(`${now} ${address === 0 ? "none" : "address"}`),
      ...more,
    });
  }

  get last(): Claim {
    return this.made.at(-1)!;
  }

  decide(claim: Claim, isUsable: boolean, now: number): void {
    claim.isUsable = isUsable;
    claim.options.onChange(claim, now);
  }
}

Deno.test("RFC 3927 §2.1: addresses are spread over 169.254.1.0 to 169.254.254.255, and the same for a station each time", () => {
  const firsts = new Set<number>();
  const thirds = new Set<number>();
  for (let i = 0; i < 2000; i++) {
    const link = new Link(MacAddress.fromNumber(0x020000000000 + i));
    link.linkLocal.start(0);
    const { address } = link.last;
    assert(address >= parseIpv4("169.254.1.0") && address <= parseIpv4("169.254.254.255"));
    firsts.add(address);
    thirds.add((address >>> 8) & 0xff);
    const again = new Link(MacAddress.fromNumber(0x020000000000 + i));
    again.linkLocal.start(0);
    assertEquals(again.last.address, address);
  }
  assert(firsts.size > 1900 && thirds.size > 250, `${firsts.size} ${thirds.size}`);
});

Deno.test("RFC 3927 §2.2, §2.5: probed before use, defended once; after a conflict another is tried at once", () => {
  const link = new Link();
  const { linkLocal } = link;
  assertEquals([linkLocal.isRunning, linkLocal.address], [false, 0]);
  linkLocal.start(5);
  linkLocal.start(6);
  assertEquals(link.made.length, 1);
  const { options } = link.last;
  assertEquals([options.detection, options.defence, options.duration], [
    "before",
    "defend",
    undefined,
  ]);
  link.decide(link.last, false, 300);
  assertEquals([link.made.length, link.last.now, link.log], [2, 300, []]);
  link.decide(link.last, true, 7000);
  assertEquals([linkLocal.address, link.log], [link.last.address, ["7000 address"]]);
  link.decide(link.last, false, 90_000);
  assertEquals(link.log, ["7000 address", "90000 none"]);
  assertEquals([link.made.length, linkLocal.address, linkLocal.isRunning], [3, 0, true]);
  assertEquals(new Set(link.made.map(({ address }) => address)).size, 3);
});

Deno.test("stopping gives the claim up; what is heard of it afterwards counts no more", () => {
  const link = new Link(hardwareAddress, { duration: 500 });
  const { linkLocal } = link;
  linkLocal.stop(0);
  linkLocal.start(0);
  const [claim] = link.made;
  assertEquals(claim!.options.duration, 500);
  link.decide(claim!, true, 10);
  linkLocal.stop(20);
  linkLocal.stop(21);
  assertEquals(link.released, [claim!.address]);
  assertEquals(link.log, ["10 address", "20 none"]);
  link.decide(claim!, false, 30);
  link.decide(claim!, true, 31);
  assertEquals([linkLocal.isRunning, linkLocal.address, link.made.length], [false, 0, 1]);
  linkLocal.start(40);
  assertEquals(link.last.address, claim!.address);
});

Deno.test("an address from before is tried first, if it can be one", () => {
  const preferred = parseIpv4("169.254.7.7");
  const link = new Link(hardwareAddress, { preferred });
  link.linkLocal.start(0);
  assertEquals(link.last.address, preferred);
  link.decide(link.last, false, 1);
  assert(link.last.address !== preferred);
  for (const text of ["169.254.0.255", "169.254.255.0", "10.0.0.1"]) {
    assertThrows(() => new Link(hardwareAddress, { preferred: parseIpv4(text) }), RangeError);
  }
});

Deno.test("who is told that the address is gone may stop, or begin anew", () => {
  for (const restarts of [false, true]) {
    const link = new Link();
    const linkLocal: LinkLocal = new LinkLocal({
      hardwareAddress,
      claims: {
        claim: (address, now, options) => {
          const claim = { address, now, options, isUsable: false };
          link.made.push(claim);
          return claim;
        },
        release: () => {},
      },
      onAddress: (address, now) => {
        if (address !== 0) return;
        linkLocal.stop(now);
        if (restarts) linkLocal.start(now);
      },
    });
    linkLocal.start(0);
    link.decide(link.last, true, 1);
    link.decide(link.last, false, 2);
    assertEquals(link.made.length, 2);
  }
});
