/**
 * Our CustomResourceDefinitions on the demo's cluster, and their removal from a cluster that stays.
 *
 * @module
 */
import { ALL_KINDS, definitionOf } from "../../crds/mod.ts";
import { fail, ok, type Result } from "../../lib/base/mod.ts";
import type { Cluster, ObjectRef } from "../../lib/kube/mod.ts";
import type { Progress } from "../terminal.ts";
import type { DemoOptions } from "./arguments.ts";
import { demoRef, NAMESPACE, SIGNING_SECRET } from "./objects.ts";
import { fieldOf, waitFor } from "./observe.ts";

const MANAGER = "sluice-demo";
const DEFINITIONS = ALL_KINDS.map((kind) => definitionRef(definitionOf(kind).metadata.name));
const STOPPED = fail("Stopped", "stopped before everything was there");

/** Installs the definitions; calls it off, between two of them, when `stop` aborts. */
export async function installDefinitions(
  cluster: Cluster,
  progress: Progress,
  stop: AbortSignal,
): Promise<Result<void>> {
  for (const kind of ALL_KINDS) {
    if (stop.aborted) return STOPPED;
    const definition = { ...definitionOf(kind) };
    const applied = await cluster.apply(definition, { fieldManager: MANAGER, force: true });
    if (!applied.ok) return applied;
  }
  for (const ref of DEFINITIONS) {
    if (stop.aborted) return STOPPED;
    const established = await waitFor(cluster, ref, isEstablished, { progress });
    if (!established.ok) return established;
  }
  return ok(undefined);
}

function definitionRef(name: string): ObjectRef {
  return { apiVersion: "apiextensions.k8s.io/v1", kind: "CustomResourceDefinition", name };
}

function isEstablished(definition: unknown): boolean {
  const conditions = fieldOf(definition, "status", "conditions");
  return Array.isArray(conditions) &&
    conditions.some((condition) =>
      fieldOf(condition, "type") === "Established" && fieldOf(condition, "status") === "True"
    );
}

/** Asks whoever runs the demo; a cluster in which the definitions are already is somebody's, and left alone. */
export async function askToInstall(
  cluster: Cluster,
  { yes }: DemoOptions,
): Promise<Result<void>> {
  for (const ref of DEFINITIONS) {
    if ((await cluster.get(ref)).ok) {
      return fail(
        "AlreadyThere",
        `${cluster.server} already has ${ref.name}: Flux or Sluice runs there, and the demo would fight with it`,
      );
    }
  }
  const question =
    `Install ${DEFINITIONS.length} CustomResourceDefinitions and the namespace ${NAMESPACE} on ${cluster.server}? They are removed at the end.`;
  if (yes || confirm(question)) return ok(undefined);
  return fail("Declined", "nothing was installed; --yes says yes beforehand");
}

/** Deletes what the demo applied to a cluster that stays; only the controllers can finish that. */
export async function clearObjects(cluster: Cluster, progress: Progress): Promise<void> {
  progress.say("Removing the demo from the cluster …");
  const objects = [
    demoRef("ImageUpdateAutomation", "demo"),
    SIGNING_SECRET,
    demoRef("Kustomization", "apps"),
    demoRef("Kustomization", "infra"),
    demoRef("ImagePolicy", "web"),
    demoRef("ImageRepository", "web"),
    demoRef("GitRepository", "demo"),
  ];
  for (const ref of objects) await removeAndWait(cluster, ref, progress);
}

/** Removes the definitions. */
export async function clearDefinitions(cluster: Cluster, progress: Progress): Promise<void> {
  for (const ref of DEFINITIONS) await removeAndWait(cluster, ref, progress);
}

const REMOVAL_LIMIT_MS = 60_000;
const POLL_MS = 100;

/** A namespace of that name. */
export function namespaceRef(name: string): ObjectRef {
  return { apiVersion: "v1", kind: "Namespace", name };
}

/** Deletes an object and waits until it is gone; says so when that takes too long. */
export async function removeAndWait(
  cluster: Cluster,
  ref: ObjectRef,
  progress: Progress,
): Promise<void> {
  await cluster.remove(ref);
  const began = performance.now();
  while ((await cluster.get(ref)).ok) {
    if (performance.now() - began > REMOVAL_LIMIT_MS) {
      return progress.say(`${ref.kind} ${ref.name} is still there; remove it with kubectl`);
    }
    progress.update(`  waiting for ${ref.kind} ${ref.name} to go`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
