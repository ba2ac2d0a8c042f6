/**
 * What a person sees of long steps.
 *
 * @module
 */
import assert from "node:assert/strict";
import { formatElapsed, openProgress } from "./terminal.ts";

/** A sink that takes three bytes at a time, as a full pipe may. */
function narrowSink(terminal: boolean) {
  const bytes: number[] = [];
  return {
    text: () => new TextDecoder().decode(new Uint8Array(bytes)),
    isTerminal: () => terminal,
    writeSync(chunk: Uint8Array): number {
      bytes.push(...chunk.subarray(0, 3));
      return Math.min(3, chunk.length);
    },
  };
}

Deno.test("openProgress() overwrites on a terminal", () => {
  const sink = narrowSink(true);
  const progress = openProgress(sink, () => 0);

  progress.update("1 of 2");
  progress.update("2 of 2");
  progress.say("done");

  assert.equal(sink.text(), "\r\x1b[K1 of 2\r\x1b[K2 of 2\r\x1b[Kdone\n");
});

Deno.test("openProgress() prints a line every 15 s elsewhere", () => {
  const sink = narrowSink(false);
  let now = 0;
  const progress = openProgress(sink, () => now);

  for (; now <= 40_000; now += 5_000) progress.update(`at ${now}`);

  assert.equal(sink.text(), "at 15000\nat 30000\n");
});

Deno.test("formatElapsed() speaks of minutes from one on", () => {
  assert.equal(formatElapsed(59_400), "59 s");
  assert.equal(formatElapsed(75_000), "1 min 15 s");
});
