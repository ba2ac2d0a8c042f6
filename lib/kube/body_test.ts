import assert from "node:assert/strict";
import { RecordedStream } from "../testing/recorded_fetch.ts";
import { BodyTooLarge, chunksOf, readText } from "./body.ts";

Deno.test("an abort ends a read that waits, even when the body knows nothing of the signal", async () => {
  const aborter = new AbortController();
  const { body } = new RecordedStream();

  const reading = Array.fromAsync(chunksOf(body, aborter.signal));
  aborter.abort(new Error("enough"));

  await assert.rejects(reading, { message: "enough" });
});

Deno.test("readText() puts text together wherever the bytes are cut", async () => {
  const { signal } = new AbortController();
  const bytes = new TextEncoder().encode("ä€😀");

  for (let cut = 0; cut <= bytes.length; cut++) {
    const body = ReadableStream.from([bytes.slice(0, cut), bytes.slice(cut)]);
    assert.equal(await readText(new Response(body), { mostBytes: 100, signal }), "ä€😀");
  }
  assert.equal(await readText(new Response(null), { mostBytes: 0, signal }), "");
});

Deno.test("readText() refuses more than allowed, announced or not", async () => {
  const { signal } = new AbortController();
  const cases = [
    new Response("x".repeat(11), { headers: { "content-length": "11" } }),
    new Response(ReadableStream.from([new Uint8Array(6), new Uint8Array(5)])),
  ];

  for (const response of cases) {
    await assert.rejects(readText(response, { mostBytes: 10, signal }), BodyTooLarge);
  }
});
