/**
 * What the fields of a kustomization have in common: selectors, places, configurations of plugins.
 *
 * @module
 */
import fc from "fast-check";
import { asText, dictionary, inFile, type Json, listOf, type Make, mapOf, oneOf } from "./model.ts";
import { keys, kinds, names, namespaces } from "./values.ts";

/** Yes or no. */
export const flags = fc.constantFrom(true, false);
/** Labels, or annotations. */
export const labelMaps = dictionary(keys, oneOf("x", "y", "web", "1", "true", ""), 2);
/** API groups. */
export const groups = fc.constantFrom("apps", "example.com", "");
/** API versions. */
export const versions = fc.constantFrom("v1", "v2");

/** What a patch or a replacement applies to. */
export const selectors = mapOf({}, {
  group: groups,
  version: versions,
  kind: fc.oneof(kinds, kinds, fc.constantFrom("Deploy.*", ".*", "Service|Secret")),
  name: fc.oneof(names, names, fc.constantFrom("w.b", "web|db", ".*", "^web$", "we", "p-web")),
  namespace: fc.oneof(namespaces, fc.constantFrom("ns.", "")),
  labelSelector: oneOf(
    "app=x",
    "app",
    "!app",
    "app in (x,y)",
    "app notin (x), tier!=y",
    "app==web",
  ),
  annotationSelector: oneOf("app=x", "k1", "app!=x"),
}, 3);

/** Several documents of a file. */
export function documents(make: Make, most = 2): Make {
  return listOf(make, most).map((it) => ({ $docs: it }));
}

/** Places that a transformer writes to. */
export const fieldSpecs = mapOf(
  {
    path: oneOf(
      "metadata/labels",
      "metadata/annotations",
      "metadata/name",
      "metadata/namespace",
      "spec/text",
      "spec/image",
      "spec/replicas",
      "spec/list[]/value",
      "spec/list/value",
      "spec/containers[]/image",
      "spec/template/metadata/labels",
      "spec/new/deep",
      "data",
      "spec/any",
      "spec/configRef/name",
      "spec\\/x",
    ),
  },
  { create: flags, kind: kinds, group: groups, version: versions },
  2,
);

/** The configuration of a built-in plugin. */
export function plugin(
  kind: string,
  body: Readonly<Record<string, Make>>,
  fixed: Readonly<Record<string, Make>> = {},
): Make {
  const header = {
    apiVersion: oneOf("builtin"),
    kind: oneOf(kind),
    metadata: mapOf({ name: names }, { namespace: namespaces }),
  };
  return mapOf({ ...header, ...fixed }, body);
}

/** Configuration of plugins: inline, in a file, in a folder of its own. */
export function plugins(configs: Make): Make {
  return listOf(
    fc.oneof(
      { weight: 4, arbitrary: asText(configs) },
      { weight: 4, arbitrary: inFile(configs) },
      {
        weight: 1,
        arbitrary: inFile(configs).map((it): Json => ({ $folder: { resources: [it] } })),
      },
    ),
  );
}
