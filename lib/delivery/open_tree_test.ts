import assert from "node:assert/strict";
import { defaultBudget, type FileTree, treeOf } from "../base/mod.ts";
import { DataKeys } from "../sops/mod.ts";
import { readKeyServices } from "./decryption_keys.ts";
import { findReferences } from "./file_references.ts";
import { openTree } from "./open_tree.ts";
import { openHttp } from "../http/mod.ts";
import { FakeClock } from "../testing/fake_clock.ts";

/** Keys at hand need nobody to ask. */
const LOCAL = { http: openHttp(), clock: new FakeClock(), env: () => undefined };
const SAMPLES = new URL("../sops/testdata/", import.meta.url);

function sample(name: string): Promise<string> {
  return Deno.readTextFile(new URL(name, SAMPLES));
}

async function keysOf(...names: string[]): Promise<DataKeys> {
  const data = new Map<string, string>();
  for (const name of names) data.set(name, await sample(name));
  const services = await readKeyServices(data, "apps/keys", LOCAL);
  assert.ok(services.ok);
  return new DataKeys(services.value);
}

function textAt(tree: FileTree, path: string): string {
  return new TextDecoder().decode(tree.get(path)?.read());
}

const references: readonly {
  readonly name: string;
  readonly files: Readonly<Record<string, string>>;
  readonly path?: string;
  readonly components?: readonly string[];
  readonly want: readonly string[];
}[] = [
  {
    name: "all manifests of a folder without a kustomization file",
    files: { "a/x.yaml": "", "a/b/y.yml": "", "a/note.txt": "", "other.yaml": "" },
    path: "a",
    want: ["resource a/b/y.yml", "resource a/x.yaml"],
  },
  {
    name: "resources, their folders, and each once",
    files: {
      "app/kustomization.yaml": "resources: [x.yaml, ../base, x.yaml, https://example.com/r]",
      "app/x.yaml": "",
      "app/unused.yaml": "",
      "base/kustomization.yml": "resources: [../app, y.yaml]",
      "base/y.yaml": "",
    },
    path: "./app",
    want: ["resource app/x.yaml", "resource base/y.yaml"],
  },
  {
    name: "what generators are made of, by the name that it gets",
    files: {
      "kustomization.yaml": "secretGenerator: [{files: [token=t.enc, k.json], envs: [e.env]}]\n" +
        "configMapGenerator: [{files: [c.ini], env: d.env}]\n",
      "t.enc": "",
      "k.json": "",
      "e.env": "",
      "c.ini": "",
      "d.env": "",
    },
    want: ["part t.enc (token)", "part k.json", "part e.env", "part c.ini", "part d.env"],
  },
  {
    name: "not what a ConfigMap is made of that wants to stay sealed",
    files: {
      "kustomization.yaml": "configMapGenerator:\n- files: [a]\n  options:\n    annotations: " +
        "{kustomize.toolkit.fluxcd.io/decrypt: Disabled}\n- files: [b]\n",
      a: "",
      b: "",
    },
    want: ["part b"],
  },
  {
    name: "patches, replacements, transformers and whatever else names a file",
    files: {
      "kustomization.yaml": "patches: [{path: p.yaml}, {patch: 'a: b'}]\n" +
        "patchesStrategicMerge: [s.yaml]\nreplacements: [{path: r.yaml}]\ntransformers: [t]\n",
      "p.yaml": "",
      "s.yaml": "",
      "r.yaml": "",
      "t/kustomization.yaml": "resources: [u.yaml]",
      "t/u.yaml": "",
    },
    want: ["part p.yaml", "part s.yaml", "part r.yaml", "resource t/u.yaml"],
  },
  {
    name: "components, of the file and of the spec",
    files: {
      "app/kustomization.yaml": "components: [../one]",
      "one/kustomization.yaml": "patches: [{path: a.yaml}]",
      "one/a.yaml": "",
      "two/kustomization.yaml": "patches: [{path: b.yaml}]",
      "two/b.yaml": "",
    },
    path: "app",
    components: ["../two"],
    want: ["part one/a.yaml", "part two/b.yaml"],
  },
  {
    name: "nothing out of the tree",
    files: { "kustomization.yaml": "resources: [../../etc/passwd]", "etc/passwd": "" },
    want: [],
  },
];

for (const { name, files, path, components, want } of references) {
  Deno.test(`findReferences() finds ${name}`, () => {
    const spec = { ...(path && { path }), ...(components && { components }) };

    const got = findReferences(treeOf(files), spec, defaultBudget());

    const shown = got.map((found) => {
      const name = found.name === found.path ? "" : ` (${found.name})`;
      return `${found.use} ${found.path}${name}`;
    });
    assert.deepEqual(shown, want);
  });
}

