/**
 * Our definitions against those of the Flux API, field by field; only the words may differ.
 *
 * @module
 */
import assert from "node:assert/strict";
import { load } from "js-yaml";
import { isRecord } from "../lib/base/mod.ts";
import { ALL_KINDS, definitionOf } from "./mod.ts";

const CONTRACT = new URL("../../shared/contract/crds/", import.meta.url);
const isThere = hasContract();

function hasContract(): boolean {
  try {
    return Deno.statSync(CONTRACT).isDirectory;
  } catch (error) {
    if (Deno.env.get("CI") === "true") throw error;
    return false;
  }
}

/** What a stranger's program can tell apart: no prose, no generator's signature, none of our labels. */
function comparable(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(comparable);
  if (!isRecord(value)) return value;
  const result: Record<string, unknown> = {};
  for (const [key, inner] of Object.entries(value)) {
    // A field may itself be called description; then it is a schema, not prose.
    if (key === "description" && typeof inner === "string") continue;
    if (key === "controller-gen.kubebuilder.io/version") continue;
    result[key] = comparable(inner);
  }
  return result;
}

function withoutLabels(definition: unknown): unknown {
  assert.ok(isRecord(definition) && isRecord(definition.metadata));
  const { labels: _labels, annotations = {}, ...metadata } = definition.metadata;
  return { ...definition, metadata: { ...metadata, annotations } };
}

for (const kind of ALL_KINDS) {
  Deno.test({
    name: `definitionOf() gives the contract's ${kind.kind}, but for descriptions`,
    ignore: !isThere,
    fn() {
      const text = Deno.readTextFileSync(new URL(`${kind.group}_${kind.plural}.yaml`, CONTRACT));

      const got = comparable(withoutLabels(structuredClone(definitionOf(kind))));

      assert.deepEqual(got, comparable(withoutLabels(comparable(load(text)))));
    },
  });

  Deno.test(`definitionOf() describes every field of ${kind.kind}`, () => {
    const missing: string[] = [];
    collectUndescribed(definitionOf(kind).spec.versions[0]?.schema.openAPIV3Schema, "", missing);

    assert.deepEqual(missing, [".metadata"]);
  });
}

function collectUndescribed(schema: unknown, path: string, missing: string[]): void {
  if (!isRecord(schema)) return;
  if (typeof schema.description !== "string" || schema.description === "") missing.push(path);
  collectUndescribed(schema.items, `${path}[]`, missing);
  if (!isRecord(schema.properties)) return;
  for (const [name, field] of Object.entries(schema.properties)) {
    collectUndescribed(field, `${path}.${name}`, missing);
  }
}
