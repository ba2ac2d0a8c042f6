import assert from "node:assert/strict";
import { defaultBudget, treeOf } from "../base/mod.ts";
import { buildKustomization } from "./build.ts";

const FILES = {
  "base/kustomization.yaml": "namePrefix: a-\nresources: [all.yaml]\n",
  "base/all.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: one}\n---\n" +
    "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: two}\n",
  "over/kustomization.yaml": "resources: [../base]\nconfigMapGenerator:\n- name: made\n" +
    "  literals: [k=v]\n- name: more\n  literals: [k=v]\npatches:\n- target: {name: a-two}\n" +
    "  patch: |\n    [{op: add, path: /data, value: {k: v}}]\n",
};

Deno.test("buildKustomization() tells where each resource came from and what changed it", () => {
  const built = buildKustomization(treeOf(FILES), "over", {
    budget: defaultBudget(),
    provenance: true,
  });

  assert.ok(built.ok);
  const prefixed = { kind: "PrefixTransformer", path: "base/kustomization.yaml" };
  const hashed = { kind: "HashTransformer", path: "over/kustomization.yaml" };
  assert.deepEqual(built.value.resources.map(({ origin, changedBy }) => ({ origin, changedBy })), [
    { origin: { path: "base/all.yaml", line: 1 }, changedBy: [prefixed] },
    {
      origin: { path: "base/all.yaml", line: 5 },
      changedBy: [prefixed, { kind: "PatchTransformer", path: "over/kustomization.yaml" }],
    },
    { origin: { path: "over/kustomization.yaml", line: 3 }, changedBy: [hashed] },
    { origin: { path: "over/kustomization.yaml", line: 5 }, changedBy: [hashed] },
  ]);
});

Deno.test("buildKustomization() keeps no record that nobody asked for", () => {
  const built = buildKustomization(treeOf(FILES), "over", { budget: defaultBudget() });

  assert.ok(built.ok);
  for (const resource of built.value.resources) {
    assert.equal("origin" in resource || "changedBy" in resource, false);
  }
});
