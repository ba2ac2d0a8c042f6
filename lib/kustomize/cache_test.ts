/**
 * A build gives the same with a cache as without one, whatever was built before.
 *
 * @module
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { defaultBudget, type Result, treeOf } from "../base/mod.ts";
import { buildKustomization } from "./build.ts";
import { openBuildCache } from "./cache.ts";
import type { Build, BuildOptions } from "./face.ts";

/** Texts of files by path. */
type Files = Record<string, string>;

function deployment(name: string, more = ""): string {
  return `apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${name}
  labels: {app: ${name}}
spec:
  template:
    metadata:
      labels: {app: ${name}}
    spec:
      serviceAccountName: robot
      containers:
      - name: main
        image: example/app:v1
        env:
        - name: LEVEL
          valueFrom: {configMapKeyRef: {name: settings, key: level}}
${more}`;
}

const BASE: Files = {
  "base/kustomization.yaml": `resources: [web.yaml, more.yaml, access.yaml]
configMapGenerator:
- name: settings
  literals: [level=info]
`,
  "base/web.yaml": deployment("web"),
  "base/more.yaml": `${deployment("job")}---
apiVersion: v1
kind: Service
metadata: {name: web, annotations: {a: b}}
spec: {selector: {app: web}}
`,
  "base/access.yaml": `apiVersion: v1
kind: ServiceAccount
metadata: {name: robot}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: robots}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: reader}
subjects:
- {kind: ServiceAccount, name: robot, namespace: default}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: reader}
`,
  "part/kustomization.yaml": `apiVersion: kustomize.config.k8s.io/v1alpha1
kind: Component
labels: [{pairs: {part: yes}}]
`.replace("yes", '"yes"'),
  "twins/kustomization.yaml": `apiVersion: kustomize.config.k8s.io/v1alpha1
kind: Component
resources: [twins.yaml]
`,
  "twins/twins.yaml": `apiVersion: v1
kind: Secret
metadata: {name: twin, namespace: a}
---
apiVersion: v1
kind: Secret
metadata: {name: twin, namespace: b}
`,
  "top/kustomization.yaml": "resources: [../base]\n",
};

/** Lines that a kustomization of the overlay is put together from. */
const TOP = [
  "namePrefix: p-",
  "namePrefix: q-",
  "nameSuffix: -s",
  "namespace: prod",
  "namespace: stage",
  "labels: [{pairs: {team: blue}, includeSelectors: true}]",
  "labels: [{pairs: {team: green}, includeSelectors: true}]",
  "labels: [{pairs: {team: red}}]",
  "commonLabels: {l: v}",
  "commonAnnotations: {n: v}",
  "images: [{name: example/app, newTag: v2}]",
  "images: [{name: example/app, newTag: v3}]",
  "replicas: [{name: web, count: 3}]",
  "replicas: [{name: gone, count: 3}]",
  "components: [../part]",
  "components: [../twins]",
  "buildMetadata: [originAnnotations]",
  "buildMetadata: [managedByLabel]",
  "sortOptions: {order: fifo}",
  "configMapGenerator: [{name: settings, behavior: merge, literals: [more=x]}]",
  "configMapGenerator: [{name: settings, behavior: replace, literals: [level=debug]}]",
  "configMapGenerator: [{name: own, literals: [a=b]}]",
  "generatorOptions: {disableNameSuffixHash: true}",
  "vars: [{name: WEB, objref: {apiVersion: v1, kind: Service, name: web}}]",
  "transformers: ['{apiVersion: builtin, kind: PrefixTransformer, metadata: {name: t}, prefix: t-, fieldSpecs: [{path: metadata/name}]}']",
  "patches: [{patch: '{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {replicas: 2}}'}]",
  "patches: [{patch: '{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {replicas: 4}}'}]",
  "patches: [{patch: '{apiVersion: apps/v1, kind: Deployment, metadata: {name: gone}}'}]",
  "patches: [{patch: '{apiVersion: v1, kind: Service, metadata: {name: web}, $patch: delete}'}]",
  "patches: [{target: {kind: Deployment}, patch: '[{op: add, path: /spec/paused, value: true}]'}]",
  "patches: [{target: {labelSelector: app=web}, patch: '{kind: X, apiVersion: v1, metadata: {name: x, labels: {y: z}}}'}]",
  "patches: [{target: {kind: Deployment, name: web}, options: {allowNameChange: true}, " +
  "patch: '{apiVersion: apps/v1, kind: Deployment, metadata: {name: job}}'}]",
  "patchesStrategicMerge: ['{apiVersion: apps/v1, kind: Deployment, metadata: {name: job}, spec: {replicas: 5}}']",
  "replacements: [{source: {kind: Service, name: web}, " +
  "targets: [{select: {kind: Deployment}, fieldPaths: [spec.template.spec.serviceAccountName]}]}]",
  "replacements: [{source: {kind: Service, name: web}, " +
  "targets: [{select: {kind: Deployment}, fieldPaths: [spec.gone]}]}]",
] as const;

