/**
 * `deno task test [PATH …] [--filter TEXT]`: every test that needs no privilege.
 *
 * Arguments go to `deno test` as they are. A test that cannot run here is registered with
 * `ignore: true` and a name that ends in `(skipped: WHY)`.
 *
 * @module
 */

import { testRun } from "./test_runner.ts";

if (import.meta.main) {
  const { failed } = await testRun(["--ignore=interop", ...Deno.args]);
  Deno.exit(failed === 0 ? 0 : 1);
}
