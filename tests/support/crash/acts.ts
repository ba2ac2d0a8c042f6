/**
 * The life of a Kustomization, act by act: what is asked for, and how one sees that it was done.
 *
 * @module
 */
import { claimsReady, conditionOf } from "../history/ledger.ts";
import { fieldOf } from "../../../tools/demo/observe.ts";
import type { Cluster, KubeObject } from "../../../lib/kube/mod.ts";
import { type Branch, kustomizationOf, type Scenario, sourceOf } from "./scenario.ts";
import type { Seen } from "./watched.ts";

/** What an act needs. */
export interface Props {
  readonly cluster: Cluster;
  /** Of the repository. */
  readonly url: string;
  readonly scenario: Scenario;
}

/** One act. */
export interface Act {
  readonly name: string;
  /** What has been served by its end. */
  readonly branches: readonly Branch[];
  /** Whether the Kustomization is there by its end, or no longer. */
  readonly owner: "not yet" | "there" | "gone";
  /** Asks for it. */
  ask(namespace: string, props: Props): Promise<unknown>;
  /** Whether it was done. */
  isDone(seen: Seen): boolean;
}

/** From the first fetch to the last clean-up. */
export const LIFE: readonly Act[] = [
  {
    name: "fetched",
    branches: ["one"],
    owner: "not yet",
    ask: (namespace, { cluster, url }) => apply(cluster, sourceOf(namespace, url, "one")),
    isDone: ({ source }) => isServed(source, "one"),
  },
  {
    name: "installed",
    branches: ["one"],
    owner: "there",
    ask: (namespace, { cluster, scenario }) => apply(cluster, kustomizationOf(namespace, scenario)),
    isDone: (seen) => isApplied(seen, "one"),
  },
  {
    name: "upgraded",
    branches: ["one", "two"],
    owner: "there",
    ask: (namespace, { cluster, url }) => apply(cluster, sourceOf(namespace, url, "two")),
    isDone: (seen) => isApplied(seen, "two"),
  },
  {
    name: "deleted",
    branches: ["one", "two"],
    owner: "gone",
    ask: (namespace, { cluster, scenario }) =>
      remove(cluster, kustomizationOf(namespace, scenario)),
    isDone: ({ kustomization }) => kustomization === undefined,
  },
  {
    name: "released",
    branches: ["one", "two"],
    owner: "gone",
    ask: (namespace, { cluster }) => remove(cluster, sourceOf(namespace, "", "two")),
    isDone: ({ source }) => source === undefined,
  },
];

/** A revision that does not build, in place of the upgrade. */
export const BROKEN: Act = {
  name: "broken",
  branches: ["one", "broken"],
  owner: "there",
  ask: (namespace, { cluster, url }) => apply(cluster, sourceOf(namespace, url, "broken")),
  isDone: ({ kustomization }) =>
    conditionOf(kustomization, "Ready")?.status !== "Unknown" &&
    String(fieldOf(kustomization, "status", "lastAttemptedRevision")).startsWith("broken@"),
};

/** An upgrade that is never healthy. */
export const UNHEALTHY: Act = {
  name: "unhealthy",
  branches: ["one", "two"],
  owner: "there",
  ask: (namespace, { cluster, url }) => apply(cluster, sourceOf(namespace, url, "two")),
  isDone: ({ kustomization }) =>
    conditionOf(kustomization, "Healthy")?.status === "Unknown" &&
    String(fieldOf(kustomization, "status", "lastAttemptedRevision")).startsWith("two@"),
};

/** The acts of {@linkcode LIFE} that follow one. */
export function lifeAfter(act: Act): readonly Act[] {
  return LIFE.slice(LIFE.indexOf(act) + 1);
}

/** The first acts of {@linkcode LIFE}, up to the named one. */
export function lifeUntil(name: string): readonly Act[] {
  return LIFE.slice(0, LIFE.findIndex((act) => act.name === name) + 1);
}

function isServed(source: KubeObject | undefined, branch: Branch): boolean {
  const revision = fieldOf(source, "status", "artifact", "revision");
  return claimsReady(source) && String(revision).startsWith(`${branch}@`);
}

function isApplied({ source, kustomization }: Seen, branch: Branch): boolean {
  const revision = fieldOf(kustomization, "status", "lastAppliedRevision");
  return isServed(source, branch) && claimsReady(kustomization) &&
    String(revision).startsWith(`${branch}@`);
}

async function apply(cluster: Cluster, object: KubeObject): Promise<void> {
  const applied = await cluster.apply(object, { fieldManager: "test", force: true });
  if (!applied.ok) throw new Error(applied.message);
}

async function remove(cluster: Cluster, { apiVersion, kind, metadata }: KubeObject): Promise<void> {
  const { namespace = "", name } = metadata;
  const removed = await cluster.remove({ apiVersion, kind, namespace, name });
  if (!removed.ok && removed.code !== "NotFound") throw new Error(removed.message);
}
