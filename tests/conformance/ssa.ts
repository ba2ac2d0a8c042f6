/**
 * Conformance of `lib/kube/ssa` with the rows recorded from fluxcd/pkg/ssa.
 *
 * @module
 */
import { isEqualJson, isRecord } from "../../lib/base/mod.ts";
import { displayName, type KubeObject, refOf } from "../../lib/kube/mod.ts";
import * as ssa from "../../lib/kube/ssa/mod.ts";
import { parseDocuments, toPlain } from "../../lib/yaml/mod.ts";

interface Row {
  input: Record<string, unknown>;
  expect: Record<string, unknown>;
}

/** Why the row fails, or nothing. */
export function runRow(row: unknown): string | undefined {
  // The file's own README gives rows this shape.
  const { input, expect } = row as Row;
  const operation = OPERATIONS[String(input.op)];
  if (operation === undefined) return `no operation ${input.op}`;
  const got = operation(input);
  if (isRecord(expect) && "error" in expect) return "error" in got ? undefined : "no error";
  return isEqualJson(got, expect)
    ? undefined
    : `got ${JSON.stringify(got)}, want ${JSON.stringify(expect)}`;
}

const OPERATIONS: Record<string, (input: Record<string, unknown>) => Record<string, unknown>> = {
  normalize: (input) => outcome(ssa.normalizeObject(objectOf(input.object))),
  normalizeDryRun: (input) => ({
    object: withMetadata(ssa.normalizeDryRun(objectOf(input.object))),
  }),
  sort(input) {
    const objects = listOf(input.objects).map((item) => {
      const { apiVersion, kind, name, namespace } = item as Record<string, string>;
      return objectOf({ apiVersion, kind, metadata: { name, namespace } });
    });
    const order = ssa.sortForApply(objects)
      .map((object) => displayName(refOf(object)));
    return { order };
  },
  readObjects(input) {
    const documents = parseDocuments(String(input.yaml), { mode: "lenient" });
    if (!documents.ok) return { error: documents.message };
    const read = ssa.objectsOf(documents.value.map(({ node }) => toPlain(node)));
    if (!read.ok) return { error: read.message };
    const objects = read.value.map(({ kind, metadata }) => `${kind}/${metadata.name}`);
    return { objects };
  },
  sanitizeSecretDiff(input) {
    const { before, after } = ssa.maskSecretData(nullable(input.old), nullable(input.new));
    return { old: before, new: after };
  },
  jsondiff(input) {
    const steps = ssa.diffObjects(objectOf(input.x), objectOf(input.y));
    const patch = steps.map(({ oldValue: _, ...step }) => step);
    return patch.length === 0 ? { patch: null } : { patch };
  },
  maskSecretPatch(input) {
    const steps = listOf(input.patch).map((item) => {
      const step = item as ssa.DiffStep;
      return step.op === "add" ? step : { ...step, oldValue: "old" };
    });
    const masked = ssa.maskSecretDiff(steps);
    return {
      oldValues: masked.map((step) => step.oldValue ?? null),
      patch: masked.map(({ oldValue: _, ...step }) => step),
    };
  },
  selector(input) {
    const target = ssa.parseTarget(input.selector as ssa.Target);
    return target.ok ? { match: target.value(objectOf(input.object)) } : { error: true };
  },
  isImmutableError: (input) => ({
    immutable: ssa.isImmutableError({ code: "", message: String(input.message) }),
  }),
  setCommonMetadata: (input) => ({
    object: ssa.withCommonMetadata(objectOf(input.object), input as ssa.CommonMetadata),
  }),
  anyInMetadata: (input) => ({
    match: ssa.hasAnyMetadata(objectOf(input.object), input.metadata as Record<string, string>),
  }),
  kindPredicates(input) {
    const { apiVersion, kind } = input as { apiVersion: string; kind: string };
    return {
      classDefinition: ssa.isClassDefinition({ kind }),
      clusterDefinition: ssa.isClusterDefinition({ kind }),
      kustomization: ssa.isKustomizeFile({ apiVersion, kind }),
    };
  },
};

function outcome(result: ReturnType<typeof ssa.normalizeObject>): Record<string, unknown> {
  return result.ok ? { object: result.value } : { error: result.message };
}

/** Rows hold objects that lack what every object has; the code under test must bear that. */
function objectOf(value: unknown): KubeObject {
  return value as KubeObject;
}

function withMetadata(object: KubeObject): KubeObject {
  return { ...object, metadata: object.metadata ?? {} };
}

function nullable(value: unknown): KubeObject | null {
  return value === null ? null : objectOf(value);
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}
