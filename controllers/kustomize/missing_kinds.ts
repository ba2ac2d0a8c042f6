/**
 * Kustomizations that failed for kinds which the API server does not serve run again as soon as it does,
 * not at `retryInterval`.
 *
 * Discovery is asked, and only while somebody waits: unlike a watch of CustomResourceDefinitions it needs no
 * permission, knows when a definition is served, and knows the kinds of aggregated API servers too.
 *
 * @module
 */
import type { Clock, Timer } from "../../lib/base/mod.ts";
import type { Cluster, GroupVersionKind } from "../../lib/kube/mod.ts";
import type { Memory, MissingKinds } from "./memory.ts";

const POLL_MS = 3_000;

/** What is asked, and who is told. */
export interface MissingKindsOptions {
  readonly memory: Memory;
  readonly cluster: Pick<Cluster, "resourceOf">;
  readonly clock: Clock;
  /** Where the Kustomization of this key is applied. */
  clusterOf(key: string): Pick<Cluster, "resourceOf">;
  /** Kinds that somebody watches for who notices by himself once discovery knows them. */
  watchedFor(): readonly GroupVersionKind[];
  enqueue(namespace: string, name: string, why: string): void;
}

/** Looks every few seconds; the answer stops it. */
export function watchMissingKinds(options: MissingKindsOptions): () => void {
  const { memory, cluster, clock, watchedFor } = options;
  const asking = new Set<string>();
  let timer: Timer;
  function look(): void {
    timer = clock.after(POLL_MS, look);
    for (const gvk of watchedFor()) void cluster.resourceOf(gvk);
    for (const waiting of memory.missingKinds()) {
      // A cluster that gives no answer keeps nobody else waiting.
      if (asking.has(waiting.key)) continue;
      asking.add(waiting.key);
      void ask(waiting, options).finally(() => asking.delete(waiting.key));
    }
  }
  timer = clock.after(POLL_MS, look);
  return () => timer.cancel();
}

async function ask(
  { key, remembered, missing }: MissingKinds,
  { clusterOf, enqueue }: MissingKindsOptions,
): Promise<void> {
  const cluster = clusterOf(key);
  const found = await Promise.all(missing.map((gvk) => cluster.resourceOf(gvk)));
  const served = missing.find((_, index) => found[index]?.ok);
  // A run in between may have learned better.
  if (served === undefined || remembered.missing !== missing) return;
  remembered.missing = [];
  const [namespace = "", name = ""] = key.split("/");
  enqueue(namespace, name, `${served.kind} is served now`);
}
