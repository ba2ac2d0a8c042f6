/**
 * The words in which apply errors reach people; tools match on them, so they are Flux's.
 *
 * @module
 */
import { cutText, fail, type Failure, firstLines } from "../../base/mod.ts";
import { displayName, type KubeObject, refOf } from "../object.ts";
import { sanitizeSecretError } from "./secrets.ts";
import type { ObjectChange } from "./types.ts";

/** Failures that carry no reason of the API server. */
const OWN_CODES = new Set(["", "Unknown", "NoMatch", "Unreachable"]);
/** How the server refuses the name of a namespaced object without its namespace, and Flux's words for it. */
const EMPTY_NAMESPACE = /^an empty namespace may not be set/;
const NOT_FOUND = "the server could not find the requested resource";
/** Conditions hold 32 KiB; a page of errors is all a person reads. */
const MOST_ERRORS = 20;

/** Whether an error says that a field cannot be changed in place. */
export function isImmutableError(failure: { code: string; message: string }): boolean {
  return failure.code === "Invalid" || failure.code === "Conflict" ||
    / is immutable|immutable field/.test(failure.message);
}

/** Why the dry-run of `object` failed. */
export function dryRunFailure(object: KubeObject, failure: Failure): Failure {
  const name = displayName(refOf(object));
  if (failure.code === "BadRequest" && EMPTY_NAMESPACE.test(failure.message)) {
    return fail(failure.code, `${name} namespace not specified: ${NOT_FOUND}`, failure);
  }
  const message = sanitizeSecretError(failure.message, object);
  if (failure.code === "NotFound") {
    const missing = object.metadata.namespace ? "not found" : "namespace not specified";
    return fail(failure.code, `${name} ${missing}: ${message}`, failure);
  }
  const reason = OWN_CODES.has(failure.code) ? "" : ` (${failure.code})`;
  return fail(failure.code, `${name} dry-run failed${reason}: ${message}`, failure);
}

/** Why a write of `object` failed; `step` is `apply failed` and the like. */
export function writeFailure(object: KubeObject, step: string, failure: Failure): Failure {
  const message = sanitizeSecretError(failure.message, object);
  return fail(failure.code, `${displayName(refOf(object))} ${step}: ${message}`, failure);
}

/** The failure within a limit, with the place where its object is written. */
export function placed(failure: Failure, place: string | undefined, mostBytes: number): Failure {
  const message = cutText(failure.message, mostBytes);
  return fail(failure.code, place === undefined ? message : `${message} (${place})`, failure);
}

/** All failures of a run as one; the code is the first one's. */
export function joinFailures(failures: readonly Failure[]): Failure | undefined {
  const [first] = failures;
  if (first === undefined || failures.length === 1) return first;
  const lines = firstLines(failures.map(({ message }) => message), MOST_ERRORS);
  return fail(first.code, lines.join("\n"), failures);
}

/**
 * One line `Kind/namespace/name action` for each change of the given actions, as events print them.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const ref = { apiVersion: "v1", kind: "Namespace", name: "a" };
 * const change = { ref, entry: { id: "_a__Namespace", v: "v1" }, action: "created" } as const;
 * assert.equal(formatChanges([change], ["created"]), "Namespace/a created");
 * ```
 */
export function formatChanges(
  changes: readonly ObjectChange[],
  actions: readonly ObjectChange["action"][],
): string {
  return changes.filter((change) => actions.includes(change.action))
    .map((change) => `${displayName(change.ref)} ${change.action}`).join("\n");
}
