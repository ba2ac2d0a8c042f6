/**
 * Generated ConfigMaps and Secrets.
 *
 * @module
 */
import { encodeBase64 } from "../../base/mod.ts";
import {
  type MapNode,
  mapNode,
  resolvePlain,
  setKey,
  stringNode,
  type YamlMode,
} from "../../yaml/mod.ts";
import type { GeneratorFields, GeneratorOptionFields } from "../kustomization.ts";
import type { Folder, Loader } from "../loader.ts";
import { Refusal } from "../refusal.ts";
import { type Behavior, newResource, type Resource, setMetadataMap } from "../resource.ts";
import { readSources } from "./sources.ts";

const WRAP_AT = 70;
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Makes the object of one generator entry; `global` are the options of the whole kustomization. */
export function generateObject(
  kind: "ConfigMap" | "Secret",
  generator: GeneratorFields,
  global: GeneratorOptionFields | undefined,
  folder: Folder,
  loader: Loader,
): Resource {
  const { name = "", namespace = "" } = generator;
  if (name === "") throw new Refusal(`an entry of the ${kind} generator has no name`);
  const options = mergeOptions(generator.options, global);
  const node = mapNode([["apiVersion", stringNode("v1")], ["kind", stringNode(kind)]]);
  const metadata = mapNode([["name", stringNode(name)]]);
  if (namespace !== "") setKey(metadata, "namespace", stringNode(namespace));
  setKey(node, "metadata", metadata);
  if (kind === "Secret") setKey(node, "type", stringNode(generator.type || "Opaque"));
  let values: ReadonlyMap<string, Uint8Array>;
  try {
    values = readSources(generator, folder, loader);
  } catch (thrown) {
    if (!(thrown instanceof Refusal) || thrown.isPlaced) throw thrown;
    throw new Refusal(`${kind} generator "${name}": ${thrown.message}`, undefined, thrown.code);
  }
  writeValues(node, kind, values);
  if (options.labels?.size) setMetadataMap(node, "labels", options.labels);
  if (options.annotations?.size) {
    for (const key of options.annotations.keys()) refuseOddKey(key, "annotations", "lenient");
    setMetadataMap(node, "annotations", options.annotations);
  }
  if (options.immutable) setKey(node, "immutable", { kind: "scalar", tag: "bool", value: "true" });
  const resource = newResource(node);
  resource.needsHash = options.disableNameSuffixHash !== true;
  resource.behavior = behaviorOf(generator.behavior);
  return resource;
}

function behaviorOf(text: string | undefined): Behavior {
  return text === "create" || text === "merge" || text === "replace" ? text : "unspecified";
}

/** The local value of a label or annotation wins; a switch that is on anywhere is on. */
function mergeOptions(
  local: GeneratorOptionFields | undefined,
  global: GeneratorOptionFields | undefined,
): GeneratorOptionFields {
  return {
    labels: new Map([...global?.labels ?? [], ...local?.labels ?? []]),
    annotations: new Map([...global?.annotations ?? [], ...local?.annotations ?? []]),
    disableNameSuffixHash: (local?.disableNameSuffixHash || global?.disableNameSuffixHash) ?? false,
    immutable: (local?.immutable || global?.immutable) ?? false,
  };
}

function writeValues(
  node: MapNode,
  kind: "ConfigMap" | "Secret",
  values: ReadonlyMap<string, Uint8Array>,
): void {
  const data = mapNode();
  const binaryData = mapNode();
  for (const [key, bytes] of [...values].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const text = kind === "ConfigMap" ? textOfBytes(bytes) : undefined;
    const target = kind === "Secret" || text !== undefined ? data : binaryData;
    refuseOddKey(key, "data", "kyaml");
    target.entries.push({
      key: stringNode(key),
      value: stringNode(text ?? wrappedBase64(bytes)),
    });
  }
  // A Secret always has data, if only an empty map.
  if (data.entries.length > 0 || kind === "Secret") setKey(node, "data", data);
  if (binaryData.entries.length > 0) setKey(node, "binaryData", binaryData);
}

/** Keys that YAML takes for something else than text cannot be written; the tool that we follow fails too. */
function refuseOddKey(key: string, field: string, mode: YamlMode): void {
  const tag = resolvePlain(key, mode);
  if (tag === "str" || tag === "merge") return;
  throw new Refusal(`key "${key}" of generated ${field} reads as a ${tag}; choose another key`);
}

function textOfBytes(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}

/** Long values are broken into lines, the last of which ends in a newline too. */
function wrappedBase64(bytes: Uint8Array): string {
  const encoded = encodeBase64(bytes);
  if (encoded.length < WRAP_AT) return encoded;
  return encoded.replace(/.{1,70}/g, "$&\n");
}
