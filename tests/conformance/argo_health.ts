/**
 * Conformance of the table of health rules with what Argo CD says of the same objects.
 *
 * Its words are Argo CD's own and not compared, except where they are the object's: those are repeated.
 *
 * @module
 */
import { isRecord } from "../../lib/base/mod.ts";
import {
  builtInHealth,
  isWorse,
  type KnownHealth,
  knownHealth,
} from "../../lib/kube/kstatus/mod.ts";
import type { KubeObject } from "../../lib/kube/mod.ts";

interface Row {
  input: { op: string; manifest: KubeObject; current: string; new: string };
  expect: { status: string | null; message?: string; worse: boolean };
}

/** Why the row fails, or nothing. */
export function runRow(row: unknown): string | undefined {
  // The file's own README gives rows this shape.
  const { input, expect } = row as Row;
  if (input.op === "isWorse") {
    const got = isWorse(input.current, input.new);
    return got === expect.worse ? undefined : `got ${got}, want ${expect.worse}`;
  }
  const judge = input.op === "builtin" ? builtInHealth : knownHealth;
  const got = judge(input.manifest);
  if ((got?.status ?? null) !== expect.status) {
    return `got ${got?.status} ${got?.message}, want ${expect.status}: ${expect.message}`;
  }
  return wordsDiffer(input.manifest, got, expect.message);
}

function wordsDiffer(
  manifest: KubeObject,
  got: KnownHealth | undefined,
  want: string | undefined,
): string | undefined {
  if (want === undefined || want === "" || !hasText(manifest.status, want)) return undefined;
  return got?.message.trim() === want.trim() ? undefined : `got "${got?.message}", want "${want}"`;
}

function hasText(value: unknown, text: string): boolean {
  if (typeof value === "string") return value === text;
  if (Array.isArray(value)) return value.some((item) => hasText(item, text));
  return isRecord(value) && Object.values(value).some((item) => hasText(item, text));
}
