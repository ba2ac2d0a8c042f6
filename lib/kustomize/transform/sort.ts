/**
 * The order of the output.
 *
 * @module
 */
import type { SortOptionFields } from "../kustomization.ts";
import { Refusal } from "../refusal.ts";
import { currentId, orderOf, type Resource } from "../resource.ts";
import { type Gvk, kindKey, type ResourceId } from "../resource_id.ts";
import type { ResourceList } from "../resource_list.ts";

const FIRST = "Namespace ResourceQuota StorageClass CustomResourceDefinition ServiceAccount " +
  "PodSecurityPolicy Role ClusterRole RoleBinding ClusterRoleBinding ConfigMap Secret Endpoints Service " +
  "LimitRange PriorityClass PersistentVolume PersistentVolumeClaim Deployment StatefulSet CronJob " +
  "PodDisruptionBudget";
const LAST = "MutatingWebhookConfiguration ValidatingWebhookConfiguration";

/** Kinds to put first and last. */
export interface LegacyOrder {
  /** Kinds at the start, in this order. */
  readonly first: readonly string[];
  /** Kinds at the end, in this order. */
  readonly last: readonly string[];
}

/** The order in which things can be created one after the other. */
export const DEFAULT_LEGACY_ORDER: LegacyOrder = {
  first: FIRST.split(" "),
  last: LAST.split(" "),
};

/** Orders as `sortOptions` says. */
export function sortByOptions(resources: ResourceList, options: SortOptionFields): void {
  const { order, legacySortOptions } = options;
  if (order !== "fifo" && order !== "legacy") {
    throw new Refusal(`sortOptions.order must be fifo or legacy, not "${order ?? ""}"`);
  }
  if (order === "fifo") {
    if (legacySortOptions === undefined) return;
    throw new Refusal("sortOptions.legacySortOptions needs order legacy");
  }
  const { orderFirst, orderLast } = legacySortOptions ?? {};
  sortLegacy(
    resources,
    legacySortOptions === undefined
      ? DEFAULT_LEGACY_ORDER
      : { first: orderFirst ?? [], last: orderLast ?? [] },
  );
}

/** The default order of kinds alone. */
export function compareKinds(a: Gvk, b: Gvk): number {
  const order = rankOf(a.kind) - rankOf(b.kind);
  if (order !== 0) return order;
  const [keyA, keyB] = [kindKey(a), kindKey(b)];
  return keyA < keyB ? -1 : keyA > keyB ? 1 : 0;
}

function rankOf(kind: string): number {
  const { first, last } = DEFAULT_LEGACY_ORDER;
  const early = first.indexOf(kind);
  return early >= 0 ? early - first.length : last.indexOf(kind) + 1;
}

interface Ranked {
  readonly resource: Resource;
  readonly id: ResourceId;
  readonly rank: number;
  readonly kindKey: string;
  readonly idKey: string;
}

/** Orders by rank of the kind, then by group, version and kind, then by namespace and name. */
export function sortLegacy(resources: ResourceList, order: LegacyOrder): void {
  const ranks = new Map<string, number>();
  for (const [index, kind] of order.first.entries()) ranks.set(kind, index - order.first.length);
  for (const [index, kind] of order.last.entries()) ranks.set(kind, index + 1);
  const ranked: Ranked[] = resources.items.map((resource) => {
    const id = currentId(resource);
    const order = orderOf(resource);
    return {
      resource,
      id,
      rank: ranks.get(id.kind) ?? 0,
      kindKey: order.kind,
      idKey: order.id,
    };
  });
  ranked.sort(compare);
  resources.replaceAll(ranked.map(({ resource }) => resource));
}

function compare(a: Ranked, b: Ranked): number {
  if (a.rank !== b.rank) return a.rank - b.rank;
  if (a.kindKey !== b.kindKey) {
    const order = a.kindKey < b.kindKey ? -1 : 1;
    // The core Namespace goes before Namespaces of other groups, against the order of the names.
    const isCore = a.id.kind === "Namespace" && b.id.kind === "Namespace" &&
      (a.id.group === "" || b.id.group === "");
    return isCore ? -order : order;
  }
  return a.idKey < b.idKey ? -1 : a.idKey > b.idKey ? 1 : 0;
}
