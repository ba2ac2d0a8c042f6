import assert from "node:assert/strict";
import { mergePatchOf } from "./merge_patch.ts";

const patches: { name: string; from: object; to: object; want: unknown }[] = [
  { name: "the same", from: { a: [1] }, to: { a: [1] }, want: undefined },
  { name: "another order of members", from: { a: 1, b: 2 }, to: { b: 2, a: 1 }, want: undefined },
  { name: "undefined for absent", from: {}, to: { a: undefined }, want: undefined },
  { name: "a new member", from: {}, to: { a: 1 }, want: { a: 1 } },
  { name: "a member less", from: { a: 1 }, to: {}, want: { a: null } },
  { name: "a member set to undefined", from: { a: 1 }, to: { a: undefined }, want: { a: null } },
  { name: "a list, as a whole", from: { a: [1] }, to: { a: [1, 2] }, want: { a: [1, 2] } },
  {
    name: "deep inside",
    from: { a: { b: 1, c: 2 } },
    to: { a: { b: 1 } },
    want: { a: { c: null } },
  },
  { name: "an object for text", from: { a: "x" }, to: { a: { b: 1 } }, want: { a: { b: 1 } } },
];

for (const { name, from, to, want } of patches) {
  Deno.test(`mergePatchOf() of ${name}`, () => {
    const got = mergePatchOf({ ...from }, { ...to });

    assert.deepEqual(got, want);
  });
}
