/**
 * Networks on virtual time: stacks behind impaired cables, and what TCP makes of them.
 *
 * @example
 * ```ts
 * import { Network } from "@octet/testing/netsim";
 * import { assertEquals } from "@std/assert";
 *
 * const network = new Network(7);
 * network.attach({ impairment: { loss: 0.1 } });
 * network.attach();
 * assertEquals(network.run(() => false, 1000), false);
 * ```
 *
 * @module
 */
export * from "./goodput.ts";
export * from "./network.ts";
