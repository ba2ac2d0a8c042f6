/**
 * Which objects a rule with a target speaks of (`spec.ignore[].target`).
 *
 * @module
 */
import { RE2JS } from "re2js";
import { fail, messageOf, ok, parseLabelSelector, type Result } from "../../base/mod.ts";
import { gvkOf, type KubeObject } from "../object.ts";
import { matchesLabels } from "../selector.ts";

/** Anchored regular expressions and selectors; an empty field allows everything. */
export interface Target {
  readonly group?: string;
  readonly version?: string;
  readonly kind?: string;
  readonly name?: string;
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly annotationSelector?: string;
}

/** A tenant writes them. */
const LONGEST_PATTERN = 1_000;

/**
 * Reads a target into a test of objects; fails on a bad expression or selector.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const test = parseTarget({ kind: "Deploy.*" });
 * assert.ok(test.ok);
 * const object = { apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "a" } };
 * assert.equal(test.value(object), true);
 * ```
 */
export function parseTarget(target: Target): Result<(object: KubeObject) => boolean> {
  const patterns = new Map<string, RE2JS>();
  for (const field of ["group", "version", "kind", "name", "namespace"] as const) {
    const text = target[field];
    if (text === undefined || text === "") continue;
    if (text.length > LONGEST_PATTERN) {
      const most = `more than ${LONGEST_PATTERN} characters`;
      return fail("InvalidTarget", `invalid regex in ${field} of target: ${most}`);
    }
    try {
      patterns.set(field, RE2JS.compile(`^(?:${text})$`));
    } catch (error) {
      return fail("InvalidTarget", `invalid regex in ${field} of target: ${messageOf(error)}`);
    }
  }
  const labels = parseLabelSelector(target.labelSelector ?? "");
  if (!labels.ok) return labels;
  const annotations = parseLabelSelector(target.annotationSelector ?? "");
  if (!annotations.ok) return annotations;
  return ok((object) => {
    const { name, namespace } = object.metadata;
    const texts = { ...gvkOf(object), name, namespace: namespace ?? "" };
    return Object.entries(texts).every(([field, text]) =>
      patterns.get(field)?.matches(text) ?? true
    ) &&
      matchesLabels(labels.value, textsOnly(object.metadata.labels)) &&
      matchesLabels(annotations.value, textsOnly(object.metadata.annotations));
  });
}

/** Labels as Go reads them: one value that is no text makes the whole map unreadable. */
function textsOnly(map: Record<string, string> | undefined): Record<string, string> {
  return Object.values(map ?? {}).every((value) => typeof value === "string") ? map ?? {} : {};
}
