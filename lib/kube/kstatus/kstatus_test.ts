import assert from "node:assert/strict";
import type { Clock } from "../../base/mod.ts";
import type { KubeObject } from "../object.ts";
import { computeStatus, healthOf, judgeHealth } from "./mod.ts";

function object(
  apiVersion: string,
  kind: string,
  fields: Record<string, unknown> = {},
): KubeObject {
  return { apiVersion, kind, metadata: { name: "a", namespace: "ns" }, ...fields };
}

const ref = { apiVersion: "batch/v1", kind: "Job", namespace: "ns", name: "a" };

Deno.test("computeStatus() judges each kind by its own rule", () => {
  const cases = [
    { name: "a config map is always ready", object: object("v1", "ConfigMap"), want: "Current" },
    {
      name: "a custom resource without conditions is current",
      object: object("example.com/v1", "Widget"),
      want: "Current",
    },
    {
      name: "conditions that are no list say nothing",
      object: object("example.com/v1", "Widget", { status: { conditions: "x" } }),
      want: "Unknown",
    },
    {
      name: "a stale status is in progress",
      object: {
        ...object("example.com/v1", "Widget", { status: { observedGeneration: 1 } }),
        metadata: { name: "a", generation: 2 },
      },
      want: "InProgress",
    },
  ];

  for (const { name, object, want } of cases) {
    assert.equal(computeStatus(object).status, want, name);
  }
});

Deno.test("computeStatus() gives the scheduler fifteen seconds for a pod", () => {
  const created = Date.parse("2026-01-01T00:00:00Z");
  const conditions = [{ type: "PodScheduled", status: "False", reason: "Unschedulable" }];
  const pod = object("v1", "Pod", { status: { phase: "Pending", conditions } });
  pod.metadata.creationTimestamp = "2026-01-01T00:00:00Z";
  const at = (now: number): Clock => ({
    now: () => now,
    monotonicMs: () => now,
    after: () => ({ cancel() {} }),
  });

  assert.equal(computeStatus(pod, at(created + 14_000)).status, "InProgress");
  assert.equal(computeStatus(pod, at(created + 15_000)).status, "Failed");
});

Deno.test("healthOf() wants jobs to be complete", () => {
  const conditions = (type: string) => ({ status: { conditions: [{ type, status: "True" }] } });
  const cases = [
    {
      name: "running",
      live: object("batch/v1", "Job", { status: { startTime: "x" } }),
      want: "InProgress",
    },
    { name: "complete", live: object("batch/v1", "Job", conditions("Complete")), want: "Current" },
    { name: "failed", live: object("batch/v1", "Job", conditions("Failed")), want: "Failed" },
    {
      name: "suspended",
      live: object("batch/v1", "Job", { spec: { suspend: true }, ...conditions("Suspended") }),
      want: "Current",
    },
    { name: "gone", live: undefined, want: "NotFound" },
    {
      name: "gone by its own rule",
      live: undefined,
      desired: object("batch/v1", "Job", { spec: { ttlSecondsAfterFinished: 0 } }),
      want: "Current",
    },
  ];

  for (const { name, live, desired, want } of cases) {
    assert.equal(healthOf(ref, live, { desired }).status, want, name);
  }
});

Deno.test("judgeHealth() says what it waits for, in a fixed order", () => {
  const waiting = [
    { ref: { ...ref, name: "b" }, status: "InProgress", message: "" } as const,
    { ref, status: "NotFound", message: "" } as const,
  ];
  const stalled = { ref: { ...ref, name: "c" }, status: "Failed", message: "" } as const;

  assert.deepEqual(judgeHealth(waiting), {
    kind: "waiting",
    pending: [{ ...ref, name: "b" }, ref],
    message: "timeout waiting for: [Job/ns/a status: 'NotFound', Job/ns/b status: 'InProgress']",
  });
  assert.deepEqual(judgeHealth([...waiting, stalled]), {
    kind: "failed",
    message: "failed early due to stalled resources: [Job/ns/c status: 'Failed']",
  });
  assert.equal(judgeHealth([...waiting, stalled], { failFast: false }).kind, "waiting");
  assert.equal(judgeHealth([stalled], { failFast: false }).kind, "failed");
  assert.equal(judgeHealth([]).kind, "healthy");
});
