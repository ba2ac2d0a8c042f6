/**
 * Two Kustomizations of one source, and an object that moves from one to the other: for the tests of this folder.
 *
 * @module
 */
import type { Kustomization } from "../../crds/mod.ts";
import { A, configMap, openStage, type Spec, type Stage } from "./fakes_test.ts";

/** Spec of the one that loses the object. */
export const OURS = { path: "./app", timeout: "30s" };
/** Spec of one that waits for that one, and reads another folder. */
export const THEIRS = {
  path: "./other",
  dependsOn: [{ name: "app", namespace: "apps" }],
};
/** The commit with which `a` moves. */
export const MOVED = {
  "app/b.yaml": configMap("b", "1"),
  "other/a.yaml": configMap("a", "1"),
};

/** What is on record. */
export function ids(stage: Stage): string[] {
  return stage.status.inventory?.entries.map(({ id }) => id) ?? [];
}

/** Whether what moves was not deleted. */
export function isThere(stage: Stage): boolean {
  return stage.cluster.peek(A) !== undefined;
}

/** Another one of the source, that has not applied the revision. */
export function setOther(
  stage: Stage,
  spec: Spec = THEIRS,
  metadata = {},
  status = {},
): Kustomization {
  const object = stage.object(spec, { name: "other", resourceVersion: "7", ...metadata });
  const other = { ...object, status: { lastAttemptedRevision: "main@sha1:1", ...status } };
  stage.claims = { ...stage.claims, siblingsOf: () => [other] };
  stage.dependencies.set(`${other.metadata.namespace}/${other.metadata.name}`, other);
  return other;
}

/** What this one had, `a` and `b`, is applied; the next revision has these files. */
export async function openMove(
  files: Readonly<Record<string, string>> = MOVED,
  spec: Spec = {},
): Promise<Stage> {
  const stage = openStage({
    "app/a.yaml": configMap("a", "1"),
    "app/b.yaml": configMap("b", "1"),
    "other/c.yaml": configMap("c", "1"),
  });
  await stage.run({ ...OURS, ...spec });
  stage.events.length = 0;
  stage.takers.length = 0;
  stage.commit(files);
  return stage;
}
