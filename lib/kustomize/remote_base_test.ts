import assert from "node:assert/strict";
import { defaultBudget, type FileTree, ok, type Result, treeOf } from "../base/mod.ts";
import { buildKustomization } from "./build.ts";
import type { Build, BuildOptions, RemoteTree } from "./face.ts";

const REPOSITORY = "https://host/org/repo";

function configMap(name: string): string {
  return `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\n`;
}

/** A repository with bases that lean on each other. */
const remote = treeOf({
  "sub/kustomization.yaml": "resources: [cm.yaml, ../other, ../far/x.yaml]\n",
  "sub/cm.yaml": configMap("sub"),
  "other/kustomization.yaml": "resources: [cm.yaml]\n",
  "other/cm.yaml": configMap("other"),
  "far/x.yaml": configMap("far"),
  "broken/kustomization.yaml": "resources: [cm.yaml]\n",
  "broken/cm.yaml": "a: b\nmetadata: {name: x}\n",
  "up/kustomization.yaml": "resources: [../../secret]\n",
  "self/kustomization.yaml": `resources: ['${REPOSITORY}//self?ref=v1']\n`,
  "local-loop/kustomization.yaml": "resources: [inner]\n",
  "local-loop/inner/kustomization.yaml": "resources: [..]\n",
  "part/kustomization.yaml": "kind: Component\nnamePrefix: part-\n",
});

/** Hands out what is given, and notes what it was asked for. */
function remotes(files: Record<string, RemoteTree>) {
  const asked: string[] = [];
  const fetchRemote = (address: string): Result<RemoteTree> => {
    asked.push(address);
    const found = files[address];
    return found === undefined
      ? { ok: false, code: "RemoteNeeded", message: `fetch ${address} first` }
      : ok(found);
  };
  return { asked, fetchRemote };
}

function folder(path: string, tree: FileTree = remote): RemoteTree {
  return { tree, path };
}

function build(
  files: Record<string, string>,
  options: Partial<BuildOptions> = {},
): Result<Build> {
  return buildKustomization(treeOf(files), "", {
    budget: defaultBudget(),
    loadRestrictions: "none",
    ...options,
  });
}

function names(built: Result<Build>): string[] {
  if (!built.ok) throw new Error(built.message);
  return built.value.resources.map(({ name }) => name);
}

Deno.test("buildKustomization() builds remote bases, whose paths stay in the remote", () => {
  const { fetchRemote } = remotes({ [`${REPOSITORY}//sub?ref=v1`]: folder("sub") });

  const built = build(
    { "kustomization.yaml": `resources: ['${REPOSITORY}//sub?ref=v1']\nnamePrefix: my-\n` },
    { fetchRemote },
  );

  assert.deepEqual(names(built), ["my-sub", "my-other", "my-far"]);
  assert.deepEqual(built.ok && [...built.value.filesRead].filter((path) => /cm/.test(path)), []);
});

Deno.test("buildKustomization() asks for each remote once", () => {
  const { asked, fetchRemote } = remotes({ "git@host:org/repo//other": folder("other") });

  const built = build({
    "kustomization.yaml": "resources: [a, b]\n",
    "a/kustomization.yaml": "resources: ['git@host:org/repo//other']\nnamePrefix: a-\n",
    "b/kustomization.yaml": "resources: ['git@host:org/repo//other']\nnamePrefix: b-\n",
  }, { fetchRemote });

  assert.deepEqual(names(built), ["a-other", "b-other"]);
  assert.deepEqual(asked, ["git@host:org/repo//other"]);
});

Deno.test("buildKustomization() says all at once which remotes it needs, and where", () => {
  const { asked, fetchRemote } = remotes({});

  const built = build({
    "kustomization.yaml": "resources:\n- a\n- https://host/x.yaml\n",
    "a/kustomization.yaml": "resources:\n- github.com/org/repo\n- github.com/org/other\n",
  }, { fetchRemote });

  assert.equal(built.ok ? "" : built.code, "RemoteNeeded");
  assert.deepEqual(built.ok ? [] : built.message.split("\n"), [
    "a/kustomization.yaml:2: fetch github.com/org/repo first",
    "a/kustomization.yaml:3: fetch github.com/org/other first",
    "kustomization.yaml:3: fetch https://host/x.yaml first",
  ]);
  assert.equal(asked.length, 3);
});

