import assert from "node:assert/strict";
import { defaultBudget, treeOf } from "../base/mod.ts";
import type { KubeObject } from "../kube/mod.ts";
import { buildManifests, type BuildManifestsOptions } from "./build.ts";
import { openManifestCache } from "./manifest_cache.ts";
import type { BuildSpec } from "./spec.ts";

function map(name: string, value = "1"): string {
  return `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\ndata:\n  key: "${value}"\n`;
}

function build(
  files: Readonly<Record<string, string>>,
  spec: BuildSpec = {},
  options: Partial<BuildManifestsOptions> = {},
) {
  return buildManifests(treeOf(files), spec, { budget: defaultBudget(), ...options });
}

function namesOf(got: ReturnType<typeof build>): string[] {
  assert.ok(got.ok, got.ok ? "" : got.message);
  return got.value.objects.map(({ kind, metadata }) => `${kind}/${metadata.name}`);
}

Deno.test("buildManifests() gives the objects of a list one by one", () => {
  const list = "apiVersion: v1\nkind: List\nitems:\n" +
    ["a", "b"].map((name) =>
      `- apiVersion: v1\n  kind: ConfigMap\n  metadata:\n    name: ${name}\n`
    ).join("");

  assert.deepEqual(namesOf(build({ "list.yaml": list })), ["ConfigMap/a", "ConfigMap/b"]);
});

Deno.test("buildManifests() leaves out kustomization files among the resources", () => {
  const flux = "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\n" +
    "metadata:\n  name: keep\nspec:\n  prune: true\n";
  const own = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n" +
    "metadata:\n  name: drop\n";

  const got = build({ "a.yaml": map("a"), "flux.yaml": flux, "own.yaml": own });

  assert.deepEqual(namesOf(got).toSorted(), ["ConfigMap/a", "Kustomization/keep"]);
});

Deno.test("buildManifests() gives equal digests to equal builds, whatever else is in the tree", () => {
  const one = build({ "deploy/a.yaml": map("a"), "README.md": "one" }, { path: "deploy" });
  const same = build({ "deploy/a.yaml": map("a"), "README.md": "two" }, { path: "deploy" });
  const other = build({ "deploy/a.yaml": map("a", "2") }, { path: "deploy" });

  assert.ok(one.ok && same.ok && other.ok);
  assert.match(one.value.digest, /^sha256:[0-9a-f]{64}$/);
  assert.equal(one.value.digest, same.value.digest);
  assert.notEqual(one.value.digest, other.value.digest);
});

Deno.test("buildManifests() names the files it looked at", () => {
  const got = build({
    "kustomization.yaml": "resources: [a.yaml]\n",
    "a.yaml": map("a"),
    "unused.yaml": map("b"),
  });

  assert.ok(got.ok);
  // Names that it looked for in vain count too: a file there would change the build.
  const want = ["Kustomization", "a.yaml", "kustomization.yaml", "kustomization.yml"];
  assert.deepEqual([...got.value.filesRead].toSorted(), want);
});

Deno.test("buildManifests() gives no object for an empty folder", () => {
  assert.deepEqual(namesOf(build({ "empty/README.md": "" }, { path: "empty" })), []);
});

Deno.test("buildManifests() prints what it gives", () => {
  const got = build({ "a.yaml": map("a"), "b.yaml": map("b") });

  assert.ok(got.ok);
  const documents = got.value.toYaml().split("---\n");
  assert.equal(documents.length, 2);
  assert.match(documents[1] ?? "", /name: b/);
});

const strategies: {
  name: string;
  spec: BuildSpec;
  variables?: Map<string, string>;
  want: string;
}[] = [
  { name: "no postBuild at all", spec: {}, want: "x${who}" },
  { name: "no variable", spec: { postBuild: {} }, variables: new Map(), want: "x${who}" },
  {
    name: "a variable",
    spec: { postBuild: {} },
    variables: new Map([["who", "y"]]),
    want: "xy",
  },
];

for (const { name, spec, variables, want } of strategies) {
  Deno.test(`buildManifests() with ${name} makes \`x\${who}\` ${want}`, () => {
    const got = build({ "a.yaml": map("a", "x${who}") }, spec, { variables });

    assert.ok(got.ok, got.ok ? "" : got.message);
    assert.deepEqual(got.value.objects[0]?.["data"], { key: want });
  });
}

Deno.test("buildManifests() evaluates without a variable when asked to always", () => {
  const spec = { postBuild: { substituteStrategy: "Always" } };
  const files = { "a.yaml": map("a", "x${who}") };

  const strict = build(files, spec, { variables: new Map() });
  const lenient = build(files, spec, { variables: new Map(), strictSubstitution: false });

  assert.equal(strict.ok, false);
  assert.deepEqual(lenient.ok && lenient.value.objects[0]?.["data"], { key: "x" });
});

const failures: { name: string; files: Record<string, string>; code: string; message: RegExp }[] = [
  {
    name: "a missing resource",
    files: { "kustomization.yaml": "resources: [nope.yaml]\n" },
    code: "BuildFailed",
    message: /^kustomize build failed: .*nope\.yaml/,
  },
  {
    name: "an unknown field",
    files: { "kustomization.yaml": "resourcez: [a.yaml]\n" },
    code: "BuildFailed",
    message: /resourcez/,
  },
  {
    name: "a resource outside of the root",
    files: { "kustomization.yaml": "resources: [../../etc/passwd]\n" },
    code: "BuildFailed",
    message: /^kustomize build failed: /,
  },
];

for (const { name, files, code, message } of failures) {
  Deno.test(`buildManifests() refuses ${name}`, () => {
    const got = build({ "a.yaml": map("a"), ...files });

    assert.ok(!got.ok);
    assert.equal(got.code, code);
    assert.match(got.message, message);
  });
}

Deno.test("buildManifests() stops when its budget is spent", () => {
  const files = Object.fromEntries(
    Array.from({ length: 50 }, (_, index) => [`m${index}.yaml`, map(`m${index}`)]),
  );
  const aborted = AbortSignal.abort();

  const got = build(files, {}, { budget: defaultBudget(aborted) });

  assert.equal(got.ok, false);
});

Deno.test("buildManifests() gives the same with a cache, and the same objects where nothing changed", () => {
  const cache = openManifestCache(16 << 20);
  const files = (level: string) => ({
    "a.yaml": map("a", level),
    "b.yaml": map("b", "\${NAME}"),
  });
  const spec = { postBuild: {} };
  const steps: readonly [level: string, name: string][] = [
    ["info", "x"],
    ["debug", "x"],
    ["debug", "y"],
    ["info", "y"],
  ];
  let before: readonly KubeObject[] = [];
  let shared = 0;
  for (const [level, name] of steps) {
    const options = { budget: defaultBudget(), variables: new Map([["NAME", name]]) };
    const plain = buildManifests(treeOf(files(level)), spec, options);
    const cached = buildManifests(treeOf(files(level)), spec, { ...options, cache });
    assert.ok(plain.ok && cached.ok);
    assert.deepEqual(cached.value.objects, plain.value.objects);
    assert.equal(cached.value.toYaml(), plain.value.toYaml());
    assert.equal(cached.value.digest, plain.value.digest);
    shared += cached.value.objects.filter((object) => before.includes(object)).length;
    before = cached.value.objects;
  }
  // With other variables everything is filled in anew; otherwise one of two files changed, each time.
  assert.equal(shared, 2);
});
