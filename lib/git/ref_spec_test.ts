import assert from "node:assert/strict";
import type { RefSpec } from "./client.ts";
import { parseRefSpec } from "./ref_spec.ts";

const commit = "1".repeat(40);

const precedence: { ref: RefSpec; want: string }[] = [
  { ref: {}, want: "refs/heads/master" },
  { ref: { branch: "" }, want: "refs/heads/master" },
  { ref: { branch: "main" }, want: "refs/heads/main" },
  { ref: { branch: "main", semver: "1.x" }, want: "1.x" },
  { ref: { semver: "1.x", tag: "v1" }, want: "refs/tags/v1" },
  { ref: { tag: "v1", name: "refs/pull/1/head" }, want: "refs/pull/1/head" },
  { ref: { name: "refs/pull/1/head", commit }, want: commit },
  { ref: { name: "refs/tags/v1^{}" }, want: "refs/tags/v1" },
  { ref: { any: commit, branch: "main" }, want: commit },
  { ref: { any: "HEAD" }, want: "HEAD" },
];

for (const { ref, want } of precedence) {
  Deno.test(`parseRefSpec() wants ${want} of ${JSON.stringify(ref)}`, () => {
    const got = parseRefSpec(ref);

    assert.ok(got.ok);
    const { value } = got;
    const wanted = value.kind === "any"
      ? value.name
      : value.kind === "ref"
      ? value.ref
      : value.kind === "semver"
      ? value.range
      : value.commit;
    assert.equal(wanted, want);
  });
}

const refused: readonly RefSpec[] = [
  { branch: "../../x" },
  { branch: "a.lock" },
  { branch: "a/.b" },
  { branch: "a//b" },
  { branch: "/a" },
  { branch: "a b" },
  { branch: "a\nb" },
  { branch: "a\0b" },
  { branch: "a~1" },
  { branch: "a@{1}" },
  { branch: "@" },
  { branch: "a*" },
  { branch: "a\\b" },
  { branch: "a." },
  { tag: "x".repeat(300 << 10) },
  { name: "refs/heads/../../x" },
  { any: "../x" },
  { any: "" },
  { any: "a b" },
  { commit: "abc" },
  { commit: "HEAD" },
  { commit, branch: "a b" },
];

for (const ref of refused) {
  Deno.test(`parseRefSpec() refuses ${JSON.stringify(ref).slice(0, 60)}`, () => {
    const got = parseRefSpec(ref);

    assert.equal(!got.ok && got.code, "InvalidRef");
  });
}
