import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { Interest, Liveness } from "./liveness.ts";

Deno.test("The process stays alive for the host, and for calls that wait of resources that count", () => {
  const action = fc.record({
    resource: fc.nat(2),
    what: fc.constantFrom("begin", "end", "ref", "unref", "host ref", "host unref"),
  });
  fc.assert(fc.property(fc.array(action, { maxLength: 60 }), (actions) => {
    const told: boolean[] = [true];
    const liveness = new Liveness((isAlive) => told.push(isAlive));
    const interests = Array.from({ length: 3 }, () => new Interest(liveness));
    const waiting = [0, 0, 0];
    const counts = [true, true, true];
    let host = true;
    for (const { resource, what } of actions) {
      const interest = interests[resource]!;
      if (what === "begin") {
        interest.begin();
        waiting[resource]!++;
      } else if (what === "end" && waiting[resource]! > 0) {
        interest.end();
        waiting[resource]!--;
      } else if (what === "ref" || what === "unref") {
        counts[resource] = what === "ref";
        interest.setRef(counts[resource]!);
      } else if (what === "host ref" || what === "host unref") {
        host = what === "host ref";
        liveness.setHost(host);
      }
      const isAlive = host || waiting.some((count, i) => count > 0 && counts[i]);
      assertEquals(liveness.isAlive, isAlive);
      // Told at each change, and only then.
      assertEquals(told.at(-1), isAlive);
    }
    for (let i = 1; i < told.length; i++) assertEquals(told[i], !told[i - 1]);
  }));
});