Deno.test("findReferences() follows no link", () => {
  const tree = new Map(treeOf({ "kustomization.yaml": "resources: [a.yaml]" }));
  tree.set("a.yaml", { mode: "120000", read: () => new TextEncoder().encode("b.yaml") });

  assert.deepEqual(findReferences(tree, {}, defaultBudget()), []);
});

Deno.test("openTree() opens what the build will read, and nothing else", async () => {
  const tree = treeOf({
    "kustomization.yaml":
      "resources: [s.yaml]\nsecretGenerator: [{name: a, files: [token], envs: [e]}]\n",
    "s.yaml": await sample("secret.regex.yaml"),
    token: await sample("age-token"),
    e: await sample("age-prod.env"),
    "unused.env": await sample("age-prod.env"),
  });

  const got = await openTree(tree, {}, {
    keys: await keysOf("one.agekey"),
    budget: defaultBudget(),
  });

  assert.ok(got.ok, got.ok ? "" : got.message);
  assert.equal(textAt(got.value.tree, "s.yaml"), await sample("opened/secret.yaml"));
  assert.equal(textAt(got.value.tree, "e"), await sample("opened/prod.env"));
  assert.equal(textAt(got.value.tree, "unused.env"), await sample("age-prod.env"));
  const token = await Deno.readFile(new URL("opened/token", SAMPLES));
  assert.deepEqual(
    new Uint8Array(got.value.tree.get("token")?.read() ?? []),
    new Uint8Array(token),
  );
  assert.ok(got.value.secrets.includes("hunter2-hunter2"));
  assert.deepEqual(got.value.changed, []);
});

Deno.test("openTree() leaves a tree as it is where nothing is sealed", async () => {
  const tree = treeOf({ "a.yaml": "kind: ConfigMap\n" });

  const got = await openTree(tree, {}, { keys: new DataKeys({}), budget: defaultBudget() });

  assert.ok(got.ok);
  assert.equal(got.value.tree, tree);
});

Deno.test("openTree() names files that were changed after they were sealed", async () => {
  const sealed = await sample("secret.regex.yaml");
  const tree = treeOf({ "s.yaml": sealed.replace("name: s", "name: t"), "t.yaml": sealed });

  const got = await openTree(tree, {}, {
    keys: await keysOf("one.agekey"),
    budget: defaultBudget(),
  });

  assert.ok(got.ok);
  assert.deepEqual(got.value.changed, ["s.yaml"]);
  assert.match(textAt(got.value.tree, "s.yaml"), /name: t/);
});

Deno.test("openTree() leaves objects sealed that it cannot open, or that want it", async () => {
  const sealed = await sample("secret.regex.yaml");
  const note = "name: s\n    annotations: {kustomize.toolkit.fluxcd.io/decrypt: disabled}";
  const tree = treeOf({ "s.yaml": sealed, "t.yaml": sealed.replace("name: s", note) });

  const wrong = await openTree(tree, {}, {
    keys: await keysOf("two.agekey"),
    budget: defaultBudget(),
  });
  const right = await openTree(tree, {}, {
    keys: await keysOf("one.agekey"),
    budget: defaultBudget(),
  });

  assert.ok(wrong.ok && right.ok);
  assert.equal(wrong.value.tree, tree);
  const [mac = "?"] = /ENC\[[^\]]*\]/.exec(sealed.slice(sealed.indexOf("mac:"))) ?? [];
  assert.deepEqual([...wrong.value.sealed], [[mac, "s.yaml"]]);
  assert.match(textAt(right.value.tree, "t.yaml"), /password: ENC\[/);
  assert.match(textAt(right.value.tree, "s.yaml"), /password: hunter2/);
});

Deno.test("openTree() fails for parts that it cannot open, with their name", async () => {
  const files = {
    "kustomization.yaml": "secretGenerator: [{name: a, files: [token]}]\n",
    token: await sample("age-token"),
  };

  const got = await openTree(treeOf(files), {}, {
    keys: await keysOf("two.agekey"),
    budget: defaultBudget(),
  });

  assert.equal(!got.ok && got.code, "BuildFailed");
  assert.match(
    got.ok ? "" : got.message,
    /^error decrypting sources: token: cannot get sops data key/,
  );
});

Deno.test("openTree() spends its budget", async () => {
  const tree = treeOf({ "s.yaml": await sample("secret.regex.yaml") });

  const got = await openTree(tree, {}, {
    keys: await keysOf("one.agekey"),
    budget: { ...defaultBudget(), bytes: 100 },
  });

  assert.equal(!got.ok && got.code, "BudgetExceeded");
});
