/**
 * What the demo does and wants to see, one step after the other.
 *
 * @module
 */
import { fail, ok, type Result } from "../../lib/base/mod.ts";
import type { Cluster, KubeObject, ObjectRef } from "../../lib/kube/mod.ts";
import type { Progress } from "../terminal.ts";
import {
  automationObjects,
  demoRef,
  imageObjects,
  kustomizations,
  namespaceObjects,
  sourceObjects,
  type Sources,
} from "./objects.ts";
import { makeSigningKey } from "./signing_key.ts";
import { fieldOf, nudge, readinessOf, waitFor, waitForRevision } from "./observe.ts";

/** What the steps act on. */
export interface Scene {
  readonly cluster: Cluster;
  readonly sources: Sources;
  readonly progress: Progress;
  /** Pushes a change to the demo's own repository and gives the commit's id. */
  push(files: Readonly<Record<string, string | null>>, message: string): Promise<Result<string>>;
  /** The commit that is there from the start. */
  readonly firstCommit: string;
  /** `host:port/name` with tags in the registry. */
  readonly image: string;
  /** Pushes the image under one more tag. */
  pushTag(tag: string): Promise<Result<void>>;
  /** What git says of the signature of a commit: `G` when it is good. */
  checkSignature(commit: string, publicKey: string): Promise<Result<string>>;
}

/** One step; its value says what was seen. */
export interface Step {
  readonly title: string;
  run(scene: Scene): Promise<Result<string>>;
}

const SOURCE = demoRef("GitRepository", "demo");
const APPS = demoRef("Kustomization", "apps");
const INFRA = demoRef("Kustomization", "infra");
const WEB: ObjectRef = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  namespace: "demo-apps",
  name: "web",
};
const MANAGER = "sluice-demo";

/** The steps with the demo's own repository. */
export const SAMPLE_STEPS: readonly Step[] = [
  { title: "a git commit becomes running objects", run: firstRollout },
  { title: "a new commit rolls out", run: secondRollout },
  { title: "a change made by hand is repaired", run: repair },
  { title: "a broken commit is refused, the last good state stays", run: brokenCommit },
  { title: "the commit is reverted", run: revert },
  { title: "a registry is scanned, a tag is chosen", run: scan },
  { title: "a new tag is written to git, signed, and rolls out", run: followTag },
];

/** The steps with the caller's repository: it is only read. */
export const OWN_STEPS: readonly Step[] = [
  { title: "your repository becomes objects", run: ownRollout },
];

async function applyAll(cluster: Cluster, objects: readonly KubeObject[]): Promise<Result<void>> {
  for (const object of objects) {
    const applied = await cluster.apply(object, { fieldManager: MANAGER, force: true });
    if (!applied.ok) return applied;
  }
  return ok(undefined);
}

async function firstRollout(scene: Scene): Promise<Result<string>> {
  const { cluster, sources, firstCommit, progress } = scene;
  const objects = [...sourceObjects(sources), ...kustomizations(sources)];
  const applied = await applyAll(cluster, objects);
  if (!applied.ok) return applied;
  const infra = await waitForRevision(cluster, INFRA, firstCommit, { progress });
  if (!infra.ok) return infra;
  const apps = await waitForRevision(cluster, APPS, firstCommit, { progress, limitMs: 60_000 });
  if (!apps.ok) return apps;
  return ok(`${countOf(infra.value, apps.value)}, apps after infra: Ready`);
}

function countOf(...kustomizations: readonly KubeObject[]): string {
  const count = kustomizations
    .map((object) => fieldOf(object, "status", "inventory", "entries"))
    .reduce((sum: number, entries) => sum + (Array.isArray(entries) ? entries.length : 0), 0);
  return count === 1 ? "1 object" : `${count} objects`;
}

async function secondRollout({ cluster, push, progress }: Scene): Promise<Result<string>> {
  const commit = await push({
    "apps/demo/replicas.yaml":
      "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  replicas: 3\n",
  }, "web: three replicas");
  if (!commit.ok) return commit;
  const nudged = await nudge(cluster, SOURCE);
  if (!nudged.ok) return nudged;
  const apps = await waitForRevision(cluster, APPS, commit.value, { progress, limitMs: 60_000 });
  if (!apps.ok) return apps;
  const web = await cluster.get(WEB);
  if (!web.ok) return web;
  const ready = fieldOf(web.value, "status", "readyReplicas");
  return ready === 3
    ? ok(`web has 3 ready replicas at ${commit.value.slice(0, 8)}`)
    : fail("NotSeen", `web has ${String(ready)} ready replicas, not 3`);
}

async function repair({ cluster, progress }: Scene): Promise<Result<string>> {
  const scaled = await cluster.patch(WEB, { spec: { replicas: 7 } }, {
    fieldManager: "kubectl-by-hand",
    type: "merge",
  });
  if (!scaled.ok) return scaled;
  const began = performance.now();
  const web = await waitFor(cluster, WEB, (object) => fieldOf(object, "spec", "replicas") === 3, {
    progress,
  });
  if (!web.ok) return web;
  return ok(`replicas 3 → 7 by hand, back to 3 after ${Math.round(performance.now() - began)} ms`);
}

