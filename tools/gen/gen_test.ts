/**
 * The generated files, before they are written.
 *
 * @module
 */
import assert from "node:assert/strict";
import { load } from "js-yaml";
import { ALL_KINDS, definitionOf } from "../../crds/mod.ts";
import { apiDocuments } from "./api_documents.ts";
import { definitionFiles, YAML_HEADER } from "./definition_files.ts";

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
  const page = pages.get("kustomization.md") ?? "";
  assert.ok(
    page.includes(
      "| `prune` (required) | boolean |  | Delete what was applied before and is no longer in the source. |",
    ),
  );
  assert.ok(page.includes("| `postBuild.substituteFrom[].optional` | boolean | `false` |"));
  assert.ok(page.includes("| `ArtifactFailed` |"));
  assert.ok(page.includes("- `spec.kubeConfig`: exactly one of"));
});
