import { assertEquals } from "@std/assert";
import { readStaticBody, useStaticBody } from "./static_body.ts";

Deno.test("readStaticBody gives text and bytes without a stream", () => {
  assertEquals(readStaticBody(new Response("héllo")), "héllo");
  assertEquals(readStaticBody(new Response("x", { status: 404, headers: { a: "b" } })), "x");
  assertEquals(readStaticBody(Response.json([1])), "[1]");
  assertEquals(readStaticBody(new Response(Uint8Array.of(1, 2))), Uint8Array.of(1, 2));
  assertEquals(readStaticBody(new Response(Uint8Array.of(1, 2).buffer)), Uint8Array.of(1, 2));
  assertEquals(readStaticBody(new Response("")), "");
});

Deno.test("readStaticBody tells a response without a body", () => {
  assertEquals(readStaticBody(new Response()), null);
  assertEquals(readStaticBody(new Response(null, { status: 204 })), null);
  assertEquals(readStaticBody(Response.redirect("http://a/")), null);
});

Deno.test("readStaticBody leaves streams to be read, and bodies that somebody has touched", async () => {
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

Deno.test("useStaticBody uses the body up", () => {
  const response = new Response("x");
  assertEquals(readStaticBody(response), "x");
  useStaticBody(response);
  assertEquals(response.bodyUsed, true);
  assertEquals(readStaticBody(response), undefined);
});
