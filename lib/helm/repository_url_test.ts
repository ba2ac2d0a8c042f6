import assert from "node:assert/strict";
import { normalizeRepositoryUrl } from "./repository_url.ts";

const cases: { url: string; want: string | undefined }[] = [
  { url: "https://h", want: "https://h/" },
  { url: "https://h/a///", want: "https://h/a/" },
  { url: "https://me:p@h/a?b=/#c/", want: "https://me:p@h/a/?b=/#c/" },
  { url: "OCI://h/a/", want: "OCI://h/a" },
  { url: "h/a", want: undefined },
  { url: "1http://h", want: undefined },
];

for (const { url, want } of cases) {
  Deno.test(`normalizeRepositoryUrl() of ${url}`, () => {
    const got = normalizeRepositoryUrl(url);

    assert.equal(got.ok ? got.value : undefined, want);
    if (want !== undefined) assert.deepEqual(normalizeRepositoryUrl(want), got, "twice is once");
  });
}
