/**
 * Replays recorded `kustomize build` runs: the same bytes, or a failure where the tool failed.
 *
 * @module
 */
import {
  defaultBudget,
  type FileEntry,
  type FileTree,
  isRecord,
  messageOf,
  type Result,
  treeOf,
} from "../../lib/base/mod.ts";
import {
  type Build,
  buildKustomization,
  type BuildOptions,
  KUSTOMIZE_VERSION,
  openBuildCache,
} from "../../lib/kustomize/mod.ts";
import { firstDifference } from "./difference.ts";

/** How many bytes a case may read: one of them refers to itself and must be stopped, not outwaited. */
const CASE_BUDGET = { ...defaultBudget(), bytes: 32 << 20 };

/** Runs one case; why it fails, or nothing. */
export function runCase(row: unknown): string | undefined {
  if (!isRecord(row) || !isRecord(row.expect)) return "the row has no expect";
  const tree = treeOfCase(row);
  const target = typeof row.target === "string" ? row.target : "";
  const { expect } = row;
  try {
    const path = target.replace(/^\.\/?/, "");
    const build = buildKustomization(tree, path, optionsOfCase(row));
    const again = compareCached(build, tree, path, optionsOfCase(row));
    if (again !== undefined) return again;
    if (!build.ok) {
      if (build.code === "Unsupported") return `unsupported: ${build.message}`;
      return "error" in expect ? undefined : `refused: ${build.message}`;
    }
    const got = build.value.toYaml();
    if ("error" in expect) return `built, want the error: ${String(expect.error).slice(0, 200)}`;
    const want = String(expect.yaml).replaceAll(
      "kustomize-(devel)",
      `kustomize-${KUSTOMIZE_VERSION}`,
    );
    return firstDifference(got, want);
  } catch (thrown) {
    return `threw: ${messageOf(thrown)}`;
  }
}

/** Small enough to be full after some cases, so that things make room for each other. */
const cache = openBuildCache(4 << 20);

/** A cache that earlier cases have filled must change nothing, nor may it the second time. */
function compareCached(
  plain: Result<Build>,
  tree: FileTree,
  path: string,
  options: BuildOptions,
): string | undefined {
  for (const time of ["first", "second"]) {
    const cached = buildKustomization(tree, path, { ...options, cache });
    const differs = firstDifference(textOf(cached), textOf(plain));
    if (differs !== undefined) return `with a cache, the ${time} time: ${differs}`;
  }
  return undefined;
}

/** All that can be seen of a build. */
function textOf(build: Result<Build>): string {
  if (!build.ok) return `${build.code}: ${build.message}`;
  const { filesRead, warnings } = build.value;
  return [build.value.toYaml(), ...warnings, ...filesRead].join("\n");
}

function treeOfCase(row: Record<string, unknown>): Map<string, FileEntry> {
  const files: Record<string, string | Uint8Array> = {};
  for (const [path, text] of textEntries(row.files)) files[path] = text.replaceAll("@ROOT@", "");
  for (const [path, text] of textEntries(row.files_base64)) {
    files[path] = Uint8Array.fromBase64(text);
  }
  const tree = new Map(treeOf(files));
  for (const [path, target] of textEntries(row.symlinks)) {
    const bytes = new TextEncoder().encode(target);
    tree.set(path, { mode: "120000", read: () => bytes });
  }
  return tree;
}

function textEntries(value: unknown): [string, string][] {
  if (!isRecord(value)) return [];
  return Object.entries(value).map(([key, text]) => [key, String(text)]);
}

function optionsOfCase(row: Record<string, unknown>): BuildOptions {
  const options = isRecord(row.options) ? row.options : {};
  const { reorder } = options;
  return {
    budget: CASE_BUDGET,
    loadRestrictions: options.loadRestrictor === "LoadRestrictionsNone" ? "none" : "rootOnly",
    reorder: reorder === "legacy" || reorder === "unspecified" ? reorder : "none",
    addManagedByLabel: options.addManagedbyLabel === true,
  };
}
