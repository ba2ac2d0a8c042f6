/**
 * Workloads that annotations of Flux v1 put into the hands of automation: found in files, and their images changed.
 *
 * @module
 */
import {
  type Budget,
  BudgetSpent,
  fail,
  type FileTree,
  ok,
  quoteLikeGo,
  type Result,
} from "../../base/mod.ts";
import { parseImageName } from "../../oci/mod.ts";
import { getKey, type ScalarNode, textOf, type YamlNode } from "../../yaml/mod.ts";
import { ChangeList } from "../changes.ts";
import { editManifest, identityOf, type ManifestFile, readManifests } from "../manifest_file.ts";
import { type FileUpdate, type ManifestUpdate, updateManifests } from "../manifest_update.ts";
import { MARKER } from "../setters.ts";
import { type ImageRef, nameOfImage, parseImageRef } from "./image_ref.ts";
import { hasPolicy, type Policies, policiesOf } from "./policies.ts";
import { type TagPattern, tagPatternOf } from "./tag_pattern.ts";
import { annotationsOf, containersOf, podOf, workloadId } from "./workload_file.ts";

/** A container whose image follows its registry. */
export interface AutomatedContainer {
  /** `ns:kind/name` */
  readonly workload: string;
  /** Its name. */
  readonly container: string;
  /** What it runs. */
  readonly image: ImageRef;
  /** Which tags it may run. */
  readonly pattern: TagPattern;
  /** Names of the Secrets that its pod names for pulling images. */
  readonly pullSecrets: readonly string[];
  /** Name of its pod's account; empty for the namespace's own. */
  readonly serviceAccount: string;
}

/** What files have of such containers. */
export interface AutomatedWorkloads {
  /** By files, then as they stand. */
  readonly containers: readonly AutomatedContainer[];
  /** Workloads that are automated, and locked: in words, with the reason that was given. */
  readonly locked: readonly string[];
  /** What asks for automation in a way that cannot be followed. */
  readonly troubles: readonly string[];
}

/** Flux v1 automated these; those of other kinds cannot be changed once they run. */
const KINDS = new Set(["Deployment", "DaemonSet", "StatefulSet", "CronJob"]);
const MARKS = ["fluxcd.io/automated", "flux.weave.works/automated"] as const;

/**
 * The containers that annotations in `files` automate. One whose image has a marker for an ImagePolicy is that
 * policy's. Fails with `BudgetSpent`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { defaultBudget, treeOf } from "../../base/mod.ts";
 * const annotations = 'annotations: {fluxcd.io/automated: "true", fluxcd.io/tag.web: semver:~1}';
 * const pod = "template: {spec: {containers: [{name: web, image: app:1.0.0}]}}";
 * const text = `kind: Deployment\nmetadata: {name: a, ${annotations}}\nspec: {${pod}}\n`;
 * const found = findAutomated(treeOf({ "a.yaml": text }), defaultBudget());
 * assert.deepEqual(found.ok && found.value.containers.map(({ pattern }) => pattern.text), ["semver:~1"]);
 * ```
 */
export function findAutomated(files: FileTree, budget: Budget): Result<AutomatedWorkloads> {
  const containers: AutomatedContainer[] = [];
  const locked: string[] = [];
  const troubles: string[] = [];
  try {
    for (const { manifest } of readManifests(files, isMeant, budget)) {
      if (!manifest.ok && manifest.code === "BudgetSpent") return manifest;
      // As with markers: who breaks a file hears of it where it is built.
      if (!manifest.ok) continue;
      for (const workload of workloadsIn(manifest.value)) {
        if (workload.lock !== undefined) locked.push(`${workload.id} is locked${workload.lock}`);
        for (const { found } of workload.containers) {
          if (found.ok) containers.push(found.value);
          else troubles.push(`${workload.id}: ${found.message}`);
        }
      }
    }
    return ok({ containers, locked, troubles });
  } catch (thrown) {
    if (!(thrown instanceof BudgetSpent)) throw thrown;
    return fail("BudgetSpent", thrown.message, thrown);
  }
}

/**
 * Gives each automated container the image that `choose` has for it; nothing else of its file changes.
 * Fails with `BudgetSpent`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { defaultBudget, treeOf } from "../../base/mod.ts";
 * const text = [
 *   'kind: Deployment\nmetadata: {name: a, annotations: {fluxcd.io/automated: "true"}}\n',
 *   "spec:\n  template:\n    spec:\n      containers:\n      - image:  app:1 # mine\n        name: web\n",
 * ].join("");
 * const update = updateAutomated(treeOf({ "a.yaml": text }), () => "app:2", defaultBudget());
 * const got = update.ok ? new TextDecoder().decode(update.value.files.get("a.yaml")) : "";
 * assert.equal(got, text.replace("app:1", "app:2"));
 * ```
 */