type Lines = Readonly<Record<string, string>>;

/** What a case begins with, and the files that follow from it. */
interface State {
  readonly files: Files;
  /** Lines of the two kustomizations, by folder and field. */
  readonly lines: Lines;
}

const START: State = { files: BASE, lines: {} };

function fieldOf(line: string): string {
  return line.slice(0, line.indexOf(":"));
}

function setLine({ files, lines }: State, folder: "base" | "top", line: string): State {
  const next = { ...lines, [`${folder} ${fieldOf(line)}`]: line };
  const own = Object.entries(next).filter(([key]) => key.startsWith(folder)).map(([, it]) => it);
  const path = `${folder}/kustomization.yaml`;
  const begin = BASE[path] ?? "";
  const rest = own.some((it) => fieldOf(it) === "configMapGenerator")
    ? begin.replace(/configMapGenerator[^]*/, "")
    : begin;
  return { files: { ...files, [path]: `${rest}${own.join("\n")}\n` }, lines: next };
}

function setFile({ files, lines }: State, path: string, text: string): State {
  return { files: { ...files, [path]: text }, lines };
}

/** One thing that happens to the files. */
const edits: fc.Arbitrary<(state: State) => State> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.tuple(fc.constantFrom("top", "top", "base"), fc.constantFrom(...TOP))
      .map(([folder, line]) => (state: State) => setLine(state, folder, line)),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(fc.constantFrom("top", "base"), fc.constantFrom(...TOP))
      .map(([folder, line]) => (state: State) => setLine(state, folder, `${fieldOf(line)}:`)),
  },
  fc.constantFrom("web", "other").map((name) => (state: State) =>
    setFile(state, "base/web.yaml", deployment(name))
  ),
  fc.integer({ min: 1, max: 3 }).map((count) => (state: State) =>
    setFile(state, "base/web.yaml", deployment("web", `  replicas: ${count}\n`))
  ),
  fc.constantFrom("kind: [", BASE["base/more.yaml"] ?? "").map((text) => (state: State) =>
    setFile(state, "base/more.yaml", text)
  ),
);

function build(files: Files, path: string, options: Partial<BuildOptions>): Result<Build> {
  return buildKustomization(treeOf(files), path, { budget: defaultBudget(), ...options });
}

/** All that can be seen of a build. */
function outcome(built: Result<Build>) {
  if (!built.ok) return { code: built.code, message: built.message };
  const { resources, filesRead, warnings } = built.value;
  return {
    text: built.value.toYaml(),
    resources: resources.map(({ toYaml, ...rest }) => ({ ...rest, text: toYaml() })),
    filesRead: [...filesRead],
    warnings,
  };
}

/** What nothing was done to is one object in both builds: so the cache was used, to the end. */
function assertShared(first: Result<Build>, second: Result<Build>): void {
  if (!first.ok || !second.ok) return;
  for (const [index, resource] of first.value.resources.entries()) {
    assert.equal(second.value.resources[index], resource);
  }
}

