/**
 * Replays recorded strategic merges of single documents.
 *
 * @module
 */
import { defaultBudget, isRecord, messageOf, Meter } from "../../lib/base/mod.ts";
import { builtinSchemas } from "../../lib/kustomize/merge/schema.ts";
import { strategicMerge } from "../../lib/kustomize/merge/strategic_merge.ts";
import { emitYaml, type MapNode, parseOne } from "../../lib/yaml/mod.ts";
import { firstDifference } from "./difference.ts";

/** Runs one row; why it fails, or nothing. Order of keys and style are not compared: no build ever shows them. */
export function runCase(row: unknown): string | undefined {
  if (!isRecord(row)) return "the row is no object";
  try {
    const merged = strategicMerge(mapOf(row.dest), mapOf(row.patch), {
      schemas: builtinSchemas(),
      meter: new Meter(defaultBudget()),
      newItems: row.list_append === true ? "last" : "first",
      inferKeys: row.infer_lists === true,
    });
    return firstDifference(merged === undefined ? "" : emitYaml(merged), canonical(row.expect));
  } catch (thrown) {
    return `threw: ${messageOf(thrown)}`;
  }
}

function mapOf(text: unknown): MapNode {
  const parsed = parseOne(String(text));
  if (!parsed.ok || parsed.value?.kind !== "map") throw new TypeError("the row holds no map");
  return parsed.value;
}

function canonical(text: unknown): string {
  const parsed = parseOne(String(text));
  if (!parsed.ok) throw new TypeError(parsed.message);
  return parsed.value === undefined ? "" : emitYaml(parsed.value);
}