export function updateAutomated(
  files: FileTree,
  choose: (container: AutomatedContainer) => string | undefined,
  budget: Budget,
): Result<ManifestUpdate> {
  try {
    return updateManifests(
      readManifests(files, isMeant, budget),
      (manifest) => updateFile(manifest, choose, budget),
    );
  } catch (thrown) {
    if (!(thrown instanceof BudgetSpent)) throw thrown;
    return fail("BudgetSpent", thrown.message, thrown);
  }
}

function isMeant(text: string): boolean {
  return MARKS.some((mark) => text.includes(mark));
}

function updateFile(
  manifest: ManifestFile,
  choose: (container: AutomatedContainer) => string | undefined,
  budget: Budget,
): Result<FileUpdate> {
  const list = new ChangeList();
  const edits: { node: ScalarNode; value: string }[] = [];
  for (const { object, containers } of workloadsIn(manifest)) {
    for (const { found, node, setter } of containers) {
      const newValue = found.ok ? choose(found.value) : undefined;
      if (newValue === undefined || newValue === node.value) continue;
      list.add(manifest.path, identityOf(object), { setter, oldValue: node.value, newValue });
      edits.push({ node, value: newValue });
    }
  }
  if (edits.length === 0) return ok({ changes: [] });
  const content = editManifest(manifest, edits, budget);
  return content.ok ? ok({ content: content.value, changes: list.all }) : content;
}

interface FoundWorkload {
  readonly id: string;
  readonly object: YamlNode;
  /** Behind its name, in a message; nothing when it is not locked. */
  readonly lock: string | undefined;
  /** None when it is locked. */
  readonly containers: readonly FoundContainer[];
}

interface FoundContainer {
  readonly found: Result<AutomatedContainer>;
  readonly node: ScalarNode;
  /** The annotation that put it here. */
  readonly setter: string;
}

function workloadsIn({ objects }: ManifestFile): readonly FoundWorkload[] {
  return objects.flatMap((object) => {
    const policies = policiesOf(annotationsOf(getKey(object, "metadata")));
    const isAsked = hasPolicy(policies, "automated") && !hasPolicy(policies, "ignore");
    if (!isAsked || !KINDS.has(identityOf(object).kind)) return [];
    const lock = hasPolicy(policies, "locked") ? reasonOf(policies) : undefined;
    const containers = lock === undefined ? foundContainers(object, policies) : [];
    return [{ id: workloadId(object), object, lock, containers }];
  });
}

/** Who locked it and why, as `fluxctl lock` wrote it down. */
function reasonOf(policies: Policies): string {
  const user = policies.get("locked_user") ?? "";
  const message = policies.get("locked_msg") ?? "";
  return `${user === "" ? "" : ` by ${user}`}${message === "" ? "" : `: ${message}`}`;
}

function foundContainers(object: YamlNode, policies: Policies): readonly FoundContainer[] {
  const pod = podOf(object);
  const secrets = getKey(pod, "imagePullSecrets");
  const pull = {
    pullSecrets: (secrets?.kind === "seq" ? secrets.items : [])
      .flatMap((it) => textOf(getKey(it, "name")) ?? []),
    serviceAccount: textOf(getKey(pod, "serviceAccountName")) ?? "",
  };
  const workload = workloadId(object);
  return containersOf(object).flatMap(({ name, image: node }) => {
    if (node.isAlias === true || node.comment?.includes(`"${MARKER}"`)) return [];
    const pattern = tagPatternOf(policies, name);
    const annotation = `fluxcd.io/tag.${name}`;
    const setter = policies.has(`tag.${name}`) ? annotation : MARKS[0];
    const image = readImage(node.value);
    const found = !pattern.isValid
      ? fail(
        "InvalidPattern",
        `${annotation} is ${quoteLikeGo(pattern.text)}, which cannot be read`,
      )
      : image.ok
      ? ok({ workload, container: name, image: image.value, pattern, ...pull })
      : image;
    return [{ found, node, setter }];
  });
}

/** What could be asked for at a registry; Flux v1 itself was more lenient. */
function readImage(text: string): Result<ImageRef> {
  const ref = parseImageRef(text);
  if (!ref.ok) return ref;
  const name = parseImageName(nameOfImage(ref.value));
  return name.ok ? ref : name;
}
