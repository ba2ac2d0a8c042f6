/**
 * Where an automation reads and where it writes.
 *
 * @module
 */
import type { GitReference, GitRepository, ImageUpdateAutomation } from "../../crds/mod.ts";
import { fail, ok, type Result } from "../../lib/base/mod.ts";

/** Where an automation reads and where it writes. */
export interface Target {
  /** Address of the repository. */
  readonly url: string;
  /** What is checked out. */
  readonly checkout: GitReference;
  /** Branch that commits go to. */
  readonly pushBranch: string;
  /** Whether that is another one than is checked out. */
  readonly switchesBranch: boolean;
  /** What else is pushed. */
  readonly refspec: Refspec | undefined;
  /** Push options. */
  readonly options: ReadonlyMap<string, string>;
}

/** A refspec of `git push` (git-push, "<refspec>"). */
export interface Refspec {
  /** As it was written, for messages. */
  readonly text: string;
  /** Full name of the ref that is written. */
  readonly destination: string;
  /** Written with `+`: whatever is there gives way. */
  readonly isForced: boolean;
}

const DEFAULT_REFERENCE: GitReference = { branch: "master" };
const NO_BRANCH =
  "push spec not provided, and cannot be inferred from .spec.git.checkout.ref or GitRepository .spec.ref";

/** Finds out where `automation` reads and writes (contract/image.md, step 4). */
export function targetOf(
  automation: ImageUpdateAutomation,
  repository: GitRepository,
): Result<Target> {
  const { git } = automation.spec;
  const checkout = git?.checkout?.ref ?? repository.spec.ref ?? DEFAULT_REFERENCE;
  const pushBranch = git?.push?.branch || checkout.branch || "";
  if (pushBranch === "") return fail("NoBranch", NO_BRANCH);
  const refspec = git?.push?.refspec ? parseRefspec(git.push.refspec, pushBranch) : ok(undefined);
  if (!refspec.ok) return refspec;
  return ok({
    url: repository.spec.url,
    checkout,
    pushBranch,
    switchesBranch: pushBranch !== checkout.branch,
    refspec: refspec.value,
    options: new Map(Object.entries(git?.push?.options ?? {})),
  });
}

/** The commit that was made is all there is to push: the source must name it. */
function parseRefspec(text: string, pushBranch: string): Result<Refspec> {
  const isForced = text.startsWith("+");
  const [source = "", destination = source, ...rest] = (isForced ? text.slice(1) : text).split(":");
  const names = ["HEAD", pushBranch, fullName(pushBranch)];
  if (rest.length > 0 || destination === "" || !names.includes(source)) {
    return fail(
      "InvalidRefspec",
      `spec.git.push.refspec ${JSON.stringify(text.slice(0, 200))} cannot be pushed: ` +
        `it must be like "${fullName(pushBranch)}:refs/heads/NAME"`,
    );
  }
  return ok({ text, destination: fullName(destination), isForced });
}

/** A name without `refs/` is a branch's. */
export function fullName(name: string): string {
  return name.startsWith("refs/") ? name : `refs/heads/${name}`;
}
