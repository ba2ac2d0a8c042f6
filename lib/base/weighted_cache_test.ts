import assert from "node:assert/strict";
import { WeightedCache } from "./weighted_cache.ts";

/** What is left of a, b and c, which weigh 4 each, in a cache for 8, after what `touch` does before c comes. */
function leftAfter(touch: (cache: WeightedCache<string>) => void): string[] {
  const cache = new WeightedCache<string>(8);
  cache.set("a", "a", 4);
  cache.set("b", "b", 4);
  touch(cache);
  cache.set("c", "c", 4);
  return ["a", "b", "c"].filter((key) => cache.get(key) === key);
}

const cases: { name: string; touch: (cache: WeightedCache<string>) => void; want: string[] }[] = [
  { name: "lets the oldest go", touch: () => {}, want: ["b", "c"] },
  { name: "keeps what was asked for", touch: (cache) => cache.get("a"), want: ["a", "c"] },
  { name: "keeps what was set anew", touch: (cache) => cache.set("a", "a", 4), want: ["a", "c"] },
  {
    name: "has room for another when one is deleted",
    touch: (cache) => cache.delete("b"),
    want: ["a", "c"],
  },
  { name: "counts a new weight", touch: (cache) => cache.set("b", "b", 1), want: ["b", "c"] },
  {
    name: "does not let all go for one that is too heavy",
    touch: (cache) => cache.set("d", "d", 9),
    want: ["b", "c"],
  },
];

for (const { name, touch, want } of cases) {
  Deno.test(`WeightedCache ${name}`, () => {
    assert.deepEqual(leftAfter(touch), want);
  });
}

Deno.test("WeightedCache forgets an old value for which the new one is too heavy", () => {
  const cache = new WeightedCache<string>(8);
  cache.set("a", "old", 1);

  cache.set("a", "new", 9);

  assert.equal(cache.get("a"), undefined);
});
