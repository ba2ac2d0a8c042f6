/**
 * A push that nobody was told of: the process ended between the push and its status, or the ref that
 * `refspec` names did not take the commit. The next run finds its own commit on the branch.
 *
 * @module
 */
import type { ImageUpdateAutomation } from "../../crds/mod.ts";
import { ok, type Result } from "../../lib/base/mod.ts";
import {
  type Commit,
  commitOfRevision,
  type HistoryCommit,
  type NewCommit,
  type RemoteRef,
  splitCommit,
} from "../../lib/git/mod.ts";
import { type MadeCommit, makeCommit } from "./commit.ts";
import { type AutomationContext, keyOf } from "./context.ts";
import { updateOf } from "./files.ts";
import { hasSameChoices } from "./policies.ts";
import type { Task } from "./task.ts";
import type { Repeat } from "./workloads.ts";

/** A commit of ours, and when it was made. */
export interface UntoldCommit extends MadeCommit {
  readonly timeSeconds: number;
}

/** More than one automation may commit by the same address; so many of these commits are looked at. */
const MOST_LOOKS = 4;

/**
 * The last commit that this automation made, when its status does not say so. That it made it is not guessed:
 * made again on the same parent, by the same choices, it is the same to the byte. Others may have committed
 * since.
 *
 * @param repeat adds what workloads want
 */
export async function findUntold(
  automation: ImageUpdateAutomation,
  { head, checkout, repeat }: {
    readonly head: Commit;
    readonly checkout: RemoteRef;
    readonly repeat: Repeat;
  },
  task: Task,
  ctx: AutomationContext,
): Promise<Result<UntoldCommit | undefined>> {
  if (isTold(automation, task, { head, checkout }, ctx)) return ok(undefined);
  const since = await listSince(automation, head, task, ctx);
  const candidates = since.filter((commit) => mayBeOurs(automation, commit));
  for (const commit of candidates.slice(0, MOST_LOOKS)) {
    const made = await makeAgain(automation, { commit, ref: head.ref, repeat }, task, ctx);
    if (!made.ok || made.value !== undefined) return made;
  }
  return ok(undefined);
}

/** The commits since what the status tells of, the last one first. */
async function listSince(
  { status }: ImageUpdateAutomation,
  head: Commit,
  { target: { url }, login, budget }: Task,
  { git, log }: AutomationContext,
): Promise<readonly HistoryCommit[]> {
  const observed = commitOfRevision(status?.observedSourceRevision ?? "");
  const from = status?.lastPushCommit ?? (observed.ok ? observed.value : undefined);
  if (from === head.commit) return [];
  const last = { ...head, id: head.commit };
  if (from === undefined || head.parents.includes(from)) return [last];
  const range = { from, to: head.commit, firstParentOnly: true };
  const since = await git.fetchHistory(url, range, login, budget);
  if (since.ok) return since.value;
  // No run shall fail for ever because a history cannot be had.
  log.debug("history not listed", { from, to: head.commit, error: since.message });
  return [last];
}

/** The commit, if this automation would make the same from the commit before it. */
async function makeAgain(
  automation: ImageUpdateAutomation,
  { commit, ref, repeat }: {
    readonly commit: HistoryCommit;
    readonly ref: string;
    readonly repeat: Repeat;
  },
  task: Task,
  ctx: AutomationContext,
): Promise<Result<UntoldCommit | undefined>> {
  const [parent = ""] = commit.parents;
  const { target: { url }, login, budget } = task;
  const before = { commit: parent, ref, revision: `sha1:${parent}` };
  const fetched = await ctx.git.fetchTree(url, before, login, budget);
  // Whoever made it, there is nothing left to tell it from another's.
  if (!fetched.ok) return fetched.code === "UnknownCommit" ? ok(undefined) : fetched;
  const marked = updateOf(automation, fetched.value.tree, task, ctx);
  if (!marked.ok) return marked;
  const update = repeat(fetched.value.tree, marked.value);
  if (!update.ok) return update;
  if (update.value.files.size === 0) return ok(undefined);
  const { timeSeconds } = commit.author;
  const parts = { parent, update: update.value, timeSeconds };
  const again = await makeCommit(automation, parts, { ...task, signer: undefined }, ctx);
  if (!again.ok) return again;
  if (!isSameCommit(again.value.commit, commit)) return ok(undefined);
  const { message } = again.value;
  return ok({ commit: { id: commit.id, parent, objects: [] }, message, timeSeconds });
}

function mayBeOurs({ spec }: ImageUpdateAutomation, { author, parents }: HistoryCommit): boolean {
  return parents.length === 1 && author.email === spec.git?.commit.author.email;
}

/** What a run that came to its end leaves in the status, or one that was told of this very commit. */
function isTold(
  automation: ImageUpdateAutomation,
  { choices }: Task,
  { head, checkout }: { readonly head: Commit; readonly checkout: RemoteRef },
  { told }: AutomationContext,
): boolean {
  const { status } = automation;
  const key = keyOf(automation);
  // A status that could not be written lacks what it should tell of.
  if (told.has(key) && told.get(key) === status?.lastPushCommit) return true;
  if (status?.lastPushCommit === head.commit) return true;
  const isTrue = (type: string) =>
    status?.conditions?.some((condition) =>
      condition.type === type && condition.status === "True"
    ) === true;
  return isTrue("Ready") && !isTrue("Reconciling") &&
    status?.observedSourceRevision === checkout.revision && hasSameChoices(automation, choices);
}

/** Before the first push of all: from where the next life, should this one end, has to look for it. */
export async function noteStart(
  { status }: ImageUpdateAutomation,
  { revision }: RemoteRef,
  { checkpoint }: AutomationContext,
): Promise<void> {
  const isNoted = status?.lastPushCommit !== undefined ||
    status?.observedSourceRevision !== undefined;
  if (!isNoted) await checkpoint({ observedSourceRevision: revision });
}

/** The automation as if its status had told of the commit. */
export function asTold(
  automation: ImageUpdateAutomation,
  { commit }: UntoldCommit,
  { choices }: Task,
): ImageUpdateAutomation {
  const told = { lastPushCommit: commit.id, observedPolicies: { ...choices } };
  return { ...automation, status: { ...automation.status, ...told } };
}

/** Signatures differ each time they are made. */
function isSameCommit({ objects }: NewCommit, { raw }: HistoryCommit): boolean {
  const made = objects.find(({ type }) => type === "commit");
  const known = splitCommit(raw);
  return made !== undefined && known.ok && made.content.toHex() === known.value.payload.toHex();
}
