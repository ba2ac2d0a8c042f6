import assert from "node:assert/strict";
import { defaultBudget, type FileEntry, treeOf } from "../base/mod.ts";
import { buildKustomization } from "./build.ts";
import { openBuildCache } from "./cache.ts";
import type { Build, BuildOptions } from "./face.ts";

const CONFIG_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: cm\ndata:\n  a: b\n";
const POD = `apiVersion: v1
kind: Pod
metadata:
  name: pod
spec:
  containers:
  - name: main
    image: nginx:1
    envFrom:
    - configMapRef:
        name: cm
`;

function build(
  files: Record<string, string>,
  options: Partial<BuildOptions> = {},
  path = "",
): Build {
  const built = buildKustomization(treeOf(files), path, { budget: defaultBudget(), ...options });
  if (!built.ok) throw new Error(built.message);
  return built.value;
}

function refuse(files: Record<string, string>, options: Partial<BuildOptions> = {}, path = "") {
  const built = buildKustomization(treeOf(files), path, { budget: defaultBudget(), ...options });
  assert.equal(built.ok, false);
  return built.ok ? { code: "", message: "" } : { code: built.code, message: built.message };
}

const fields = [
  { name: "namePrefix", says: "namePrefix: p-", want: /^ {2}name: p-cm$/m },
  { name: "nameSuffix", says: "nameSuffix: -s", want: /^ {2}name: cm-s$/m },
  { name: "namespace", says: "namespace: prod", want: /^ {2}namespace: prod$/m },
  { name: "labels", says: "labels: [{pairs: {l: v}}]", want: /^ {2}labels:\n {4}l: v$/m },
  { name: "commonLabels", says: "commonLabels: {l: v}", want: /^ {2}labels:\n {4}l: v$/m },
  {
    name: "commonAnnotations",
    says: "commonAnnotations: {l: v}",
    want: /^ {2}annotations:\n {4}l: v$/m,
  },
  { name: "a field in another case", says: "nameprefix: p-", want: /^ {2}name: p-cm$/m },
  {
    name: "buildMetadata",
    says: "buildMetadata: [originAnnotations]",
    want: /config\.kubernetes\.io\/origin: \|\n {6}path: cm\.yaml$/m,
  },
  {
    name: "a merge patch",
    says:
      "patches:\n- patch: |-\n    apiVersion: v1\n    kind: ConfigMap\n    metadata: {name: cm}\n    data: {c: d}",
    want: /^ {2}a: b\n {2}c: d$/m,
  },
  {
    name: "a JSON 6902 patch",
    says: "patches:\n- target: {kind: Config.*}\n  patch: |-\n    - {op: remove, path: /data/a}",
    want: /^data: \{\}$/m,
  },
  {
    name: "replacements",
    says:
      "replacements:\n- sourceValue: z\n  targets:\n  - select: {kind: ConfigMap}\n    fieldPaths: [data.a]",
    want: /^ {2}a: z$/m,
  },
];

for (const { name, says, want } of fields) {
  Deno.test(`buildKustomization() applies ${name}`, () => {
    const built = build({
      "kustomization.yaml": `resources: [cm.yaml]\n${says}\n`,
      "cm.yaml": CONFIG_MAP,
    });

    assert.match(built.toYaml(), want);
  });
}

Deno.test("buildKustomization() lets references follow renamed and hashed objects", () => {
  const built = build(
    {
      "base/kustomization.yaml":
        "resources: [pod.yaml]\nconfigMapGenerator: [{name: cm, literals: [a=b]}]\n",
      "base/pod.yaml": POD,
      "over/kustomization.yaml":
        "resources: [../base]\nnamePrefix: x-\nimages: [{name: nginx, newTag: '2'}]\n",
    },
    {},
    "over",
  );

  const [pod, configMap] = built.resources;
  assert.match(configMap?.name ?? "", /^x-cm-[a-z0-9]{10}$/);
  assert.match(
    built.toYaml(),
    new RegExp(`name: ${configMap?.name}\n[^]*image: nginx:2|image: nginx:2`),
  );
  assert.equal(pod?.name, "x-pod");
});

