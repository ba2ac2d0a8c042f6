import assert from "node:assert/strict";
import { commitOfRevision, hashDigest, modernRevision, splitRevision } from "./revision.ts";

const SHA1 = "a1afe267b54f38b46b487f6e938a6fd508278c07";
const SHA256 = "6745aaad46d795c9836632e1fb62f24b7e7f4c843144da8e47a5465c411a14be";

const cases: { revision: string; name: string; hash: string; modern: string }[] = [
  { revision: `main@sha1:${SHA1}`, name: "main", hash: SHA1, modern: `main@sha1:${SHA1}` },
  { revision: `main/${SHA1}`, name: "main", hash: SHA1, modern: `main@sha1:${SHA1}` },
  { revision: `feat/x/${SHA1}`, name: "feat/x", hash: SHA1, modern: `feat/x@sha1:${SHA1}` },
  { revision: `HEAD/${SHA1}`, name: "", hash: SHA1, modern: `sha1:${SHA1}` },
  { revision: `HEAD@sha1:${SHA1}`, name: "HEAD", hash: SHA1, modern: `HEAD@sha1:${SHA1}` },
  { revision: `sha256:${SHA256}`, name: "", hash: SHA256, modern: `sha256:${SHA256}` },
  { revision: SHA1, name: "", hash: SHA1, modern: `sha1:${SHA1}` },
  { revision: "", name: "", hash: "", modern: "" },
];

for (const { revision, name, hash, modern } of cases) {
  Deno.test(`splitRevision() takes "${revision}" apart, modernRevision() writes it anew`, () => {
    assert.deepEqual(splitRevision(revision), { name, hash });
    assert.equal(modernRevision(revision), modern);
  });
}

Deno.test("hashDigest() gives the algorithm by the hash's length", () => {
  assert.deepEqual([SHA1, "ab", ""].map(hashDigest), [`sha1:${SHA1}`, "<unknown>:ab", ""]);
});

Deno.test("commitOfRevision() gives commits of SHA-1 only, as forges name them", () => {
  const revisions = [`main/${SHA1}`, "main", `latest@sha256:${SHA256}`, ""];

  const got = revisions.map((revision) => commitOfRevision(revision).ok);

  assert.deepEqual(got, [true, false, false, false]);
});
