import assert from "node:assert/strict";
import { commonWrites, groupTries, pointsOf } from "./trial.ts";

Deno.test("pointsOf() takes the instant after each write, and the one before the first", () => {
  const got = pointsOf(["a", "b"], ["after"]).map(({ side, write }) => `${side} ${write}`);

  assert.deepEqual(got, ["before a", "after a", "after b"]);
});

Deno.test("pointsOf() takes both sides of an apply, which may be one of several at once", () => {
  const writes = ["checkpoint of b #1", "apply of a/b #1", "delete of a/b #1"];

  const got = pointsOf(writes, ["after"]).map(({ side, write }) => `${side} ${write}`);

  const [checkpoint, apply, deletion] = writes;
  assert.deepEqual(got, [
    `before ${checkpoint}`,
    `after ${checkpoint}`,
    `before ${apply}`,
    `after ${apply}`,
    `after ${deletion}`,
  ]);
});

Deno.test("pointsOf() takes both sides of each write", () => {
  const got = pointsOf(["a", "b"], ["before", "after"]).map(({ side, write }) =>
    `${side} ${write}`
  );

  assert.deepEqual(got, ["before a", "after a", "before b", "after b"]);
});

Deno.test("commonWrites() leaves out what only one life wrote", () => {
  const got = commonWrites([["a #1", "a #2", "b #1"], ["b #1", "a #1"]]);

  assert.deepEqual(got, ["a #1", "b #1"]);
});

Deno.test("groupTries() puts neighbours into different groups, no more into one than may be", () => {
  const points = pointsOf(["a", "b", "c", "d"], ["after"]);

  const got = groupTries("g", points, 2);

  assert.deepEqual(got.map((group) => group.map(({ namespace }) => namespace)), [
    ["g0-0", "g0-3"],
    ["g1-1", "g1-4"],
    ["g2-2"],
  ]);
});