Deno.test("buildKustomization() puts namespaces first when asked for the legacy order", () => {
  const files = {
    "kustomization.yaml": "resources: [pod.yaml, ns.yaml]\n",
    "pod.yaml": POD,
    "ns.yaml": "apiVersion: v1\nkind: Namespace\nmetadata: {name: n1}\n",
  };

  assert.deepEqual(build(files).resources.map(({ kind }) => kind), ["Pod", "Namespace"]);
  assert.deepEqual(
    build(files, { reorder: "unspecified" }).resources.map(({ kind }) => kind),
    ["Namespace", "Pod"],
  );
});

Deno.test("buildKustomization() applies components to what the parent has gathered", () => {
  const built = build({
    "kustomization.yaml": "resources: [cm.yaml]\ncomponents: [c]\nnameSuffix: -top\n",
    "cm.yaml": CONFIG_MAP,
    "c/kustomization.yaml":
      "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nnamePrefix: c-\n",
  });

  assert.deepEqual(built.resources.map(({ name }) => name), ["c-cm-top"]);
});

Deno.test("buildKustomization() names every path it looked at, missing ones too", () => {
  const built = build({
    "kustomization.yml": "resources: [cm.yaml]\n",
    "cm.yaml": CONFIG_MAP,
    "other": "",
  });

  assert.deepEqual(
    [...built.filesRead].sort(),
    ["Kustomization", "cm.yaml", "kustomization.yaml", "kustomization.yml"],
  );
});

Deno.test("buildKustomization() tells where objects come from when asked", () => {
  const files = {
    "kustomization.yaml": "resources: [r.yaml]\n",
    "r.yaml": `${POD}---\n${CONFIG_MAP}`,
  };

  assert.deepEqual(
    build(files, { provenance: true }).resources.map(({ origin }) => origin?.path),
    ["r.yaml", "r.yaml"],
  );
  assert.equal(build(files).resources[0]?.origin, undefined);
});

const refusals = [
  {
    name: "an unknown field, with the nearest name",
    files: { "kustomization.yaml": "resources: []\nnamPrefix: x\n" },
    want: /^kustomization\.yaml:2: unknown field "namPrefix"; did you mean "namePrefix"\?$/,
  },
  {
    name: "a number where text is due",
    files: { "kustomization.yaml": "images:\n- name: a\n  newTag: 3.0\n" },
    want: /^kustomization\.yaml:3: images\[0\]\.newTag must be a string, not "3\.0"/,
  },
  { name: "an empty file", files: { "kustomization.yaml": "" }, want: /is empty/ },
  {
    name: "a missing file",
    files: { "kustomization.yaml": "resources: [no.yaml]\n" },
    want: /"no\.yaml" is neither a file nor a folder/,
  },
  {
    name: "two kustomization files",
    files: { "kustomization.yaml": "namePrefix: a\n", "Kustomization": "namePrefix: a\n" },
    want: /keep one of them/,
  },
  {
    name: "a file outside of the folder",
    files: {
      "kustomization.yaml": "resources: [a]\n",
      "a/kustomization.yaml": "resources: [../cm.yaml]\n",
      "cm.yaml": CONFIG_MAP,
    },
    want: /is not in or below "a"/,
  },
  {
    name: "a folder that leads back to itself",
    files: {
      "kustomization.yaml": "resources: [a]\n",
      "a/kustomization.yaml": "resources: [..]\n",
    },
    want: /cycle/,
  },
  {
    name: "a path out of the tree",
    files: { "kustomization.yaml": "resources: [../../x]\n" },
    want: /leaves the tree/,
  },
  {
    name: "the same object twice",
    files: {
      "kustomization.yaml": "resources: [a.yaml, b.yaml]\n",
      "a.yaml": CONFIG_MAP,
      "b.yaml": CONFIG_MAP,
    },
    want: /^b\.yaml:\d+: ConfigMap\.v1\.\[noGrp\]\/cm\.default is there already, from a\.yaml:1/,
  },
  {
    name: "two objects that patches make the same",
    files: {
      "kustomization.yaml":
        "resources: [a.yaml]\npatches:\n- target: {kind: ConfigMap}\n  patch: |-\n" +
        "    - {op: replace, path: /metadata/name, value: same}\n",
      "a.yaml": `${CONFIG_MAP}---\n${CONFIG_MAP.replace("cm", "other")}`,
    },
    want: /^a\.yaml:\d+: two resources end up as ConfigMap/,
  },
  {
    name: "a patch for what is not there",
    files: { "kustomization.yaml": "patches: [{path: p.yaml}]\n", "p.yaml": CONFIG_MAP },
    want: /^p\.yaml:1: the patch names ConfigMap/,
  },
  {
    name: "an object without a name",
    files: {
      "kustomization.yaml": "resources: [a.yaml]\n",
      "a.yaml": "apiVersion: v1\nkind: Pod\n",
    },
    want: /^a\.yaml:1: the Pod has no metadata\.name; add one$/,
  },
  {
    name: "malformed YAML",
    files: { "kustomization.yaml": "resources: [a.yaml]\n", "a.yaml": "a: b: c\n" },
    want: /^a\.yaml: line 1: /,
  },
];

