/**
 * From files to objects: the Kustomization build as a pure function, shared by the controller, the CLI,
 * plans and diffs.
 *
 * @module
 */
import {
  type Budget,
  BudgetSpent,
  fail,
  type Failure,
  type FileTree,
  Meter,
  ok,
  type Result,
  sha256Digest,
  sha256Hex,
} from "../base/mod.ts";
import { buildKustomization, type BuildOptions, type BuiltResource } from "../kustomize/mod.ts";
import type { KubeObject } from "../kube/mod.ts";
import { emitYaml, getKey, type MapNode, parseOne, textOf, toPlain } from "../yaml/mod.ts";
import { exceeded } from "./exceeded.ts";
import { generateKustomization } from "./generate.ts";
import { inGitLines, type LaidFile } from "./laid_lines.ts";
import type { ManifestCache, Substituted } from "./manifest_cache.ts";
import { isSealedResource, OPENING_NEEDED } from "./sealed_resource.ts";
import type { BuildSpec } from "./spec.ts";
import { substituteNode } from "./substitute.ts";

/** What a build made. */
export interface Manifests {
  /** The objects, in build order, without owner labels. */
  readonly objects: readonly KubeObject[];
  /** Where each of them is written: `apps/web.yaml:12`, a generator's entry for what it made; empty where unknown. */
  readonly places: readonly string[];
  /** `sha256:` of the manifests as YAML; names the build in `status.history`. */
  readonly digest: string;
  /** The manifests as one stream of YAML documents. */
  toYaml(): string;
  /** Files the build read: a commit that touches none of them changes nothing (design D13). */
  readonly filesRead: ReadonlySet<string>;
  /** About what all of this takes in memory. */
  readonly sizeBytes: number;
}

/** What objects take in memory, and their text, for each character of the text. */
export const BYTES_PER_CHARACTER = 4;

/** How to build. */
export interface BuildManifestsOptions {
  /** Limits. */
  readonly budget: Budget;
  /** Variables for `postBuild`; `undefined` when the spec has no `postBuild`. */
  readonly variables?: ReadonlyMap<string, string> | undefined;
  /** A variable that is not set is an error (Flux's StrictPostBuildSubstitutions, on by default). */
  readonly strictSubstitution?: boolean;
  /**
   * Opens a resource that is sealed, given and returned as YAML; see `buildOpening`. A failure with the code
   * {@linkcode OPENING_NEEDED} lets the build look for others first. Absent: sealed resources stay sealed.
   */
  readonly openResource?: (text: string) => Result<string>;
  /** Hands over remote bases that are there already; see `buildWithRemotes`. Absent: they are refused. */
  readonly fetchRemote?: BuildOptions["fetchRemote"];
  /**
   * Where to look for what earlier builds made. The result is the same without; objects are shared with later
   * builds, so nobody may change them.
   */
  readonly cache?: ManifestCache;
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
  try {
    return build(tree, spec, options);
  } catch (thrown) {
    if (thrown instanceof BudgetSpent) return exceeded(thrown.message, thrown);
    throw thrown;
  }
}

function build(
  tree: FileTree,
  spec: BuildSpec,
  options: BuildManifestsOptions,
): Result<Manifests> {
  const { budget } = options;
  const generated = generateKustomization(tree, spec, budget);
  if (!generated.ok) return generated;

  const built = buildKustomization(generated.value.tree, generated.value.folder, {
    budget,
    loadRestrictions: "none",
    provenance: "origins",
    ...(options.fetchRemote !== undefined && { fetchRemote: options.fetchRemote }),
    ...(options.cache !== undefined && { cache: options.cache.builds }),
  });
  if (!built.ok) {
    // Flux's words before the engine's own; refusals speak for themselves.
    if (built.code === "BuildFailed" || built.code === "RemoteNeeded") {
      const message = inGitLines(built.message, generated.value.laid);
      return fail(built.code, `kustomize build failed: ${message}`, built);
    }
    return built.code === "BudgetExceeded" ? exceeded(built.message, built) : built;
  }

  const meter = new Meter(budget);
  const opened = openAll(built.value.resources, options);
  if (!opened.ok) return opened;
  const filled = substituteAll(opened.value, spec, { ...options, meter });
  if (!filled.ok) return filled;

  const texts: string[] = [];
  const objects: KubeObject[] = [];
  const places: string[] = [];
  for (const [index, resource] of filled.value.entries()) {
    meter.spendBytes(resource.text.length, "the output");
    texts.push(resource.text);
    if (isKustomizationFile(resource.node)) continue;
    const object = resource.object ??= objectOf(resource.node);
    if (!object.ok) return object;
    objects.push(object.value);
    places.push(placeOf(built.value.resources[index]));
  }
  // The text is kept, not the nodes it came from: they take ten times as much.
  const yaml = texts.join("---\n");
  return ok({
    objects,
    places: gitPlaces(places, generated.value.laid),
    digest: sha256Digest(yaml),
    toYaml: () => yaml,
    filesRead: built.value.filesRead,
    sizeBytes: yaml.length * BYTES_PER_CHARACTER,
  });
}

