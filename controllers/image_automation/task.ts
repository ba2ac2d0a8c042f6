/**
 * What one run of an automation works with.
 *
 * @module
 */
import type { Budget } from "../../lib/base/mod.ts";
import type { Signer } from "../../lib/crypt/mod.ts";
import type { Credentials } from "../../lib/git/mod.ts";
import type { Choices } from "./policies.ts";
import type { Target } from "./target.ts";

/** What one run of an automation works with. */
export interface Task {
  /** Where it reads and writes. */
  readonly target: Target;
  /** What policies have chosen. */
  readonly choices: Choices;
  /** Names of policies whose choice a person took back. */
  readonly held: ReadonlySet<string>;
  /** How to log in. */
  readonly login: Credentials | undefined;
  /** Who signs. */
  readonly signer: Signer | undefined;
  /** What may be spent. */
  readonly budget: Budget;
  /** What registries may be asked about images of workloads, however often the run looks at them. */
  readonly questions: { left: number };
}