for (const { name, files, want } of refusals) {
  Deno.test(`buildKustomization() refuses ${name}`, () => {
    const refused = refuse(files);

    assert.equal(refused.code, "BuildFailed");
    assert.match(refused.message, want);
  });
}

Deno.test("buildKustomization() reports every entry that is wrong, not the first only", () => {
  const refused = refuse({
    "kustomization.yaml": "resources: [a.yaml, b.yaml, no.yaml]\n",
    "a.yaml": "kind: Pod\n",
    "b.yaml": "a: b: c\n",
  });

  assert.deepEqual(refused.message.split("\n").map((line) => line.split(":")[0]), [
    "a.yaml",
    "b.yaml",
    "kustomization.yaml",
  ]);
});

Deno.test("buildKustomization() refuses by name what it does not support", () => {
  assert.match(refuse({ "kustomization.yaml": "helmCharts: [{name: x}]\n" }).message, /helmCharts/);
  for (
    const says of [
      "resources: ['https://example.com/x.yaml']",
      "resources: [github.com/a/b]",
      "helmCharts: [{name: x}]",
    ]
  ) {
    assert.equal(refuse({ "kustomization.yaml": `${says}\n` }).code, "Unsupported");
  }
});

const budgets = [
  { name: "bytes", budget: { bytes: 100 } },
  { name: "resources", budget: { resources: 1 } },
  { name: "depth", budget: { depth: 1 } },
];

for (const { name, budget } of budgets) {
  Deno.test(`buildKustomization() stops when its ${name} are spent`, () => {
    const files = {
      "kustomization.yaml": "resources: [a]\n",
      "a/kustomization.yaml": "resources: [b]\n",
      "a/b/kustomization.yaml": "resources: [cm.yaml]\n",
      "a/b/cm.yaml": `${CONFIG_MAP}---\n${POD}`,
    };

    const refused = refuse(files, { budget: { ...defaultBudget(), ...budget } });

    assert.equal(refused.code, "BudgetExceeded");
  });
}

Deno.test("buildKustomization() stops when the run is called off", () => {
  const called = new AbortController();
  called.abort();

  const refused = refuse({ "kustomization.yaml": "namePrefix: a\n" }, {
    budget: defaultBudget(called.signal),
  });

  assert.equal(refused.code, "BudgetExceeded");
});

function treeWithLink(target: string): Map<string, FileEntry> {
  const tree = new Map(treeOf({
    "app/kustomization.yaml": "resources: [link.yaml]\n",
    "app/real.yaml": CONFIG_MAP,
    "other/cm.yaml": CONFIG_MAP,
  }));
  const bytes = new TextEncoder().encode(target);
  return tree.set("app/link.yaml", { mode: "120000", read: () => bytes });
}

const links = [
  { name: "follows a link to a file beside it", target: "real.yaml", ok: true },
  { name: "refuses a link that leaves the folder", target: "../other/cm.yaml", ok: false },
  { name: "refuses a link that leaves the tree", target: "../../../etc/passwd", ok: false },
  { name: "refuses an absolute link", target: "/etc/passwd", ok: false },
  { name: "refuses a link to itself", target: "link.yaml", ok: false },
];

for (const { name, target, ok } of links) {
  Deno.test(`buildKustomization() ${name}`, () => {
    const built = buildKustomization(treeWithLink(target), "app", { budget: defaultBudget() });

    assert.equal(built.ok, ok);
  });
}

