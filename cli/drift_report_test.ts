import assert from "node:assert/strict";
import { formatDrift } from "./drift_report.ts";

const TIME = "2026-01-01T00:00:00Z";
const REF = { apiVersion: "apps/v1", kind: "Deployment", namespace: "shop", name: "web" };
const DRIFT = [{
  ref: REF,
  changes: [
    {
      path: "/spec/replicas",
      wanted: 3,
      found: 7,
      writers: [{ manager: "kubectl-edit", time: TIME }],
    },
    { path: "/metadata/labels/team", wanted: "a", writers: [] },
  ],
}, { ref: { ...REF, name: "api" } }];

Deno.test("formatDrift() cuts nothing without a width", () => {
  assert.equal(
    formatDrift(DRIFT),
    `Deployment/shop/api was deleted

Deployment/shop/web
  PATH                   IN GIT  IN CLUSTER  CHANGED BY
  /spec/replicas         3       7           kubectl-edit at 2026-01-01T00:00:00Z
  /metadata/labels/team  "a"     (none)      (nobody says)
`,
  );
});

Deno.test("formatDrift() shows what a terminal would obey", () => {
  const change = { path: "/spec/\x1b[2J\n", wanted: "a", found: "\u009b1m\u202e", writers: [] };

  const text = formatDrift([{ ref: REF, changes: [change] }]);

  assert.equal(text.match(/[\p{Cc}\p{Cf}]/gu)?.join(""), "\n\n\n");
  assert.match(text, /\/spec\/\\u\{1b\}\[2J\\u\{a\} .*"\\u\{9b\}1m\\u\{202e\}"/);
});

Deno.test("formatDrift() fits any terminal, and shows where long values differ", () => {
  const long = "x".repeat(200);
  const drift = [{
    ref: REF,
    changes: [{
      path: `/spec/template/spec/containers/0/env/${"1".repeat(40)}`,
      wanted: `${long}git`,
      found: `${long}hand`,
      writers: [{ manager: "kubectl-client-side-apply", time: TIME }],
    }],
  }];
  for (const columns of [60, 80, 120]) {
    const text = formatDrift(drift, columns);
    for (const line of text.split("\n")) assert.ok(line.length <= columns, line);
    assert.match(text, /…x+git"/);
    assert.match(text, /…x+hand"/);
  }
});
