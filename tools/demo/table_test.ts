import assert from "node:assert/strict";
import { formatLogLine, formatTable } from "./table.ts";

Deno.test("formatTable() says what was seen and wraps what is long", () => {
  const detail = "word ".repeat(40).trim();
  const got = formatTable([
    { title: "one", seen: true, seconds: 1.25, detail: "done" },
    { title: "second", seen: false, seconds: 60, detail },
  ]).split("\n");

  assert.deepEqual(got.slice(0, 3), [
    "  one        1.3 s  seen",
    "      done",
    "  second    60.0 s  MISSED",
  ]);
  assert.ok(got.length > 4);
  assert.ok(got.every((line) => line.length <= 100));
});

const lines = [
  {
    name: "an outcome",
    line: '{"ts":"2026-01-02T03:04:05.678Z","msg":"reconciliation finished",' +
      '"controllerKind":"Kustomization","name":"apps","reason":"BuildFailed","message":"no\\nmore"}',
    want: "  03:04:05 Kustomization/apps: BuildFailed: no",
  },
  {
    name: "a message",
    line: '{"ts":"2026-01-02T03:04:05.678Z","msg":"started"}',
    want: "  03:04:05 started",
  },
  { name: "no JSON", line: "error: Uncaught", want: "  error: Uncaught" },
];

for (const { name, line, want } of lines) {
  Deno.test(`formatLogLine() prints ${name}`, () => {
    assert.equal(formatLogLine(line), want);
  });
}
