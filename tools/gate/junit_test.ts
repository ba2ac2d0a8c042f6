/**
 * How the gate counts tests.
 *
 * @module
 */
import assert from "node:assert/strict";
import { addTallies, readClosingLine, readJunit } from "./junit.ts";

const REPORT = `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="deno test" tests="4" failures="1" errors="0" time="0.067">
  <testsuite name="./a_test.ts" tests="4" disabled="1" errors="0" failures="1">
    <testcase name="reads &quot;a &lt; b&quot;" classname="./a_test.ts" time="0.001" line="1" col="6">
    </testcase>
    <testcase name="parses &amp;lt;" classname="./a_test.ts" time="0.000" line="3" col="6">
      <failure message="Uncaught Error: &lt;skipped">Error: boom
    at file:///a_test.ts:3:34</failure>
    </testcase>
    <testcase name="not here" classname="./a_test.ts" time="0.000" line="4" col="11">
      <skipped/>
    </testcase>
    <testcase name="parses > step" classname="./a_test.ts" time="0.000" line="2" col="43">
    </testcase>
  </testsuite>
</testsuites>
`;

Deno.test("readJunit() counts tests and steps and names what failed", () => {
  const got = readJunit(REPORT);

  assert.deepEqual(got, { passed: 2, skipped: 1, failed: ["./a_test.ts: parses &lt;"] });
});

Deno.test("readJunit() finds nothing in a report that is cut off", () => {
  assert.deepEqual(readJunit(REPORT.slice(0, 200)), { passed: 0, skipped: 0, failed: [] });
});

Deno.test("addTallies() keeps every failure", () => {
  const got = addTallies({ passed: 1, skipped: 2, failed: ["a"] }, {
    passed: 10,
    skipped: 20,
    failed: ["b"],
  });

  assert.deepEqual(got, { passed: 11, skipped: 22, failed: ["a", "b"] });
});

Deno.test("readClosingLine() reads the last line only", async (t) => {
  const cases = [
    {
      name: "two numbers",
      lines: ["x", "12 passed, 3 failed", ""],
      want: { passed: 12, failed: 3, skipped: 0 },
    },
    {
      name: "three numbers",
      lines: ["12 passed, 0 failed, 4 skipped"],
      want: { passed: 12, failed: 0, skipped: 4 },
    },
    { name: "something after it", lines: ["1 passed, 0 failed", "crash"], want: undefined },
    { name: "nothing", lines: [], want: undefined },
  ];
  for (const { name, lines, want } of cases) {
    await t.step(name, () => assert.deepEqual(readClosingLine(lines), want));
  }
});
