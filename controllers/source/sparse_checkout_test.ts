import assert from "node:assert/strict";
import { GitRepository } from "../../crds/mod.ts";
import { treeOf } from "../../lib/base/mod.ts";
import { hasSameFolders, selectFolders } from "./sparse_checkout.ts";

const TREE = treeOf({
  ".sourceignore": "",
  "README.md": "",
  "deploy/a.yaml": "",
  "deploy/base/b.yaml": "",
  "deploy-old/c.yaml": "",
  "docs/d.md": "",
});

const cases: { folders?: string[]; want: readonly string[] | RegExp }[] = [
  { want: [...TREE.keys()] },
  { folders: [], want: [...TREE.keys()] },
  { folders: [""], want: [...TREE.keys()] },
  { folders: ["docs"], want: ["docs/d.md"] },
  { folders: ["./deploy/"], want: ["deploy/a.yaml", "deploy/base/b.yaml"] },
  { folders: ["deploy"], want: ["deploy/a.yaml", "deploy/base/b.yaml", "deploy-old/c.yaml"] },
  { folders: ["docs", "deploy/base"], want: ["deploy/base/b.yaml", "docs/d.md"] },
  { folders: ["README.md"], want: ["README.md"] },
  { folders: ["docs", "nope"], want: /^failed to .* directories : .* 'nope' does not exist/ },
  { folders: ["/deploy"], want: /'\/deploy' does not exist/ },
  { folders: ["../deploy"], want: /'\.\.\/deploy' does not exist/ },
  { folders: ["depl"], want: /'depl' does not exist/ },
];

for (const { folders, want } of cases) {
  Deno.test(`selectFolders() of ${JSON.stringify(folders)}`, () => {
    const got = selectFolders(repository(folders), TREE);

    if (want instanceof RegExp) assert.match(got.ok ? "" : got.message, want);
    else assert.deepEqual(got.ok && [...got.value.keys()], want);
  });
}

Deno.test("hasSameFolders() compares the order, too", () => {
  assert.equal(hasSameFolders(repository(undefined)), true);
  assert.equal(hasSameFolders(repository([], undefined)), true);
  assert.equal(hasSameFolders(repository(["a", "b"], ["a", "b"])), true);
  assert.equal(hasSameFolders(repository(["a", "b"], ["b", "a"])), false);
  assert.equal(hasSameFolders(repository(undefined, ["a"])), false);
  assert.equal(hasSameFolders(repository(["a"])), false);
});

function repository(sparseCheckout?: string[], observed?: string[]): GitRepository {
  const decoded = GitRepository.decode({
    apiVersion: GitRepository.apiVersion,
    kind: "GitRepository",
    metadata: { name: "app", namespace: "apps" },
    spec: {
      interval: "1m",
      url: "https://host/app.git",
      ...(sparseCheckout && { sparseCheckout }),
    },
    status: observed === undefined ? {} : { observedSparseCheckout: observed },
  });
  assert.ok(decoded.ok);
  return decoded.value;
}
