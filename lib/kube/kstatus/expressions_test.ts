import assert from "node:assert/strict";
import type { KubeObject } from "../object.ts";
import { healthOf, judgeHealth, readHealthExpressions } from "./mod.ts";

const READY = "status.conditions.filter(e, e.type == 'Ready').all(e, e.status == 'True')";
const NOT_READY = "status.conditions.filter(e, e.type == 'Ready').all(e, e.status == 'False')";

function pump(fields: Record<string, unknown>, generation = 1): KubeObject {
  return { apiVersion: "ex.io/v1", kind: "Pump", metadata: { name: "a", generation }, ...fields };
}

const ready = (status: string) => ({ status: { conditions: [{ type: "Ready", status }] } });

const cases = [
  {
    name: "current",
    expression: { current: READY, failed: NOT_READY },
    object: pump(ready("True")),
    want: "Current",
  },
  {
    name: "failed",
    expression: { current: READY, failed: NOT_READY },
    object: pump(ready("False")),
    want: "Failed",
  },
  {
    name: "none of them",
    expression: { current: READY, failed: NOT_READY },
    object: pump(ready("Unknown")),
    want: "InProgress",
  },
  {
    name: "inProgress is asked before failed, failed before current",
    expression: { current: "true", failed: "true", inProgress: "true" },
    object: pump({}),
    want: "InProgress",
  },
  {
    name: "failed is asked before current",
    expression: { current: "true", failed: "true" },
    object: pump({}),
    want: "Failed",
  },
  {
    name: "a status of an earlier generation",
    expression: { current: "true" },
    object: pump({ status: { observedGeneration: 1 } }, 2),
    want: "InProgress",
  },
  {
    name: "fields other than spec and status",
    expression: { current: "data.state == 'up' && metadata.generation == 1 && kind == 'Pump'" },
    object: pump({ data: { state: "up" } }),
    want: "Current",
  },
  {
    name: "another version of the group",
    expression: { apiVersion: "ex.io/v1alpha1", current: "false" },
    object: pump({}),
    want: "InProgress",
  },
  {
    name: "every kind of the group",
    expression: { kind: undefined, current: "false" },
    object: pump({}),
    want: "InProgress",
  },
  {
    name: "another kind is left to kstatus",
    expression: { kind: "Valve", current: "false" },
    object: pump({}),
    want: "Current",
  },
  {
    name: "another group is left to kstatus",
    expression: { apiVersion: "other.io/v1", current: "false" },
    object: pump({}),
    want: "Current",
  },
  {
    name: "a missing status",
    expression: { current: READY },
    object: pump({}),
    want: "Unknown",
  },
];

for (const { name, expression, object, want } of cases) {
  Deno.test(`healthCheckExprs: ${name}: ${want}`, () => {
    const expressions = readHealthExpressions([
      { apiVersion: "ex.io/v1", kind: "Pump", ...expression },
    ]);
    assert.ok(expressions.ok);

    const got = healthOf({ ...object, name: "a" }, object, { expressions: expressions.value });

    assert.equal(got.status, want, got.message);
  });
}

Deno.test("the first of two that are for a kind is asked", () => {
  const group = { apiVersion: "ex.io/v1", current: "false" };
  const kind = { apiVersion: "ex.io/v1", kind: "Pump", current: "true" };
  const judge = (list: Parameters<typeof readHealthExpressions>[0]) => {
    const read = readHealthExpressions(list);
    return read.ok ? read.value.judge(pump({})) : read;
  };

  assert.deepEqual(judge([group, kind]), { ok: true, value: "InProgress" });
  assert.deepEqual(judge([kind, group]), { ok: true, value: "Current" });
});

Deno.test("a verdict repeats why an expression could not tell", () => {
  const expressions = readHealthExpressions([
    { apiVersion: "ex.io/v1", kind: "Pump", current: "status.up" },
  ]);
  assert.ok(expressions.ok);
  const ref = { apiVersion: "ex.io/v1", kind: "Pump", namespace: "ns", name: "a" };

  const health = healthOf(ref, pump({}), { expressions: expressions.value });

  assert.deepEqual(judgeHealth([health]), {
    kind: "waiting",
    pending: [ref],
    message: "timeout waiting for: [Pump/ns/a status: 'Unknown': " +
      "failed to evaluate the CEL expression 'status.up': no such attribute(s): status.up]",
  });
});

const refused = [
  {
    name: "one that cannot be read",
    list: [{ apiVersion: "ex.io/v1", current: "true" }, { apiVersion: "b/v1", current: "a." }],
    want:
      /^failed to create custom status evaluator for healthchecks\[1\]: failed to parse the expression Current: failed to parse the CEL expression 'a\.': ERROR: <input>:1:3/,
  },
  {
    name: "a second one for the same kind",
    list: ["v1", "v2"].map((version) => ({
      apiVersion: `ex.io/${version}`,
      kind: "Pump",
      current: "true",
    })),
    want: /healthchecks\[1\]: healthchecks\[0\] is for ex\.io\/Pump already$/,
  },
  {
    name: "an empty one",
    list: [{ apiVersion: "ex.io/v1", current: "" }],
    want: /expression Current not specified$/,
  },
];

for (const { name, list, want } of refused) {
  Deno.test(`readHealthExpressions() refuses ${name}`, () => {
    const got = readHealthExpressions(list);

    assert.ok(!got.ok);
    assert.equal(got.code, "InvalidCELExpression");
    assert.match(got.message, want);
  });
}
