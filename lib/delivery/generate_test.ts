import assert from "node:assert/strict";
import { type FileTree, treeOf } from "../base/mod.ts";
import { parseOne, toPlain } from "../yaml/mod.ts";
import { generateKustomization } from "./generate.ts";
import type { BuildSpec } from "./spec.ts";

const MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n";

/** The kustomization file of the folder that `spec` names, after the overlay. */
function fileOf(tree: FileTree, spec: BuildSpec): string {
  const generated = generateKustomization(tree, spec);
  assert.ok(generated.ok, generated.ok ? "" : generated.message);
  const { tree: after, folder } = generated.value;
  const names = ["kustomization.yaml", "kustomization.yml", "Kustomization"];
  const path = names.map((name) => (folder === "" ? name : `${folder}/${name}`))
    .find((path) => after.has(path));
  return new TextDecoder().decode(after.get(path ?? "")?.read());
}

function generatedFile(...resources: readonly string[]): string {
  const lines = resources.map((path) => `- ./${path}\n`).join("");
  return `apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n${lines}`;
}

const walks: {
  name: string;
  files: Record<string, string>;
  path?: string;
  want: string;
}[] = [
  {
    name: "takes every manifest in the order of a walk",
    files: { "b.yaml": MAP, "a.yml": MAP, "a/z.yaml": MAP, "a-b.yaml": MAP },
    want: generatedFile("a/z.yaml", "a-b.yaml", "a.yml", "b.yaml"),
  },
  {
    name: "takes a folder with a file of its own as one resource",
    files: {
      "apps/kustomization.yaml": "resources: [x.yaml]\n",
      "apps/x.yaml": MAP,
      "apps/deep/kustomization.yml": "",
      "more/deep/Kustomization": "",
      "z.yaml": MAP,
    },
    want: generatedFile("apps", "more/deep", "z.yaml"),
  },
  {
    name: "leaves files of other kinds alone",
    files: { "README.md": "# no", "a.json": "{}", "b.yaml.bak": "{", "c.yaml": MAP },
    want: generatedFile("c.yaml"),
  },
  {
    name: "names paths from the folder of the spec",
    files: { "deploy/a.yaml": MAP, "other/b.yaml": MAP },
    path: "./deploy/",
    want: generatedFile("a.yaml"),
  },
  {
    name: "keeps a path inside the root",
    files: { "deploy/a.yaml": MAP },
    path: "../../deploy",
    want: generatedFile("a.yaml"),
  },
  {
    name: "makes an empty build of an empty folder",
    files: { "deploy/README.md": "" },
    path: "deploy",
    want:
      "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nnamespace: _placeholder\n",
  },
  {
    name: "accepts empty documents and lists",
    files: {
      "a.yaml": `---\n${MAP}---\n# nothing\n---\n`,
      "l.yaml": "apiVersion: v1\nkind: List\n",
    },
    want: generatedFile("a.yaml", "l.yaml"),
  },
];

for (const { name, files, path, want } of walks) {
  Deno.test(`generateKustomization() ${name}`, () => {
    const got = fileOf(treeOf(files), path === undefined ? {} : { path });

    assert.equal(got, want);
  });
}

Deno.test("generateKustomization() takes the file that Flux looks for first", () => {
  const files = {
    "Kustomization": "namePrefix: third-\nresources: [a.yaml]\n",
    "kustomization.yml": "namePrefix: second-\nresources: [a.yaml]\n",
    "a.yaml": MAP,
  };

  assert.match(fileOf(treeOf(files), {}), /second-/);
});

Deno.test("generateKustomization() leaves a file as it is that nothing is laid over", () => {
  const tree = treeOf({ "kustomization.yaml": "# mine\nresources:   [a.yaml]\n", "a.yaml": MAP });

  const got = generateKustomization(tree, {});

  assert.ok(got.ok);
  assert.equal(got.value.tree, tree);
});

const FILE = "resources:\n- a.yaml\n";

