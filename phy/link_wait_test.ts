import { assertEquals, assertThrows } from "@std/assert";
import { LinkWait, type LinkWaitOptions, MemoryMdioBus, type MemoryPhy, Phy } from "./mod.ts";

/** Runs the machine on virtual time, doing what the plan says when its time comes. */
function run(
  options: LinkWaitOptions,
  plan: readonly (readonly [at: number, act: (phy: MemoryPhy) => void])[],
  until: number,
): { readonly status: string; readonly at: number; readonly looks: number } {
  const bus = new MemoryMdioBus();
  const memory = bus.attach(0);
  const phy = new Phy(bus, 0);
  let looks = 0;
  const wait = new LinkWait(() => (looks++, phy.linkState()), 0, options);
  let done = 0;
  for (let now = 0; now <= until; now++) {
    while (plan[done] !== undefined && plan[done]![0] <= now) plan[done++]![1](memory);
    if (wait.poll(now) !== "waiting") {
      assertEquals(wait.deadline(), Infinity);
      assertEquals(wait.poll(now + 1), wait.status);
      return { status: wait.status, at: now, looks };
    }
  }
  return { status: wait.status, at: until, looks };
}

const plug = (phy: MemoryPhy) => phy.plug({ modes: ["1000BASE-T"] });
const unplug = (phy: MemoryPhy) => phy.unplug();

Deno.test("The wait ends when the link is there, when time is up, or goes on", () => {
  assertEquals(run({}, [[0, plug]], 10), { status: "up", at: 0, looks: 1 });
  assertEquals(run({}, [[150, plug]], 1000), { status: "up", at: 200, looks: 3 });
  assertEquals(run({ interval: 10 }, [[151, plug]], 1000), { status: "up", at: 160, looks: 17 });
  assertEquals(run({ timeout: 250 }, [], 1000), { status: "timed-out", at: 250, looks: 4 });
  // The last look counts.
  assertEquals(run({ timeout: 250 }, [[240, plug]], 1000), { status: "up", at: 250, looks: 4 });
  assertEquals(run({ timeout: 0 }, [], 1), { status: "timed-out", at: 0, looks: 1 });
  assertEquals(run({}, [], 950), { status: "waiting", at: 950, looks: 10 });
});

Deno.test("A link that comes and goes has to stay for the time to settle", () => {
  const flap = [[0, plug], [250, unplug], [260, plug]] as const;
  // It was lost between two looks: the time begins anew at the look that tells.
  assertEquals(run({ settle: 400 }, flap, 2000).at, 700);
  assertEquals(run({ settle: 400 }, [[0, plug]], 2000).at, 400);
  assertEquals(run({ settle: 150 }, [[0, plug]], 2000).at, 150);
  assertEquals(run({ settle: 400, timeout: 600 }, flap, 2000), {
    status: "timed-out",
    at: 600,
    looks: 7,
  });
});

Deno.test("Times that are none are refused", () => {
  const look = () => new Phy(new MemoryMdioBus(), 0).linkState();
  for (const options of [{ timeout: -1 }, { interval: NaN }, { settle: -0.5 }]) {
    assertThrows(() => new LinkWait(look, 0, options), RangeError, "Cannot wait for a link");
  }
});
