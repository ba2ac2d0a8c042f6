/**
 * What happens to a mapping's entries: keys must be scalars and stand once, `<<` is expanded.
 *
 * @module
 */
import type { MapNode, ScalarNode, YamlNode } from "./node.ts";
import { countCopy, type Reader, stop } from "./_reader.ts";
import { formatFloat } from "./number.ts";
import { floatOf, isBeyondInt64, scalarValue } from "./resolve.ts";

/** Up to so many entries are compared one by one; more are put into a set. */
const FEW = 12;

/** The key as a scalar; Go's readers take nothing else. */
export function keyNode(reader: Reader, key: YamlNode): ScalarNode {
  if (key.kind !== "scalar") {
    const line = key.at?.line ?? reader.line;
    stop(reader, "invalid map key: a collection", "use a string as the key", line);
  }
  if (reader.mode === "source") return key;
  if (reader.mode === "kyaml" && key.tag === "null" && key.value === "") {
    // On its way through a build, a key that was left out is printed as "".
    return { ...key, tag: "str" };
  }
  if (
    key.tag === "null" ||
    (reader.mode === "lenient" && key.tag === "int" && isBeyondInt64(key.value))
  ) {
    const line = key.at?.line ?? reader.line;
    stop(reader, `unsupported map key: ${key.value || "null"}`, "put it in quotes", line);
  }
  if (reader.mode === "kyaml" || key.tag === "str" || key.tag === "merge") return key;
  // sigs.k8s.io/yaml turns keys into strings on its way to JSON.
  const value = key.tag === "float" ? formatFloat(floatOf(key.value)) : String(scalarValue(key));
  return { ...key, tag: "str", value };
}

/** Adds an entry; its key is checked by {@linkcode closeMap}. */
export function addEntry(reader: Reader, node: MapNode, key: YamlNode, value: YamlNode): void {
  node.entries.push({ key: keyNode(reader, key), value });
}

/** Checks a mapping that has all its entries, and expands its merge keys. */
export function closeMap(reader: Reader, node: MapNode): void {
  if (reader.mode === "source") return;
  let merges = false;
  for (const { key } of node.entries) if (key.tag === "merge") merges = true;
  if (node.entries.length > 1) dropDoubles(reader, node);
  if (merges) mergeInto(reader, node);
}

function dropDoubles(reader: Reader, node: MapNode): void {
  const double = findDouble(node);
  if (double === undefined) return;
  if (reader.mode === "kyaml") {
    const [first, second] = double;
    stop(
      reader,
      `mapping key ${JSON.stringify(second.value)} already defined at line ${first.at?.line ?? 0}`,
      "remove one of the two",
      second.at?.line ?? reader.line,
    );
  }
  // sigs.k8s.io/yaml keeps the last one.
  node.entries = [...new Map(node.entries.map((entry) => [entry.key.value, entry])).values()];
}

function findDouble({ entries }: MapNode): readonly [ScalarNode, ScalarNode] | undefined {
  if (entries.length <= FEW) return findDoubleOfFew(entries.map((entry) => entry.key));
  const seen = new Map<string, ScalarNode>();
  for (const { key } of entries) {
    const earlier = seen.get(key.value);
    if (earlier !== undefined) return [earlier, key];
    seen.set(key.value, key);
  }
  return undefined;
}

function findDoubleOfFew(
  keys: readonly ScalarNode[],
): readonly [ScalarNode, ScalarNode] | undefined {
  for (const [index, second] of keys.entries()) {
    for (const first of keys) {
      if (first === keys[index]) break;
      if (first.value === second.value) return [first, second];
    }
  }
  return undefined;
}

/** The mapping's own entries win over merged ones, earlier sources over later ones. */
function mergeInto(reader: Reader, node: MapNode): void {
  const own = node.entries.filter(({ key }) => key.tag !== "merge");
  const known = new Set(own.map(({ key }) => key.value));
  for (const entry of node.entries) {
    if (entry.key.tag !== "merge") continue;
    for (const source of sourcesOf(reader, entry.key, entry.value)) {
      for (const { key, value } of source.entries) {
        if (known.has(key.value)) continue;
        known.add(key.value);
        countCopy(reader, 0);
        own.push({ key, value });
      }
    }
  }
  node.entries = own;
}

function sourcesOf(reader: Reader, key: ScalarNode, value: YamlNode): readonly MapNode[] {
  if (value.kind === "map") return [value];
  if (value.kind === "seq") {
    const maps = value.items.filter((item) => item.kind === "map");
    if (maps.length === value.items.length) return maps;
  }
  return stop(
    reader,
    "map merge requires map or sequence of maps as the value",
    "let << name a mapping",
    key.at?.line ?? reader.line,
  );
}
