/**
 * The history of a resource as annotations, where patches can see it.
 *
 * The tool that we follow keeps it there all the time. We do so only while a patch runs: what a patch does to
 * `metadata.annotations`, it does to the history too.
 *
 * @module
 */
import { getKey, mapNode, setKey, stringNode, textOf, type YamlNode } from "../yaml/mod.ts";
import { originText, transformationsText } from "./origin.ts";
import { metadataOf, type Resource } from "./resource.ts";

const DOMAIN = "internal.config.kubernetes.io/";
const ORIGIN = "config.kubernetes.io/origin";
const TRANSFORMATIONS = "alpha.config.kubernetes.io/transformations";

/** Runs `step` with the history among the annotations, and reads back what it left of it. */
export function withHistory<T>(
  resource: Resource,
  step: () => T,
  keepsInternal = false,
): T {
  const written = historyOf(resource);
  if (written.size === 0) return step();
  writeHistory(resource, written);
  const result = step();
  readHistory(resource, written, keepsInternal);
  return result;
}

function historyOf(resource: Resource): Map<string, string> {
  const { previous, prefixes, suffixes, needsHash, behavior, origin, transformations } = resource;
  const written = new Map<string, string>();
  if (previous.length > 0) {
    written.set(`${DOMAIN}previousNames`, previous.map(({ name }) => name).join(","));
    written.set(
      `${DOMAIN}previousNamespaces`,
      previous.map(({ namespace }) => namespace).join(","),
    );
    written.set(`${DOMAIN}previousKinds`, previous.map(({ kind }) => kind).join(","));
  }
  if (prefixes.length > 0) written.set(`${DOMAIN}prefixes`, prefixes.join(","));
  if (suffixes.length > 0) written.set(`${DOMAIN}suffixes`, suffixes.join(","));
  if (needsHash) written.set(`${DOMAIN}needsHashSuffix`, "enabled");
  if (needsHash || behavior !== "unspecified") written.set(`${DOMAIN}generatorBehavior`, behavior);
  if (origin !== undefined) written.set(ORIGIN, originText(origin));
  if (transformations.length > 0) {
    written.set(TRANSFORMATIONS, transformationsText(transformations));
  }
  return written;
}

function writeHistory({ node }: Resource, written: ReadonlyMap<string, string>): void {
  const metadata = metadataOf(node);
  let annotations = getKey(metadata, "annotations");
  if (annotations?.kind !== "map") {
    annotations = mapNode();
    setKey(metadata, "annotations", annotations);
  }
  for (const [name, value] of written) setKey(annotations, name, stringNode(value));
}

function readHistory(
  resource: Resource,
  written: ReadonlyMap<string, string>,
  keepsInternal: boolean,
): void {
  const annotations = getKey(getKey(resource.node, "metadata"), "annotations");
  const lost = new Set<string>();
  for (const [name, value] of written) {
    if (textOf(getKey(annotations, name)) !== value) lost.add(name);
  }
  removeHistory(annotations, written);
  if (lost.has(ORIGIN)) resource.origin = undefined;
  if (lost.has(TRANSFORMATIONS)) resource.transformations = [];
  if (keepsInternal) return;
  if (lost.has(`${DOMAIN}previousNames`)) resource.previous = [];
  if (lost.has(`${DOMAIN}prefixes`)) resource.prefixes = [];
  if (lost.has(`${DOMAIN}suffixes`)) resource.suffixes = [];
  if (lost.has(`${DOMAIN}needsHashSuffix`)) resource.needsHash = false;
  if (lost.has(`${DOMAIN}generatorBehavior`)) resource.behavior = "unspecified";
}

/** An empty map may stay: the end of the build takes empty annotations out. */
function removeHistory(
  annotations: YamlNode | undefined,
  written: ReadonlyMap<string, string>,
): void {
  if (annotations?.kind !== "map") return;
  annotations.entries = annotations.entries.filter(({ key }) => !written.has(key.value));
}
