/**
 * The generated files, before they are written.
 *
 * @module
 */
import assert from "node:assert/strict";
import { load } from "js-yaml";
import { ALL_KINDS, definitionOf } from "../../crds/mod.ts";
import { apiDocuments } from "./api_documents.ts";
import { isRecord } from "../../lib/base/mod.ts";
import { FEATURE_GATES, FLAGS } from "../../lib/runtime/mod.ts";
import { parseDocuments, toPlain } from "../../lib/yaml/mod.ts";
import { definitionFiles, YAML_HEADER } from "./definition_files.ts";
import { argumentsOf, WORKLOADS } from "./deployments.ts";
import { entrypointOf } from "./entrypoint.ts";
import { flagDocument } from "./flag_document.ts";

Deno.test("definitionFiles() prints every kind so that it reads back the same", () => {
  const files = definitionFiles();

  assert.equal(files.size, ALL_KINDS.length);
  for (const kind of ALL_KINDS) {
    const text = files.get(`${kind.group}_${kind.plural}.yaml`) ?? "";
    assert.ok(text.startsWith(YAML_HEADER));
    assert.deepEqual(load(text), structuredClone(definitionOf(kind)));
  }
});

Deno.test("apiDocuments() has a page for every kind with its fields, conditions and reasons", () => {
  const pages = apiDocuments();

  assert.deepEqual([...pages.keys()], ALL_KINDS.map((kind) => `${kind.singular}.md`));
  // The padding of cells says nothing.
  const page = (pages.get("kustomization.md") ?? "").replace(/ +\|/g, " |");
  assert.ok(
    page.includes(
      "| `prune` (required) | boolean | | Delete what was applied before and is no longer in the source. |",
    ),
  );
  assert.ok(page.includes("| `postBuild.substituteFrom[].optional` | boolean | `false` |"));
  assert.ok(page.includes("| `ArtifactFailed` |"));
  assert.ok(page.includes("- `spec.kubeConfig`: exactly one of"));
});

Deno.test("flagDocument() has a line for every flag and gate", () => {
  const page = flagDocument();

  for (const name of Object.keys(FLAGS)) assert.ok(page.includes(`- **\`--${name}\`** (`), name);
  for (const name of Object.keys(FEATURE_GATES)) assert.ok(page.includes(`| \`${name}\` `), name);
});

Deno.test("the Dockerfile starts what entrypointOf() says", async () => {
  const text = await Deno.readTextFile(new URL("../../Dockerfile", import.meta.url));

  const written = /^ENTRYPOINT (\[.*\])$/m.exec(text)?.[1] ?? "[]";
  assert.deepEqual(JSON.parse(written), entrypointOf());
});

for (const workload of WORKLOADS) {
  Deno.test(`deploymentOf() of ${workload.name} has the flux CLI's flags in its places`, () => {
    const args = argumentsOf(workload).map((arg) => arg.replace(/=.*/, ""));

    assert.deepEqual(args.slice(0, 3), ["--events-addr", "--watch-all-namespaces", "--log-level"]);
    if (workload.stores) assert.equal(args[6], "--storage-adv-addr");
  });
}

Deno.test("entrypointOf() lets no controller run a program, load native code or have all", () => {
  const words = [entrypointOf(), ...WORKLOADS.map(({ narrowing }) => entrypointOf(narrowing))];

  for (const word of words.flat()) assert.doesNotMatch(word, /^(-A|--allow-(all|run|ffi|import))/);
});

Deno.test("deploy/base/roles.yaml lets editors of a namespace write every kind, and no status", async () => {
  const file = new URL("../../deploy/base/roles.yaml", import.meta.url);
  const parsed = parseDocuments(await Deno.readTextFile(file));
  assert.ok(parsed.ok);

  const roles = parsed.value.map(({ node }) => toPlain(node)).filter(isRecord);
  const role = roles.find(({ metadata }) =>
    isRecord(metadata) && metadata.name === "flux-edit-flux-system"
  );
  const rules = Array.isArray(role?.rules) ? role.rules : [];
  const got = rules.flatMap(({ apiGroups, resources }) =>
    resources.map((resource: string) => `${resource}.${apiGroups}`)
  );

  assert.deepEqual(got.sort(), ALL_KINDS.map(({ plural, group }) => `${plural}.${group}`).sort());
});
