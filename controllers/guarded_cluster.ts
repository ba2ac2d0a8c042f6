/**
 * A cluster that takes no write from a process that may not make one.
 *
 * @module
 */
import { fail, type Result } from "../lib/base/mod.ts";
import type { Cluster } from "../lib/kube/mod.ts";

/**
 * The same cluster, but `mayWrite` is asked before each write, under every identity; dry-runs change
 * nothing and go through. Disposing of it leaves the cluster open.
 */
export function guardWrites(cluster: Cluster, mayWrite: () => boolean): Cluster {
  function guarded<T>(write: () => Promise<Result<T>>, dryRun = false): Promise<Result<T>> {
    if (dryRun || mayWrite()) return write();
    return Promise.resolve(fail("NotLeader", "This process does not hold the lease any more"));
  }
  return {
    server: cluster.server,
    as: (account) => guardWrites(cluster.as(account), mayWrite),
    get: (ref, options) => cluster.get(ref, options),
    list: (gvk, selection) => cluster.list(gvk, selection),
    resourceOf: (gvk) => cluster.resourceOf(gvk),
    informer: (gvk, options) => cluster.informer(gvk, options),
    getPath: (path) => cluster.getPath(path),
    create: (object, options) => guarded(() => cluster.create(object, options), options.dryRun),
    update: (object, options) => guarded(() => cluster.update(object, options)),
    apply: (object, options) => guarded(() => cluster.apply(object, options), options.dryRun),
    patch: (ref, patch, options) =>
      guarded(() => cluster.patch(ref, patch, options), options.dryRun),
    remove: (ref, options) => guarded(() => cluster.remove(ref, options), options?.dryRun),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
