/**
 * From files to objects: the Kustomization build as a pure function, shared by the controller, the CLI,
 * plans and diffs.
 *
 * @module
 */
import { type Budget, fail, type FileTree, ok, type Result, sha256Digest } from "../base/mod.ts";
import { buildKustomization, type BuildOptions } from "../kustomize/mod.ts";
import type { KubeObject } from "../kube/mod.ts";
import { emitDocuments, getKey, type MapNode, textOf, toPlain } from "../yaml/mod.ts";
import { generateKustomization } from "./generate.ts";
import type { BuildSpec } from "./spec.ts";
import { substituteNode } from "./substitute.ts";

/** What a build made. */
export interface Manifests {
  /** The objects, in build order, without owner labels. */
  readonly objects: readonly KubeObject[];
  /** `sha256:` of the manifests as YAML; names the build in `status.history`. */
  readonly digest: string;
  /** The manifests as one stream of YAML documents. */
  toYaml(): string;
  /** Files the build read: a commit that touches none of them changes nothing (design D13). */
  readonly filesRead: ReadonlySet<string>;
}

/** How to build. */
export interface BuildManifestsOptions {
  /** Limits. */
  readonly budget: Budget;
  /** Variables for `postBuild`; `undefined` when the spec has no `postBuild`. */
  readonly variables?: ReadonlyMap<string, string> | undefined;
  /** A variable that is not set is an error (Flux's StrictPostBuildSubstitutions, on by default). */
  readonly strictSubstitution?: boolean;
  /** Hands over remote bases that are there already; see `buildWithRemotes`. Absent: they are refused. */
  readonly fetchRemote?: BuildOptions["fetchRemote"];
}

/**
 * Builds the manifests that `spec` asks for. Failure codes: `PathNotFound`, `BuildFailed`, `RemoteNeeded`,
 * `BudgetExceeded`, `Unsupported`, `MalformedYaml`.
 */
export function buildManifests(
  tree: FileTree,
  spec: BuildSpec,
  options: BuildManifestsOptions,
): Result<Manifests> {
  const generated = generateKustomization(tree, spec);
  if (!generated.ok) return generated;

  const build = buildKustomization(generated.value.tree, generated.value.folder, {
    budget: options.budget,
    loadRestrictions: "none",
    ...(options.fetchRemote !== undefined && { fetchRemote: options.fetchRemote }),
  });
  // Flux's words before the engine's own; budgets and refusals speak for themselves.
  if (!build.ok && (build.code === "BuildFailed" || build.code === "RemoteNeeded")) {
    return fail(build.code, `kustomize build failed: ${build.message}`, build);
  }
  if (!build.ok) return build;

  const nodes = substituteAll(build.value.resources.map(({ node }) => node), spec, options);
  if (!nodes.ok) return nodes;

  const objects: KubeObject[] = [];
  for (const node of nodes.value) {
    if (isKustomizationFile(node)) continue;
    const object = objectOf(node);
    if (!object.ok) return object;
    objects.push(object.value);
  }
  return ok({
    objects,
    digest: sha256Digest(emitDocuments(nodes.value)),
    toYaml: () => emitDocuments(nodes.value),
    filesRead: build.value.filesRead,
  });
}

function substituteAll(
  nodes: readonly MapNode[],
  spec: BuildSpec,
  options: BuildManifestsOptions,
): Result<readonly MapNode[]> {
  const { variables } = options;
  if (spec.postBuild === undefined || variables === undefined) return ok(nodes);
  // Flux evaluates nothing when there is no variable at all, so that `${x}` stays as it is.
  if (variables.size === 0 && spec.postBuild.substituteStrategy !== "Always") return ok(nodes);
  const strict = options.strictSubstitution ?? true;
  const done: MapNode[] = [];
  for (const node of nodes) {
    const substituted = substituteNode(node, variables, { strict });
    if (!substituted.ok) return substituted;
    done.push(substituted.value);
  }
  return ok(done);
}

/** Kustomization files that got among the resources are no objects of the cluster. */
function isKustomizationFile(node: MapNode): boolean {
  return (textOf(getKey(node, "apiVersion")) ?? "").startsWith("kustomize.config.k8s.io/");
}

function objectOf(node: MapNode): Result<KubeObject> {
  const name = textOf(getKey(getKey(node, "metadata"), "name"));
  const apiVersion = textOf(getKey(node, "apiVersion"));
  const kind = textOf(getKey(node, "kind"));
  if (!name || !apiVersion || !kind) {
    const what = [kind, name].filter(Boolean).join("/") || "an object";
    return fail("BuildFailed", `${what} has no apiVersion, kind or metadata.name after the build`);
  }
  const plain = toPlain(node);
  return isKubeObject(plain)
    ? ok(plain)
    : fail("BuildFailed", `${kind}/${name}: metadata is not a mapping of fields`);
}

function isKubeObject(value: unknown): value is KubeObject {
  return typeof value === "object" && value !== null && "metadata" in value &&
    typeof value.metadata === "object" && value.metadata !== null;
}
