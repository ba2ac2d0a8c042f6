import assert from "node:assert/strict";
import { defaultBudget, treeOf } from "../base/mod.ts";
import { buildManifests } from "./build.ts";
import type { BuildSpec } from "./spec.ts";

const COMMENTED = `# what this is for
#
# and who to ask
resources:
  - good.yaml

  - bad.yaml
  - worse.yaml
`;
const PATCH = "kind: Q\nmetadata: {name: z}\n";
const GOOD = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: good}\n";

const cases: readonly { name: string; file: string; spec: BuildSpec; want: RegExp }[] = [
  { name: "as it is", file: COMMENTED, spec: {}, want: /: kustomization\.yaml:7: "bad\.yaml"/ },
  {
    name: "with a namespace laid over it",
    file: COMMENTED,
    spec: { targetNamespace: "apps", namePrefix: "x-" },
    want: /: kustomization\.yaml:7: "bad\.yaml" .*\nkustomization\.yaml:8: "worse\.yaml"/,
  },
  {
    name: "on one line",
    file: "\n\nresources: [good.yaml, bad.yaml]\n",
    spec: { targetNamespace: "apps" },
    want: /: kustomization\.yaml:3: "bad\.yaml"/,
  },
  {
    name: "that makes another file wrong",
    file: "# first\n\n# second\npatches:\n- path: bad-patch.yaml\nresources: [good.yaml]\n",
    spec: { targetNamespace: "apps" },
    want: /bad-patch\.yaml:\d+: .* \(patches\[0\] of kustomization\.yaml:5\)/,
  },
  {
    name: "whose mistake spec has added",
    file: "resources: [good.yaml]\n",
    spec: { components: ["nope"] },
    want: /: kustomization\.yaml: components\[0\]: "nope" is neither/,
  },
];

for (const { name, file, spec, want } of cases) {
  Deno.test(`buildManifests() tells git's lines of a kustomization file ${name}`, () => {
    const tree = treeOf({ "kustomization.yaml": file, "good.yaml": GOOD, "bad-patch.yaml": PATCH });

    const got = buildManifests(tree, spec, { budget: defaultBudget() });

    assert.match(got.ok ? "" : got.message, want);
  });
}
