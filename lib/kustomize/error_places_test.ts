/**
 * Every field, wrongly used: what is said names the file, the line, the entry, and what to do.
 *
 * @module
 */
import assert from "node:assert/strict";
import { defaultBudget, treeOf } from "../base/mod.ts";
import { buildKustomization } from "./build.ts";

const WEB =
  "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  selector: 5\n" +
  "  template:\n    spec:\n      containers:\n      - name: main\n        image: {}\n";
const PLUGIN = "apiVersion: builtin\nmetadata: {name: x}\nkind: ";

interface Case {
  /** Lines behind `resources: [web.yaml]`, which is line 1. */
  readonly says: string;
  /** Other files, by name. */
  readonly files?: Readonly<Record<string, string>>;
  /** How each line of the message begins. */
  readonly want: readonly string[];
}

const cases: readonly Case[] = [
  { says: "namePrefx: x\nnamespace: 5\n", want: ["k:2: unknown field", "k:3: namespace must be"] },
  { says: "metadata: 5\n", want: ["k:2: metadata must be a map"] },
  {
    says: "bases: [nope, none]\n",
    want: ['k:2: "a/nope" is neither', 'k:2: "a/none" is neither'],
  },
  {
    says: "components: [web.yaml, nope]\n",
    want: ["k:2: components[0]: ", 'k:2: components[1]: "a/nope" is neither'],
  },
  { says: "commonLabels: {a: b}\n", want: ["w:1: field spec.selector.matchLabels of "] },
  {
    says: "labels:\n- pairs: {a: b}\n  fields: [{path: ''}]\n",
    want: ["w:1: field  of Deployment.v1.apps/web.default: the path has an empty field name"],
  },
  { says: "images:\n- name: a\n", want: ["w:1: Deployment.v1.apps/web.default: the image of "] },
  { says: "imageTags:\n- name: a\n", want: ["w:1: Deployment.v1.apps/web.default: the image of "] },
  {
    says: "replicas:\n- name: a\n- name: b\n",
    want: ["k:3: replicas[0]: there is no ", "k:4: replicas[1]: there is no "],
  },
  {
    says: "patches:\n- patch: |\n    kind: A\n    metadata: {name: b}\n- path: nope.yaml\n" +
      "- {}\n- patch: a\n  path: b\n- patch: '[{op: add}]'\n- patch: |\n    a: b: c\n",
    want: [
      'k:6: patches[1]: there is no file "nope.yaml"',
      "k:7: patches[2]: give one of patch and path",
      "k:8: patches[3]: give either patch or path",
      "k: patches[5].patch: line 1: mapping values",
      "k: patches[0].patch:1: the patch names A.",
      "k: patches[4].patch: a JSON 6902 patch needs a target",
    ],
  },
  {
    says: "patches:\n- target: {kind: Deployment}\n  path: p.yaml\n- target: {name: '('}\n" +
      "  patch: '{kind: A, metadata: {name: b}}'\n",
    files: { "p.yaml": "- op: test\n  path: /kind\n  value: X\n- op: odd\n" },
    want: ["a/p.yaml: operation 1 on line 1 (test /kind)", 'k:5: patches[1]: name "("'],
  },
  {
    says: "patchesStrategicMerge:\n- p.yaml\n- q.yaml\n",
    files: { "q.yaml": "kind: A\n" },
    want: [
      'k:3: patchesStrategicMerge[0]: there is no file "p.yaml"',
      "a/q.yaml:1: the A has no metadata.name",
    ],
  },
  {
    says: "patchesJson6902:\n- target: {name: web}\n  path: p.yaml\n- target: {}\n  patch: '[]'\n" +
      "- target: {name: web}\n  patch: '[]'\n",
    want: [
      'k:3: patchesJson6902[0]: there is no file "p.yaml"',
      "k:5: patchesJson6902[1]: target.name is missing",
      "k: patchesJson6902[2].patch: a JSON 6902 patch must be a list",
    ],
  },
  {
    says: "replacements:\n- path: nope.yaml\n- path: a\n  source: {kind: X}\n",
    want: [
      'k:2: replacements[0]: there is no file "nope.yaml"',
      "k:2: replacements[1]: give either",
    ],
  },
  {
    says: "replacements:\n- sourceValue: a\n  targets: [{select: {name: web}}]\n" +
      "- source: {kind: X}\n  targets: [{select: {}}]\n",
    want: ["k:2: replacements[1]: no resource is X."],
  },
  {
    says: "vars:\n- name: A\n  objref: {kind: X, name: x}\n- name: B\n" +
      "  objref: {kind: Deployment, apiVersion: apps/v1, name: web}\n  fieldref: {fieldPath: a}\n",
    want: ['k:3: vars: "A" reads from a resource', 'k:5: vars: "B" reads field a of '],
  },
  {
    says: "configMapGenerator:\n- literals: [a=b]\n- name: x\n  files: [nope]\n- name: z\n" +
      "  literals: [a]\n- name: w\n  literals: [a=b, a=c]\n- name: v\n  behavior: merge\n",
    want: [
      "k:3: configMapGenerator[0]: ",
      "k:4: configMapGenerator[1]: ",
      "k:6: configMapGenerator[2]: ",
      "k:8: configMapGenerator[3]: ",
      "k:10: configMapGenerator[4]: ",
    ],
  },
  {
    says: "secretGenerator:\n- name: x\n  literals: ['=a']\n",
    want: ["k:3: secretGenerator[0]: "],
  },
  { says: "generatorOptions: {imutable: true}\n", want: ["k:2: unknown field"] },
  { says: "configurations: [c]\n", want: ["k:2: configurations[0]: there is no file"] },
  {
    says: "configurations: [c]\n",
    files: { c: "namePrefix: 5\nnameSufix: []\n" },
    want: ["a/c:1: namePrefix must be a list", 'a/c:2: unknown field "nameSufix"'],
  },
  { says: "crds: [c]\n", want: ["k:2: crds[0]: there is no file"] },
  { says: "crds: [c]\n", files: { c: "a: {}\nb: 5\n" }, want: ["a/c:2: b is no OpenAPI"] },
  { says: "openapi: {path: c}\n", want: ["k:2: openapi: there is no file"] },
  { says: "openapi: {version: v9}\n", want: ['k:2: openapi: version "v9" is not known'] },
  {
    says: "generators:\n- g.yaml\n- nope\n",
    files: { "g.yaml": `${PLUGIN}Nope\n` },
    want: ['k:4: "a/nope" is neither'],
  },
  {
    says: "generators:\n- g.yaml\n",
    files: { "g.yaml": `${PLUGIN}ConfigMapGenerator\nliterals: [a]\n` },
    want: ['a/g.yaml:1: ConfigMapGenerator "x": '],
  },
  {
    says: `transformers:\n- t.yaml\n- |\n  ${PLUGIN.replaceAll("\n", "\n  ")}ValueAddTransformer\n`,
    files: {
      "t.yaml": `${PLUGIN}PrefixTransformer\n---\napiVersion: x/v1\nkind: Y\nmetadata: {name: y}\n`,
    },
    want: ["k:4: ", "a/t.yaml:1: the transformer needs fieldSpecs", "a/t.yaml:5: plugin Y runs"],
  },
  {
    says: "validators:\n- t.yaml\n",
    files: { "t.yaml": `${PLUGIN}PrefixTransformer\nprefix: a\nfieldSpecs: [{path: kind}]\n` },
    want: ["k:2: validators: a validator changed "],
  },
  { says: "sortOptions: {order: odd}\n", want: ["k:2: sortOptions.order must be fifo or legacy"] },
  { says: "helmCharts: [{name: a}]\n", want: ["k:2: field helmCharts is not supported"] },
  {
    says: "resurces: []\ncrds: {}\nreplicas: [{count: x}]\n",
    want: ["k:2: unknown field", "k:3: crds must be a list", "k:4: replicas[0].count must be"],
  },
];

