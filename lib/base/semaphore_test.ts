import assert from "node:assert/strict";
import { Semaphore } from "./semaphore.ts";

Deno.test("no more run at once than there are places, in the order they came", async () => {
  const places = new Semaphore(3);
  let running = 0;
  let most = 0;
  const begun: number[] = [];
  await Promise.all(Array.from({ length: 20 }, (_, number) =>
    places.run(async () => {
      begun.push(number);
      most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, number % 3));
      running--;
    })));
  assert.equal(most, 3);
  assert.deepEqual(begun, Array.from({ length: 20 }, (_, number) => number));
});

Deno.test("a wait that is called off takes no place, and loses none", async () => {
  const places = new Semaphore(1);
  const first = Promise.withResolvers<void>();
  const held = places.run(() => first.promise);
  const controller = new AbortController();
  const calledOff = places.run(() => Promise.resolve("early"), controller.signal);
  const aborted = places.run(() => Promise.resolve("at once"), AbortSignal.abort());
  let isThere = false;
  const next = places.run(() => Promise.resolve(isThere = true));

  controller.abort();
  assert.equal(await calledOff, "early");
  assert.equal(await aborted, "at once");
  assert.equal(isThere, false);

  first.resolve();
  await Promise.all([held, next]);
  assert.equal(isThere, true);
  assert.equal(await places.run(() => Promise.resolve("free")), "free");
});

Deno.test("a step that throws gives its place back", async () => {
  const places = new Semaphore(1);
  await assert.rejects(places.run(() => Promise.reject(new Error("no"))), /no/);
  assert.equal(await places.run(() => Promise.resolve("yes")), "yes");
});
