import assert from "node:assert/strict";
import { defaultBudget, ok, treeOf } from "../../lib/base/mod.ts";
import type { SourceContext } from "./context.ts";
import { includeFiles } from "./include.ts";

const artifact = {
  digest: "sha256:1",
  path: "x",
  url: "http://x/x",
  revision: "main@sha1:1",
  lastUpdateTime: "2026-01-01T00:00:00Z",
};

const cases = [
  {
    name: "puts everything under the repository's name",
    include: { repository: { name: "lib" } },
    want: ["app.yaml", "lib/README.md", "lib/deploy/b.yaml"],
  },
  {
    name: "takes one folder to another place",
    include: { repository: { name: "lib" }, fromPath: "./deploy", toPath: "vendor/lib" },
    want: ["app.yaml", "lib/old.yaml", "vendor/lib/b.yaml"],
  },
  {
    name: "never leaves the tree",
    include: { repository: { name: "lib" }, fromPath: "deploy", toPath: "../../etc" },
    want: ["app.yaml", "etc/b.yaml", "lib/old.yaml"],
  },
];

for (const { name, include, want } of cases) {
  Deno.test(`includeFiles() ${name}`, async () => {
    const tree = treeOf({ "app.yaml": "", "lib/old.yaml": "" });
    const files = treeOf({ "README.md": "", "deploy/b.yaml": "" });
    const ctx: Pick<SourceContext, "fetchFiles"> = { fetchFiles: () => Promise.resolve(ok(files)) };

    const got = await includeFiles(tree, [{ include, artifact }], ctx, defaultBudget());

    assert.deepEqual(got.ok && [...got.value.keys()].sort(), want);
  });
}
