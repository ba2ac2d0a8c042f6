import assert from "node:assert/strict";
import { COLLISIONS } from "../testing/sha1_collisions.ts";
import { expand } from "../testing/sha1_definition.ts";
import { listVectors } from "./vectors.ts";

const vectors = listVectors();

Deno.test("listVectors() names the 32 vectors of Stevens and Shumow, with their 373 conditions", () => {
  const names = vectors.map(({ name }) => name);
  const run = (type: string, first: number, last: number) =>
    Array.from({ length: last - first + 1 }, (_, index) => `${type}(${first + index},0)`);
  const turned = [46, 47, 48, 49, 50, 51].map((first) => `I(${first},2)`);
  const turnedTwo = [46, 49, 50, 51].map((first) => `II(${first},2)`);

  assert.deepEqual(names, [...run("I", 43, 52), ...turned, ...run("II", 45, 56), ...turnedTwo]);
  assert.equal(vectors.reduce((sum, { conditions }) => sum + conditions.length, 0), 373);
});

Deno.test("listVectors() gives II(52,0) the difference between the files of SHAttered", () => {
  const [{ messages } = assert.fail()] = COLLISIONS;
  const [one, other] = messages.map((message) => expand(message.subarray(-64)));

  const between = one?.map((word, step) => word ^ (other?.[step] ?? 0));

  const { difference } = vectors.find(({ name }) => name === "II(52,0)") ?? assert.fail();
  assert.deepEqual(difference, between);
});

for (const { name, difference, meeting, conditions } of vectors) {
  const word = (step: number) => difference[step] ?? assert.fail();

  Deno.test(`the difference of ${name} is that of two messages`, () => {
    for (let step = 16; step < difference.length; step++) {
      const mixed = word(step - 3) ^ word(step - 8) ^ word(step - 14) ^ word(step - 16);
      assert.equal(word(step), (mixed << 1 | mixed >>> 31) >>> 0);
    }
  });

  Deno.test(`the conditions of ${name} are about bits in which the messages differ`, () => {
    for (const { one, other } of conditions) {
      for (const [step, bit] of [one, other]) {
        assert.equal(word(step) >>> bit & 1, 1, `${step}.${bit}`);
      }
    }
  });

  Deno.test(`the messages of ${name} meet where the kernel keeps the state`, () => {
    assert.ok([58, 65].includes(meeting));
  });
}
