/**
 * What is rolled out while the controllers are killed: few objects, and every kind of step.
 *
 * @module
 */
import type { KubeObject } from "../../../lib/kube/mod.ts";
import type { TestRepository } from "../git_repository.ts";
import type { BuiltRevision, Subject } from "../history/subject.ts";

/** Long enough that the bound for a recovery, which I1 makes of it, holds on a busy machine too. */
const RETRY_INTERVAL = "15s";

/** Each branch is one revision; in the order of their commits. */
export const BRANCHES = ["one", "two", "broken"] as const;

/** One of {@linkcode BRANCHES}. */
export type Branch = typeof BRANCHES[number];

/** The commit of each branch. */
export type Commits = Readonly<Record<Branch, string>>;

/** Becomes healthy when the test says so: its own controller does not run. */
const SLOW = { apiVersion: "image.toolkit.fluxcd.io/v1", kind: "ImageRepository" };

/** What is rolled out, and how. */
export interface Scenario {
  readonly name: string;
  /** Of the Kustomization, besides what all have. */
  readonly spec: Readonly<Record<string, unknown>>;
  /** Of each branch that builds. */
  readonly objects: Readonly<Record<Exclude<Branch, "broken">, readonly KubeObject[]>>;
}

/** Every kind of step once: `two` changes `a` and `slow`, makes `fixed` anew, adds `b`, and lets `old` go. */
export const EVERY_STEP: Scenario = {
  name: "every step",
  spec: {
    wait: true,
    healthCheckExprs: [{ ...SLOW, current: "status.observedGeneration == metadata.generation" }],
  },
  objects: {
    one: [configMap("a", "1"), configMap("old", "1"), forcedMap("1"), slowThing("1")],
    two: [configMap("a", "2"), configMap("b", "1"), forcedMap("2"), slowThing("2")],
  },
};

/** Further ones, for runs that have time. */
export const SCENARIOS: readonly Scenario[] = [
  EVERY_STEP,
  {
    name: "no health checks, and everything deleted with it",
    spec: { deletionPolicy: "Delete" },
    objects: {
      one: [configMap("a", "1"), configMap("old", "1")],
      two: [configMap("a", "2"), configMap("b", "1")],
    },
  },
  {
    name: "made anew by the spec's own force, and waited for in the end",
    spec: { force: true, deletionPolicy: "WaitForTermination" },
    objects: {
      one: [fixedMap("1"), configMap("old", "1")],
      two: [fixedMap("2"), configMap("b", "1")],
    },
  },
  {
    name: "more than a few objects",
    spec: {},
    objects: { one: manyMaps(0, 16, "1"), two: manyMaps(8, 24, "2") },
  },
];

/** Commits all branches. */
export async function commitBranches(
  repository: TestRepository,
  { objects }: Scenario,
): Promise<Commits> {
  const [first, second] = [filesOf(objects.one), filesOf(objects.two)];
  const gone = Object.keys(first).filter((path) => !Object.hasOwn(second, path));
  const files = { ...Object.fromEntries(gone.map((path) => [path, null])), ...second };
  const one = await repository.commit({ branch: "one", files: first });
  const two = await repository.commit({ branch: "two", files });
  const broken = await repository.commit({ branch: "broken", files: { "x.yaml": "kind: [" } });
  return { one, two, broken };
}

function filesOf(objects: readonly KubeObject[]): Record<string, string> {
  return Object.fromEntries(
    objects.map((object) => [`${object.metadata.name}.yaml`, JSON.stringify(object)]),
  );
}

/** What the history of a namespace is held against, once it has come to the last of `branches`. */
export function subjectOf(
  namespace: string,
  { scenario, commits }: { readonly scenario: Scenario; readonly commits: Commits },
  branches: readonly Branch[],
): Subject {
  const place = { namespace, name: "app" };
  const revisions = branches.map((branch): BuiltRevision => {
    const revision = `${branch}@sha1:${commits[branch]}`;
    if (branch === "broken") return { revision };
    const objects = scenario.objects[branch].map((object) => ({
      ...object,
      metadata: { ...object.metadata, namespace },
    }));
    return { revision, objects };
  });
  return { kustomization: place, source: place, revisions };
}

/** Controllers see only what carries this label with the group of its namespace: `odd` of `odd-7`. */
export const GROUP_LABEL = "sluice.test/group";

/** The group of a namespace, which dies together. */
export function groupOf(namespace: string): string {
  return namespace.split("-")[0] ?? "";
}

/** What all objects of a namespace are called, for the controllers of its group. */
export function metadataOf(namespace: string): KubeObject["metadata"] {
  return { namespace, name: "app", labels: { [GROUP_LABEL]: groupOf(namespace) } };
}

/** The GitRepository of a namespace. */
export function sourceOf(namespace: string, url: string, branch: Branch): KubeObject {
  return {
    apiVersion: "source.toolkit.fluxcd.io/v1",
    kind: "GitRepository",
    metadata: metadataOf(namespace),
    spec: { url, interval: "10m", ref: { branch } },
  };
}

/** The Kustomization of a namespace. */
export function kustomizationOf(namespace: string, { spec }: Scenario): KubeObject {
  return {
    apiVersion: "kustomize.toolkit.fluxcd.io/v1",
    kind: "Kustomization",
    metadata: metadataOf(namespace),
    spec: {
      interval: "10m",
      retryInterval: RETRY_INTERVAL,
      prune: true,
      targetNamespace: namespace,
      sourceRef: { kind: "GitRepository", name: "app" },
      ...spec,
    },
  };
}

/** Whether an object is as healthy as the expression above wants it. */
export function isHealthy({ kind, status, metadata }: KubeObject): boolean {
  return kind !== SLOW.kind || Object(status).observedGeneration === metadata.generation;
}

function configMap(name: string, value: string): KubeObject {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name }, data: { key: value } };
}

/** Cannot be changed, only made anew. */
function fixedMap(value: string): KubeObject {
  return { ...configMap("fixed", value), immutable: true };
}

/** Made anew by its own word, whatever the Kustomization says. */
function forcedMap(value: string): KubeObject {
  const map = fixedMap(value);
  const annotations = { "kustomize.toolkit.fluxcd.io/force": "enabled" };
  return { ...map, metadata: { ...map.metadata, annotations } };
}

function manyMaps(from: number, to: number, value: string): KubeObject[] {
  return Array.from({ length: to - from }, (_, index) => configMap(`m${from + index}`, value));
}

function slowThing(tag: string): KubeObject {
  return {
    ...SLOW,
    metadata: { name: "slow" },
    spec: { image: `example.test/x${tag}`, interval: "10m" },
  };
}
