import assert from "node:assert/strict";
import { fromPlain, toPlain } from "../yaml/mod.ts";
import { applyJsonPatch } from "./apply.ts";

const cases = [
  {
    name: "adds to a map",
    doc: { a: 1 },
    patch: [{ op: "add", path: "/b", value: [] }],
    want: { a: 1, b: [] },
  },
  {
    name: "inserts into a list",
    doc: [1, 3],
    patch: [{ op: "add", path: "/1", value: 2 }],
    want: [1, 2, 3],
  },
  { name: "counts from the end", doc: [1, 2], patch: [{ op: "remove", path: "/-1" }], want: [1] },
  {
    name: "replaces the document",
    doc: 1,
    patch: [{ op: "replace", path: "", value: 2 }],
    want: 2,
  },
  {
    name: "moves",
    doc: { a: { b: 1 } },
    patch: [{ op: "move", from: "/a/b", path: "/c" }],
    want: { a: {}, c: 1 },
  },
  {
    name: "copies",
    doc: { a: [1] },
    patch: [{ op: "copy", from: "/a", path: "/b" }],
    want: { a: [1], b: [1] },
  },
  {
    name: "unescapes",
    doc: { "~/": 1 },
    patch: [{ op: "replace", path: "/~0~1", value: 2 }],
    want: { "~/": 2 },
  },
  {
    name: "tests what is missing as null",
    doc: {},
    patch: [{ op: "test", path: "/a", value: null }],
    want: {},
  },
  { name: "refuses a missing parent", doc: {}, patch: [{ op: "add", path: "/a/b", value: 1 }] },
  {
    name: "replaces what is missing from a map",
    doc: {},
    patch: [{ op: "replace", path: "/a", value: 1 }],
    want: { a: 1 },
  },
  { name: "refuses to remove what is missing", doc: {}, patch: [{ op: "remove", path: "/a" }] },
  {
    name: "refuses an index outside of the list",
    doc: [1],
    patch: [{ op: "add", path: "/2", value: 1 }],
  },
  { name: "refuses another value", doc: { a: 1 }, patch: [{ op: "test", path: "/a", value: 2 }] },
  { name: "refuses an unknown operation", doc: {}, patch: [{ op: "frobnicate", path: "/a" }] },
  { name: "refuses a path without a slash", doc: {}, patch: [{ op: "add", path: "a", value: 1 }] },
];

for (const { name, doc, patch, want } of cases) {
  Deno.test(`applyJsonPatch() ${name}`, () => {
    const got = applyJsonPatch(fromPlain(doc), fromPlain(patch));

    if (want === undefined) assert.equal(got.ok, false);
    else assert.deepEqual(got.ok && toPlain(got.value), want);
  });
}

Deno.test("applyJsonPatch() leaves the document as it was", () => {
  const document = fromPlain({ a: [1] });

  applyJsonPatch(document, fromPlain([{ op: "remove", path: "/a" }]));

  assert.deepEqual(toPlain(document), { a: [1] });
});
