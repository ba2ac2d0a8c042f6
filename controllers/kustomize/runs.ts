/**
 * The runs of Kustomizations: each with its target, known to be at work until it ends.
 *
 * @module
 */
import { Kustomization, type KustomizationStatus } from "../../crds/mod.ts";
import { displayName, isNewerVersion, type ObjectRef, refOf } from "../../lib/kube/mod.ts";
import type { ComponentDeps, KindController, RunningController } from "../../lib/runtime/mod.ts";
import type { KustomizeParts } from "./context.ts";
import { finalizeKustomization } from "./finalize.ts";
import { reconcileKustomization } from "./kustomization.ts";
import { memoryKey } from "./memory.ts";
import { KUSTOMIZATION_RULES } from "./rules.ts";
import type { SourceWatch } from "./sources.ts";
import type { Targets } from "./targets.ts";

/** Sends the events, and names the controller in its metrics and logs. */
export const CONTROLLER = "kustomize-controller";

/** What is at work beside the runs. */
export interface RunSurroundings {
  readonly sources: SourceWatch;
  readonly targets: Targets;
  /** Keys of the Kustomizations that run now. */
  readonly active: Set<string>;
  /** The controller, once it has been started. */
  running(): RunningController;
}

/** The controller of Kustomizations, in these surroundings. */
export function controllerOf(
  parts: KustomizeParts,
  { flags }: ComponentDeps,
  { sources, targets, active, running }: RunSurroundings,
): KindController<Kustomization, KustomizationStatus> {
  async function during<T>(kustomization: Kustomization, run: () => Promise<T>): Promise<T> {
    const key = memoryKey(kustomization);
    const { name, namespace } = kustomization.metadata;
    active.add(key);
    try {
      return await run();
    } finally {
      active.delete(key);
      // It went away in the middle of the run, which has remembered it since.
      if (running().informer.get(name, namespace) === undefined) {
        parts.memory.forget(key);
        targets.release(key);
      }
    }
  }
  return {
    gvk: Kustomization.gvk,
    controller: CONTROLLER,
    rules: KUSTOMIZATION_RULES,
    concurrency: flags.concurrent,
    jitterPercent: flags["interval-jitter-percentage"],
    decode: Kustomization.decode,
    reconcile: (kustomization, run) =>
      during(kustomization, async () => {
        const target = await targets.open(kustomization);
        const ctx = { ...parts, ...target, ...run };
        const outcome = await reconcileKustomization(kustomization, ctx);
        if (outcome.kind === "retry") parts.memory.of(memoryKey(kustomization)).taken = undefined;
        return outcome;
      }),
    finalize: (kustomization, run) =>
      during(kustomization, async () => {
        const target = await targets.open(kustomization);
        return await finalizeKustomization(kustomization, { ...parts, ...target, ...run });
      }),
    watch(kustomization, objects, wake) {
      const live = targets.liveOf(kustomization);
      const seen = new Map(objects.map((object) => [displayName(object), object.seen]));
      function look(ref: ObjectRef, version: string | undefined): void {
        const name = displayName(ref);
        if (seen.has(name) && isNewerVersion(version, seen.get(name))) wake();
      }
      for (const ref of objects) look(ref, live.get(ref)?.metadata.resourceVersion);
      const stops = [
        live.onChange((ref, { object }) => look(ref, object.metadata.resourceVersion)),
        ...[sources, running().informer].map((local) =>
          local.onChange(({ object }) => look(refOf(object), object.metadata.resourceVersion))
        ),
      ];
      return () => stops.forEach((stop) => stop());
    },
  };
}
