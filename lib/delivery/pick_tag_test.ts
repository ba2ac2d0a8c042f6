import assert from "node:assert/strict";
import { pickTags } from "./pick_tag.ts";

const TAGS = ["v1.0.0", "1.2.0", "v1.10.0", "v1.10.0+b1", "v2.0.0-rc.1", "main"];

const cases = [
  { range: "1.x", want: ["v1.10.0", "v1.10.0+b1"] },
  { range: ">=2.0.0-0", want: ["v2.0.0-rc.1"] },
  { range: ">=1.2.0 <1.3.0", want: ["1.2.0"] },
  { range: ">=9", want: "no match found for semver: >=9" },
  { range: "not a range", want: 'semver parse error: improper constraint: "not a range"' },
];

for (const { range, want } of cases) {
  Deno.test(`pickTags() answers "${range}"`, () => {
    const got = pickTags(TAGS, range);

    assert.deepEqual(got.ok ? got.value : got.message, want);
  });
}