const overlays: { name: string; file?: string; spec: BuildSpec; want: string }[] = [
  {
    name: "targetNamespace",
    file: `namespace: theirs\n${FILE}`,
    spec: { targetNamespace: "mine" },
    want: `namespace: mine\n${FILE}`,
  },
  {
    name: "namePrefix and nameSuffix",
    file: `namePrefix: old-\n${FILE}`,
    spec: { namePrefix: "new-", nameSuffix: "-end" },
    want: `namePrefix: new-\n${FILE}nameSuffix: -end\n`,
  },
  {
    name: "patches, after those of the file",
    file: `${FILE}patches:\n- path: p.yaml\n`,
    spec: { patches: [{ patch: "x: 1", target: { kind: "ConfigMap" } }] },
    want: `${FILE}patches:\n- path: p.yaml\n- patch: "x: 1"\n  target:\n    kind: ConfigMap\n`,
  },
  {
    name: "components, after those of the file",
    file: `${FILE}components:\n- ../one\n`,
    spec: { components: ["../two"] },
    want: `${FILE}components:\n- ../one\n- ../two\n`,
  },
  {
    name: "components that are there, when missing ones are ignored",
    spec: { components: ["there", "absent"], ignoreMissingComponents: true },
    want: `${FILE}components:\n- there\n`,
  },
  {
    name: "images by name: tag and digest go together",
    file: `${FILE}images:\n- name: x\n  newName: y\n  newTag: "1"\n`,
    spec: { images: [{ name: "x", digest: "sha256:0" }, { name: "z", newTag: "2" }] },
    want: `${FILE}images:\n- name: x\n  newName: y\n  digest: sha256:0\n- name: z\n  newTag: "2"\n`,
  },
  {
    name: "images by name: a new name alone keeps the tag",
    file: `${FILE}images:\n- name: x\n  newTag: "1"\n`,
    spec: { images: [{ name: "x", newName: "y" }] },
    want: `${FILE}images:\n- name: x\n  newTag: "1"\n  newName: y\n`,
  },
  {
    name: "buildMetadata in place of the file's",
    file: `buildMetadata: [managedByLabel]\n${FILE}`,
    spec: { buildMetadata: ["originAnnotations"] },
    want: `buildMetadata:\n- originAnnotations\n${FILE}`,
  },
  {
    name: "origins to a file without resources, so that it still builds",
    file: "configMapGenerator:\n- name: x\n",
    spec: {},
    want: "configMapGenerator:\n- name: x\nbuildMetadata:\n- originAnnotations\n",
  },
];

for (const { name, file = FILE, spec, want } of overlays) {
  Deno.test(`generateKustomization() lays over: ${name}`, () => {
    const files = { "kustomization.yaml": file, "a.yaml": MAP, "there/kustomization.yaml": "" };

    assert.deepEqual(plainOf(fileOf(treeOf(files), spec)), plainOf(want));
  });
}

/** The order of fields is the emitter's. */
function plainOf(yaml: string): unknown {
  const parsed = parseOne(yaml);
  assert.ok(parsed.ok && parsed.value !== undefined);
  return toPlain(parsed.value);
}

const failures: {
  name: string;
  files?: Record<string, string>;
  spec?: BuildSpec;
  code: string;
  message: string | RegExp;
}[] = [
  {
    name: "a path that is not there",
    spec: { path: "./nope" },
    code: "PathNotFound",
    message: "kustomization path not found: stat nope: no such file or directory",
  },
  {
    name: "a path that leaves the root",
    spec: { path: "../../etc" },
    code: "PathNotFound",
    message: "kustomization path not found: stat etc: no such file or directory",
  },
  {
    name: "a path that is a file",
    spec: { path: "./a.yaml" },
    code: "PathNotFound",
    message: "kustomization path not found: stat a.yaml: no such file or directory",
  },
  {
    name: "a manifest that is no YAML",
    files: { "sub/b.yaml": "a: [\n" },
    code: "BuildFailed",
    message: /^failed to decode Kubernetes YAML from sub\/b\.yaml/,
  },
  {
    name: "a document without kind",
    files: { "b.yaml": `${MAP}---\nmetadata:\n  name: x\n` },
    code: "BuildFailed",
    message: "failed to decode Kubernetes YAML from b.yaml: missing kind in the object at line 6",
  },
  {
    name: "a document without a name",
    files: { "b.yaml": "kind: ConfigMap\n" },
    code: "BuildFailed",
    message:
      "failed to decode Kubernetes YAML from b.yaml: missing metadata.name in the ConfigMap at line 1",
  },
  {
    name: "a kustomization file that is a list",
    files: { "kustomization.yaml": "- a.yaml\n" },
    code: "BuildFailed",
    message: "kustomization.yaml is not a mapping; a kustomization file has fields",
  },
  {
    name: "a component from elsewhere",
    spec: { components: ["https://example.test/x"] },
    code: "BuildFailed",
    message: "component path 'https://example.test/x' must be local and relative",
  },
  {
    name: "a component by an absolute path",
    spec: { components: ["/etc"] },
    code: "BuildFailed",
    message: "component path '/etc' must be local and relative",
  },
];

for (const { name, files = {}, spec = {}, code, message } of failures) {
  Deno.test(`generateKustomization() refuses ${name}`, () => {
    const got = generateKustomization(treeOf({ "a.yaml": MAP, ...files }), spec);

    assert.ok(!got.ok);
    assert.equal(got.code, code);
    if (typeof message === "string") assert.equal(got.message, message);
    else assert.match(got.message, message);
  });
}
