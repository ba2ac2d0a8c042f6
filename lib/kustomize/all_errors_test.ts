import assert from "node:assert/strict";
import { defaultBudget, treeOf } from "../base/mod.ts";
import { buildKustomization } from "./build.ts";

const CONFIG_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: cm\n";

const cases = [
  {
    name: "unknown fields and wrong types",
    files: { "kustomization.yaml": "resorces: [a.yaml]\nnamePrefix: 1\nimages:\n- nme: x\n" },
    want: [
      /^kustomization\.yaml:1: unknown field "resorces"; did you mean "resources"\?$/,
      /^kustomization\.yaml:2: namePrefix must be a string, not "1" \(put it in quotes\)$/,
      /^kustomization\.yaml:4: unknown field "images\[0\]\.nme"; did you mean "name"\?$/,
    ],
  },
  {
    name: "missing files",
    files: { "kustomization.yaml": "resources: [b.yaml, c]\n" },
    want: [/^kustomization\.yaml:1: "b\.yaml" .*check the path$/, /"c" .*check the path$/],
  },
  {
    name: "patches without a target, each at its place",
    files: {
      "kustomization.yaml": "resources: [cm.yaml]\nreplicas: [{name: q}]\npatches:\n" +
        "- path: p.yaml\n- patch: '{kind: X, metadata: {name: y}}'\n",
      "cm.yaml": CONFIG_MAP,
      "p.yaml": "# a note\nkind: Q\nmetadata: {name: z}\n",
    },
    want: [
      /^p\.yaml:2: the patch names Q\./,
      /^kustomization\.yaml: patches\[1\]\.patch:1: the patch names X\./,
      /^kustomization\.yaml:2: replicas\[0\]: .*named "q"/,
    ],
  },
  {
    name: "documents that are no objects",
    files: {
      "kustomization.yaml": "resources: [a.yaml, b.yaml]\n",
      "a.yaml": `${CONFIG_MAP}---\nmetadata: {name: x}\n`,
      "b.yaml": "kind: A\nspec: 1\n",
    },
    want: [/^a\.yaml:6: the object has no kind; /, /^b\.yaml:1: the A has no metadata\.name; /],
  },
];

for (const { name, files, want } of cases) {
  Deno.test(`buildKustomization() tells all ${name}`, () => {
    const built = buildKustomization(treeOf(files), "", { budget: defaultBudget() });

    const lines = built.ok ? [] : built.message.split("\n");
    assert.equal(lines.length, want.length, lines.join("\n"));
    for (const [index, pattern] of want.entries()) assert.match(lines[index] ?? "", pattern);
  });
}