Deno.test("buildKustomization() says where each mistake is, and tells of all of them", async (t) => {
  for (const { says, files = {}, want } of cases) {
    await t.step(says.split("\n", 1)[0] ?? "", () => {
      const tree: Record<string, string> = {
        "a/kustomization.yaml": `resources: [web.yaml]\n${says}`,
        "a/web.yaml": WEB,
      };
      for (const [name, text] of Object.entries(files)) tree[`a/${name}`] = text;

      const built = buildKustomization(treeOf(tree), "a", { budget: defaultBudget() });

      const lines = built.ok ? [] : built.message
        .replaceAll("a/kustomization.yaml", "k").replaceAll("a/web.yaml", "w").split("\n");
      assert.equal(lines.length, want.length, lines.join("\n"));
      for (const [index, begin] of want.entries()) {
        assert.equal((lines[index] ?? "").slice(0, begin.length), begin);
      }
    });
  }
});

Deno.test("buildKustomization() tells of mistakes in all stages at once", () => {
  const tree = treeOf({
    "kustomization.yaml": "resources: [nope.yaml]\nconfigurations: [c]\n" +
      "configMapGenerator: [{name: x, files: [f]}]\ncomponents: [b]\npatches: [{}]\n" +
      "transformers: [t]\n",
  });

  const built = buildKustomization(tree, "", { budget: defaultBudget() });

  const places = built.ok
    ? []
    : built.message.split("\n").map((line) => /^kustomization\.yaml:\d/.exec(line)?.[0]);
  assert.deepEqual(places, [1, 2, 3, 4, 5, 6].map((line) => `kustomization.yaml:${line}`));
});
