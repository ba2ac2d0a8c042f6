/**
 * Rules for kinds that run pods.
 *
 * @module
 */
import { fieldOf } from "../../base/mod.ts";
import type { KubeObject } from "../object.ts";
import {
  conditionsOf,
  current,
  failed,
  inProgress,
  integerAt,
  type ObjectStatus,
  textAt,
} from "./status.ts";

/** What the deployment controller writes for "no deadline". */
const NO_DEADLINE = 2 ** 31 - 1;
/** How long a scheduler may look for a node before a pod counts as failed. */
const SCHEDULE_WINDOW_MS = 15_000;

/** A count that falls short: `Ready: 2/4`. */
function short(
  reason: string,
  label: string,
  have: number,
  want: number,
): ObjectStatus | undefined {
  return have < want ? inProgress(reason, `${label}: ${have}/${want}`) : undefined;
}

/** Pods beyond those asked for. */
function extra(have: number, want: number): ObjectStatus | undefined {
  return have > want ? inProgress("ExtraPods", `Pending termination: ${have - want}`) : undefined;
}

/** Available, and its newest ReplicaSet too unless there is no deadline for it. */
export function deploymentStatus(object: KubeObject): ObjectStatus {
  const conditions = conditionsOf(object);
  const deadline = integerAt(object, NO_DEADLINE, "spec", "progressDeadlineSeconds");
  const late = conditions.find((condition) =>
    condition.type === "Progressing" && condition.reason === "ProgressDeadlineExceeded"
  );
  if (late) return failed("ProgressDeadlineExceeded", "Progress deadline exceeded", late.message);
  const progressed = deadline === NO_DEADLINE ||
    conditions.some((condition) =>
      condition.type === "Progressing" && condition.status === "True" &&
      condition.reason === "NewReplicaSetAvailable"
    );
  const available = conditions.some(({ type, status }) =>
    type === "Available" && status === "True"
  );

  const want = integerAt(object, 1, "spec", "replicas");
  const replicas = integerAt(object, 0, "status", "replicas");
  const updated = integerAt(object, 0, "status", "updatedReplicas");
  return short("LessReplicas", "Replicas", replicas, want) ??
    short("LessUpdated", "Updated", updated, want) ??
    extra(replicas, want) ??
    short("LessAvailable", "Available", count(object, "availableReplicas"), updated) ??
    short("LessReady", "Ready", count(object, "readyReplicas"), want) ??
    (progressed ? undefined : inProgress("ReplicaSetNotAvailable", "ReplicaSet not Available")) ??
    (available ? undefined : inProgress("DeploymentNotAvailable", "Deployment not Available")) ??
    current(`Deployment is available. Replicas: ${replicas}`);
}

function count(object: KubeObject, field: string): number {
  return integerAt(object, 0, "status", field);
}

/** All replicas labelled, available and ready. */
export function replicaSetStatus(object: KubeObject): ObjectStatus {
  if (conditionsOf(object).some((c) => c.type === "ReplicaFailure" && c.status === "True")) {
    return inProgress("ReplicaFailure", "Replica Failure condition. Check Pods");
  }
  const want = integerAt(object, 1, "spec", "replicas");
  const replicas = count(object, "replicas");
  return short("LessLabelled", "Labelled", count(object, "fullyLabeledReplicas"), want) ??
    short("LessAvailable", "Available", count(object, "availableReplicas"), want) ??
    short("LessReady", "Ready", count(object, "readyReplicas"), want) ??
    extra(replicas, want) ??
    current(`ReplicaSet is available. Replicas: ${replicas}`);
}

/** All replicas ready and of the newest revision, or of the part that a partition lets through. */
export function statefulSetStatus(object: KubeObject): ObjectStatus {
  const strategy = textAt(object, "", "spec", "updateStrategy", "type");
  if (strategy.toLowerCase() === "ondelete") {
    return current("StatefulSet is using the ondelete update strategy");
  }
  const want = integerAt(object, 1, "spec", "replicas");
  const replicas = count(object, "replicas");
  const counted = short("LessReplicas", "Replicas", replicas, want) ??
    short("LessReady", "Ready", count(object, "readyReplicas"), want) ??
    extra(replicas, want);
  if (counted) return counted;

  const partition = integerAt(object, -1, "spec", "updateStrategy", "rollingUpdate", "partition");
  if (partition !== -1) {
    const updated = count(object, "updatedReplicas");
    return short("PartitionRollout", "updated", updated, want - partition) ??
      current(`Partition rollout complete. updated: ${updated}`);
  }
  const behind = short("LessCurrent", "current", count(object, "currentReplicas"), want);
  if (behind) return behind;
  if (
    textAt(object, "", "status", "currentRevision") !==
      textAt(object, "", "status", "updateRevision")
  ) {
    return inProgress("RevisionMismatch", "Waiting for updated revision to match current");
  }
  return current(`All replicas scheduled as expected. Replicas: ${replicas}`);
}

