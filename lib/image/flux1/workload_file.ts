/**
 * Workloads in files: their containers get other images, themselves other policies; all other bytes stay.
 *
 * @module
 */
import { type Budget, fail, type Failure, ok, type Result } from "../../base/mod.ts";
import {
  getKey,
  getPath,
  type MapNode,
  parseDocuments,
  type ScalarNode,
  spliceScalars,
  textOf,
  type YamlNode,
} from "../../yaml/mod.ts";
import { identityOf, objectsIn } from "../manifest_file.ts";

/** A workload in a file. */
export interface WorkloadFile {
  readonly path: string;
  readonly text: string;
  readonly object: MapNode;
}

/** A container, and where its image stands. */
export interface ContainerNode {
  /** Its name. */
  readonly name: string;
  /** Its image. */
  readonly image: ScalarNode;
}

/** Where kinds keep the specification of their pods. */
const POD_PATHS = [
  ["spec", "jobTemplate", "spec", "template", "spec"],
  ["spec", "template", "spec"],
  ["spec"],
] as const;

/** Finds a workload, `ns:kind/name`; what names no namespace is in `default`. Fails with `NotFound`. */
export function findWorkload(
  path: string,
  text: string,
  workload: string,
  budget: Budget,
): Result<WorkloadFile> {
  const parsed = parseDocuments(text, { mode: "source", file: path, budget });
  if (!parsed.ok) return parsed;
  const objects = parsed.value.flatMap(({ node }) => objectsIn(node));
  const object = objects.find((it) => workloadId(it) === workload.toLowerCase());
  if (object?.kind !== "map") return fail("NotFound", `${path} does not hold ${workload}`);
  return ok({ path, text, object });
}

/** How Flux v1 names an object. */
export function workloadId(object: YamlNode): string {
  const { kind, namespace, name } = identityOf(object);
  return `${namespace === "" ? "default" : namespace}:${kind}/${name}`.toLowerCase();
}

/** The specification of a workload's pods. */
export function podOf(object: YamlNode): YamlNode | undefined {
  return POD_PATHS.map((path) => getPath(object, path)).find((it) =>
    getKey(it, "containers") ?? getKey(it, "initContainers")
  );
}

/** The annotations of an object whose `metadata` is given. */
export function annotationsOf(metadata: YamlNode | undefined): Map<string, string> {
  const node = getKey(metadata, "annotations");
  const entries = node?.kind === "map" ? node.entries : [];
  return new Map(entries.map(({ key, value }) => [key.value, textOf(value) ?? ""]));
}

/** The containers of a workload, those that run before the others too. */
export function containersOf(object: YamlNode): readonly ContainerNode[] {
  const pod = podOf(object);
  return ["initContainers", "containers"].flatMap((field) => {
    const list = getKey(pod, field);
    return list?.kind === "seq" ? list.items.flatMap(containerOf) : [];
  });
}

function containerOf(node: YamlNode): readonly ContainerNode[] {
  const name = textOf(getKey(node, "name"));
  const image = getKey(node, "image");
  return name === undefined || image?.kind !== "scalar" ? [] : [{ name, image }];
}

/**
 * The file with another image in some containers of a workload. Fails with `NotFound` where there is no such
 * workload or container, and as `spliceScalars`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { defaultBudget } from "../../base/mod.ts";
 * const text = "kind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - {name: web, image: app:1} # web\n";
 * const change = { workload: "default:pod/a", containers: ["web"], image: "app:2" };
 * const got = setContainerImage("a.yaml", text, change, defaultBudget());
 * assert.equal(got.ok && got.value, text.replace("app:1", "app:2"));
 * ```
 */
export function setContainerImage(
  path: string,
  text: string,
  change: ImageChange,
  budget: Budget,
): Result<string> {
  const { workload, containers, image } = change;
  const found = findWorkload(path, text, workload, budget);
  if (!found.ok) return found;
  const known = containersOf(found.value.object);
  const missing = containers.find((name) => !known.some((it) => it.name === name));
  if (missing !== undefined) return notThere(path, workload, missing);
  const edits = known.filter(({ name }) => containers.includes(name))
    .map(({ image: node }) => ({ node, value: image }));
  return spliceScalars(text, edits, { file: path, budget });
}

/** Which containers of which workload get which image. */
export interface ImageChange {
  /** `ns:kind/name` */
  readonly workload: string;
  /** Their names. */
  readonly containers: readonly string[];
  /** With its tag. */
  readonly image: string;
}

function notThere(path: string, workload: string, container: string): Failure {
  return fail("NotFound", `${path}: ${workload} has no container ${container}`);
}
