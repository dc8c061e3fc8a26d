import { assertMatch, assertStringIncludes } from "@std/assert";
import { Namespace, requirePeers } from "./_namespace.ts";

/** The `sh` blocks of a section of the README. */
async function commands(heading: string): Promise<string[]> {
  const text = await Deno.readTextFile(new URL("../README.md", import.meta.url));
  const section = text.split(/^## /m).find((part) => part.startsWith(heading));
  if (section === undefined) throw new Error(`No section ${heading} in the README`);
  return [...section.matchAll(/^```sh\n(.*?)^```/gms)].map((match) => match[1]!);
}

const root = new URL("..", import.meta.url).pathname;

Deno.test("the README's commands on a TAP do what it says", async () => {
  requirePeers("curl", "ip", "sh");
  const [fetched, served] = await commands("On a real network");
  await using namespace = await Namespace.create();
  const run = async (script: string) => {
    const here = "SERVER=; trap 'kill $SERVER 2>/dev/null || true' EXIT\n" +
      script.replaceAll("deno run", `${Deno.execPath()} run`);
    return await namespace.run("sh", ["-ec", here], { cwd: root });
  };
  assertStringIncludes((await run(fetched!)).stdout, "<h1>Over a TAP</h1>");
  assertMatch((await run(served!)).stdout, /^1000000$/m);
});
