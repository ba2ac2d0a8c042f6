/**
 * How a build that asks for too much is told.
 *
 * @module
 */
import { fail, type Failure } from "../base/mod.ts";

/** The failure of a build that asks for more than its budget. */
export function exceeded(message: string, cause?: unknown): Failure {
  return fail(
    "BudgetExceeded",
    `kustomize build exceeds its limits: ${message}; split it into several Kustomizations`,
    cause,
  );
}
