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
import type { Memory } from "./memory.ts";

const POLL_MS = 3_000;

/** What is asked, and who is told. */
export interface MissingKindsOptions {
  readonly memory: Memory;
  readonly cluster: Pick<Cluster, "resourceOf">;
  readonly clock: Clock;
  /** Kinds that somebody watches for who notices by himself once discovery knows them. */
  watchedFor(): readonly GroupVersionKind[];
  enqueue(namespace: string, name: string, why: string): void;
}

/** Looks every few seconds; the answer stops it. */
export function watchMissingKinds(options: MissingKindsOptions): () => void {
  let isStopped = false;
  let timer: Timer | undefined;
  function arm(): void {
    if (!isStopped) timer = options.clock.after(POLL_MS, () => void look(options).finally(arm));
  }
  arm();
  return () => {
    isStopped = true;
    timer?.cancel();
  };
}

async function look(options: MissingKindsOptions): Promise<void> {
  const { memory, cluster, watchedFor, enqueue } = options;
  await Promise.all([
    ...watchedFor().map((gvk) => cluster.resourceOf(gvk)),
    ...memory.missingKinds().map(async ({ key, remembered, missing }) => {
      const found = await Promise.all(missing.map((gvk) => cluster.resourceOf(gvk)));
      const served = missing.find((_, index) => found[index]?.ok);
      // A run in between may have learned better.
      if (served === undefined || remembered.missing !== missing) return;
      remembered.missing = [];
      const [namespace = "", name = ""] = key.split("/");
      enqueue(namespace, name, `${served.kind} is served now`);
    }),
  ]);
}
