/**
 * A push that nobody was told of: the process ended between the push and its status, or the ref that
 * `refspec` names did not take the commit. The next run finds the branch as it wants it, by its own commit.
 *
 * @module
 */
import type { ImageUpdateAutomation } from "../../crds/mod.ts";
import { ok, type Result } from "../../lib/base/mod.ts";
import { type Commit, type NewCommit, splitCommit } from "../../lib/git/mod.ts";
import { type MadeCommit, makeCommit } from "./commit.ts";
import type { AutomationContext } from "./context.ts";
import { updateOf } from "./files.ts";
import { hasSameChoices } from "./policies.ts";
import type { Task } from "./task.ts";
import type { Repeat } from "./workloads.ts";

/** A commit of ours, and when it was made. */
export interface UntoldCommit extends MadeCommit {
  readonly timeSeconds: number;
}

/**
 * The commit at the head, when this automation made it and its status does not say so. That it did is not
 * guessed: made again on the same parent, by the same choices, it is the same to the byte.
 *
 * @param revision of what was checked out
 * @param repeat adds what workloads want
 */
export async function findUntold(
  automation: ImageUpdateAutomation,
  { head, revision, repeat }: {
    readonly head: Commit;
    readonly revision: string;
    readonly repeat: Repeat;
  },
  task: Task,
  ctx: AutomationContext,
): Promise<Result<UntoldCommit | undefined>> {
  const [parent, other] = head.parents;
  const mayBeOurs = parent !== undefined && other === undefined && isByAuthor(automation, head);
  if (!mayBeOurs || isTold(automation, task, { head, revision })) return ok(undefined);
  const { target: { url }, login, budget } = task;
  const ref = { commit: parent, ref: head.ref, revision: `sha1:${parent}` };
  const before = await ctx.git.fetchTree(url, ref, login, budget);
  // Whoever made it, there is nothing left to tell it from another's.
  if (!before.ok) return before.code === "UnknownCommit" ? ok(undefined) : before;
  const marked = updateOf(automation, before.value.tree, task, ctx);
  if (!marked.ok) return marked;
  const update = repeat(before.value.tree, marked.value);
  if (!update.ok) return update;
  if (update.value.files.size === 0) return ok(undefined);
  const { timeSeconds } = head.committer;
  const parts = { parent, update: update.value, timeSeconds };
  const again = await makeCommit(automation, parts, { ...task, signer: undefined }, ctx);
  if (!again.ok) return again;
  if (!isSameCommit(again.value.commit, head)) return ok(undefined);
  const commit: NewCommit = { id: head.commit, parent, objects: [] };
  return ok({ commit, message: again.value.message, timeSeconds });
}

function isByAuthor({ spec }: ImageUpdateAutomation, { author, committer }: Commit): boolean {
  const email = spec.git?.commit.author.email;
  return author.email === email && committer.email === email;
}

/** What a run that came to its end leaves in the status, or one that was told of this very commit. */
function isTold(
  automation: ImageUpdateAutomation,
  { choices }: Task,
  { head, revision }: { readonly head: Commit; readonly revision: string },
): boolean {
  const { status } = automation;
  if (status?.lastPushCommit === head.commit) return true;
  const isTrue = (type: string) =>
    status?.conditions?.some((condition) =>
      condition.type === type && condition.status === "True"
    ) === true;
  return isTrue("Ready") && !isTrue("Reconciling") &&
    status?.observedSourceRevision === revision && hasSameChoices(automation, choices);
}

/** Signatures differ each time they are made. */
function isSameCommit({ objects }: NewCommit, { raw }: Commit): boolean {
  const made = objects.find(({ type }) => type === "commit");
  const known = splitCommit(raw);
  return made !== undefined && known.ok && made.content.toHex() === known.value.payload.toHex();
}
