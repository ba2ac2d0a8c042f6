import assert from "node:assert/strict";
import { BudgetSpent, defaultBudget, Meter } from "../base/mod.ts";
import { fromPlain, parseOne, toPlain } from "../yaml/mod.ts";
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
  // The rows below are the situations of RFC 6902, appendix A.
  {
    name: "adds before an item",
    doc: { list: ["a", "b"] },
    patch: [{ op: "add", path: "/list/1", value: "c" }],
    want: { list: ["a", "c", "b"] },
  },
  {
    name: "adds behind the last item by its index",
    doc: ["a"],
    patch: [{ op: "add", path: "/1", value: "b" }],
    want: ["a", "b"],
  },
  {
    name: "adds a list as one item",
    doc: { list: ["a"] },
    patch: [{ op: "add", path: "/list/-", value: ["b", "c"] }],
    want: { list: ["a", ["b", "c"]] },
  },
  {
    name: "adds over a member that is there",
    doc: { a: 1 },
    patch: [{ op: "add", path: "/a", value: { b: 2 } }],
    want: { a: { b: 2 } },
  },
  {
    name: "removes an item",
    doc: ["a", "b", "c"],
    patch: [{ op: "remove", path: "/1" }],
    want: ["a", "c"],
  },
  {
    name: "moves an item",
    doc: ["a", "b", "c", "d"],
    patch: [{ op: "move", from: "/1", path: "/3" }],
    want: ["a", "c", "d", "b"],
  },
  {
    name: "tests and goes on",
    doc: { a: "x", b: ["y", 2] },
    patch: [
      { op: "test", path: "/a", value: "x" },
      { op: "test", path: "/b/1", value: 2 },
      { op: "add", path: "/c", value: null },
    ],
    want: { a: "x", b: ["y", 2], c: null },
  },
  {
    name: "tests maps without regard to order",
    doc: { a: { x: 1, y: [2] } },
    patch: [{ op: "test", path: "/a", value: { y: [2], x: 1 } }],
    want: { a: { x: 1, y: [2] } },
  },
  {
    name: "ignores members it does not know",
    doc: { a: 1 },
    patch: [{ op: "add", path: "/b", value: 2, because: "of this" }],
    want: { a: 1, b: 2 },
  },
  {
    name: "unescapes once",
    doc: { "/": 9, "~1": 10 },
    patch: [{ op: "test", path: "/~01", value: 10 }],
    want: { "/": 9, "~1": 10 },
  },
  {
    name: "reaches the empty key",
    doc: { "": 1 },
    patch: [{ op: "replace", path: "/", value: 2 }],
    want: { "": 2 },
  },
  {
    name: "refuses a text where a number is",
    doc: { a: 10 },
    patch: [{ op: "test", path: "/a", value: "10" }],
  },
  {
    name: "refuses to add below what is not there",
    doc: { a: 1 },
    patch: [{ op: "add", path: "/b/c", value: 2 }],
  },
  {
    name: "refuses to move what is not there",
    doc: {},
    patch: [{ op: "move", from: "/a", path: "/b" }],
  },
  {
    name: "refuses to move a map into itself",
    doc: { a: { b: 1 } },
    patch: [{ op: "move", from: "/a", path: "/a/b" }],
  },
  { name: "refuses a name as index", doc: [1], patch: [{ op: "replace", path: "/a", value: 1 }] },
  { name: "refuses a path below a scalar", doc: { a: 1 }, patch: [{ op: "remove", path: "/a/b" }] },
  { name: "refuses to copy without from", doc: {}, patch: [{ op: "copy", path: "/a" }] },
  { name: "refuses an operation without op", doc: {}, patch: [{ path: "/a", value: 1 }] },
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

Deno.test("applyJsonPatch() applies all operations or none", () => {
  const document = fromPlain({ a: 1 });
  const patch = [{ op: "add", path: "/b", value: 2 }, { op: "test", path: "/a", value: 2 }];

  const got = applyJsonPatch(document, fromPlain(patch));

  assert.equal(!got.ok && got.code, "JsonPatchFailed");
  assert.deepEqual(toPlain(document), { a: 1 });
});

Deno.test("applyJsonPatch() names the operation, its line and its path", () => {
  const patch = parseOne("- op: add\n  path: /a\n  value: 1\n- op: remove\n  path: /b\n");
  assert.ok(patch.ok && patch.value !== undefined);

  const got = applyJsonPatch(fromPlain({}), patch.value);

  assert.equal(
    got.ok ? "" : got.message,
    "operation 2 on line 4 (remove /b): there is no /b",
  );
});

Deno.test("applyJsonPatch() refuses a patch that is no list", () => {
  const got = applyJsonPatch(fromPlain({}), fromPlain({ op: "remove", path: "/a" }));

  assert.equal(!got.ok && got.code, "JsonPatchFailed");
});

Deno.test("applyJsonPatch() spends the budget on what it copies", () => {
  const doubling = Array.from(
    { length: 64 },
    (_, at) => ({ op: "copy", from: "/a", path: `/a/b${at}` }),
  );
  const meter = new Meter({ ...defaultBudget(), entries: 10_000 });

  assert.throws(
    () => applyJsonPatch(fromPlain({ a: {} }), fromPlain(doubling), meter),
    BudgetSpent,
  );
});
