/**
 * Which event a run of an image kind is worth (contract/image.md).
 *
 * @module
 */
import type { Condition } from "./kind.ts";
import type { EventRecord } from "./outcome.ts";

/** The object as the run found it. */
export interface Before {
  /** What the last run left. */
  readonly status?: { readonly conditions?: readonly Condition[] };
}

/** Recovered or new: Normal. The same as before: a trace that says `routine`. */
export function successNews(before: Before, message: string, routine: string): EventRecord {
  const ready = readyOf(before);
  const isNew = ready?.status !== "True" || ready.message !== message;
  return isNew
    ? { type: "Normal", reason: "Succeeded", message }
    : { type: "Trace", reason: "Succeeded", message: routine };
}

/** A failure. */
export function failureNews(reason: string, { message }: { message: string }): EventRecord {
  return { type: "Warning", reason, message };
}

/** The same failure, unless the object already says so: who only waits has nothing new to tell. */
export function waitNews(
  before: Before,
  reason: string,
  failure: { message: string },
): EventRecord[] {
  const ready = readyOf(before);
  const isKnown = ready?.status === "False" && ready.reason === reason &&
    ready.message === failure.message;
  return isKnown ? [] : [failureNews(reason, failure)];
}

function readyOf(before: Before): Condition | undefined {
  return before.status?.conditions?.find(({ type }) => type === "Ready");
}
