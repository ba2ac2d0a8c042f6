/**
 * The annotations that tell where a resource comes from and what changed it.
 *
 * @module
 */
import { emitYaml, resolvePlain, stringNode } from "../yaml/mod.ts";
import { Refusal } from "./refusal.ts";
import { parseRemoteAddress } from "./remote_address.ts";
import { currentId, metadataMap, type Origin, type Resource, setMetadataMap } from "./resource.ts";
import { showId } from "./resource_id.ts";
import type { ResourceList } from "./resource_list.ts";

const ORIGIN = "config.kubernetes.io/origin";
const TRANSFORMATIONS = "alpha.config.kubernetes.io/transformations";
/** Annotations of other tools' bookkeeping, which never leave a build. */
const BOOKKEEPING = [
  ...[
    "previousKinds",
    "previousNames",
    "prefixes",
    "suffixes",
    "previousNamespaces",
    "allowNameChange",
    "allowKindChange",
    "refBy",
    "generatorBehavior",
    "needsHashSuffix",
    "path",
    "index",
    "seqindent",
    "id",
    "annotations-migration-resource-id",
  ].map((name) => `internal.config.kubernetes.io/${name}`),
  "config.kubernetes.io/path",
  "config.kubernetes.io/index",
  "config.k8s.io/id",
];

/** Joins paths as they are written, `..` included. */
export function joinOrigin(path: string, more: string): string {
  const parts: string[] = [];
  for (const part of `${path}/${more}`.split("/")) {
    if (part === "" || part === ".") continue;
    if (part === ".." && parts.length > 0 && parts.at(-1) !== "..") parts.pop();
    else parts.push(part);
  }
  return parts.join("/");
}

/** Where an entry `path` of a kustomization leads that itself comes from `origin`. */
export function extendOrigin(origin: Origin, path: string): Origin {
  const remote = parseRemoteAddress(path);
  if (!remote.ok) return { ...origin, path: joinOrigin(origin.path ?? "", path) };
  const { repository, path: folder, ref } = remote.value;
  // The root of a repository goes by this name in kustomize; the address of a single file, too, is split like this.
  return { repo: repository, ...(ref !== undefined && { ref }), path: folder || "notCloned" };
}

/** Notes that `by` ran over the resources: what it made comes from it, the rest was changed by it. */
export function recordTransformation(resources: ResourceList, by: Origin): void {
  for (const resource of resources.items) {
    if (resource.origin === undefined) resource.origin = by;
    else resource.transformations = [...resource.transformations, by];
    // The note is an annotation; writing it writes all of them anew.
    setMetadataMap(resource.node, "annotations", metadataMap(resource.node, "annotations"));
  }
}

/** Writes the annotations that were asked for; annotations that are not text become text. */
export function finishAnnotations(
  resource: Resource,
  wanted: { readonly origin: boolean; readonly transformations: boolean },
): void {
  const annotations = metadataMap(resource.node, "annotations");
  for (const name of BOOKKEEPING) annotations.delete(name);
  if (!wanted.origin) annotations.delete(ORIGIN);
  else if (resource.origin !== undefined) annotations.set(ORIGIN, originText(resource.origin));
  if (!wanted.transformations) annotations.delete(TRANSFORMATIONS);
  else if (resource.transformations.length > 0) {
    annotations.set(TRANSFORMATIONS, transformationsText(resource.transformations));
  }
  for (const key of annotations.keys()) {
    if (isTextKey(key)) continue;
    throw new Refusal(
      `metadata.annotations: key "${key}" of ${
        showId(currentId(resource))
      } does not read as text; rename it`,
      resource.provenance,
    );
  }
  setMetadataMap(resource.node, "annotations", annotations);
}

/** Keys are written without quotes on the way, so those that look like numbers, dates and the like get lost. */
function isTextKey(key: string): boolean {
  const tag = resolvePlain(key, "kyaml");
  return tag === "str" || tag === "merge";
}

/** The annotation that tells what changed a resource. */
export function transformationsText(transformations: readonly Origin[]): string {
  return transformations.map((by) => `- ${originText(by).trimEnd().replaceAll("\n", "\n  ")}\n`)
    .join("");
}

/** The annotation that tells where a resource comes from. */
export function originText(origin: Origin): string {
  const { path, repo, ref, configuredIn, configuredBy } = origin;
  const lines = fieldLines({ path, repo, ref, configuredIn });
  if (configuredBy !== undefined) {
    lines.push("configuredBy:", ...fieldLines(configuredBy).map((line) => `  ${line}`));
  }
  return lines.map((line) => `${line}\n`).join("");
}

function fieldLines(fields: Readonly<Record<string, string | undefined>>): string[] {
  return Object.entries(fields).flatMap(([name, value]) =>
    value === undefined || value === "" ? [] : [`${name}: ${emitYaml(stringNode(value)).trimEnd()}`]
  );
}
