/**
 * Watches the cluster on the viewer's behalf: waits until something is so and says what is seen meanwhile.
 *
 * @module
 */
import { fail, fieldOf, ok, type Result } from "../../lib/base/mod.ts";
import { type Cluster, displayName, type KubeObject, type ObjectRef } from "../../lib/kube/mod.ts";
import { type Readiness, readinessOf, REQUESTED_AT } from "../../lib/runtime/mod.ts";
import type { Progress } from "../terminal.ts";

export { fieldOf, type Readiness, readinessOf };

const POLL_MS = 25;

/** Waits until `isSo`; a failure names what was there instead when the time is up. */
export async function waitFor(
  cluster: Cluster,
  ref: ObjectRef,
  isSo: (object: KubeObject) => boolean,
  { limitMs = 30_000, progress }: { limitMs?: number; progress?: Progress } = {},
): Promise<Result<KubeObject>> {
  const began = performance.now();
  let seen = "it is not there";
  while (performance.now() - began < limitMs) {
    const object = await cluster.get(ref);
    if (object.ok) {
      if (isSo(object.value)) return object;
      const ready = readinessOf(object.value);
      seen = ready ? `Ready=${ready.status}: ${ready.message}` : "it has no Ready condition";
      progress?.update(`    ${displayName(ref)}: ${seen.split("\n")[0]}`);
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  return fail("NotSeen", `${displayName(ref)} after ${Math.round(limitMs / 1000)} s: ${seen}`);
}

/** Waits until `Ready` is True at a revision that ends in `commit`. */
export function waitForRevision(
  cluster: Cluster,
  ref: ObjectRef,
  commit: string,
  options: { limitMs?: number; progress?: Progress } = {},
): Promise<Result<KubeObject>> {
  return waitFor(
    cluster,
    ref,
    (object) =>
      readinessOf(object)?.status === "True" && isObserved(object) &&
      [
        fieldOf(object, "status", "lastAppliedRevision"),
        fieldOf(object, "status", "artifact", "revision"),
      ]
        .some((revision) => typeof revision === "string" && revision.endsWith(commit)),
    options,
  );
}

function isObserved(object: KubeObject): boolean {
  return fieldOf(object, "status", "observedGeneration") === object.metadata.generation;
}

/** Whether the last nudge has been handled; so it is when there was none. */
export function isHandled(object: KubeObject): boolean {
  const asked = object.metadata.annotations?.[REQUESTED_AT];
  return asked === undefined || fieldOf(object, "status", "lastHandledReconcileAt") === asked;
}

/** Asks for a run now, as a webhook receiver or `flux reconcile` does. */
export async function nudge(cluster: Cluster, ref: ObjectRef): Promise<Result<void>> {
  const annotations = { [REQUESTED_AT]: new Date().toISOString() };
  const patched = await cluster.patch(ref, { metadata: { annotations } }, {
    fieldManager: "sluice-demo",
    type: "merge",
  });
  return patched.ok ? ok(undefined) : patched;
}
