/**
 * In which order objects are applied, and in which stages.
 *
 * @module
 */
import { gvkOf, type KubeObject, type ObjectRef, refOf } from "../object.ts";

/** Kinds that come first, in this order; what others stand on. */
const FIRST = [
  "CustomResourceDefinition",
  "Namespace",
  "ClusterRole",
  "ClusterClass",
  "RuntimeClass",
  "PriorityClass",
  "StorageClass",
  "VolumeSnapshotClass",
  "IngressClass",
  "GatewayClass",
  "ClusterRoleBinding",
  "ResourceQuota",
  "ServiceAccount",
  "Role",
  "RoleBinding",
  "ConfigMap",
  "Secret",
  "Service",
  "LimitRange",
  "Deployment",
  "StatefulSet",
  "CronJob",
  "PodDisruptionBudget",
];
/** Kinds that come last: a webhook must not judge what it needs itself. */
const LAST = ["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"];
const RANKS = new Map([
  ...FIRST.map((kind, index) => [kind, index] as const),
  ...LAST.map((kind, index) => [kind, FIRST.length + 1 + index] as const),
]);
const DEFINITIONS = new Set(["CustomResourceDefinition", "Namespace", "ClusterRole"]);

/** Objects that are applied together. */
export interface Stage {
  /** In apply order. */
  readonly objects: KubeObject[];
  /** The next stage stands on these being ready. */
  readonly waitReady: boolean;
}

/**
 * Compares two references in apply order: rank of the kind, then group, kind, namespace, name.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const pod = { apiVersion: "v1", kind: "Pod", name: "a" };
 * const namespace = { apiVersion: "v1", kind: "Namespace", name: "z" };
 * assert.ok(compareRefs(namespace, pod) < 0);
 * ```
 */
export function compareRefs(a: ObjectRef, b: ObjectRef): number {
  const byRank = rankOf(a) - rankOf(b);
  if (byRank !== 0) return byRank;
  return compareText(gvkOf(a).group, gvkOf(b).group) || compareText(a.kind, b.kind) ||
    compareText(a.namespace ?? "", b.namespace ?? "") || compareText(a.name, b.name);
}

function rankOf(ref: { kind: string }): number {
  return RANKS.get(ref.kind) ?? FIRST.length;
}

/** By code unit: names of Kubernetes objects are ASCII, and a locale must not decide. */
function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** Compares two objects in apply order. */
export function compareForApply(a: KubeObject, b: KubeObject): number {
  return compareRefs(refOf(a), refOf(b));
}

/** The objects in apply order. */
export function sortForApply<T extends KubeObject>(objects: readonly T[]): T[] {
  return objects.toSorted(compareForApply);
}

/** True for kinds that other objects need before they can exist at all. */
export function isClusterDefinition(object: { kind: string }): boolean {
  return DEFINITIONS.has(object.kind);
}

/** True for kinds that others name as their class. */
export function isClassDefinition(object: { kind: string }): boolean {
  return object.kind.endsWith("Class");
}

/** The stages of an apply: definitions, classes, custom kinds, the rest; empty ones are left out. */
export function stagesOf(
  objects: readonly KubeObject[],
  customStageKinds: readonly string[] = [],
): Stage[] {
  const custom = new Set(customStageKinds);
  const stages: Stage[] = [
    { objects: [], waitReady: true },
    { objects: [], waitReady: true },
    { objects: [], waitReady: false },
    { objects: [], waitReady: false },
  ];
  for (const object of sortForApply(objects)) stages[stageOf(object, custom)]?.objects.push(object);
  return stages.filter((stage) => stage.objects.length > 0);
}

function stageOf(object: KubeObject, custom: ReadonlySet<string>): number {
  if (isClusterDefinition(object)) return 0;
  if (isClassDefinition(object)) return 1;
  return custom.has(`${gvkOf(object).group}/${object.kind}`) ? 2 : 3;
}
