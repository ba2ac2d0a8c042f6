import assert from "node:assert/strict";
import { mapParallel } from "./parallel.ts";

Deno.test("mapParallel() leaves nothing running behind when a step throws, and starts nothing more", async () => {
  const started: number[] = [];
  const slow = Promise.withResolvers<void>();
  let isOver = false;
  const step = async (item: number): Promise<void> => {
    started.push(item);
    if (item === 1) throw new RangeError("one");
    await slow.promise;
    throw new TypeError("two");
  };

  const run = mapParallel([1, 2, 3], 2, step).finally(() => isOver = true);
  const ended = assert.rejects(run, RangeError);
  for (let turn = 0; turn < 10; turn++) await undefined;
  const wasOver = isOver;
  slow.resolve();
  await ended;

  assert.equal(wasOver, false);
  assert.deepEqual(started, [1, 2]);
});
