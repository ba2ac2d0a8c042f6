/**
 * Makes most references of an input meet an object: patches, sources of replacements, variables.
 *
 * Left to chance, nine in ten inputs would be refused for a name that nothing has, and show nothing else.
 *
 * @module
 */
import { isList, isMap, type Json, type JsonMap } from "./model.ts";

interface Known {
  readonly apiVersion: Json;
  readonly kind: Json;
  readonly name: Json;
  readonly namespace: Json | undefined;
}

/** Every sixth reference stays as it is, and every twentieth object may be there twice. */
const LEFT_ALONE = 6;
const TWICE = 20;
/** What an entry of a generator may be merged into. */
const GENERATED: Readonly<Record<string, string>> = {
  configMapGenerator: "ConfigMap",
  secretGenerator: "Secret",
};
/** Fields that hold no references. */
const OTHERS = new Set(["resources", "env", "crds", "openapi", "configurations"]);

/** The same input with objects of a name once, and references to them. */
export function fitTogether(model: Json): Json {
  const known: Known[] = [];
  return aim(withoutDoubles(model, known), known, { count: 0 });
}

function withoutDoubles(model: Json, known: Known[]): Json {
  const seen = new Set<string>();
  let count = 0;
  const isNew = (object: Json): boolean => {
    if (!isMap(object) || !isMap(object.metadata)) return true;
    const { apiVersion = "v1", kind = "", metadata } = object;
    const { name = "", namespace } = metadata;
    const key = JSON.stringify([kind, name, namespace]);
    if (seen.has(key)) return ++count % TWICE === 0;
    seen.add(key);
    known.push({ apiVersion, kind, name, namespace });
    return true;
  };
  const inResources = (entry: Json): Json => {
    if (!isMap(entry) || !isMap(entry.$file)) return entry;
    const { $docs } = entry.$file;
    if (isList($docs)) return { ...entry, $file: { $docs: $docs.filter(isNew) } };
    isNew(entry.$file);
    return entry;
  };
  return mapValues(model, (kustomization) => {
    if (!isMap(kustomization) || !isList(kustomization.resources)) return kustomization;
    return { ...kustomization, resources: kustomization.resources.map(inResources) };
  });
}

function aim(model: Json, known: readonly Known[], turn: { count: number }): Json {
  const pick = (kind?: Json): Known | undefined => {
    const number = ++turn.count;
    if (number % LEFT_ALONE === 0) return undefined;
    const alike = known.filter((one) => one.kind === kind);
    const pool = alike.length > 0 ? alike : known;
    return pool[number % Math.max(1, pool.length)];
  };
  const change = (value: Json, field: string): Json => {
    if (isList(value)) return value.map((item) => change(item, field));
    if (!isMap(value)) return value;
    const inner = mapValues(
      value,
      (item, name) => OTHERS.has(name) ? item : change(item, name),
    );
    return isMap(inner) ? retarget(inner, field, pick) : inner;
  };
  return mapValues(model, (kustomization) => change(kustomization, ""));
}

function retarget(
  value: JsonMap,
  field: string,
  pick: (kind?: Json) => Known | undefined,
): Json {
  const isPatch = isMap(value.metadata) && value.kind !== undefined &&
    value.apiVersion !== "builtin" && field !== "";
  const isReference = field === "source" || field === "objref";
  const isCount = field === "replicas" && value.name !== undefined;
  const isMerge = value.behavior === "merge" || value.behavior === "replace";
  if (!isPatch && !isReference && !isCount && !isMerge) return value;
  const one = pick(isCount ? "Deployment" : isMerge ? GENERATED[field] : value.kind);
  if (one === undefined) return value;
  const { apiVersion, kind, name, namespace } = one;
  if (isCount) return { ...value, name };
  const { namespace: _there, ...placeless } = value;
  const place = namespace === undefined ? {} : { namespace };
  if (isMerge) return { ...placeless, name, ...place };
  if (field === "objref") {
    const isOld = value.group !== undefined || value.version !== undefined;
    return { ...(isOld ? groupVersion(apiVersion) : { apiVersion }), kind, name, ...place };
  }
  if (isReference) return { ...value, kind, name };
  const metadata = isMap(value.metadata) ? value.metadata : {};
  const { namespace: _old, ...rest } = metadata;
  return {
    ...value,
    apiVersion,
    kind,
    metadata: { ...rest, name, ...(namespace !== undefined && { namespace }) },
  };
}

function groupVersion(apiVersion: Json): JsonMap {
  const [version = "", group] = String(apiVersion).split("/").reverse();
  return { ...(group !== undefined && { group }), version };
}

function mapValues(value: Json, change: (item: Json, name: string) => Json): Json {
  if (!isMap(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, change(item, name)]),
  );
}
