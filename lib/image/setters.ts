/**
 * Values that a comment puts in the hands of an ImagePolicy: `image: app:1 # {"$imagepolicy": "ns:name"}`.
 *
 * @module
 */
import {
  type Budget,
  BudgetSpent,
  fail,
  type FileTree,
  isRecord,
  ok,
  type Result,
} from "../base/mod.ts";
import type { ScalarNode, YamlNode } from "../yaml/mod.ts";
import { type Change, ChangeList } from "./changes.ts";
import { formatLatest, type LatestImage } from "./latest_image.ts";
import { editManifest, identityOf, type ManifestFile, readManifests } from "./manifest_file.ts";
import { type FileUpdate, type ManifestUpdate, updateManifests } from "./manifest_update.ts";

/** What names, in a comment, the policy that a value belongs to. */
export const MARKER = "$imagepolicy";

/**
 * Writes the images that policies chose (`ns:name` → image) where the files ask for them by a marker. Nothing but
 * those values changes: unlike Flux, which prints every touched file anew.
 *
 * Fails with `InvalidImage` for a policy that chose what is no image, and with `BudgetSpent`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { defaultBudget, treeOf } from "../base/mod.ts";
 * const files = treeOf({ "app.yaml": 'image:   app:1 # {"$imagepolicy": "prod:app"}\n' });
 * const policies = new Map([["prod:app", { name: "app", tag: "2" }]]);
 * const update = updateWithSetters(files, policies, defaultBudget());
 * const text = update.ok ? new TextDecoder().decode(update.value.files.get("app.yaml")) : "";
 * assert.equal(text, 'image:   app:2 # {"$imagepolicy": "prod:app"}\n');
 * ```
 */
export function updateWithSetters(
  files: FileTree,
  policies: ReadonlyMap<string, LatestImage>,
  budget: Budget,
): Result<ManifestUpdate> {
  const setters = settersOf(policies);
  if (!setters.ok) return setters;
  try {
    return updateFiles(files, setters.value, budget);
  } catch (thrown) {
    if (!(thrown instanceof BudgetSpent)) throw thrown;
    return fail("BudgetSpent", thrown.message, thrown);
  }
}

type Setters = ReadonlyMap<string, string>;

/** The value of each marker: `ns:name`, and its parts by `ns:name:tag`, `:name` and `:digest`. */
function settersOf(policies: ReadonlyMap<string, LatestImage>): Result<Setters> {
  const setters = new Map<string, string>();
  for (const [policy, image] of policies) {
    const whole = formatLatest(image);
    if (!whole.ok) return whole;
    setters.set(policy, whole.value);
    setters.set(`${policy}:tag`, image.tag);
    setters.set(`${policy}:name`, image.name);
    setters.set(`${policy}:digest`, image.digest ?? "");
  }
  return ok(setters);
}

function updateFiles(files: FileTree, setters: Setters, budget: Budget): Result<ManifestUpdate> {
  const hasMarker = (text: string) => text.includes(`"${MARKER}"`);
  return updateManifests(
    readManifests(files, hasMarker, budget),
    (manifest) => updateFile(manifest, setters, budget),
  );
}

function updateFile(manifest: ManifestFile, setters: Setters, budget: Budget): Result<FileUpdate> {
  const list = new ChangeList();
  const edits: { node: ScalarNode; value: string }[] = [];
  for (const object of manifest.objects) {
    for (const node of scalarsOf(object)) {
      const change = changeOf(node, setters);
      if (change === undefined) continue;
      list.add(manifest.path, identityOf(object), change);
      edits.push({ node, value: change.newValue });
    }
  }
  if (edits.length === 0) return ok({ changes: [] });
  const content = editManifest(manifest, edits, budget);
  return content.ok ? ok({ content: content.value, changes: list.all }) : content;
}

/** The values below `node`, keys not among them, in the order they stand. */
function* scalarsOf(node: YamlNode): Generator<ScalarNode> {
  switch (node.kind) {
    case "scalar":
      yield node;
      return;
    case "seq":
      for (const item of node.items) yield* scalarsOf(item);
      return;
    case "map":
      for (const { value } of node.entries) yield* scalarsOf(value);
  }
}

function changeOf(node: ScalarNode, setters: Setters): Change | undefined {
  if (node.comment === undefined || node.isAlias === true) return undefined;
  const setter = setterIn(node.comment);
  const newValue = setter === undefined ? undefined : setters.get(setter);
  if (setter === undefined || newValue === undefined || newValue === node.value) return undefined;
  return { setter, oldValue: node.value, newValue };
}

/** The setter that a comment names; the object in it may have other texts besides. */
function setterIn(comment: string): string | undefined {
  let marker: unknown;
  try {
    marker = JSON.parse(comment);
  } catch {
    return undefined;
  }
  if (!isRecord(marker)) return undefined;
  if (!Object.values(marker).every((value) => typeof value === "string")) return undefined;
  const setter = Object.hasOwn(marker, MARKER) ? marker[MARKER] : undefined;
  return typeof setter === "string" && setter !== "" ? setter : undefined;
}
