import assert from "node:assert/strict";
import { FakeClock } from "../testing/fake_clock.ts";
import { ExpiringCache } from "./expiring_cache.ts";
import { fail, ok } from "./result.ts";

/** A cache, and who fills it: each value lasts an hour. */
function open(options: { most?: number } = {}) {
  const clock = new FakeClock();
  const cache = new ExpiringCache<number>({ clock, ...options });
  let asked = 0;
  const ask = () => Promise.resolve(ok({ value: ++asked, endMs: clock.now() + 3_600_000 }));
  const get = async (key: string) => {
    const got = await cache.get(key, ask);
    return got.ok ? got.value : got.code;
  };
  return { clock, cache, get };
}

Deno.test("get() keeps a value until five minutes before its end", async () => {
  const { clock, get } = open();
  const got = [await get("a")];

  await clock.advance(54 * 60_000);
  got.push(await get("a"));
  await clock.advance(2 * 60_000);
  got.push(await get("a"));

  assert.deepEqual(got, [1, 1, 2]);
});

Deno.test("get() asks once for all who want a value at the same time", async () => {
  const { get } = open();

  const got = await Promise.all([get("a"), get("a"), get("b"), get("a")]);

  assert.deepEqual(got, [1, 1, 2, 1]);
});

Deno.test("get() keeps no failure, and gives it to all who wait", async () => {
  const { cache, get } = open();
  const refuse = () => Promise.resolve(fail("Forbidden", "no"));

  const got = await Promise.all([cache.get("a", refuse), cache.get("a", refuse)]);

  assert.deepEqual(got.map(({ ok }) => ok), [false, false]);
  assert.equal(await get("a"), 1);
});

Deno.test("get() asks again after somebody's question has thrown", async () => {
  const { cache, get } = open();

  await assert.rejects(cache.get("a", () => Promise.reject(new TypeError("bug"))), TypeError);

  assert.equal(await get("a"), 1);
});

Deno.test("get() lets go of the oldest value where there are too many", async () => {
  const { get } = open({ most: 2 });

  const got = [];
  for (const key of ["a", "b", "c", "b", "a"]) got.push(await get(key));

  assert.deepEqual(got, [1, 2, 3, 2, 4]);
});
