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

Deno.test("buildKustomization() knows what components, plugins and replacements did", () => {
  const files = {
    "comp/kustomization.yaml": "kind: Component\napiVersion: kustomize.config.k8s.io/v1alpha1\n" +
      "resources: [c.yaml]\nnameSuffix: -c\n",
    "comp/c.yaml": "# a note\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n",
    "over/kustomization.yaml": "components: [../comp]\ngenerators:\n- g.yaml\n- |\n" +
      "  apiVersion: builtin\n  kind: ConfigMapGenerator\n  metadata: {name: inline}\n" +
      "transformers: [t.yaml]\nreplacements:\n- sourceValue: v\n  targets:\n" +
      "  - {select: {name: c}, fieldPaths: [data.k], options: {create: true}}\n",
    "over/g.yaml": "apiVersion: builtin\nkind: SecretGenerator\nmetadata: {name: one}\n---\n" +
      "apiVersion: builtin\nkind: IAMPolicyGenerator\nmetadata: {name: two}\ncloud: gke\n" +
      "kubernetesService: {name: account}\nserviceAccount: {name: a, projectId: p}\n",
    "over/t.yaml": "apiVersion: builtin\nkind: AnnotationsTransformer\nmetadata: {name: t}\n" +
      "annotations: {a: b}\nfieldSpecs: [{path: metadata/annotations, create: true, kind: Secret}]\n",
  };

  const built = buildKustomization(treeOf(files), "over", {
    budget: defaultBudget(),
    provenance: true,
  });

  assert.ok(built.ok, built.ok ? "" : built.message);
  const over = "over/kustomization.yaml";
  const known = new Map(
    built.value.resources.map(({ name, origin, changedBy = [] }) => [
      name.replace(/-[a-z0-9]{10}$/, ""),
      [`${origin?.path}:${origin?.line}`, ...changedBy.map(({ kind, path }) => `${kind} ${path}`)],
    ]),
  );
  const suffixed = "SuffixTransformer comp/kustomization.yaml";
  assert.deepEqual(Object.fromEntries(known), {
    "c-c": ["comp/c.yaml:2", suffixed, `ReplacementTransformer ${over}`],
    "one-c": [
      "over/g.yaml:1",
      suffixed,
      `AnnotationsTransformer ${over}`,
      `HashTransformer ${over}`,
    ],
    "account-c": ["over/g.yaml:5", suffixed],
    "inline-c": [`${over}:4`, suffixed, `HashTransformer ${over}`],
  });
});

Deno.test("buildKustomization() tells where resources came from without what changed them", () => {
  const options = { budget: defaultBudget(), provenance: "origins" } as const;
  const built = buildKustomization(treeOf(FILES), "over", options);

  assert.ok(built.ok);
  const [first] = built.value.resources;
  assert.deepEqual(first?.origin, { path: "base/all.yaml", line: 1 });
  assert.equal(built.value.resources.some((resource) => "changedBy" in resource), false);
});

Deno.test("buildKustomization() keeps no record that nobody asked for", () => {
  const built = buildKustomization(treeOf(FILES), "over", { budget: defaultBudget() });

  assert.ok(built.ok);
  for (const resource of built.value.resources) {
    assert.equal("origin" in resource || "changedBy" in resource, false);
  }
});
