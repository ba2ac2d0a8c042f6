/**
 * How the steps inside this folder fail: thrown where the cause is seen, data at the face.
 *
 * @module
 */
import { BudgetSpent, fail, type Failure, type Result } from "../base/mod.ts";
import { HttpBodyError } from "../http/mod.ts";
import type { GitCode } from "./client.ts";

/** An expected failure on its way to the face. */
export class GitError extends Error {
  /** Names it for code. */
  readonly code: GitCode;

  /** Names it for code and for people. */
  constructor(code: GitCode, message: string) {
    super(message);
    this.name = "GitError";
    this.code = code;
  }
}

/** A server that breaks the protocol, or a repository that breaks its own rules. */
export function invalid(message: string): GitError {
  return new GitError("InvalidData", message);
}

/** Runs `step`; what it throws on purpose becomes a failure. */
export async function asResult<T>(step: () => Promise<Result<T>>): Promise<Result<T>> {
  try {
    return await step();
  } catch (thrown) {
    const failure = toFailure(thrown);
    if (failure === undefined) throw thrown;
    return failure;
  }
}

function toFailure(thrown: unknown): Failure | undefined {
  if (thrown instanceof GitError) return fail(thrown.code, thrown.message);
  if (thrown instanceof HttpBodyError) return thrown.failure;
  if (!(thrown instanceof BudgetSpent)) return undefined;
  return fail(thrown.limit === "time" ? "Timeout" : "TooLarge", thrown.message);
}
