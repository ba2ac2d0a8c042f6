import assert from "node:assert/strict";
import { splitBracketPath, splitPath } from "./field_path.ts";

Deno.test("splitPath() keeps escaped delimiters and drops a leading one", () => {
  assert.deepEqual(splitPath("/a/b\\/c/d", "/"), ["a", "b/c", "d"]);
  assert.deepEqual(splitPath("", "/"), [""]);
});

const cases = [
  { path: "spec.containers.[name=a.b].image", want: ["spec", "containers", "[name=a.b]", "image"] },
  { path: "metadata.annotations.[a.b/c]", want: ["metadata", "annotations", "a.b/c"] },
  { path: "data.a\\.b", want: ["data", "a.b"] },
  { path: "a.[b", want: ["a", "b"] },
];

for (const { path, want } of cases) {
  Deno.test(`splitBracketPath() splits ${path}`, () => {
    assert.deepEqual(splitBracketPath(path), want);
  });
}