function placeOf({ origin }: Partial<BuiltResource> = {}): string {
  return origin === undefined ? "" : `${origin.path}:${origin.line}`;
}

/** A line of a kustomization file that `spec` was laid over is git's line, or none. */
function gitPlaces(places: readonly string[], laid: LaidFile | undefined): string[] {
  const lines = inGitLines(places.map((place) => `${place}:`).join("\n"), laid).split("\n");
  return places.map((_, index) => lines[index]?.slice(0, -1) ?? "");
}

/** What is still sealed after the build, opened; all of it is looked for before the build gives up. */
function openAll(
  resources: readonly BuiltResource[],
  { openResource, budget }: BuildManifestsOptions,
): Result<readonly BuiltResource[]> {
  if (openResource === undefined) return ok(resources);
  let needed: Failure | undefined;
  const opened: BuiltResource[] = [];
  for (const resource of resources) {
    const text = isSealedResource(resource.node) ? openResource(resource.toYaml()) : undefined;
    if (text?.ok) {
      const parsed = parseOne(text.value, { budget });
      if (!parsed.ok || parsed.value?.kind !== "map") {
        throw new TypeError("What was opened is no object");
      }
      const node = parsed.value;
      opened.push({ ...resource, node, toYaml: () => emitYaml(node) });
    } else if (text === undefined) opened.push(resource);
    else if (text.code === OPENING_NEEDED) needed ??= text;
    else return text;
  }
  return needed ?? ok(opened);
}

function substituteAll(
  resources: readonly BuiltResource[],
  spec: BuildSpec,
  options: BuildManifestsOptions & { readonly meter: Meter },
): Result<readonly Substituted[]> {
  const { meter, cache } = options;
  const fill = fillingOf(spec, options);
  const done: Substituted[] = [];
  for (const resource of resources) {
    const known = cache?.substituted.get(resource);
    const filled = known?.key === fill.key ? ok(known) : fill.run(resource);
    if (!filled.ok) return filled;
    meter.checkTime("the substitution of variables");
    cache?.substituted.set(resource, filled.value);
    done.push(filled.value);
  }
  return ok(done);
}

/** What is to be done with each resource, and a text that tells it from what else could be done. */
interface Filling {
  readonly key: string;
  run(resource: BuiltResource): Result<Substituted>;
}

function fillingOf({ postBuild }: BuildSpec, options: BuildManifestsOptions): Filling {
  const { variables } = options;
  // Flux evaluates nothing when there is no variable at all, so that `${x}` stays as it is.
  if (
    postBuild === undefined || variables === undefined ||
    (variables.size === 0 && postBuild.substituteStrategy !== "Always")
  ) {
    return {
      key: "",
      run: ({ node, toYaml }) => ok({ key: "", node, text: toYaml() }),
    };
  }
  const strict = options.strictSubstitution ?? true;
  // Values may be secret, and the key is kept.
  const key = sha256Hex(JSON.stringify([strict, ...variables]));
  return {
    key,
    run({ node, toYaml }) {
      const filled = substituteNode(node, variables, { strict, text: toYaml() });
      if (!filled.ok) return filled;
      const { value } = filled;
      return ok({ key, node: value, text: value === node ? toYaml() : emitYaml(value) });
    },
  };
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