const AMPLE_BYTES = 64 << 20;

const variants: readonly { name: string; limitBytes: number; options: Partial<BuildOptions> }[] = [
  { name: "an ample cache", limitBytes: AMPLE_BYTES, options: {} },
  { name: "a cache that is too small for one build", limitBytes: 20_000, options: {} },
  { name: "a cache that holds about one build", limitBytes: 150_000, options: {} },
  { name: "provenance", limitBytes: AMPLE_BYTES, options: { provenance: true } },
  {
    name: "an order and a label",
    limitBytes: AMPLE_BYTES,
    options: { reorder: "unspecified", addManagedByLabel: true },
  },
];

for (const { name, limitBytes, options } of variants) {
  const isAmple = limitBytes === AMPLE_BYTES;
  Deno.test(`buildKustomization() gives the same after any edits with ${name}`, () => {
    fc.assert(
      fc.property(fc.array(edits, { minLength: 1, maxLength: 12 }), (steps) => {
        const cache = openBuildCache(limitBytes);
        let state = START;
        for (const step of [(state: State) => state, ...steps]) {
          state = step(state);
          const { files } = state;
          for (const path of ["top", "base"]) {
            const want = outcome(build(files, path, options));
            const first = build(files, path, { ...options, cache });
            const second = build(files, path, { ...options, cache });
            assert.deepEqual(outcome(first), want);
            assert.deepEqual(outcome(second), want);
            if (isAmple && !files[`${path}/kustomization.yaml`]?.includes("buildMetadata")) {
              assertShared(first, second);
            }
          }
          assert.ok(cache.usedBytes <= limitBytes, `${cache.usedBytes} bytes are kept`);
        }
      }),
      { numRuns: 15, seed: 5 },
    );
  });
}

Deno.test("buildKustomization() gives the same with a cache for each field after each other", () => {
  const cache = openBuildCache(AMPLE_BYTES);
  const web = deployment("web", "  replicas: 7\n");
  let built = 0;
  for (const base of ["", ...TOP]) {
    for (const top of TOP) {
      const lower = base === "" ? START : setLine(START, "base", base);
      for (const state of base === "" ? [lower, setFile(lower, "base/web.yaml", web)] : [lower]) {
        const { files } = setLine(state, "top", top);
        const want = build(files, "top", {});
        const first = build(files, "top", { cache });
        assert.deepEqual(outcome(first), outcome(want), `${base}\n${top}`);
        if (top.startsWith("buildMetadata")) continue;
        assertShared(first, build(files, "top", { cache }));
        if (want.ok) built++;
      }
    }
  }
  assert.ok(built > 500, `only ${built} builds were none of an error`);
});

Deno.test("buildKustomization() refuses with a cache what it refuses although there is nothing to do", () => {
  const object = "apiVersion: v1\n    kind: A\n    metadata: {name: a}\n";
  const files = {
    "kustomization.yaml": `nameSuffix: -s
generators: []
patches:
- target: {kind: A}
  patch: |
    ${object}    ---
    ${object}`,
  };
  const want = outcome(build(files, "", {}));

  assert.match("message" in want ? want.message : "", /may have one document only/);
  assert.deepEqual(outcome(build(files, "", { cache: openBuildCache(AMPLE_BYTES) })), want);
});

Deno.test("buildKustomization() refuses with a cache what is called the same in between", () => {
  const twin = (namespace: string) =>
    `apiVersion: v1\nkind: Secret\nmetadata: {name: twin, namespace: ${namespace}}\n`;
  const files = { "a.yaml": twin("a"), "b.yaml": twin("b") };
  const cache = openBuildCache(AMPLE_BYTES);
  for (const names of ["a.yaml", "a.yaml, b.yaml"]) {
    const all = { ...files, "kustomization.yaml": `namespace: prod\nresources: [${names}]\n` };
    assert.deepEqual(outcome(build(all, "", { cache })), outcome(build(all, "", {})));
  }
});
