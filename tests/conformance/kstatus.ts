/**
 * Conformance of `lib/kube/kstatus` with the rows recorded from cli-utils.
 *
 * @module
 */
import { isEqualJson, isRecord } from "../../lib/base/mod.ts";
import { computeStatus } from "../../lib/kube/kstatus/mod.ts";
import type { KubeObject } from "../../lib/kube/mod.ts";

interface Row {
  input: { op: string; manifest: KubeObject; withConditions?: unknown[] };
  expect: Record<string, unknown>;
}

/** Why the row fails, or nothing. */
export function runRow(row: unknown): string | undefined {
  // The file's own README gives rows this shape.
  const { input, expect } = row as Row;
  const got = input.op === "augment" ? augment(input) : compute(input.manifest);
  if ("error" in expect) return "error" in got ? undefined : `no error: ${JSON.stringify(got)}`;
  return isEqualJson(got, expect)
    ? undefined
    : `got ${JSON.stringify(got)}, want ${JSON.stringify(expect)}`;
}

function compute(manifest: KubeObject): Record<string, unknown> {
  const computed = computeStatus(manifest);
  return computed.status === "Unknown" ? { error: computed.message } : { ...computed };
}

/** What kstatus adds to the conditions that an object has already. */
function augment(input: Row["input"]): Record<string, unknown> {
  const existing = input.withConditions ?? [];
  const status = isRecord(input.manifest.status) ? input.manifest.status : {};
  const object = { ...input.manifest, status: { ...status, conditions: existing } };
  const computed = computeStatus(object).conditions;
  const types = existing.map((condition) => isRecord(condition) ? condition.type : undefined);
  const kept = existing.map((condition, index) =>
    computed.find(({ type }) => type === types[index]) ?? condition
  );
  const added = computed.filter(({ type }) => !types.includes(type));
  const conditions = [...kept, ...added];
  return { conditions: conditions.length > 0 ? conditions : null };
}
