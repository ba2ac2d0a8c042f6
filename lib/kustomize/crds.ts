/**
 * Field tables out of the OpenAPI definitions of custom resources.
 *
 * @module
 */
import { getKey, textOf, type YamlNode } from "../yaml/mod.ts";
import { type Config, EMPTY_CONFIG, mergeConfig } from "./config.ts";
import type { NameReference } from "./data/name_references.ts";
import { isNull } from "./decode.ts";
import { type FieldSpec, fieldSpec } from "./field_spec.ts";
import { isSchema } from "./merge/schema.ts";
import { Refusal, runAll } from "./refusal.ts";

const DEEPEST = 50;

/** Refuses what is no map of OpenAPI definitions, each with its schema under `Schema`. */
export function checkDefinitions(document: YamlNode | undefined, path: string): void {
  if (document === undefined || isNull(document)) return;
  const place = (node: YamlNode) => ({ path, line: node.at?.line });
  if (document.kind !== "map") {
    throw new Refusal(
      "a file of crds must be a map from names to OpenAPI definitions",
      place(document),
    );
  }
  runAll(document.entries.map(({ key, value }) => () => {
    const schema = getKey(value, "Schema") ?? getKey(value, "schema");
    const isFine = isNull(value) || value.kind === "map" &&
        (schema === undefined || isNull(schema) || isSchema(schema));
    if (isFine) return;
    throw new Refusal(
      `${key.value} is no OpenAPI definition; give it a map with the field Schema`,
      place(key),
    );
  }));
}

/** What the definitions in one file of `crds` say about fields. */
export function configOfDefinitions(document: YamlNode | undefined): Config {
  let config = EMPTY_CONFIG;
  for (const { key } of document?.kind === "map" ? document.entries : []) {
    const properties = propertiesOf(document, key.value);
    const isObject = ["kind", "apiVersion", "metadata"].every((name) => getKey(properties, name));
    if (!isObject) continue;
    const kind = key.value.slice(key.value.lastIndexOf(".") + 1);
    const found: Found = { annotations: [], labels: [], names: [], references: [] };
    collect(document, key.value, kind, [], found);
    config = mergeConfig(config, {
      ...EMPTY_CONFIG,
      commonAnnotations: found.annotations,
      commonLabels: found.labels,
      namePrefix: found.names,
      nameReference: found.references,
    });
  }
  return config;
}

interface Found {
  readonly annotations: FieldSpec[];
  readonly labels: FieldSpec[];
  readonly names: FieldSpec[];
  readonly references: NameReference[];
}

function propertiesOf(document: YamlNode | undefined, name: string): YamlNode | undefined {
  return getKey(getKey(getKey(document, name), "Schema"), "properties") ??
    getKey(getKey(getKey(document, name), "schema"), "properties");
}

function collect(
  document: YamlNode | undefined,
  name: string,
  kind: string,
  path: readonly string[],
  found: Found,
): void {
  const properties = propertiesOf(document, name);
  if (properties?.kind !== "map" || path.length > DEEPEST) return;
  for (const { key, value } of properties.entries) {
    const here = [...path, key.value];
    const spec = (...more: string[]) => fieldSpec([...here, ...more].join("/"), { kind });
    const says = (extension: string) => textOf(getKey(value, `x-kubernetes-${extension}`));
    if (says("annotation") !== undefined) found.annotations.push(spec());
    if (says("label-selector") !== undefined) found.labels.push(spec());
    if (says("identity") !== undefined) found.names.push(spec());
    const version = says("object-ref-api-version");
    const target = says("object-ref-kind");
    if (version !== undefined && target !== undefined) {
      found.references.push({
        target: { group: "", version, kind: target },
        fields: [spec(says("object-ref-name-key") ?? "name")],
      });
    }
    const reference = textOf(getKey(value, "$ref"));
    if (reference !== undefined) collect(document, reference, kind, here, found);
  }
}