Deno.test("buildKustomization() takes single files of any name, also for patches", () => {
  const tree = treeOf({ file: configMap("cm") });
  const patch = treeOf({ file: `${configMap("cm")}data: {a: b}\n` });
  const { fetchRemote } = remotes({
    "https://host/api/raw?path=cm": { tree, path: "file", isFile: true },
    "http://host/patch": { tree: patch, path: "file", isFile: true },
  });

  const built = build({
    "kustomization.yaml":
      "resources: ['https://host/api/raw?path=cm']\npatches: [{path: 'http://host/patch'}]\n",
  }, { fetchRemote });

  assert.match(built.ok ? built.value.toYaml() : built.message, /^data:\n {2}a: b\n/m);
});

const REMOTE_YAML = "https://host/x/y.yaml";
const refusals = [
  {
    name: "a remote entry without a fetcher",
    says: "\n- https://me:secret@host/org/repo//a",
    fetches: false,
    want:
      /^kustomization\.yaml:2: remote entry "https:\/\/\*+@host\/org\/repo\/\/a" is not allowed here; /,
    code: "Unsupported",
  },
  {
    name: "what is wrong inside, by its address",
    says: `['${REPOSITORY}//broken?ref=v1']`,
    want: /^https:\/\/host\/org\/repo\/\/broken\/cm\.yaml\?ref=v1:1: the object has no kind/,
  },
  {
    name: "a folder that is not there, by its address",
    says: `['${REPOSITORY}//nope?ref=v1']`,
    want: /^kustomization\.yaml:1: "https:\/\/host\/org\/repo\/\/nope\?ref=v1" is neither /,
  },
  {
    name: "a path that leaves the remote",
    says: `['${REPOSITORY}//up?ref=v1']`,
    want: /kustomization\.yaml\?ref=v1:1: path "\.\.\/\.\.\/secret" leaves the remote base/,
  },
  {
    name: "a remote that needs itself",
    says: `['${REPOSITORY}//self?ref=v1']`,
    want: /\/\/self\/kustomization\.yaml\?ref=v1:1: cycle: remote base ".*" leads back to itself/,
  },
  {
    name: "a loop inside of a remote",
    says: `['${REPOSITORY}//local-loop?ref=v1']`,
    want: /inner\/kustomization\.yaml\?ref=v1:1: cycle: /,
  },
  {
    name: "a file outside of its folder under rootOnly",
    says: `['${REPOSITORY}//sub?ref=v1']`,
    options: { loadRestrictions: "rootOnly" },
    want: /^https:\/\/host\/org\/repo\/\/sub\/.*:1: file "\.\.\/far\/x\.yaml" is not in or below/,
  },
  {
    name: "a component among resources",
    says: `['${REPOSITORY}//part?ref=v1']`,
    want: /is a Component; list it under components/,
  },
  {
    name: "a file that is a page",
    says: `['${REMOTE_YAML}']`,
    want: /^https:\/\/host\/x\/y\.yaml:1: the document is not a Kubernetes object/,
  },
  {
    name: "a submodule",
    says: `['${REPOSITORY}//module/base?ref=v1']`,
    want: /^kustomization\.yaml:1: "module" is a submodule, whose files are not fetched/,
  },
] as const;

for (const { name, says, want, ...rest } of refusals) {
  Deno.test(`buildKustomization() refuses ${name}`, () => {
    const withModule: FileTree = new Map([
      ...remote,
      ["module", { mode: "160000", read: () => new Uint8Array() }],
    ]);
    const fetchRemote = (address: string): Result<RemoteTree> => {
      if (address === REMOTE_YAML) {
        return ok({ tree: treeOf({ f: "<html>" }), path: "f", isFile: true });
      }
      const [, path = ""] = /\/\/.*\/\/(.*)\?/.exec(address) ?? [];
      return ok(folder(path, withModule));
    };

    const built = build({ "kustomization.yaml": `resources: ${says}\n` }, {
      ...("options" in rest ? rest.options : {}),
      ...("fetches" in rest ? {} : { fetchRemote }),
    });

    assert.match(built.ok ? "" : built.message, want);
    assert.equal(built.ok ? "" : built.code, "code" in rest ? rest.code : "BuildFailed");
  });
}

Deno.test("buildKustomization() tells a file and a repository apart where only one will do", () => {
  const file = { tree: treeOf({ f: configMap("cm") }), path: "f", isFile: true };
  const { fetchRemote } = remotes({ "https://host/a/b": file, [REPOSITORY]: folder("other") });
  const refuse = (says: string) => {
    const built = build({ "kustomization.yaml": says }, { fetchRemote });
    return built.ok ? "" : built.message;
  };

  assert.match(refuse("components: ['https://host/a/b']\n"), /is a single file/);
  assert.match(
    refuse(`configMapGenerator: [{name: x, files: ['a=${REPOSITORY}']}]\n`),
    /is a repository/,
  );
});
