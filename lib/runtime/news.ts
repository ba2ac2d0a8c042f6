/**
 * Which event a run is worth, and the outcomes that come with one.
 *
 * @module
 */
import type { Failure } from "../base/mod.ts";
import { findCondition } from "./conditions.ts";
import type { Condition } from "./kind.ts";
import { type EventRecord, type Outcome, type OutcomeParts, retry, stalled } from "./outcome.ts";

/** The object as the run found it. */
export interface Before {
  /** What the last run left. */
  readonly status?: { readonly conditions?: readonly Condition[] };
}

/**
 * A failure as an event.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const event = warning("FetchFailed", { message: "no answer" }, { revision: "main@sha1:0a" });
 * assert.deepEqual(event, {
 *   type: "Warning",
 *   reason: "FetchFailed",
 *   message: "no answer",
 *   metadata: { revision: "main@sha1:0a" },
 * });
 * ```
 */
export function warning(
  reason: string,
  { message }: Pick<Failure, "message">,
  metadata?: Readonly<Record<string, string>>,
): EventRecord {
  return { type: "Warning", reason, message, ...(metadata && { metadata }) };
}

/**
 * {@linkcode retry}, and a {@linkcode warning} that says the same.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const outcome = failing("GitOperationFailed", { message: "no answer" });
 * assert.deepEqual([outcome.kind, outcome.events?.[0]?.type], ["retry", "Warning"]);
 * ```
 */
export function failing<Status>(
  reason: string,
  failure: Pick<Failure, "message">,
  parts: Omit<OutcomeParts<Status>, "events"> = {},
): Outcome<Status> {
  return retry(reason, failure, { ...parts, events: [warning(reason, failure)] });
}

/**
 * {@linkcode stalled}, and a {@linkcode warning} that says the same.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const outcome = halted("URLInvalid", { message: "no scheme" });
 * assert.deepEqual([outcome.kind, outcome.events?.[0]?.reason], ["stalled", "URLInvalid"]);
 * ```
 */
export function halted<Status>(
  reason: string,
  failure: Pick<Failure, "message">,
  parts: Omit<OutcomeParts<Status>, "events"> = {},
): Outcome<Status> {
  return stalled(reason, failure, { ...parts, events: [warning(reason, failure)] });
}

/**
 * What a success of the image kinds is worth (contract/image.md): recovered or new, Normal; the same as before, a
 * trace that says `routine`.
 */
export function successNews(before: Before, message: string, routine: string): EventRecord {
  const ready = findCondition(before.status?.conditions, "Ready");
  const isNew = ready?.status !== "True" || ready.message !== message;
  return isNew
    ? { type: "Normal", reason: "Succeeded", message }
    : { type: "Trace", reason: "Succeeded", message: routine };
}

/** A warning, unless the object already says so: who only waits has nothing new to tell. */
export function waitNews(
  before: Before,
  reason: string,
  failure: Pick<Failure, "message">,
): EventRecord[] {
  const ready = findCondition(before.status?.conditions, "Ready");
  const isKnown = ready?.status === "False" && ready.reason === reason &&
    ready.message === failure.message;
  return isKnown ? [] : [warning(reason, failure)];
}
