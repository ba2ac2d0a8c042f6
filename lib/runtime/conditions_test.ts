import assert from "node:assert/strict";
import { ordered, withCondition, withoutCondition } from "./conditions.ts";
import type { Condition } from "./kind.ts";

const OLD = "2026-01-01T00:00:00Z";
const NEW = "2026-01-01T01:00:00Z";
const stamp = { generation: 2, nowMs: Date.UTC(2026, 0, 1, 1) };
const value = { status: "True", reason: "Succeeded", message: "done" } as const;
const before: Condition = {
  type: "Ready",
  ...value,
  observedGeneration: 1,
  lastTransitionTime: OLD,
};

const times = [
  { name: "keeps the time when only the generation is new", value, want: OLD },
  { name: "takes a new time for a status", value: { ...value, status: "False" }, want: NEW },
  { name: "takes a new time for a reason", value: { ...value, reason: "Other" }, want: NEW },
  { name: "takes a new time for a message", value: { ...value, message: "other" }, want: NEW },
] as const;

for (const { name, value, want } of times) {
  Deno.test(`withCondition() ${name}`, () => {
    const [got] = withCondition([before], "Ready", value, stamp);

    assert.deepEqual(got, {
      type: "Ready",
      ...value,
      observedGeneration: 2,
      lastTransitionTime: want,
    });
  });
}

Deno.test("withCondition() cuts a message that the API would refuse", () => {
  const long = { ...value, message: "x".repeat(40_000) };

  const [got] = withCondition([], "Ready", long, stamp);

  assert.equal(got?.message.length, 32_768);
  assert.ok(got?.message.endsWith("x..."));
});

Deno.test("withCondition() leaves the list it was given alone", () => {
  const list = Object.freeze([Object.freeze(before)]);

  withCondition(list, "Ready", { ...value, reason: "Other" }, stamp);

  assert.deepEqual(list, [before]);
});

Deno.test("withoutCondition() leaves the others in their order", () => {
  const list = [condition("Ready", 1), condition("A", 1), condition("B", 1)];

  assert.deepEqual(withoutCondition(list, "A").map(({ type }) => type), ["Ready", "B"]);
});

Deno.test("ordered() puts Stalled, Reconciling and Ready first, then the newest generation", () => {
  const list = [
    condition("FetchFailed", 1),
    condition("ArtifactInStorage", 1),
    condition("ArtifactOutdated", 3),
    condition("Ready", 3),
    condition("Reconciling", 3),
    condition("Stalled", 3),
  ];

  assert.deepEqual(
    ordered(list).map(({ type }) => type),
    ["Stalled", "Reconciling", "Ready", "ArtifactOutdated", "ArtifactInStorage", "FetchFailed"],
  );
});

function condition(type: string, observedGeneration: number): Condition {
  return { ...before, type, observedGeneration };
}
