import assert from "node:assert/strict";
import { defaultBudget, Meter } from "../../base/mod.ts";
import { fromPlain, type MapNode, toPlain } from "../../yaml/mod.ts";
import { builtinSchemas } from "./schema.ts";
import { strategicMerge } from "./strategic_merge.ts";

function mapOf(value: unknown): MapNode {
  const node = fromPlain(value);
  if (node.kind !== "map") throw new TypeError("want a map");
  return node;
}

function pod(containers: unknown) {
  return { apiVersion: "v1", kind: "Pod", spec: { containers } };
}

const SIDE = { name: "side", image: "b" };

const cases = [
  {
    name: "merges maps",
    target: { a: { b: 1 } },
    patch: { a: { c: 2 } },
    want: { a: { b: 1, c: 2 } },
  },
  {
    name: "takes out what the patch nulls",
    target: { a: 1, b: 2 },
    patch: { a: null },
    want: { b: 2 },
  },
  {
    name: "replaces lists of kinds nobody described",
    target: { l: [{ name: "a" }] },
    patch: { l: [{ name: "b" }] },
    want: { l: [{ name: "b" }] },
  },
  {
    name: "replaces a map when told",
    target: { a: { b: 1 } },
    patch: { a: { $patch: "replace", c: 2 } },
    want: { a: { c: 2 } },
  },
  {
    name: "deletes a map when told",
    target: { a: { b: 1 }, d: 1 },
    patch: { a: { $patch: "delete" } },
    want: { d: 1 },
  },
  {
    name: "merges containers by name, new ones first",
    target: pod([{ name: "main", image: "a" }]),
    patch: pod([SIDE, { name: "main", tty: true }]),
    want: pod([SIDE, { name: "main", image: "a", tty: true }]),
  },
  {
    name: "deletes an item when told",
    target: pod([{ name: "main" }, SIDE]),
    patch: pod([{ name: "main", $patch: "delete" }]),
    want: pod([SIDE]),
  },
  {
    name: "replaces a list when told",
    target: pod([{ name: "main" }]),
    patch: pod([SIDE, { $patch: "replace" }]),
    want: pod([SIDE]),
  },
  {
    name: "keeps directives it does not know",
    target: { a: 1 },
    patch: { $retainKeys: ["a"] },
    want: { a: 1, $retainKeys: ["a"] },
  },
  {
    name: "leaves nothing when told to delete the object",
    target: { a: 1 },
    patch: { $patch: "delete" },
    want: undefined,
  },
];

for (const { name, target, patch, want } of cases) {
  Deno.test(`strategicMerge() ${name}`, () => {
    const merged = strategicMerge(mapOf(target), mapOf(patch), {
      schemas: builtinSchemas(),
      meter: new Meter(defaultBudget()),
    });

    assert.deepEqual(merged && toPlain(merged), want);
  });
}

Deno.test("strategicMerge() refuses another shape and an unknown directive", () => {
  const options = { schemas: builtinSchemas(), meter: new Meter(defaultBudget()) };

  assert.throws(() => strategicMerge(mapOf({ a: {} }), mapOf({ a: [1] }), options), /at "a"/);
  assert.throws(
    () => strategicMerge(mapOf({ a: {} }), mapOf({ a: { $patch: "x" } }), options),
    /\$patch/,
  );
});

Deno.test("strategicMerge() merges long lists in one pass", () => {
  const items = Array.from({ length: 300 }, (_, index) => ({ name: `c${index}` }));

  const merged = strategicMerge(mapOf(pod(items)), mapOf(pod([{ name: "c299", tty: true }])), {
    schemas: builtinSchemas(),
    meter: new Meter({ ...defaultBudget(), entries: 50_000 }),
  });

  assert.deepEqual(
    merged && toPlain(merged),
    pod([{ name: "c299", tty: true }, ...items.slice(0, -1)]),
  );
});
