import { assertEquals } from "@std/assert";
import { staticBodyOf } from "./static_body.ts";

/** The body itself. */
function readStaticBody(response: Response): string | Uint8Array | null | undefined {
  const kept = staticBodyOf(response);
  return kept === null ? null : kept?.body;
}

Deno.test("staticBodyOf gives text and bytes without a stream", () => {
  assertEquals(readStaticBody(new Response("héllo")), "héllo");
  assertEquals(readStaticBody(new Response("x", { status: 404, headers: { a: "b" } })), "x");
  assertEquals(readStaticBody(Response.json([1])), "[1]");
  assertEquals(readStaticBody(new Response(Uint8Array.of(1, 2))), Uint8Array.of(1, 2));
  assertEquals(readStaticBody(new Response(Uint8Array.of(1, 2).buffer)), Uint8Array.of(1, 2));
  assertEquals(readStaticBody(new Response("")), "");
});

Deno.test("staticBodyOf tells a response without a body", () => {
  assertEquals(readStaticBody(new Response()), null);
  assertEquals(readStaticBody(new Response(null, { status: 204 })), null);
  assertEquals(readStaticBody(Response.redirect("http://a/")), null);
});

Deno.test("staticBodyOf leaves streams to be read, and bodies that somebody has touched", async () => {
  assertEquals(readStaticBody(new Response(new ReadableStream())), undefined);
  assertEquals(readStaticBody(new Response(new Blob(["x"]).stream())), undefined);
  const touched = new Response("x");
  void touched.body;
  assertEquals(readStaticBody(touched), undefined);
  assertEquals(await touched.text(), "x");
  const used = new Response("x");
  await used.text();
  assertEquals(readStaticBody(used), undefined);
  const cloned = new Response("x");
  assertEquals(readStaticBody(cloned.clone()), "x");
});

Deno.test("a static body that is consumed is used up", () => {
  const response = new Response("x");
  assertEquals(readStaticBody(response), "x");
  staticBodyOf(response)!.consumed = true;
  assertEquals(response.bodyUsed, true);
  assertEquals(readStaticBody(response), undefined);
});