async function brokenCommit({ cluster, push, progress }: Scene): Promise<Result<string>> {
  const before = await cluster.get(WEB);
  if (!before.ok) return before;
  const commit = await push(
    { "apps/demo/replicas.yaml": "apiVersion: apps/v1\nkind: Deployment\n  metadata: [\n" },
    "web: a slip of the keyboard",
  );
  if (!commit.ok) return commit;
  const nudged = await nudge(cluster, SOURCE);
  if (!nudged.ok) return nudged;
  const failed = await waitFor(
    cluster,
    APPS,
    (object) =>
      readinessOf(object)?.reason === "BuildFailed" &&
      fieldOf(object, "status", "lastAttemptedRevision") !== undefined,
    { progress },
  );
  if (!failed.ok) return failed;
  const after = await cluster.get(WEB);
  if (!after.ok) return after;
  if (after.value.metadata.generation !== before.value.metadata.generation) {
    return fail("NotSeen", "the Deployment was touched by a commit that does not build");
  }
  const message = readinessOf(failed.value)?.message ?? "";
  return message.includes("replicas.yaml")
    ? ok(`Ready=False: ${message}`)
    : fail("NotSeen", `the message does not name replicas.yaml: ${message}`);
}

async function revert({ cluster, push, progress }: Scene): Promise<Result<string>> {
  const commit = await push({
    "apps/demo/replicas.yaml":
      "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  replicas: 2\n",
  }, "web: mended, two replicas");
  if (!commit.ok) return commit;
  const nudged = await nudge(cluster, SOURCE);
  if (!nudged.ok) return nudged;
  const apps = await waitForRevision(cluster, APPS, commit.value, { progress, limitMs: 60_000 });
  return apps.ok ? ok(`Ready=True at ${commit.value.slice(0, 8)}`) : apps;
}

async function scan({ cluster, image, progress }: Scene): Promise<Result<string>> {
  const applied = await applyAll(cluster, imageObjects(image));
  if (!applied.ok) return applied;
  const policy = demoRef("ImagePolicy", "web");
  const chosen = await waitFor(
    cluster,
    policy,
    (object) => readinessOf(object)?.status === "True",
    { progress },
  );
  if (!chosen.ok) return chosen;
  const tag = fieldOf(chosen.value, "status", "latestRef", "tag");
  return tag === "1.10.0"
    ? ok("of 1.2.0, 1.10.0, 2.0.0 and latest the policy 1.x picks 1.10.0")
    : fail("NotSeen", `the policy picked ${String(tag)}, not 1.10.0`);
}

const NEW_TAG = "1.11.0";

async function followTag(scene: Scene): Promise<Result<string>> {
  const { cluster, sources, progress } = scene;
  const key = await makeSigningKey();
  const applied = await applyAll(cluster, automationObjects(sources, key.identity));
  if (!applied.ok) return applied;
  const began = performance.now();
  const pushed = await scene.pushTag(NEW_TAG);
  if (!pushed.ok) return pushed;
  const scanned = await nudge(cluster, demoRef("ImageRepository", "web"));
  if (!scanned.ok) return scanned;
  const written = await waitFor(
    cluster,
    demoRef("ImageUpdateAutomation", "demo"),
    (object) => fieldOf(object, "status", "observedPolicies", "web", "tag") === NEW_TAG,
    { progress },
  );
  if (!written.ok) return written;
  const commit = String(fieldOf(written.value, "status", "lastPushCommit"));
  // As a webhook of the git server would.
  const nudged = await nudge(cluster, SOURCE);
  if (!nudged.ok) return nudged;
  const apps = await waitForRevision(cluster, APPS, commit, { progress, limitMs: 60_000 });
  if (!apps.ok) return apps;
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  const web = await cluster.get(WEB);
  if (!web.ok) return web;
  const image = fieldOf(web.value, "spec", "template", "spec", "containers", 0, "image");
  if (image !== `example.test/web:${NEW_TAG}`) return fail("NotSeen", `web runs ${String(image)}`);
  const signature = await scene.checkSignature(commit, key.publicKey);
  if (!signature.ok) return signature;
  return signature.value === "G"
    ? ok(
      `web:${NEW_TAG} runs ${seconds} s after its push, by the signed commit ${commit.slice(0, 8)}`,
    )
    : fail("NotSeen", `git calls the commit's signature ${signature.value}, not G`);
}

async function ownRollout({ cluster, sources, progress }: Scene): Promise<Result<string>> {
  const objects = [
    ...namespaceObjects(sources),
    ...sourceObjects(sources),
    ...kustomizations(sources),
  ];
  const applied = await applyAll(cluster, objects);
  if (!applied.ok) return applied;
  const source = await waitFor(cluster, SOURCE, isSettled, { progress, limitMs: 120_000 });
  if (!source.ok) return source;
  // Without an artifact there is nothing to wait for further down.
  const fetched = readinessOf(source.value);
  if (fetched?.status !== "True") return fail("NotReady", fetched?.message ?? "no Ready condition");
  const apps = await waitFor(cluster, APPS, isSettled, { progress, limitMs: 120_000 });
  if (!apps.ok) return apps;
  const ready = readinessOf(apps.value);
  if (ready?.status === "True") return ok(`${countOf(apps.value)}: ${ready.message}`);
  const message = ready?.message ?? "no Ready condition";
  const hint = message.includes("namespace not specified")
    ? "\nGive the objects a namespace with --namespace NAME"
    : "";
  return fail("NotReady", `${message.trimEnd()}${hint}`);
}

/** Ready, or failed with a reason; not just under way. */
function isSettled(object: KubeObject): boolean {
  const ready = readinessOf(object);
  return ready?.status === "True" ||
    (ready?.status === "False" && !["Progressing", "DependencyNotReady"].includes(ready.reason) &&
      !ready.message.startsWith("Source artifact not found"));
}
