/**
 * Keeps what Secrets hold out of messages and diffs, and sealed values out of the cluster.
 *
 * @module
 */
import { decodeBase64, fail, type Failure, isEqualJson, isRecord } from "../../base/mod.ts";
import { displayName, type KubeObject, refOf } from "../object.ts";
import type { DiffStep } from "./drift.ts";
import { hasSwitch } from "./selectors.ts";

const MASK = "***";
const BEFORE = "*** (before)";
const AFTER = "*** (after)";
/** How SOPS marks a sealed value. */
const SEALED = /^ENC\[AES256_GCM,data:/;
const VALUE_FIELDS = ["data", "stringData"] as const;

/**
 * The failure that stands in the way of applying an object that SOPS sealed and nobody opened, or nothing.
 *
 * Unlike Flux, sealed `stringData`, sealed ConfigMaps and sealed values without the `sops` block are refused
 * too: ciphertext is never applied as a value (design D18). Other kinds pass, for there are operators
 * whose objects are meant to be sealed.
 */
export function refuseSealed(object: KubeObject): Failure | undefined {
  const guarded = object.apiVersion === "v1" &&
    (object.kind === "Secret" || object.kind === "ConfigMap");
  if (!guarded || hasSwitch(object, "decrypt", "disabled")) return undefined;
  if (!isRecord(object.sops) && !holdsSealedValue(object)) return undefined;
  return fail(
    "Sealed",
    `${displayName(refOf(object))} is SOPS encrypted, ` +
      `configuring decryption is required for this ${object.kind.toLowerCase()} to be reconciled`,
  );
}

function holdsSealedValue(object: KubeObject): boolean {
  return VALUE_FIELDS.some((field) => {
    const values = object[field];
    return isRecord(values) && Object.values(values).some((value) => isSealed(value));
  });
}

function isSealed(value: unknown): boolean {
  if (typeof value !== "string") return false;
  if (SEALED.test(value)) return true;
  // "ENC[" in base64; decoding every value of every Secret would cost more than this look at it.
  const bytes = value.startsWith("RU5D") ? decodeBase64(value) : undefined;
  return bytes !== undefined && SEALED.test(new TextDecoder().decode(bytes));
}

/**
 * Takes the values of a Secret out of a message of the API server about it.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const secret = { apiVersion: "v1", kind: "Secret", metadata: { name: "a" }, data: { k: "aHVudGVy" } };
 * assert.equal(sanitizeSecretError('bad value "hunter"', secret), 'bad value "***"');
 * ```
 */
export function sanitizeSecretError(message: string, object: KubeObject): string {
  if (object.apiVersion !== "v1" || object.kind !== "Secret") return message;
  let clean = message;
  for (const secret of secretTexts(object)) clean = clean.replaceAll(secret, MASK);
  return clean;
}

/** Every value, sealed in base64 and open; longest first, so that none is cut by a shorter one. */
function secretTexts(object: KubeObject): string[] {
  const texts = new Set<string>();
  for (const field of VALUE_FIELDS) {
    const values = object[field];
    for (const value of Object.values(isRecord(values) ? values : {})) {
      const text = String(value);
      const open = field === "data" ? decodeBase64(text) : undefined;
      texts.add(text);
      if (open !== undefined) texts.add(new TextDecoder().decode(open));
    }
  }
  return [...texts].filter((text) => text.trim().length > 2).toSorted((a, b) =>
    b.length - a.length
  );
}

/** A Secret's two states as they may be shown: what differs is named, never printed. */
export function maskSecretData(
  before: KubeObject | null,
  after: KubeObject | null,
): { before: KubeObject | null; after: KubeObject | null } {
  const old = isRecord(before?.data) ? before.data : undefined;
  const now = isRecord(after?.data) ? after.data : undefined;
  return {
    before: before && old ? { ...before, data: maskValues(old, now, BEFORE) } : before,
    after: after && now ? { ...after, data: maskValues(now, old, AFTER) } : after,
  };
}

function maskValues(
  values: Record<string, unknown>,
  others: Record<string, unknown> | undefined,
  changed: string,
): Record<string, string> {
  const masked = Object.entries(values).map(([key, value]) => {
    const other = others?.[key];
    return [key, other === undefined || isEqualJson(value, other) ? MASK : changed];
  });
  return Object.fromEntries(masked);
}

/** The steps of a Secret's diff as they may be shown. */
export function maskSecretDiff(steps: readonly DiffStep[]): DiffStep[] {
  return steps.map((step) => /^\/(data|stringData)(\/|$)/.test(step.path) ? maskStep(step) : step);
}

function maskStep(step: DiffStep): DiffStep {
  const replaced = step.op === "replace";
  const masked: { -readonly [K in keyof DiffStep]: DiffStep[K] } = { ...step };
  if (step.value !== undefined) masked.value = maskDeep(step.value, replaced ? AFTER : MASK);
  if (step.oldValue !== undefined) {
    masked.oldValue = maskDeep(step.oldValue, replaced ? BEFORE : MASK);
  }
  return masked;
}

function maskDeep(value: unknown, mask: string): unknown {
  if (!isRecord(value)) return mask;
  return Object.fromEntries(Object.keys(value).map((key) => [key, maskDeep(value[key], mask)]));
}
