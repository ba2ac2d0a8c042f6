import assert from "node:assert/strict";
import type { KubeObject, ManagedFields } from "../object.ts";
import { cleanupPatch } from "./mod.ts";

const MANAGER = "kustomize-controller";

function live(...managedFields: ManagedFields[]): KubeObject {
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "a", resourceVersion: "7", managedFields },
  };
}

function entry(
  manager: string,
  operation: string,
  field: string,
  subresource?: string,
): ManagedFields {
  const fieldsV1 = { "f:data": { [`f:${field}`]: {} } };
  const base = { manager, operation, apiVersion: "v1", fieldsType: "FieldsV1", fieldsV1 };
  return subresource === undefined ? base : { ...base, subresource };
}

Deno.test("cleanupPatch() merges the fields of earlier managers into ours", () => {
  const object = live(
    entry("kubectl-client-side-apply", "Update", "a"),
    entry(MANAGER, "Apply", "b"),
    entry("hpa", "Update", "c"),
    entry("kubectl-edit", "Update", "d", "status"),
  );

  assert.deepEqual(cleanupPatch(object, MANAGER), [
    {
      op: "replace",
      path: "/metadata/managedFields",
      value: [
        { ...entry(MANAGER, "Apply", "b"), fieldsV1: { "f:data": { "f:a": {}, "f:b": {} } } },
        entry("hpa", "Update", "c"),
        entry("kubectl-edit", "Update", "d", "status"),
      ],
    },
    { op: "replace", path: "/metadata/resourceVersion", value: "7" },
  ]);
});

Deno.test("cleanupPatch() leaves managers alone that are not ours to take over", () => {
  const cases = [
    { name: "ours", entries: [entry(MANAGER, "Apply", "a")], want: 0 },
    { name: "a stranger's", entries: [entry("hpa", "Update", "a")], want: 0 },
    { name: "our own updates", entries: [entry(MANAGER, "Update", "a")], want: 2 },
    { name: "before-first-apply", entries: [entry("before-first-apply", "Update", "a")], want: 2 },
    {
      name: "an applying before-first-apply",
      entries: [entry("before-first-apply", "Apply", "a")],
      want: 0,
    },
  ];

  for (const { name, entries, want } of cases) {
    assert.equal(cleanupPatch(live(...entries), MANAGER).length, want, name);
  }
  assert.equal(cleanupPatch(live(entry("hpa", "Apply", "a")), MANAGER, ["hpa"]).length, 2);
});
