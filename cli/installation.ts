/**
 * What an installation consists of, and who else is installed.
 *
 * @module
 */
import {
  defaultBudget,
  fail,
  fieldOf,
  ok,
  type Result,
  sleep,
  systemClock,
} from "../lib/base/mod.ts";
import {
  type Cluster,
  displayName,
  isKubeObject,
  type KubeObject,
  type ObjectRef,
  refOf,
} from "../lib/kube/mod.ts";
import { buildKustomization } from "../lib/kustomize/mod.ts";
import { toPlain } from "../lib/yaml/mod.ts";
import { openDisk } from "./disk_tree.ts";

/** The ways in which Sluice is installed: folders of `deploy/overlays`. */
export const OVERLAYS = ["all-in-one", "split", "lockdown"] as const;
/** One of them. */
export type Overlay = typeof OVERLAYS[number];

/** Where everything goes (design D19). */
export const NAMESPACE = "flux-system";
/** Controllers whose work we do. */
export const CONTROLLERS = [
  "source-controller",
  "kustomize-controller",
  "image-reflector-controller",
  "image-automation-controller",
] as const;
/** Annotation that tells our Deployments from Flux's, whose names and labels they have. */
export const OWN_MARK = "sluice.dev/installation";

const DEPLOY = new URL("../deploy/overlays", import.meta.url).pathname;

/** The objects of an overlay, our Deployments marked. */
export function buildInstallation(overlay: Overlay): Result<readonly KubeObject[]> {
  const build = buildKustomization(openDisk(), `${DEPLOY}/${overlay}`.slice(1), {
    budget: defaultBudget(),
    reorder: "legacy",
  });
  if (!build.ok) return build;
  const objects: KubeObject[] = [];
  for (const { node } of build.value.resources) {
    const object: unknown = toPlain(node);
    if (!isKubeObject(object)) {
      return fail("BuildFailed", "deploy/ holds something that is no object");
    }
    objects.push(object.kind === "Deployment" ? marked(object, overlay) : object);
  }
  return ok(objects);
}

function marked(object: KubeObject, overlay: Overlay): KubeObject {
  const annotations = { ...object.metadata.annotations, [OWN_MARK]: overlay };
  return { ...object, metadata: { ...object.metadata, annotations } };
}

/** Deployments that do the work of our controllers and are not ours. */
export async function findForeignDeployments(cluster: Cluster): Promise<Result<KubeObject[]>> {
  const gvk = { group: "apps", version: "v1", kind: "Deployment" };
  const found = await cluster.list(gvk, { labelSelector: "app.kubernetes.io/part-of=flux" });
  if (!found.ok) return found;
  const names: readonly string[] = CONTROLLERS;
  return ok(
    found.value.items.filter(({ metadata }) =>
      names.includes(metadata.name) && metadata.annotations?.[OWN_MARK] === undefined
    ),
  );
}

/**
 * Versions of our kinds that the cluster still stores objects in and that our definitions do not have: to
 * take one away would make those objects unreadable (design D14).
 */
export async function findLostVersions(
  cluster: Cluster,
  objects: readonly KubeObject[],
): Promise<Result<string[]>> {
  const lost: string[] = [];
  for (const object of objects) {
    if (object.kind !== "CustomResourceDefinition") continue;
    const live = await cluster.get(refOf(object));
    if (!live.ok && live.code === "NotFound") continue;
    if (!live.ok) return live;
    const ours = new Set(namesOf(fieldOf(object, "spec", "versions")));
    const stored = fieldOf(live.value, "status", "storedVersions");
    for (const version of Array.isArray(stored) ? stored : []) {
      if (!ours.has(String(version))) lost.push(`${object.metadata.name} ${String(version)}`);
    }
  }
  return ok(lost);
}

/** The words in which a person is told of Deployments. */
export function listNames(objects: readonly KubeObject[]): string {
  return objects.map((object) => displayName(refOf(object))).join(", ");
}

function namesOf(list: unknown): string[] {
  return Array.isArray(list) ? list.map((item) => String(fieldOf(item, "name"))) : [];
}

/** Names of all objects that any overlay has, without definitions and the namespace. */
export function installedRefs(): Result<ObjectRef[]> {
  const refs = new Map<string, ObjectRef>();
  for (const overlay of OVERLAYS) {
    const objects = buildInstallation(overlay);
    if (!objects.ok) return objects;
    for (const object of objects.value) {
      if (object.kind === "CustomResourceDefinition" || object.kind === "Namespace") continue;
      const ref = refOf(object);
      refs.set(`${ref.apiVersion}/${displayName(ref)}`, ref);
    }
  }
  return ok([...refs.values()]);
}

const POLL_MS = 250;
const REMOVAL_LIMIT_MS = 60_000;

/** Deletes an object and all it owns, and waits: no pod of it still works afterwards. */
export async function removeAndWait(
  cluster: Cluster,
  ref: ObjectRef,
  uid?: string,
): Promise<Result<void>> {
  const removed = await cluster.remove(ref, {
    propagation: "Foreground",
    ...(uid !== undefined && { uid }),
  });
  if (!removed.ok && removed.code !== "NotFound") return removed;
  const deadline = systemClock.monotonicMs() + REMOVAL_LIMIT_MS;
  while ((await cluster.get(ref, { metadataOnly: true })).ok) {
    if (systemClock.monotonicMs() > deadline) {
      return fail("Timeout", `${displayName(ref)} is still there after a minute`);
    }
    await sleep(systemClock, POLL_MS);
  }
  return ok(undefined);
}
