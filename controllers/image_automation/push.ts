/**
 * Sends a commit where it is to go.
 *
 * @module
 */
import { fail, ok, type Result } from "../../lib/base/mod.ts";
import type { NewCommit } from "../../lib/git/mod.ts";
import type { AutomationContext } from "./context.ts";
import { fullName } from "./target.ts";
import type { Task } from "./task.ts";

/**
 * The branch first, from `tip`, where it was found; what `refspec` names besides is written only once the
 * branch has the commit.
 */
export async function pushEverywhere(
  task: Task,
  tip: string | undefined,
  commit: NewCommit,
  ctx: AutomationContext,
): Promise<Result<void>> {
  const { target: { url, pushBranch, options }, login, budget } = task;
  const mayReplace = (current: string | undefined) => current === tip;
  const push = { ref: fullName(pushBranch), commit, mayReplace, options };
  const pushed = await ctx.git.push(url, push, login, budget);
  return pushed.ok ? await pushRefspec(task, commit, ctx) : pushed;
}

/**
 * Moves the ref that `refspec` names to a commit that the branch has. Without a `+` only forwards: from
 * the commit before, or from one that is behind it, where the ref was left behind.
 */
export async function pushRefspec(
  task: Task,
  commit: NewCommit,
  ctx: AutomationContext,
): Promise<Result<void>> {
  const { target: { url, pushBranch, options, refspec }, login, budget } = task;
  if (refspec === undefined || refspec.destination === fullName(pushBranch)) return ok(undefined);
  const push = { ref: refspec.destination, commit, options };
  let found: string | undefined;
  const mayMove = (current: string | undefined) => {
    found = current;
    return refspec.isForced || current === undefined || current === commit.parent;
  };
  const moved = await ctx.git.push(url, { ...push, mayReplace: mayMove }, login, budget);
  if (moved.ok || moved.code !== "RefMoved" || found === undefined) return asFailed(moved);

  const next = await lookAt(found, commit, task, ctx);
  if (!next.ok) return asFailed(next);
  if (next.value === "has it") return ok(undefined);
  if (next.value === "goes elsewhere") return asFailed(moved);
  const mayReplace = (current: string | undefined) => current === found;
  return asFailed(await ctx.git.push(url, { ...push, mayReplace }, login, budget));
}

/** What a ref at `found` has to do with a commit. */
async function lookAt(
  found: string,
  { id, parent, objects }: NewCommit,
  { target: { url }, login, budget }: Task,
  { git }: AutomationContext,
): Promise<Result<"has it" | "is behind" | "goes elsewhere">> {
  const list = (from: string, to: string) =>
    git.fetchHistory(url, { from, to, firstParentOnly: false }, login, budget);
  // A commit that is sent for the first time is nowhere yet.
  const ours = objects.length > 0 ? undefined : await list(found, id);
  if (ours?.ok === false) return ours;
  if (ours?.value.length === 0) return ok("has it");
  const theirs = await list(parent, found);
  if (!theirs.ok) return theirs;
  return ok(theirs.value.length === 0 ? "is behind" : "goes elsewhere");
}

/** The branch has it already: to begin again from its head would not help. */
function asFailed(pushed: Result<unknown>): Result<void> {
  return pushed.ok ? ok(undefined) : fail("RefspecFailed", pushed.message, pushed.cause);
}
