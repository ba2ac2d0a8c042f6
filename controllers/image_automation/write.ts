/**
 * One attempt to write: from the head of the branch to a commit on top of it.
 *
 * @module
 */
import type { ImageUpdateAutomation } from "../../crds/mod.ts";
import { fail, type Failure, formatTime, ok, type Result } from "../../lib/base/mod.ts";
import { type Commit, formatRevision, type RemoteRef } from "../../lib/git/mod.ts";
import { makeCommit } from "./commit.ts";
import type { AutomationContext } from "./context.ts";
import { planUpdate } from "./files.ts";
import { hasSameChoices } from "./policies.ts";
import { pushEverywhere, pushRefspec } from "./push.ts";
import { fullName } from "./target.ts";
import type { Task } from "./task.ts";
import { asTold, findUntold, noteStart, type UntoldCommit } from "./untold.ts";
import {
  planWorkloads,
  settledWorkloads,
  type WorkloadPlan,
  type WorkloadReport,
} from "./workloads.ts";

const CHECKING_OUT = "failed to checkout source";
const UPDATING = "failed to update source";
const PUSHING = `${UPDATING}: failed to push to remote`;

/** What an attempt came to. */
export type Attempt =
  /** All files are as the policies want them. */
  | {
    readonly kind: "unchanged";
    readonly revision: string;
    readonly workloads?: WorkloadReport;
  }
  | {
    readonly kind: "pushed";
    /** The commit's id. */
    readonly commit: string;
    /** When, as in status. */
    readonly pushedAt: string;
    readonly message: string;
    /** Of what was checked out, or of the commit when it went to the same branch. */
    readonly revision: string;
    readonly workloads?: WorkloadReport;
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
  if (!heads.ok) return failed(heads, CHECKING_OUT);
  const { checkout, base } = heads.value;
  if (isSettled(automation, task, checkout)) {
    const workloads = await settledWorkloads(automation, checkout.commit, task, ctx);
    if (workloads !== undefined) {
      return { kind: "unchanged", revision: checkout.revision, workloads };
    }
  }

  const { target: { url }, login, budget } = task;
  const commit = await ctx.git.fetchTree(url, base, login, budget);
  if (!commit.ok) return failed(cloneFailed(url, commit), CHECKING_OUT);
  const first = await plan(automation, commit.value, task, ctx);
  if (!first.ok) return { kind: "failed", failure: first };
  const found = { head: commit.value, checkout, repeat: first.value.repeat };
  const untold = await findUntold(automation, found, task, ctx);
  if (!untold.ok) return failed(untold, CHECKING_OUT);
  // A person may have taken back what nobody was told of.
  const next = untold.value === undefined || first.value.update.files.size === 0
    ? first
    : await plan(asTold(automation, untold.value, task), commit.value, task, ctx);
  if (!next.ok) return { kind: "failed", failure: next };
  const { update, report: workloads } = next.value;
  if (update.files.size === 0) {
    const settled = await settle(untold.value, checkout.revision, task, ctx);
    const isDone = settled.kind === "unchanged" || settled.kind === "pushed";
    return isDone ? { ...settled, workloads } : settled;
  }

  const timeSeconds = Math.floor(ctx.clock.now() / 1000);
  const parts = { parent: commit.value.commit, update, timeSeconds };
  const made = await makeCommit(automation, parts, task, ctx);
  // What no retry helps against says all there is to say.
  if (!made.ok && made.code === "RemovedTemplateField") return { kind: "failed", failure: made };
  if (!made.ok) return failed(made, UPDATING);
  await noteStart(automation, checkout, ctx);
  const pushed = await pushEverywhere(task, heads.value.tip, made.value.commit, ctx);
  if (!pushed.ok) {
    const mayBeRace = pushed.code === "RefMoved" || pushed.code === "PushRejected";
    return mayBeRace
      ? { kind: "refused", base: base.commit, failure: prefixed(pushed, PUSHING) }
      : failed(pushed, PUSHING);
  }
  const { message, commit: { id } } = made.value;
  const branch = fullName(task.target.pushBranch);
  const revision = task.target.switchesBranch
    ? checkout.revision
    : formatRevision(branch, `sha1:${id}`, false);
  const pushedAt = formatTime(ctx.clock.now());
  return { kind: "pushed", commit: id, pushedAt, message, revision, workloads };
}

/** What markers and workloads want in the files of a commit. */
async function plan(
  automation: ImageUpdateAutomation,
  commit: Commit,
  task: Task,
  ctx: AutomationContext,
): Promise<Result<WorkloadPlan>> {
  const marked = await planUpdate(automation, commit, task, ctx);
  if (!marked.ok) return prefixed(marked, "failed to apply policy");
  const planned = await planWorkloads(automation, commit, { update: marked.value, task }, ctx);
  return planned.ok ? planned : prefixed(planned, "failed to update workloads");
}

/** There is nothing to change. Where that is so by a commit of ours that nobody was told of, it is told now. */
async function settle(
  untold: UntoldCommit | undefined,
  revision: string,
  task: Task,
  ctx: AutomationContext,
): Promise<Attempt> {
  if (untold === undefined) return { kind: "unchanged", revision };
  const { commit, message, timeSeconds } = untold;
  const moved = await pushRefspec(task, commit, ctx);
  if (!moved.ok) return failed(moved, PUSHING);
  const pushedAt = formatTime(timeSeconds * 1000);
  return { kind: "pushed", commit: commit.id, pushedAt, message, revision };
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
