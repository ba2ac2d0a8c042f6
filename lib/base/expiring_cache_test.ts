import assert from "node:assert/strict";
import { FakeClock } from "../testing/fake_clock.ts";
import { type Expiring, ExpiringCache } from "./expiring_cache.ts";
import { fail, ok, type Result } from "./result.ts";

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

/** A cache whose questions the test answers, and runs that are called off one by one. */
function openSlowly() {
  const clock = new FakeClock();
  const cache = new ExpiringCache<string>({ clock });
  const questions: {
    readonly signal: AbortSignal;
    readonly answer: (answer: Result<Expiring<string>>) => void;
  }[] = [];
  const ask = (signal: AbortSignal) => {
    const { promise, resolve } = Promise.withResolvers<Result<Expiring<string>>>();
    questions.push({ signal, answer: resolve });
    return promise;
  };
  const run = () => {
    const off = new AbortController();
    const patience = { signal: off.signal, calledOff: fail("Timeout", "called off") };
    const got = cache.get("a", ask, patience).then((it) => it.ok ? it.value : it.code);
    return { got, off: () => off.abort() };
  };
  const lasting = (value: string) => ok({ value, endMs: clock.now() + 3_600_000 });
  return { cache, ask, questions, run, lasting };
}

Deno.test("get() goes on asking for those who wait on somebody that is called off", async () => {
  const { questions, run, lasting } = openSlowly();
  const [first, second] = [run(), run()];

  first.off();
  assert.equal(await first.got, "Timeout");
  assert.equal(questions[0]?.signal.aborted, false);
  questions[0]?.answer(lasting("token"));

  assert.equal(await second.got, "token");
  assert.equal(await run().got, "token");
  assert.equal(questions.length, 1);
});

Deno.test("get() calls a question off with the last one who waits, and asks anew for who comes then", async () => {
  const { questions, run, lasting } = openSlowly();
  const [first, second] = [run(), run()];

  first.off();
  second.off();
  assert.deepEqual(await Promise.all([first.got, second.got]), ["Timeout", "Timeout"]);
  const third = run();

  assert.deepEqual(questions.map(({ signal }) => signal.aborted), [true, false]);
  questions[1]?.answer(lasting("new"));
  assert.equal(await third.got, "new");
  questions[0]?.answer(lasting("old"));
  assert.equal(await run().got, "new");
});

Deno.test("get() keeps nothing that came too late for anybody, nor a failure", async () => {
  const { questions, run, lasting } = openSlowly();
  const first = run();
  first.off();
  assert.equal(await first.got, "Timeout");
  questions[0]?.answer(lasting("late"));

  const [second, third] = [run(), run()];
  questions[1]?.answer(fail("Forbidden", "no"));
  assert.deepEqual(await Promise.all([second.got, third.got]), ["Forbidden", "Forbidden"]);
  const fourth = run();
  questions[2]?.answer(lasting("good"));

  assert.equal(await fourth.got, "good");
});

Deno.test("get() asks for nobody who was called off before", async () => {
  const { cache, ask, questions } = openSlowly();
  const patience = { signal: AbortSignal.abort(), calledOff: fail("Timeout", "called off") };

  const got = await cache.get("a", ask, patience);

  assert.deepEqual(got, patience.calledOff);
  assert.equal(questions.length, 0);
});

Deno.test("get() waits on for one who is in no hurry", async () => {
  const { cache, ask, questions, run, lasting } = openSlowly();
  const patient = cache.get("a", ask);
  const other = run();

  other.off();
  assert.equal(await other.got, "Timeout");
  assert.equal(questions[0]?.signal.aborted, false);
  questions[0]?.answer(lasting("token"));

  assert.deepEqual(await patient, ok("token"));
});
