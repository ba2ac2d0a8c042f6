/**
 * Every difference from the real kustomize that was ever found, as a folder of `tests/conformance/kustomize`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { defaultBudget, treeOf } from "../base/mod.ts";
import { buildKustomization } from "./build.ts";
import { openBuildCache } from "./cache.ts";

const CASES = new URL("../../tests/conformance/kustomize/", import.meta.url);

function readFiles(folder: URL, prefix = ""): Record<string, Uint8Array> {
  const files: Record<string, Uint8Array> = {};
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    if (isDirectory) {
      Object.assign(files, readFiles(new URL(`${name}/`, folder), `${prefix}${name}/`));
    } else files[prefix + name] = Deno.readFileSync(new URL(name, folder));
  }
  return files;
}

/** What the real one prints; nothing where it refuses. */
function readWanted(folder: URL): string | undefined {
  try {
    return Deno.readTextFileSync(new URL("want.yaml", folder));
  } catch (thrown) {
    if (thrown instanceof Deno.errors.NotFound) return undefined;
    throw thrown;
  }
}

/** Filled by all cases; that must change nothing. */
const cache = openBuildCache(4 << 20);

Deno.test("buildKustomization() agrees with kustomize where it once did not", async (t) => {
  const names = await Array.fromAsync(Deno.readDir(CASES), ({ name }) => name);
  names.sort();
  for (const name of names) {
    await t.step(name, () => {
      const folder = new URL(`${name}/`, CASES);
      const files = readFiles(new URL("input/", folder));
      const target = "over/kustomization.yaml" in files ? "over" : "in";

      const build = buildKustomization(treeOf(files), target, {
        budget: defaultBudget(),
        reorder: "unspecified",
      });

      const wanted = readWanted(folder);
      assert.equal(build.ok ? build.value.toYaml() : undefined, wanted);
      for (const time of ["first", "second"]) {
        const options = { budget: defaultBudget(), reorder: "unspecified", cache } as const;
        const cached = buildKustomization(treeOf(files), target, options);
        assert.equal(cached.ok ? cached.value.toYaml() : undefined, wanted, `cached, ${time} time`);
      }
    });
  }
});
