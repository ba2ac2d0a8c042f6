import assert from "node:assert/strict";
import { GitRepository } from "../../crds/mod.ts";
import { ready, retry } from "../../lib/runtime/mod.ts";
import type { GitOutcome } from "./git_outcomes.ts";
import { annotationTrouble, keepLastVerified, lastVerified, VERIFY_RANGE } from "./verify_range.ts";

const ARTIFACT = {
  digest: "sha256:1",
  path: "p",
  url: "http://host/p",
  revision: "main@sha1:abc",
  lastUpdateTime: "2026-01-01T00:00:00Z",
};

function repository(
  { range, verify = true, mode }: { range?: string; verify?: boolean; mode?: string },
): GitRepository {
  const decoded = GitRepository.decode({
    apiVersion: GitRepository.apiVersion,
    kind: "GitRepository",
    metadata: {
      name: "app",
      namespace: "apps",
      ...(range !== undefined && { annotations: { [VERIFY_RANGE]: range } }),
    },
    spec: {
      interval: "1m",
      url: "https://host/app.git",
      ...(verify && { verify: { mode: "HEAD", secretRef: { name: "keys" } } }),
    },
    status: { artifact: ARTIFACT, ...(mode !== undefined && { sourceVerificationMode: mode }) },
  });
  assert.ok(decoded.ok);
  return decoded.value;
}

const troubles: { range?: string; verify?: boolean; want: RegExp | undefined }[] = [
  { want: undefined },
  { range: "all", want: undefined },
  { range: "first-parent", want: undefined },
  { range: "All", want: /verify-range"\] is "All": use all or first-parent$/ },
  { range: "", want: /is "": use all or first-parent$/ },
  { range: "all", verify: false, want: /needs spec\.verify/ },
];

for (const { want, ...given } of troubles) {
  const { range = "none", verify = true } = given;
  const end = want === undefined ? "takes" : "refuses";
  Deno.test(`annotationTrouble() ${end} ${range} ${verify ? "with" : "without"} verify`, () => {
    const got = annotationTrouble(repository(given));

    if (want === undefined) assert.equal(got, undefined);
    else assert.match(got?.message ?? "", want);
  });
}

Deno.test("lastVerified() names the commit of an artifact that was verified, and of no other", () => {
  assert.equal(lastVerified(repository({ mode: "HEAD" })), "abc");
  assert.equal(lastVerified(repository({})), undefined);
});

const outcomes: { name: string; range?: string; outcome: GitOutcome; keeps: boolean }[] = [
  {
    name: "keeps the record of a lost artifact",
    range: "all",
    outcome: retry("GitOperationFailed", { message: "x" }, { status: { artifact: undefined } }),
    keeps: true,
  },
  {
    name: "leaves Flux's ways alone without the annotation",
    outcome: retry("GitOperationFailed", { message: "x" }, { status: { artifact: undefined } }),
    keeps: false,
  },
  {
    name: "leaves a new artifact alone",
    range: "all",
    outcome: ready("Succeeded", "x", { status: { artifact: { ...ARTIFACT, path: "new" } } }),
    keeps: false,
  },
];

for (const { name, range, outcome, keeps } of outcomes) {
  Deno.test(`keepLastVerified() ${name}`, () => {
    const repo = repository({ mode: "HEAD", ...(range !== undefined && { range }) });

    const got = keepLastVerified(repo, outcome);

    assert.deepEqual(got.status?.artifact, keeps ? ARTIFACT : outcome.status?.artifact);
  });
}
