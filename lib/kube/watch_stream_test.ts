import assert from "node:assert/strict";
import { BrokenStream, readWatch } from "./watch_stream.ts";

async function* bytes(...parts: string[]): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  for (const part of parts) yield await Promise.resolve(new TextEncoder().encode(part));
}

Deno.test("readWatch() puts events together wherever the bytes are cut", async () => {
  const text = '{"type":"ADDED","object":{"metadata":{"name":"ä€"}}}\n' +
    '{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"9007199254740993"}}}\n';
  const whole = new TextEncoder().encode(text);
  const want = [
    { type: "ADDED", object: { metadata: { name: "ä€" } } },
    { type: "BOOKMARK", object: { metadata: { resourceVersion: "9007199254740993" } } },
  ];

  for (let cut = 0; cut <= whole.length; cut++) {
    const parts = [whole.slice(0, cut), whole.slice(cut)];
    const got = await Array.fromAsync(readWatch(ReadableStream.from(parts)));
    assert.deepEqual(got, want);
  }
});

Deno.test("readWatch() refuses what is no watch", async () => {
  const cases = [
    { name: "prose", parts: ["<html>\n"] },
    { name: "no type", parts: ['{"object":{}}\n'] },
    { name: "no object", parts: ['{"type":"ADDED"}\n'] },
    { name: "an event that breaks off", parts: ['{"type":"ADDED","obj'] },
    { name: "a line without end", parts: Array(20).fill("x".repeat(10)) },
  ];

  for (const { name, parts } of cases) {
    const reading = Array.fromAsync(readWatch(bytes(...parts), { mostBytes: 100 }));
    await assert.rejects(reading, BrokenStream, name);
  }
});