/** Every node that should run a pod runs one that is ready and up to date. */
export function daemonSetStatus(object: KubeObject): ObjectStatus {
  if (integerAt(object, -1, "status", "observedGeneration") === -1) {
    return inProgress("NoObservedGeneration", "DaemonSet status.observedGeneration not found");
  }
  const want = integerAt(object, -1, "status", "desiredNumberScheduled");
  if (want === -1) {
    return inProgress("NoDesiredNumber", "Missing .status.desiredNumberScheduled");
  }
  return short("LessCurrent", "Current", count(object, "currentNumberScheduled"), want) ??
    short("LessUpdated", "Updated", count(object, "updatedNumberScheduled"), want) ??
    short("LessAvailable", "Available", count(object, "numberAvailable"), want) ??
    short("LessReady", "Ready", count(object, "numberReady"), want) ??
    current(`All replicas scheduled as expected. Replicas: ${want}`);
}

/** Ready, or done; failed when it crashes again and again or no node takes it. */
export function podStatus(object: KubeObject, nowMs: number): ObjectStatus {
  const phase = textAt(object, "", "status", "phase");
  switch (phase) {
    case "Succeeded":
      return current("Pod has completed successfully");
    case "Failed":
      return current("Pod has completed, but not successfully");
    case "Running":
      return runningPodStatus(object);
    case "Pending":
      return pendingPodStatus(object, nowMs);
    case "":
      return inProgress("PodNotObserved", "Pod phase not available");
    default:
      return inProgress("PodUnknownPhase", `unknown phase ${phase}`);
  }
}

function runningPodStatus(object: KubeObject): ObjectStatus {
  if (conditionsOf(object).some((c) => c.type === "Ready" && c.status === "True")) {
    return current("Pod is Ready");
  }
  const crashing = crashLoopingContainers(object);
  return crashing.length > 0
    ? failed("ContainerCrashLooping", `Containers in CrashLoop state: ${crashing.join(",")}`)
    : inProgress("PodRunningNotReady", "Pod is running but is not Ready");
}

function pendingPodStatus(object: KubeObject, nowMs: number): ObjectStatus {
  const unscheduled = conditionsOf(object).some((condition) =>
    condition.type === "PodScheduled" && condition.status === "False" &&
    condition.reason === "Unschedulable"
  );
  if (!unscheduled) return inProgress("PodPending", "Pod is in the Pending phase");
  const created = Date.parse(textAt(object, "", "metadata", "creationTimestamp"));
  return nowMs - created < SCHEDULE_WINDOW_MS
    ? inProgress("PodNotScheduled", "Pod has not been scheduled")
    : failed("PodUnschedulable", "Pod could not be scheduled");
}

function crashLoopingContainers(object: KubeObject): string[] {
  const statuses = fieldOf(object, "status", "containerStatuses");
  return (Array.isArray(statuses) ? statuses : [])
    .filter((status) => textAt(status, "", "state", "waiting", "reason") === "CrashLoopBackOff")
    .map((status) => textAt(status, "", "name"));
}

/** As kstatus has it: a job that runs is what its spec asks for. */
export function jobStatus(object: KubeObject): ObjectStatus {
  const parallelism = integerAt(object, 1, "spec", "parallelism");
  const completions = integerAt(object, parallelism, "spec", "completions");
  const suspended = fieldOf(object, "spec", "suspend") === true;
  for (const { type, status } of conditionsOf(object)) {
    if (status !== "True") continue;
    if (type === "Complete") {
      return current(`Job Completed. succeeded: ${count(object, "succeeded")}/${completions}`);
    }
    if (type === "Failed") {
      return failed("JobFailed", `Job Failed. failed: ${count(object, "failed")}/${completions}`);
    }
    if (type === "Suspended" && suspended) return current("Job is suspended");
  }
  if (textAt(object, "", "status", "startTime") === "") {
    return inProgress("JobNotStarted", "Job not started");
  }
  return current(jobProgress(object));
}

/** How far a job is. */
export function jobProgress(object: KubeObject): string {
  const { succeeded, active, failures } = {
    succeeded: count(object, "succeeded"),
    active: count(object, "active"),
    failures: count(object, "failed"),
  };
  return `Job in progress. success:${succeeded}, active: ${active}, failed: ${failures}`;
}
