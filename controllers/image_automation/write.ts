/**
 * One attempt to write: from the head of the branch to a commit on top of it.
 *
 * @module
 */
import type { ImageUpdateAutomation } from "../../crds/mod.ts";
import { fail, type Failure, formatTime, ok, type Result } from "../../lib/base/mod.ts";
import { type Commit, formatRevision, type NewCommit, type RemoteRef } from "../../lib/git/mod.ts";
import type { ManifestUpdate } from "../../lib/image/mod.ts";
import { type AutomationContext, nameOf } from "./context.ts";
import { planUpdate } from "./files.ts";
import { hasSameChoices } from "./policies.ts";
import { fullName } from "./target.ts";
import type { Task } from "./task.ts";

/** What an attempt came to. */
export type Attempt =
  /** All files are as the policies want them. */
  | { readonly kind: "unchanged"; readonly revision: string }
  | {
    readonly kind: "pushed";
    /** The commit's id. */
    readonly commit: string;
    /** When, as in status. */
    readonly pushedAt: string;
    readonly message: string;
    /** Of what was checked out, or of the commit when it went to the same branch. */
    readonly revision: string;
  }
  /** `base` is what the commit would have stood on; another base may do better. */
  | { readonly kind: "refused"; readonly base: string; readonly failure: Failure }
  | { readonly kind: "failed"; readonly failure: Failure };

/** Reads the files, changes them, commits and pushes. */
export async function attemptWrite(
  automation: ImageUpdateAutomation,
  task: Task,
  ctx: AutomationContext,
): Promise<Attempt> {
  const heads = await findHeads(task, ctx);
  if (!heads.ok) return failed(heads, "failed to checkout source");
  const { checkout, base } = heads.value;
  if (isSettled(automation, task, checkout)) {
    return { kind: "unchanged", revision: checkout.revision };
  }

  const { target: { url }, login, budget } = task;
  const commit = await ctx.git.fetchTree(url, base, login, budget);
  if (!commit.ok) return failed(cloneFailed(url, commit), "failed to checkout source");
  const update = await planUpdate(automation, commit.value, task, ctx);
  if (!update.ok) return failed(update, "failed to apply policy");
  if (update.value.files.size === 0) return { kind: "unchanged", revision: checkout.revision };

  const made = await makeCommit(automation, { ...task, parent: commit.value }, update.value, ctx);
  // What no retry helps against says all there is to say.
  if (!made.ok && made.code === "RemovedTemplateField") return { kind: "failed", failure: made };
  if (!made.ok) return failed(made, "failed to update source");
  const pushed = await push(task, heads.value, made.value.commit, ctx);
  if (!pushed.ok) {
    const failure = prefixed(pushed, "failed to update source: failed to push to remote");
    const mayBeRace = pushed.code === "RefMoved" || pushed.code === "PushRejected";
    return mayBeRace
      ? { kind: "refused", base: base.commit, failure }
      : { kind: "failed", failure };
  }
  const { message, commit: { id } } = made.value;
  const branch = fullName(task.target.pushBranch);
  const revision = task.target.switchesBranch
    ? checkout.revision
    : formatRevision(branch, `sha1:${id}`, false);
  return { kind: "pushed", commit: id, pushedAt: formatTime(ctx.clock.now()), message, revision };
}

function failed(failure: Failure, doing: string): Attempt {
  return { kind: "failed", failure: prefixed(failure, doing) };
}

function prefixed(failure: Failure, doing: string): Failure {
  return fail(failure.code, `${doing}: ${failure.message}`, failure.cause);
}

interface Heads {
  /** What `checkout` names. */
  readonly checkout: RemoteRef;
  /** What the commit stands on. */
  readonly base: RemoteRef;
  /** Where the branch is that the commit goes to; nothing when there is no such branch yet. */
  readonly tip: string | undefined;
}

async function findHeads(
  { target: { url, checkout: ref, pushBranch, switchesBranch }, login, budget }: Task,
  { git }: AutomationContext,
): Promise<Result<Heads>> {
  const checkout = await git.listRef(url, ref, login, budget);
  if (!checkout.ok) return cloneFailed(url, checkout);
  if (!switchesBranch) {
    return ok({ checkout: checkout.value, base: checkout.value, tip: checkout.value.commit });
  }
  const tip = await git.listRef(url, { branch: pushBranch }, login, budget);
  if (tip.ok) return ok({ checkout: checkout.value, base: tip.value, tip: tip.value.commit });
  if (tip.code !== "RefNotFound") return cloneFailed(url, tip);
  return ok({ checkout: checkout.value, base: checkout.value, tip: undefined });
}

/** Failures that say all there is to say; Flux puts nothing before them. */
const ON_THEIR_OWN = ["UnresolvedRef", "UnknownCommit", "InvalidRange", "NoMatch"];

function cloneFailed(url: string, failure: Failure): Failure {
  return ON_THEIR_OWN.includes(failure.code)
    ? failure
    : prefixed(failure, `unable to clone '${url}'`);
}

/** Nothing has happened since the last run that could ask for a commit (contract/image.md, step 5). */
function isSettled(
  automation: ImageUpdateAutomation,
  { target, choices }: Task,
  { revision }: RemoteRef,
): boolean {
  return !target.switchesBranch && target.refspec === undefined &&
    automation.status?.observedSourceRevision === revision && hasSameChoices(automation, choices);
}

async function makeCommit(
  automation: ImageUpdateAutomation,
  { parent, target: { url }, login, signer, budget }: Task & { readonly parent: Commit },
  { files, changes }: ManifestUpdate,
  ctx: AutomationContext,
): Promise<Result<{ readonly commit: NewCommit; readonly message: string }>> {
  const wanted = automation.spec.git?.commit;
  const values = wanted?.messageTemplateValues ?? {};
  const data = { automation: nameOf(automation), changes, values };
  const message = ctx.renderMessage(wanted?.messageTemplate ?? "", data, budget);
  if (!message.ok) return message;
  const timeSeconds = Math.floor(ctx.clock.now() / 1000);
  const { name = "", email = "" } = wanted?.author ?? {};
  const commit = await ctx.git.makeCommit(
    url,
    {
      parent: parent.commit,
      files,
      author: { name, email, timeSeconds, zone: "+0000" },
      message: message.value,
      ...(signer !== undefined && { sign: signer }),
    },
    login,
    budget,
  );
  return commit.ok ? ok({ commit: commit.value, message: message.value }) : commit;
}

/** The branch first; what `refspec` names besides is written only once the branch has the commit. */
async function push(
  { target, login, budget }: Task,
  { tip }: Heads,
  commit: NewCommit,
  { git }: AutomationContext,
): Promise<Result<void>> {
  const { url, pushBranch, options, refspec } = target;
  const ref = fullName(pushBranch);
  const mayReplace = (current: string | undefined) => current === tip;
  const pushed = await git.push(url, { ref, commit, mayReplace, options }, login, budget);
  if (!pushed.ok || refspec === undefined || refspec.destination === ref) return pushed;
  const { destination, isForced } = refspec;
  const mayMove = (current: string | undefined) =>
    isForced || current === undefined || current === commit.parent;
  const more = { ref: destination, commit, mayReplace: mayMove, options };
  const moved = await git.push(url, more, login, budget);
  // The branch has it already: to begin again would not help.
  return moved.ok ? moved : fail("RefspecFailed", moved.message, moved.cause);
}
