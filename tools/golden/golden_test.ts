/**
 * How the golden tool reads its arguments and the runner's report.
 *
 * @module
 */
import assert from "node:assert/strict";
import { describeDifferences, parseReport } from "./report.ts";
import { isWanted, parseGoldenArguments } from "./request.ts";

const USUAL = {
  help: false,
  rows: undefined,
  only: [],
  jobs: 6,
  strict: false,
  skipGaps: false,
  work: undefined,
};

const requests = [
  { args: [], want: USUAL },
  { args: ["--", "--rows", "mine", "--jobs=2"], want: { ...USUAL, rows: "mine", jobs: 2 } },
  { args: ["--only", "git-*", "--only=ks-?"], want: { ...USUAL, only: ["git-*", "ks-?"] } },
  { args: ["--strict", "--skip-gaps"], want: { ...USUAL, strict: true, skipGaps: true } },
  { args: ["--work", "/w", "-h"], want: { ...USUAL, help: true, work: "/w" } },
];

for (const { args, want } of requests) {
  Deno.test(`parseGoldenArguments() reads ${args.join(" ") || "no arguments"}`, () => {
    const got = parseGoldenArguments(args);

    assert.ok(got.ok);
    assert.deepEqual(got.value, want);
  });
}

const mistakes = [
  { args: ["kustomize"], want: /unknown option kustomize/ },
  { args: ["--onyl", "x"], want: /unknown option --onyl/ },
  { args: ["--rows"], want: /--rows needs a value/ },
  { args: ["--jobs=0"], want: /--jobs needs a number from 1 to 32/ },
  { args: ["--jobs=many"], want: /--jobs needs a number/ },
];

for (const { args, want } of mistakes) {
  Deno.test(`parseGoldenArguments() refuses ${args.join(" ")}`, () => {
    const got = parseGoldenArguments(args);

    assert.equal(got.ok, false);
    if (!got.ok) assert.match(got.message, want);
  });
}

const names = [
  { name: "git-auth", only: [], want: true },
  { name: "git-auth", only: ["git-*"], want: true },
  { name: "git-auth", only: ["ks-*", "git-auth"], want: true },
  { name: "git-auth", only: ["git"], want: false },
  { name: "git-auth", only: ["*-au?h"], want: true },
  { name: "git-auth", only: ["git-auth?"], want: false },
];

for (const { name, only, want } of names) {
  Deno.test(`isWanted() of ${name} by ${only.join(" ") || "nothing"} is ${want}`, () => {
    assert.equal(isWanted(name, only), want);
  });
}

Deno.test("parseReport() reads differences, and both sides are shown", () => {
  const report = parseReport(JSON.stringify({
    "git-auth": [],
    "git-branch": [["step 0/objects/0/status/x", "differs", { a: 1 }, "b"]],
  }));

  assert.ok(report.ok);
  assert.deepEqual(report.value.get("git-auth"), []);
  assert.deepEqual(describeDifferences(report.value.get("git-branch") ?? []), [
    "  step 0/objects/0/status/x: differs",
    '    recorded  {"a":1}',
    '    ours      "b"',
  ]);
});

for (const text of ["", "[]", '{"x":1}', '{"x":[1]}', '{"x":[[1,2]]}']) {
  Deno.test(`parseReport() refuses ${text || "nothing"}`, () => {
    const report = parseReport(text);

    assert.equal(report.ok, false);
    if (!report.ok) assert.equal(report.code, "BadReport");
  });
}