const bombs = [
  {
    name: "bases that double on every level",
    files: Object.fromEntries(
      Array.from({ length: 60 }, (_, level) =>
        ["a", "b"].map((side) => [
          `${side}${level}/kustomization.yaml`,
          level === 59
            ? "configurations: []\n"
            : `resources: [../a${level + 1}, ../b${level + 1}]\n`,
        ])).flat(),
    ),
    path: "a0",
  },
  {
    name: "a value that a replacement puts behind itself",
    files: {
      "kustomization.yaml": "resources: [cm.yaml]\nreplacements:\n" +
        "- source: {kind: ConfigMap, fieldPath: data.a}\n  targets:\n  - select: {kind: ConfigMap}\n    fieldPaths: [data.a]\n    options: {delimiter: '-', index: 999}\n"
          .repeat(60),
      "cm.yaml": CONFIG_MAP,
    },
    path: "",
  },
  {
    name: "a map that a patch copies into itself",
    files: {
      "kustomization.yaml":
        "resources: [cm.yaml]\npatches:\n- target: {kind: ConfigMap}\n  path: p.yaml\n",
      "cm.yaml": CONFIG_MAP,
      "p.yaml": Array.from(
        { length: 60 },
        (_, i) => `- {op: copy, from: /data, path: /data/x${i}}\n`,
      ).join(""),
    },
    path: "",
  },
];

for (const { name, files, path } of bombs) {
  Deno.test(`buildKustomization() stops at ${name}`, () => {
    const refused = refuse(files, { budget: { ...defaultBudget(), bytes: 8 << 20 } }, path);

    assert.equal(refused.code, "BudgetExceeded");
  });
}

/** `depth` maps in each other, around a text. */
function deepText(depth: number, text: string): string {
  const open = Array.from({ length: depth }, (_, level) => `${" ".repeat(level)}d:\n`).join("");
  return `apiVersion: v1\nkind: Deep\nmetadata: {name: deep}\n${open}${
    " ".repeat(depth)
  }"${text}"\n`;
}

const explosions = [
  // Each line end of the text is a line of its own, which is indented: half a megabyte becomes fifty.
  { name: "lines far down", text: "a\\n".repeat(1 << 18) },
  // So is each space behind column 80.
  { name: "words far down", text: "a ".repeat(1 << 18) },
];

for (const { name, text } of explosions) {
  Deno.test(`buildKustomization() does not begin to write more than its budget: ${name}`, () => {
    const budget = { ...defaultBudget(), bytes: 32 << 20 };
    const files = {
      "kustomization.yaml": "resources: [deep.yaml]",
      "deep.yaml": deepText(90, text),
    };
    for (const options of [{}, { cache: openBuildCache(1 << 20) }]) {
      const built = buildKustomization(treeOf(files), "", { budget, ...options });
      assert.equal(built.ok ? "" : built.code, "BudgetExceeded");
      assert.match(built.ok ? "" : built.message, /^More than \d+ bytes at Deep\.v1/);
    }
  });
}

Deno.test("buildKustomization() writes what its budget has just room for", () => {
  const files = {
    "kustomization.yaml": "resources: [deep.yaml]",
    "deep.yaml": deepText(20, "some words and more of them ".repeat(1_000)),
  };
  const length = build(files).toYaml().length;

  const budget = { ...defaultBudget(), bytes: 4 * length };
  assert.equal(build(files, { budget }).toYaml().length, length);
});

/** What a build of `count` ConfigMaps, each with its own Deployment and patch, spends of the budget's entries. */
function entriesSpent(count: number): number {
  const numbers = Array.from({ length: count }, (_, number) => number);
  const files = {
    "kustomization.yaml": `namePrefix: p-
namespace: n
labels: [{pairs: {a: b}, includeSelectors: true}]
resources: [all.yaml]
patches:
${
      numbers.map((number) =>
        `- patch: '{apiVersion: v1, kind: ConfigMap, metadata: {name: cm${number}}, data: {c: d}}'\n`
      ).join("")
    }`,
    "all.yaml": numbers.map((number) =>
      `${CONFIG_MAP.replace("name: cm", `name: cm${number}`)}---
${POD.replace("name: pod", `name: pod${number}`).replace("name: cm", `name: cm${number}`)}`
    ).join("---\n"),
  };
  let low = 0;
  let high = 1 << 20;
  while (high - low > 1) {
    const entries = (low + high) >> 1;
    const built = buildKustomization(treeOf(files), "", {
      budget: { ...defaultBudget(), entries },
    });
    if (built.ok) high = entries;
    else low = entries;
  }
  return high;
}

Deno.test("buildKustomization() spends ten times as much for ten times as many resources", () => {
  const [few, many] = [entriesSpent(20), entriesSpent(200)];

  assert.ok(many < few * 11, `${few} entries for 20, ${many} for 200`);
});
