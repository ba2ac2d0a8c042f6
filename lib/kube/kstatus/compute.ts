/**
 * Is this object ready?
 *
 * @module
 */
import { type Clock, systemClock } from "../../base/mod.ts";
import { gvkOf, type KubeObject } from "../object.ts";
import {
  conditionsOf,
  current,
  failed,
  inProgress,
  MalformedObject,
  type ObjectStatus,
  strictIntegerAt,
  textAt,
} from "./status.ts";
import {
  daemonSetStatus,
  deploymentStatus,
  jobStatus,
  podStatus,
  replicaSetStatus,
  statefulSetStatus,
} from "./workloads.ts";

type Rule = (object: KubeObject, nowMs: number) => ObjectStatus;

/** Rules by `group/Kind`; kinds without one are judged by their `Ready` condition alone. */
const RULES: ReadonlyMap<string, Rule> = new Map([
  ["/Service", serviceStatus],
  ["/Pod", podStatus],
  ["/Secret", alwaysReady],
  ["/ConfigMap", alwaysReady],
  ["/PersistentVolumeClaim", claimStatus],
  ["apps/Deployment", deploymentStatus],
  ["apps/ReplicaSet", replicaSetStatus],
  ["apps/StatefulSet", statefulSetStatus],
  ["apps/DaemonSet", daemonSetStatus],
  ["extensions/Deployment", deploymentStatus],
  ["extensions/ReplicaSet", replicaSetStatus],
  ["extensions/DaemonSet", daemonSetStatus],
  ["policy/PodDisruptionBudget", () => current("AllowedDisruptions has been computed.")],
  ["batch/CronJob", alwaysReady],
  ["batch/Job", jobStatus],
  ["apiextensions.k8s.io/CustomResourceDefinition", definitionStatus],
]);

/**
 * The status of a live object, as kstatus computes it; an object of the wrong shape is `Unknown`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const claim = { apiVersion: "v1", kind: "PersistentVolumeClaim", metadata: { name: "a" } };
 * assert.equal(computeStatus(claim).status, "InProgress");
 * assert.equal(computeStatus({ ...claim, status: { phase: "Bound" } }).status, "Current");
 * ```
 */
export function computeStatus(object: KubeObject, clock: Clock = systemClock): ObjectStatus {
  try {
    const { group, kind } = gvkOf(object);
    const rule = RULES.get(`${group}/${kind}`) ?? readyStatus;
    return sharedStatus(object) ?? rule(object, clock.now());
  } catch (error) {
    if (!(error instanceof MalformedObject)) throw error;
    return { status: "Unknown", message: error.message, conditions: [] };
  }
}

/** What is said of a kind that has no rule and no `Ready` condition: nobody knows, so nothing is waited for. */
export const NO_OPINION = "Resource is current";

/** What holds for every kind: deletion, the generation that was seen, Reconciling and Stalled. */
function sharedStatus(object: KubeObject): ObjectStatus | undefined {
  if (object.metadata.deletionTimestamp) {
    return { status: "Terminating", message: "Resource scheduled for deletion", conditions: [] };
  }
  const generation = strictIntegerAt(object, "metadata", "generation");
  const observed = strictIntegerAt(object, "status", "observedGeneration");
  if (generation !== undefined && observed !== undefined && generation !== observed) {
    return inProgress(
      "LatestGenerationNotObserved",
      `${object.kind} generation is ${generation}, but latest observed generation is ${observed}`,
    );
  }
  for (const { type, status, reason, message } of conditionsOf(object)) {
    if (type === "Reconciling" && status === "True") return inProgress(reason, message);
    if (type === "Stalled" && status === "True") return failed(reason, message);
  }
  return undefined;
}

function readyStatus(object: KubeObject): ObjectStatus {
  const ready = conditionsOf(object).find((condition) => condition.type === "Ready");
  if (ready === undefined) return current(NO_OPINION);
  if (ready.status === "True") return current("Resource is Ready");
  return ready.status === "False" || ready.status === "Unknown"
    ? inProgress(ready.reason, ready.message)
    : current(NO_OPINION);
}

function alwaysReady(): ObjectStatus {
  return current("Resource is always ready");
}

function serviceStatus(object: KubeObject): ObjectStatus {
  const type = textAt(object, "ClusterIP", "spec", "type");
  return type === "LoadBalancer" && textAt(object, "", "spec", "clusterIP") === ""
    ? inProgress("NoIPAssigned", `ClusterIP not set. Service type: ${type}`)
    : current("Service is ready");
}

function claimStatus(object: KubeObject): ObjectStatus {
  const phase = textAt(object, "unknown", "status", "phase");
  return phase === "Bound"
    ? current("PVC is Bound")
    : inProgress("NotBound", `PVC is not Bound. phase: ${phase}`);
}

function definitionStatus(object: KubeObject): ObjectStatus {
  for (const { type, status, reason, message } of conditionsOf(object)) {
    if (type === "NamesAccepted" && status === "False") return failed(reason, message);
    if (type !== "Established") continue;
    if (status === "True") return current("CRD is established");
    if (status === "False" && reason !== "Installing") return failed(reason, message);
  }
  return inProgress("Installing", "Install in progress");
}
