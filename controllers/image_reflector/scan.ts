/**
 * Whether it is time to scan, and what becomes of the tags that a scan found. No I/O.
 *
 * @module
 */
import { RE2JS, RE2JSException } from "re2js";
import type { ImageRepository, ScanResult } from "../../crds/mod.ts";
import {
  type Budget,
  fail,
  formatTime,
  inTurns,
  ok,
  parseDuration,
  type Result,
  sha256Hex,
} from "../../lib/base/mod.ts";
import { REQUESTED_AT } from "../../lib/runtime/mod.ts";

/** A scan that is due within this time is made now. */
const EARLY_MS = 1_000;
const SHORTEST_TIMEOUT_MS = 1_000;
const FAILED_SCANS: readonly string[] = ["AuthenticationFailed", "ReadOperationFailed"];
const MOST_LATEST_TAGS = 10;

/** What the decision is made from, besides the object. */
export interface ScanQuestion {
  /** The image's name with everything spelled out. */
  readonly canonicalName: string;
  /** Whether tags of an earlier scan are at hand. */
  readonly hasTags: boolean;
  /** Wall-clock time. */
  readonly nowMs: number;
}

/** Why to scan now, or how long there is until the next scan. */
export type ScanDecision =
  | { readonly scan: true; readonly why: string }
  | { readonly scan: false; readonly waitMs: number };

/** Decides in the order of contract/image.md. */
export function decideScan(repository: ImageRepository, question: ScanQuestion): ScanDecision {
  const { spec, status, metadata } = repository;
  const scanTime = Date.parse(status?.lastScanResult?.scanTime ?? "");
  if (Number.isNaN(scanTime)) return { scan: true, why: "first scan" };
  const requested = metadata.annotations?.[REQUESTED_AT];
  if (requested !== undefined && requested !== status?.lastHandledReconcileAt) {
    return { scan: true, why: "reconcile requested" };
  }
  if (status?.canonicalImageName !== question.canonicalName) {
    return { scan: true, why: "new image name" };
  }
  if (!isSameList(status.observedExclusionList ?? [], spec.exclusionList)) {
    return { scan: true, why: "updated exclusion list" };
  }
  if (!question.hasTags) return { scan: true, why: "no tags in database" };
  // Unlike Flux: a scan that was asked for and failed is made again. There the next try finds that none is due, and
  // calls the one before the failure a success.
  if (hasFailed(repository)) return { scan: true, why: "last scan failed" };
  const waitMs = scanTime + intervalMs(repository) - question.nowMs;
  return waitMs <= EARLY_MS
    ? { scan: true, why: "triggered by interval" }
    : { scan: false, waitMs };
}

function hasFailed({ status }: ImageRepository): boolean {
  const ready = status?.conditions?.find(({ type }) => type === "Ready");
  return ready?.status === "False" && FAILED_SCANS.includes(ready.reason);
}

function isSameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((item, index) => item === b[index]);
}

/** `spec.interval`; the schema has checked its form. */
export function intervalMs(repository: ImageRepository): number {
  const parsed = parseDuration(repository.spec.interval);
  return parsed.ok ? parsed.value : 0;
}

/** How long a scan may take. */
export function timeoutMs(repository: ImageRepository): number {
  const parsed = parseDuration(repository.spec.timeout ?? repository.spec.interval);
  return Math.max(SHORTEST_TIMEOUT_MS, parsed.ok ? parsed.value : 0);
}

/** The tags that match none of the expressions, each once, in descending order. */
export async function keepTags(
  tags: readonly string[],
  exclusions: readonly string[],
  budget: Budget,
): Promise<Result<readonly string[]>> {
  const patterns: RE2JS[] = [];
  for (const exclusion of exclusions) {
    const compiled = compile(exclusion);
    if (!compiled.ok) return compiled;
    patterns.push(compiled.value);
  }
  const kept: string[] = [];
  const isDone = await inTurns(new Set(tags), (tag) => {
    if (!patterns.some((pattern) => pattern.matcher(tag).find())) kept.push(tag);
  }, budget);
  if (!isDone) return fail("Timeout", "spec.exclusionList: context deadline exceeded");
  return ok(kept.sort(compareDescending));
}

function compile(expression: string): Result<RE2JS> {
  try {
    return ok(RE2JS.compile(expression));
  } catch (error) {
    if (!(error instanceof RE2JSException)) throw error;
    return fail(
      "InvalidExclusion",
      `spec.exclusionList: '${expression}' is no regular expression: ${error.message}`,
      error,
    );
  }
}

function compareDescending(a: string, b: string): number {
  return a === b ? 0 : a < b ? 1 : -1;
}

/** What a scan puts on record. */
export function scanResult(tags: readonly string[], nowMs: number): ScanResult {
  return {
    tagCount: tags.length,
    revision: revisionOf(tags),
    scanTime: formatTime(nowMs),
    latestTags: tags.slice(0, MOST_LATEST_TAGS),
  };
}

/** Decimal digits, as Flux's checksums are; 64 bits of a SHA-256, so that no change goes unseen. */
function revisionOf(tags: readonly string[]): string {
  return BigInt(`0x${sha256Hex(JSON.stringify(tags)).slice(0, 16)}`).toString();
}
